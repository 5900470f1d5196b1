"""The secret of an app: a value, several, or a function that is asked for it."""

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
"""Least time between two questions: everybody can send wrong keys."""
_MAX_PAUSE_SECONDS = 30.0


class KnownSecrets:
    """The secrets that are known, and when to ask for them again. Does not wait.

    A key that does not match may be that of a webhook made a moment ago. 401 would make the API give up, so it is the
    answer only if the secret was asked for after the delivery came. Otherwise the answer is 503: the API tries again.
    """

    def __init__(self, secret: SecretSource) -> None:
        self.ask = secret if callable(secret) else None
        self.values = () if callable(secret) else encode_secrets(secret)
        self._asked_at = self._next_question = float("-inf")

    @property
    def is_unknown(self) -> bool:
        """Whether the first answer has not come yet."""
        return not self.values

    def must_ask(self, headers: Headers, arrived: float, is_asking: Callable[[], bool]) -> bool:
        """Check the key of a delivery; True if the secret must be asked for, or a question must be awaited, first.

        Raises:
            HTTPReject: 401 if the key is wrong, 503 if that is not certain.
        """
        while True:
            # In this order: whoever reads a late time reads the secrets of that time, too.
            asked_at, values = self._asked_at, self.values
            try:
                check_key(headers, values)
            except WebhookRejected as error:
                if self.ask is None or not read_keys(headers) or asked_at >= arrived:
                    raise HTTPReject(HTTPStatus.UNAUTHORIZED, str(error)) from None
                if time.monotonic() >= self._next_question or is_asking():
                    return True
                if self.values is not values:
                    continue  # another thread learnt the secret meanwhile
                reason = (
                    "the secret of the webhook is not known yet" if self.is_unknown else f"{error}, as known so far"
                )
                raise HTTPReject(HTTPStatus.SERVICE_UNAVAILABLE, reason) from None
            return False

    def start_question(self) -> float:
        """Return the time of a question that begins now."""
        now = time.monotonic()
        self._next_question = now + _INTERVAL_SECONDS
        return now

    def learn(self, started: float, secret: Secret | None) -> None:
        """Take over an answer; None means that there is no secret yet."""
        if secret is None:
            logger.warning("the secret of the webhook is not known yet: the function for it returned None")
            return
        values = encode_secrets(secret)
        self.values = values
        self._asked_at = started


def log_failed_question(error: BaseException) -> None:
    """Log that a question for the secret failed."""
    logger.warning("the secret of the webhook could not be read: %s: %s", type(error).__name__, error)
    logger.debug("traceback of the failed question", exc_info=error)


def pauses() -> Iterator[float]:
    """Yield the seconds between the questions when an app starts: 0.5, 1, 2, … up to 30."""
    pause = 0.5
    while True:
        yield pause
        pause = min(2 * pause, _MAX_PAUSE_SECONDS)
