"""Handlers for the apps under test."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from support.concurrency import async_wait_until

from smooch.v2 import models
from smooch.webhooks import ConversationMessageEvent, MessageAppUser, WebhookEvent


class RecordingHandler:
    """Records the texts of v2 messages; fails on the texts in `fails_on`, once for each time they are listed."""

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


class Bot:
    """Records the ids of v1 messages; waits for `gate`, and fails `fails` times."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.started = 0
        self.fails = 0
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, event: Any) -> None:
        self.started += 1
        self.gate.wait(10)
        self._handle(event)

    def _handle(self, event: Any) -> None:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("no answer today")
        self.handled += (
            [message.id for message in event.messages] if isinstance(event, MessageAppUser) else [event.trigger]
        )


class AsyncBot(Bot):
    async def __call__(self, event: Any) -> None:  # type: ignore[override]
        self.started += 1
        await async_wait_until(self.gate.is_set)
        self._handle(event)


class Gauge:
    """Waits for `gate`, and counts how many calls run at the same time."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.gate = asyncio.Event()

    async def __call__(self, event: Any) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        await self.gate.wait()
        self.running -= 1
