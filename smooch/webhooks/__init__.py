"""Receive webhooks of v1, v1.1 and v2: `receive(body, headers, secret)` verifies a delivery and makes typed events of it.

`verify` and `parse` do one of the two each. `asgi_app` and `wsgi_app` make an app of a handler, to serve alone or to
mount in any framework; they answer as the API wants it, drop duplicates and call the handler for each event.

The classes of the events are here too, for `match`: `MessageAppUser` and the others of v1 and v1.1, and those of v2, which
end in `Event`, such as `ConversationMessageEvent`. `WebhookEvent` is the union of all. The classes of what events hold,
such as `TextMessage`, are in `models` of `smooch.v1` and `smooch.v2`.
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

    from ._asgi import asgi_app
    from ._dedupe import Claim, Deduplicator, MemoryDeduplicator
    from ._redis import RedisDeduplicator
    from ._sqlite import SQLiteDeduplicator
    from ._union import WebhookEvent
    from ._wsgi import wsgi_app

__all__ = [
    "AppUserDelete",
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
    "WebhookEvent": "_union",
    "asgi_app": "_asgi",
    "wsgi_app": "_wsgi",
}


def _home(name: str) -> str:
    if name in _OWN:
        return f"{__name__}.{_OWN[name]}"
    version = "v1" if name in import_module("smooch_api.v1.models").__all__ else "v2"
    return f"smooch_api.{version}.models"


# Type checkers would take any name for real if they saw a module's `__getattr__`.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_home(name)), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
