"""Handlers of v2 events for the apps under test."""

from __future__ import annotations

from smooch.v2 import models
from smooch.webhooks import ConversationMessageEvent, WebhookEvent


class RecordingHandler:
    """Records the texts of messages; fails on the texts in `fails_on`, once for each time they are listed."""

    def __init__(self, *fails_on: str) -> None:
        self.handled: list[str] = []
        self._fails_on = list(fails_on)

    def __call__(self, event: WebhookEvent) -> None:
        self._handle(event)

    def _handle(self, event: WebhookEvent) -> None:
        assert isinstance(event, ConversationMessageEvent)
        assert isinstance(event.payload.message.content, models.TextMessage)
        text = str(event.payload.message.content.text)
        if text in self._fails_on:
            self._fails_on.remove(text)
            raise RuntimeError("no answer today")
        self.handled.append(text)


class AsyncRecordingHandler(RecordingHandler):
    async def __call__(self, event: WebhookEvent) -> None:  # type: ignore[override]
        self._handle(event)
