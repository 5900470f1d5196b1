"""A TCP proxy in front of Redis that loses replies: Redis executes the command, but the caller gets no reply."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from typing import Self

_COMMAND = re.compile(rb"\r\n(EVAL|SET)\r\n")


class RedisProxy:
    """Forwards to a Redis server. `lose(n)` drops the replies to the next n EVAL or SET commands.

    It also closes their connections; with `cut=False` they stay open and silent.
    """

    def __init__(self, redis_url: str) -> None:
        self._server = ("127.0.0.1", urlsplit(redis_url).port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._sockets: set[socket.socket] = set()
        self._silent: set[socket.socket] = set()
        self._losing = 0
        self._cut = True
        self.lost = 0
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def lose(self, replies: int, *, cut: bool = True) -> None:
        self._cut = cut
        self._losing = replies

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._sockets):
            _shut(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets |= {client, server}
                threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
                threading.Thread(target=self._return, args=(server, client), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self._losing > 0 and _COMMAND.search(data):
                    self._losing -= 1
                    self._silent.add(server)
                server.sendall(data)
        _shut(server)

    def _return(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if server not in self._silent:
                    client.sendall(data)
                    continue
                self.lost += 1
                if self._cut:
                    break
        _shut(client)


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
