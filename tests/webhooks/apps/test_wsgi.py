"""`wsgi_app` under wsgiref on real sockets, and by a WSGI environment where a socket cannot show the case."""

from __future__ import annotations

import functools
import io
import os
import subprocess
import sys
import threading
from typing import Any

import httpx
import pytest
from support.scripted_server import wait_until

from smooch import InvalidInput
from smooch.webhooks import MemoryDeduplicator, MessageAppUser, wsgi_app

from ..calls import call_wsgi as call
from ..calls import sized
from ..handlers import RecordingHandler
from ..payloads import KEY, SECRET, envelope, message_delivery, numbered_delivery, to_json
from ..servers import serve_wsgi


class Bot:
    """A handler that records the ids of messages, and waits or fails on request."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.started = self.running = self.most = self.fails = 0
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()

    def __call__(self, event: MessageAppUser) -> None:
        with self._lock:
            self.started += 1
            self.running += 1
            self.most = max(self.most, self.running)
        self.gate.wait(10)
        with self._lock:
            self.running -= 1
            if self.fails:
                self.fails -= 1
                raise RuntimeError("no answer today")
            self.handled += [message.id for message in event.messages]


@pytest.fixture
def bot() -> Any:
    return Bot()


def deliver(url: str, body: Any = None, **options: Any) -> int:
    options = {"headers": KEY, "content": to_json(message_delivery()) if body is None else body, **options}
    return httpx.post(url, **options).status_code


def test_a_delivery_reaches_the_handler_and_the_response_does_not_wait(bot: Any) -> None:
    bot.gate.clear()
    app = wsgi_app(bot, secret=SECRET)
    with serve_wsgi(app) as url:
        assert deliver(url, to_json(message_delivery("m1", "m2"))) == 200
        assert bot.handled == []
        bot.gate.set()
        app.close()
        assert bot.handled == ["m1", "m2"]
        assert deliver(url, to_json(message_delivery("m3"))) == 200
    app.close()
    assert bot.handled == ["m1", "m2", "m3"]


def test_each_kind_of_request_has_its_status(bot: Any, caplog: pytest.LogCaptureFixture) -> None:
    app = wsgi_app(bot, secret=[SECRET, "another"], max_body=1000)
    with serve_wsgi(app) as url:
        assert httpx.head(url).status_code == 200
        assert httpx.get(url).status_code == 405
        assert httpx.put(url, content=b"{}", headers=KEY).headers["Allow"] == "HEAD, POST"
        assert deliver(url, headers={}) == 401
        assert deliver(url, headers={"X-API-Key": "wrong"}) == 401
        assert deliver(url, b"no JSON") == 400
        assert deliver(url, b"") == 400
        assert deliver(url, b" " * 1001) == 413
        assert deliver(url, headers={"x-api-key": "another"}) == 200
    app.close()
    assert bot.handled == ["m1"]
    assert "refused a delivery with 401" in caplog.text
    assert not {SECRET, "another", "wrong"} & set(caplog.text.split())
    assert SECRET not in repr(app)


def test_a_repeated_event_is_dropped_unless_its_handler_failed(bot: Any, caplog: pytest.LogCaptureFixture) -> None:
    bot.fails = 1
    app = wsgi_app(bot, secret=SECRET)
    with serve_wsgi(app) as url:
        for expected in ([], ["m1"], ["m1"]):
            assert deliver(url) == 200
            app.close()
            assert bot.handled == expected
    assert "the handler failed on event 5a0000000000000000000001/message:appUser/m1" in caplog.text
    assert "no answer today" in caplog.text


def test_awaited_the_response_reports_the_outcome(bot: Any) -> None:
    bot.fails = 2
    with serve_wsgi(wsgi_app(bot, secret=SECRET, await_handler=True)) as url:
        assert [deliver(url) for _ in range(5)] == [500, 500, 200, 200, 200]
    assert bot.handled == ["m1"]


def test_awaited_an_event_that_is_being_handled_503(bot: Any) -> None:
    bot.gate.clear()
    with serve_wsgi(wsgi_app(bot, secret=SECRET, await_handler=True)) as url:
        first = threading.Thread(target=deliver, args=(url,), kwargs={"timeout": 10})
        first.start()
        wait_until(lambda: bot.started == 1)
        assert deliver(url) == 503
        bot.gate.set()
        first.join()
        assert deliver(url) == 200
    assert bot.handled == ["m1"]


@pytest.mark.parametrize("await_handler", [True, False])
def test_each_event_of_a_delivery_is_handled_once(await_handler: bool) -> None:
    handler = RecordingHandler()
    app = wsgi_app(handler, secret=SECRET, await_handler=await_handler)
    with serve_wsgi(app) as url:
        for body in (
            numbered_delivery(1, 2, 3),
            numbered_delivery(1, 2, 3),
            numbered_delivery(3),
            numbered_delivery(2, 4),
            numbered_delivery(5),
            to_json(envelope()),
        ):
            assert deliver(url, body) == 200
    app.close()
    assert sorted(handler.handled) == ["1", "2", "3", "4", "5"]


def test_awaited_only_failed_events_are_handled_again(caplog: pytest.LogCaptureFixture) -> None:
    handler = RecordingHandler("2", "2", "4")
    with serve_wsgi(wsgi_app(handler, secret=SECRET, await_handler=True)) as url:
        statuses = []
        handled_texts = []
        for _ in range(4):
            statuses.append(deliver(url, numbered_delivery(1, 2, 3, 4)))
            handled_texts.append("".join(handler.handled))
    assert statuses == [500, 500, 200, 200]
    assert handled_texts == ["13", "134", "1342", "1342"]
    failed = [record.getMessage() for record in caplog.records]
    assert failed == [f"the handler failed on event a1/{each}" for each in ("e2", "e4", "e2")]


def test_the_number_of_running_and_waiting_events_is_limited(bot: Any) -> None:
    bot.gate.clear()
    app = wsgi_app(bot, secret=SECRET, concurrency=3, backlog=4)
    statuses = [call(app, **sized(to_json(message_delivery(str(number)))))[0] for number in range(9)]
    assert statuses == [200] * 7 + [503] * 2
    wait_until(lambda: bot.running == 3)
    bot.gate.set()
    app.close()
    assert bot.most == 3
    assert call(app, **sized(to_json(message_delivery("8"))))[0] == 200, (
        "what was refused is new when it is delivered again"
    )
    app.close()
    assert sorted(bot.handled) == [*"0123456", "8"]


class Trickle:
    """A stream that returns a few bytes at a time."""

    def __init__(self, body: bytes) -> None:
        self._stream = io.BytesIO(body)

    def read(self, size: int) -> bytes:
        return self._stream.read(min(size, 7))


class Cut:
    def read(self, size: int) -> bytes:
        raise ConnectionResetError


def test_bodies_of_every_length_are_read(bot: Any) -> None:
    app = wsgi_app(bot, secret=SECRET, await_handler=True, max_body=len(to_json(message_delivery())))
    body = to_json(message_delivery())
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked"}
    ends = {"wsgi.input_terminated": True, **chunked}
    assert call(app, Trickle(body), CONTENT_LENGTH=str(len(body)))[0] == 200
    assert call(app, body + b"of the next request", CONTENT_LENGTH=str(len(body)))[0] == 200
    assert call(app, Trickle(body), **ends)[0] == 200
    assert call(app, Trickle(body + b" "), **ends)[0] == 413
    assert call(app, body, CONTENT_LENGTH=str(len(body) + 1))[0] == 413
    assert call(app, body, **chunked)[0] == 411
    assert call(app, body, CONTENT_LENGTH="")[0] == 400
    assert call(app, body)[0] == 400
    assert call(app, body, CONTENT_LENGTH="-1")[0] == 400
    assert call(app, body, CONTENT_LENGTH="many")[0] == 400
    assert call(app, body[:-5], CONTENT_LENGTH=str(len(body)))[0] == 400
    assert call(app, Cut(), CONTENT_LENGTH=str(len(body)))[0] == 400
    assert bot.handled == ["m1"]


@pytest.mark.parametrize("length", ["²", "٣", "1" * 5000, "-1", "+1", "1_0", "0x10", "1.0", " 1", "many"])
def test_an_invalid_content_length_400_after_the_key_is_checked(length: str) -> None:
    app = wsgi_app(print, secret=SECRET)
    status, _, content = call(app, b"{}", CONTENT_LENGTH=length)
    assert (status, content) == (400, b"Content-Length is not a valid number")
    assert call(app, b"{}", CONTENT_LENGTH=length, HTTP_X_API_KEY="wrong")[0] == 401


def test_an_unread_body_needs_the_key_too() -> None:
    app = wsgi_app(print, secret=SECRET, max_body=10)
    for environ in ({"CONTENT_LENGTH": "11"}, {"HTTP_TRANSFER_ENCODING": "chunked"}):
        assert call(app, b"{}", **environ)[0] in (411, 413)
        assert call(app, b"{}", **environ, HTTP_X_API_KEY="wrong")[0] == 401


def test_responses_have_a_length_and_a_type() -> None:
    status, headers, content = call(wsgi_app(print, secret=SECRET), HTTP_X_API_KEY="wrong")
    assert status == 401
    assert headers == {"content-type": "text/plain; charset=utf-8", "content-length": str(len(content))}


async def _async(event: Any) -> None: ...


class _Async:
    async def __call__(self, event: Any) -> None: ...


PARTIAL = functools.partial(functools.partial(_Async()))


@pytest.mark.parametrize("handler", [_async, _Async(), PARTIAL, None, lambda: None])
def test_an_invalid_handler_is_refused(handler: Any) -> None:
    with pytest.raises(InvalidInput, match="handler"):
        wsgi_app(handler, secret=SECRET)


class Later:
    def __await__(self) -> Any: ...


@pytest.mark.parametrize("handler", [lambda event: _async(event), lambda event: Later()])
def test_an_awaitable_from_the_handler_is_a_failure(handler: Any, caplog: pytest.LogCaptureFixture) -> None:
    app = wsgi_app(handler, secret=SECRET, await_handler=True)
    assert call(app, **sized(to_json(message_delivery())))[0] == 500
    assert "use asgi_app" in caplog.text


def test_without_its_store_503_so_that_the_api_delivers_again(bot: Any) -> None:
    class Broken(MemoryDeduplicator):
        def claim(self, event_id: str, owner: str) -> Any:
            raise OSError("the store is gone")

    app = wsgi_app(bot, secret=SECRET, deduplicator=Broken())
    assert call(app, **sized(to_json(message_delivery())))[0] == 503
    app.close()
    assert bot.handled == []


class Failing:
    """A deduplicator that fails after a number of calls."""

    def __init__(self, works: int) -> None:
        self.works = works

    def _use(self) -> None:
        self.works -= 1
        if self.works < 0:
            raise OSError("the store is gone")

    def claim(self, event_id: str, owner: str) -> Any:
        self._use()
        return "new"

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        self._use()

    def release(self, event_id: str, owner: str) -> None:
        self._use()


def test_a_handled_event_counts_although_it_cannot_be_recorded(bot: Any, caplog: pytest.LogCaptureFixture) -> None:
    app = wsgi_app(bot, secret=SECRET, deduplicator=Failing(1), await_handler=True)
    assert call(app, **sized(to_json(message_delivery())))[0] == 200
    assert bot.handled == ["m1"]
    assert "could not record event 5a0000000000000000000001/message:appUser/m1" in caplog.text
    app.close()


def test_a_claim_that_cannot_be_released_expires_with_its_lease(bot: Any, caplog: pytest.LogCaptureFixture) -> None:
    app = wsgi_app(bot, secret=SECRET, deduplicator=Failing(1))
    assert call(app, **sized(numbered_delivery(1, 2)))[0] == 503
    wait_until(lambda: "could not release event a1/e2" in caplog.text)
    assert "could not release event a1/e1" in caplog.text
    app.close()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_handler_releases_its_event_and_the_next(error: type[BaseException]) -> None:
    def handler(event: Any) -> None:
        raise error

    dedupe = MemoryDeduplicator()
    app = wsgi_app(handler, secret=SECRET, deduplicator=dedupe, await_handler=True)
    with pytest.raises(error):
        call(app, **sized(numbered_delivery(1, 2)))
    assert [dedupe.claim(event_id, "a") for event_id in ("a1/e1", "a1/e2")] == ["new", "new"]


def test_an_interrupted_claim_is_released(bot: Any) -> None:
    class Interrupted(MemoryDeduplicator):
        def claim(self, event_id: str, owner: str) -> Any:
            super().claim(event_id, owner)
            raise KeyboardInterrupt

    dedupe = Interrupted()
    app = wsgi_app(bot, secret=SECRET, deduplicator=dedupe)
    with pytest.raises(KeyboardInterrupt):
        call(app, **sized(numbered_delivery(1)))
    assert MemoryDeduplicator.claim(dedupe, "a1/e1", "a") == "new"
    assert app._in_progress == 0


LEAVE = """
import io, sys, time
from smooch.webhooks import wsgi_app
def handler(event):
    time.sleep(0.2)
    print(event.messages[0].id, flush=True)
app = wsgi_app(handler, secret="s", concurrency=1)
for number in range(3):
    body = b'{"trigger":"message:appUser","app":{"_id":"a"},"appUser":{"_id":"u"},"messages":[{"_id":"m%d","type":"text"}]}' % number
    app({"REQUEST_METHOD": "POST", "HTTP_X_API_KEY": "s", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)},
        lambda *_: None)
"""


def test_a_regular_exit_finishes_the_handlers() -> None:
    run = subprocess.run([sys.executable, "-c", LEAVE], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["m0", "m1", "m2"], run.stderr


FORK = """
import io, os, sys
from smooch.webhooks import wsgi_app
heard = []
app = wsgi_app(lambda event: heard.append(event.messages[0].id), secret="s", concurrency=1)
def deliver(name):
    body = b'{"trigger":"message:appUser","app":{"_id":"a"},"appUser":{"_id":"u"},"messages":[{"_id":"%s","type":"text"}]}' % name
    app({"REQUEST_METHOD": "POST", "HTTP_X_API_KEY": "s", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)},
        lambda *_: None)
deliver(b"before")
while not heard:
    pass
child = os.fork()
deliver(b"after")
app.close()
os.write(1, f"{heard[0]} {heard[1]}\\n".encode())  # in one piece
if child:
    os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_an_app_that_was_used_before_a_fork_handles_on_both_sides() -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORK]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "before after\n" * 2, run.stderr


def test_a_delivery_during_the_exit_503_so_that_the_api_delivers_again(bot: Any) -> None:
    dedupe = MemoryDeduplicator()
    app = wsgi_app(bot, secret=SECRET, deduplicator=dedupe)
    call(app, **sized(to_json(message_delivery("m1"))))
    assert app._threads
    app._threads.shutdown()  # what the interpreter does when it ends
    assert call(app, **sized(to_json(message_delivery("m2"))))[0] == 503
    assert dedupe.claim("5a0000000000000000000001/message:appUser/m2", "a") == "new"
