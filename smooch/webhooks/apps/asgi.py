"""The ASGI app that receives deliveries."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast

from ..._redaction import hide_locals
from ..deduplicators.memory import MemoryDeduplicator
from ..deduplicators.redis import RedisDeduplicator
from .processor import (
    BACKLOG,
    CONCURRENCY,
    DEADLINE,
    MAX_BODY,
    OK,
    Batch,
    DeliveryProcessor,
    HTTPReject,
    deadline_exceeded,
    deduplicator_failed,
    drop_credentials,
    is_async,
    logger,
    not_enqueued,
    read_content_length,
)
from .secret import KnownSecrets, backoff, log_failed_fetch
from .threads import STORE_THREADS, DaemonThreads

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ..deduplicators.protocol import AsyncDeduplicator, Claim, Deduplicator
    from .processor import Enqueue, Handler, Job
    from .secret import SecretSource

_Scope: TypeAlias = MutableMapping[str, Any]
_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]


@hide_locals
def asgi_app(
    handler: Handler | None = None,
    *,
    secret: SecretSource,
    enqueue: Enqueue | None = None,
    deduplicator: Deduplicator | AsyncDeduplicator | None = None,
    max_body: int = MAX_BODY,
    await_handler: bool = False,
    ordered: bool = False,
    deadline: float = DEADLINE,
    concurrency: int = CONCURRENCY,
    backlog: int = BACKLOG,
) -> ASGIApp:
    """Build an ASGI app that calls `handler(event)` or `handler(event, delivery)` for each event.

    An async handler runs in the event loop, any other in a thread.

    By default the app answers 200 at once and calls the handler afterwards. If the handler fails, the error is logged
    and the API does not deliver again, nor if the process is killed before the handler has finished. With
    `await_handler` the app answers after the handler: 500 if it fails, 503 if it does not finish before the deadline or
    if another delivery of the event is being handled. The API delivers again after both.

    A handler that fails after it posted a message posts it again with the next delivery: the API has no idempotency key.
    The guide shows how to look before you post.

    Args:
        handler: Called once for each event.
        secret: The secret of the webhook; several during a change; or a function, async or not, that returns it. The
            function is called when the app starts, until it returns the secret; when a key does not match, at most
            every 10 s; so it may make the webhook, too. While it returns None or raises, and until it is called again,
            the answer is 503, so that no delivery is lost.
        enqueue: In place of a handler: called with the verified body as text and the headers as a dict, without those
            that hold secrets; async, or not and then in a thread. The answer is 200 when it returns, 503 if it raises or
            misses the deadline. The worker calls `parse(body)` and gets the same events with the same ids.
        deduplicator: Remembers which events were handled; by default a `MemoryDeduplicator`.
        max_body: Largest accepted body, in bytes.
        await_handler: Answer after the handler.
        ordered: Handle the events of a conversation one after another; of those that wait, the earliest first. This
            holds within one process: another process may handle events of the same conversation at the same time, and
            an event that is delivered late is handled late.
        deadline: Seconds for one delivery, less than the 20 s that the API waits; then the answer is 503.
        concurrency: Number of events handled at the same time.
        backlog: Number of deliveries that may wait; with more the answer is 503.

    Raises:
        InvalidInput: an argument is invalid.
    """
    processor = DeliveryProcessor(
        handler,
        enqueue=enqueue,
        deduplicator=deduplicator,
        max_body=max_body,
        await_handler=await_handler,
        ordered=ordered,
        deadline=deadline,
        concurrency=concurrency,
        backlog=backlog,
    )
    return ASGIApp(processor, secret, is_async=is_async(handler if enqueue is None else enqueue))


class ASGIApp:
    """The app that `asgi_app` builds. If it is mounted in another app, use `async with` in the lifespan of that app."""

    def __init__(self, processor: DeliveryProcessor, secret: SecretSource, *, is_async: bool) -> None:
        self._processor = processor
        self._is_async = is_async
        self._store = _to_store(processor.deduplicator, processor.deadline)
        self._secrets = KnownSecrets(secret)
        self._secret_threads = DaemonThreads(1, "smooch-webhooks-secret")
        self._fetch: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(processor.concurrency)
        self._lanes: dict[str, list[Job]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_progress = 0
        self._threads: ThreadPoolExecutor | None = None

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve one request, or the lifespan protocol."""
        if scope["type"] == "lifespan":
            await self._serve_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            raise NotImplementedError(f"deliveries come over http, not {scope['type']}")

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def start(self) -> None:
        """If `secret` is a function, call it in the background until it returns the secret."""
        if self._secrets.is_unknown and self._starting is None:
            self._starting = asyncio.create_task(self._fetch_until_known(), name="smooch-webhooks-secret")

    async def aclose(self) -> None:
        """Wait for running and waiting handlers, then free threads and connections. The app can be used again."""
        fetches = [task for task in (self._starting, self._fetch) if task is not None]
        self._starting = self._fetch = None
        for task in fetches:
            task.cancel()
        await asyncio.gather(*fetches, return_exceptions=True)
        self._secret_threads.close()
        while self._tasks:
            ended, _ = await asyncio.wait(self._tasks)
            self._tasks -= ended
        # Another event loop may use the app next, and a semaphore belongs to one.
        self._slots = asyncio.Semaphore(self._processor.concurrency)
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False)
        await self._store.aclose()

    async def _serve_lifespan(self, receive: _Receive, send: _Send) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            self.start()
            await send({"type": "lifespan.startup.complete"})
        await self.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        batch: Batch | None = None
        try:
            async with asyncio.timeout(self._processor.deadline):
                batch = await self._accept(scope, receive)
                if batch is not None and self._processor.await_handler:
                    await self._handle(batch)
            response = OK if batch is None else self._processor.respond(batch)
        except HTTPReject as error:
            response = error.log()
        except TimeoutError:
            response = deadline_exceeded().log() if batch is None else self._processor.respond(batch)
        except ClientDisconnected:
            return
        try:
            status, headers = int(response.status), list(response.headers)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": response.body})
        finally:
            if batch is not None and not self._processor.await_handler:
                self._schedule(batch)

    async def _accept(self, scope: _Scope, receive: _Receive) -> Batch | None:
        if self._processor.is_probe(scope["method"]):
            return None
        await self._verify(scope["headers"])
        body = await self._read(scope, receive)
        if (enqueue := self._processor.enqueue) is not None:
            pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
            await self._enqueue(enqueue, self._processor.check_json(body), drop_credentials(pairs))
            return None
        batch, candidates = self._processor.create_batch(self._processor.parse(body))
        await self._claim(batch, candidates)
        return batch

    async def _verify(self, headers: list[tuple[bytes, bytes]]) -> None:
        arrived = time.monotonic()
        while self._secrets.must_fetch(headers, arrived, self._is_fetching):
            await asyncio.shield(self._start_fetch())
        self._processor.check_siblings(self._secrets.values)

    def _is_fetching(self) -> bool:
        return self._fetch is not None and not self._fetch.done()

    def _start_fetch(self) -> asyncio.Task[None]:
        """Return the running fetch of the secret; start one if none is running."""
        if self._fetch is None or self._fetch.done():
            self._fetch = asyncio.create_task(self._fetch_once(), name="smooch-webhooks-secret")
        return self._fetch

    async def _fetch_once(self) -> None:
        started, fetch = self._secrets.note_start(), self._secrets.fetch
        assert fetch is not None
        try:
            if is_async(fetch):
                secret = fetch()
            else:
                secret = await asyncio.wrap_future(self._secret_threads.submit(fetch))
            self._secrets.update(started, await secret if inspect.isawaitable(secret) else secret)
        except Exception as error:
            log_failed_fetch(error)

    async def _fetch_until_known(self) -> None:
        for pause in backoff():
            await self._start_fetch()
            if not self._secrets.is_unknown:
                return
            await asyncio.sleep(pause)

    async def _enqueue(self, enqueue: Enqueue, body: str, headers: dict[str, str]) -> None:
        self._processor.check_load(self._in_progress)
        self._in_progress += 1
        try:
            async with self._slots:
                await self._call(enqueue, body, headers)
        except Exception as error:
            raise not_enqueued() from error
        finally:
            self._in_progress -= 1

    async def _read(self, scope: _Scope, receive: _Receive) -> bytes:
        for name, value in scope["headers"]:
            if name == b"content-length":
                self._processor.check_size(read_content_length(value))
        chunks, size, has_more = list[bytes](), 0, True
        while has_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            self._processor.check_size(size)
            has_more = message.get("more_body", False)
        return b"".join(chunks)

    async def _claim(self, batch: Batch, candidates: Iterable[Job]) -> None:
        self._processor.check_load(self._in_progress)
        self._in_progress += 1
        try:
            for job in candidates:
                batch.jobs.append(job)
                self._processor.record_claim(job, await self._store.claim(job.event_id, batch.owner))
        except BaseException as error:
            self._in_progress -= 1
            # A claim that raised, or whose reply did not come in time, may have been stored.
            self._start(self._release(batch.jobs))
            if isinstance(error, Exception):
                raise deduplicator_failed() from error
            raise

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.get_running_loop().create_task(self._run(work), name="smooch-webhooks"))

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            # A callback of the task would cost one more round of the event loop.
            self._tasks.discard(asyncio.current_task())

    async def _handle(self, batch: Batch) -> None:
        """Schedule a batch and wait for its end. The handlers go on if the request is cancelled."""
        recorded = asyncio.Event()
        batch.on_recorded = recorded.set
        self._schedule(batch)
        await recorded.wait()

    def _schedule(self, batch: Batch) -> None:
        """Put the jobs of a batch into their lanes, and start the lanes that are new."""
        self._processor.start(batch)
        for job in batch.jobs:
            lane = self._lanes.get(job.lane)
            if lane is None:
                lane = self._lanes[job.lane] = []
                self._start(self._run_lane(job.lane, lane))
            heapq.heappush(lane, job)
        if not batch.jobs:
            self._finish(batch)

    async def _run_lane(self, key: str, lane: list[Job]) -> None:
        try:
            while lane:
                async with self._slots:
                    # Chosen after the wait: an earlier event may have come meanwhile.
                    job = heapq.heappop(lane)
                    is_handled = False
                    try:
                        await self._call(self._processor.call, job.event, job.delivery)
                        is_handled = True
                    except Exception:
                        logger.exception("the handler failed on event %s", job.event_id)
                    except BaseException:
                        lane.append(job)
                        raise
                await self._record(job, is_handled=is_handled)
        finally:
            del self._lanes[key]
            for job in lane:
                logger.warning("cancelled before event %s was handled", job.event_id)
                await self._record(job, is_handled=False)

    async def _call(self, function: Callable[..., object], *args: object) -> None:
        """Call a function of the user, in the event loop if it is async, else in a thread."""
        if self._is_async:
            result = function(*args)
        else:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._processor.concurrency, "smooch-webhooks")
            context = contextvars.copy_context()
            loop = asyncio.get_running_loop()
            call = partial(context.run, _without_stop_iteration, function, *args)
            result = await loop.run_in_executor(self._threads, call)
        if inspect.isawaitable(result):
            await result

    async def _record(self, job: Job, *, is_handled: bool) -> None:
        """Confirm or release an event. If the store fails, the event may be handled again, but is not lost."""
        self._processor.settle(job, is_handled=is_handled)
        try:
            if is_handled:
                await self._store.confirm(job.event_id, at_most=job.at_most)
            else:
                await self._store.release(job.event_id, job.batch.owner)
        except Exception:
            logger.exception("the deduplicator could not record event %s", job.event_id)
        finally:
            job.batch.unrecorded -= 1
            if job.batch.unrecorded == 0:
                self._finish(job.batch)

    def _finish(self, batch: Batch) -> None:
        self._in_progress -= 1
        batch.on_recorded()

    async def _release(self, jobs: list[Job]) -> None:
        """Release claims of events that will not be handled; the lease ends all others."""
        for job in jobs:
            try:
                await self._store.release(job.event_id, job.batch.owner)
            except Exception:
                logger.warning("the deduplicator could not release event %s", job.event_id, exc_info=True)


class ClientDisconnected(Exception):
    """The client closed the connection before the body was complete."""


class _InlineStore:
    """A `MemoryDeduplicator`, which never waits."""

    def __init__(self, deduplicator: MemoryDeduplicator) -> None:
        self._deduplicator = deduplicator

    async def claim(self, event_id: str, owner: str) -> Claim:
        return self._deduplicator.claim(event_id, owner)

    async def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        self._deduplicator.confirm(event_id, at_most=at_most)

    async def release(self, event_id: str, owner: str) -> None:
        self._deduplicator.release(event_id, owner)

    async def aclose(self) -> None: ...


class _ThreadedStore:
    """A deduplicator that may wait for a disk or a network, called in a few threads of its own."""

    def __init__(self, deduplicator: Deduplicator, deadline: float) -> None:
        self._deduplicator = deduplicator
        self._deadline = deadline
        self._threads = DaemonThreads(STORE_THREADS, "smooch-webhooks-store")
        self._late_claims: dict[tuple[str, str], Future[Claim]] = {}

    async def claim(self, event_id: str, owner: str) -> Claim:
        claim = self._threads.submit(self._deduplicator.claim, event_id, owner)
        try:
            return await asyncio.wrap_future(claim)
        except asyncio.CancelledError:
            self._late_claims[event_id, owner] = claim
            raise

    async def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        async with asyncio.timeout(self._deadline):
            await asyncio.wrap_future(self._threads.submit(self._deduplicator.confirm, event_id, at_most=at_most))

    async def release(self, event_id: str, owner: str) -> None:
        claim = self._late_claims.pop((event_id, owner), None)
        async with asyncio.timeout(self._deadline):
            if claim is not None:
                # The thread goes on after a cancellation: to release before it claims would be too early.
                await asyncio.gather(asyncio.wrap_future(claim), return_exceptions=True)
            await asyncio.wrap_future(self._threads.submit(self._deduplicator.release, event_id, owner))

    async def aclose(self) -> None:
        self._threads.close()


class _AsyncStore:
    """A deduplicator whose methods are async; `aclose` if its connections belong to this app."""

    def __init__(
        self, deduplicator: AsyncDeduplicator, deadline: float, aclose: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._deduplicator = deduplicator
        self._deadline = deadline
        self._aclose = aclose
        self.claim = deduplicator.claim

    async def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        async with asyncio.timeout(self._deadline):
            await self._deduplicator.confirm(event_id, at_most=at_most)

    async def release(self, event_id: str, owner: str) -> None:
        async with asyncio.timeout(self._deadline):
            await self._deduplicator.release(event_id, owner)

    async def aclose(self) -> None:
        if self._aclose is not None:
            await self._aclose()


def _to_store(
    deduplicator: Deduplicator | AsyncDeduplicator, deadline: float
) -> _InlineStore | _ThreadedStore | _AsyncStore:
    if isinstance(deduplicator, MemoryDeduplicator):
        return _InlineStore(deduplicator)
    if inspect.iscoroutinefunction(deduplicator.claim):
        return _AsyncStore(cast("AsyncDeduplicator", deduplicator), deadline)
    # Connections of its own: those of the caller's deduplicator belong to threads.
    if type(deduplicator) is RedisDeduplicator and (own := deduplicator.to_async()):
        return _AsyncStore(own, deadline, own.aclose)
    return _ThreadedStore(cast("Deduplicator", deduplicator), deadline)


def _without_stop_iteration(function: Callable[..., object], *args: object) -> object:
    try:
        return function(*args)
    except StopIteration as error:
        # asyncio cannot carry a StopIteration out of a thread: the task would wait for ever.
        raise RuntimeError("the handler raised StopIteration") from error
