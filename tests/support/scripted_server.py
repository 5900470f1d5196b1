"""An HTTP server on a real socket that sends the responses a test gives it, or breaks connections on request."""

from __future__ import annotations

import json
import select
import socket
import ssl
import struct
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@attrs.frozen
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    port: int
    """Port of the client; each connection has its own."""
    at: float = attrs.field(factory=time.monotonic)

    def json(self) -> Any:
        return json.loads(self.body)


def answer(status: int = 200, body: Any = b"{}", **headers: str) -> bytes:
    """The bytes of an HTTP response; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(content)}"]
    named = {"Content_Type": "application/json", **headers}
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in named.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


RESET = object()
"""A piece of a response that resets the connection."""


class ScriptedServer:
    """Sends the response that `respond` returns for each request, and records requests and connections.

    `respond` returns the bytes to send, None to close the connection without a response, RESET to reset it, or a list
    of pieces: these three, and a number of seconds to pause, which ends early if the client leaves. `script` makes a
    `respond`. With `reads="head"` the server responds before it reads the body, then closes its side and reads what
    still comes; with `reads="nothing"` it responds when a request has arrived, and leaves it unread.
    """

    def __init__(
        self,
        respond: Callable[[Request], Any],
        tls: ssl.SSLContext | None = None,
        reads: Literal["request", "head", "nothing"] = "request",
    ) -> None:
        self._respond = respond
        self.reads = reads
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._sockets: set[socket.socket] = set()
        self._stopped = threading.Event()
        self.requests: list[Request] = []
        self.connections = 0
        host = "localhost" if tls else "127.0.0.1"
        self.url = f"http{'s' if tls else ''}://{host}:{self._listener.getsockname()[1]}"

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._sockets)

    def __enter__(self) -> ScriptedServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        wait_until(lambda: not self._sockets)

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._stopped.is_set():
                connection, _ = self._listener.accept()
                self.connections += 1
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                self._sockets.add(connection)
                threading.Thread(target=self._handle_connection, args=(connection,), daemon=True).start()

    def _handle_connection(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection, connection.makefile("rb") as stream:
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            while (request := self._read(connection, stream)) is not None:
                if not self._send(connection, request, self._respond(request)):
                    break
                if self.reads == "head":
                    connection.shutdown(socket.SHUT_WR)
                    while stream.read1():
                        pass
        self._sockets.discard(connection)

    def _read(self, connection: socket.socket, stream: Any) -> Request | None:
        port = connection.getpeername()[1]
        if self.reads == "nothing" and _is_readable(connection, 60):
            return Request("", "", {}, b"", port)
        request = _read(stream, port, has_body=self.reads == "request")
        if request is not None:
            self.requests.append(request)
        return request

    def _send(self, connection: socket.socket, request: Request, pieces: Any) -> bool:
        for piece in [pieces] if isinstance(pieces, bytes | None) or pieces is RESET else pieces:
            if piece is RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if piece is None or piece is RESET:
                return False
            if isinstance(piece, bytes):
                connection.sendall(_head(piece) if request.method == "HEAD" else piece)
            elif _is_readable(connection, piece):
                return False  # the client left, or this server is stopped
        return True


def _is_readable(connection: socket.socket, seconds: float) -> bool:
    """Wait until there is something to read or the connection has ended; returns whether that happened."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _head(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def _read(stream: Any, port: int, *, has_body: bool = True) -> Request | None:
    line = stream.readline()
    if not line.strip():
        return None
    method, target, _ = line.decode().split()
    headers: dict[str, str] = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = b""
    if not has_body:
        pass
    elif headers.get("transfer-encoding") == "chunked":
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body, port)


@contextmanager
def connect_proxy(tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[str]]]:
    """Run an HTTP proxy that tunnels CONNECT requests; yields its URL and the list of targets requested so far."""
    targets: list[str] = []

    def handle_client(client: socket.socket) -> None:
        with suppress(OSError), client:
            client.do_handshake() if isinstance(client, ssl.SSLSocket) else None
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            targets.append(head.split()[1].decode())
            host, _, port = targets[-1].rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                threading.Thread(target=copy, args=(server, client), daemon=True).start()
                copy(client, server)

    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                if tls:
                    client = tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
                threading.Thread(target=handle_client, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http{'s' if tls else ''}://localhost:{listener.getsockname()[1]}", targets
        listener.shutdown(socket.SHUT_RDWR)


def once_open(gate: threading.Event, response: bytes) -> Callable[[Request], bytes]:
    """Make a `respond` that waits for the gate to open."""

    def respond(_: Request) -> bytes:
        assert gate.wait(10)
        return response

    return respond


def script(*answers: Any) -> Callable[[Request], Any]:
    """Make a `respond` that returns these one after the other, then the last one for every further request."""
    remaining = list(answers)
    lock = threading.Lock()

    def respond(_: Request) -> Any:
        with lock:
            return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    return respond


def unused_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "condition never came true"
        time.sleep(0.005)


@contextmanager
def silent_server() -> Iterator[str]:
    """Yield the URL of a port that accepts connections, but never reads or responds."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def full_backlog() -> Iterator[str]:
    """Yield the URL of a port with a full backlog: further connections are neither accepted nor refused."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as listener,
        socket.socket() as first,
        socket.socket() as second,
    ):
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
