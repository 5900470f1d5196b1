"""Run a sandbox and a bot in one process."""

from __future__ import annotations

import asyncio
import socket
import webbrowser
from typing import TYPE_CHECKING

import uvicorn

from ..sandbox import Sandbox
from ..v2 import AsyncSmooch, models
from ..webhooks import ConversationMessageEvent, ConversationPostbackEvent, asgi_app
from ._output import print_note

if TYPE_CHECKING:
    from smooch_api.v2 import dicts

    from ..webhooks import WebhookEvent

_MENU: list[dicts.MessageItem] = [
    {
        "title": "Red mug",
        "description": "350 ml",
        "actions": [{"type": "postback", "text": "Take it", "payload": "RED"}],
    },
    {
        "title": "Blue mug",
        "description": "250 ml",
        "actions": [{"type": "postback", "text": "Take it", "payload": "BLUE"}],
    },
]
_FORM: list[dicts.FormMessageField] = [
    {"type": "text", "name": "name", "label": "Your name"},
    {"type": "email", "name": "email", "label": "Your e-mail address"},
]


class Bot:
    """A bot that sells mugs: shows a carousel, takes an order by a form, repeats any other text."""

    def __init__(self, api: AsyncSmooch) -> None:
        self._api = api

    async def handle(self, event: WebhookEvent) -> None:
        """Answer an event."""
        messages = self._api.messages
        match event:
            case ConversationMessageEvent(payload=payload) if payload.message.author.type_ == "user":
                conversation_id = payload.conversation.id
                match payload.message.content:
                    case models.TextMessage(text=str(text)) if "mug" in text.lower():
                        await messages.post_carousel(conversation_id, _MENU)
                    case models.TextMessage(text=text):
                        await messages.post_text(conversation_id, f"You said: {text}. Ask me for a mug!")
                    case models.FormResponseMessage():
                        await messages.post_text(conversation_id, "Thank you. Your mug is on its way.")
                    case _:
                        await messages.post_text(conversation_id, "Nice! Ask me for a mug.")
            case ConversationPostbackEvent(payload=payload):
                await messages.post_text(payload.conversation.id, "Good choice. Where shall we send it?")
                await messages.post_form(payload.conversation.id, _FORM)


def run(port: int, *, open_browser: bool) -> None:
    """Serve both until Ctrl-C."""
    try:
        with Sandbox(port=port) as sandbox:
            asyncio.run(_serve_bot(sandbox, open_browser=open_browser))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        raise OSError(f"cannot listen on port {port} of 127.0.0.1: {error.strerror}") from None


async def _serve_bot(sandbox: Sandbox, *, open_browser: bool) -> None:
    key = (sandbox.integration_key_id, sandbox.integration_secret, sandbox.app_id)
    async with AsyncSmooch(*key, base_url=sandbox.url) as api:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            target = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            hook = await api.webhooks.ensure(target, ["conversation:message", "conversation:postback"])
            print_note(f"Open {sandbox.url} in your browser, and ask for a mug. Ctrl-C ends it.")
            if open_browser:
                webbrowser.open(sandbox.url)
            app = asgi_app(Bot(api).handle, secret=hook.secret)
            await uvicorn.Server(uvicorn.Config(app, log_level="warning")).serve(sockets=[listener])
