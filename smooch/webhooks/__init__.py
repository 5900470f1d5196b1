"""Receive webhooks of v1, v1.1 and v2 as typed events.

`receive(body, headers, secret)` verifies and parses a delivery; `verify` and `parse` do one of the two each. `asgi_app`
and `wsgi_app` turn a handler into an app, to serve alone or inside any framework: the app answers the API, drops
duplicates and calls the handler for each event. In a view of your own, or in the worker of a queue, `handle_once` drops
duplicates.

The event classes are here too, for `match`: `MessageAppUser` and others for v1 and v1.1; those of v2 end in `Event`, such
as `ConversationMessageEvent`. `WebhookEvent` is the union of all. Classes inside events, such as `TextMessage`, are in
`smooch.v1.models` and `smooch.v2.models`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._delivery import Delivery
from ._errors import WebhookInProgress, WebhookRejected, WebhookUnreadable
from ._parse import parse, receive
from ._verify import verify

if TYPE_CHECKING:
    from smooch_api.v1.models import (
        AppUserDelete,
        ClientAdd,
        ClientRemove,
        ConversationRead,
        ConversationReferral,
        ConversationStart,
        DeliveryFailure,
        DeliverySuccess,
        LinkFailure,
        LinkMatch,
        LinkSuccess,
        MergeAppUser,
        MessageAppMaker,
        MessageAppUser,
        MessageDeliveryChannel,
        MessageDeliveryFailure,
        MessageDeliveryUser,
        NotificationDeliveryChannel,
        NotificationDeliveryFailure,
        NotificationDeliveryUser,
        NotificationMatchFailure,
        PaymentSuccess,
        Postback,
        TypingAppUser,
        UnknownEvent,
    )
    from smooch_api.v2.models import (
        ClientAddEvent,
        ClientRemoveEvent,
        ClientUpdateEvent,
        ConversationCreateEvent,
        ConversationJoinEvent,
        ConversationLeaveEvent,
        ConversationMessageDeliveryChannelEvent,
        ConversationMessageDeliveryFailureEvent,
        ConversationMessageDeliveryUserEvent,
        ConversationMessageEvent,
        ConversationPostbackEvent,
        ConversationReadEvent,
        ConversationReferralEvent,
        ConversationRemoveEvent,
        ConversationTypingEvent,
        PassthroughMessagingEvent,
        SwitchboardAcceptControlEvent,
        SwitchboardAcceptControlFailureEvent,
        SwitchboardOfferControlEvent,
        SwitchboardOfferControlFailureEvent,
        SwitchboardPassControlEvent,
        SwitchboardPassControlFailureEvent,
        SwitchboardReleaseControlEvent,
        UnknownTypeEvent,
        UserMergeEvent,
        UserRemoveEvent,
        UserUpdateEvent,
    )

    from ._events import WebhookEvent
    from ._forms import form_answers
    from ._handle_once import handle_once, handle_once_async
    from .apps.asgi import asgi_app
    from .apps.wsgi import wsgi_app
    from .deduplicators.memory import MemoryDeduplicator
    from .deduplicators.protocol import AsyncDeduplicator, Claim, Deduplicator
    from .deduplicators.redis import AsyncRedisDeduplicator, RedisDeduplicator
    from .deduplicators.sqlite import SQLiteDeduplicator

__all__ = [
    "AppUserDelete",
    "AsyncDeduplicator",
    "AsyncRedisDeduplicator",
    "Claim",
    "ClientAdd",
    "ClientAddEvent",
    "ClientRemove",
    "ClientRemoveEvent",
    "ClientUpdateEvent",
    "ConversationCreateEvent",
    "ConversationJoinEvent",
    "ConversationLeaveEvent",
    "ConversationMessageDeliveryChannelEvent",
    "ConversationMessageDeliveryFailureEvent",
    "ConversationMessageDeliveryUserEvent",
    "ConversationMessageEvent",
    "ConversationPostbackEvent",
    "ConversationRead",
    "ConversationReadEvent",
    "ConversationReferral",
    "ConversationReferralEvent",
    "ConversationRemoveEvent",
    "ConversationStart",
    "ConversationTypingEvent",
    "Deduplicator",
    "Delivery",
    "DeliveryFailure",
    "DeliverySuccess",
    "LinkFailure",
    "LinkMatch",
    "LinkSuccess",
    "MemoryDeduplicator",
    "MergeAppUser",
    "MessageAppMaker",
    "MessageAppUser",
    "MessageDeliveryChannel",
    "MessageDeliveryFailure",
    "MessageDeliveryUser",
    "NotificationDeliveryChannel",
    "NotificationDeliveryFailure",
    "NotificationDeliveryUser",
    "NotificationMatchFailure",
    "PassthroughMessagingEvent",
    "PaymentSuccess",
    "Postback",
    "RedisDeduplicator",
    "SQLiteDeduplicator",
    "SwitchboardAcceptControlEvent",
    "SwitchboardAcceptControlFailureEvent",
    "SwitchboardOfferControlEvent",
    "SwitchboardOfferControlFailureEvent",
    "SwitchboardPassControlEvent",
    "SwitchboardPassControlFailureEvent",
    "SwitchboardReleaseControlEvent",
    "TypingAppUser",
    "UnknownEvent",
    "UnknownTypeEvent",
    "UserMergeEvent",
    "UserRemoveEvent",
    "UserUpdateEvent",
    "WebhookEvent",
    "WebhookInProgress",
    "WebhookRejected",
    "WebhookUnreadable",
    "asgi_app",
    "form_answers",
    "handle_once",
    "handle_once_async",
    "parse",
    "receive",
    "verify",
    "wsgi_app",
]

_MODULES = {
    "AsyncDeduplicator": "deduplicators.protocol",
    "AsyncRedisDeduplicator": "deduplicators.redis",
    "Claim": "deduplicators.protocol",
    "Deduplicator": "deduplicators.protocol",
    "MemoryDeduplicator": "deduplicators.memory",
    "RedisDeduplicator": "deduplicators.redis",
    "SQLiteDeduplicator": "deduplicators.sqlite",
    "WebhookEvent": "_events",
    "asgi_app": "apps.asgi",
    "handle_once": "_handle_once",
    "handle_once_async": "_handle_once",
    "form_answers": "_forms",
    "wsgi_app": "apps.wsgi",
}


def _find_module(name: str) -> str:
    if name in _MODULES:
        return f"{__name__}.{_MODULES[name]}"
    version = "v1" if name in import_module("smooch_api.v1.models").__all__ else "v2"
    return f"smooch_api.{version}.models"


# A type checker that sees a module's `__getattr__` accepts every name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_find_module(name)), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
