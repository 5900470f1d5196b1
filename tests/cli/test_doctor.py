"""`smooch doctor`: each problem that it finds, and the remedy that it names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from support.scripted_server import ScriptedServer, answer

from smooch.v1 import Smooch

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .conftest import Shell


def find(shell: Shell, *arguments: str, **environment: str) -> dict[str, Any]:
    """Run the command and return its findings by the name of the check, without those that are ok."""
    run = shell.run(*arguments, "doctor", "--json", **environment)
    findings = {finding["check"]: finding for finding in run.json() if finding["state"] != "ok"}
    assert run.status == int(any(finding["state"] == "wrong" for finding in findings.values()))
    return findings


def test_the_doctor_finds_no_problem(shell: Shell, sandbox: Sandbox) -> None:
    run = shell.run("doctor", "--integration", sandbox.integration_id, "--json")
    assert run.status == 0
    assert {finding["state"] for finding in run.json()} == {"ok"}


def test_an_app_key_is_right_but_has_no_webhooks_of_its_own(shell: Shell) -> None:
    findings = find(shell)
    assert set(findings) == {"webhooks"}
    assert "pass --integration" in findings["webhooks"]["remedy"]


def test_the_doctor_names_a_dead_target_and_a_wrong_secret(shell: Shell, sandbox: Sandbox) -> None:
    owner = ["--integration", sandbox.integration_id]
    shell.run("webhooks", "ensure", "http://127.0.0.1:1/", "conversation:message", *owner)
    run = shell.run("doctor", *owner)
    assert run.status == 1
    assert "start the bot" in run.stdout
    run = shell.run("doctor", *owner, SMOOCH_SECRET="wrong secret")
    assert run.status == 1
    assert "401" in run.stdout


def test_an_unreachable_server_is_named(shell: Shell) -> None:
    findings = find(shell, SMOOCH_BASE_URL="http://127.0.0.1:1")
    assert set(findings) == {"server"}
    assert "--base-url" in findings["server"]["remedy"]


def test_an_invalid_access_token_is_named(shell: Shell) -> None:
    run = shell.run("doctor", SMOOCH_TOKEN="unknown", SMOOCH_KEY_ID="", SMOOCH_SECRET="")
    assert "an OAuth access token" in run.stdout
    assert run.status == 1


@pytest.mark.parametrize(
    ("variables", "state", "remedy"),
    [
        ({"SMOOCH_KEY_ID": "key", "SMOOCH_API_VERSION": "v1"}, "warning", "dashboard"),
        ({"SMOOCH_KEY_ID": "int_1", "SMOOCH_API_VERSION": "v1"}, "wrong", "use --api v2"),
        ({"SMOOCH_KEY_ID": "act_1", "SMOOCH_API_VERSION": "v1", "SMOOCH_APP_ID": ""}, "warning", "pass --app-id"),
        ({"SMOOCH_KEY_ID": "svc_1", "SMOOCH_API_VERSION": "v1", "SMOOCH_APP_ID": ""}, "warning", "pass --app-id"),
    ],
)
def test_a_key_of_the_wrong_kind_is_named(shell: Shell, variables: dict[str, str], state: str, remedy: str) -> None:
    findings = find(shell, **variables)
    assert findings["key"]["state"] == state
    assert remedy in findings["key"]["remedy"]
    assert findings["call"]["state"] == "wrong", "the sandbox knows no such key"


@pytest.mark.parametrize(
    ("date", "state", "text"),
    [
        (None, "warning", "the response has no Date"),
        ("yesterday", "warning", "the response has no Date"),
        (timedelta(hours=-1), "wrong", "this machine is +36"),
    ],
)
def test_the_clock_is_compared_with_the_server(
    shell: Shell, date: timedelta | str | None, state: str, text: str
) -> None:
    def respond(_: Any) -> bytes:
        when = format_datetime(datetime.now(UTC) + date, usegmt=True) if isinstance(date, timedelta) else date
        return answer(401, {"errors": []}, **({} if when is None else {"Date": when}))

    with ScriptedServer(respond) as server:
        findings = find(shell, SMOOCH_BASE_URL=server.url)
    assert findings["clock"]["state"] == state
    assert findings["clock"]["detail"].startswith(text)


def test_webhooks_at_the_limit_and_targets_are_examined(shell: Shell, sandbox: Sandbox) -> None:
    def respond(request: Any) -> bytes:
        return answer(404 if request.target == "/missing" else 200)

    with ScriptedServer(respond) as server:
        plain = server.url.replace("127.0.0.1", "0.0.0.0")
        for path in ("missing", "fine"):
            ensure(sandbox, f"{server.url}/{path}")
        ensure(sandbox, f"{plain}/plain")
        findings = find(shell, "--api", "v1")
        assert set(findings) == {f"webhook {server.url}/missing", f"webhook {plain}/plain"}
        assert "answer HEAD with 200" in findings[f"webhook {server.url}/missing"]["remedy"]
        assert findings[f"webhook {plain}/plain"]["remedy"] == "use https"
        for number in range(7):
            ensure(sandbox, f"{server.url}/{number}")
        limit = find(shell, "--api", "v1")["limit"]
        assert (limit["state"], limit["detail"]) == ("warning", "10 of 10 webhooks are in use")


def ensure(sandbox: Sandbox, target: str) -> None:
    with Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
        api.make_webhook(target, "message:appUser")
