"""Deduplicators in Redis, for many machines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from ... import _checks
from ...errors import InvalidInput
from .protocol import EXPIRY, LEASE, choose_shorter

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    import redis
    import redis.asyncio

    from .protocol import Claim

PREFIX = "smooch:webhooks:"
_TIMEOUT_SECONDS = 5.0
_HANDLED = "handled"
# A script instead of SET NX: a command repeated after a lost reply must recognize its own claim.
_CLAIM = """
local holder = redis.call('get', KEYS[1])
if holder == 'handled' then return 'handled' end
if holder and holder ~= ARGV[1] then return 'running' end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 'new'
"""
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class _Settings:
    """Options of both deduplicators, and the arguments of their commands."""

    def __init__(self, prefix: str, expiry: float, lease: float) -> None:
        self.prefix = prefix
        self.expiry = _checks.check_seconds(expiry, "expiry")
        self.lease = _checks.check_seconds(lease, "lease")

    def claim(self, event_id: str, owner: str) -> tuple[str, int, str, str, int]:
        return _CLAIM, 1, self.prefix + event_id, owner, _to_milliseconds(self.lease)

    def confirm(self, event_id: str, at_most: float | None) -> tuple[str, str, None, int]:
        return self.prefix + event_id, _HANDLED, None, _to_milliseconds(choose_shorter(self.expiry, at_most))

    def release(self, event_id: str, owner: str) -> tuple[str, int, str, str]:
        return _RELEASE, 1, self.prefix + event_id, owner


class RedisDeduplicator:
    """Remembers events in Redis: pass a URL, or a client of the package `redis` (extra `redis`).

    `prefix`: start of all keys; two apps that each handle the same events need different ones. `expiry`: seconds for
    which a handled event is remembered, by default a day. `lease`: seconds after which the claim of a dead process
    ends, by default 60. Choose a lease longer than your handler runs and much shorter than the 15 minutes in which the
    API retries.

    With a URL, `asgi_app` uses Redis through asyncio; a client that you pass is called in threads.
    """

    def __init__(
        self, server: str | redis.Redis, *, prefix: str = PREFIX, expiry: float = EXPIRY, lease: float = LEASE
    ) -> None:
        self._settings = _Settings(prefix, expiry, lease)
        self._url = server if isinstance(server, str) else None
        self._client: Any = _connect(server) if isinstance(server, str) else _check_client(server, is_async=False)

    def claim(self, event_id: str, owner: str) -> Claim:
        """Claim an event until `confirm`, `release` or the end of the lease."""
        return _to_claim(self._client.eval(*self._settings.claim(event_id, owner)))

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled."""
        self._client.set(*self._settings.confirm(event_id, at_most))

    def release(self, event_id: str, owner: str) -> None:
        """End the claim of `owner`, so that the event is new again."""
        self._client.eval(*self._settings.release(event_id, owner))

    def to_async(self) -> AsyncRedisDeduplicator | None:
        """Return a deduplicator with the same keys that uses asyncio; None if a client was passed in."""
        if self._url is None:
            return None
        options = self._settings
        return AsyncRedisDeduplicator(self._url, prefix=options.prefix, expiry=options.expiry, lease=options.lease)

    def close(self) -> None:
        """Close the connections, unless a client was passed in: its owner closes it."""
        if self._url is not None:
            self._client.close()


class AsyncRedisDeduplicator:
    """`RedisDeduplicator` for asyncio: pass a URL or a client of `redis.asyncio`. Same keys, same options.

    With a URL, each event loop has connections of its own; call `aclose` in each loop at its end.
    """

    def __init__(
        self, server: str | redis.asyncio.Redis, *, prefix: str = PREFIX, expiry: float = EXPIRY, lease: float = LEASE
    ) -> None:
        self._settings = _Settings(prefix, expiry, lease)
        self._url = server if isinstance(server, str) else None
        self._given: Any = None if isinstance(server, str) else _check_client(server, is_async=True)
        self._clients: WeakKeyDictionary[AbstractEventLoop, Any] = WeakKeyDictionary()
        if isinstance(server, str):
            _connect(server).close()  # refuses a bad URL now, not with the first delivery

    async def claim(self, event_id: str, owner: str) -> Claim:
        """Claim an event until `confirm`, `release` or the end of the lease."""
        return _to_claim(await self._client().eval(*self._settings.claim(event_id, owner)))

    async def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled."""
        await self._client().set(*self._settings.confirm(event_id, at_most))

    async def release(self, event_id: str, owner: str) -> None:
        """End the claim of `owner`, so that the event is new again."""
        await self._client().eval(*self._settings.release(event_id, owner))

    async def aclose(self) -> None:
        """Close the connections of this event loop, unless you passed a client; the next call connects again."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    def _client(self) -> Any:
        if self._url is None:
            return self._given
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            import redis.asyncio

            client = self._clients[loop] = redis.asyncio.Redis.from_url(self._url, **_TIMEOUTS)
        return client


_TIMEOUTS: dict[str, Any] = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}


def _connect(url: str) -> Any:
    try:
        import redis
    except ModuleNotFoundError as error:
        raise ImportError(
            f"deduplicators in Redis need {error.name}, which comes with an extra: pip install 'smooch-python[redis]'",
            name=error.name,
        ) from error
    try:
        return redis.Redis.from_url(url, **_TIMEOUTS)
    except ValueError as error:
        raise InvalidInput(f"server must be a URL such as redis://127.0.0.1:6379/0: {error}", "server") from None


def _check_client(client: Any, *, is_async: bool) -> Any:
    expected = "redis.asyncio.Redis" if is_async else "a sync client, redis.Redis"
    if not all(callable(getattr(client, name, None)) for name in ("set", "eval")):
        raise InvalidInput(f"server must be a URL or {expected}, got {type(client).__name__}", "server")
    if any(cls.__module__.startswith("redis.asyncio") for cls in type(client).__mro__) is not is_async:
        other = "RedisDeduplicator" if is_async else "AsyncRedisDeduplicator"
        raise InvalidInput(f"server must be a URL or {expected}; for this client use {other}", "server")
    return client


def _to_claim(reply: Any) -> Claim:
    return cast("Claim", reply.decode() if isinstance(reply, bytes) else reply)


def _to_milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
