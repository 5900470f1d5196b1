"""`secret` as a function: it is called at the start and when a key does not match; 401 only once the secret is certain."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from support.concurrency import async_wait_until
from support.scripted_server import wait_until

from smooch import InvalidInput
from smooch.webhooks import asgi_app, wsgi_app
from smooch.webhooks.apps import secret as secret_module

from ..calls import call_asgi, call_wsgi, sized
from ..payloads import KEY, SECRET, message_delivery, numbered_delivery, to_json
from ..servers import serve_asgi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Clock:
    """A clock that stands still, except for a tiny step at each reading."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        self.now += 1e-6
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that measures the time since the last call of the secret function."""
    clock = Clock()
    monkeypatch.setattr(secret_module, "time", clock)
    monkeypatch.setattr("smooch.webhooks.apps.asgi.time", clock)
    return clock


class Source:
    """A secret function that returns the given values one after the other, then the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self) -> Any:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class AsyncSource(Source):
    async def __call__(self) -> Any:
        return super().__call__()


SOURCES = pytest.mark.parametrize("cls", [Source, AsyncSource])


async def status(app: Any, key: str = SECRET, number: int = 1) -> int:
    headers = [(b"x-api-key", key.encode())]
    return (await call_asgi(app, numbered_delivery(number), headers=headers)).status


@SOURCES
@pytest.mark.anyio
async def test_asgi_only_the_first_delivery_calls_the_secret_function(cls: Any) -> None:
    source = cls([SECRET, "old"])
    app = asgi_app(print, secret=source)
    assert [await status(app), await status(app, "old"), await status(app)] == [200] * 3
    assert source.asked == 1
    await app.aclose()


def test_wsgi_only_the_first_delivery_calls_the_secret_function() -> None:
    source = Source(SECRET)
    app = wsgi_app(print, secret=source)
    assert [call_wsgi(app, **sized(numbered_delivery(1)))[0] for _ in range(3)] == [200] * 3
    assert source.asked == 1
    app.close()


UNKNOWN = pytest.mark.parametrize("answer", [None, RuntimeError("no network"), "", [], 5, f" {SECRET}"])


@SOURCES
@UNKNOWN
@pytest.mark.anyio
async def test_asgi_503_while_the_secret_is_not_known(
    cls: Any, answer: Any, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source = cls(answer, SECRET)
    app = asgi_app(print, secret=source)
    assert [await status(app), await status(app)] == [503, 503]
    assert source.asked == 1, "not for each delivery"
    clock.now += 11
    assert [await status(app), await status(app)] == [200, 200]
    assert source.asked == 2
    assert "secret of the webhook" in caplog.text
    assert SECRET not in caplog.text
    await app.aclose()


@UNKNOWN
def test_wsgi_503_while_the_secret_is_not_known(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smooch.webhooks.apps.wsgi.backoff", lambda: iter([3600.0]))
    source = Source(answer, SECRET)
    app = wsgi_app(print, secret=source)
    for _ in range(2):
        code, _, body = call_wsgi(app, **sized(numbered_delivery(1)))
        assert (code, body) == (503, b"the secret of the webhook is not known yet")
    assert source.asked == 1
    monkeypatch.setattr(app._secrets, "_next_fetch", 0.0)
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 200
    app.close()


@SOURCES
@pytest.mark.anyio
async def test_asgi_the_first_key_that_does_not_match_fetches_a_new_secret(cls: Any, clock: Clock) -> None:
    source = cls("old", SECRET)
    app = asgi_app(print, secret=source)
    assert await status(app, "old") == 200
    clock.now += 11
    assert await status(app) == 200
    assert await status(app, "old") == 503, "it was asked for a moment ago: perhaps there is another one now"
    clock.now += 11
    assert await status(app, "old") == 401
    assert source.asked == 3
    await app.aclose()


@pytest.mark.anyio
async def test_a_wrong_key_calls_the_function_at_most_every_ten_seconds(clock: Clock) -> None:
    source = Source(SECRET)
    app = asgi_app(print, secret=source)
    assert [await status(app, "guess") for _ in range(5)] == [401, 503, 503, 503, 503]
    assert source.asked == 1
    assert await status(app) == 200
    await app.aclose()


@pytest.mark.anyio
async def test_a_delivery_without_a_key_does_not_call_the_function() -> None:
    source = Source(SECRET)
    app = asgi_app(print, secret=source)
    assert (await call_asgi(app, numbered_delivery(1), headers=[])).status == 401
    assert (await call_asgi(app, method="HEAD")).status == 200
    assert source.asked == 0
    await app.aclose()


@pytest.mark.anyio
async def test_asgi_concurrent_deliveries_share_one_call() -> None:
    gate = asyncio.Event()
    calls = []

    async def source() -> str:
        calls.append(1)
        await gate.wait()
        return SECRET

    app = asgi_app(print, secret=source)
    requests = [asyncio.create_task(status(app, number=number)) for number in range(5)]
    await async_wait_until(lambda: calls == [1])
    gate.set()
    assert [await request for request in requests] == [200] * 5
    assert calls == [1]
    await app.aclose()


def test_wsgi_concurrent_deliveries_share_one_call() -> None:
    gate, calls, statuses = threading.Event(), [], []

    def source() -> str:
        calls.append(1)
        gate.wait(10)
        return SECRET

    app = wsgi_app(print, secret=source)

    def deliver(number: int) -> None:
        statuses.append(call_wsgi(app, **sized(numbered_delivery(number)))[0])

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    wait_until(lambda: calls == [1])
    gate.set()
    for thread in threads:
        thread.join()
    assert (calls, statuses) == ([1], [200] * 5)
    app.close()


def test_a_secret_that_another_thread_has_just_fetched_is_compared_too() -> None:
    secrets = secret_module.KnownSecrets(lambda: SECRET)
    started = secrets.note_start()

    def ends_now() -> bool:
        secrets.update(started, SECRET)
        return False

    assert not secrets.must_fetch(KEY, time.monotonic(), ends_now)


def never() -> Callable[[], str]:
    gate = threading.Event()
    return lambda: str(gate.wait(10))


@pytest.mark.anyio
async def test_asgi_a_hanging_secret_function_ends_at_the_deadline() -> None:
    async def source() -> str:
        await asyncio.Event().wait()
        return SECRET

    for one in (source, never()):
        app = asgi_app(print, secret=one, deadline=0.2)
        assert await status(app) == 503
        async with asyncio.timeout(5):
            await app.aclose()


def test_wsgi_a_hanging_secret_function_ends_at_the_deadline() -> None:
    app = wsgi_app(print, secret=never(), deadline=0.2)
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 503
    app.close()


# at the start of the app


@SOURCES
def test_asgi_the_secret_is_fetched_when_the_server_starts(cls: Any) -> None:
    source = cls(RuntimeError("the target does not answer"), None, SECRET)
    with serve_asgi(asgi_app(print, secret=source)) as url:
        wait_until(lambda: source.asked == 3)
        assert httpx.post(url, content=to_json(message_delivery()), headers=KEY).status_code == 200
    assert source.asked == 3


def test_asgi_the_secret_is_fetched_when_the_lifespan_of_another_app_starts() -> None:
    source = AsyncSource(SECRET)
    hook = asgi_app(print, secret=source)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with hook:
            yield

    with serve_asgi(Starlette(routes=[Route("/hook", hook)], lifespan=lifespan)) as url:
        wait_until(lambda: source.asked == 1)
        assert httpx.post(f"{url}/hook", content=to_json(message_delivery()), headers=KEY).status_code == 200
    assert source.asked == 1


def test_asgi_the_server_stops_although_the_secret_function_hangs() -> None:
    source = AsyncSource(None)
    with serve_asgi(asgi_app(print, secret=source)):
        wait_until(lambda: source.asked == 1)


def test_wsgi_the_secret_is_fetched_in_the_background() -> None:
    source = Source(RuntimeError("the target does not answer"), SECRET)
    app = wsgi_app(print, secret=source)
    app.start()
    wait_until(lambda: source.asked == 2 and not app._secrets.is_unknown)
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 200
    app.start()
    app.close()
    assert source.asked == 2


def test_wsgi_the_first_request_of_any_kind_starts_the_fetches() -> None:
    source = Source(RuntimeError("the target does not answer"), SECRET)
    app = wsgi_app(print, secret=source)
    assert call_wsgi(app, REQUEST_METHOD="HEAD")[0] == 200
    wait_until(lambda: source.asked == 2 and not app._secrets.is_unknown)
    app.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_wsgi_a_forked_worker_starts_again() -> None:
    source = Source(None)
    app = wsgi_app(print, secret=source)
    app.start()
    wait_until(lambda: source.asked == 1)
    child = os.fork()
    if not child:
        source.answers, source.asked = [SECRET], 0
        call_wsgi(app, REQUEST_METHOD="HEAD")
        wait_until(lambda: source.asked == 1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    source.answers = [SECRET]
    wait_until(lambda: not app._secrets.is_unknown)
    app.close()


def test_a_fixed_secret_needs_no_start() -> None:
    wsgi_app(print, secret=SECRET).start()


@pytest.mark.parametrize("secret", [AsyncSource(SECRET), AsyncSource.__call__])
def test_wsgi_refuses_an_async_function(secret: Any) -> None:
    with pytest.raises(InvalidInput, match="secret must not be async") as caught:
        wsgi_app(print, secret=secret)
    assert caught.value.field == "secret"


def test_wsgi_an_awaitable_is_refused_as_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    source = AsyncSource(SECRET)
    app = wsgi_app(print, secret=lambda: source())  # type: ignore[arg-type, return-value]
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 503
    assert "use asgi_app" in caplog.text
    app.close()


def test_the_app_shows_no_fetched_secret() -> None:
    app = wsgi_app(print, secret=Source(SECRET))
    call_wsgi(app, **sized(numbered_delivery(1)))
    assert SECRET not in repr(app)
    app.close()
