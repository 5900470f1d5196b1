"""The sandbox as a whole, and its events as a stream."""

from __future__ import annotations

import asyncio
from importlib import resources
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from .. import _json
from . import serialize
from ._call import handles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .._engine import Engine
    from .._entities import JsonObject
    from ._call import ControlCall

KEEP_ALIVE = 15.0


def read_description() -> str:
    """Return the OpenAPI description of the control API as YAML."""
    return (resources.files(__package__) / "openapi.yaml").read_text(encoding="utf-8")


@handles("getSandbox")
def get_sandbox(call: ControlCall) -> JsonObject:
    """GET /_sandbox."""
    known = call.engine.credentials
    return {
        "url": call.engine.root_url,
        "appId": known.app_id,
        "appToken": known.app_token,
        "keyId": known.app_key.id,
        "secret": known.app_key.secret,
        "accountKeyId": known.account_key.id,
        "accountSecret": known.account_key.secret,
        "integrationId": known.integration_id,
        "integrationKeyId": known.integration_key.id,
        "integrationSecret": known.integration_key.secret,
        "oauthClientId": known.oauth_client_id,
        "oauthClientSecret": known.oauth_client_secret,
        "lastEventId": call.engine.last_event_id,
    }


@handles("getDescription")
def get_description(call: ControlCall) -> Response:
    """GET /_sandbox/openapi.yaml."""
    return Response(read_description(), media_type="application/yaml")


@handles("reset")
async def reset(call: ControlCall) -> None:
    """POST /_sandbox/reset."""
    await call.engine.reset()


@handles("streamEvents")
def stream_events(call: ControlCall) -> Response:
    """GET /_sandbox/events."""
    after = call.request.headers.get("last-event-id") or call.query.get("after") or call.engine.last_event_id
    events = _stream_events(call.engine, after)
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


async def _stream_events(engine: Engine, after: str) -> AsyncIterator[str]:
    """Yield events as server-sent events, until the client disconnects."""
    yield ": the events of a sandbox\n\n"
    number = _parse_event_id(engine, after)
    while True:
        entries = None if number is None else engine.log.after(number)
        if number is None or entries is None:
            number = engine.log.last_number
            yield _format_event(engine, number, "refresh", {})
            continue
        lines = []
        for number, entry in entries:
            event = serialize.event(entry, engine)
            if event is not None:
                lines.append(_format_event(engine, number, *event))
        if lines:
            yield "".join(lines)
        elif number == engine.log.last_number:
            try:
                async with asyncio.timeout(KEEP_ALIVE):
                    await engine.log.wait()
            except TimeoutError:
                yield ": keep-alive\n\n"


def _parse_event_id(engine: Engine, event_id: str) -> int | None:
    """Return the number of an event, None for one of another run of the server."""
    run, _, number = event_id.partition(".")
    return int(number) if run == engine.run_id and number.isascii() and number.isdigit() else None


def _format_event(engine: Engine, number: int, kind: str, data: JsonObject) -> str:
    return f"id: {engine.run_id}.{number}\nevent: {kind}\ndata: {_json.encode(data).decode()}\n\n"
