"""The WSGI app that receives deliveries."""

from __future__ import annotations

import heapq
import inspect
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from ... import _fork
from ..._redaction import hide_locals
from ...errors import InvalidInput
from ..deduplicators.memory import MemoryDeduplicator
from .processor import (
    BACKLOG,
    CONCURRENCY,
    DEADLINE,
    MAX_BODY,
    OK,
    Batch,
    DeliveryProcessor,
    HTTPReject,
    Response,
    deadline_exceeded,
    deduplicator_failed,
    drop_credentials,
    is_async,
    logger,
    not_enqueued,
    read_content_length,
)
from .secret import KnownSecrets, backoff, log_failed_fetch
from .threads import STORE_THREADS, CallerThread, DaemonThreads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from wsgiref.types import StartResponse, WSGIEnvironment

    from ..deduplicators.protocol import Deduplicator
    from .processor import Enqueue, Handler, Job
    from .secret import SyncSecretSource


@hide_locals
def wsgi_app(
    handler: Handler | None = None,
    *,
    secret: SyncSecretSource,
    enqueue: Enqueue | None = None,
    deduplicator: Deduplicator | None = None,
    max_body: int = MAX_BODY,
    await_handler: bool = False,
    ordered: bool = False,
    deadline: float = DEADLINE,
    concurrency: int = CONCURRENCY,
    backlog: int = BACKLOG,
) -> WSGIApp:
    """Build a WSGI app that calls `handler(event)` or `handler(event, delivery)` for each event.

    By default the app answers 200 at once and calls the handler afterwards, in a thread. If the handler fails, the
    error is logged and the API does not deliver again, nor if the process is killed before the handler has finished.
    With `await_handler` the app calls the handler in the thread of the request and answers after it: 500 if it fails,
    503 if another delivery of the event is being handled. The API delivers again after both.

    A handler that fails after it posted a message posts it again with the next delivery: the API has no idempotency key.
    The guide shows how to look before you post.

    Args:
        handler: Called once for each event; not async.
        secret: The secret of the webhook; several during a change; or a function that returns it. The function is called
            by the first request of each process, and when a key does not match, at most every 10 s; call `start` if it
            makes the webhook. While it returns None or raises, and until it is called again, the answer is 503, so that
            no delivery is lost.
        enqueue: In place of a handler: called with the verified body as text and the headers as a dict, without those
            that hold secrets. The answer is 200 when it returns, 503 if it raises or misses the deadline. The worker
            calls `parse(body)` and gets the same events with the same ids.
        deduplicator: Remembers which events were handled; by default a `MemoryDeduplicator`.
        max_body: Largest accepted body, in bytes.
        await_handler: Answer after the handler.
        ordered: Handle the events of a conversation one after another; of those that wait, the earliest first. This
            holds within one process: another process may handle events of the same conversation at the same time, and
            an event that is delivered late is handled late. Handlers then always run in threads of the app.
        deadline: Seconds for the claims of one delivery, less than the 20 s that the API waits; then the answer is 503.
            It does not interrupt a handler that runs in the thread of the request.
        concurrency: Number of events handled at the same time in threads of the app.
        backlog: Number of deliveries that may wait; with more the answer is 503.

    Raises:
        InvalidInput: an argument is invalid.
    """
    for function, name in ((handler, "handler"), (enqueue, "enqueue"), (secret, "secret")):
        if is_async(function):
            raise InvalidInput(f"{name} must not be async here: use asgi_app, or a plain function", name)
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
    return WSGIApp(processor, secret)


class WSGIApp:
    """The app that `wsgi_app` builds. A process that exits normally waits for the handlers; `close` waits now."""

    def __init__(self, processor: DeliveryProcessor, secret: SyncSecretSource) -> None:
        if inspect.iscoroutinefunction(processor.deduplicator.claim):
            raise InvalidInput("deduplicator must not be async here: use asgi_app, or a sync one", "deduplicator")
        self._processor = processor
        self._deduplicator = cast("Deduplicator", processor.deduplicator)
        self._secrets = KnownSecrets(secret)
        self._secret_threads = DaemonThreads(1, "smooch-webhooks-secret")
        is_memory = isinstance(self._deduplicator, MemoryDeduplicator)
        self._store_threads = CallerThread() if is_memory else DaemonThreads(STORE_THREADS, "smooch-webhooks-store")
        self._reset()
        _fork.reset_after_fork(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._in_progress = 0
        self._is_started = False
        self._fetch: Future[None] | None = None
        self._lanes: dict[str, list[Job]] = {}
        self._processor.handling.clear()
        self._threads: ThreadPoolExecutor | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        try:
            response = self._serve(environ)
        except HTTPReject as error:
            response = error.log()
        headers = [(name.decode(), value.decode()) for name, value in response.headers]
        start_response(f"{response.status.value} {response.status.phrase}", headers)
        return [response.body]

    def start(self) -> None:
        """If `secret` is a function, call it in the background until it returns the secret.

        The first request of each process does this, too. But if the function makes the webhook, no request may come
        before: then call `start` where the process begins to serve, after any fork.
        """
        if not self._secrets.is_unknown:
            return
        with self._lock:
            was_started, self._is_started = self._is_started, True
        if not was_started:
            name = "smooch-webhooks-secret-start"
            threading.Thread(target=self._fetch_until_known, name=name, daemon=True).start()

    def close(self) -> None:
        """Wait for running and waiting handlers, then end the threads. The app can be used again."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=True)
        self._store_threads.close()
        self._secret_threads.close()

    def _serve(self, environ: WSGIEnvironment) -> Response:
        arrived = time.monotonic()
        until = arrived + self._processor.deadline
        self.start()
        if self._processor.is_probe(environ["REQUEST_METHOD"]):
            return OK
        # Read before the key is checked: some servers reset a connection with an unread body, and the response is lost.
        body = self._read(environ, arrived)
        self._verify(environ, arrived)
        if (enqueue := self._processor.enqueue) is not None:
            headers = drop_credentials(_header_pairs(environ))
            return self._enqueue(enqueue, self._processor.check_json(body), headers, until)
        batch, candidates = self._processor.create_batch(self._processor.parse(body))
        self._enter()
        try:
            self._claim(batch, candidates, until)
        except BaseException:
            self._finish(batch)
            raise
        if self._processor.await_handler and not self._processor.ordered:
            self._handle_in_request(batch)
        else:
            self._handle_in_threads(batch, until)
        return self._processor.respond(batch)

    def _enter(self) -> None:
        with self._lock:
            self._processor.check_load(self._in_progress)
            self._in_progress += 1

    def _verify(self, environ: WSGIEnvironment, arrived: float) -> None:
        until = arrived + self._processor.deadline
        while self._secrets.must_fetch(environ, arrived, self._is_fetching):
            try:
                self._start_fetch().result(until - time.monotonic())
            except TimeoutError:
                raise HTTPReject(
                    HTTPStatus.SERVICE_UNAVAILABLE, "the secret was not read before the deadline"
                ) from None
        self._processor.check_siblings(self._secrets.values, is_certain=bool(environ.get("wsgi.multiprocess")))

    def _is_fetching(self) -> bool:
        with self._lock:
            return self._fetch is not None and not self._fetch.done()

    def _start_fetch(self) -> Future[None]:
        """Return the running fetch of the secret; start one if none is running."""
        with self._lock:
            if self._fetch is None or self._fetch.done():
                # Started under the lock, so that another thread finds the running fetch.
                self._fetch = self._secret_threads.submit(self._fetch_once, self._secrets.note_start())
            return self._fetch

    def _fetch_once(self, started: float) -> None:
        fetch = self._secrets.fetch
        assert fetch is not None
        try:
            self._secrets.update(started, _refuse_awaitable(fetch()))
        except Exception as error:
            log_failed_fetch(error)

    def _fetch_until_known(self) -> None:
        for pause in backoff():
            self._start_fetch().result()
            if not self._secrets.is_unknown:
                return
            time.sleep(pause)

    def _enqueue(self, enqueue: Enqueue, body: str, headers: dict[str, str], until: float) -> Response:
        self._enter()
        try:
            with self._lock:
                call = self._executor().submit(lambda: _refuse_awaitable(enqueue(body, headers)))
            call.add_done_callback(lambda _: self._leave())
        except RuntimeError:
            self._leave()
            raise _ending() from None
        try:
            call.result(until - time.monotonic())
        except Exception as error:
            call.cancel()
            raise not_enqueued() from error
        return OK

    def _read(self, environ: WSGIEnvironment, arrived: float) -> bytearray:
        try:
            length = _content_length(environ)
            self._processor.check_size(length or 0)
        except HTTPReject:
            # Not even read: then the key can come first.
            self._verify(environ, arrived)
            raise
        missing = self._processor.max_body + 1 if length is None else length
        body = bytearray()
        try:
            while missing > 0 and (chunk := environ["wsgi.input"].read(missing)):
                body += chunk
                missing -= len(chunk)
        except OSError:
            raise HTTPReject(HTTPStatus.BAD_REQUEST, "the body of the delivery is cut off") from None
        self._processor.check_size(len(body))
        return body

    def _claim(self, batch: Batch, candidates: Iterable[Job], until: float) -> None:
        for job in candidates:
            batch.jobs.append(job)
            claim = self._store_threads.submit(self._deduplicator.claim, job.event_id, batch.owner)
            try:
                self._processor.record_claim(job, claim.result(until - time.monotonic()))
            except BaseException as error:
                is_late = not claim.done()
                claim.cancel()
                # A claim that raised, or whose reply did not come in time, may have been stored.
                claim.add_done_callback(lambda _: self._store_threads.submit(self._release, batch))
                if is_late and isinstance(error, TimeoutError):
                    raise deadline_exceeded() from None
                if isinstance(error, Exception):
                    raise deduplicator_failed() from error
                raise

    def _release(self, batch: Batch) -> None:
        """Release claims that nobody will handle; the lease ends those that cannot be released."""
        for job in batch.jobs:
            try:
                self._deduplicator.release(job.event_id, batch.owner)
            except Exception:
                logger.warning("the deduplicator could not release event %s", job.event_id, exc_info=True)

    def _handle_in_request(self, batch: Batch) -> None:
        self._start(batch)
        try:
            for job in list(batch.jobs):
                self._handle(job)
        finally:
            for job in list(batch.jobs):
                self._record(job, is_handled=False)

    def _handle_in_threads(self, batch: Batch, until: float) -> None:
        recorded = threading.Event()
        batch.on_recorded = recorded.set
        jobs = list(batch.jobs)
        self._start(batch)
        with self._lock:
            refused = [job for job in jobs if not self._enter_lane(job)]
        for job in refused:
            self._record(job, is_handled=False)
        if refused:
            raise _ending()
        if self._processor.await_handler:
            recorded.wait(until - time.monotonic())

    def _start(self, batch: Batch) -> None:
        self._processor.start(batch)
        if not batch.jobs:
            self._finish(batch)

    def _executor(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._processor.concurrency, "smooch-webhooks")
        return self._threads

    def _enter_lane(self, job: Job) -> bool:
        """Put a job into its lane; False if the interpreter no longer starts threads for a new lane."""
        lane = self._lanes.get(job.lane)
        if lane is None:
            try:
                self._executor().submit(self._run_lane, job.lane)
            except RuntimeError:
                return False
            lane = self._lanes[job.lane] = []
        heapq.heappush(lane, job)
        return True

    def _run_lane(self, key: str) -> None:
        while True:
            with self._lock:
                lane = self._lanes[key]
                if not lane:
                    del self._lanes[key]
                    return
                job = heapq.heappop(lane)
            try:
                self._handle(job)
            except BaseException:
                logger.exception("the handler was interrupted on event %s", job.event_id)

    def _handle(self, job: Job) -> None:
        is_handled = False
        try:
            _refuse_awaitable(self._processor.call(job.event, job.delivery))
            is_handled = True
        except Exception:
            logger.exception("the handler failed on event %s", job.event_id)
        finally:
            self._record(job, is_handled=is_handled)

    def _record(self, job: Job, *, is_handled: bool) -> None:
        """Confirm or release an event. If the store fails, the event may be handled again, but is not lost."""
        self._processor.settle(job, is_handled=is_handled)
        deduplicator, submit = self._deduplicator, self._store_threads.submit
        if is_handled:
            call = submit(deduplicator.confirm, job.event_id, at_most=job.at_most)
        else:
            call = submit(deduplicator.release, job.event_id, job.batch.owner)
        try:
            call.result(self._processor.deadline)
        except Exception:
            logger.exception("the deduplicator could not record event %s", job.event_id)
        finally:
            with self._lock:
                job.batch.unrecorded -= 1
                is_last = job.batch.unrecorded == 0
            if is_last:
                self._finish(job.batch)

    def _finish(self, batch: Batch) -> None:
        self._leave()
        batch.on_recorded()

    def _leave(self) -> None:
        with self._lock:
            self._in_progress -= 1


def _refuse_awaitable(result: Any) -> Any:
    """Return the result of a user's function; TypeError if it is an awaitable."""
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise TypeError("the function returned an awaitable, which WSGI cannot await: use asgi_app")
    return result


def _ending() -> HTTPReject:
    return HTTPReject(HTTPStatus.SERVICE_UNAVAILABLE, "the process is ending")


def _header_pairs(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            yield name.replace("_", "-"), value
        elif name.startswith("HTTP_"):
            yield name[5:].replace("_", "-"), value


def _content_length(environ: WSGIEnvironment) -> int | None:
    """Return the length of the body; None if the server marks its end, as for a chunked body."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length:
        return read_content_length(length)
    if environ.get("wsgi.input_terminated"):
        return None
    if "HTTP_TRANSFER_ENCODING" in environ:
        raise HTTPReject(HTTPStatus.LENGTH_REQUIRED, "this server does not mark the end of a chunked body")
    return 0
