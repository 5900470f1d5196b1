"""Pass, offer, accept and release control of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .. import _clock
from .._auth import ANY_KEY
from .._errors import ApiError, forbidden, not_found
from .._events import ControlChanged, ControlFailed
from . import _lookup, _metadata
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import Conversation, Switchboard, SwitchboardIntegration
    from .._events import ControlAction


@registry.handles("passControl", ANY_KEY)
def pass_control(call: Call) -> None:
    """Pass control; nothing changes if the target has it already."""
    conversation = _find_conversation(call)
    target = _find_target(call, conversation, "passControl")
    if conversation.active is not target:
        conversation.active, conversation.pending = target, None
        _record_change(call, conversation, "passControl")


@registry.handles("offerControl", ANY_KEY)
def offer_control(call: Call) -> None:
    """POST /v2/apps/{appId}/conversations/{conversationId}/offerControl."""
    conversation = _find_conversation(call)
    target = _find_target(call, conversation, "offerControl")
    if conversation.active is target:
        message = "Control is with this switchboard integration already"
        _record_failure(call, conversation, "offerControl", "switchboard_invalid_target", message)
    conversation.pending = target
    _record_change(call, conversation, "offerControl")


@registry.handles("acceptControl", ANY_KEY)
def accept_control(call: Call) -> None:
    """POST /v2/apps/{appId}/conversations/{conversationId}/acceptControl."""
    conversation = _find_conversation(call)
    if conversation.pending is None:
        message = "There is no pendingSwitchboardIntegration"
        _record_failure(call, conversation, "acceptControl", "switchboard_invalid_action", message)
    _require_control(call, conversation.pending)
    conversation.active, conversation.pending = conversation.pending, None
    _record_change(call, conversation, "acceptControl")


@registry.handles("releaseControl", ANY_KEY, without_body=True)
def release_control(call: Call) -> None:
    """Release control; the next message of a user assigns the conversation to the default integration."""
    conversation = _find_conversation(call)
    _require_control(call, conversation.active)
    conversation.active = conversation.pending = None
    _record_change(call, conversation, "releaseControl")


def _find_conversation(call: Call) -> Conversation:
    conversation = _lookup.find_conversation(call)
    _metadata.validate(call.body.get("metadata"), "Switchboard")
    if call.app.switchboard is None:
        raise not_found("Switchboard")
    return conversation


def _require_control(call: Call, each: SwitchboardIntegration | None) -> None:
    """Raise a 403 if the caller has integration scope, but is not `each` itself."""
    if call.identity.scope == "integration" and (each is None or each.integration.id != call.identity.owner):
        raise forbidden("Forbidden")


def _find_target(call: Call, conversation: Conversation, action: ControlAction) -> SwitchboardIntegration:
    """Return the target that the body names by id, name or type, in this order."""
    board, target = call.app.switchboard, call.body["switchboardIntegration"]
    candidates = [] if board is None else _list_candidates(board, conversation, target)
    if len(candidates) != 1:
        _record_failure(call, conversation, action, "switchboard_invalid_target", "Switchboard invalid target")
    return candidates[0]


def _list_candidates(board: Switchboard, conversation: Conversation, target: str) -> list[SwitchboardIntegration]:
    everyone = list(board.integrations.values())
    if target == "next":
        return [each.next for each in (conversation.active,) if each is not None and each.next is not None]
    return (
        [each for each in everyone if each.id == target]
        or [each for each in everyone if each.name == target]
        or [each for each in everyone if each.integration.type == target]
    )


def _record_change(call: Call, conversation: Conversation, action: ControlAction) -> None:
    call.store.record(
        ControlChanged(
            app_id=call.app.id,
            at=_clock.now(),
            action=action,
            conversation=conversation,
            metadata=call.body.get("metadata"),
        )
    )


def _record_failure(call: Call, conversation: Conversation, action: ControlAction, code: str, message: str) -> NoReturn:
    call.store.record(
        ControlFailed(
            app_id=call.app.id,
            at=_clock.now(),
            action=action,
            conversation=conversation,
            metadata=call.body.get("metadata"),
            code=code,
            message=message,
        )
    )
    raise ApiError(400, message)
