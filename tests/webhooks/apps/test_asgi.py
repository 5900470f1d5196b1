"""`asgi_app` under uvicorn on real sockets, and by the ASGI protocol where a socket cannot show the case."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import socket
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.concurrency import async_wait_until
from support.scripted_server import wait_until

from smooch import InvalidInput
from smooch.webhooks import (
    ConversationMessageEvent,
    Delivery,
    MemoryDeduplicator,
    MessageAppUser,
    SQLiteDeduplicator,
    UnknownEvent,
    UnknownTypeEvent,
    asgi_app,
)

from ..calls import call_asgi as call
from ..handlers import AsyncRecordingHandler, RecordingHandler
from ..payloads import (
    KEY,
    SECRET,
    envelope,
    message_delivery,
    message_event,
    numbered_delivery,
    postback_delivery,
    to_json,
)
from ..servers import serve_asgi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from smooch.webhooks.deduplicators.protocol import Claim


class Bot:
    """A handler that records the ids of messages, and waits or fails on request."""

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


@pytest.fixture(params=[Bot, AsyncBot])
def bot(request: pytest.FixtureRequest) -> Any:
    return request.param()


def deliver(url: str, body: Any = None, **options: Any) -> httpx.Response:
    options = {"headers": KEY, "content": to_json(message_delivery()) if body is None else body, **options}
    return httpx.post(url, **options)


def test_a_delivery_reaches_the_handler(bot: Any) -> None:
    with serve_asgi(asgi_app(bot, secret=SECRET)) as url:
        answer = deliver(url, to_json(message_delivery("m1", "m2")))
        assert (answer.status_code, answer.content) == (200, b"")
        wait_until(lambda: bot.handled == ["m1", "m2"])


def test_the_response_does_not_wait_for_the_handler(bot: Any) -> None:
    bot.gate.clear()
    with serve_asgi(asgi_app(bot, secret=SECRET)) as url:
        assert deliver(url).status_code == 200
        assert bot.handled == []
        bot.gate.set()
        wait_until(lambda: bot.handled == ["m1"])


def test_the_shutdown_waits_for_the_handler(bot: Any) -> None:
    bot.gate.clear()
    with serve_asgi(asgi_app(bot, secret=SECRET)) as url:
        assert deliver(url).status_code == 200
        threading.Timer(0.1, bot.gate.set).start()
    assert bot.handled == ["m1"]


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}, {"Authorization": SECRET}])
def test_without_the_secret_401(bot: Any, headers: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    with serve_asgi(asgi_app(bot, secret=SECRET)) as url:
        assert deliver(url, headers=headers).status_code == 401
    assert bot.handled == []
    assert "refused a delivery with 401" in caplog.text
    assert SECRET not in caplog.text
    assert "wrong" not in caplog.text


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b'{"a": NaN}'])
def test_an_unreadable_body_400(bot: Any, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with serve_asgi(asgi_app(bot, secret=SECRET)) as url:
        assert deliver(url, body).status_code == 400
    assert bot.handled == []
    assert "refused a delivery with 400" in caplog.text


def in_chunks(body: bytes, size: int) -> AsyncIterator[bytes] | Any:
    return (body[start : start + size] for start in range(0, len(body), size))


def test_a_body_over_the_limit_413(bot: Any) -> None:
    body = to_json(message_delivery())
    with serve_asgi(asgi_app(bot, secret=SECRET, max_body=len(body))) as url:
        assert deliver(url, body + b" ").status_code == 413
        assert deliver(url, in_chunks(body + b" ", 50)).status_code == 413
        assert deliver(url, body).status_code == 200
        assert deliver(url, in_chunks(to_json(message_delivery("m2")), 50)).status_code == 200
        wait_until(lambda: bot.handled == ["m1", "m2"])


def test_the_limit_is_one_mebibyte() -> None:
    body = to_json(message_delivery())
    with serve_asgi(asgi_app(print, secret=SECRET)) as url:
        assert deliver(url, body + b" " * (2**20 - len(body))).status_code == 200
        assert deliver(url, body + b" " * (2**20 - len(body) + 1)).status_code == 413


def test_a_probe_gets_a_response_without_the_secret() -> None:
    with serve_asgi(asgi_app(print, secret=SECRET)) as url:
        assert httpx.head(url).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_405(method: str) -> None:
    with serve_asgi(asgi_app(print, secret=SECRET)) as url:
        answer = httpx.request(method, url, headers=KEY)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "HEAD, POST"


def test_a_second_delivery_of_an_event_is_dropped(bot: Any) -> None:
    with serve_asgi(asgi_app(bot, secret=SECRET)) as url:
        for body in (
            message_delivery("m1"),
            message_delivery("m1"),
            message_delivery("m2"),
            message_delivery("m1", text="edited"),
        ):
            assert deliver(url, to_json(body)).status_code == 200
    assert bot.handled == ["m1", "m2"]


def test_two_secrets_are_accepted_during_a_rotation(bot: Any) -> None:
    with serve_asgi(asgi_app(bot, secret=["old", "new"])) as url:
        for number, secret in enumerate(("old", "new")):
            answer = deliver(url, to_json(message_delivery(str(number))), headers={"X-API-Key": secret})
            assert answer.status_code == 200
    assert bot.handled == ["0", "1"]


def test_a_failure_is_logged_with_the_event_and_does_not_change_the_response(
    bot: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bot.fails = 1
    with serve_asgi(asgi_app(bot, secret=SECRET)) as url:
        assert deliver(url).status_code == 200
        wait_until(lambda: "no answer today" in caplog.text)
        assert deliver(url).status_code == 200, "an event that failed is new when it is delivered again"
    assert bot.handled == ["m1"]
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.name == "smooch.webhooks"
    assert "5a0000000000000000000001/message:appUser/m1" in record.getMessage()


# await_handler


def test_awaited_the_response_reports_the_outcome(bot: Any) -> None:
    bot.fails = 2
    with serve_asgi(asgi_app(bot, secret=SECRET, await_handler=True)) as url:
        assert [deliver(url).status_code for _ in range(5)] == [500, 500, 200, 200, 200]
    assert bot.handled == ["m1"]


def test_awaited_an_event_that_is_being_handled_503(bot: Any) -> None:
    bot.gate.clear()
    with serve_asgi(asgi_app(bot, secret=SECRET, await_handler=True)) as url:
        first = threading.Thread(target=deliver, args=(url,), kwargs={"timeout": 10})
        first.start()
        wait_until(lambda: bot.started == 1)
        assert deliver(url).status_code == 503
        bot.gate.set()
        first.join()
        assert deliver(url).status_code == 200
    assert bot.handled == ["m1"]


def test_awaited_the_handler_keeps_running_when_the_api_disconnects(bot: Any) -> None:
    bot.gate.clear()
    with serve_asgi(asgi_app(bot, secret=SECRET, await_handler=True)) as url:
        with pytest.raises(httpx.ReadTimeout):
            deliver(url, timeout=httpx.Timeout(5, read=0.2))
        bot.gate.set()
        wait_until(lambda: bot.handled == ["m1"])
        assert deliver(url).status_code == 200
    assert bot.handled == ["m1"]


# several events in a delivery, as v2 has it


@pytest.mark.parametrize("cls", [RecordingHandler, AsyncRecordingHandler])
@pytest.mark.parametrize("await_handler", [True, False])
def test_each_event_of_a_delivery_is_handled_once(cls: Any, await_handler: bool) -> None:
    handler = cls()
    with serve_asgi(asgi_app(handler, secret=SECRET, await_handler=await_handler)) as url:
        for body in (
            numbered_delivery(1, 2, 3),
            numbered_delivery(1, 2, 3),
            numbered_delivery(3),
            numbered_delivery(2, 4),
            numbered_delivery(5),
        ):
            assert deliver(url, body).status_code == 200
    assert sorted(handler.handled) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("cls", [RecordingHandler, AsyncRecordingHandler])
def test_awaited_only_failed_events_are_handled_again(cls: Any, caplog: pytest.LogCaptureFixture) -> None:
    handler = cls("2", "2", "4")
    with serve_asgi(asgi_app(handler, secret=SECRET, await_handler=True)) as url:
        statuses = []
        handled_texts = []
        for _ in range(4):
            statuses.append(deliver(url, numbered_delivery(1, 2, 3, 4)).status_code)
            handled_texts.append("".join(handler.handled))
    assert statuses == [500, 500, 200, 200]
    assert handled_texts == ["13", "134", "1342", "1342"]
    failed = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert failed == [f"the handler failed on event a1/{each}" for each in ("e2", "e4", "e2")]


def test_awaited_an_event_that_another_delivery_is_handling_503() -> None:
    gate, started = threading.Event(), []
    recorder = RecordingHandler()

    def handler(event: Any) -> None:
        started.append(event.id)
        if event.id == "e1":
            gate.wait(10)
        recorder(event)

    with serve_asgi(asgi_app(handler, secret=SECRET, await_handler=True)) as url:
        first = threading.Thread(target=deliver, args=(url, numbered_delivery(1)), kwargs={"timeout": 10})
        first.start()
        wait_until(lambda: started == ["e1"])
        assert deliver(url, numbered_delivery(2, 1)).status_code == 503
        gate.set()
        first.join()
        assert deliver(url, numbered_delivery(2, 1)).status_code == 200
    assert sorted(recorder.handled) == ["1", "2"]


def test_unknown_and_unreadable_events_reach_the_handler_with_the_others() -> None:
    got: list[Any] = []
    odd = {"id": "e2", "type": "conversation:archive"}
    with serve_asgi(asgi_app(got.append, secret=SECRET)) as url:
        assert (
            deliver(url, to_json(envelope(odd, None, message_event(), {"id": "e3", "type": "user:merge"}))).status_code
            == 200
        )
    assert [type(event) for event in got] == [
        UnknownTypeEvent,
        UnknownTypeEvent,
        ConversationMessageEvent,
        UnknownTypeEvent,
    ]


@pytest.mark.parametrize("await_handler", [True, False])
def test_a_delivery_without_events_is_accepted(await_handler: bool) -> None:
    with serve_asgi(asgi_app(print, secret=SECRET, await_handler=await_handler)) as url:
        assert deliver(url, to_json(envelope())).status_code == 200


@pytest.mark.anyio
async def test_an_event_repeated_in_a_delivery_is_handled_once() -> None:
    handler = RecordingHandler()
    app = asgi_app(handler, secret=SECRET, await_handler=True)
    assert (await call(app, numbered_delivery(1, 2, 1))).status == 200
    assert handler.handled == ["1", "2"]
    await app.aclose()


@pytest.mark.anyio
async def test_awaited_the_handler_keeps_running_when_the_server_cancels_the_request() -> None:
    gauge = Gauge()
    app = asgi_app(gauge, secret=SECRET, await_handler=True)
    request = asyncio.create_task(call(app, to_json(message_delivery())))
    await async_wait_until(lambda: gauge.running == 1)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    gauge.gate.set()
    await app.aclose()
    assert gauge.running == 0
    assert (await call(app, to_json(message_delivery()))).status == 200


# what the handler may be


@pytest.mark.anyio
async def test_a_handler_can_take_the_delivery_as_second_argument() -> None:
    got: list[Any] = []

    async def one(event: Any) -> None:
        got.append(event)

    async def both(event: Any, delivery: Delivery) -> None:
        got.append((event, delivery))

    def optional(event: Any, retries: int = 3) -> None:
        got.append((event, retries))

    for handler in (one, both, optional):
        await call(asgi_app(handler, secret=SECRET, await_handler=True), to_json(message_delivery()))
    assert isinstance(got[0], MessageAppUser)
    assert got[1][1].raw == message_delivery()
    assert got[1][0] is got[1][1].events[0]
    assert got[2][1] == 3


@pytest.mark.anyio
async def test_every_kind_of_callable_can_be_a_handler() -> None:
    got: list[str] = []

    class Handlers:
        async def method(self, event: Any) -> None:
            got.append("method")

        async def __call__(self, event: Any) -> None:
            got.append("object")

    async def function(name: str, event: Any) -> None:
        got.append(name)

    events: list[Any] = []
    for handler in (
        Handlers().method,
        Handlers(),
        functools.partial(function, "partial"),
        lambda event: function("lambda", event),
        events.append,
        dir,  # tells nothing of its arguments
    ):
        assert (
            await call(asgi_app(handler, secret=SECRET, await_handler=True), to_json(message_delivery()))
        ).status == 200
    assert got == ["method", "object", "partial", "lambda"]
    assert isinstance(events[0], MessageAppUser)


@pytest.mark.parametrize("handler", [None, "handler", lambda: None, lambda a, b, c: None, lambda *, event: None])
def test_an_invalid_handler_is_refused(handler: Any) -> None:
    with pytest.raises(InvalidInput, match="handler"):
        asgi_app(handler, secret=SECRET)


@pytest.mark.parametrize(
    "options", [{"secret": ""}, {"max_body": 0}, {"concurrency": 0}, {"concurrency": 1.5}, {"backlog": -1}]
)
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(options))):
        asgi_app(print, **{"secret": SECRET, **options})


def test_the_app_shows_no_secret() -> None:
    assert SECRET not in repr(asgi_app(print, secret=SECRET))


# the protocol itself


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


# load


class Gauge:
    """A handler that waits for a gate and counts how many calls run at once."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.gate = asyncio.Event()

    async def __call__(self, event: Any) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        await self.gate.wait()
        self.running -= 1


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


# deduplicators


@pytest.mark.anyio
async def test_a_request_cancelled_during_the_claim_releases_the_event(tmp_path: Path) -> None:
    claiming, go_on = threading.Event(), threading.Event()

    class Slow(SQLiteDeduplicator):
        def claim(self, event_id: str, owner: str) -> Claim:
            claiming.set()
            go_on.wait()
            return super().claim(event_id, owner)

    with closing(Slow(tmp_path / "events.db")) as dedupe:
        bot = AsyncBot()
        app = asgi_app(bot, secret=SECRET, deduplicator=dedupe)
        request = asyncio.create_task(call(app, to_json(message_delivery())))
        await async_wait_until(claiming.is_set)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        go_on.set()
        await app.aclose()
        assert (await call(app, to_json(message_delivery()))).status == 200
        await app.aclose()
    assert len(bot.handled) == 1


class Broken:
    """A deduplicator that fails from the n-th call on."""

    def __init__(self, works: int = 0) -> None:
        self.works = works
        self.released: list[str] = []

    def _use(self) -> None:
        if self.works <= 0:
            raise OSError("the store is gone")
        self.works -= 1

    def claim(self, event_id: str, owner: str) -> Any:
        self._use()
        return "new"

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        self._use()

    def release(self, event_id: str, owner: str) -> None:
        self.released.append(event_id)


@pytest.mark.anyio
@pytest.mark.parametrize("await_handler", [True, False])
async def test_without_its_store_503_so_that_the_api_delivers_again(
    await_handler: bool, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[Any] = []
    dedupe = Broken(works=1)
    app = asgi_app(got.append, secret=SECRET, deduplicator=dedupe, await_handler=await_handler)
    assert (await call(app, numbered_delivery(1, 2))).status == 503
    await app.aclose()
    assert dedupe.released == ["a1/e1", "a1/e2"], "the claim that raised may have been stored"
    assert "the store is gone" in caplog.text
    assert got == []


@pytest.mark.anyio
async def test_a_handled_event_counts_although_it_cannot_be_recorded(caplog: pytest.LogCaptureFixture) -> None:
    got: list[Any] = []
    app = asgi_app(got.append, secret=SECRET, deduplicator=Broken(works=1), await_handler=True)
    assert (await call(app, to_json(message_delivery()))).status == 200
    assert len(got) == 1
    assert "could not record event 5a0000000000000000000001/message:appUser/m1" in caplog.text
    await app.aclose()


class Noting(MemoryDeduplicator):
    def __init__(self) -> None:
        super().__init__()
        self.confirmed: dict[str, float | None] = {}

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        self.confirmed[event_id.split("/")[1]] = at_most
        super().confirm(event_id, at_most=at_most)


@pytest.mark.anyio
async def test_an_undated_event_is_remembered_for_a_minute_only() -> None:
    dedupe = Noting()
    app = asgi_app(lambda event: None, secret=SECRET, deduplicator=dedupe, await_handler=True)
    for body in (message_delivery(), postback_delivery()):
        await call(app, to_json(body))
    assert dedupe.confirmed == {"message:appUser": None, "postback": 60.0}
    await app.aclose()


@pytest.mark.anyio
async def test_only_the_undated_event_of_a_delivery_is_forgotten_soon() -> None:
    dedupe = Noting()
    app = asgi_app(lambda event: None, secret=SECRET, deduplicator=dedupe, await_handler=True)
    bare = {"type": "conversation:archive"}
    await call(app, to_json(envelope(bare, message_event("e1"), message_event("e2"))))
    assert {dedupe.confirmed.pop("e1"), dedupe.confirmed.pop("e2")} == {None}
    assert list(dedupe.confirmed.values()) == [60.0]
    await app.aclose()


@pytest.mark.anyio
async def test_a_custom_deduplicator_is_called_in_a_thread(tmp_path: Path) -> None:
    threads = set()

    class Recording(SQLiteDeduplicator):
        def claim(self, *args: Any) -> Any:
            threads.add(threading.current_thread())
            return super().claim(*args)

        def confirm(self, *args: Any, **options: Any) -> None:
            threads.add(threading.current_thread())
            super().confirm(*args, **options)

    async def handler(event: Any) -> None:
        pass

    with closing(Recording(tmp_path / "events.db")) as dedupe:
        app = asgi_app(handler, secret=SECRET, deduplicator=dedupe, await_handler=True)
        assert [(await call(app, to_json(message_delivery()))).status for _ in range(2)] == [200, 200]
    assert threads
    assert threading.current_thread() not in threads
    with closing(sqlite3.connect(tmp_path / "events.db")) as database:
        assert database.execute("SELECT count(*) FROM smooch_events WHERE owner IS NULL").fetchone() == (1,)


def test_unknown_events_reach_the_handler() -> None:
    got: list[Any] = []
    with serve_asgi(asgi_app(got.append, secret=SECRET)) as url:
        assert deliver(url, b'{"trigger": "conversation:archive"}').status_code == 200
    assert [type(event) for event in got] == [UnknownEvent]


def test_the_server_survives_a_connection_cut_during_the_body() -> None:
    got: list[Any] = []
    with serve_asgi(asgi_app(got.append, secret=SECRET)) as url:
        address = httpx.URL(url)
        for _ in range(3):
            with socket.create_connection((address.host, address.port or 0)) as connection:
                head = f"POST / HTTP/1.1\r\nHost: x\r\nX-API-Key: {SECRET}\r\nContent-Length: 500\r\n\r\n"
                connection.sendall(head.encode() + b'{"trigger"')
        assert deliver(url).status_code == 200
    assert len(got) == 1
