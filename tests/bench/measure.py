"""Samples of the same costs taken in turns, the tables that they make, and the goals that they are held against."""

from __future__ import annotations

import contextlib
import math
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import certifi
import trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from .clients import Client

Cell = tuple[float, float, float]
"""Minimum, median and maximum."""


@attrs.frozen
class Plan:
    """How much is measured, and with what."""

    clients: list[Client]
    rounds: int
    seconds: float
    """Length of one sample of CPU time; one of calls at the same time takes three times as long."""
    many: int
    """Number of calls, messages or deliveries where a number is counted and not a time."""
    certificate: Path
    authority: Path

    @property
    def few_rounds(self) -> int:
        """Rounds of what takes long."""
        return max(1, self.rounds // 4)


@contextlib.contextmanager
def certificates() -> Iterator[tuple[Path, Path]]:
    """Files with a certificate for localhost, and with all authorities that a client trusts."""
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as folder:
        certificate, authorities = Path(folder, "certificate.pem"), Path(folder, "authorities.pem")
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(certificate)
        # Beside those that every client loads, or a pattern that loads them at each call would look cheaper than it is.
        authorities.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        yield certificate, authorities


class Samples:
    """What was measured, by row and column: one number for each round."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Hashable, str], list[float]] = defaultdict(list)

    def collect(
        self, rows: Iterable[Any], columns: Sequence[str], rounds: int, measure: Callable[[Any], Sequence[float]]
    ) -> None:
        """Measure all rows in turns, so that what else the machine does meets all of them alike."""
        chosen = list(rows)
        for _ in range(rounds):
            for row in chosen:
                for column, number in zip(columns, measure(row), strict=True):
                    self._numbers[row, column].append(number)

    def __getitem__(self, row_and_column: tuple[Hashable, str]) -> list[float]:
        return self._numbers[row_and_column]

    def ratio(self, column: str, over: Hashable, under: Hashable) -> list[float]:
        """One row divided by another, round by round; empty if one of them was left out."""
        return [a / b for a, b in zip(self[over, column], self[under, column], strict=False)]

    def table(self, title: str, rows: Iterable[Any], columns: Iterable[str]) -> Table:
        """Those rows of which something was measured."""
        names = list(columns)
        cells = {row.name: [summarize(self._numbers.get((row, name))) for name in names] for row in rows}
        return Table(title, names, {name: row for name, row in cells.items() if any(row)})


def summarize(numbers: list[float] | None) -> Cell | None:
    """Minimum, median and maximum, with four digits."""
    if not numbers:
        return None
    low, median, high = (float(f"{number:.4g}") for number in (min(numbers), statistics.median(numbers), max(numbers)))
    return low, median, high


@attrs.frozen
class Table:
    title: str
    columns: list[str]
    rows: dict[str, list[Cell | None]]


@attrs.frozen
class Goal:
    """A limit, and what was measured in each round; the median counts."""

    name: str
    numbers: list[float]
    maximum: float = math.inf
    minimum: float = -math.inf

    @property
    def is_met(self) -> bool:
        return self.minimum <= statistics.median(self.numbers) <= self.maximum

    @property
    def limit(self) -> str:
        return f"≤ {self.maximum:g}" if self.maximum < math.inf else f"≥ {self.minimum:g}"


@attrs.frozen
class Findings:
    """What one part of the benchmark found."""

    tables: list[Table]
    goals: list[Goal] = attrs.field(factory=list, converter=lambda goals: [goal for goal in goals if goal.numbers])
