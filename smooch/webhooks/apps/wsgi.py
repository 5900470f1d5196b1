"""The WSGI app that receives deliveries."""

from __future__ import annotations

import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING

from ... import _fork
from ...errors import InvalidInput
from .processor import BACKLOG, CONCURRENCY, MAX_BODY, Batch, DeliveryProcessor, HTTPReject, Response, is_async, logger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from .._verify import Secret
    from ..deduplicators.protocol import Deduplicator
    from .processor import Handler, Job


def wsgi_app(
    handler: Handler,
    *,
    secret: Secret,
    deduplicator: Deduplicator | None = None,
    max_body: int = MAX_BODY,
    await_handler: bool = False,
    concurrency: int = CONCURRENCY,
    backlog: int = BACKLOG,
) -> WSGIApp:
    """Build a WSGI app that calls `handler(event)` or `handler(event, delivery)` for each event.

    The API gets 200 at once and the handler runs in a thread of its own; an event that it fails on is logged and does
    not come again, nor does one that it had not finished when the process was killed. With `await_handler` it runs in
    the thread of the request and the API waits, for 20 seconds at most; it gets 500 if the handler fails and 503 while
    another delivery of the event is being handled, and delivers again.

    Args:
        handler: What to do with an event; not async.
        secret: The secret of the webhook, or several while it changes.
        deduplicator: Knows which events were handled before; by default the memory of this process.
        max_body: Bytes of the largest body that is taken.
        await_handler: Response after the handler.
        concurrency: Deliveries that are handled at a time, if the API does not wait.
        backlog: Deliveries that may wait; with more the API gets 503 and delivers again.

    Raises:
        InvalidInput: an argument cannot work.
    """
    if is_async(handler):
        raise InvalidInput("handler is async: use asgi_app, or a handler that is not", "handler")
    processor = DeliveryProcessor(
        handler, secret, deduplicator=deduplicator, max_body=max_body, concurrency=concurrency, backlog=backlog
    )
    return WSGIApp(processor, await_handler=await_handler)


class WSGIApp:
    """The app that `wsgi_app` builds. A process that exits normally waits for the handlers; `close` waits now."""

    def __init__(self, processor: DeliveryProcessor, *, await_handler: bool) -> None:
        self._processor = processor
        self._await_handler = await_handler
        self._start_anew()
        _fork.start_anew_in_children(self)

    def _start_anew(self) -> None:
        self._lock = threading.Lock()
        self._in_progress = 0
        self._threads: ThreadPoolExecutor | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        try:
            batch = self._accept(environ)
            answer = Response() if batch is None else self._process(batch)
        except HTTPReject as reject:
            answer = reject.response
        start_response(f"{answer.status.value} {answer.status.phrase}", answer.all_headers)
        return [answer.body]

    def close(self) -> None:
        """Wait for running and waiting handlers, then end the threads. The app can be used again."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=True)

    def _accept(self, environ: WSGIEnvironment) -> Batch | None:
        if self._processor.is_probe(environ["REQUEST_METHOD"]):
            return None
        # Read first: some servers reset a connection with an unread body, and the answer is lost.
        body = self._read(environ)
        self._processor.verify(environ)
        delivery = self._processor.parse(body)
        if not self._await_handler:
            self._processor.check_load(self._in_progress)
        return self._processor.claim(delivery)

    def _read(self, environ: WSGIEnvironment) -> bytearray:
        length = _length(environ)
        if length is not None:
            self._processor.check_size(length)
        left = self._processor.max_body + 1 if length is None else length
        body = bytearray()
        try:
            while left > 0 and (chunk := environ["wsgi.input"].read(left)):
                body += chunk
                left -= len(chunk)
        except OSError:
            raise HTTPReject(HTTPStatus.BAD_REQUEST, "the body of the delivery is cut off") from None
        self._processor.check_size(len(body))
        return body

    def _process(self, batch: Batch) -> Response:
        if self._await_handler:
            self._handle(batch)
            return batch.to_response()
        if not batch.jobs:
            return Response()
        try:
            self._submit(batch)
        except RuntimeError:
            self._processor.abandon(batch)
            raise HTTPReject(HTTPStatus.SERVICE_UNAVAILABLE, "the process is ending") from None
        return Response()

    def _submit(self, batch: Batch) -> None:
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._processor.concurrency, "smooch-webhooks")
            self._threads.submit(self._handle_later, batch)
            self._in_progress += 1

    def _handle_later(self, batch: Batch) -> None:
        try:
            self._handle(batch)
        finally:
            with self._lock:
                self._in_progress -= 1

    def _handle(self, batch: Batch) -> None:
        try:
            for job in list(batch.jobs):
                is_handled = self._succeeds(job)
                batch.settle(job, is_handled=is_handled)
                self._processor.record(job, is_handled=is_handled)
        finally:
            self._processor.abandon(batch)

    def _succeeds(self, job: Job) -> bool:
        try:
            result = self._processor.call(job.event, job.delivery)
            if inspect.isawaitable(result):
                if inspect.iscoroutine(result):
                    result.close()
                raise TypeError("the handler gave an awaitable, which nothing in WSGI awaits: use asgi_app")
        except Exception:
            logger.exception("the handler failed on event %s", job.event_id)
            return False
        return True


def _length(environ: WSGIEnvironment) -> int | None:
    """Return the length of the body; None if the server marks its end, as for a chunked body."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        return int(length)
    if length:
        raise HTTPReject(HTTPStatus.BAD_REQUEST, "Content-Length is not a number")
    if environ.get("wsgi.input_terminated"):
        return None
    if "HTTP_TRANSFER_ENCODING" in environ:
        raise HTTPReject(HTTPStatus.LENGTH_REQUIRED, "this server does not mark the end of a chunked body")
    return 0
