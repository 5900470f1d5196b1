"""Notifications: messages to somebody who may not be a user yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import BUSINESS
from .._call import Call, found
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import JsonObject


@registry.handles("postNotification", BUSINESS)
def post_notification(call: Call) -> JsonObject:
    """POST /notifications."""
    destination = call.body["destination"]
    integration = found(call.app.integrations, destination["integrationId"], "Integration")
    return {"notification": {"_id": call.app.notify(integration, destination["destinationId"])}}
