"""`enqueue=`: a delivery is queued before the response; a worker parses the body and filters duplicates."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest

from smooch import InvalidInput
from smooch.webhooks import MemoryDeduplicator, asgi_app, handle_once, parse, wsgi_app

from ..calls import call_asgi, call_wsgi, sized
from ..payloads import KEY, SECRET, envelope, message_delivery, message_event, numbered_delivery, to_json
from ..servers import serve_asgi, serve_wsgi


class Queue:
    """A queue that stores deliveries as JSON, as a broker does."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.fails = 0

    def __call__(self, body: str, headers: dict[str, str]) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the broker is gone")
        self.items.append(json.dumps([body, headers]))

    @property
    def bodies(self) -> list[str]:
        return [json.loads(item)[0] for item in self.items]


class AsyncQueue(Queue):
    async def __call__(self, body: str, headers: dict[str, str]) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().__call__(body, headers)


QUEUES = pytest.mark.parametrize("cls", [Queue, AsyncQueue])
BODY = to_json(envelope(message_event("e1", text="größer"), message_event("e2"), 5))


def check_item(queue: Queue, content_type: str) -> None:
    body, headers = json.loads(queue.items[0])
    assert body.encode() == BODY
    assert parse(body) == parse(BODY)
    assert parse(body).event_ids == parse(BODY).event_ids
    assert headers["content-type"] == content_type
    assert headers["x-delivery"] == "5"
    assert SECRET not in queue.items[0]
    assert not {"x-api-key", "authorization", "cookie", "proxy-authorization"} & headers.keys()


HEADERS = {
    **KEY,
    "Content-Type": "application/json",
    "X-Delivery": "5",
    "Authorization": f"Basic {SECRET}",
    "Cookie": "a",
}


@QUEUES
def test_asgi_a_delivery_is_queued_before_the_response(cls: Any) -> None:
    queue = cls()
    with serve_asgi(asgi_app(secret=SECRET, enqueue=queue)) as url:
        assert httpx.post(url, content=BODY, headers=HEADERS).status_code == 200
        check_item(queue, "application/json")
        assert httpx.head(url).status_code == 200
        assert httpx.post(url, content=BODY, headers={**HEADERS, "X-API-Key": "wrong"}).status_code == 401
        assert httpx.post(url, content=b"{", headers=HEADERS).status_code == 400
        assert len(queue.items) == 1


def test_wsgi_a_delivery_is_queued_before_the_response() -> None:
    queue = Queue()
    with serve_wsgi(wsgi_app(secret=SECRET, enqueue=queue)) as url:
        assert httpx.post(url, content=BODY, headers=HEADERS).status_code == 200
        check_item(queue, "application/json")
        assert httpx.head(url).status_code == 200
        assert httpx.post(url, content=BODY, headers={**HEADERS, "X-API-Key": "wrong"}).status_code == 401
        assert httpx.post(url, content=b"{", headers=HEADERS).status_code == 400
        assert len(queue.items) == 1


@QUEUES
@pytest.mark.anyio
async def test_asgi_503_if_the_queue_fails(cls: Any, caplog: pytest.LogCaptureFixture) -> None:
    queue = cls()
    queue.fails = 1
    app = asgi_app(secret=SECRET, enqueue=queue)
    assert [(await call_asgi(app, numbered_delivery(1))).status for _ in range(3)] == [503, 200, 200]
    assert "the broker is gone" in caplog.text
    assert len(queue.items) == 2, "the worker filters duplicates, not the app"
    await app.aclose()


def test_wsgi_503_if_the_queue_fails(caplog: pytest.LogCaptureFixture) -> None:
    queue = Queue()
    queue.fails = 1
    app = wsgi_app(secret=SECRET, enqueue=queue)
    assert [call_wsgi(app, **sized(numbered_delivery(1)))[0] for _ in range(3)] == [503, 200, 200]
    assert "the broker is gone" in caplog.text
    assert len(queue.items) == 2
    app.close()


@pytest.mark.anyio
@pytest.mark.parametrize("is_async", [True, False])
async def test_asgi_503_if_the_queue_hangs_and_later_deliveries_do_not_wait_longer(is_async: bool) -> None:
    gate = threading.Event()

    async def hang(body: str, headers: Any) -> None:
        await asyncio.Event().wait()

    enqueue = hang if is_async else lambda body, headers: gate.wait(10)
    app = asgi_app(secret=SECRET, enqueue=enqueue, deadline=0.5, concurrency=1, backlog=1)
    waiting = [asyncio.create_task(call_asgi(app, numbered_delivery(number))) for number in range(2)]
    await asyncio.sleep(0)
    response = await call_asgi(app, numbered_delivery(3))
    assert (response.status, response.body) == (503, b"too many deliveries are in progress")
    assert [(await one).status for one in waiting] == [503, 503]
    assert app._in_progress == 0
    gate.set()
    await app.aclose()


def test_wsgi_503_if_the_queue_hangs() -> None:
    gate = threading.Event()
    app = wsgi_app(secret=SECRET, enqueue=lambda body, headers: gate.wait(10), deadline=0.2)
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 503
    gate.set()
    app.close()
    assert app._in_progress == 0


def test_wsgi_an_awaitable_from_enqueue_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    queue = AsyncQueue()
    app = wsgi_app(secret=SECRET, enqueue=lambda body, headers: queue(body, headers))
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 503
    assert "use asgi_app" in caplog.text
    app.close()


def test_wsgi_503_while_the_process_ends() -> None:
    app = wsgi_app(secret=SECRET, enqueue=Queue())
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 200
    assert app._threads
    app._threads.shutdown()  # what the interpreter does when it ends
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 503
    assert app._in_progress == 0


@pytest.mark.parametrize("make", [asgi_app, wsgi_app])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"handler": print, "enqueue": print},
        {"enqueue": "queue"},
        {"enqueue": print, "ordered": True},
        {"enqueue": print, "await_handler": True},
        {"enqueue": print, "deduplicator": MemoryDeduplicator()},
    ],
)
def test_contradicting_options_are_refused(make: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"handler|enqueue") as caught:
        make(secret=SECRET, **options)
    assert caught.value.field in ("handler", "enqueue")


def test_wsgi_refuses_an_async_function() -> None:
    with pytest.raises(InvalidInput, match="enqueue must not be async"):
        wsgi_app(secret=SECRET, enqueue=AsyncQueue())


def work(body: str, dedupe: MemoryDeduplicator, handled: list[str], fails: list[str]) -> None:
    """The worker of the guide: if it raises, the queue delivers again."""
    delivery = parse(body)
    event_ids = dict(zip(map(id, delivery), delivery.event_ids, strict=True))

    def handle(event: object) -> None:
        event_id = event_ids[id(event)]
        if event_id in fails:
            fails.remove(event_id)
            raise RuntimeError(event)
        handled.append(event_id)

    handle_once(delivery, handle, dedupe)


@pytest.mark.anyio
async def test_redelivered_and_requeued_events_are_handled_once() -> None:
    queue, dedupe, handled = Queue(), MemoryDeduplicator(), list[str]()
    app = asgi_app(secret=SECRET, enqueue=queue)
    for body in (numbered_delivery(1, 2), numbered_delivery(1, 2), numbered_delivery(2, 3)):
        assert (await call_asgi(app, body)).status == 200
    assert (await call_asgi(app, to_json(message_delivery("m1")))).status == 200
    await app.aclose()
    failing = ["a1/e1", "a1/e3"]
    remaining = queue.bodies
    while remaining:
        body = remaining.pop(0)
        try:
            work(body, dedupe, handled, failing)
        except RuntimeError:
            remaining.append(body)
    assert sorted(handled) == ["5a0000000000000000000001/message:appUser/m1", "a1/e1", "a1/e2", "a1/e3"]
