"""Rules of every command: credentials, exit statuses, output."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.scripted_server import ScriptedServer, script, wait_until

from .conftest import COMMAND

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .conftest import Shell


def test_help_names_every_command(shell: Shell) -> None:
    run = shell.run("--help")
    assert run.status == 0
    for name in ("users", "send", "messages", "export", "webhooks", "listen", "token", "call", "doctor", "sandbox"):
        assert name in run.stdout


def test_no_response_exits_with_3(shell: Shell) -> None:
    run = shell.run("--base-url", "http://127.0.0.1:1", "users", "get", "ana")
    assert run.status == 3
    assert run.stderr.count("\n") == 1


def test_a_wrong_secret_exits_with_1_and_is_not_echoed(shell: Shell) -> None:
    run = shell.run("users", "get", "ana", SMOOCH_SECRET="a-wrong-secret-value")
    assert run.status == 1
    assert "401" in run.stderr
    assert "a-wrong-secret-value" not in run.stdout + run.stderr


@pytest.mark.parametrize("name", ["SMOOCH_KEY_ID", "SMOOCH_SECRET", "SMOOCH_APP_ID"])
def test_a_missing_variable_is_named(shell: Shell, name: str) -> None:
    run = shell.run("users", "get", "ana", **{name: ""})
    assert run.status == 2
    option = "--" + name.removeprefix("SMOOCH_").lower().replace("_", "-")
    assert " is missing" in run.stderr
    assert run.stderr.endswith(f" ({option}, or {name})\n")


def test_ctrl_c_says_that_the_change_may_have_taken_effect(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.say("ana", "Hi")
    command = [*COMMAND, "send", "ana", "Hello"]
    with ScriptedServer(script([60.0])) as server:
        environment = {**shell.environment, "SMOOCH_BASE_URL": server.url}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: bool(server.requests))
            process.send_signal(signal.SIGINT)
            _, printed = process.communicate(timeout=60)
    assert (process.returncode, printed.count("\n")) == (130, 1)
    assert "look whether a change took effect" in printed


def test_an_option_overrides_an_env_file_which_overrides_the_environment(shell: Shell, sandbox: Sandbox) -> None:
    file = shell.folder / "test.env"
    file.write_text(f'SMOOCH_BASE_URL="{sandbox.url}"\nSMOOCH_API_VERSION=v1\n')
    elsewhere = "http://127.0.0.1:1"
    sandbox.say("ana", "Hi")
    run = shell.run("--env-file", "test.env", "users", "get", "ana", "--json", SMOOCH_BASE_URL=elsewhere)
    assert "conversationStarted" in run.json()
    run = shell.run("--env-file", "test.env", "--base-url", elsewhere, "users", "get", "ana")
    assert run.status == 3
    run = shell.run("--env-file", "missing.env", "users", "get", "ana")
    assert (run.status, "missing.env" in run.stderr) == (2, True)


def test_an_unknown_version_in_the_environment_is_refused(shell: Shell) -> None:
    run = shell.run("users", "get", "ana", SMOOCH_API_VERSION="v3")
    assert (run.status, "v3" in run.stderr) == (2, True)


def test_any_path_can_be_called(shell: Shell) -> None:
    assert shell.run("call", "get", "/v2/apps/{appId}").json()["app"]["displayName"] == "Sandbox"
    body = '{"externalId": "ana"}'
    assert shell.run("call", "POST", "/v2/apps/{appId}/users", "-d", body).json()["user"]["externalId"] == "ana"
    assert shell.run("call", "POST", "/v2/apps/{appId}/users", "-d", "-", stdin=body).status == 1  # it exists
    assert shell.run("call", "GET", "/_sandbox/openapi.yaml").stdout.startswith("openapi: 3"), (
        "text is printed unchanged"
    )
    assert shell.run("call", "FETCH", "/v2/apps/{appId}").status == 2
    assert shell.run("call", "POST", "/v2/apps/{appId}/users", "-d", "{").status == 2


def test_tokens_are_signed_and_inspected(shell: Shell) -> None:
    token = shell.run("token", "user", "ana", "--name", "Ana").stdout.strip()
    assert shell.run("token", "inspect", token).status == 0
    assert shell.run("token", "inspect", stdin=token + "\n").status == 0
    run = shell.run("token", "inspect", token, "--json", SMOOCH_SECRET="another secret")
    assert (run.status, [finding["claim"] for finding in run.json()]) == (1, ["signature"])
    v1 = shell.run("--api", "v1", "token", "user", "ana").stdout.strip()
    assert "scope" in shell.run("token", "inspect", v1).stdout
    assert shell.run("token", "app").stdout.count(".") == 2


def test_a_terminal_gets_colours_unless_no_color_is_set(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.say("ana", "Hi")

    def on_terminal(**environment: str) -> bytes:
        parent, child = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, "messages", "ana"], stdout=child, env={**shell.environment, "TERM": "xterm", **environment}
        ) as process:
            os.close(child)
            printed = b""
            while True:
                try:
                    piece = os.read(parent, 4096)
                except OSError:
                    break
                if not piece:
                    break
                printed += piece
            process.wait()
        os.close(parent)
        return printed

    assert b"\x1b[1m" in on_terminal()
    assert b"\x1b[3" not in on_terminal(NO_COLOR="1")
    assert "\x1b" not in shell.run("messages", "ana").stdout


def test_without_the_extra_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['typer'] = None; from smooch.cli import main; main()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "pip install 'smooch-python[cli]'" in run.stderr
    assert "Traceback" not in run.stderr


def test_importing_smooch_loads_no_extra() -> None:
    # httpx itself loads rich where it is installed.
    code = (
        "import sys, httpx; before = set(sys.modules); import smooch, smooch.v2, smooch.webhooks; "
        "print({'typer', 'rich', 'starlette', 'uvicorn'} & (set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
