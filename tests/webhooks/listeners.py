"""Handlers of v2 deliveries for the apps under test."""

from __future__ import annotations

from smooch.v2 import models
from smooch.webhooks import ConversationMessageEvent, WebhookEvent


class Listener:
    """Notes the texts of messages, and fails on those that it is told to, once for each mention."""

    def __init__(self, *fails_on: str) -> None:
        self.heard: list[str] = []
        self._fails_on = list(fails_on)

    def __call__(self, event: WebhookEvent) -> None:
        self._hear(event)

    def _hear(self, event: WebhookEvent) -> None:
        assert isinstance(event, ConversationMessageEvent)
        assert isinstance(event.payload.message.content, models.TextMessage)
        text = str(event.payload.message.content.text)
        if text in self._fails_on:
            self._fails_on.remove(text)
            raise RuntimeError("no answer today")
        self.heard.append(text)


class AsyncListener(Listener):
    async def __call__(self, event: WebhookEvent) -> None:  # type: ignore[override]
        self._hear(event)
