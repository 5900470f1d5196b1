"""Write the messages of users to a JSON Lines file, and go on where an earlier run stopped."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from .. import errors
from ..errors import InvalidInput
from ._output import ERR, print_note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ._accounts import Account

_FIRST_BYTES = b'{"user": '
"""Beginning of each line; an incomplete last line without it belongs to a file that is no export."""


def export(account: Account, users: Sequence[str], file: Path) -> int:
    """Append all messages that `file` lacks; return their number. Holds one page in memory at a time.

    Each line is an object with `user`, `conversation` and `message`. A line that an earlier run left incomplete is
    cut off first.
    """
    reached = _read_progress(file)
    written = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with file.open("a", encoding="utf-8") as out, Progress(*columns, console=ERR) as progress:
        task = progress.add_task("users", total=len(users))
        for user in users:
            after = reached.get(user, {})
            try:
                for conversation, message in account.message_history(user, after):
                    line = {"user": user, "conversation": conversation, "message": message}
                    out.write(json.dumps(line, ensure_ascii=False) + "\n")
                    written += 1
                    progress.update(task, description=f"{written} messages, users")
            except errors.NotFound as error:
                if len(users) == 1:
                    raise
                print_note(f"{user}: {error.description}")
            out.flush()
            progress.advance(task)
    return written


def read_users(file: Path | None) -> list[str]:
    """Return user ids, one per line, from a file or from stdin."""
    text = ""
    if file is not None:
        text = file.read_text(encoding="utf-8")
    elif not sys.stdin.isatty():
        text = sys.stdin.read()
    users = [line.strip() for line in text.splitlines() if line.strip()]
    if not users:
        raise InvalidInput("--all needs user ids, one per line: the API cannot list users", "users")
    return users


def _read_progress(file: Path) -> dict[str, dict[str, Any]]:
    """Return the last message per user and conversation; cut off an incomplete last line."""
    reached: dict[str, dict[str, Any]] = {}
    end = 0
    with file.open("a+b") as lines:
        lines.seek(0)
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n") and _FIRST_BYTES.startswith(line[: len(_FIRST_BYTES)]):
                break
            try:
                entry = json.loads(line)
                reached.setdefault(entry["user"], {})[entry["conversation"]] = entry["message"]
            except (ValueError, KeyError, TypeError):
                raise InvalidInput(
                    f"{file}, line {number}, is not from smooch export: choose another file", "output"
                ) from None
            end += len(line)
        lines.truncate(end)
    return reached
