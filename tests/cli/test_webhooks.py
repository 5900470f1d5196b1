"""`smooch webhooks` and `smooch listen`."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from support.scripted_server import is_listening, unused_port, wait_until

from .conftest import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smooch.sandbox import Sandbox

    from .conftest import Shell


@pytest.mark.parametrize("version", ["v1", "v1.1", "v2"])
def test_a_webhook_is_ensured_listed_and_deleted(shell: Shell, sandbox: Sandbox, version: str) -> None:
    trigger = "conversation:message" if version == "v2" else "message:appUser"
    owner = ["--integration", sandbox.integration_id] if version == "v2" else []
    ensure = ["--api", version, "webhooks", "ensure", "https://example.com/hook", trigger, *owner, "--json"]
    hook = shell.run(*ensure).json()
    assert "secret" not in hook
    assert len(shell.run(*ensure, "--show-secret").json()["secret"]) > 20
    listed = shell.run("--api", version, "webhooks", "list", *owner, "--json")
    assert [row["target"] for row in listed.json()] == ["https://example.com/hook"]
    assert "secret" not in listed.stdout
    assert "https://example.com/hook" in shell.run("--api", version, "webhooks", "list", *owner).stdout
    hook_id = hook.get("id") or hook["_id"]
    assert shell.run("--api", version, "webhooks", "delete", hook_id, *owner).status == 0
    assert shell.run("--api", version, "webhooks", "list", *owner, "--json").json() == []


@contextmanager
def listener(shell: Shell, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = unused_port()
    with subprocess.Popen(
        [*COMMAND, "listen", "--port", str(port), *arguments],
        env={**shell.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        url = f"http://127.0.0.1:{port}/"
        try:
            wait_until(lambda: process.poll() is not None or is_listening(port), 30)
            yield url, process
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                assert process.wait(20) == 0
        finally:
            process.kill()


def test_deliveries_are_verified_printed_and_forwarded(shell: Shell, sandbox: Sandbox) -> None:
    from smooch.v1 import Smooch

    with Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api, listener(shell) as (target, behind):
        hook = api.make_webhook(target, "message:appUser").parsed.webhook
        with listener(shell, "--secret", hook.secret, "--forward", target, "--json") as (front, process):
            api.update_webhook(hook.id, front, "message:appUser")
            sandbox.say("ana", "Is <b>[red]this[/red]</b> shown?")
            sandbox.wait_for_deliveries()
            assert [attempt.status for attempt in sandbox.deliveries] == [200]
            assert process.stdout is not None
            delivery = json.loads(process.stdout.readline())
            assert delivery["messages"][0]["text"] == "Is <b>[red]this[/red]</b> shown?"
            assert httpx.post(front, json={"trigger": "x"}, headers={"X-API-Key": "guess"}).status_code == 401
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        assert behind.stdout is not None
        assert "message:appUser (not verified)" in behind.stdout.readline()


def test_unreadable_deliveries_and_failed_forwards_are_refused(shell: Shell) -> None:
    with listener(shell, "--forward", f"http://127.0.0.1:{unused_port()}/") as (url, process):
        assert httpx.head(url).status_code == 200, "the API probes a target before it takes it"
        assert httpx.post(url, content=b"no JSON").status_code == 400
        assert httpx.post(url, json={"trigger": "x", "app": {"_id": "1"}}).status_code == 503
        process.send_signal(signal.SIGINT)
        _, notes = process.communicate(timeout=60)
    assert "refused with 400" in notes
    assert "did not answer" in notes


def test_a_port_in_use_is_an_error_of_one_line(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = shell.run("listen", "--port", str(taken.getsockname()[1]))
    assert run.status != 0
    assert "address already in use" in run.stderr.lower()
