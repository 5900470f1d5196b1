"""Notifications: messages to people who may not be users yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import BUSINESS
from .._call import Call, get_or_404
from ..store import channels
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import JsonObject


@registry.handles("postNotification", BUSINESS)
def post_notification(call: Call) -> JsonObject:
    """POST /notifications."""
    destination = call.body["destination"]
    integration = get_or_404(call.app.integrations, destination["integrationId"], "Integration")
    return {"notification": {"_id": channels.notify(call.app, integration, destination["destinationId"])}}
