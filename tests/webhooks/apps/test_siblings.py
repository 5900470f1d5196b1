"""A second worker process, with which a `MemoryDeduplicator` shares nothing, causes one warning."""

from __future__ import annotations

import secrets
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.scripted_server import unused_port, wait_until

from smooch.webhooks import MemoryDeduplicator, SQLiteDeduplicator, wsgi_app
from smooch.webhooks.apps import siblings
from smooch.webhooks.apps.siblings import has_sibling

from ..calls import call_wsgi, sized
from ..payloads import KEY, SECRET, numbered_delivery

if TYPE_CHECKING:
    from pathlib import Path

WARNING = "MemoryDeduplicator is not shared"
linux = pytest.mark.skipif(sys.platform != "linux", reason="siblings are noticed on Linux only")

FORK = """
import io, os, sys
from smooch.webhooks import MemoryDeduplicator, SQLiteDeduplicator, wsgi_app

def deliver(app, times=2):
    body = b'{"trigger": "message:appUser"}'
    for _ in range(times):
        app({"REQUEST_METHOD": "POST", "HTTP_X_API_KEY": "s", "CONTENT_LENGTH": str(len(body)),
             "wsgi.input": io.BytesIO(body)}, lambda *_: None)

stores = {"memory": MemoryDeduplicator, "SQLite": lambda: SQLiteDeduplicator(sys.argv[2])}
app = wsgi_app(lambda event: None, secret="s", deduplicator=stores[sys.argv[1]]())
ready, go = os.pipe(), os.pipe()
for worker in range(2):
    if not os.fork():
        deliver(app)
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        app.close()
        os._exit(0)
    os.read(ready[0], 1)
os.write(go[1], b"xx")
for worker in range(2):
    os.wait()
"""


@linux
@pytest.mark.parametrize(("store", "warnings"), [("memory", 1), ("SQLite", 0)])
def test_a_second_worker_of_a_server_causes_one_warning(store: str, warnings: int, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORK, store, str(tmp_path / "events.db")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert run.stderr.count(WARNING) == warnings, run.stderr


BOT = f"""
from smooch.webhooks import asgi_app
app = asgi_app(lambda event: None, secret={SECRET!r})
"""


@linux
def test_two_workers_of_uvicorn_cause_a_warning(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    port = unused_port()
    log = tmp_path / "log"
    command = [sys.executable, "-m", "uvicorn", "bot:app", "--port", str(port), "--workers", "2", "--no-access-log"]
    with log.open("wb") as stream, subprocess.Popen(command, cwd=tmp_path, stderr=stream) as server:
        try:
            wait_until(lambda: log.read_text().count("Application startup complete") == 2, 30)

            def is_noticed() -> bool:
                httpx.post(f"http://127.0.0.1:{port}/", content=numbered_delivery(1), headers=KEY).raise_for_status()
                return WARNING in log.read_text()

            wait_until(is_noticed, 30)
        finally:
            server.terminate()
            server.wait()
    assert log.read_text().count(WARNING) == 1


def test_a_server_that_announces_several_processes_causes_a_warning(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with closing(SQLiteDeduplicator(tmp_path / "events.db")) as shared:
        for dedupe in (MemoryDeduplicator(), shared):
            app: Any = wsgi_app(lambda event: None, secret=SECRET, deduplicator=dedupe)
            for number in range(2):
                call_wsgi(app, **sized(numbered_delivery(number)), **{"wsgi.multiprocess": True})
            app.close()
    assert caplog.text.count(WARNING) == 1


def test_a_single_worker_causes_no_warning() -> None:
    code = FORK.replace("range(2)", "range(1)")
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, "memory"], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0
    assert WARNING not in run.stderr


@linux
def test_two_apps_of_one_process_are_no_siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = secrets.token_bytes()
    assert [has_sibling(secret), has_sibling(secret)] == [False, False]
    monkeypatch.setattr(siblings, "_sockets", {})  # now the socket is that of another process
    assert has_sibling(secret)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not has_sibling(secret)
