"""Checked by mypy and pyright as a user's file would be; never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

from smooch_api.v1.types import Unset

from smooch import webhooks
from smooch.v1 import models
from smooch.webhooks import (
    Claim,
    Deduplicator,
    Delivery,
    MemoryDeduplicator,
    MessageAppUser,
    MessageDeliveryFailure,
    Postback,
    RedisDeduplicator,
    SQLiteDeduplicator,
    UnknownEvent,
    WebhookEvent,
    asgi_app,
    receive,
    wsgi_app,
)

if TYPE_CHECKING:
    import httpx


def narrows(body: bytes, headers: httpx.Headers) -> None:
    delivery = receive(body, headers, "secret")
    assert_type(delivery, Delivery)
    assert_type(delivery.events, tuple[WebhookEvent, ...])
    assert_type(delivery.event_ids, tuple[str, ...])
    assert_type(delivery.raw, dict[str, Any])
    for event in delivery:
        match event:
            case MessageAppUser(messages=messages, app_user=user):
                assert_type(event, MessageAppUser)
                assert_type(user.id, str)
                for message in messages:
                    assert_type(message.text, str | Unset)
                    if isinstance(message, models.LocationMessage):
                        assert_type(message.coordinates, models.Coordinates | Unset)
            case Postback(postbacks=[item, *_]):
                assert_type(item.action.id, str | Unset)
            case MessageDeliveryFailure(error=error):
                assert_type(error.code, str)
            case UnknownEvent():
                assert_type(event.additional_properties, dict[str, Any])
            case _:
                assert_type(event.app, models.AppReference)
    one = delivery.events[0]
    if isinstance(one, webhooks.ConversationRead):
        assert_type(one, models.ConversationRead)


def takes_headers_of_any_kind(environ: dict[str, object], pairs: list[tuple[bytes, bytes]]) -> None:
    webhooks.verify(environ, "secret")
    webhooks.verify(pairs, ["old", "new"])
    webhooks.verify({"X-API-Key": "secret"}, ("old", "new"))
    webhooks.parse({"trigger": "postback"})
    webhooks.parse('{"trigger": "postback"}')


async def on_event(event: WebhookEvent) -> None: ...


async def on_delivery(event: WebhookEvent, delivery: Delivery) -> None: ...


def in_a_thread(event: WebhookEvent) -> str:
    return str(event)


class Own:
    """A deduplicator of a user's own."""

    def claim(self, event_id: str, owner: str) -> Claim:
        return "new"

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None: ...

    def release(self, event_id: str, owner: str) -> None: ...


async def makes_apps() -> None:
    for deduplicator in (MemoryDeduplicator(), SQLiteDeduplicator("events.db"), RedisDeduplicator("redis://x"), Own()):
        checked: Deduplicator = deduplicator
        app = asgi_app(on_event, secret="secret", deduplicator=checked, await_handler=True)
        await app.aclose()
    asgi_app(on_delivery, secret=["old", "new"])
    asgi_app(in_a_thread, secret="secret")
    wsgi_app(in_a_thread, secret="secret").close()
