"""The steps of a delivery that do not depend on ASGI or WSGI: check, parse, claim, record."""

from __future__ import annotations

import functools
import inspect
import itertools
import logging
import secrets
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

import attrs

from ... import _checks
from ...errors import InvalidInput
from .._errors import WebhookUnreadable
from .._handle_once import iter_events
from .._json import read_object
from .._parse import parse
from ..deduplicators.memory import MemoryDeduplicator
from . import siblings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .._delivery import Delivery
    from .._events import WebhookEvent
    from ..deduplicators.protocol import AsyncDeduplicator, Claim, Deduplicator

    Handler: TypeAlias = Callable[[WebhookEvent], object] | Callable[[WebhookEvent, Delivery], object]
    Enqueue: TypeAlias = Callable[[str, dict[str, str]], object]

MAX_BODY = 1024 * 1024
CONCURRENCY = 50
BACKLOG = 1000
_MAX_LENGTH_DIGITS = 18
_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
DEADLINE = 15.0
_API_TIMEOUT = 20.0
"""Seconds after which the API stops waiting for a response."""

logger = logging.getLogger("smooch.webhooks")


class Response:
    """The HTTP response to a delivery."""

    def __init__(self, status: HTTPStatus, reason: str = "", *headers: tuple[bytes, bytes]) -> None:
        self.status = status
        self.body = reason.encode()
        """The reason, for people; the API reads only the status."""
        content_type = ((b"content-type", b"text/plain; charset=utf-8"),) if reason else ()
        self.headers = (*content_type, (b"content-length", b"%d" % len(self.body)), *headers)
        """All headers; names are in lower case, as ASGI requires."""


OK = Response(HTTPStatus.OK)


class HTTPReject(Exception):
    """Ends a request with an error response before any event is handled."""

    def __init__(self, status: HTTPStatus, reason: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(reason)
        self.response = Response(status, reason, *headers)

    def log(self) -> Response:
        """Log why the delivery is refused, and return the response."""
        status = self.response.status
        # Health checks of other servers come with other methods.
        level = logging.DEBUG if status == HTTPStatus.METHOD_NOT_ALLOWED else logging.WARNING
        logger.log(level, "refused a delivery with %d: %s", status, self, exc_info=self.__cause__)
        return self.response


@attrs.define(eq=False)
class Job:
    """An event of one delivery, to be handled once."""

    event: WebhookEvent
    event_id: str
    at_most: float | None
    """Seconds for which the handled event is remembered, if less than usual."""
    delivery: Delivery
    batch: Batch
    lane: str
    """Jobs of one lane run one after another; of those that wait, the earliest is next."""
    time: float = 0.0
    number: int = 0
    """Order of the jobs that have the same time."""

    def __lt__(self, other: Job) -> bool:
        return (self.time, self.number) < (other.time, other.number)


@attrs.define(eq=False)
class Batch:
    """The events of one delivery, and the state of their handling."""

    owner: str
    jobs: list[Job] = attrs.field(factory=list)
    """Claimed and not settled yet."""
    unrecorded: int = 0
    on_recorded: Callable[[], object] = lambda: None
    has_running: bool = False
    has_failed: bool = False


class DeliveryProcessor:
    """The options of an app, and the steps of a request that do not wait."""

    def __init__(
        self,
        handler: Handler | None,
        *,
        enqueue: Enqueue | None,
        deduplicator: Deduplicator | AsyncDeduplicator | None,
        max_body: int,
        await_handler: bool,
        ordered: bool,
        deadline: float,
        concurrency: int,
        backlog: int,
    ) -> None:
        self.enqueue = enqueue
        self.call = _accept_delivery(handler) if enqueue is None else _check_enqueue(handler, enqueue)
        if enqueue is not None and (deduplicator is not None or await_handler or ordered):
            raise InvalidInput(
                "deduplicator, await_handler and ordered need a handler: with enqueue, the worker handles the events",
                "enqueue",
            )
        self.deduplicator = _check_deduplicator(deduplicator)
        self.max_body = _checks.check_count(max_body, "max_body")
        self.await_handler = await_handler
        self.ordered = ordered
        self.deadline = _check_deadline(deadline)
        self.concurrency = _checks.check_count(concurrency, "concurrency")
        self._capacity = self.concurrency + _checks.check_count(backlog, "backlog", minimum=0)
        self.handling: set[str] = set()
        """Ids of the events whose handling in this process is certain."""
        self._numbers = itertools.count()
        self._are_siblings_checked = False

    def is_probe(self, method: str) -> bool:
        """Return whether the request is a HEAD probe; HTTPReject for methods that the API never uses."""
        if method not in ("HEAD", "POST"):
            raise HTTPReject(HTTPStatus.METHOD_NOT_ALLOWED, "deliveries are POST requests", (b"allow", b"HEAD, POST"))
        return method == "HEAD"

    def check_siblings(self, secrets: Sequence[bytes], *, is_certain: bool = False) -> None:
        """Warn once if another process receives deliveries too, without a shared deduplicator."""
        if self._are_siblings_checked:
            return
        self._are_siblings_checked = True
        needs_store = self.enqueue is None and isinstance(self.deduplicator, MemoryDeduplicator)
        if needs_store and (is_certain or siblings.has_sibling(secrets[0])):
            logger.warning(
                "several processes receive deliveries, but a MemoryDeduplicator is not shared: duplicates may be handled"
                " twice; use SQLiteDeduplicator or RedisDeduplicator"
            )

    def check_size(self, size: int) -> None:
        """Reject a body whose size, announced or read, is over the limit."""
        if size > self.max_body:
            reason = f"the body of the delivery is larger than {self.max_body} bytes"
            raise HTTPReject(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)

    def check_load(self, deliveries: int) -> None:
        """Reject a delivery if too many others, waiting claims included, are in progress."""
        if deliveries >= self._capacity:
            raise HTTPReject(HTTPStatus.SERVICE_UNAVAILABLE, "too many deliveries are in progress")

    def parse(self, body: bytes | bytearray) -> Delivery:
        """Parse a body; HTTPReject if it is unreadable."""
        try:
            return parse(body)
        except WebhookUnreadable as error:
            raise HTTPReject(HTTPStatus.BAD_REQUEST, str(error)) from None

    def check_json(self, body: bytes | bytearray) -> str:
        """Return a body as text; HTTPReject if it is unreadable."""
        try:
            read_object(body)
        except WebhookUnreadable as error:
            raise HTTPReject(HTTPStatus.BAD_REQUEST, str(error)) from None
        return body.decode()

    def create_batch(self, delivery: Delivery) -> tuple[Batch, Iterable[Job]]:
        """Create a batch for a delivery, and the jobs to claim one by one: one for each event id."""
        batch = Batch(secrets.token_hex(16))
        jobs = {event[1]: Job(*event, delivery, batch, batch.owner) for event in iter_events(delivery)}
        if self.ordered:
            places = zip(delivery.event_ids, delivery.conversation_ids, delivery.times, strict=True)
            for event_id, conversation_id, at in places:
                # An event without a conversation waits only for events of its delivery; one without a time counts as new.
                if conversation_id:
                    jobs[event_id].lane = f"{delivery.app_id}/{conversation_id}"
                jobs[event_id].time = at.timestamp() if at else time.time()
        return batch, jobs.values()

    def record_claim(self, job: Job, claim: Claim) -> None:
        """Drop a job whose claim is not new, and record whether another delivery handles its event."""
        if claim == "new":
            return
        job.batch.jobs.remove(job)
        # This process has answered and is handling the event: it needs no second delivery.
        is_handled_here = not self.await_handler and job.event_id in self.handling
        job.batch.has_running |= claim == "running" and not is_handled_here

    def start(self, batch: Batch) -> None:
        """Record that a batch will be handled in any case."""
        batch.unrecorded = len(batch.jobs)
        for job in batch.jobs:
            job.number = next(self._numbers)
            self.handling.add(job.event_id)

    def settle(self, job: Job, *, is_handled: bool) -> None:
        """Record the result of one event."""
        job.batch.jobs.remove(job)
        if not is_handled:
            job.batch.has_failed = True
        self.handling.discard(job.event_id)

    def respond(self, batch: Batch) -> Response:
        """Build the response; anything but 200 makes the API deliver again."""
        if self.await_handler and batch.has_failed:
            return Response(HTTPStatus.INTERNAL_SERVER_ERROR, "the handler failed")
        if batch.has_running:
            return Response(HTTPStatus.SERVICE_UNAVAILABLE, "another delivery of the event is being handled")
        if self.await_handler and batch.jobs:
            return Response(HTTPStatus.SERVICE_UNAVAILABLE, "the handler did not finish before the deadline")
        return OK


def read_content_length(value: str | bytes) -> int:
    """Parse the value of Content-Length; HTTPReject if it is not a number of at most 18 ASCII digits."""
    if value.isascii() and value.isdigit() and len(value) <= _MAX_LENGTH_DIGITS:
        return int(value)
    raise HTTPReject(HTTPStatus.BAD_REQUEST, "Content-Length is not a valid number")


def deduplicator_failed() -> HTTPReject:
    """Return the exception to raise from that of a deduplicator."""
    return HTTPReject(HTTPStatus.SERVICE_UNAVAILABLE, "the deduplicator failed; the API is asked to deliver again")


def deadline_exceeded() -> HTTPReject:
    """Return the exception to raise if a delivery was not accepted in time."""
    return HTTPReject(HTTPStatus.SERVICE_UNAVAILABLE, "the delivery was not accepted before the deadline")


def _check_deduplicator(
    deduplicator: Deduplicator | AsyncDeduplicator | None,
) -> Deduplicator | AsyncDeduplicator:
    """Return the deduplicator, by default one in memory; InvalidInput if it lacks a method."""
    if deduplicator is None:
        return MemoryDeduplicator()
    has_methods = all(callable(getattr(deduplicator, name, None)) for name in ("claim", "confirm", "release"))
    if isinstance(deduplicator, type) or not has_methods:
        kind = "a class" if isinstance(deduplicator, type) else type(deduplicator).__name__
        raise InvalidInput(
            f"deduplicator must be an object with claim, confirm and release, got {kind}", "deduplicator"
        )
    return deduplicator


def drop_credentials(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers as a dict with lower-case names, without those that hold secrets."""
    result: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        if key not in _CREDENTIALS:
            result[key] = f"{result[key]}, {value}" if key in result else value
    return result


def not_enqueued() -> HTTPReject:
    """Return the exception to raise from that of a queue."""
    return HTTPReject(
        HTTPStatus.SERVICE_UNAVAILABLE, "the queue did not take the delivery; the API is asked to repeat it"
    )


def _check_deadline(deadline: float) -> float:
    if _checks.check_seconds(deadline, "deadline") >= _API_TIMEOUT:
        raise InvalidInput(
            f"deadline must be less than {_API_TIMEOUT:g} s, after which the API closes the connection", "deadline"
        )
    return float(deadline)


def _check_enqueue(handler: Handler | None, enqueue: Enqueue) -> Callable[[WebhookEvent, Delivery], object]:
    """Check that `enqueue` stands alone; the returned handler is never called."""
    if handler is not None:
        raise InvalidInput("pass handler or enqueue, not both: with enqueue, the worker handles the events", "handler")
    if not callable(enqueue):
        raise InvalidInput(f"enqueue must be a function of body and headers, got {type(enqueue).__name__}", "enqueue")
    return lambda event, delivery: None


def _accept_delivery(handler: Handler | None) -> Callable[[WebhookEvent, Delivery], object]:
    """Wrap a handler so that it takes event and delivery, even if it takes only the event."""
    if handler is None or not callable(handler):
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


def is_async(handler: object) -> bool:
    """Return whether a callable is declared async; a plain function may still return an awaitable."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    call = getattr(type(handler), "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(call)
