from __future__ import annotations

import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from smooch.webhooks import _parse
from smooch.webhooks.apps import siblings

if TYPE_CHECKING:
    from collections.abc import Iterator


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a redis-server that this test run starts; it keeps nothing on disk."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.fail("redis-server is not installed: run `make test-services`")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", "", "--appendonly", "no"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([binary, *options], stdout=log, stderr=log)
    limit = time.monotonic() + 10
    while not _answers(port):
        assert server.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < limit, "redis-server does not answer"
        time.sleep(0.01)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait()


@pytest.fixture(autouse=True)
def _no_siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not take other workers of a parallel test run for workers of a server."""
    monkeypatch.setattr(siblings, "has_sibling", lambda _: False)


@pytest.fixture(autouse=True)
def _nothing_reported_yet() -> Iterator[None]:
    """Each unreadable type is logged once per process: forget what other tests logged."""
    _parse._reported.clear()
    yield
    _parse._reported.clear()
