"""Pretend to send messages and notifications to channels such as WhatsApp, and record the results."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from .._events import MessageDelivered, NotificationDelivered

if TYPE_CHECKING:
    from .._entities import Client, Conversation, Integration, Message, User
    from .state import App

CONFIRMING_CHANNELS = frozenset({"whatsapp"})
"""Channels that report when a message has reached the user."""


def send(app: App, user: User, conversation: Conversation, message: Message, client: Client) -> None:
    """Send a message of the business to the channel of `client`."""
    for outcome in _list_outcomes(app, client.platform):
        app.record(
            MessageDelivered(
                app_id=app.id, user=user, conversation=conversation, message=message, client=client, **outcome
            )
        )


def notify(app: App, integration: Integration, destination_id: str) -> str:
    """Send a notification to the channel of `integration`; returns its id."""
    notification_id = str(uuid.uuid4())
    for outcome in _list_outcomes(app, integration.type):
        app.record(
            NotificationDelivered(
                app_id=app.id,
                notification_id=notification_id,
                integration_id=integration.id,
                destination_id=destination_id,
                **outcome,
            )
        )
    return notification_id


def _list_outcomes(app: App, channel: str) -> list[dict[str, Any]]:
    """Return the fields of the delivery events that follow, in order."""
    if fault := app.channel_faults.consume(channel):
        error = {"code": fault.code, "message": fault.message}
        return [{"outcome": "failure", "is_final": True, "error": error}]
    if channel in CONFIRMING_CHANNELS:
        return [{"outcome": "channel", "is_final": False}, {"outcome": "user", "is_final": True}]
    return [{"outcome": "channel", "is_final": True}]
