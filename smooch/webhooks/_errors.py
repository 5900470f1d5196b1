"""Why a delivery is not taken."""

from __future__ import annotations

from ..errors import SmoochError


class WebhookRejected(SmoochError):
    """The `X-API-Key` of the delivery is missing or is none of the secrets: it does not come from the API. Answer 401."""


class WebhookUnreadable(SmoochError):
    """The body of the delivery is no JSON object. Answer 400."""
