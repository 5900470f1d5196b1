"""`asgi_app` by the ASGI protocol: disconnects, lifespan, cancellation, limits on concurrent events."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from support.concurrency import async_wait_until

from smooch.webhooks import (
    MemoryDeduplicator,
    SQLiteDeduplicator,
    asgi_app,
)

from ..calls import call_asgi as call
from ..handlers import Gauge
from ..payloads import (
    SECRET,
    message_delivery,
    to_json,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.anyio
async def test_a_client_that_disconnects_during_the_body_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    app = asgi_app(print, secret=SECRET)
    started = {"type": "http.request", "body": b'{"trig', "more_body": True}
    assert (await call(app, started, {"type": "http.disconnect"})).sent == []
    assert not caplog.records


@pytest.mark.anyio
async def test_events_are_handled_although_the_client_disconnects_before_the_response() -> None:
    got: list[Any] = []

    async def handler(event: Any) -> None:
        got.append(event)

    def gone(message: Any) -> None:
        raise ConnectionResetError

    app = asgi_app(handler, secret=SECRET)
    with pytest.raises(ConnectionResetError):
        await call(app, to_json(message_delivery()), then=gone)
    await app.aclose()
    assert len(got) == 1


@pytest.mark.anyio
async def test_the_handler_starts_after_the_response() -> None:
    order: list[str] = []

    async def handler(event: Any) -> None:
        order.append("handled")

    app = asgi_app(handler, secret=SECRET)
    await call(app, to_json(message_delivery()), then=lambda message: order.append(message["type"]))
    await app.aclose()
    assert order == ["http.response.start", "http.response.body", "handled"]


@pytest.mark.anyio
async def test_a_body_that_is_too_large_or_unverified_is_not_read() -> None:
    length = (b"content-length", b"1048577")
    assert (await call(asgi_app(print, secret=SECRET), headers=[(b"x-api-key", SECRET.encode()), length])).status == 413
    assert (await call(asgi_app(print, secret=SECRET), headers=[])).status == 401


@pytest.mark.anyio
@pytest.mark.parametrize("length", [b"\xb2", b"1" * 5000, b"-1", b"1_0", b"many"])
async def test_an_invalid_content_length_400_after_the_key_is_checked(length: bytes) -> None:
    app = asgi_app(print, secret=SECRET)
    for key, status in ((SECRET, 400), ("wrong", 401)):
        headers = [(b"x-api-key", key.encode()), (b"content-length", length)]
        assert (await call(app, to_json(message_delivery()), headers=headers)).status == status
    await app.aclose()


@pytest.mark.anyio
async def test_lifespan_waits_for_handlers() -> None:
    done = []
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def handler(event: Any) -> None:
        await asyncio.sleep(0.05)
        done.append(event)

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append((message["type"], len(done)))

    sent: list[Any] = []
    app = asgi_app(handler, secret=SECRET)
    await call(app, to_json(message_delivery()))
    await app({"type": "lifespan"}, receive, send)
    assert sent == [("lifespan.startup.complete", 0), ("lifespan.shutdown.complete", 1)]


@pytest.mark.anyio
async def test_websockets_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="websocket"):
        await asgi_app(print, secret=SECRET)({"type": "websocket"}, None, None)  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_an_app_can_be_used_after_aclose() -> None:
    got: list[Any] = []
    app = asgi_app(got.append, secret=SECRET)
    for number in range(3):
        await call(app, to_json(message_delivery(str(number))))
        await app.aclose()
    assert len(got) == 3


# Concurrent events


def test_an_app_can_be_used_in_another_event_loop_afterwards() -> None:
    handled: list[Any] = []

    async def handler(event: Any) -> None:
        await asyncio.sleep(0)
        handled.append(event)

    app = asgi_app(handler, secret=SECRET, concurrency=1)

    async def use(*ids: str) -> None:
        for each in ids:
            assert (await call(app, to_json(message_delivery(each)))).status == 200
        await app.aclose()

    asyncio.run(use("a", "b", "c"))
    asyncio.run(use("d", "e", "f"))
    assert len(handled) == 6


@pytest.mark.anyio
async def test_the_number_of_running_and_waiting_events_is_limited() -> None:
    gauge = Gauge()
    app = asgi_app(gauge, secret=SECRET, concurrency=3, backlog=4)
    statuses = [(await call(app, to_json(message_delivery(str(number))))).status for number in range(9)]
    assert statuses == [200] * 7 + [503] * 2
    await async_wait_until(lambda: gauge.running == 3)
    gauge.gate.set()
    await app.aclose()
    assert gauge.most == 3
    assert (await call(app, to_json(message_delivery("8")))).status == 200, (
        "what was refused is new when it is delivered again"
    )
    await app.aclose()


@pytest.mark.anyio
async def test_handlers_in_threads_are_limited_too() -> None:
    lock, running, most = threading.Lock(), 0, 0
    gate = threading.Event()

    def handler(event: Any) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(10)
        with lock:
            running -= 1

    app = asgi_app(handler, secret=SECRET, concurrency=2)
    for number in range(6):
        await call(app, to_json(message_delivery(str(number))))
    await async_wait_until(lambda: running == 2)
    gate.set()
    await app.aclose()
    assert most == 2


@pytest.mark.anyio
async def test_a_sync_handler_blocks_neither_the_loop_nor_the_claims(tmp_path: Path) -> None:
    gate = threading.Event()
    with closing(SQLiteDeduplicator(tmp_path / "events.db")) as dedupe:
        app = asgi_app(lambda event: gate.wait(10), secret=SECRET, deduplicator=dedupe)
        for number in range(45):
            assert (await call(app, to_json(message_delivery(str(number))))).status == 200
        gate.set()
        await app.aclose()


@pytest.mark.anyio
async def test_a_sync_handler_sees_the_context_of_the_request() -> None:
    var: contextvars.ContextVar[str] = contextvars.ContextVar("var", default="none")
    seen: list[str] = []
    app = asgi_app(lambda event: seen.append(var.get()), secret=SECRET, await_handler=True)
    var.set("request 1")
    await call(app, to_json(message_delivery()))
    assert seen == ["request 1"]
    await app.aclose()


@pytest.mark.anyio
async def test_stop_iteration_in_a_thread_is_a_failure_and_does_not_hang(caplog: pytest.LogCaptureFixture) -> None:
    app = asgi_app(lambda event: next(iter(())), secret=SECRET, await_handler=True)
    async with asyncio.timeout(10):
        assert (await call(app, to_json(message_delivery()))).status == 500
    assert "StopIteration" in caplog.text
    await app.aclose()


@pytest.mark.anyio
async def test_a_cancelled_handler_releases_its_event(caplog: pytest.LogCaptureFixture) -> None:
    gauge = Gauge()
    dedupe = MemoryDeduplicator()
    app = asgi_app(gauge, secret=SECRET, deduplicator=dedupe, concurrency=1)
    for number in range(2):
        await call(app, to_json(message_delivery(str(number))))
    await async_wait_until(lambda: gauge.running == 1)
    for task in list(app._tasks):
        task.cancel()
    await app.aclose()
    assert "cancelled before event 5a0000000000000000000001/message:appUser/0 was handled" in caplog.text
    gauge.gate.set()
    for number in range(2):
        assert dedupe.claim(f"5a0000000000000000000001/message:appUser/{number}", "a") == "new"
