"""Typing and reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ANY_KEY
from . import _lookup, _posting
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import JsonObject, Role


@registry.handles("postActivity", ANY_KEY)
def post_activity(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/conversations/{conversationId}/activity."""
    conversation = _lookup.conversation(call)
    author = _posting.author(call, conversation, call.body["author"])
    user = author or conversation.only_user
    by: Role = "appMaker" if author is None else "appUser"
    if call.body["type"] == "conversation:read":
        call.app.mark_read(user, conversation, by=by)
    else:
        call.app.type_in(user, conversation, by=by, activity=call.body)
    return {}
