"""`python -m smooch.sandbox`, run as a process."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
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


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def read_until(process: subprocess.Popen[str], start: str) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(start):
            break
    return "".join(lines)


def test_its_output_can_be_pasted_into_a_shell_and_ctrl_c_ends_it(process: subprocess.Popen[str]) -> None:
    printed = read_until(process, "from smooch import Smooch")
    shell = dict(re.findall(r"^export (SMOOCH_\w+)=(\S+)$", printed, re.MULTILINE))
    assert set(shell) >= {"SMOOCH_BASE_URL", "SMOOCH_KEY_ID", "SMOOCH_SECRET", "SMOOCH_APP_ID"}
    auth = (shell["SMOOCH_KEY_ID"], shell["SMOOCH_SECRET"])
    url = f"{shell['SMOOCH_BASE_URL']}/v1.1/apps/{shell['SMOOCH_APP_ID']}/webhooks"
    assert httpx.get(url, auth=auth).status_code == 200
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in output + errors


def test_it_prints_what_a_bot_needs(process: subprocess.Popen[str]) -> None:
    printed = read_until(process, "curl -N")
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
    environment = {**os.environ, "BROWSER": f"{browser} %s"}
    with subprocess.Popen([*COMMAND, "--open"], stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            printed = read_until(process, "curl -N")
            wait_until(lambda: opened.exists() and opened.read_text().endswith("\n"))
        finally:
            process.terminate()
    assert process.returncode == 0
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
    assert "pip install smooch-python[sandbox]" in done.stderr
    assert "Traceback" not in done.stderr
    imported = subprocess.run(
        [sys.executable, "-c", "import smooch.sandbox"],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert "ImportError: smooch.sandbox needs uvicorn" in imported.stderr


def test_it_prints_deliveries(process: subprocess.Popen[str]) -> None:
    shell = dict(re.findall(r"^export (SMOOCH_\w+)=(\S+)$", read_until(process, "from smooch import"), re.MULTILINE))
    with (
        target() as hook,
        httpx.Client(
            base_url=f"{shell['SMOOCH_BASE_URL']}/v1", auth=(shell["SMOOCH_KEY_ID"], shell["SMOOCH_SECRET"])
        ) as client,
    ):
        client.post("/webhooks", json={"target": hook.url, "triggers": ["message"]})
        client.post("/appusers", json={"userId": "ana"})
        client.post("/appusers/ana/messages", json={"role": "appUser", "type": "text", "text": "Hi"})
        assert process.stderr is not None
        line = process.stderr.readline()
    assert line.rstrip().endswith(f"message:appUser to {hook.url}: 200 (attempt 1 of 5)")
