"""Checking single settings: a value of the right kind, or one more line on the list of mistakes.

No line ever holds a text from the configuration, only its kind: any text may be a secret in the wrong place.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_TRUE = frozenset({"true", "yes", "on", "1", "t", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "f", "n", ""})


def kind(value: object, secret: bool = False) -> str:
    """The value in words; only numbers and truth values are shown, and those not if they are `secret`."""
    if value is None:
        return "nothing"
    if isinstance(value, bool | int | float) and not secret:
        return f"{str(value).lower()} ({'a truth value' if isinstance(value, bool) else 'a number'})"
    if isinstance(value, str):
        return "text" if value.strip() else "an empty text"
    if isinstance(value, list | tuple):
        return "a list"
    return "a group of settings" if isinstance(value, Mapping) else f"a {type(value).__name__}"


class Checker:
    """Collects mistakes; each method returns a usable value even after a mistake, so that all are found."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def wrong(self, key: str, value: object, right: str, secret: bool = False) -> None:
        """One more mistake: `right` completes the sentence "right would be"."""
        self.mistakes.append(f"{key}: {kind(value, secret)}; right would be {right}")

    def integer(self, key: str, value: object, default: int, low: int, high: int, unit: str = "") -> int:
        """A whole number from `low` to `high`; digits in a text will do."""
        number = _whole(value)
        if value is None or (number is not None and low <= number <= high):
            return default if number is None else number
        self.wrong(key, value, f"a whole number from {low} to {high}{' ' if unit else ''}{unit}")
        return default

    def number(self, key: str, value: object, default: float, low: float, high: float) -> float:
        """A number from `low` to `high`, not NaN."""
        number = _float(value)
        if value is None or (number is not None and low <= number <= high):
            return default if number is None else number
        self.wrong(key, value, f"a number from {low:g} to {high:g}")
        return default

    def boolean(self, key: str, value: object, default: bool) -> bool:
        """A truth value; the words that Galaxy takes for one are taken too."""
        if value is None:
            return default
        word = str(value).strip().lower() if isinstance(value, bool | int | str) else None
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        self.wrong(key, value, "true or false")
        return default

    def text(self, key: str, value: object, right: str, secret: bool = False) -> str | None:
        """A text that is not blank, without the blanks around it; None where there is none."""
        if value is None:
            return None
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.wrong(key, value, right, secret)
        return None

    def choice(self, key: str, value: object, options: Iterable[T], default: T) -> T:
        """One of the `options`, by the text that each of them is."""
        known = {str(option): option for option in options}
        if value is None:
            return default
        if isinstance(value, str) and value in known:
            return known[value]
        self.wrong(key, value, " or ".join(known))
        return default

    def items(self, key: str, value: object, default: Collection[Any] = (), commas: bool = False) -> list[Any]:
        """A list; with `commas` a text that separates its items by commas will do."""
        if value is None:
            return list(default)
        if isinstance(value, list | tuple):
            return list(value)
        if commas and isinstance(value, str):
            return [item.strip() for item in value.split(",") if item.strip()]
        self.wrong(key, value, "a list" + (" or a text with commas" if commas else ""))
        return list(default)

    def texts(self, key: str, value: object, right: str, commas: bool = False) -> tuple[str, ...]:
        """A list of texts, each without the blanks around it."""
        texts = []
        for place, item in enumerate(self.items(key, value, commas=commas)):
            if isinstance(item, str) and item.strip():
                texts.append(item.strip())
            else:
                self.wrong(f"{key}[{place}]", item, right)
        return tuple(texts)

    def parsed(self, key: str, value: str, parse: Callable[[str], T], secret: bool = False) -> T | None:
        """What `parse` makes of a text; the text of its ValueError says what would be right."""
        try:
            return parse(value)
        except ValueError as error:
            self.wrong(key, value, str(error), secret)
            return None

    def group(self, key: str, value: object, known: Collection[str], prefix: str | None = None) -> Mapping[str, Any]:
        """A group of settings of which every key is known; `prefix` (else the key) names them in mistakes."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(key, value, "a group of settings: " + ", ".join(sorted(known)))
            return {}
        for name in value:
            self.known(name, known, f"{key}." if prefix is None else prefix)
        return value

    def known(self, name: object, known: Collection[str], prefix: str = "") -> None:
        """A mistake unless the key is `known`, with the one that was probably meant."""
        if name in known:
            return
        near = difflib.get_close_matches(str(name), known, 1)
        names = ", ".join(sorted(known))
        meant = f"did you mean {prefix}{near[0]}?" if near else f"right would be one of {names}"
        self.mistakes.append(f"{prefix}{name}: an unknown key; {meant}")


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value) if len(value) < 19 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _float(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
