"""Check that a delivery comes from the API: it sends the secret of the webhook in `X-API-Key`."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from .._redaction import hide_locals
from ..errors import InvalidInput
from ._errors import WebhookRejected

# A WSGI environment and Django's META use the second spelling.
_HEADER_NAMES = frozenset({"x-api-key", "http_x_api_key", b"x-api-key", b"http_x_api_key"})


class _HasItems(Protocol):
    def items(self) -> Iterable[tuple[str, Any]]: ...


Headers: TypeAlias = _HasItems | Iterable[tuple[str | bytes, str | bytes]]
"""A mapping in any case, the headers object of any framework, a WSGI environment, or pairs of text or bytes."""

Secret: TypeAlias = str | Iterable[str]
"""The secret of a webhook; several during a change."""


@hide_locals
def verify(headers: Headers, secret: Secret) -> None:
    """Check the `X-API-Key` of a delivery in constant time; during a change pass both secrets.

    The API neither signs the body nor numbers its deliveries: anyone with the secret can forge or replay deliveries.
    So use https, keep the secret out of logs, and drop duplicates.

    Raises:
        WebhookRejected: the key is missing or matches none of the secrets.
        InvalidInput: `secret` is empty or not a string.
    """
    check_key(headers, encode_secrets(secret))


def encode_secrets(secret: Secret) -> tuple[bytes, ...]:
    """Return the secrets as bytes; InvalidInput for a secret that no header can match."""
    secrets = (secret,) if isinstance(secret, str) else _to_tuple(secret)
    if not secrets:
        raise InvalidInput("secret must be the secret of the webhook or several of them, got none", "secret")
    for each in secrets:
        if not isinstance(each, str) or not each:
            raise InvalidInput("secret must be a non-empty string or several of them", "secret")
        if each != each.strip():
            raise InvalidInput("secret must not begin or end with white space: HTTP strips it from headers", "secret")
    return tuple(each.encode("utf-8", "surrogatepass") for each in secrets)


def check_key(headers: Headers, secrets: Sequence[bytes]) -> None:
    """Compare every key in the headers with every secret, in constant time."""
    keys = read_keys(headers)
    if not keys:
        raise WebhookRejected("the delivery has no X-API-Key")
    matches = False
    for key in keys:
        for secret in secrets:
            matches |= hmac.compare_digest(key, secret)
    if not matches:
        raise WebhookRejected("the X-API-Key of the delivery is not the secret of the webhook")


def _to_tuple(secret: Iterable[str]) -> tuple[str, ...]:
    if isinstance(secret, bytes | bytearray) or not isinstance(secret, Iterable):
        raise InvalidInput(f"secret must be a string or several of them, got {type(secret).__name__}", "secret")
    return tuple(secret)


def read_keys(headers: Headers) -> list[bytes]:
    pairs: Iterable[Any] = headers.items() if hasattr(headers, "items") else headers
    keys: list[bytes] = []
    for pair in pairs:
        try:
            name, value = pair
        except (TypeError, ValueError):
            continue
        if isinstance(name, str | bytes) and name.lower() in _HEADER_NAMES:
            keys += _encode_variants(value)
    return keys


def _encode_variants(value: object) -> list[bytes]:
    if isinstance(value, bytes):
        return [value]
    if not isinstance(value, str):
        return []
    encodings = [value.encode("utf-8", "surrogatepass")]
    if not value.isascii() and all(char <= "\xff" for char in value):
        # Servers decode the bytes of a header as Latin-1.
        encodings.append(value.encode("latin-1"))
    return encodings
