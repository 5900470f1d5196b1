"""Call the apps by the ASGI and WSGI protocols, without a server."""

from __future__ import annotations

import io
from typing import Any

from .payloads import SECRET


class Response:
    status = 0
    body = b""
    sent: list[Any]


async def call_asgi(app: Any, *pieces: Any, headers: Any = None, method: str = "POST", then: Any = None) -> Response:
    """Send one request; `pieces` are parts of the body, or whole ASGI messages. `then` gets each message of the response."""
    messages = [
        part if isinstance(part, dict) else {"type": "http.request", "body": part, "more_body": part is not pieces[-1]}
        for part in pieces
    ]
    response = Response()
    response.sent = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        response.sent.append(message)
        response.status = message.get("status", response.status)
        response.body += message.get("body", b"")
        if then is not None:
            then(message)

    keys = [(b"x-api-key", SECRET.encode())] if headers is None else headers
    await app({"type": "http", "method": method, "headers": keys, "path": "/"}, receive, send)
    return response


def call_wsgi(app: Any, body: Any = b"", **environ: Any) -> tuple[int, dict[str, str], bytes]:
    """Send one request with this environment; returns status, headers and body of the response."""
    started: list[Any] = []
    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    environ = {"REQUEST_METHOD": "POST", "HTTP_X_API_KEY": SECRET, "wsgi.input": stream, **environ}
    content = b"".join(app(environ, lambda status, headers: started.extend((status, headers))))
    return int(started[0].split()[0]), dict(started[1]), content


def sized(body: bytes) -> dict[str, Any]:
    return {"body": body, "CONTENT_LENGTH": str(len(body))}
