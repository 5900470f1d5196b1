"""Activities: every call, what is refused before it is sent, and the sandbox's responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .calls import Call, Refusal, check_call, check_refusal

if TYPE_CHECKING:
    from peer import Peer

    from smooch.sandbox import Sandbox
    from smooch.v2 import AsyncSmooch

pytestmark = pytest.mark.anyio

BUSINESS = {"type": "business"}


CALLS: dict[str, Call] = {
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


@pytest.mark.parametrize("name", CALLS)
async def test_a_method_sends_what_the_specification_describes_and_returns_models(
    example_api: AsyncSmooch, example_server: Peer, name: str
) -> None:
    await check_call(example_api, example_server, CALLS[name])


REFUSED: dict[str, Refusal] = {
    "a user who types": (
        lambda api: api.activities.send("c1", author={"type": "user", "userId": "u"}),
        "activity.type",
        "must be 'conversation:read' where author.type is 'user', not 'typing:start'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_the_api_would_refuse_is_refused_before_it_is_sent(
    api: AsyncSmooch, sandbox: Sandbox, name: str
) -> None:
    await check_refusal(api, sandbox, REFUSED[name])
