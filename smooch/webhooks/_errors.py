"""Errors for deliveries that are not accepted."""

from __future__ import annotations

from ..errors import SmoochError


class WebhookRejected(SmoochError):
    """The `X-API-Key` of a delivery is missing or matches none of the secrets. Answer 401."""


class WebhookUnreadable(SmoochError):
    """The body of a delivery is not a JSON object. Answer 400."""


class WebhookInProgress(SmoochError):
    """Another worker is handling an event of the delivery. Run the task again after a pause."""
