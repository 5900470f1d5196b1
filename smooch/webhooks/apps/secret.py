"""The secret of an app: a value, several, or a function that fetches it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from .._errors import WebhookRejected
from .._verify import Secret, check_key, encode_secrets, read_keys
from .processor import HTTPReject, logger

if TYPE_CHECKING:
    from .._verify import Headers

SyncSecretSource: TypeAlias = Secret | Callable[[], Secret | None]
SecretSource: TypeAlias = SyncSecretSource | Callable[[], Awaitable[Secret | None]]

_INTERVAL_SECONDS = 10.0
"""Minimum time between two fetches, since anybody can send wrong keys."""
_MAX_PAUSE_SECONDS = 30.0


class KnownSecrets:
    """The known secrets, and the time to fetch them again. Does not wait.

    A key that does not match may belong to a webhook that was created a moment ago, and after a 401 the API does not try
    again. So the response is 401 only if the secret was fetched after the delivery arrived, else 503.
    """

    def __init__(self, secret: SecretSource) -> None:
        self.fetch = secret if callable(secret) else None
        self.values = () if callable(secret) else encode_secrets(secret)
        self._fetched_at = self._next_fetch = float("-inf")

    @property
    def is_unknown(self) -> bool:
        """Whether no secret was fetched yet."""
        return not self.values

    def must_fetch(self, headers: Headers, arrived: float, is_fetching: Callable[[], bool]) -> bool:
        """Check the key of a delivery; return whether to fetch the secret, or await a running fetch, first.

        Raises:
            HTTPReject: 401 if the key is wrong, 503 if that is not certain.
        """
        while True:
            # In this order: a thread that reads a new time then reads the secrets of that time, too.
            fetched_at, values = self._fetched_at, self.values
            try:
                check_key(headers, values)
            except WebhookRejected as error:
                if self.fetch is None or not read_keys(headers) or fetched_at >= arrived:
                    raise HTTPReject(HTTPStatus.UNAUTHORIZED, str(error)) from None
                if time.monotonic() >= self._next_fetch or is_fetching():
                    return True
                if self.values is not values:
                    continue  # another thread has fetched the secret meanwhile
                reason = (
                    "the secret of the webhook is not known yet" if self.is_unknown else f"{error}, as known so far"
                )
                raise HTTPReject(HTTPStatus.SERVICE_UNAVAILABLE, reason) from None
            return False

    def note_start(self) -> float:
        """Note that a fetch starts now; return the time."""
        now = time.monotonic()
        self._next_fetch = now + _INTERVAL_SECONDS
        return now

    def update(self, started: float, secret: Secret | None) -> None:
        """Store the fetched secret; None means that it does not exist yet."""
        if secret is None:
            logger.warning("the secret of the webhook is not known yet: the function for it returned None")
            return
        self.values = encode_secrets(secret)
        self._fetched_at = started


def log_failed_fetch(error: BaseException) -> None:
    """Log that fetching the secret failed."""
    logger.warning("the secret of the webhook could not be read: %s: %s", type(error).__name__, error)
    logger.debug("traceback of the failed fetch", exc_info=error)


def backoff() -> Iterator[float]:
    """Yield the seconds between the fetches when an app starts: 0.5, 1, 2, … up to 30."""
    pause = 0.5
    while True:
        yield pause
        pause = min(2 * pause, _MAX_PAUSE_SECONDS)
