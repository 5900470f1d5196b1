"""A server that costs as little as possible: `python -m tests.bench.server [CERTIFICATE]` prints its port and answers.

A POST is answered with the message that was posted, a GET with a page of a hundred messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from . import page_v2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


def message(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "_id": f"{number:024x}",
        "authorId": "5a1b2c3d4e5f60718293a4b5",
        "role": "appMaker",
        "name": "Desk",
        "received": 1512345678.125 + number,
        "source": {"type": "api"},
        **fields,
    }


POSTBACK = {"_id": "5a1b2c3d4e5f60718293a4b6", "type": "postback", "text": "Take it", "payload": "MUG"}
LINK = {"_id": "5a1b2c3d4e5f60718293a4b7", "type": "link", "text": "Look", "uri": "https://example.com/mug"}
ITEM = {"_id": "5a1b2c3d4e5f60718293a4b8", "title": "Red mug", "description": "350 ml", "actions": [POSTBACK, LINK]}
PATTERNS: list[dict[str, Any]] = [
    {"type": "text", "text": "Is the shop open?"},
    {"type": "text", "text": "Until six.", "actions": [LINK], "metadata": {"ticket": 5}},
    {"type": "image", "text": "", "mediaUrl": "https://example.com/a.jpg", "mediaType": "image/jpeg"},
    {"type": "file", "mediaUrl": "https://example.com/a.pdf", "mediaType": "application/pdf"},
    {"type": "carousel", "text": "", "items": [ITEM, ITEM, ITEM]},
    {"type": "list", "text": "", "items": [ITEM, ITEM], "actions": [POSTBACK]},
    {"type": "location", "text": "", "coordinates": {"lat": 45.5, "long": -73.6}},
    {"type": "form", "fields": [{"_id": "5a1b2c3d4e5f60718293a4b9", "type": "text", "name": "a", "label": "A"}]},
    {"type": "text", "text": "Thanks!", "role": "appUser"},
    {"type": "text", "text": "Anything else?"},
]
PAGE = {
    "conversation": {"_id": "5a1b2c3d4e5f60718293a4ba", "unreadCount": 0},
    "messages": [message(number, **PATTERNS[number % 10]) for number in range(100)],
}
POSTED = {"message": message(1, type="text", text="Hi"), "conversation": PAGE["conversation"]}


def answer(status: bytes, body: Any) -> bytes:
    content = json.dumps(body, separators=(",", ":")).encode()
    return HEAD % (status, len(content), content)


ANSWERS = {
    b"POST /v1": answer(b"201 Created", POSTED),
    b"GET /v1/": answer(b"200 OK", PAGE),
    b"POST /v2": answer(b"201 Created", page_v2.POSTED),
    b"GET /v2/": answer(b"200 OK", page_v2.PAGE),
}


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            _, _, length = head.lower().partition(b"content-length: ")
            size = int(length.split(b"\r\n")[0] or 0)
            if len(rest) < size:
                return
            self._received = rest[size:]
            self._transport.write(ANSWERS[head[:8]])


async def serve(certificate: str | None) -> None:
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, ssl=tls, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def running(certificate: Path | None = None) -> Iterator[str]:
    """A server in a process of its own; its address."""
    command = [sys.executable, "-m", "tests.bench.server", *([str(certificate)] if certificate else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            yield f"https://localhost:{port}" if certificate else f"http://127.0.0.1:{port}"
        finally:
            server.kill()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else None))
