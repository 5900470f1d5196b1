"""Targets of webhooks. Deliveries are checked against the specification and parsed by smooch.webhooks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from support.scripted_server import ScriptedServer, answer, script

from smooch.webhooks import parse

from .contract import SPEC, SPEC_V2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.scripted_server import Request

    from smooch.sandbox import Sandbox


@contextmanager
def target(*answers: Any) -> Iterator[ScriptedServer]:
    """Run a target that sends these responses one after the other, then the last one for ever; 200 by default."""
    with ScriptedServer(script(*answers or (answer(200),))) as receiver:
        yield receiver


def posts(receiver: ScriptedServer) -> list[Request]:
    """The deliveries, without the probe that the sandbox sends before."""
    return [request for request in receiver.requests if request.method == "POST"]


def deliveries(sandbox: Sandbox, receiver: ScriptedServer) -> list[tuple[str, Any]]:
    """Return the deliveries since the last call: pairs of trigger and body in v1, of type and payload in v2."""
    sandbox.wait_for_deliveries()
    requests = posts(receiver)
    receiver.requests.clear()
    return [_checked(request.json()) for request in requests]


def deliveries_by_trigger(sandbox: Sandbox, receiver: ScriptedServer) -> dict[str, Any]:
    """Return the deliveries since the last call by trigger, and assert that no trigger came twice."""
    pairs = deliveries(sandbox, receiver)
    by_trigger = dict(pairs)
    assert len(by_trigger) == len(pairs), "a trigger came twice"
    return by_trigger


def _checked(body: dict[str, Any]) -> tuple[str, Any]:
    (event,) = parse(body).events
    assert not type(event).__name__.startswith("Unknown")
    if "trigger" in body:
        SPEC.get_response_part_validator("Event").validate(body)
        return body["trigger"], body
    SPEC_V2.get_response_part_validator("WebhookPayload").validate(body)
    (envelope,) = body["events"]
    return envelope["type"], envelope["payload"]
