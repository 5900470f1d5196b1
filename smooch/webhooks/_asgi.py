"""Deliveries over ASGI."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ._dedupe import MemoryDeduplicator
from ._intake import BACKLOG, CONCURRENCY, MAX_BODY, Answer, Batch, Intake, Refused, is_async, logger

if TYPE_CHECKING:
    from ._dedupe import Deduplicator
    from ._events import Delivery
    from ._intake import Handler, Job
    from ._verify import Secret

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
    """An ASGI app that receives deliveries and calls `handler(event)`, or `handler(event, delivery)`, once for each event.

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
        await_handler: Answer after the handler.
        concurrency: Deliveries that are handled at a time.
        backlog: Deliveries that may wait; with more the API gets 503 and delivers again.

    Raises:
        InvalidInput: an argument cannot work.
    """
    intake = Intake(
        handler, secret, deduplicator=deduplicator, max_body=max_body, concurrency=concurrency, backlog=backlog
    )
    return ASGIApp(intake, is_async=is_async(handler), await_handler=await_handler)


class ASGIApp:
    """What `asgi_app` makes. A server that serves it alone ends it well; where it is mounted, call `aclose` at the end."""

    def __init__(self, intake: Intake, *, is_async: bool, await_handler: bool) -> None:
        self._intake = intake
        self._is_async = is_async
        self._await_handler = await_handler
        self._slots = asyncio.Semaphore(intake.concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads: ThreadPoolExecutor | None = None

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve one request, or the life of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            raise NotImplementedError(f"deliveries come over http, not {scope['type']}")

    async def aclose(self) -> None:
        """Wait for the handlers that are running or waiting, and free the threads. The app may be used again."""
        while self._tasks:
            ended, _ = await asyncio.wait(self._tasks)
            self._tasks -= ended
        # Another event loop may use the app next, and a semaphore belongs to one.
        self._slots = asyncio.Semaphore(self._intake.concurrency)
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False)

    async def _live(self, receive: _Receive, send: _Send) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await self.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        batch: Batch | None = None
        try:
            batch = await self._take(scope, receive)
            answer = Answer()
            if self._await_handler and batch is not None:
                # The handler goes on if the API hangs up: a half-done handler is worse than an answer too late.
                await asyncio.shield(self._start(self._handle(batch)))
                answer = batch.outcome()
        except Refused as refused:
            answer = refused.answer
        except _HungUp:
            return
        try:
            await _respond(send, answer)
        finally:
            if batch is not None and batch.jobs and not self._await_handler:
                self._start(self._handle(batch))

    async def _take(self, scope: _Scope, receive: _Receive) -> Batch | None:
        if self._intake.is_probe(scope["method"]):
            return None
        self._intake.verify(scope["headers"])
        delivery = self._intake.parse(await self._read(scope, receive))
        self._intake.check_load(len(self._tasks))
        return await self._claim(delivery)

    async def _read(self, scope: _Scope, receive: _Receive) -> bytearray:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit():
                self._intake.check_size(int(value))
        body, has_more = bytearray(), True
        while has_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _HungUp
            body += message.get("body", b"")
            self._intake.check_size(len(body))
            has_more = message.get("more_body", False)
        return body

    async def _claim(self, delivery: Delivery) -> Batch:
        if isinstance(self._intake.deduplicator, MemoryDeduplicator):
            return self._intake.claim(delivery)
        claiming = asyncio.create_task(asyncio.to_thread(self._intake.claim, delivery))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # The thread goes on, and what it claims would count as being handled until the lease ends.
            self._start(self._give_back(claiming))
            raise

    async def _give_back(self, claiming: asyncio.Task[Batch]) -> None:
        with suppress(Refused):
            await asyncio.to_thread(self._intake.abandon, await claiming)

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
                    await self._off_loop(partial(self._intake.record, job, is_handled=is_handled))
        finally:
            if batch.jobs:
                logger.warning("cancelled before event %s was handled", batch.jobs[0].event_id)
                await self._off_loop(partial(self._intake.abandon, batch))

    async def _succeeds(self, job: Job) -> bool:
        try:
            if self._is_async:
                result = self._intake.call(job.event, job.delivery)
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
            self._threads = ThreadPoolExecutor(self._intake.concurrency, "smooch-webhooks")
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(context.run, _call, self._intake, job))

    async def _off_loop(self, call: Callable[[], None]) -> None:
        """Make a call to the deduplicator, which may wait for a disk or a network."""
        if isinstance(self._intake.deduplicator, MemoryDeduplicator):
            call()
        else:
            await asyncio.to_thread(call)


class _HungUp(Exception):
    """The body ended before its end."""


def _call(intake: Intake, job: Job) -> object:
    try:
        return intake.call(job.event, job.delivery)
    except StopIteration as error:
        # asyncio cannot carry this one out of a thread: the task would wait for ever.
        raise RuntimeError("the handler raised StopIteration") from error


async def _respond(send: _Send, answer: Answer) -> None:
    headers = [(name.encode(), value.encode()) for name, value in answer.all_headers]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
