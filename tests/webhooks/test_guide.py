"""The apps of the guide run under uvicorn and under gunicorn with several workers; duplicates are handled once."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from support.scripted_server import unused_port, wait_until
from test_guides import write_blocks

from smooch import v2
from smooch.sandbox import Sandbox

from .payloads import message_delivery, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = {"X-API-Key": "the webhook's secret"}


@contextmanager
def run_server(folder: Path, *command: str, **environment: str) -> Iterator[Path]:
    """Run a server in its own process; yields the file with everything that it prints."""
    write_blocks("smooch/webhooks/README.md", folder)
    log = folder / "log"
    variables = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, stdout=stream, stderr=stream, env=variables
        ) as server,
    ):
        try:
            yield log
        finally:
            server.terminate()
            server.wait()
    assert "Traceback" not in log.read_text()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("app", "server"),
    [
        ("fastapi_shop:app", "uvicorn"),
        ("flask_shop:app", "gunicorn"),
        ("wsgi:application", "gunicorn"),
        ("own_view:app", "gunicorn"),
    ],
)
def test_duplicates_are_handled_once(app: str, server: str, tmp_path: Path) -> None:
    port = unused_port()
    options = ["--workers", "4", "--bind", f"127.0.0.1:{port}"] if server == "gunicorn" else ["--port", str(port)]
    url = f"http://127.0.0.1:{port}/"
    with run_server(tmp_path, server, *options, app) as log:
        wait_until(lambda: answers(url), 30)
        with httpx.Client(headers=KEY) as http:
            assert http.post(
                f"{url}hook", content=to_json(message_delivery()), headers={"X-API-Key": "x"}
            ).is_client_error
            for number in range(20):
                for _ in range(2):
                    response = http.post(f"{url}hook", content=to_json(message_delivery(f"m{number}")))
                    assert response.status_code in (200, 503)
            # 503 where another worker had the event in hand: the API delivers again
            for number in range(20):

                def is_taken(number: int = number) -> bool:
                    body = to_json(message_delivery(f"m{number}"))
                    return http.post(f"{url}hook", content=body, headers={"Connection": "close"}).status_code == 200

                wait_until(is_taken)
        wait_until(lambda: log.read_text().count("MessageAppUser(") >= 20)
    assert log.read_text().count("MessageAppUser(") == 20
    assert "not shared" not in log.read_text()


def test_the_bot_of_the_guide_creates_its_webhook_and_answers(tmp_path: Path) -> None:
    port = unused_port()
    with Sandbox(probe_targets=True) as sandbox:
        variables = {
            "SMOOCH_KEY_ID": sandbox.integration_key_id,
            "SMOOCH_SECRET": sandbox.integration_secret,
            "SMOOCH_APP_ID": sandbox.app_id,
            "SMOOCH_BASE_URL": sandbox.url,
            "BOT_URL": f"http://127.0.0.1:{port}/",
        }
        app = (sandbox.key_id, sandbox.secret, sandbox.app_id)
        with (
            run_server(tmp_path, "uvicorn", "webhook_bot:app", "--port", str(port), **variables),
            v2.Smooch(*app, base_url=sandbox.url) as api,
        ):
            sandbox.wait_for_webhook(timeout=30)
            sandbox.duplicate_deliveries()
            sandbox.say("ana", "Is the shop open?")
            (conversation,) = api.conversations.list(user_external_id="ana")
            wait_until(lambda: len(list(api.messages.list(conversation.id))) >= 2)
            sandbox.wait_for_deliveries()
            texts = [message.content.to_dict()["text"] for message in api.messages.list(conversation.id)]
    assert texts == ["You said: Is the shop open?", "Is the shop open?"]
