"""`asgi_app` under uvicorn: responses, `await_handler`, several events, handlers and options."""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.concurrency import async_wait_until
from support.scripted_server import wait_until

from smooch import InvalidInput
from smooch.webhooks import (
    ConversationMessageEvent,
    Delivery,
    MessageAppUser,
    UnknownEvent,
    UnknownTypeEvent,
    asgi_app,
)

from ..calls import call_asgi as call
from ..handlers import AsyncBot, AsyncRecordingHandler, Bot, Gauge, RecordingHandler
from ..payloads import (
    KEY,
    SECRET,
    envelope,
    message_delivery,
    message_event,
    numbered_delivery,
    to_json,
)
from ..servers import serve_asgi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


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


# `await_handler=True`


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


# Several events in a delivery of v2


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


# Handlers and options


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
