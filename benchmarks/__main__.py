"""`python -m benchmarks [--quick] [SCENARIO ...]`: measure, and print the table."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping

from benchmarks import machine, servers
from benchmarks.report import HEAD, Row, say
from benchmarks.scenarios import busy, fanout, growth, idle, latency, rooms, storm

SCENARIOS: Mapping[str, Callable[[bool], Iterator[Row]]] = {
    "fanout": fanout.run,
    "busy": busy.run,
    "latency": latency.run,
    "idle": idle.run,
    "storm": storm.run,
    "rooms": rooms.run,
    "growth": growth.run,
}


def main() -> None:
    """Run what was asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the chat beside its baselines.")
    parser.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], help="which; all by default")
    parser.add_argument("--quick", action="store_true", help="the smallest of each, once: whether it works at all")
    asked = parser.parse_args()
    servers.open_files()
    print(f"{machine.described()}\n- limits: {dict(servers.RAISED)}\n- {machine.load()} at the start\n", flush=True)
    print(HEAD, flush=True)
    for name in asked.scenario or SCENARIOS:
        began = time.monotonic()
        for row in SCENARIOS[name](asked.quick):
            print(row.line(), flush=True)
        say(f"{name}: {time.monotonic() - began:.0f} s; {machine.load()}")


if __name__ == "__main__":
    main()
