"""The ASGI app that receives deliveries."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ..deduplicators.memory import MemoryDeduplicator
from .processor import BACKLOG, CONCURRENCY, MAX_BODY, Batch, DeliveryProcessor, HTTPReject, Response, is_async, logger

if TYPE_CHECKING:
    from .._delivery import Delivery
    from .._verify import Secret
    from ..deduplicators.protocol import Deduplicator
    from .processor import Handler, Job

_Scope: TypeAlias = MutableMapping[str, Any]
_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]


def asgi_app(
    handler: Handler,
    *,
    secret: Secret,
    deduplicator: Deduplicator | None = None,
    max_body: int = MAX_BODY,
    await_handler: bool = False,
    concurrency: int = CONCURRENCY,
    backlog: int = BACKLOG,
) -> ASGIApp:
    """Build an ASGI app that calls `handler(event)` or `handler(event, delivery)` for each event.

    The handler may be async; if not, it runs in a thread.

    The API gets 200 at once and the handler runs afterwards; an event that it fails on is logged and does not come
    again, nor does one that it had not finished when the process was killed. With `await_handler` the API waits, for 20
    seconds at most; it gets 500 if the handler fails and 503 while another delivery of the event is being handled, and
    delivers again.

    Args:
        handler: What to do with an event.
        secret: The secret of the webhook, or several while it changes.
        deduplicator: Knows which events were handled before; by default the memory of this process.
        max_body: Bytes of the largest body that is taken.
        await_handler: Response after the handler.
        concurrency: Deliveries that are handled at a time.
        backlog: Deliveries that may wait; with more the API gets 503 and delivers again.

    Raises:
        InvalidInput: an argument cannot work.
    """
    processor = DeliveryProcessor(
        handler, secret, deduplicator=deduplicator, max_body=max_body, concurrency=concurrency, backlog=backlog
    )
    return ASGIApp(processor, is_async=is_async(handler), await_handler=await_handler)


class ASGIApp:
    """The app that `asgi_app` builds. If it is mounted in another app, call `aclose` at shutdown."""

    def __init__(self, processor: DeliveryProcessor, *, is_async: bool, await_handler: bool) -> None:
        self._processor = processor
        self._is_async = is_async
        self._await_handler = await_handler
        self._slots = asyncio.Semaphore(processor.concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads: ThreadPoolExecutor | None = None

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve one request, or the lifespan protocol."""
        if scope["type"] == "lifespan":
            await self._serve_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            raise NotImplementedError(f"deliveries come over http, not {scope['type']}")

    async def aclose(self) -> None:
        """Wait for running and waiting handlers, then free the threads. The app can be used again."""
        while self._tasks:
            ended, _ = await asyncio.wait(self._tasks)
            self._tasks -= ended
        # Another event loop may use the app next, and a semaphore belongs to one.
        self._slots = asyncio.Semaphore(self._processor.concurrency)
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False)

    async def _serve_lifespan(self, receive: _Receive, send: _Send) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await self.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        batch: Batch | None = None
        try:
            batch = await self._accept(scope, receive)
            answer = Response()
            if self._await_handler and batch is not None:
                # The handler goes on if the API hangs up: a half-done handler is worse than an answer too late.
                await asyncio.shield(self._start(self._handle(batch)))
                answer = batch.to_response()
        except HTTPReject as reject:
            answer = reject.response
        except ClientDisconnected:
            return
        try:
            await _respond(send, answer)
        finally:
            if batch is not None and batch.jobs and not self._await_handler:
                self._start(self._handle(batch))

    async def _accept(self, scope: _Scope, receive: _Receive) -> Batch | None:
        if self._processor.is_probe(scope["method"]):
            return None
        self._processor.verify(scope["headers"])
        delivery = self._processor.parse(await self._read(scope, receive))
        self._processor.check_load(len(self._tasks))
        return await self._claim(delivery)

    async def _read(self, scope: _Scope, receive: _Receive) -> bytearray:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit():
                self._processor.check_size(int(value))
        body, has_more = bytearray(), True
        while has_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            body += message.get("body", b"")
            self._processor.check_size(len(body))
            has_more = message.get("more_body", False)
        return body

    async def _claim(self, delivery: Delivery) -> Batch:
        if isinstance(self._processor.deduplicator, MemoryDeduplicator):
            return self._processor.claim(delivery)
        claiming = asyncio.create_task(asyncio.to_thread(self._processor.claim, delivery))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # The thread goes on, and what it claims would count as being handled until the lease ends.
            self._start(self._release_late(claiming))
            raise

    async def _release_late(self, claiming: asyncio.Task[Batch]) -> None:
        with suppress(HTTPReject):
            await asyncio.to_thread(self._processor.abandon, await claiming)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run(work), name="smooch-webhooks")
        self._tasks.add(task)
        return task

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            # A callback of the task would cost one more round of the event loop.
            self._tasks.discard(asyncio.current_task())

    async def _handle(self, batch: Batch) -> None:
        try:
            async with self._slots:
                for job in list(batch.jobs):
                    is_handled = await self._succeeds(job)
                    batch.settle(job, is_handled=is_handled)
                    await self._off_loop(partial(self._processor.record, job, is_handled=is_handled))
        finally:
            if batch.jobs:
                logger.warning("cancelled before event %s was handled", batch.jobs[0].event_id)
                await self._off_loop(partial(self._processor.abandon, batch))

    async def _succeeds(self, job: Job) -> bool:
        try:
            if self._is_async:
                result = self._processor.call(job.event, job.delivery)
            else:
                result = await self._in_thread(job)
            if inspect.isawaitable(result):
                await result
        except Exception:
            logger.exception("the handler failed on event %s", job.event_id)
            return False
        return True

    async def _in_thread(self, job: Job) -> object:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._processor.concurrency, "smooch-webhooks")
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(context.run, _call, self._processor, job))

    async def _off_loop(self, call: Callable[[], None]) -> None:
        """Call the deduplicator outside the event loop: it may wait for a disk or a network."""
        if isinstance(self._processor.deduplicator, MemoryDeduplicator):
            call()
        else:
            await asyncio.to_thread(call)


class ClientDisconnected(Exception):
    """The client closed the connection before the body was complete."""


def _call(processor: DeliveryProcessor, job: Job) -> object:
    try:
        return processor.call(job.event, job.delivery)
    except StopIteration as error:
        # asyncio cannot carry this one out of a thread: the task would wait for ever.
        raise RuntimeError("the handler raised StopIteration") from error


async def _respond(send: _Send, answer: Response) -> None:
    headers = [(name.encode(), value.encode()) for name, value in answer.all_headers]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
