"""Deliveries: what happens in an app is posted to the targets of its webhooks, and again if that fails."""

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
from ._faults import Duplicate, Faults, Late, Lost, Reorder

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ._entities import JsonObject, Webhook
    from ._events import Event
    from ._faults import DeliveryFault
    from .store import App

MAX_ATTEMPTS = 5
FIRST_WAIT = 60.0
"""Seconds before the second attempt. Each wait is twice the one before, so that all attempts fit into 15 minutes."""
ANSWER_TIMEOUT = 20.0
FINAL_STATUSES = frozenset({400, 401, 403, 404, 406})
"""The target has understood, and another attempt would not help."""
_AT_ONCE = 20

_NO_ANSWER = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, OverflowError)

logger = logging.getLogger("smooch.sandbox")

_WRITERS: dict[str, Callable[[Event, App, Webhook], tuple[str, JsonObject] | None]] = {
    "v1": v1.write_delivery,
    "v1.1": v1.write_delivery,
    "v2": v2.write_delivery,
}


@attrs.frozen(eq=False, kw_only=True)
class DeliveryAttempt:
    """One POST to the target of a webhook. Attempts of one delivery share its `delivery_id`.

    `number` counts from 1, `at` is in seconds since 1970, `seconds` is how long it took. `status` is None if there was no answer, and
    `error` says why.
    """

    delivery_id: str
    webhook_id: str
    target: str = attrs.field(repr=lambda target: repr(_without_password(target)))
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
    """What one webhook is told of one event."""

    id: str
    app: App
    webhook: Webhook
    trigger: str
    body: bytes


class Dispatcher:
    """Sends deliveries, on the server's event loop.

    An attempt fails after `timeout` seconds without an answer; the waits between attempts are `speedup` times shorter than the API's.
    `keep` bounds `attempts`.
    """

    def __init__(self, *, speedup: float, timeout: float, keep: int | None) -> None:
        self._speedup = speedup
        self._timeout = timeout
        self.attempts: deque[DeliveryAttempt] = deque(maxlen=keep)
        self.faults: Faults[DeliveryFault] = Faults()
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots: WeakKeyDictionary[Webhook, asyncio.Semaphore] = WeakKeyDictionary()
        self._client: httpx.AsyncClient | None = None

    def publish(self, app: App, event: Event) -> None:
        """Tell the webhooks of the app that asked for it. Bodies are written now, since the state goes on changing."""
        for webhook in app.webhooks.values():
            written = _WRITERS[webhook.version](event, app, webhook)
            if written is not None:
                trigger, body = written
                delivery_id = f"{event.id}-{webhook.id}"
                self._dispatch(Delivery(delivery_id, app, webhook, trigger, _json.encode(body)))

    def _dispatch(self, delivery: Delivery) -> None:
        match self.faults.take(delivery.trigger):
            case None:
                self._start(self._deliver(delivery))
            case Duplicate():
                self._start(self._deliver(delivery))
                self._start(self._deliver(delivery))
            case Late(seconds=seconds):
                self._start(self._deliver_late(delivery, seconds))
            case Lost():
                self._note(delivery, delivery.webhook.target, number=1, started=time.time(), error="lost on request")
            case Reorder() as reorder:
                reorder.held.append(delivery)
                if reorder.times == 0:
                    self._start(self._deliver_backwards(reorder.held))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver_backwards(self, deliveries: list[Delivery]) -> None:
        for delivery in reversed(deliveries):
            await self._deliver(delivery)

    async def _deliver_late(self, delivery: Delivery, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._deliver(delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        for number in range(1, MAX_ATTEMPTS + 1):
            if number > 1:
                await asyncio.sleep(FIRST_WAIT * 2 ** (number - 2) / self._speedup)
            async with self._slots.setdefault(delivery.webhook, asyncio.Semaphore(_AT_ONCE)):
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
                self._http().stream("POST", target, content=delivery.body, headers=headers) as answer,
            ):
                status = answer.status_code
                async for _ in answer.aiter_raw():  # the connection can be used again
                    pass
        except TimeoutError:
            error = f"no answer in {self._timeout:g} s"
        except _NO_ANSWER as problem:
            error = f"{type(problem).__name__}: {problem}"
        self._note(delivery, target, number=number, started=started, status=status, error=error)
        return status

    def _note(
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
            _without_password(target),
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
        """Whether anything answers a HEAD request at `target`, whatever it answers."""
        probing = self._start(self._probe(target))
        await asyncio.wait([probing])
        return not probing.cancelled() and probing.exception() is None

    async def _probe(self, target: str) -> None:
        async with asyncio.timeout(self._timeout):
            await self._http().head(target)

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_keepalive_connections=_AT_ONCE)
            # a proxy of the environment is not meant for the bots of this machine, nor are their cookies for each other
            cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            self._client = httpx.AsyncClient(
                timeout=None,  # noqa: S113
                limits=limits,
                trust_env=False,
                verify=_tls(),
                cookies=cookies,
            )
        return self._client

    async def settled(self) -> None:
        """Return when no delivery is under way or waits for its next attempt."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def clear(self) -> None:
        """Forget attempts and faults."""
        self.attempts.clear()
        self.faults.clear()

    async def give_up(self) -> None:
        """Stop what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop what is under way, and close the connections."""
        await self.give_up()
        # a semaphore belongs to the event loop that ends now
        self._slots.clear()
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


@cache
def _tls() -> ssl.SSLContext:
    """Made once, since it takes long; it takes the authorities that the environment names."""
    return ssl.create_default_context()


def _without_password(target: str) -> str:
    try:
        url = httpx.URL(target)
        return str(url.copy_with(username=url.username, password=None)) if url.password else target
    except (httpx.InvalidURL, ValueError):
        return target
