"""Print the output of the command: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any, *, on_one_line: bool = False) -> None:
    """Print a value as JSON to stdout, and nothing else."""
    indent = None if on_one_line else 2
    sys.stdout.write(json.dumps(value, indent=indent, ensure_ascii=False) + "\n")


def print_object(value: dict[str, Any], *, as_json: bool) -> None:
    """Print one object: as JSON, or a line per field."""
    if as_json:
        print_json(value)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, field in value.items():
        table.add_row(Text(name, style="bold"), Text(describe(field)))
    OUT.print(table)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table with a header; narrow terminals get folded cells."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(describe(cell)) for cell in row))
    Console(highlight=False).print(table)


def describe(value: Any) -> str:
    """Return a value as one line of text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def print_note(text: str) -> None:
    """Print a note to stderr."""
    ERR.print(Text(text))


def format_message(message: dict[str, Any]) -> tuple[str, str, str]:
    """Return time, author and content of a message of any version."""
    author = message.get("author")
    content = message["content"] if isinstance(message.get("content"), dict) else message
    name = author.get("type", "") if isinstance(author, dict) else message.get("role", "")
    text = content.get("text") or content.get("mediaUrl") or ""
    kind = content.get("type", "")
    return _format_time(message.get("received")), name, text if kind == "text" else f"[{kind}] {text}".rstrip()


def _format_time(value: Any) -> str:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return str(value or "")[:19].replace("T", " ")
