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
    from collections.abc import Awaitable, Callable, Iterator

Cost = "Callable[[], float]"


@attrs.frozen
class Result:
    """How ours compares: the median of the comparisons pair by pair, and the middle half of them."""

    name: str
    value: float
    spread: tuple[float, float]
    goal: float
    at_least: bool

    @classmethod
    def of(cls, name: str, values: list[float], goal: float, at_least: bool = False) -> Result:
        low, median, high = statistics.quantiles(values, n=4)
        return cls(name, median, (low, high), goal, at_least)

    @property
    def met(self) -> bool:
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def __str__(self) -> str:
        low, high = self.spread
        sign = "≥" if self.at_least else "≤"
        verdict = "" if self.met else "  MISSED"
        return f"{self.name:<74} {self.value:7.2f} ({low:.2f} to {high:.2f})   goal {sign} {self.goal:g}{verdict}"


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
    ratios = [other / mine if at_least else mine / other for mine, other in in_turns(ours, theirs, rounds)]
    return Result.of(name, ratios, goal, at_least)


def surplus(
    name: str, ours: Callable[[], float], theirs: Callable[[], float], *, goal: float, rounds: int = 9
) -> Result:
    """Milliseconds that ours costs more than theirs."""
    return Result.of(name, [(mine - other) * 1000 for mine, other in in_turns(ours, theirs, rounds)], goal)


def in_turns(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Iterator[tuple[float, float]]:
    """Pairs of costs, after one run of each to warm up."""
    ours()
    theirs()
    for _ in range(rounds):
        yield ours(), theirs()


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
