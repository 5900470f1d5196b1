"""Apps whose deduplicator loses replies, hangs, or reports that another process handles the event."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry
from support.concurrency import async_wait_until
from support.scripted_server import silent_server, wait_until

from smooch import InvalidInput
from smooch.webhooks import (
    AsyncRedisDeduplicator,
    Claim,
    MemoryDeduplicator,
    RedisDeduplicator,
    SQLiteDeduplicator,
    asgi_app,
    wsgi_app,
)

from ..calls import call_asgi, call_wsgi, sized
from ..handlers import RecordingHandler
from ..payloads import SECRET, numbered_delivery
from ..redis_proxy import RedisProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def proxy(redis_url: str) -> Iterator[RedisProxy]:
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    with RedisProxy(redis_url) as proxy:
        yield proxy


def by_url(url: str) -> RedisDeduplicator:
    return RedisDeduplicator(url)


def by_client(url: str) -> RedisDeduplicator:
    return RedisDeduplicator(redis.Redis.from_url(url, socket_timeout=5))


def by_client_that_repeats(url: str) -> RedisDeduplicator:
    return RedisDeduplicator(redis.Redis.from_url(url, socket_timeout=5, retry=Retry(NoBackoff(), 3)))


WAYS = [by_url, by_client, by_client_that_repeats]
MODES = pytest.mark.parametrize("await_handler", [True, False])


@MODES
@pytest.mark.parametrize("make", WAYS)
@pytest.mark.anyio
async def test_asgi_a_claim_whose_reply_is_lost_loses_no_event(
    proxy: RedisProxy, make: Callable[[str], RedisDeduplicator], await_handler: bool
) -> None:
    handler = RecordingHandler()
    dedupe = make(proxy.url)
    app = asgi_app(handler, secret=SECRET, deduplicator=dedupe, await_handler=await_handler)
    proxy.lose(1)
    statuses = [(await call_asgi(app, numbered_delivery(1))).status]
    assert proxy.lost == 1
    async with asyncio.timeout(10):
        while statuses[-1] != 200:  # as the API does; the claim is released soon after the answer
            assert statuses[-1] == 503
            await asyncio.sleep(0.05)
            statuses.append((await call_asgi(app, numbered_delivery(1))).status)
    await app.aclose()
    assert handler.handled == ["1"]
    dedupe.close()


@MODES
@pytest.mark.parametrize("make", WAYS)
def test_wsgi_a_claim_whose_reply_is_lost_loses_no_event(
    proxy: RedisProxy, make: Callable[[str], RedisDeduplicator], await_handler: bool
) -> None:
    handler = RecordingHandler()
    dedupe = make(proxy.url)
    app = wsgi_app(handler, secret=SECRET, deduplicator=dedupe, await_handler=await_handler)
    proxy.lose(1)
    statuses = [call_wsgi(app, **sized(numbered_delivery(1)))[0]]
    assert proxy.lost == 1
    wait_until(lambda: statuses[-1] == 200 or bool(statuses.append(call_wsgi(app, **sized(numbered_delivery(1)))[0])))
    app.close()
    assert set(statuses) <= {503, 200}
    assert handler.handled == ["1"]
    dedupe.close()


@pytest.fixture(params=["memory", "SQLite", "Redis"])
def dedupe(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryDeduplicator()
        return
    if request.param == "SQLite":
        deduplicator: Any = SQLiteDeduplicator(tmp_path / "events.db")
    else:
        deduplicator = RedisDeduplicator(request.getfixturevalue("proxy").url)
    with closing(deduplicator):
        yield deduplicator


@MODES
@pytest.mark.anyio
async def test_asgi_an_event_that_another_process_is_handling_503(dedupe: Any, await_handler: bool) -> None:
    handler = RecordingHandler()
    app = asgi_app(handler, secret=SECRET, deduplicator=dedupe, await_handler=await_handler)
    assert dedupe.claim("a1/e1", "another process") == "new"
    assert (await call_asgi(app, numbered_delivery(1, 2))).status == 503
    dedupe.release("a1/e1", "another process")
    await async_wait_until(lambda: handler.handled == ["2"])
    await app.aclose()
    assert (await call_asgi(app, numbered_delivery(1, 2))).status == 200
    await app.aclose()
    assert handler.handled == ["2", "1"]


@MODES
def test_wsgi_an_event_that_another_process_is_handling_503(dedupe: Any, await_handler: bool) -> None:
    handler = RecordingHandler()
    app = wsgi_app(handler, secret=SECRET, deduplicator=dedupe, await_handler=await_handler)
    assert dedupe.claim("a1/e1", "another process") == "new"
    assert call_wsgi(app, **sized(numbered_delivery(1, 2)))[0] == 503
    dedupe.release("a1/e1", "another process")
    app.close()
    assert call_wsgi(app, **sized(numbered_delivery(1, 2)))[0] == 200
    app.close()
    assert handler.handled == ["2", "1"]


@pytest.mark.anyio
async def test_asgi_an_event_that_this_process_is_handling_200(dedupe: Any) -> None:
    gate = asyncio.Event()
    started: list[str] = []

    async def handler(event: Any) -> None:
        started.append(event.id)
        await gate.wait()

    app = asgi_app(handler, secret=SECRET, deduplicator=dedupe)
    assert (await call_asgi(app, numbered_delivery(1))).status == 200
    assert (await call_asgi(app, numbered_delivery(1))).status == 200
    gate.set()
    await app.aclose()
    assert started == ["e1"]


def test_wsgi_an_event_that_this_process_is_handling_200(dedupe: Any) -> None:
    gate, started = threading.Event(), []

    def handler(event: Any) -> None:
        started.append(event.id)
        gate.wait(10)

    app = wsgi_app(handler, secret=SECRET, deduplicator=dedupe)
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 200
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 200
    gate.set()
    app.close()
    assert started == ["e1"]


# a store that hangs


def hanging(url: str, kind: str) -> Any:
    """A deduplicator whose first call hangs."""
    url = url.replace("http:", "redis:")
    if kind == "URL":
        return RedisDeduplicator(url)
    if kind == "async client":
        return AsyncRedisDeduplicator(redis.asyncio.Redis.from_url(url, socket_timeout=None))
    return RedisDeduplicator(redis.Redis.from_url(url, socket_timeout=None))


@pytest.mark.parametrize("kind", ["URL", "client", "async client"])
@pytest.mark.anyio
async def test_asgi_a_hanging_store_delays_no_other_event(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with silent_server() as url:
        handler = RecordingHandler()
        app = asgi_app(handler, secret=SECRET, deduplicator=hanging(url, kind), deadline=0.5)
        other = asgi_app(handler, secret=SECRET)
        requests = [asyncio.create_task(call_asgi(app, numbered_delivery(number))) for number in range(20)]
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await asyncio.get_running_loop().getaddrinfo("localhost", 80)
            await asyncio.to_thread(threading.get_ident)
            assert (await call_asgi(app, method="HEAD")).status == 200
            assert (await call_asgi(app, b"no JSON")).status == 400
            assert (await call_asgi(other, numbered_delivery(99))).status == 200
            assert {response.status for response in await asyncio.gather(*requests)} == {503}
            await app.aclose()
            await other.aclose()
        assert handler.handled == ["99"]
    assert "before the deadline" in caplog.text


@pytest.mark.anyio
async def test_asgi_waiting_claims_count_as_running_events() -> None:
    with silent_server() as url:
        app = asgi_app(print, secret=SECRET, deduplicator=hanging(url, "URL"), deadline=2, concurrency=1, backlog=2)
        waiting = [asyncio.create_task(call_asgi(app, numbered_delivery(number))) for number in range(3)]
        await asyncio.sleep(0)
        refused = await call_asgi(app, numbered_delivery(4))
        assert (refused.status, refused.body) == (503, b"too many deliveries are in progress")
        assert [(await one).status for one in waiting] == [503] * 3
        await app.aclose()


def test_wsgi_a_hanging_store_is_abandoned_at_the_deadline() -> None:
    statuses = []
    with silent_server() as url:
        app = wsgi_app(
            print, secret=SECRET, deduplicator=hanging(url, "client"), deadline=0.5, concurrency=1, backlog=9
        )

        def deliver(number: int) -> None:
            statuses.append(call_wsgi(app, **sized(numbered_delivery(number)))[0])

        threads = [threading.Thread(target=deliver, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        wait_until(lambda: app._in_progress == 10 or bool(statuses))
        body = call_wsgi(app, **sized(numbered_delivery(11)))[2]
        for thread in threads:
            thread.join()
        app.close()
    assert body == b"too many deliveries are in progress"
    assert statuses == [503] * 10


HANG = """
import io, sys
import redis
from smooch.webhooks import RedisDeduplicator, wsgi_app
dedupe = RedisDeduplicator(redis.Redis.from_url(sys.argv[1], socket_timeout=None))
app = wsgi_app(print, secret="s", deduplicator=dedupe, deadline=0.2)
body = b'{"trigger": "message:appUser"}'
app({"REQUEST_METHOD": "POST", "HTTP_X_API_KEY": "s", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)},
    lambda status, _: print(status))
"""


def test_the_process_ends_although_the_store_hangs() -> None:
    with silent_server() as url:
        command = [sys.executable, "-c", HANG, url.replace("http:", "redis:")]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.stdout == "503 Service Unavailable\n", run.stderr


class Gated(SQLiteDeduplicator):
    """A deduplicator whose calls wait until the gate opens."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.gate, self.claimed = threading.Event(), threading.Event()

    def claim(self, event_id: str, owner: str) -> Claim:
        self.gate.wait(10)
        claim = super().claim(event_id, owner)
        self.claimed.set()
        return claim


@pytest.mark.anyio
async def test_asgi_a_late_claim_is_released(tmp_path: Path) -> None:
    handler = RecordingHandler()
    with closing(Gated(tmp_path / "events.db")) as dedupe:
        app = asgi_app(handler, secret=SECRET, deduplicator=dedupe, deadline=0.5)
        assert (await call_asgi(app, numbered_delivery(1))).status == 503
        dedupe.gate.set()
        await async_wait_until(dedupe.claimed.is_set)
        await app.aclose()
        assert (await call_asgi(app, numbered_delivery(1))).status == 200
        await app.aclose()
    assert handler.handled == ["1"]


def test_wsgi_a_late_claim_is_released(tmp_path: Path) -> None:
    handler = RecordingHandler()
    with closing(Gated(tmp_path / "events.db")) as dedupe:
        app = wsgi_app(handler, secret=SECRET, deduplicator=dedupe, deadline=0.5)
        assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 503
        dedupe.gate.set()
        wait_until(dedupe.claimed.is_set)
        wait_until(lambda: call_wsgi(app, **sized(numbered_delivery(1)))[0] == 200)
        app.close()
    assert handler.handled == ["1"]


class Forgetful:
    """An async deduplicator whose `confirm` hangs."""

    async def claim(self, event_id: str, owner: str) -> Claim:
        return "new"

    async def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        await asyncio.Event().wait()

    async def release(self, event_id: str, owner: str) -> None: ...


@pytest.mark.anyio
async def test_a_handled_event_counts_although_recording_it_hangs() -> None:
    handler = RecordingHandler()
    app = asgi_app(handler, secret=SECRET, deduplicator=Forgetful(), await_handler=True, deadline=0.2)
    assert (await call_asgi(app, numbered_delivery(1))).status == 200
    await app.aclose()
    assert handler.handled == ["1"]


@pytest.mark.anyio
async def test_asgi_a_handler_beyond_the_deadline_503_and_keeps_running() -> None:
    gate = asyncio.Event()
    recorder = RecordingHandler()

    async def handler(event: Any) -> None:
        await gate.wait()
        recorder(event)

    app = asgi_app(handler, secret=SECRET, await_handler=True, deadline=0.2)
    response = await call_asgi(app, numbered_delivery(1))
    assert (response.status, response.body) == (503, b"the handler did not finish before the deadline")
    assert (await call_asgi(app, numbered_delivery(1))).status == 503
    gate.set()
    await app.aclose()
    assert (await call_asgi(app, numbered_delivery(1))).status == 200
    assert recorder.handled == ["1"]


@pytest.mark.anyio
async def test_asgi_a_body_that_never_arrives_503() -> None:
    app = asgi_app(print, secret=SECRET, deadline=0.2)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"x-api-key", SECRET.encode())], "path": "/"}
    await app(scope, receive, send)
    assert sent[0]["status"] == 503


def test_redis_can_be_used_in_several_event_loops(proxy: RedisProxy) -> None:
    handler = RecordingHandler()
    dedupe = RedisDeduplicator(proxy.url)
    app = asgi_app(handler, secret=SECRET, deduplicator=dedupe, await_handler=True)

    async def use(*numbers: int) -> list[int]:
        statuses = [(await call_asgi(app, numbered_delivery(number))).status for number in numbers]
        await app.aclose()
        return statuses

    assert asyncio.run(use(1, 2)) == [200, 200]
    assert asyncio.run(use(2, 3)) == [200, 200]
    assert handler.handled == ["1", "2", "3"]
    dedupe.close()


@pytest.mark.anyio
async def test_an_async_redis_client_is_used_and_left_open(proxy: RedisProxy) -> None:
    handler = RecordingHandler()
    async with redis.asyncio.Redis.from_url(proxy.url) as client:
        app = asgi_app(handler, secret=SECRET, deduplicator=AsyncRedisDeduplicator(client), await_handler=True)
        assert [(await call_asgi(app, numbered_delivery(1))).status for _ in range(2)] == [200, 200]
        await app.aclose()
        assert await client.get("smooch:webhooks:a1/e1") == b"handled"
    assert handler.handled == ["1"]


@pytest.mark.anyio
async def test_async_and_sync_deduplicators_share_their_keys(proxy: RedisProxy) -> None:
    with closing(RedisDeduplicator(proxy.url, prefix="bot:", lease=100, expiry=1000)) as dedupe:
        twin = dedupe.to_async()
        assert twin is not None
        assert await twin.claim("e1", "a") == "new"
        assert dedupe.claim("e1", "b") == "running"
        await twin.release("e1", "b")
        assert dedupe.claim("e1", "a") == "new"
        await twin.confirm("e1", at_most=10)
        assert dedupe.claim("e1", "b") == "handled"
        await twin.release("e1", "a")
        assert await twin.claim("e1", "b") == "handled"
        await twin.aclose()
        assert await twin.claim("e2", "a") == "new"
        await twin.aclose()


@pytest.mark.parametrize("deadline", [0, -1, 20, 60, True, "15", float("nan")])
@pytest.mark.parametrize("make", [asgi_app, wsgi_app])
def test_an_invalid_deadline_is_refused(make: Any, deadline: Any) -> None:
    with pytest.raises(InvalidInput, match="deadline"):
        make(print, secret=SECRET, deadline=deadline)


@pytest.mark.parametrize("make", [asgi_app, wsgi_app])
@pytest.mark.parametrize("dedupe", ["events.db", 5, MemoryDeduplicator])
def test_an_invalid_deduplicator_is_refused(make: Any, dedupe: Any) -> None:
    with pytest.raises(InvalidInput, match="deduplicator"):
        make(print, secret=SECRET, deduplicator=dedupe)


def test_wsgi_refuses_an_async_deduplicator() -> None:
    with pytest.raises(InvalidInput, match="asgi_app"):
        wsgi_app(print, secret=SECRET, deduplicator=AsyncRedisDeduplicator("redis://127.0.0.1"))  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_a_handler_in_a_thread_does_not_wait_for_the_store(tmp_path: Path) -> None:
    """Deduplicator and handlers use different threads."""
    gate = threading.Event()
    recorder = RecordingHandler()

    def handler(event: Any) -> None:
        gate.wait(10)
        recorder(event)

    with closing(SQLiteDeduplicator(tmp_path / "events.db")) as dedupe:
        app = asgi_app(handler, secret=SECRET, deduplicator=dedupe, concurrency=20)
        for number in range(20):
            assert (await call_asgi(app, numbered_delivery(number))).status == 200
        gate.set()
        await app.aclose()
    assert len(recorder.handled) == 20
