"""Activities: typing and reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ANY_KEY
from ..store import activities
from . import _lookup, _posting
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import Role


@registry.handles("postActivity", ANY_KEY)
def post_activity(call: Call) -> None:
    """POST /v2/apps/{appId}/conversations/{conversationId}/activity."""
    conversation = _lookup.find_conversation(call)
    author = _posting.find_author(call, conversation, call.body["author"])
    user = author or conversation.only_user
    by: Role = "appMaker" if author is None else "appUser"
    if call.body["type"] == "conversation:read":
        activities.mark_read(call.app, user, conversation, by=by)
    else:
        activities.set_typing(call.app, user, conversation, by=by, activity=call.body)
