"""`python -m tests.bench [PART …]`: measure, write RESULTS.md and results.svg, and exit with 1 if a goal is missed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from . import calls, memory, receiving, results, sandbox, start
from .clients import CLIENTS
from .measure import Plan, certificates

PARTS = {
    "calls": calls.measure,
    "start": start.measure,
    "memory": memory.measure,
    "receiving": receiving.measure,
    "sandbox": sandbox.measure,
}
OF_MAKE_BENCH = ["calls", "start", "memory", "receiving"]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all but sandbox")
    parser.add_argument("--rounds", type=int, default=12, help="samples of each number (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a sample (default: %(default)s)")
    parser.add_argument("--many", type=int, default=10_000, help="calls or messages, where they are counted")
    parser.add_argument("--clients", nargs="+", metavar="NAME", help="rows of the tables (default: all)")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent, help="where the results are written")
    options = parser.parse_args(arguments)
    chosen = options.parts or OF_MAKE_BENCH
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    run = results.Run.begin(" ".join(["python -m tests.bench", *arguments]))
    goals = []
    with certificates() as (certificate, authority):
        plan = Plan(
            clients=[client for client in CLIENTS if client.name in (options.clients or [client.name])],
            rounds=options.rounds,
            seconds=options.seconds,
            many=options.many,
            certificate=certificate,
            authority=authority,
        )
        for part in chosen:
            begin = time.monotonic()
            findings = PARTS[part](plan)
            goals += findings.goals
            results.save(options.folder, part, run, findings)
            print(f"{part}: {time.monotonic() - begin:.0f} s", flush=True)
    for goal in goals:
        print(results.describe(goal))
    print(f"written: {os.path.relpath(options.folder / results.PAGE)}")
    return 0 if all(goal.is_met for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
