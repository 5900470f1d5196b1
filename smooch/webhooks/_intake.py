"""What the ASGI and the WSGI app share: from a request to claimed events, and what becomes of them; no waiting."""

from __future__ import annotations

import functools
import inspect
import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

import attrs

from .. import _numbers
from ..errors import InvalidInput
from ._dedupe import MemoryDeduplicator
from ._errors import WebhookRejected, WebhookUnreadable
from ._events import Delivery, parse
from ._verify import check, encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._dedupe import Deduplicator
    from ._union import WebhookEvent
    from ._verify import Headers, Secret

    Handler: TypeAlias = Callable[[WebhookEvent], object] | Callable[[WebhookEvent, Delivery], object]

MAX_BODY = 1024 * 1024
CONCURRENCY = 50
BACKLOG = 1000
_UNDATED_SECONDS = 60.0
"""How long an event without id and time is remembered: the API's 20 seconds for an answer and its first repetitions."""

logger = logging.getLogger("smooch.webhooks")


@attrs.frozen
class Answer:
    """A status, a reason in words, and headers beside those that every answer has."""

    status: HTTPStatus = HTTPStatus.OK
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def body(self) -> bytes:
        """The reason, for whoever reads it: the API looks at the status only."""
        return self.reason.encode()

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        """Names in lower case, as ASGI wants them."""
        if not self.reason:
            return [("content-length", "0"), *self.headers]
        length = ("content-length", str(len(self.body)))
        return [("content-type", "text/plain; charset=utf-8"), length, *self.headers]


class Refused(Exception):
    """An answer that ends a request before any event is handled."""

    def __init__(self, status: HTTPStatus, reason: str, *headers: tuple[str, str]) -> None:
        super().__init__(reason)
        self.answer = Answer(status, reason, headers)


@attrs.frozen
class Job:
    """An event that this delivery claimed."""

    event: WebhookEvent
    event_id: str
    dated: bool
    owner: str
    delivery: Delivery


@attrs.define
class Batch:
    """The claimed events of one delivery that are not settled yet, and what became of the others."""

    jobs: list[Job] = attrs.field(factory=list)
    has_running: bool = False
    has_failed: bool = False

    def settle(self, job: Job, *, is_handled: bool) -> None:
        """Note what became of an event."""
        self.jobs.remove(job)
        self.has_failed |= not is_handled

    def outcome(self) -> Answer:
        """The answer for an API that waits for the handler; any but 200 makes it deliver again."""
        if self.has_failed:
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "the handler failed")
        if self.has_running:
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, "the event is being handled")
        return Answer()


class Intake:
    """The settings of an app, and the steps of a request that do not depend on how the app waits."""

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
        self._secrets = encoded(secret)
        self.deduplicator = MemoryDeduplicator() if deduplicator is None else deduplicator
        self.max_body = _numbers.count(max_body, "max_body")
        self.concurrency = _numbers.count(concurrency, "concurrency")
        self._capacity = self.concurrency + _numbers.count(backlog, "backlog", least=0)

    def is_probe(self, method: str) -> bool:
        """Whether the API only asks if somebody is here; a method that it never uses is refused."""
        if method not in ("HEAD", "POST"):
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "deliveries are POST requests", ("allow", "HEAD, POST"))
        return method == "HEAD"

    def verify(self, headers: Headers) -> None:
        """Refuse what does not come from the API."""
        try:
            check(headers, self._secrets)
        except WebhookRejected as error:
            raise self._refused(HTTPStatus.UNAUTHORIZED, str(error)) from None

    def check_size(self, size: int) -> None:
        """Refuse a body of so many bytes, read or announced, if they are too many."""
        if size > self.max_body:
            reason = f"the body of the delivery is larger than {self.max_body} bytes"
            raise self._refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)

    def check_load(self, deliveries: int) -> None:
        """Refuse one more if so many are under way already."""
        if deliveries >= self._capacity:
            raise self._refused(HTTPStatus.SERVICE_UNAVAILABLE, "too many deliveries are waiting for the handler")

    def parse(self, body: bytearray) -> Delivery:
        """The delivery in a body."""
        try:
            return parse(body)
        except WebhookUnreadable as error:
            raise self._refused(HTTPStatus.BAD_REQUEST, str(error)) from None

    def claim(self, delivery: Delivery) -> Batch:
        """Take what is new in a delivery; all or nothing if the deduplicator fails."""
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
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "the deduplicator failed") from None
        return batch

    def record(self, job: Job, *, is_handled: bool) -> None:
        """Tell the deduplicator what became of an event. If it fails, the event may be handled once more, not lost."""
        try:
            if is_handled:
                at_most = None if job.dated else _UNDATED_SECONDS
                self.deduplicator.confirm(job.event_id, at_most=at_most)
            else:
                self.deduplicator.release(job.event_id, job.owner)
        except Exception:
            logger.exception("the deduplicator could not record event %s", job.event_id)

    def abandon(self, batch: Batch) -> None:
        """Give back what is not settled."""
        for job in batch.jobs:
            self.record(job, is_handled=False)

    def _refused(self, status: HTTPStatus, reason: str) -> Refused:
        logger.warning("refused a delivery with %d: %s", status, reason)
        return Refused(status, reason)


def _with_delivery(handler: Handler) -> Callable[[WebhookEvent, Delivery], object]:
    """The handler as a function of event and delivery, whether it takes one or both."""
    if not callable(handler):
        raise InvalidInput(f"handler must be a function of an event, not {type(handler).__name__}", "handler")
    takes = _positional(handler)
    if takes == 1:
        return lambda event, delivery: handler(event)  # type: ignore[call-arg]
    if takes == 2:
        return handler  # type: ignore[return-value]
    raise InvalidInput("handler must take an event, or an event and its delivery", "handler")


def _positional(handler: Handler) -> int:
    """How many arguments the handler takes; the fewest if it leaves a choice, 0 if neither one nor two."""
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
    """Whether calling the handler gives an awaitable, as far as it tells."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)
