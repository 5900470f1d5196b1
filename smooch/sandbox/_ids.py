"""Ids and secrets in the forms that the API uses."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import string
import threading
import time

_BASE62 = string.digits + string.ascii_letters


class ObjectIds:
    """Creates ascending ids, as MongoDB does: 4 bytes of seconds, 5 random bytes, a counter of 3 bytes."""

    def __init__(self) -> None:
        self._process = os.urandom(5).hex()
        self._counter = itertools.count()
        self._lock = threading.Lock()
        self._seconds = 0

    def __call__(self) -> str:
        with self._lock:
            count = next(self._counter) & 0xFFFFFF
            # when the counter wraps around, ids must still ascend
            self._seconds = max(int(time.time()), self._seconds + (count == 0))
            return f"{self._seconds:08x}{self._process}{count:06x}"


object_id = ObjectIds()


def key_id(prefix: str) -> str:
    """Return `prefix` (`app`, `act`, `svc` or `int`), an underscore and an object id."""
    return f"{prefix}_{object_id()}"


def key_secret() -> str:
    """Return 24 characters of URL-safe base64."""
    return secrets.token_urlsafe(18)


def webhook_secret() -> str:
    """Return 40 hexadecimal digits."""
    return secrets.token_hex(20)


def app_token() -> str:
    """Return 25 lower-case letters and digits."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(25))


def short_code() -> str:
    """Return a code for links, 12 characters of URL-safe base64."""
    return secrets.token_urlsafe(9)


def maker_id(identity: str) -> str:
    """Return the author id of the business: 22 base62 characters, always the same for one `identity`."""
    number = int.from_bytes(hashlib.sha256(identity.encode()).digest()[:17], "big")
    digits = []
    for _ in range(22):
        number, rest = divmod(number, 62)
        digits.append(_BASE62[rest])
    return "".join(digits)
