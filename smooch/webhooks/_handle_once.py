"""Handle each event of a delivery once, in a view or in the worker of a queue."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from ._errors import WebhookInProgress
from .deduplicators.protocol import UNDATED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ._delivery import Delivery
    from ._events import WebhookEvent
    from .deduplicators.protocol import AsyncDeduplicator, Claim, Deduplicator


def handle_once(delivery: Delivery, handler: Callable[[WebhookEvent], object], deduplicator: Deduplicator) -> None:
    """Call `handler(event)` for each event of a delivery that was not handled before.

    For a view of your own, or the worker of a queue. It tries all events before it raises. If it raises, the delivery
    must come again after a pause, and events that were handled are then skipped: answer with status 500 or 503, or let
    the queue run the task again.

    Raises:
        WebhookInProgress: another worker handles an event, or died while it did. Its claim ends with the lease.
        Exception: the first exception of the handler or the deduplicator.
    """
    owner, failures = secrets.token_hex(16), list[Exception]()
    for event, event_id, at_most in iter_events(delivery):
        try:
            if _is_new(deduplicator.claim(event_id, owner), event_id):
                handler(event)
                deduplicator.confirm(event_id, at_most=at_most)
        except WebhookInProgress as error:
            failures.append(error)
        except BaseException as error:
            with suppress(Exception):  # the lease ends a claim that cannot be released
                deduplicator.release(event_id, owner)
            if not isinstance(error, Exception):
                raise
            failures.append(error)
    if failures:
        raise failures[0]


async def handle_once_async(
    delivery: Delivery, handler: Callable[[WebhookEvent], Awaitable[object]], deduplicator: AsyncDeduplicator
) -> None:
    """Await `handler(event)` for each event of a delivery that was not handled before.

    The same as `handle_once`, for an async handler and deduplicator.
    """
    owner, failures = secrets.token_hex(16), list[Exception]()
    for event, event_id, at_most in iter_events(delivery):
        try:
            if _is_new(await deduplicator.claim(event_id, owner), event_id):
                await handler(event)
                await deduplicator.confirm(event_id, at_most=at_most)
        except WebhookInProgress as error:
            failures.append(error)
        except BaseException as error:
            with suppress(Exception):  # the lease ends a claim that cannot be released
                await deduplicator.release(event_id, owner)
            if not isinstance(error, Exception):
                raise
            failures.append(error)
    if failures:
        raise failures[0]


def iter_events(delivery: Delivery) -> Iterator[tuple[WebhookEvent, str, float | None]]:
    """Yield each event with its id and how many seconds to remember it; None means the expiry."""
    for event, event_id, is_dated in zip(delivery, delivery.event_ids, delivery.dated, strict=True):
        yield event, event_id, None if is_dated else UNDATED


def _is_new(claim: Claim, event_id: str) -> bool:
    if claim == "running":
        raise WebhookInProgress(f"another worker has claimed event {event_id}: run the task again after a pause")
    return claim == "new"
