"""Ids and secrets in the forms that the API uses."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import string
import time

_BASE62 = string.digits + string.ascii_letters


_STARTED = int(time.time())
_PROCESS = os.urandom(5).hex()
_counter = itertools.count()


def object_id() -> str:
    """Return an id above all earlier ones, in the form of MongoDB: seconds, random digits of the process, a counter."""
    carry, count = divmod(next(_counter), 1 << 24)
    return f"{_STARTED + carry:08x}{_PROCESS}{count:06x}"


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
