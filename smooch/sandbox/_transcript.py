"""Write conversations as JSON Lines, without ids, so that two transcripts can be compared."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from .v2 import serialize

if TYPE_CHECKING:
    from ._entities import Conversation, JsonObject

# for a stored file only its name is written, not its URL
_FILE = "/media/[^/]+/[^/]+/"
_GENERATED = frozenset({"_id", "id", "quotedMessage", "submitted", "mediaSize", "textFallback", "state"})


def to_json_lines(conversation: Conversation, root_url: str) -> str:
    """Return the messages and taps of a conversation, oldest first, one per line."""
    lines: list[tuple[int, str, JsonObject]] = []
    for message in conversation.messages:
        content = serialize.message(message, conversation)["content"]
        lines.append((message.received, "user" if message.role == "appUser" else "business", {"message": content}))
    lines += [(tap.at, "user", {"click": tap.action}) for tap in conversation.taps]
    lines.sort(key=lambda line: line[0])
    return "".join(_format_line(at - lines[0][0], author, fields, root_url) for at, author, fields in lines)


def _format_line(milliseconds: int, author: str, fields: JsonObject, root_url: str) -> str:
    line = {"at": milliseconds / 1000, "from": author, **_strip_ids(fields)}
    text = json.dumps(line, ensure_ascii=False)
    return re.sub(re.escape(root_url) + _FILE, "sandbox:", text) + "\n"


def _strip_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_strip_ids(each) for each in value]
    if isinstance(value, dict):
        return {name: _strip_ids(each) for name, each in value.items() if name not in _GENERATED}
    return value
