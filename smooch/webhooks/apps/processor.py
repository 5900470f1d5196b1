"""The steps of a delivery that do not depend on ASGI or WSGI: check, parse, claim, record."""

from __future__ import annotations

import functools
import inspect
import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

import attrs

from ... import _checks
from ...errors import InvalidInput
from .._errors import WebhookRejected, WebhookUnreadable
from .._parse import parse
from .._verify import check_key, encode_secrets
from ..deduplicators.memory import MemoryDeduplicator

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._delivery import Delivery
    from .._events import WebhookEvent
    from .._verify import Headers, Secret
    from ..deduplicators.protocol import Deduplicator

    Handler: TypeAlias = Callable[[WebhookEvent], object] | Callable[[WebhookEvent, Delivery], object]

MAX_BODY = 1024 * 1024
CONCURRENCY = 50
BACKLOG = 1000
_UNDATED_SECONDS = 60.0
"""How long an event without id and time is remembered: the 20 s that the API waits, and its first retries."""

logger = logging.getLogger("smooch.webhooks")


@attrs.frozen
class Response:
    """The HTTP response to a delivery: status, reason as text, and extra headers."""

    status: HTTPStatus = HTTPStatus.OK
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def body(self) -> bytes:
        """The reason as bytes, for people: the API reads only the status."""
        return self.reason.encode()

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        """All headers; names are in lower case, as ASGI requires."""
        if not self.reason:
            return [("content-length", "0"), *self.headers]
        length = ("content-length", str(len(self.body)))
        return [("content-type", "text/plain; charset=utf-8"), length, *self.headers]


class HTTPReject(Exception):
    """Ends a request with an error response before any event is handled."""

    def __init__(self, status: HTTPStatus, reason: str, *headers: tuple[str, str]) -> None:
        super().__init__(reason)
        self.response = Response(status, reason, headers)


@attrs.frozen
class Job:
    """An event claimed by this delivery."""

    event: WebhookEvent
    event_id: str
    dated: bool
    owner: str
    delivery: Delivery


@attrs.define
class Batch:
    """The claimed, unsettled events of one delivery, and the results of the settled ones."""

    jobs: list[Job] = attrs.field(factory=list)
    has_running: bool = False
    has_failed: bool = False

    def settle(self, job: Job, *, is_handled: bool) -> None:
        """Record the result of one event."""
        self.jobs.remove(job)
        self.has_failed |= not is_handled

    def to_response(self) -> Response:
        """Build the response after all handlers ran; anything but 200 makes the API deliver again."""
        if self.has_failed:
            return Response(HTTPStatus.INTERNAL_SERVER_ERROR, "the handler failed")
        if self.has_running:
            return Response(HTTPStatus.SERVICE_UNAVAILABLE, "the event is being handled")
        return Response()


class DeliveryProcessor:
    """The options of an app, and the steps of a request that do not wait."""

    def __init__(
        self,
        handler: Handler,
        secret: Secret,
        *,
        deduplicator: Deduplicator | None,
        max_body: int,
        concurrency: int,
        backlog: int,
    ) -> None:
        self.call = _with_delivery(handler)
        self._secrets = encode_secrets(secret)
        self.deduplicator = MemoryDeduplicator() if deduplicator is None else deduplicator
        self.max_body = _checks.check_count(max_body, "max_body")
        self.concurrency = _checks.check_count(concurrency, "concurrency")
        self._capacity = self.concurrency + _checks.check_count(backlog, "backlog", minimum=0)

    def is_probe(self, method: str) -> bool:
        """Return whether the request is a HEAD probe; HTTPReject for methods that the API never uses."""
        if method not in ("HEAD", "POST"):
            raise HTTPReject(HTTPStatus.METHOD_NOT_ALLOWED, "deliveries are POST requests", ("allow", "HEAD, POST"))
        return method == "HEAD"

    def verify(self, headers: Headers) -> None:
        """Reject a delivery without the right key."""
        try:
            check_key(headers, self._secrets)
        except WebhookRejected as error:
            raise self._reject(HTTPStatus.UNAUTHORIZED, str(error)) from None

    def check_size(self, size: int) -> None:
        """Reject a body whose size, announced or read, is over the limit."""
        if size > self.max_body:
            reason = f"the body of the delivery is larger than {self.max_body} bytes"
            raise self._reject(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)

    def check_load(self, deliveries: int) -> None:
        """Reject a delivery if too many are already in progress."""
        if deliveries >= self._capacity:
            raise self._reject(HTTPStatus.SERVICE_UNAVAILABLE, "too many deliveries are waiting for the handler")

    def parse(self, body: bytearray) -> Delivery:
        """Parse a body; HTTPReject if it is unreadable."""
        try:
            return parse(body)
        except WebhookUnreadable as error:
            raise self._reject(HTTPStatus.BAD_REQUEST, str(error)) from None

    def claim(self, delivery: Delivery) -> Batch:
        """Claim the new events of a delivery; all or none if the deduplicator fails."""
        batch, owner = Batch(), secrets.token_hex(16)
        events = zip(delivery.events, delivery.dated, strict=True)
        try:
            for event_id, (event, dated) in dict(zip(delivery.event_ids, events, strict=True)).items():
                match self.deduplicator.claim(event_id, owner):
                    case "new":
                        batch.jobs.append(Job(event, event_id, dated, owner, delivery))
                    case "running":
                        batch.has_running = True
        except Exception:
            logger.exception("the deduplicator failed; the API is asked to deliver again")
            self.abandon(batch)
            raise HTTPReject(HTTPStatus.SERVICE_UNAVAILABLE, "the deduplicator failed") from None
        return batch

    def record(self, job: Job, *, is_handled: bool) -> None:
        """Confirm or release an event. If the deduplicator fails, the event may be handled again, but is not lost."""
        try:
            if is_handled:
                at_most = None if job.dated else _UNDATED_SECONDS
                self.deduplicator.confirm(job.event_id, at_most=at_most)
            else:
                self.deduplicator.release(job.event_id, job.owner)
        except Exception:
            logger.exception("the deduplicator could not record event %s", job.event_id)

    def abandon(self, batch: Batch) -> None:
        """Release the unsettled events."""
        for job in batch.jobs:
            self.record(job, is_handled=False)

    def _reject(self, status: HTTPStatus, reason: str) -> HTTPReject:
        logger.warning("refused a delivery with %d: %s", status, reason)
        return HTTPReject(status, reason)


def _with_delivery(handler: Handler) -> Callable[[WebhookEvent, Delivery], object]:
    """Wrap a handler so that it takes event and delivery, even if it takes only the event."""
    if not callable(handler):
        raise InvalidInput(f"handler must be a function that takes an event, got {type(handler).__name__}", "handler")
    count = _count_arguments(handler)
    if count == 1:
        return lambda event, delivery: handler(event)  # type: ignore[call-arg]
    if count == 2:
        return handler  # type: ignore[return-value]
    raise InvalidInput("handler must take one argument, the event, or two, the event and its delivery", "handler")


def _count_arguments(handler: Handler) -> int:
    """Return the number of arguments to pass: 1 if that works, else 2, else 0."""
    try:
        signature = inspect.signature(handler)
    except ValueError:  # a few built-in functions have none
        return 1
    for count in (1, 2):
        try:
            signature.bind(*range(count))
        except TypeError:
            continue
        return count
    return 0


def is_async(handler: Handler) -> bool:
    """Return whether the handler is declared async; a plain function may still return an awaitable."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)
