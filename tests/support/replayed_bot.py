"""A small bot on API v2 that uvicorn runs in its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from support.scripted_server import is_listening, unused_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from smooch.sandbox import Sandbox

BOT = """
import asyncio
import os

from smooch.v2 import AsyncSmooch, Smooch, models
from smooch.webhooks import ConversationMessageEvent, ConversationPostbackEvent, asgi_app

webhook = Smooch.from_env().webhooks.ensure(
    os.environ["BOT_URL"], ["conversation:message", "conversation:postback"]
)
api = AsyncSmooch.from_env()
greeting = os.environ["GREETING"]


async def answer(event):
    match event:
        case ConversationMessageEvent(payload=payload) if payload.message.author.type_ == "user":
            id_, content = payload.conversation.id, payload.message.content
            match content:
                case models.TextMessage(text="silence"):
                    pass
                case models.TextMessage(text="order"):
                    fields = [{"type": "text", "name": "name", "label": "Name"},
                              {"type": "select", "name": "size", "label": "Size",
                               "options": [{"name": "s", "label": "Small"}, {"name": "l", "label": "Large"}]}]
                    await api.messages.post_form(id_, fields)
                case models.TextMessage(text=text):
                    await asyncio.sleep(0.2)
                    await api.messages.post_text(id_, f"{greeting}: {text}")
                    actions = [{"type": "postback", "text": "More", "payload": "MORE"}]
                    await api.messages.post_text(id_, "Anything else?", actions=actions)
                case models.FormResponseMessage():
                    await api.messages.post_text(id_, "Thanks for the form")
                case models.ImageMessage():
                    await api.messages.post_text(id_, "Nice picture")
        case ConversationPostbackEvent(payload=payload):
            await api.messages.post_text(payload.conversation.id, f"You tapped {payload.postback.payload}")


app = asgi_app(answer, secret=webhook.secret)
"""


@contextmanager
def running_bot(sandbox: Sandbox, folder: Path, greeting: str) -> Iterator[str]:
    port = unused_port()
    (folder / "replayed_bot.py").write_text(BOT, encoding="utf-8")
    environment = {
        **os.environ,
        "SMOOCH_BASE_URL": sandbox.url,
        "SMOOCH_APP_ID": sandbox.app_id,
        "SMOOCH_KEY_ID": sandbox.integration_key_id,
        "SMOOCH_SECRET": sandbox.integration_secret,
        "BOT_URL": f"http://127.0.0.1:{port}/",
        "GREETING": greeting,
    }
    command = [sys.executable, "-m", "uvicorn", "replayed_bot:app", "--port", str(port), "--log-level", "warning"]
    with subprocess.Popen(command, cwd=folder, env=environment) as process:
        try:
            wait_until(lambda: process.poll() is not None or is_listening(port), 30)
            assert process.poll() is None
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.kill()
