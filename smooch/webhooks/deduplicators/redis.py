"""A deduplicator in Redis, for many machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import _checks
from ...errors import InvalidInput
from .protocol import EXPIRY, LEASE, shorter

if TYPE_CHECKING:
    import redis

    from .protocol import Claim

_HANDLED = "handled"
_TIMEOUT_SECONDS = 5.0
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class RedisDeduplicator:
    """Remembers events in Redis. Pass the URL of the server or a client of the package `redis` (extra `redis`).

    `prefix`: start of all keys; two apps that each handle the same events need different ones. `expiry`: seconds for
    which a handled event is remembered, by default a day. `lease`: seconds after which the claim of a dead process
    ends, by default 60. Choose a lease longer than your handler runs and much shorter than the 15 minutes in which the
    API retries.
    """

    def __init__(
        self,
        server: str | redis.Redis,
        *,
        prefix: str = "smooch:webhooks:",
        expiry: float = EXPIRY,
        lease: float = LEASE,
    ) -> None:
        self._expiry = _checks.check_seconds(expiry, "expiry")
        self._lease = _checks.check_seconds(lease, "lease")
        self._prefix = prefix
        self._owns_client = isinstance(server, str)
        self._client = _connect(server) if isinstance(server, str) else _checked(server)

    def claim(self, event_id: str, owner: str) -> Claim:
        """Claim an event until `confirm`, `release` or the end of the lease."""
        key = self._prefix + event_id
        if self._client.set(key, owner, nx=True, px=_milliseconds(self._lease)):
            return "new"
        return "handled" if self._client.get(key) in (_HANDLED, _HANDLED.encode()) else "running"

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled."""
        self._client.set(self._prefix + event_id, _HANDLED, px=_milliseconds(shorter(self._expiry, at_most)))

    def release(self, event_id: str, owner: str) -> None:
        """End the claim of `owner`, so that the event is new again."""
        self._client.eval(_RELEASE, 1, self._prefix + event_id, owner)

    def close(self) -> None:
        """Close the connections, unless a client was passed in: its owner closes it."""
        if self._owns_client:
            self._client.close()


def _connect(url: str) -> Any:
    try:
        import redis
    except ModuleNotFoundError as error:
        raise ImportError(
            f"RedisDeduplicator needs {error.name}, which comes with an extra: pip install smooch-python[redis]",
            name=error.name,
        ) from error
    try:
        return redis.Redis.from_url(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)
    except ValueError as error:
        raise InvalidInput(f"server must be a URL such as redis://127.0.0.1:6379/0: {error}", "server") from None


def _checked(client: Any) -> Any:
    if type(client).__module__.startswith("redis.asyncio"):
        raise InvalidInput("server must be a sync client, redis.Redis: it is called in threads", "server")
    return client


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
