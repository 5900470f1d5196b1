"""Webhooks of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import bad_request

if TYPE_CHECKING:
    from .._entities import Webhook
    from .state import App

MAX_WEBHOOKS = 10


def add(app: App, *webhooks: Webhook) -> None:
    """Add all of these webhooks. 400, and none is added, if the app would have too many."""
    if len(app.webhooks) + len(webhooks) > MAX_WEBHOOKS:
        raise bad_request(f"An app can have {MAX_WEBHOOKS} webhooks at most")
    app.webhooks |= {webhook.id: webhook for webhook in webhooks}
