"""`handle_once` and `handle_once_async`: a queue worker handles each event once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from smooch.webhooks import (
    AsyncRedisDeduplicator,
    MemoryDeduplicator,
    WebhookEvent,
    WebhookInProgress,
    handle_once,
    handle_once_async,
    parse,
)

from .payloads import envelope, message_event

if TYPE_CHECKING:
    from collections.abc import Callable

THREE = envelope(message_event("e1"), message_event("e2"), message_event("e3"))
POSTBACK = {"trigger": "postback", "app": {"_id": "a1"}, "appUser": {"_id": "u1"}, "postbacks": [{"action": {}}]}


class Recorder(MemoryDeduplicator):
    """A deduplicator that records its calls, and fails on request."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, object]] = []
        self.fails = ""

    def _note(self, call: str, detail: object) -> None:
        self.calls.append((call, detail))
        if call == self.fails:
            raise ConnectionError(call)

    def claim(self, event_id: str, owner: str) -> Any:
        self._note("claim", event_id)
        return super().claim(event_id, owner)

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        self._note("confirm", at_most)
        super().confirm(event_id, at_most=at_most)

    def release(self, event_id: str, owner: str) -> None:
        super().release(event_id, owner)
        self._note("release", event_id)


class AsyncRecorder:
    """The same, with async methods."""

    def __init__(self, dedupe: Recorder) -> None:
        self._dedupe = dedupe

    async def claim(self, event_id: str, owner: str) -> Any:
        return self._dedupe.claim(event_id, owner)

    async def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        self._dedupe.confirm(event_id, at_most=at_most)

    async def release(self, event_id: str, owner: str) -> None:
        self._dedupe.release(event_id, owner)


def run_sync(body: Any, handler: Callable[[Any], object], dedupe: Recorder) -> None:
    handle_once(parse(body), handler, dedupe)


def run_async(body: Any, handler: Callable[[Any], object], dedupe: Recorder) -> None:
    async def handle(event: WebhookEvent) -> None:
        handler(event)

    asyncio.run(handle_once_async(parse(body), handle, AsyncRecorder(dedupe)))


both = pytest.mark.parametrize("run", [run_sync, run_async])


@both
def test_a_repeated_delivery_is_handled_once(run: Any) -> None:
    dedupe, handled = Recorder(), list[str]()
    for _ in range(2):
        run(THREE, lambda event: handled.append(event.id), dedupe)
    assert handled == ["e1", "e2", "e3"]


@both
def test_only_the_event_that_failed_is_handled_again(run: Any) -> None:
    dedupe, handled, fails = Recorder(), list[str](), ["e1", "e2"]

    def handle(event: Any) -> None:
        if event.id in fails:
            fails.remove(event.id)
            raise LookupError(event.id)
        handled.append(event.id)

    with pytest.raises(LookupError, match="e1"):
        run(THREE, handle, dedupe)
    assert handled == ["e3"]
    run(THREE, handle, dedupe)
    assert handled == ["e3", "e1", "e2"]


@both
def test_an_event_that_another_worker_claimed_is_not_handled_and_stays_claimed(run: Any) -> None:
    dedupe, handled = Recorder(), list[str]()
    assert dedupe.claim("a1/e2", "another") == "new"
    for _ in range(2):
        with pytest.raises(WebhookInProgress, match="a1/e2"):
            run(THREE, lambda event: handled.append(event.id), dedupe)
    assert handled == ["e1", "e3"]
    dedupe.release("a1/e2", "another")
    run(THREE, lambda event: handled.append(event.id), dedupe)
    assert handled == ["e1", "e3", "e2"]


@both
@pytest.mark.parametrize("call", ["claim", "confirm"])
def test_an_error_of_the_store_makes_the_task_run_again(run: Any, call: str) -> None:
    dedupe, handled = Recorder(), list[str]()
    dedupe.fails = call
    with pytest.raises(ConnectionError, match=call):
        run(envelope(message_event("e1")), lambda event: handled.append(event.id), dedupe)
    assert ("release", "a1/e1") in dedupe.calls, "the claim may have reached the store"
    dedupe.fails = ""
    run(envelope(message_event("e1")), lambda event: handled.append(event.id), dedupe)
    assert handled == ["e1"] * (1 if call == "claim" else 2)


@both
def test_the_error_of_the_handler_is_raised_even_if_the_claim_cannot_be_released(run: Any) -> None:
    dedupe = Recorder()
    dedupe.fails = "release"
    with pytest.raises(ZeroDivisionError):
        run(THREE, lambda _: 1 // 0, dedupe)


@both
def test_an_exit_in_the_handler_releases_the_claim(run: Any) -> None:
    def stop(_: Any) -> None:
        raise SystemExit

    dedupe = Recorder()
    with pytest.raises(SystemExit):
        run(THREE, stop, dedupe)
    assert dedupe.calls == [("claim", "a1/e1"), ("release", "a1/e1")]


@both
def test_an_event_without_id_and_time_is_remembered_for_a_minute(run: Any) -> None:
    dedupe, handled = Recorder(), list[object]()
    for _ in range(2):
        run(POSTBACK, handled.append, dedupe)
    run(envelope(message_event("e1")), handled.append, dedupe)
    assert len(handled) == 2
    assert [detail for call, detail in dedupe.calls if call == "confirm"] == [60.0, None]


@pytest.mark.anyio
async def test_a_cancelled_task_releases_its_claim(redis_url: str) -> None:
    dedupe, started = AsyncRedisDeduplicator(redis_url, prefix="cancelled:"), asyncio.Event()

    async def hang(_: WebhookEvent) -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(handle_once_async(parse(THREE), hang, dedupe))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await dedupe.claim("a1/e1", "another") == "new"
    await dedupe.aclose()
