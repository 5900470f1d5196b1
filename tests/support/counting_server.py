"""A fast TLS server that counts the posts it gets: `python counting_server.py CERTIFICATE` runs it and prints its port.

`GET /counts` returns how many connections were made, how many were open at once, and how often each text arrived.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections import Counter

HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
MESSAGE = (
    b'{"message":{"_id":"5a1b2c3d4e5f60718293a4b5","type":"text","role":"appUser","text":"Hi","received":1512345678.1}}'
)
CREATED = HEAD % (len(MESSAGE), MESSAGE)

texts: Counter[str] = Counter()
connections: Counter[str] = Counter()


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        connections["made"] += 1
        connections["open"] += 1
        connections["most"] = max(connections["most"], connections["open"])

    def connection_lost(self, exc: Exception | None) -> None:
        connections["open"] -= 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            start, _, length = head.lower().partition(b"content-length: ")
            size = int(length.split(b"\r\n")[0] or 0)
            if len(rest) < size:
                return
            self._received = rest[size:]
            self._transport.write(self._answer(start, rest[:size]))

    def _answer(self, start: bytes, body: bytes) -> bytes:
        if start.startswith(b"post"):
            texts[json.loads(body)["text"]] += 1
            return CREATED
        counts = json.dumps({"connections": connections, "texts": texts}).encode()
        return HEAD % (len(counts), counts)


async def run_server(certificate: str) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, ssl=tls, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(run_server(sys.argv[1]))
