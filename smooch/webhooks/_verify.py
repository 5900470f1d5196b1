"""Whether a delivery comes from the API: it says so with the secret of the webhook, in `X-API-Key`."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from ..errors import InvalidInput
from ._errors import WebhookRejected

# The second is how a WSGI environment and Django's META spell it.
_NAMES = frozenset({"x-api-key", "http_x_api_key", b"x-api-key", b"http_x_api_key"})


class _Named(Protocol):
    def items(self) -> Iterable[tuple[str, Any]]: ...


Headers: TypeAlias = _Named | Iterable[tuple[str | bytes, str | bytes]]
"""Any mapping of any case, the headers object of any framework, a WSGI environment, or pairs of text or bytes."""

Secret: TypeAlias = str | Iterable[str]


def verify(headers: Headers, secret: Secret) -> None:
    """Check the `X-API-Key` of a delivery, in constant time. While the secret changes, give the old and the new one.

    The API neither signs the body nor numbers its deliveries: who has the secret can send anything, and again. So let
    the target be https, keep the secret out of logs, and drop duplicates.

    Raises:
        WebhookRejected: the key is missing, or none of the secrets.
        InvalidInput: there is no secret to compare with.
    """
    check(headers, encoded(secret))


def encoded(secret: Secret) -> tuple[bytes, ...]:
    """The secrets as bytes; InvalidInput where one could never match, or would match too much."""
    secrets = (secret,) if isinstance(secret, str) else _as_tuple(secret)
    if not secrets:
        raise InvalidInput("secret must be the secret of the webhook, or several, but there is none", "secret")
    for each in secrets:
        if not isinstance(each, str) or not each:
            raise InvalidInput("secret must be a non-empty string, or several of them", "secret")
        if each != each.strip():
            raise InvalidInput("secret must not begin or end with white space: no header does", "secret")
    return tuple(each.encode("utf-8", "surrogatepass") for each in secrets)


def check(headers: Headers, secrets: Sequence[bytes]) -> None:
    """Compare all that the headers give with all secrets, whatever matched before."""
    given = _given(headers)
    if not given:
        raise WebhookRejected("the delivery has no X-API-Key")
    matches = False
    for key in given:
        for secret in secrets:
            matches |= hmac.compare_digest(key, secret)
    if not matches:
        raise WebhookRejected("the X-API-Key of the delivery is not the secret of the webhook")


def _as_tuple(secret: Iterable[str]) -> tuple[str, ...]:
    if isinstance(secret, bytes | bytearray) or not isinstance(secret, Iterable):
        raise InvalidInput(f"secret must be a string, or several of them, not {type(secret).__name__}", "secret")
    return tuple(secret)


def _given(headers: Headers) -> list[bytes]:
    pairs: Iterable[Any] = headers.items() if hasattr(headers, "items") else headers
    given: list[bytes] = []
    for pair in pairs:
        try:
            name, value = pair
        except (TypeError, ValueError):
            continue
        if isinstance(name, str | bytes) and name.lower() in _NAMES:
            given += _spellings(value)
    return given


def _spellings(value: object) -> list[bytes]:
    if isinstance(value, bytes):
        return [value]
    if not isinstance(value, str):
        return []
    spellings = [value.encode("utf-8", "surrogatepass")]
    if not value.isascii() and all(char <= "\xff" for char in value):
        # Servers decode the bytes of a header as Latin-1.
        spellings.append(value.encode("latin-1"))
    return spellings
