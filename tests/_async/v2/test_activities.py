"""Activities: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smooch.errors import ServerError

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox
    from smooch.v2 import AsyncSmooch

    from .calls import Call, Refusal

pytestmark = pytest.mark.anyio

BUSINESS = {"type": "business"}


async def type_in(api: AsyncSmooch, conversation_id: str) -> None:
    async with api.activities.typing(conversation_id):
        pass


CALLS: dict[str, Call] = {
    "typing": (
        lambda api: type_in(api, "c1"),
        "postActivity POST /conversations/c1/activity\npostActivity POST /conversations/c1/activity",
        {"type": "typing:stop", "author": BUSINESS},
        None,
    ),
    "send": (
        lambda api: api.activities.send("c1"),
        "postActivity POST /conversations/c1/activity",
        {"type": "typing:start", "author": BUSINESS},
        None,
    ),
    "mark_read": (
        lambda api: api.activities.mark_read("c1", author={"type": "user", "userExternalId": "u-77"}),
        "postActivity POST /conversations/c1/activity",
        {"type": "conversation:read", "author": {"type": "user", "userExternalId": "u-77"}},
        None,
    ),
}


REFUSED: dict[str, Refusal] = {
    "a user who types": (
        lambda api: api.activities.send("c1", author={"type": "user", "userId": "u"}),
        "activity.type",
        "must be 'conversation:read' where author.type is 'user', got 'typing:start'",
    ),
}


def activities_of(sandbox: Sandbox) -> list[str]:
    return [request.json["type"] for request in sandbox.requests if request.path.endswith("/activity")]


async def test_typing_lasts_as_long_as_the_block(api: AsyncSmooch, sandbox: Sandbox, conversation_id: str) -> None:
    async with api.activities.typing(conversation_id):
        assert activities_of(sandbox) == ["typing:start"]
        await api.messages.post_text(conversation_id, "Let me see.")
    assert activities_of(sandbox) == ["typing:start", "typing:stop"]


async def test_typing_ends_if_the_block_fails_and_the_error_of_the_block_is_raised(
    api: AsyncSmooch, sandbox: Sandbox, conversation_id: str
) -> None:
    async def fail_while_typing(*, and_the_api: bool) -> None:
        async with api.activities.typing(conversation_id):
            if and_the_api:
                sandbox.fail(times=1, status=500)
            raise ZeroDivisionError

    for and_the_api in (False, True):
        with pytest.raises(ZeroDivisionError):
            await fail_while_typing(and_the_api=and_the_api)
    assert activities_of(sandbox) == ["typing:start", "typing:stop"] * 2


async def test_an_error_while_typing_ends_is_raised(api: AsyncSmooch, sandbox: Sandbox, conversation_id: str) -> None:
    typing = api.activities.typing(conversation_id)
    await typing.__aenter__()
    sandbox.fail(times=1, status=500)
    with pytest.raises(ServerError):
        await typing.__aexit__(None, None, None)
