"""A server that costs as little as possible: `python -m tests.bench.server [CERTIFICATE]` prints its port and answers.

A POST is answered with the message that was posted, a GET with a page of a hundred messages. The messages of the user or
conversation `endless` have a next page on every page. `GET /connections` tells how many connections were opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from . import page_v1, page_v2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def response(status: bytes, content: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(content))
    return head + content


def encode(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


RESPONSES = {
    b"POST /v1": response(b"201 Created", encode(page_v1.POSTED)),
    b"GET /v1": response(b"200 OK", encode(page_v1.PAGE)),
    b"POST /v2": response(b"201 Created", encode(page_v2.POSTED)),
    b"GET /v2": response(b"200 OK", encode(page_v2.PAGE)),
}
MESSAGES = {
    b"GET /v1": encode({"messages": page_v1.PAGE["messages"]})[:-1],
    b"GET /v2": encode({"messages": page_v2.PAGE["messages"]})[:-1],
}
NEXT_PAGE = {
    b"GET /v1": b',"next":"https://api.example/messages?before=%d"}',
    b"GET /v2": b',"meta":{"hasMore":true,"beforeCursor":"%024d"}}',
}
_page_numbers = itertools.count(1)
_connections = itertools.count()


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._number = next(_connections)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            _, _, length = head.lower().partition(b"content-length: ")
            size = int(length.split(b"\r\n")[0] or 0)
            if len(rest) < size:
                return
            self._received = rest[size:]
            self._transport.write(self._respond(head))

    def _respond(self, head: bytes) -> bytes:
        route = head[: head.index(b"/") + 3]
        if b"/endless/" in head:
            return response(b"200 OK", MESSAGES[route] + NEXT_PAGE[route] % next(_page_numbers))
        if route == b"GET /co":
            return response(b"200 OK", encode(self._number))
        return RESPONSES[route]


async def run_server(certificate: str | None) -> None:
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, ssl=tls, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def running(certificate: Path | None = None) -> Iterator[str]:
    """Run a server in its own process and yield its URL."""
    command = [sys.executable, "-m", "tests.bench.server", *([str(certificate)] if certificate else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            yield f"https://localhost:{port}" if certificate else f"http://localhost:{port}"
        finally:
            server.kill()


if __name__ == "__main__":
    asyncio.run(run_server(sys.argv[1] if len(sys.argv) > 1 else None))
