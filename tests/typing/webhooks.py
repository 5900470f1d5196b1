"""Checked by mypy and pyright as a user's file would be; never run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, assert_type

from smooch_api import Unset

from smooch import v2, webhooks
from smooch.v1 import models
from smooch.webhooks import (
    AsyncRedisDeduplicator,
    Claim,
    ClientAddEvent,
    ConversationMessageDeliveryFailureEvent,
    ConversationMessageEvent,
    Deduplicator,
    Delivery,
    MemoryDeduplicator,
    MessageAppUser,
    MessageDeliveryFailure,
    PassthroughMessagingEvent,
    Postback,
    RedisDeduplicator,
    SQLiteDeduplicator,
    UnknownEvent,
    UnknownTypeEvent,
    UserMergeEvent,
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
    assert_type(delivery.dated, tuple[bool, ...])
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
            case webhooks.TypingAppUser():
                assert_type(event.app, models.AppReference)
            case _:
                pass
    one = delivery.events[0]
    if isinstance(one, webhooks.ConversationRead):
        assert_type(one, models.ConversationRead)


def narrows_v2(body: bytes, headers: httpx.Headers) -> None:
    for event in receive(body, headers, "secret"):
        match event:
            case ConversationMessageEvent(payload=payload, id=event_id):
                assert_type(event, ConversationMessageEvent)
                assert_type(event_id, str)
                assert_type(event.type_, Literal["conversation:message"])
                assert_type(event.created_at, str)
                assert_type(payload, v2.models.ConversationMessagePayload)
                assert_type(payload.message, v2.models.EventMessage)
                match payload.message.content:
                    case v2.models.TextMessage(text=text):
                        assert_type(text, str | Unset)
                    case v2.models.ImageMessage(media_url=media_url):
                        assert_type(media_url, str)
                    case v2.models.UnknownMessage() as unknown:
                        assert_type(unknown.additional_properties, dict[str, Any])
                    case _:
                        pass
                match payload.message:
                    case v2.models.EventMessage(author=v2.models.EventAuthor(type_="user", user=user)):
                        assert_type(user, v2.models.User | Unset)
                    case _:
                        pass
            case ClientAddEvent(payload=v2.models.ClientAddPayload(client=client)):
                assert_type(client, v2.models.Client)
            case ConversationMessageDeliveryFailureEvent():
                assert_type(event.payload.error.code, str)
                assert_type(event.payload.user.id, str)
                assert_type(event.payload.destination.type_, str)
            case UserMergeEvent(payload=merge):
                assert_type(merge.merged_users, v2.models.MergedUsers)
            case PassthroughMessagingEvent(payload=handed_through):
                assert_type(handed_through, dict[str, Any])
            case UnknownTypeEvent():
                assert_type(event.additional_properties, dict[str, Any])
                assert_type(event.type_, str)
            case MessageAppUser(messages=messages):
                assert_type(event.trigger, Literal["message:appUser"])
                assert_type(messages, list[models.Message])
            case _:
                pass


def one_of_each(event: ConversationMessageEvent, classic: MessageAppUser) -> list[WebhookEvent]:
    return [event, classic]


def takes_headers_of_any_kind(environ: dict[str, object], pairs: list[tuple[bytes, bytes]]) -> None:
    webhooks.verify(environ, "secret")
    webhooks.verify(pairs, ["old", "new"])
    webhooks.verify({"X-API-Key": "secret"}, ("old", "new"))
    webhooks.parse({"trigger": "postback"})
    webhooks.parse('{"trigger": "postback"}')
    webhooks.parse({"webhook": {"id": "w1", "version": "v2"}, "events": []})


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


def secret() -> str | None:
    return None


async def async_secret() -> list[str]:
    return ["old", "new"]


def enqueue(body: str, headers: dict[str, str]) -> None:
    assert_type(webhooks.parse(body), Delivery)


async def async_enqueue(body: str, headers: dict[str, str]) -> None: ...


def reads_times_and_forms(delivery: Delivery) -> None:
    assert_type(delivery.times, tuple[datetime | None, ...])
    assert_type(delivery.conversation_ids, tuple[str, ...])
    for event in delivery:
        if isinstance(event, ConversationMessageEvent):
            assert_type(webhooks.form_answers(event.payload.message.content), dict[str, str | list[str]])


async def makes_apps() -> None:
    for deduplicator in (MemoryDeduplicator(), SQLiteDeduplicator("events.db"), RedisDeduplicator("redis://x"), Own()):
        checked: Deduplicator = deduplicator
        app = asgi_app(on_event, secret="secret", deduplicator=checked, await_handler=True)
        await app.aclose()
    asgi_app(on_delivery, secret=["old", "new"], ordered=True, deadline=10)
    asgi_app(on_delivery, secret=secret, deduplicator=AsyncRedisDeduplicator("redis://x"))
    asgi_app(on_delivery, secret=async_secret)
    asgi_app(secret="secret", enqueue=async_enqueue)
    async with asgi_app(secret="secret", enqueue=enqueue):
        pass
    with_secret = wsgi_app(in_a_thread, secret=secret)
    with_secret.start()
    wsgi_app(secret="secret", enqueue=enqueue)
    asgi_app(in_a_thread, secret="secret")
    wsgi_app(in_a_thread, secret="secret").close()
