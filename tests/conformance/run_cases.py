"""Run the cases against an address and print one JSON line: the number that were run, and those that failed.

A program of its own: the cases bring stand-ins for Autobahn, which the tests' process has imported already.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import kosoku

# 9 measures speed with messages of many megabytes; 12 and 13 are compression, which is declined.
EXCLUDED = ["9.*", "12.*", "13.*"]


async def main(url: str) -> None:
    """Run them, two at a time."""
    try:
        results = await kosoku.run_fuzzingclient(url, exclude_cases=EXCLUDED, concurrency=2)
    except kosoku.FailureError as failed:
        results = failed.results
    failures = [f"{one.case_id}: {one.behavior}, {one.behavior_close}" for one in results if not one.passed]
    sys.stdout.write(json.dumps({"run": len(results), "failed": failures}) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    sys.stdout.flush()
    # Everything is said. Taking the cases' modules apart now and then aborts the interpreter (seen: signal 6).
    os._exit(0)
