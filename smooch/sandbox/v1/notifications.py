"""Notifications: messages to somebody who may not be a user yet."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from .. import _clock
from .._auth import BUSINESS
from .._call import Call, found
from .._events import NotificationSent
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import JsonObject


@registry.handles("postNotification", BUSINESS)
def post_notification(call: Call) -> JsonObject:
    """POST /notifications."""
    destination = call.body["destination"]
    integration = found(call.app.integrations, destination["integrationId"], "Integration")
    notification_id = str(uuid.uuid4())
    call.store.record(
        NotificationSent(
            app_id=call.app.id,
            at=_clock.now(),
            notification_id=notification_id,
            integration_id=integration.id,
            destination_id=destination["destinationId"],
            message=call.body["message"],
        )
    )
    return {"notification": {"_id": notification_id}}
