"""What was measured, as a table in Markdown."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `met` is None where there is no goal."""

    what: str
    figure: str
    beside: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    def line(self) -> str:
        """Return it as a row of the table."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        return f"| {self.what} | {self.figure} | {self.beside} | {ratio} | {self.goal} | {met} |"


HEAD = "| | galaxychat | beside it | ratio | goal | met |\n|---|---|---|---|---|---|"


def held(what: str, figure: str, beside: str, ratio: float, most: float) -> Row:
    """Return the row of a ratio that may be so much at most."""
    return Row(what, figure, beside, ratio, f"<= {most:g}", ratio <= most)


def say(words: str) -> None:
    """Tell of the progress, apart from the table."""
    print(words, file=sys.stderr, flush=True)


def microseconds(seconds: float) -> str:
    """Return a time with two digits behind the point."""
    return f"{seconds * 1e6:.2f} us"


def middle(values: Iterable[float]) -> float:
    """Return the median."""
    return median(values)


def spread(values: Sequence[float]) -> str:
    """Return the lowest and highest in microseconds, for the progress."""
    return f"{min(values) * 1e6:.2f} to {max(values) * 1e6:.2f} us"
