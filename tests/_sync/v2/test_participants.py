# Derived from tests/_async/v2/test_participants.py by scripts/unasync.py; edit that file.
"""Participants: calls, and input that is refused before sending; `test_all_calls` runs both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models

if TYPE_CHECKING:
    from .calls import Call, Refusal

CALLS: dict[str, Call] = {
    "join": (
        lambda api: api.participants.join("c1", user_id="u1", subscribe_sdk_client=False),
        "joinConversation POST /conversations/c1/join",
        {"userId": "u1", "subscribeSDKClient": False},
        models.Participant,
    ),
    "leave": (
        lambda api: api.participants.leave("c1", participant_id="p1"),
        "leaveConversation POST /conversations/c1/leave",
        {"participantId": "p1"},
        None,
    ),
    "list": (
        lambda api: api.participants.list("c1"),
        "listParticipants GET /conversations/c1/participants?page[size]=100",
        None,
        [models.Participant],
    ),
}


REFUSED: dict[str, Refusal] = {
    "nobody to leave": (lambda api: api.participants.leave("c1"), "user_id", "exactly one of"),
}
