"""Deliver events of an app to its webhooks, and retry failed attempts."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from collections import deque
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Literal
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
"""Seconds before the second attempt. Each wait is twice the one before: all attempts take 15 minutes."""
RESPONSE_TIMEOUT = 20.0
FINAL_STATUSES = frozenset({400, 401, 403, 404, 406})
"""Response statuses after which the API does not retry."""
_MAX_CONCURRENT = 20

_CONNECTION_ERRORS = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, OverflowError)

logger = logging.getLogger("smooch.sandbox")

_SERIALIZERS: dict[str, Callable[[Event, App, Webhook], tuple[str, JsonObject] | None]] = {
    "v1": v1.serialize_delivery,
    "v1.1": v1.serialize_delivery,
    "v2": v2.serialize_delivery,
}


State = Literal["held", "active", "succeeded", "failed", "lost", "cancelled"]


@attrs.define(eq=False, kw_only=True)
class DeliveryAttempt:
    """A POST to the target of a webhook. Attempts of one delivery share its `delivery_id`.

    `number` counts from 1, `at` is the start in seconds since 1970, `seconds` the duration, None as long as it lasts. Without a response `status` is
    None and `error` says why.
    """

    delivery_id: str
    webhook_id: str
    target: str = attrs.field(repr=lambda target: repr(redact_password(target)))
    trigger: str
    number: int
    at: float
    seconds: float | None = None
    status: int | None = None
    error: str | None = None
    body: bytes = attrs.field(repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@attrs.define(eq=False, kw_only=True)
class Delivery:
    """One event for one webhook, with the attempts to deliver it."""

    id: str
    app: App
    webhook: Webhook
    trigger: str
    body: bytes
    at: float = attrs.field(factory=time.time)
    state: State = "active"
    attempts: list[DeliveryAttempt] = attrs.Factory(list)


class Dispatcher:
    """Sends deliveries, on the server's event loop.

    An attempt fails after `timeout` seconds without a response; the waits between attempts are `speedup` times shorter than the API's. At most `keep`
    deliveries and attempts are kept. `on_change` is called with a delivery whenever its state or its attempts have changed.
    """

    def __init__(
        self, *, speedup: float, timeout: float, keep: int | None, on_change: Callable[[Delivery], None]
    ) -> None:
        self._speedup = speedup
        self._timeout = timeout
        self._on_change = on_change
        self.attempts: deque[DeliveryAttempt] = deque(maxlen=keep)
        self.deliveries: deque[Delivery] = deque(maxlen=keep)
        self.faults: Faults[DeliveryFault] = Faults()
        self._held: dict[Reorder, list[Delivery]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots: WeakKeyDictionary[Webhook, asyncio.Semaphore] = WeakKeyDictionary()
        self._client: httpx.AsyncClient | None = None

    def publish(self, app: App, event: Event) -> None:
        """Deliver an event to the webhooks that subscribe to it; bodies show the state at this moment."""
        for webhook in app.webhooks.values():
            serialized = _SERIALIZERS[webhook.version](event, app, webhook)
            if serialized is not None:
                trigger, body = serialized
                self.deliver(app, webhook, trigger, body, event_id=event.id)

    def deliver(self, app: App, webhook: Webhook, trigger: str, body: Any, *, event_id: str) -> Delivery:
        """Deliver one body to one webhook, unless a fault changes that."""
        delivery = Delivery(
            id=f"{event_id}-{webhook.id}", app=app, webhook=webhook, trigger=trigger, body=_json.encode(body)
        )
        self.deliveries.append(delivery)
        match self.faults.consume(trigger):
            case None:
                self._start(self._deliver(delivery))
            case Duplicate():
                self._start(self._deliver(delivery))
                self._start(self._deliver(delivery))
            case DelayDelivery(seconds=seconds):
                self._start(self._deliver(delivery, after=seconds))
            case Lose():
                self._end_attempt(delivery, self._start_attempt(delivery, 1), None, "lost on request")
                delivery.state = "lost"
            case Reorder() as reorder:
                delivery.state = "held"
                self._held.setdefault(reorder, []).append(delivery)
                if reorder.times == 0:
                    self._start(self._deliver_in_reverse(self._held.pop(reorder)))
        self._on_change(delivery)
        return delivery

    def redeliver(self, delivery: Delivery) -> None:
        """Send a delivery once more, whatever its state."""
        self._start(self._deliver(delivery))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver_in_reverse(self, deliveries: list[Delivery]) -> None:
        for delivery in reversed(deliveries):
            await self._deliver(delivery)

    async def _deliver(self, delivery: Delivery, after: float = 0) -> None:
        self._set_state(delivery, "active")
        try:
            await asyncio.sleep(after)
            self._set_state(delivery, await self._attempt_repeatedly(delivery))
        except asyncio.CancelledError:
            self._set_state(delivery, "cancelled")
            raise

    def _set_state(self, delivery: Delivery, state: State) -> None:
        if delivery.state != state:
            delivery.state = state
            self._on_change(delivery)

    async def _attempt_repeatedly(self, delivery: Delivery) -> State:
        for number in range(1, MAX_ATTEMPTS + 1):
            if number > 1:
                await asyncio.sleep(FIRST_WAIT * 2 ** (number - 2) / self._speedup)
            async with self._slots.setdefault(delivery.webhook, asyncio.Semaphore(_MAX_CONCURRENT)):
                if delivery.webhook.id not in delivery.app.webhooks:
                    return "cancelled"
                status = await self._attempt(delivery, number)
            if status is not None and 200 <= status < 300:
                return "succeeded"
            if status in FINAL_STATUSES:
                break
        return "failed"

    async def _attempt(self, delivery: Delivery, number: int) -> int | None:
        attempt = self._start_attempt(delivery, number)
        status = error = None
        headers = {b"content-type": b"application/json", b"x-api-key": delivery.webhook.secret.encode()}
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._get_client().stream("POST", attempt.target, content=delivery.body, headers=headers) as response,
            ):
                status = response.status_code
                async for _ in response.aiter_raw():  # read to the end, so that the connection can be reused
                    pass
        except TimeoutError:
            error = f"no response within {self._timeout:g} s"
        except _CONNECTION_ERRORS as exception:
            error = f"{type(exception).__name__}: {exception}"
        self._end_attempt(delivery, attempt, status, error)
        return status

    def _start_attempt(self, delivery: Delivery, number: int) -> DeliveryAttempt:
        attempt = DeliveryAttempt(
            delivery_id=delivery.id,
            webhook_id=delivery.webhook.id,
            target=delivery.webhook.target,
            trigger=delivery.trigger,
            number=number,
            at=time.time(),
            body=delivery.body,
        )
        delivery.attempts.append(attempt)
        self.attempts.append(attempt)
        self._on_change(delivery)
        return attempt

    def _end_attempt(self, delivery: Delivery, attempt: DeliveryAttempt, status: int | None, error: str | None) -> None:
        attempt.seconds = time.time() - attempt.at
        attempt.status = status
        attempt.error = error if status is None else None
        logger.info(
            "%s to %s: %s (attempt %d of %d)",
            delivery.trigger,
            redact_password(attempt.target),
            attempt.error or status,
            attempt.number,
            MAX_ATTEMPTS,
        )
        self._on_change(delivery)

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
            # bots are on this machine: use no proxy from the environment, and share no cookies between bots
            cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            self._client = httpx.AsyncClient(
                timeout=None,  # noqa: S113
                limits=limits,
                trust_env=False,
                verify=_create_ssl_context(),
                cookies=cookies,
            )
        return self._client

    async def wait_until_idle(self) -> None:
        """Wait until no delivery is active or waits for its next attempt."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def clear(self) -> None:
        """Delete deliveries and faults."""
        self.deliveries.clear()
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
def _create_ssl_context() -> ssl.SSLContext:
    """Return a context that trusts the system's authorities; created once, since that is slow."""
    return ssl.create_default_context()


def redact_password(target: str) -> str:
    """Return the URL without its password."""
    url = httpx.URL(target)
    return str(url.copy_with(username=url.username, password=None)) if url.password else target
