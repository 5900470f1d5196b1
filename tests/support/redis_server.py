"""A Redis server for tests."""

from __future__ import annotations

import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

from .scripted_server import unused_port, wait_until

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self


class RedisServer:
    """A redis-server that keeps its files and its log in a folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        binary = shutil.which("redis-server")
        assert binary is not None, "redis-server is not installed: run `make test-services`"
        self._port = unused_port()
        place = ["--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(folder), "--save", ""]
        self._command = [binary, *place, *options]
        self._log = folder / "log"
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()

    def kill_and_start(self) -> None:
        self._kill()
        self._start()

    def _kill(self) -> None:
        self._server.kill()
        self._server.wait()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self._server.poll() is None, self._log.read_text()
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")  # an error while it loads its file
        except OSError:
            return False
