"""Receive deliveries on this machine: verify, print and forward them."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from ..webhooks import WebhookRejected, WebhookUnreadable, parse, verify
from ._output import OUT, print_json, print_note

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request


class Listener:
    """The handler of `smooch listen`."""

    def __init__(self, secret: str | None, forward: str | None, *, as_json: bool) -> None:
        self._secret = secret
        self._forward = forward
        self._as_json = as_json
        self._client = httpx.AsyncClient(timeout=20.0)

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Close the connections to the target of `--forward` at the end."""
        async with self._client:
            yield

    async def handle(self, request: Request) -> Response:
        """Answer 200, 401 for a wrong key, or with the response of the target of `--forward`."""
        body = await request.body()
        if request.method == "HEAD":
            return Response()
        try:
            if self._secret is not None:
                verify(request.headers, self._secret)
            delivery = parse(body)
        except WebhookRejected as error:
            print_note(f"refused with 401: {error}")
            return Response(status_code=401)
        except WebhookUnreadable as error:
            print_note(f"refused with 400: {error}")
            return Response(status_code=400)
        wire = json.loads(body)
        if self._as_json:
            print_json(wire, on_one_line=True)
        else:
            key = "not verified" if self._secret is None else "verified"
            for event in delivery.events:
                OUT.print(f"{_get_trigger(event)} ({key})", markup=False)
            OUT.print_json(data=wire)
        return Response() if self._forward is None else await self._forward_delivery(self._forward, request, body)

    async def _forward_delivery(self, target: str, request: Request, body: bytes) -> Response:
        skipped = {"host", "content-length", "connection", "transfer-encoding"}
        headers = [(name, value) for name, value in request.headers.items() if name not in skipped]
        try:
            response = await self._client.post(target, content=body, headers=headers)
        except httpx.HTTPError as error:
            print_note(f"{target} did not answer: {error}")
            return Response(status_code=503)
        print_note(f"{target} answered {response.status_code}")
        return Response(response.content, response.status_code)


def _get_trigger(event: Any) -> str:
    return str(getattr(event, "trigger", "") or getattr(event, "type_", ""))


def listen(port: int, secret: str | None, forward: str | None, *, as_json: bool) -> None:
    """Serve on 127.0.0.1 until Ctrl-C."""
    listener = Listener(secret, forward, as_json=as_json)
    routes = [Route("/{path:path}", listener.handle, methods=["HEAD", "POST"])]
    app = Starlette(routes=routes, lifespan=listener.lifespan)
    print_note(f"Listening on http://127.0.0.1:{port}/ until Ctrl-C.")
    if secret is None:
        print_note("No --secret: deliveries are printed without checking their key.")
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
