"""A shop on API v2: shows its mugs, takes orders with a form, and hands over to a person. `uvicorn shop:app` runs it."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Route

from smooch.v2 import AsyncSmooch, models
from smooch.webhooks import (
    ConversationMessageEvent,
    ConversationPostbackEvent,
    SQLiteDeduplicator,
    asgi_app,
    form_answers,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smooch.webhooks import WebhookEvent

MUGS = {"RED": "Red mug", "BLUE": "Blue mug"}
SIZES = [models.FormOption(name="s", label="Small"), models.FormOption(name="l", label="Large")]

api = AsyncSmooch.from_env()
orders: dict[str, dict[str, str | list[str]]] = {}
"""The answers of each form, by the id of the event that brought them."""


async def secret() -> str:
    target = f"{os.environ['SHOP_URL']}/hook"
    return (await api.webhooks.ensure(target, ["conversation:message", "conversation:postback"])).secret


async def handle(event: WebhookEvent) -> None:
    match event:
        case ConversationMessageEvent(payload=payload) if payload.message.author.type_ == "user":
            await answer(payload.conversation.id, payload.message.content, event.id)
        case ConversationPostbackEvent(payload=payload):
            await ask_for_name_and_size(payload.conversation.id, str(payload.postback.payload))


async def answer(conversation_id: str, content: models.Content, event_id: str) -> None:
    match content:
        case models.TextMessage(text=str(text)) if "human" in text.lower():
            await api.messages.post_text(conversation_id, "A colleague will answer you.")
            await api.switchboard_actions.pass_control(conversation_id, "next", metadata={"question": text})
        case models.TextMessage():
            await show_mugs(conversation_id)
        case models.FormResponseMessage():
            orders[event_id] = form_answers(content)
            await post_once(conversation_id, f"Thank you, {orders[event_id]['name']}!", event_id)
        case _:
            await api.messages.post_text(conversation_id, "I can only read. Which mug would you like?")


async def show_mugs(conversation_id: str) -> None:
    async with api.activities.typing(conversation_id):
        items = [
            models.MessageItem(title=title, actions=[models.PostbackAction(text=f"Take the {title}", payload=mug)])
            for mug, title in MUGS.items()
        ]
        await api.messages.post_carousel(conversation_id, items)


async def ask_for_name_and_size(conversation_id: str, mug: str) -> None:
    await api.messages.post_form(
        conversation_id,
        [
            models.FormMessageField(type_="text", name="name", label="Your name"),
            models.FormMessageField(type_="select", name="size", label=f"Size of the {MUGS[mug]}", options=SIZES),
        ],
        block_chat_input=True,
    )


async def post_once(conversation_id: str, text: str, event_id: str) -> None:
    """Post a text, unless an earlier delivery of the event has posted it already."""
    async for message in api.messages.list(conversation_id, newest_first=True, limit=50):
        if (message.metadata or {}).get("answers") == event_id:
            return
    await api.messages.post_text(conversation_id, text, metadata={"answers": event_id})


hook = asgi_app(handle, secret=secret, deduplicator=SQLiteDeduplicator("events.db"), await_handler=True, ordered=True)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with api, hook:
        yield


app = FastAPI(lifespan=lifespan)
app.router.routes.append(Route("/hook", hook))


@app.get("/orders")
async def list_orders() -> list[dict[str, str | list[str]]]:
    return list(orders.values())
