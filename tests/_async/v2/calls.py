"""Check one call of a method: the requests it sends and its result, or the error that refuses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from jsonschema import Draft202012Validator
from support.v2_examples import SPEC, line_of, operation_of

from smooch.errors import InvalidInput
from smooch.v2 import AsyncPaged, AsyncSmooch

if TYPE_CHECKING:
    from support.scripted_server import ScriptedServer

    from smooch.sandbox import Sandbox

Call: TypeAlias = tuple[Callable[[AsyncSmooch], Any], str, Any, Any]
"""The call; a line of operation, method and target for each request; the last body; the type of the result."""

Refusal: TypeAlias = tuple[Callable[[AsyncSmooch], Any], str, str]
"""The call; the field that the error names; a part of the error's text."""


SECRET = "a secret that nobody must see"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzY29wZSI6ImludGVncmF0aW9uIn0.3q2-7w"

CODE_EXCHANGE = {"code": "658965", "grant_type": "authorization_code", "client_id": "partner", "client_secret": SECRET}
CREDENTIALS: dict[str, dict[str, Any]] = {
    "jwt": {"key_id": "app_5a", "secret": SECRET},
    "basic": {"key_id": "app_5a", "secret": SECRET, "auth": "basic"},
    "token": {"token": TOKEN},
}
"""Constructor arguments for each kind of credentials."""


async def every(records: AsyncPaged[Any]) -> list[Any]:
    return [record async for record in records]


async def check_call(api: AsyncSmooch, server: ScriptedServer, call: Call, *, authorized: bool = True) -> None:
    """Check that a call sends what the specification describes, and returns models."""
    make, lines, body, expected = call
    called = make(api)
    outcome = await every(called) if isinstance(called, AsyncPaged) else await called
    assert [line_of(request) for request in server.requests] == lines.split("\n")
    request = server.requests[-1]
    described = operation_of(request.method, request.target.partition("?")[0]).body
    if body is None:
        assert described is None
    else:
        assert request.json() == body
        Draft202012Validator({**described, "components": SPEC["components"]}).validate(body)
    if isinstance(expected, list):
        assert [type(record) for record in outcome] == expected
    elif expected is None:
        assert outcome is None
    else:
        assert type(outcome) is expected
    for sent in server.requests:
        assert sent.headers.get("authorization", "").startswith("Bearer ey") is authorized


async def check_refusal(api: AsyncSmooch, sandbox: Sandbox, refusal: Refusal) -> None:
    """Check that a call is refused before anything is sent, and that the error says where and why."""
    make, field, words = refusal
    with pytest.raises(InvalidInput) as caught:
        await make(api)
    assert caught.value.field == field
    assert words in str(caught.value)
    assert sandbox.requests == []
