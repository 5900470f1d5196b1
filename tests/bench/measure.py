"""Measuring two things in turns, and saying how the one compares with the other."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Cost = "Callable[[], float]"


@attrs.frozen
class Result:
    """How ours compares: the median of the ratios pair by pair, and the middle half of them."""

    name: str
    ratio: float
    spread: tuple[float, float]
    goal: float
    at_least: bool

    @property
    def met(self) -> bool:
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def __str__(self) -> str:
        low, high = self.spread
        sign = "≥" if self.at_least else "≤"
        verdict = "" if self.met else "  MISSED"
        return f"{self.name:<74} {self.ratio:7.2f} ({low:.2f} to {high:.2f})   goal {sign} {self.goal:g}{verdict}"


def compare(
    name: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    *,
    goal: float,
    at_least: bool = False,
    rounds: int = 9,
) -> Result:
    """Run both in turns; each returns its cost. `at_least` means that theirs divided by ours is what counts."""
    ours()
    theirs()
    ratios = []
    for _ in range(rounds):
        mine, other = ours(), theirs()
        ratios.append(other / mine if at_least else mine / other)
    low, median, high = statistics.quantiles(ratios, n=4)
    return Result(name, median, (low, high), goal, at_least)


def cpu(call: Callable[[], Any], times: int) -> Callable[[], float]:
    """CPU seconds of this process for so many calls."""

    def cost() -> float:
        start = time.process_time()
        for _ in range(times):
            call()
        return time.process_time() - start

    return cost


def wall(call: Callable[[], Any]) -> Callable[[], float]:
    """Seconds of one call."""

    def cost() -> float:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    return cost


def at_once(
    call: Callable[[], Awaitable[Any]], *, tasks: int, calls: int, clock: Callable[[], float]
) -> Awaitable[float]:
    """Seconds by this clock for so many calls by so many tasks."""

    async def run() -> float:
        left = iter(range(calls))

        async def work() -> None:
            for _ in left:
                await call()

        start = clock()
        await asyncio.gather(*(work() for _ in range(tasks)))
        return clock() - start

    return run()


def process(code: str) -> Callable[[], float]:
    """CPU seconds of a fresh interpreter that runs this code."""

    def cost() -> float:
        child = subprocess.Popen([sys.executable, "-c", code])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, code
        return usage.ru_utime + usage.ru_stime

    return cost


def peak_memory(code: str) -> Callable[[], float]:
    """Peak memory of a fresh interpreter that runs this code."""

    def cost() -> float:
        child = subprocess.Popen([sys.executable, "-c", code])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, code
        return float(usage.ru_maxrss)

    return cost
