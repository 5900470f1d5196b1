"""`python -m smooch.sandbox`, run as a process."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from support.scripted_server import wait_until

from smooch.v2 import Smooch

from .targets import target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "smooch.sandbox"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, **environment},
        check=False,
    )


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command; yields its process and what it prints first."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        try:
            assert process.stdout is not None
            printed = []
            while not printed or not printed[-1].startswith("curl -N"):
                printed.append(process.stdout.readline())
                assert printed[-1], "the process has ended"
            yield process, "".join(printed)
        finally:
            process.terminate()


def exports(printed: str) -> dict[str, str]:
    return dict(re.findall(r"^export (SMOOCH_\w+)=(\S+)$", printed, re.MULTILINE))


def test_its_output_can_be_pasted_into_a_shell_and_ctrl_c_ends_it() -> None:
    with running() as (process, printed):
        shell = exports(printed)
        assert set(shell) >= {"SMOOCH_BASE_URL", "SMOOCH_KEY_ID", "SMOOCH_SECRET", "SMOOCH_APP_ID"}
        auth = (shell["SMOOCH_KEY_ID"], shell["SMOOCH_SECRET"])
        url = f"{shell['SMOOCH_BASE_URL']}/v1.1/apps/{shell['SMOOCH_APP_ID']}/webhooks"
        assert httpx.get(url, auth=auth).status_code == 200
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "Traceback" not in output + errors


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_restart_with_a_state_file_changes_nothing(tmp_path: Path, stop: signal.Signals) -> None:
    state = ("--state", str(tmp_path / "sandbox.db"))
    with running(*state) as (process, printed):
        shell = exports(printed)
        httpx.post(f"{shell['SMOOCH_BASE_URL']}/_sandbox/users/ana/say", json={"content": "Hi"})
        process.send_signal(stop)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, "Traceback" in errors) == (0, False)
    with running(*state) as (process, printed):
        assert exports(printed) == shell
        users = httpx.get(f"{shell['SMOOCH_BASE_URL']}/_sandbox/users").json()["users"]
        assert [user["externalId"] for user in users] == ["ana"]


def test_an_unusable_state_file_is_an_error_of_one_line(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    path.write_text("x")
    done = run("--state", str(path))
    assert done.returncode == 1
    assert re.fullmatch(rf"{re.escape(str(path))} is not the state of a sandbox: .+\n", done.stderr)


def test_it_prints_what_a_bot_needs() -> None:
    with running() as (_, printed):
        assert "Code that does not read SMOOCH_BASE_URL still talks to the real API" in printed
        for server in ("uvicorn bot:app --port 8000", "gunicorn bot:app --bind 127.0.0.1:8000"):
            (line,) = re.findall(rf"^SMOOCH_.*{server}.*$", printed, re.MULTILINE)
            environment = dict(re.findall(r"(SMOOCH_\w+)=(\S+)", line))
            key = (environment["SMOOCH_KEY_ID"], environment["SMOOCH_SECRET"])
            with Smooch(*key, environment["SMOOCH_APP_ID"], base_url=environment["SMOOCH_BASE_URL"]) as api:
                assert api.webhooks.ensure("http://127.0.0.1:8000/", "conversation:message")
        (curl,) = re.findall(r"^curl .*say -d .*$", printed, re.MULTILINE)
        posted = subprocess.run(["bash", "-c", f"{curl} --silent"], capture_output=True, check=True)
        assert json.loads(posted.stdout)["message"]["content"]["text"] == "Hi"


def test_it_opens_the_console_in_the_browser(tmp_path: Path) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    with running("--open", BROWSER=f"{browser} %s") as (_, printed):
        wait_until(lambda: opened.exists() and opened.read_text().endswith("\n"))
    assert f"export SMOOCH_BASE_URL={opened.read_text()}" in printed


def test_a_port_in_use_is_an_error_of_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", str(port))
    assert done.returncode == 1
    assert re.fullmatch(rf"Cannot listen on port {port} of 127\.0\.0\.1: .+\n", done.stderr)


@pytest.mark.parametrize("port", ["x", "-1", "65536", "1.5"])
def test_an_invalid_port_is_refused(port: str) -> None:
    done = run(f"--port={port}")
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_a_missing_extra_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise ModuleNotFoundError(\"No module named 'uvicorn'\", name='uvicorn')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = run(PYTHONPATH=path)
    assert done.returncode == 1
    assert "needs uvicorn" in done.stderr
    assert "pip install 'smooch-python[sandbox]'" in done.stderr
    assert "Traceback" not in done.stderr
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-c", "import smooch.sandbox"]
    imported = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)
    assert "ImportError: smooch.sandbox needs uvicorn" in imported.stderr


def test_it_prints_deliveries() -> None:
    with running() as (process, printed), target() as hook:
        shell = exports(printed)
        url, auth = shell["SMOOCH_BASE_URL"], (shell["SMOOCH_KEY_ID"], shell["SMOOCH_SECRET"])
        httpx.post(f"{url}/v1/webhooks", json={"target": hook.url, "triggers": ["message"]}, auth=auth)
        httpx.post(f"{url}/_sandbox/users/ana/say", json={"content": "Hi"})
        assert process.stderr is not None
        line = process.stderr.readline()
    assert line.rstrip().endswith(f"message:appUser to {hook.url}: 200 (attempt 1 of 5)")
