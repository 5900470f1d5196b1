"""The two example apps as processes against the sandbox: a shop on v2 with FastAPI, a shop on v1 with Flask."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.scripted_server import is_listening, unused_port, wait_until

from smooch import Smooch, v2
from smooch.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = Path(__file__).parent
ROOT = APPS.parents[1]


@contextmanager
def run(folder: Path, app: str, expected_errors: list[str], *command: str, **environment: str) -> Iterator[str]:
    """Run an app in `folder` and yield its URL; it must log exactly these errors."""
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    address = ["--bind", f"127.0.0.1:{port}"] if "gunicorn" in command else ["--port", str(port)]
    python_path = os.pathsep.join([str(APPS / app), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    variables = {**os.environ, "PYTHONPATH": python_path, "SHOP_URL": url, **environment}
    log = folder / "log"
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            [sys.executable, "-m", *command, *address, "shop:app"],
            cwd=folder,
            stdout=stream,
            stderr=stream,
            env=variables,
        ) as server,
    ):
        try:
            wait_until(lambda: server.poll() is not None or is_listening(port), 30)
            assert server.poll() is None, log.read_text()
            yield url
        finally:
            server.terminate()
            server.wait()
    assert re.findall(r"^(smooch\.errors\.\w+|\w+Error): ", log.read_text(), re.MULTILINE)[-1:] == expected_errors
    assert ("Traceback" in log.read_text()) == bool(expected_errors), log.read_text()


# The shop on v2


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(probe_targets=True) as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[v2.Smooch]:
    with v2.Smooch(sandbox.key_id, sandbox.secret, sandbox.app_id, base_url=sandbox.url) as api:
        yield api


@pytest.fixture
def expected_errors() -> list[str]:
    """The errors that the app must log; a test adds those it causes."""
    return []


@pytest.fixture
def shop(sandbox: Sandbox, api: v2.Smooch, tmp_path: Path, expected_errors: list[str]) -> Iterator[str]:
    environment = {
        "SMOOCH_KEY_ID": sandbox.integration_key_id,
        "SMOOCH_SECRET": sandbox.integration_secret,
        "SMOOCH_APP_ID": sandbox.app_id,
        "SMOOCH_BASE_URL": sandbox.url,
    }
    with run(tmp_path, "shop_v2", expected_errors, "uvicorn", **environment) as url:
        sandbox.wait_for_webhook(timeout=30)
        yield url


def contents(api: v2.Smooch) -> list[dict[str, Any]]:
    """The contents of the chat with Ana, oldest first."""
    conversation = api.conversations.list(user_external_id="ana").first()
    assert conversation is not None
    return [message.content.to_dict() for message in api.messages.list(conversation.id, newest_first=False)]


def types(api: v2.Smooch) -> list[str]:
    return [content["type"] for content in contents(api)]


def test_the_shop_takes_an_order(sandbox: Sandbox, api: v2.Smooch, shop: str) -> None:
    sandbox.say("ana", "Hello")
    wait_until(lambda: types(api) == ["text", "carousel"])
    sandbox.click("ana", "Take the Red mug")
    wait_until(lambda: types(api) == ["text", "carousel", "form"])
    sandbox.duplicate_deliveries()
    sandbox.submit_form("ana", {"name": "Ana", "size": "l"})
    wait_until(lambda: types(api) == ["text", "carousel", "form", "formResponse", "text"])
    sandbox.wait_for_deliveries()
    assert contents(api)[-1]["text"] == "Thank you, Ana!"
    assert types(api) == ["text", "carousel", "form", "formResponse", "text"]
    assert httpx.get(f"{shop}/orders").json() == [{"name": "Ana", "size": ["l"]}]


def test_the_shop_posts_once_if_its_handler_fails_after_posting(
    sandbox: Sandbox, api: v2.Smooch, shop: str, expected_errors: list[str]
) -> None:
    expected_errors.append("smooch.errors.ConnectionFailed")
    sandbox.say("ana", "Hello")
    wait_until(lambda: types(api) == ["text", "carousel"])
    sandbox.click("ana", "Take the Blue mug")
    wait_until(lambda: types(api) == ["text", "carousel", "form"])
    # The message is stored, but its response is lost: the handler fails, and the event is delivered again.
    sandbox.drop(times=1, method="POST", path="/messages", after_processing=True)
    sandbox.submit_form("ana", {"name": "Ana", "size": "s"})
    sandbox.wait_for_deliveries()
    assert [content.get("text") for content in contents(api)].count("Thank you, Ana!") == 1
    assert [each.status for each in sandbox.deliveries if each.number > 1] == [200]


def test_the_shop_reports_messages_that_it_cannot_read(sandbox: Sandbox, api: v2.Smooch, shop: str) -> None:
    sandbox.say("ana", {"type": "image", "mediaUrl": "https://example.com/mug.png"})
    wait_until(lambda: types(api) == ["image", "text"])
    assert contents(api)[-1]["text"] == "I can only read. Which mug would you like?"


def test_the_shop_hands_over_to_a_person(sandbox: Sandbox, api: v2.Smooch, shop: str) -> None:
    board = api.switchboards.create()
    person = api.switchboard_integrations.create(board.id, "desk", integration_type="zd:agentWorkspace")
    bot = api.switchboard_integrations.create(
        board.id,
        "bot",
        integration_id=sandbox.integration_id,
        deliver_standby_events=False,
        next_switchboard_integration_id=person.id,
    )
    api.switchboards.update(board.id, enabled=True, default_switchboard_integration_id=bot.id)

    sandbox.say("ana", "May I talk to a human?")
    sandbox.wait_for_deliveries()
    assert [content["text"] for content in contents(api)] == ["May I talk to a human?", "A colleague will answer you."]
    conversation = api.conversations.list(user_external_id="ana").first()
    assert conversation is not None
    active = api.conversations.get(conversation.id).active_switchboard_integration
    assert active
    assert active.name == "desk"

    sandbox.say("ana", "Hello?")
    sandbox.wait_for_deliveries()
    assert len(contents(api)) == 3  # the bot is silent


# The shop on v1


@pytest.fixture
def classic(sandbox: Sandbox) -> Iterator[Smooch]:
    with Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
        yield api


@pytest.fixture
def flask_shop(sandbox: Sandbox, classic: Smooch, tmp_path: Path) -> Iterator[str]:
    environment = {
        "SMOOCH_KEY_ID": sandbox.key_id,
        "SMOOCH_SECRET": sandbox.secret,
        "SMOOCH_BASE_URL": sandbox.url,
    }
    with run(tmp_path, "classic_flask", [], "gunicorn", "--workers", "4", **environment) as url:
        sandbox.wait_for_webhook(timeout=30)
        yield url


def test_the_classic_shop_answers_each_message_once(sandbox: Sandbox, classic: Smooch, flask_shop: str) -> None:
    sandbox.duplicate_deliveries(40)
    questions = [f"Question {number}" for number in range(40)]
    for question in questions:
        sandbox.say("ana", question)
    sandbox.wait_for_deliveries(60)
    wait_until(lambda: len(list(classic.iter_messages("ana"))) >= 80, 30)
    answers = [message.text for message in classic.iter_messages("ana") if message.role == "appMaker"]
    assert sorted(map(str, answers)) == sorted(f"You said: {question}" for question in questions)
    assert len(classic.get_webhooks().json()["webhooks"]) == 1


def test_the_classic_shop_registers_users_offers_and_sells(sandbox: Sandbox, classic: Smooch, flask_shop: str) -> None:
    signed_up = httpx.post(f"{flask_shop}/users/ana", data={"name": "Ana"}).json()
    assert signed_up["name"] == "Ana"
    assert signed_up["jwt"].count(".") == 2
    assert httpx.post(f"{flask_shop}/users/nobody/offers").status_code == 404
    offer = httpx.post(f"{flask_shop}/users/ana/offers")
    assert (offer.status_code, offer.json()["text"]) == (201, "A red mug?")
    sandbox.click("ana", "Take it")
    expected = ["A red mug?", "Your order: Take it"]
    wait_until(lambda: httpx.get(f"{flask_shop}/users/ana/messages").json() == expected)
    assert classic.get_user("ana").json()["appUser"]["properties"] == {"last_order": "MUG"}


# Both


@pytest.mark.parametrize("app", ["shop_v2", "classic_flask"])
def test_the_apps_are_clean_under_mypy(app: str, tmp_path: Path) -> None:
    command = ["mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path), "."]
    paths = f"{ROOT}:{ROOT / 'generated'}"
    check = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=APPS / app,
        env={**os.environ, "MYPYPATH": paths, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert check.returncode == 0, check.stdout + check.stderr
