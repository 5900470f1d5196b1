"""Write the table of faults into smooch/README.md, from the tests' data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.faults import FAULTS  # noqa: E402 (it is in the folder of the line above)

from smooch._http import settings  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.faults import Fault

GUIDE = ROOT / "smooch" / "README.md"
START, END = (
    "<!-- `make faults-table` writes what follows. -->\n\n",
    "\n<!-- `make faults-table` wrote what is above. -->\n",
)
COLUMNS = {"tries: GET, PUT, DELETE": ("GET", "PUT", "DELETE"), "tries: POST, uploads": ("POST", "upload")}
TIMES_SENT = {"once": "1", "twice": "2", "repeated": str(settings.RETRIES + 1)}
LIMITS = {
    "pool": f"{settings.TIMEOUT.pool:g} s",
    "connect": f"{settings.TIMEOUT.connect:g} s",
    "read": f"{settings.TIMEOUT.read:g} s",
    "deadline": f"{settings.DEADLINE:g} s",
    "max_response_bytes": f"{settings.MAX_RESPONSE_BYTES >> 20} MB",
}


def summarize(fault: Fault) -> tuple[str, ...]:
    """Return the cells of a row: what is raised, and for each column how often a request is sent.

    Raises:
        ValueError: methods of the same column differ, or raise something else than those of another one.
    """
    (error,) = {outcome.error for outcome in fault.outcomes.values()}
    columns = [{TIMES_SENT[fault.outcomes[method].sent] for method in methods} for methods in COLUMNS.values()]
    return f"`{error.__name__}`" if error else "nothing", *(times for (times,) in columns)


def write_table() -> Iterator[str]:
    """Yield the lines of the table, one for neighbours of the same outcome, and the differences over aiohttp."""
    rows: list[tuple[list[str], tuple[str, ...]]] = []
    for fault in FAULTS:
        cells = summarize(fault)
        if fault.words:
            if not rows or rows[-1][1] != cells:
                rows.append(([], cells))
            rows[-1][0].append(fault.words.format(**LIMITS))
    yield f"| what happens | raises | {' | '.join(COLUMNS)} |"
    yield f"| --- | --- |{' --- |' * len(COLUMNS)}"
    for words, cells in rows:
        yield f"| {', '.join(words)} | {' | '.join(cells)} |"
    differences = [fault.differs.get(frozenset({"aiohttp"})) for fault in FAULTS]
    reasons = "; ".join(reason for reason in differences if isinstance(reason, str))
    yield ""
    yield f'With `transport="aiohttp"` it is the same{f", but {reasons}" if reasons else ""}.'


def replace_table(guide: str) -> str:
    """Return the guide with the table between its two comments."""
    before, rest = guide.split(START)
    _, after = rest.split(END)
    return "".join([before, START, *(f"{line}\n" for line in write_table()), END, after])


if __name__ == "__main__":
    GUIDE.write_text(replace_table(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
