"""The README's bots under uvicorn, Flask and Django: a user writes in the sandbox, and the bot answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import django.core.handlers.wsgi
import flask
import pytest
from support.scripted_server import unused_port, wait_until
from test_guides import BLOCKS, find_block
from webhooks import django_settings
from webhooks.servers import serve_wsgi
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from smooch import Smooch, errors, v2
from smooch.sandbox import Sandbox
from smooch.webhooks import MessageAppUser, wsgi_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION, ANSWER = "Is the shop open?", "You said: Is the shop open?"


def readme_bot(name: str) -> str:
    return find_block("README.md", f"# {name}.py\n")


@contextmanager
def uvicorn(folder: Path, name: str, environment: dict[str, str]) -> Iterator[None]:
    """Run a bot of the README with uvicorn on a free port."""
    (folder / f"{name}.py").write_text(readme_bot(name), encoding="utf-8")
    port = unused_port()
    bot = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", f"{name}:app", "--port", str(port), "--no-access-log"],
        cwd=folder,
        env={**os.environ, **environment, "BOT_URL": f"http://127.0.0.1:{port}/"},
        stderr=subprocess.PIPE,
    )
    try:
        assert bot.stderr is not None
        while b"Uvicorn running" not in (line := bot.stderr.readline()):
            assert line, "the bot did not start"
        yield
    finally:
        bot.terminate()
        _, rest = bot.communicate()
    assert b"Traceback" not in rest, rest.decode()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(probe_targets=True) as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Smooch]:
    with Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
        yield api


def said_in_chat(api: Smooch) -> list[Any]:
    try:
        return [message["text"] for message in api.get_messages("ana").json()["messages"]]
    except errors.NotFound:
        return []


def test_the_bot_is_twenty_lines() -> None:
    for name in ("bot", "bot_v2"):
        assert len(readme_bot(name).splitlines()) <= 24
        assert len([line for line in readme_bot(name).splitlines() if line and not line.startswith("#")]) <= 20


def test_the_bot_answers(sandbox: Sandbox, api: Smooch, tmp_path: Path) -> None:
    environment = {
        "SMOOCH_KEY_ID": sandbox.key_id,
        "SMOOCH_SECRET": sandbox.secret,
        "SMOOCH_APP_ID": sandbox.app_id,
        "SMOOCH_BASE_URL": sandbox.url,
    }
    with uvicorn(tmp_path, "bot", environment):
        sandbox.wait_for_webhook(timeout=30)
        sandbox.duplicate_deliveries()
        sandbox.say("ana", QUESTION)
        wait_until(lambda: len(said_in_chat(api)) == 2)
        sandbox.wait_for_deliveries()
    assert said_in_chat(api) == [QUESTION, ANSWER]
    assert [attempt.status for attempt in sandbox.deliveries] == [200, 200]


@pytest.mark.parametrize("name", ["bot", "bot_v2"])
def test_the_bot_repeats_only_texts(sandbox: Sandbox, api: Smooch, name: str, tmp_path: Path) -> None:
    is_v2 = name == "bot_v2"
    environment = {
        "SMOOCH_KEY_ID": sandbox.integration_key_id if is_v2 else sandbox.key_id,
        "SMOOCH_SECRET": sandbox.integration_secret if is_v2 else sandbox.secret,
        "SMOOCH_APP_ID": sandbox.app_id,
        "SMOOCH_BASE_URL": sandbox.url,
    }
    with uvicorn(tmp_path, name, environment):
        sandbox.wait_for_webhook(timeout=30)
        sandbox.say("ana", {"type": "image", "mediaUrl": "https://example.com/mug.png"})
        sandbox.wait_for_deliveries()
        sandbox.say("ana", QUESTION)
        wait_until(lambda: len(api.get_messages("ana").json()["messages"]) == 3)
    messages = api.get_messages("ana").json()["messages"]
    assert [message.get("text") for message in messages] == [None, QUESTION, ANSWER]


def test_the_session_with_three_shells_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (session,) = (block.code for block in BLOCKS if (block.guide, block.language) == ("README.md", "console"))
    assert re.findall(r"^\$ (\S.*?)\s+#", session, re.MULTILINE) == [
        "python -m smooch.sandbox",
        "uvicorn bot:app --port 8000",
        "python",
    ]
    *lines, (last, expected) = re.findall(r"^>>> (.*)\n(?:(?!>>>)(.+)\n)?", session, re.MULTILINE)
    sandbox = subprocess.Popen([sys.executable, "-m", "smooch.sandbox"], stdout=subprocess.PIPE, text=True)
    try:
        assert sandbox.stdout is not None
        environment = {}
        while "SMOOCH_APP_ID" not in environment:
            if exported := re.match(r"export (\w+)=(.*)\n", sandbox.stdout.readline()):
                environment[exported[1]] = exported[2]
                monkeypatch.setenv(exported[1], exported[2])
        with uvicorn(tmp_path, "bot", environment):
            names: dict[str, Any] = {}
            with Smooch.from_env() as api:
                wait_until(lambda: bool(api.get_webhooks().json()["webhooks"]))
            for line, _ in lines:
                exec(line, names)
            wait_until(lambda: repr(eval(last, names)) == expected)
            names["api"].close()
    finally:
        sandbox.terminate()
        sandbox.communicate()


def test_the_bot_on_v2_answers(sandbox: Sandbox, tmp_path: Path) -> None:
    environment = {
        "SMOOCH_KEY_ID": sandbox.integration_key_id,
        "SMOOCH_SECRET": sandbox.integration_secret,
        "SMOOCH_APP_ID": sandbox.app_id,
        "SMOOCH_BASE_URL": sandbox.url,
    }
    app = (sandbox.key_id, sandbox.secret, sandbox.app_id)
    with uvicorn(tmp_path, "bot_v2", environment), v2.Smooch(*app, base_url=sandbox.url) as api:
        sandbox.wait_for_webhook(timeout=30)
        sandbox.duplicate_deliveries()
        sandbox.say("ana", QUESTION)
        (conversation,) = api.conversations.list(user_external_id="ana")
        wait_until(lambda: len(list(api.messages.list(conversation.id))) == 2)
        sandbox.wait_for_deliveries()
        texts = [
            message.content.to_dict()["text"] for message in api.messages.list(conversation.id, newest_first=False)
        ]
    assert texts == [QUESTION, ANSWER]


def project() -> Any:
    """A Django project without views."""
    django_settings.configure()
    return django.core.handlers.wsgi.WSGIHandler()


def shop() -> Any:
    app = flask.Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "shop")
    return app


@pytest.mark.parametrize("framework", [shop, project], ids=["flask", "django"])
def test_the_bot_answers_beside_a_web_app(sandbox: Sandbox, api: Smooch, framework: Any) -> None:
    def answer(event: object) -> None:
        match event:
            case MessageAppUser(messages=messages, app_user=user):
                for message in messages:
                    api.post_message(user.id, f"You said: {message.text}", sent_by_maker=True)

    def secret() -> str:
        return api.ensure_webhook_exist("message:appUser", f"{url}/hook")[1]

    hook = wsgi_app(answer, secret=secret)
    with serve_wsgi(DispatcherMiddleware(framework(), {"/hook": hook})) as url:
        hook.start()
        sandbox.wait_for_webhook(timeout=30)
        sandbox.say("ana", QUESTION)
        wait_until(lambda: len(said_in_chat(api)) == 2)
        hook.close()
    assert said_in_chat(api) == [QUESTION, ANSWER]
