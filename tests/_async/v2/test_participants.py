"""Participants: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from smooch_api.v2 import models

from .calls import Call, Refusal, check_call, check_refusal

if TYPE_CHECKING:
    from support.scripted_server import ScriptedServer

    from smooch.sandbox import Sandbox
    from smooch.v2 import AsyncSmooch

pytestmark = pytest.mark.anyio

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


@pytest.mark.parametrize("name", CALLS)
async def test_calls_follow_the_specification_and_return_models(
    example_api: AsyncSmooch, example_server: ScriptedServer, name: str
) -> None:
    await check_call(example_api, example_server, CALLS[name])


REFUSED: dict[str, Refusal] = {
    "nobody to leave": (lambda api: api.participants.leave("c1"), "user_id", "exactly one of"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_invalid_input_is_refused_before_sending(api: AsyncSmooch, sandbox: Sandbox, name: str) -> None:
    await check_refusal(api, sandbox, REFUSED[name])
