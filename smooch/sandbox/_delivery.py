"""Deliveries: posts events of an app to its webhooks, again if an attempt fails."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from collections import deque
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import attrs
import httpx

from . import _json, v1, v2
from ._faults import DelayDelivery, Duplicate, Faults, Lose, Reorder

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ._entities import JsonObject, Webhook
    from ._events import Event
    from ._faults import DeliveryFault
    from .store import App

MAX_ATTEMPTS = 5
FIRST_WAIT = 60.0
"""Seconds before the second attempt. Each wait is twice the one before, so that all attempts fit into 15 minutes."""
RESPONSE_TIMEOUT = 20.0
FINAL_STATUSES = frozenset({400, 401, 403, 404, 406})
"""Statuses after which the API does not try again."""
_MAX_CONCURRENT = 20

_CONNECTION_ERRORS = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, OverflowError)

logger = logging.getLogger("smooch.sandbox")

_SERIALIZERS: dict[str, Callable[[Event, App, Webhook], tuple[str, JsonObject] | None]] = {
    "v1": v1.serialize_delivery,
    "v1.1": v1.serialize_delivery,
    "v2": v2.serialize_delivery,
}


@attrs.frozen(eq=False, kw_only=True)
class DeliveryAttempt:
    """A POST to the target of a webhook. Attempts of one delivery share its `delivery_id`.

    `number` counts from 1, `at` is the start in seconds since 1970, `seconds` the duration. Without a response `status` is None and `error` says why.
    """

    delivery_id: str
    webhook_id: str
    target: str = attrs.field(repr=lambda target: repr(redact_password(target)))
    trigger: str
    number: int
    at: float
    seconds: float
    status: int | None
    error: str | None = None
    body: bytes = attrs.field(repr=False)

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@attrs.frozen(eq=False)
class Delivery:
    """One event for one webhook."""

    id: str
    app: App
    webhook: Webhook
    trigger: str
    body: bytes


class Dispatcher:
    """Sends deliveries, on the server's event loop.

    An attempt fails after `timeout` seconds without a response; the waits between attempts are `speedup` times shorter than the API's. At most `keep`
    attempts are kept.
    """

    def __init__(self, *, speedup: float, timeout: float, keep: int | None) -> None:
        self._speedup = speedup
        self._timeout = timeout
        self.attempts: deque[DeliveryAttempt] = deque(maxlen=keep)
        self.faults: Faults[DeliveryFault] = Faults()
        self._held: dict[Reorder, list[Delivery]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots: WeakKeyDictionary[Webhook, asyncio.Semaphore] = WeakKeyDictionary()
        self._client: httpx.AsyncClient | None = None

    def publish(self, app: App, event: Event) -> None:
        """Deliver an event to the webhooks that asked for it. Bodies are made now, before the state changes again."""
        for webhook in app.webhooks.values():
            serialized = _SERIALIZERS[webhook.version](event, app, webhook)
            if serialized is not None:
                trigger, body = serialized
                delivery_id = f"{event.id}-{webhook.id}"
                self._dispatch(Delivery(delivery_id, app, webhook, trigger, _json.encode(body)))

    def _dispatch(self, delivery: Delivery) -> None:
        match self.faults.take(delivery.trigger):
            case None:
                self._start(self._deliver(delivery))
            case Duplicate():
                self._start(self._deliver(delivery))
                self._start(self._deliver(delivery))
            case DelayDelivery(seconds=seconds):
                self._start(self._deliver_after(delivery, seconds))
            case Lose():
                self._record_attempt(
                    delivery, delivery.webhook.target, number=1, started=time.time(), error="lost on request"
                )
            case Reorder() as reorder:
                self._held.setdefault(reorder, []).append(delivery)
                if reorder.times == 0:
                    self._start(self._deliver_in_reverse(self._held.pop(reorder)))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver_in_reverse(self, deliveries: list[Delivery]) -> None:
        for delivery in reversed(deliveries):
            await self._deliver(delivery)

    async def _deliver_after(self, delivery: Delivery, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._deliver(delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        for number in range(1, MAX_ATTEMPTS + 1):
            if number > 1:
                await asyncio.sleep(FIRST_WAIT * 2 ** (number - 2) / self._speedup)
            async with self._slots.setdefault(delivery.webhook, asyncio.Semaphore(_MAX_CONCURRENT)):
                if delivery.webhook.id not in delivery.app.webhooks:
                    return
                status = await self._attempt(delivery, number)
            if status is not None and (200 <= status < 300 or status in FINAL_STATUSES):
                return

    async def _attempt(self, delivery: Delivery, number: int) -> int | None:
        status, error, started, target = None, None, time.time(), delivery.webhook.target
        headers = {b"content-type": b"application/json", b"x-api-key": delivery.webhook.secret.encode()}
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._get_client().stream("POST", target, content=delivery.body, headers=headers) as response,
            ):
                status = response.status_code
                async for _ in response.aiter_raw():  # so that the connection can be used again
                    pass
        except TimeoutError:
            error = f"no response within {self._timeout:g} s"
        except _CONNECTION_ERRORS as exception:
            error = f"{type(exception).__name__}: {exception}"
        self._record_attempt(delivery, target, number=number, started=started, status=status, error=error)
        return status

    def _record_attempt(
        self,
        delivery: Delivery,
        target: str,
        *,
        number: int,
        started: float,
        status: int | None = None,
        error: str | None,
    ) -> None:
        outcome = error if status is None else status
        logger.info(
            "%s to %s: %s (attempt %d of %d)",
            delivery.trigger,
            redact_password(target),
            outcome,
            number,
            MAX_ATTEMPTS,
        )
        self.attempts.append(
            DeliveryAttempt(
                delivery_id=delivery.id,
                webhook_id=delivery.webhook.id,
                target=target,
                trigger=delivery.trigger,
                number=number,
                at=started,
                seconds=time.time() - started,
                status=status,
                error=None if status is not None else error,
                body=delivery.body,
            )
        )

    async def probe(self, target: str) -> bool:
        """Return whether `target` responds to a HEAD request, whatever the status."""
        probing = self._start(self._probe(target))
        await asyncio.wait([probing])
        return not probing.cancelled() and probing.exception() is None

    async def _probe(self, target: str) -> None:
        async with asyncio.timeout(self._timeout):
            await self._get_client().head(target)

    def _get_client(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_keepalive_connections=_MAX_CONCURRENT)
            # no proxy of the environment between bots of this machine, and no cookies from one bot to another
            cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            self._client = httpx.AsyncClient(
                timeout=None,  # noqa: S113
                limits=limits,
                trust_env=False,
                verify=_ssl_context(),
                cookies=cookies,
            )
        return self._client

    async def wait_until_idle(self) -> None:
        """Wait until no delivery is active or waits for its next attempt."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def clear(self) -> None:
        """Delete attempts, faults and held deliveries."""
        self._held.clear()
        self.attempts.clear()
        self.faults.clear()

    async def cancel_all(self) -> None:
        """Cancel all deliveries."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Cancel all deliveries and close the connections."""
        await self.cancel_all()
        # a semaphore is bound to the event loop, which ends now
        self._slots.clear()
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return a context that trusts the authorities of the environment; made once, since that is slow."""
    return ssl.create_default_context()


def redact_password(target: str) -> str:
    try:
        url = httpx.URL(target)
        return str(url.copy_with(username=url.username, password=None)) if url.password else target
    except (httpx.InvalidURL, ValueError):
        return target
