"""Receive webhooks: `receive(body, headers, secret)` verifies a delivery and makes typed events of it.

`verify` and `parse` do one of the two each. `asgi_app` and `wsgi_app` make an app of a handler, to serve alone or to
mount in any framework; they answer as the API wants it, drop duplicates and call the handler for each event. The classes
of the events, such as `MessageAppUser`, are here too, for `match`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._errors import WebhookRejected, WebhookUnreadable
from ._events import Delivery, parse, receive
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
        WebhookEvent,
    )

    from ._asgi import asgi_app
    from ._dedupe import Claim, Deduplicator, MemoryDeduplicator
    from ._redis import RedisDeduplicator
    from ._sqlite import SQLiteDeduplicator
    from ._wsgi import wsgi_app

__all__ = [
    "AppUserDelete",
    "Claim",
    "ClientAdd",
    "ClientRemove",
    "ConversationRead",
    "ConversationReferral",
    "ConversationStart",
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
    "PaymentSuccess",
    "Postback",
    "RedisDeduplicator",
    "SQLiteDeduplicator",
    "TypingAppUser",
    "UnknownEvent",
    "WebhookEvent",
    "WebhookRejected",
    "WebhookUnreadable",
    "asgi_app",
    "parse",
    "receive",
    "verify",
    "wsgi_app",
]

_OWN = {
    "Claim": "_dedupe",
    "Deduplicator": "_dedupe",
    "MemoryDeduplicator": "_dedupe",
    "RedisDeduplicator": "_redis",
    "SQLiteDeduplicator": "_sqlite",
    "asgi_app": "_asgi",
    "wsgi_app": "_wsgi",
}

# Type checkers would take any name for real if they saw a module's `__getattr__`.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = f"{__name__}.{_OWN[name]}" if name in _OWN else "smooch_api.v1.models"
        value = globals()[name] = getattr(import_module(module), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
