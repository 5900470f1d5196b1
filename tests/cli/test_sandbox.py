"""`smooch sandbox` and `smooch demo`."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from support.scripted_server import wait_until

from .conftest import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Shell


@contextmanager
def running(shell: Shell, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the command; yields the URL that it prints, and its process."""
    with subprocess.Popen(
        [*COMMAND, *arguments], env=shell.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            printed_url = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert printed_url is not None
            yield printed_url[0], process
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                assert process.wait(20) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_it_serves_the_console_until_ctrl_c(shell: Shell, command: str) -> None:
    with running(shell, command) as (url, process):
        assert "<title>Smooch sandbox</title>" in httpx.get(url).text
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()


def test_the_state_outlives_a_restart(shell: Shell) -> None:
    for expected in (0, 1):
        with running(shell, "sandbox", "--state", str(shell.folder / "state.db")) as (url, process):
            assert len(httpx.get(f"{url}/_sandbox/users").json()["users"]) == expected
            httpx.post(f"{url}/_sandbox/users/ana/say", json={"content": "Hi"}).raise_for_status()
            process.send_signal(signal.SIGINT)
            process.wait(20)


def test_the_bot_of_the_demo_sells_a_mug(shell: Shell) -> None:
    with running(shell, "demo") as (url, _), httpx.Client(base_url=f"{url}/_sandbox/users/ana") as ana:

        def answer(count: int) -> str:
            limit = time.monotonic() + 10
            while True:
                lines = ana.get("transcript").text.splitlines()
                if len(lines) >= count:
                    return lines[-1]
                assert time.monotonic() < limit
                time.sleep(0.02)

        ana.post("say", json={"content": "Hi"}).raise_for_status()
        assert "You said: Hi" in answer(2)
        ana.post("say", json={"content": "A mug, please"}).raise_for_status()
        assert "carousel" in answer(4)
        ana.post("click", json={"action": "RED"}).raise_for_status()
        assert "form" in answer(7)
        ana.post("submit", json={"values": {"name": "Ana", "email": "ana@example.com"}}).raise_for_status()
        assert "on its way" in answer(9)
        location = {"type": "location", "coordinates": {"lat": 52.5, "long": 13.4}}
        ana.post("say", json={"content": location}).raise_for_status()
        assert "Nice!" in answer(11)


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_the_console_opens_in_a_browser(shell: Shell, command: str) -> None:
    code = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"
    opened = shell.folder / "opened"
    shell.environment["BROWSER"] = shlex.join([sys.executable, "-c", code, str(opened), "%s"])
    with running(shell, command, "--open") as (url, _):
        wait_until(lambda: opened.exists() and opened.read_text().rstrip("/") == url, 60)


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_a_port_in_use_is_an_error_of_one_line(shell: Shell, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = shell.run(command, "--port", str(taken.getsockname()[1]))
    assert run.status in (1, 2)
    assert run.stderr.count("\n") == 1
    assert "in use" in run.stderr
