"""`ordered=True`: the events of a conversation run one after another; of those that wait, the earliest is next."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from support.concurrency import async_wait_until
from support.scripted_server import wait_until

from smooch.webhooks import asgi_app, wsgi_app

from ..calls import call_asgi, call_wsgi, sized
from ..payloads import SECRET, envelope, message_delivery, message_event, to_json


def event_at(second: int, user: str = "ana") -> dict[str, Any]:
    """A v2 event that happened at this second of a minute."""
    return {**message_event(f"{user}-{second}", user_id=user), "createdAt": f"2026-03-02T08:15:{second:02}.000Z"}


def delivery_at(*seconds: int, user: str = "ana") -> bytes:
    return to_json(envelope(*(event_at(second, user) for second in seconds)))


class Handler:
    """Records its starts and ends, and waits for the gate."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.gate = threading.Event()

    def __call__(self, event: Any) -> None:
        self.notes.append(f"+{event.id}")
        self.gate.wait(10)
        self.notes.append(f"-{event.id}")

    @property
    def started(self) -> list[str]:
        return [note[1:] for note in self.notes if note[0] == "+"]

    @property
    def is_one_after_another(self) -> bool:
        pairs = zip(self.notes[::2], self.notes[1::2], strict=True)
        return all(start[1:] == end[1:] for start, end in pairs)


class AsyncHandler(Handler):
    async def __call__(self, event: Any) -> None:  # type: ignore[override]
        self.notes.append(f"+{event.id}")
        await async_wait_until(self.gate.is_set)
        self.notes.append(f"-{event.id}")


HANDLERS = pytest.mark.parametrize("cls", [Handler, AsyncHandler])


@HANDLERS
@pytest.mark.anyio
async def test_asgi_events_run_one_after_another_in_order_of_time(cls: Any) -> None:
    handler = cls()
    app = asgi_app(handler, secret=SECRET, ordered=True)
    for second in (5, 9, 1, 7, 3):
        assert (await call_asgi(app, delivery_at(second))).status == 200
        await async_wait_until(lambda: len(handler.started) == 1)
    handler.gate.set()
    await app.aclose()
    assert handler.started == [f"ana-{second}" for second in (5, 1, 3, 7, 9)]
    assert handler.is_one_after_another


def test_wsgi_events_run_one_after_another_in_order_of_time() -> None:
    handler = Handler()
    app = wsgi_app(handler, secret=SECRET, ordered=True)
    for second in (5, 9, 1, 7, 3):
        assert call_wsgi(app, **sized(delivery_at(second)))[0] == 200
        wait_until(lambda: len(handler.started) == 1)
    handler.gate.set()
    app.close()
    assert handler.started == [f"ana-{second}" for second in (5, 1, 3, 7, 9)]
    assert handler.is_one_after_another


@HANDLERS
@pytest.mark.anyio
async def test_asgi_conversations_do_not_wait_for_each_other(cls: Any) -> None:
    handler = cls()
    app = asgi_app(handler, secret=SECRET, ordered=True)
    both = to_json(envelope(event_at(2, "ana"), event_at(3, "ben"), event_at(1, "ana")))
    assert (await call_asgi(app, both)).status == 200
    await async_wait_until(lambda: sorted(handler.started) == ["ana-1", "ben-3"])
    handler.gate.set()
    await app.aclose()
    assert [each for each in handler.started if each.startswith("ana")] == ["ana-1", "ana-2"]


def test_wsgi_conversations_do_not_wait_for_each_other() -> None:
    handler = Handler()
    app = wsgi_app(handler, secret=SECRET, ordered=True)
    both = to_json(envelope(event_at(2, "ana"), event_at(3, "ben"), event_at(4, "ana")))
    assert call_wsgi(app, **sized(both))[0] == 200
    wait_until(lambda: {"ana-2", "ben-3"} == set(handler.started))
    handler.gate.set()
    app.close()
    assert [each for each in handler.started if each.startswith("ana")] == ["ana-2", "ana-4"]


@pytest.mark.anyio
async def test_asgi_without_ordered_events_run_at_the_same_time() -> None:
    handler = AsyncHandler()
    app = asgi_app(handler, secret=SECRET)
    for second in (2, 1):
        await call_asgi(app, delivery_at(second))
    await async_wait_until(lambda: handler.started == ["ana-2", "ana-1"])
    handler.gate.set()
    await app.aclose()


@HANDLERS
@pytest.mark.anyio
async def test_asgi_awaited_each_delivery_gets_its_response(cls: Any) -> None:
    handler = cls()
    app = asgi_app(handler, secret=SECRET, ordered=True, await_handler=True)
    requests = [asyncio.create_task(call_asgi(app, delivery_at(second))) for second in (3, 2, 1)]
    await async_wait_until(lambda: len(handler.started) == 1 and app._in_progress == 3)
    assert not any(request.done() for request in requests)
    handler.gate.set()
    assert [(await request).status for request in requests] == [200] * 3
    await app.aclose()
    assert handler.is_one_after_another


def test_wsgi_awaited_each_delivery_gets_its_response() -> None:
    handler = Handler()
    app = wsgi_app(handler, secret=SECRET, ordered=True, await_handler=True)
    statuses: list[int] = []
    threads = []
    for second in (3, 2, 1):
        threads.append(
            threading.Thread(target=lambda at=second: statuses.append(call_wsgi(app, **sized(delivery_at(at)))[0]))
        )
        threads[-1].start()
        wait_until(lambda: app._in_progress == len(threads) and handler.started == ["ana-3"])
    assert statuses == []
    handler.gate.set()
    for thread in threads:
        thread.join()
    app.close()
    assert statuses == [200] * 3
    assert handler.started[0] == "ana-3"
    assert handler.is_one_after_another


def test_wsgi_awaited_a_handler_beyond_the_deadline_503_and_keeps_running() -> None:
    handler = Handler()
    app = wsgi_app(handler, secret=SECRET, ordered=True, await_handler=True, deadline=0.2)
    status, _, body = call_wsgi(app, **sized(delivery_at(1)))
    assert (status, body) == (503, b"the handler did not finish before the deadline")
    handler.gate.set()
    app.close()
    assert call_wsgi(app, **sized(delivery_at(1)))[0] == 200
    assert handler.notes == ["+ana-1", "-ana-1"]


@pytest.mark.anyio
async def test_a_failure_does_not_block_the_conversation() -> None:
    started: list[str] = []

    async def handler(event: Any) -> None:
        started.append(event.id)
        raise RuntimeError

    app = asgi_app(handler, secret=SECRET, ordered=True)
    await call_asgi(app, delivery_at(1, 2))
    await app.aclose()
    await call_asgi(app, delivery_at(3))
    await app.aclose()
    assert started == ["ana-1", "ana-2", "ana-3"]


def test_wsgi_an_interrupt_in_a_thread_does_not_block_the_conversation(caplog: pytest.LogCaptureFixture) -> None:
    started: list[str] = []

    def handler(event: Any) -> None:
        started.append(event.id)
        raise SystemExit

    app = wsgi_app(handler, secret=SECRET, ordered=True)
    for seconds in ((1, 2), (1, 3)):
        call_wsgi(app, **sized(delivery_at(*seconds)))
        app.close()
    assert started == ["ana-1", "ana-2", "ana-1", "ana-3"]
    assert "interrupted on event a1/ana-1" in caplog.text


@pytest.mark.anyio
async def test_an_event_without_conversation_or_time_does_not_wait() -> None:
    handler = AsyncHandler()
    app = asgi_app(handler, secret=SECRET, ordered=True)
    bare = [to_json(envelope({"type": "conversation:archive", "id": each})) for each in "ab"]
    for body in bare:
        await call_asgi(app, body)
    await async_wait_until(lambda: len(handler.notes) == 2)
    handler.gate.set()
    await app.aclose()


@pytest.mark.anyio
async def test_v1_events_are_ordered_by_user() -> None:
    notes: list[str] = []
    gate = asyncio.Event()

    async def handler(event: Any) -> None:
        notes.append(event.messages[0].id)
        await gate.wait()

    app = asgi_app(handler, secret=SECRET, ordered=True)
    for at in (5, 9, 7):
        body = message_delivery(f"m{at}")
        body["messages"][0]["received"] = 1488441330 + at
        await call_asgi(app, to_json(body))
        await async_wait_until(lambda: notes == ["m5"])
    gate.set()
    await app.aclose()
    assert notes == ["m5", "m7", "m9"]
