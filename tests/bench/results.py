"""The results of all parts in one file, `results.json`; the page, the chart and the table in tests/README.md made from it."""

from __future__ import annotations

import datetime
import json
import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import attrs

from . import chart
from .measure import summarize

if TYPE_CHECKING:
    from pathlib import Path

    from .measure import Cell, Findings, Goal

PAGE = "RESULTS.md"
PACKAGES = ("httpx", "httpcore", "aiohttp", "httpx-aiohttp", "requests", "attrs", "PyJWT", "starlette", "uvicorn")
BUSY = 0.5
INTRODUCTION = """\
# Results of the benchmark

Written by `make bench` and `make bench-sandbox`: do not edit. How to measure, and what the goals are, is in
[How to test](../README.md#the-benchmark).

Each client is used as it comes, in a process of its own, against one server that does nothing but answer. The clients take
turns, round by round. A cell shows the minimum, the **median** and the maximum of the rounds; one number stands alone where
there was one round. Sync clients make calls at the same time in threads, at most 100. Names with a dot, such as
`smooch.v2.Smooch`, are this library's.

![CPU time of a post and posts per second, for each client](results.svg)
"""
GOALS_BEGIN, GOALS_END = "<!-- goals, written by make bench -->\n", "<!-- end of goals -->\n"


@attrs.frozen
class Run:
    """When, where and how was measured."""

    date: str
    command: str
    python: str
    cpus: int
    load: float
    """Processes that wanted a CPU in the minute before."""
    packages: dict[str, str]

    @classmethod
    def begin(cls, command: str) -> Run:
        return cls(
            date=datetime.datetime.now(datetime.UTC).date().isoformat(),
            command=command,
            python=platform.python_version(),
            cpus=os.cpu_count() or 0,
            load=round(os.getloadavg()[0], 1),
            packages={name: version(name) for name in PACKAGES},
        )


def save(folder: Path, part: str, run: Run, findings: Findings) -> None:
    """Replace what is known of one part, and write everything anew."""
    file = folder / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    results[part] = {
        "run": attrs.asdict(run),
        "tables": [attrs.asdict(table) for table in findings.tables],
        "goals": [_goal(goal) for goal in findings.goals],
    }
    lines = (f"{json.dumps(name)}: {json.dumps(part)}" for name, part in results.items())
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    (folder / PAGE).write_text(_page(results))
    if "calls" in results:
        (folder / "results.svg").write_text(chart.draw(results["calls"]["tables"]))
    _quote_goals(folder.parent / "README.md", results)


def describe(goal: Goal) -> str:
    row = _goal(goal)
    return f"{row['name']}: {_cell(row['measured'])}, goal {row['goal']}{'' if goal.is_met else ', MISSED'}"


def _goal(goal: Goal) -> dict[str, Any]:
    return {
        "name": goal.name,
        "measured": summarize(goal.numbers),
        "goal": goal.limit,
        "is_met": goal.is_met,
    }


def _page(results: dict[str, Any]) -> str:
    lines = [INTRODUCTION, "## Goals", "", *_goals(results)]
    for part in results.values():
        for table in part["tables"]:
            lines += ["", f"## {table['title']}", "", *_table(table["columns"], table["rows"])]
    lines += [
        "",
        "## Runs",
        "",
        "| part | date | command | Python | CPUs | load before |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, part in results.items():
        run = part["run"]
        note = ", a machine that did other work too" if run["load"] > BUSY else ""
        lines.append(
            f"| {name} | {run['date']} | `{run['command']}` | {run['python']} | {run['cpus']} | {run['load']}{note} |"
        )
    packages = list(results.values())[-1]["run"]["packages"]
    lines += ["", "Packages: " + ", ".join(f"{name} {number}" for name, number in packages.items()) + "."]
    return "\n".join(lines) + "\n"


def _goals(results: dict[str, Any]) -> list[str]:
    goals = [goal for part in results.values() for goal in part["goals"]]
    return [
        "| | measured | goal |",
        "| --- | --- | --- |",
        *(
            f"| {goal['name']} | {_cell(goal['measured'])} | {goal['goal']}{'' if goal['is_met'] else ', **missed**'} |"
            for goal in goals
        ),
    ]


def _table(columns: list[str], rows: dict[str, list[Cell | None]]) -> list[str]:
    return [
        f"| | {' | '.join(columns)} |",
        f"| --- |{' --- |' * len(columns)}",
        *(f"| {name} | {' | '.join(_cell(cell) for cell in cells)} |" for name, cells in rows.items()),
    ]


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    low, median, high = map(_number, cell)
    return median if cell[0] == cell[2] else f"{low} **{median}** {high}"


def _number(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _quote_goals(readme: Path, results: dict[str, Any]) -> None:
    if readme.exists():
        before, _, rest = readme.read_text().partition(GOALS_BEGIN)
        _, _, after = rest.partition(GOALS_END)
        readme.write_text(before + GOALS_BEGIN + "\n".join(_goals(results)) + "\n" + GOALS_END + after)
