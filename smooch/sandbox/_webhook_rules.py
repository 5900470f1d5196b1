"""What a webhook of any version must be. 400 for what it cannot."""

from __future__ import annotations

import httpx

from ._errors import bad_request

_MAX_PORT = 65_535


def target(text: str) -> str:
    """The address that deliveries go to."""
    try:
        url = httpx.URL(text)
        is_address = url.scheme in ("http", "https") and bool(url.host) and (url.port or 0) <= _MAX_PORT
    except (httpx.InvalidURL, ValueError):
        is_address = False
    if not is_address:
        raise bad_request("body target: has to be a URL that starts with http:// or https://")
    return text


def triggers(names: list[str]) -> list[str]:
    """The triggers, each once."""
    if not names:
        raise bad_request("body triggers: needs one trigger at least")
    return list(dict.fromkeys(names))


def secret(text: str) -> str:
    """A secret that a header can carry as it is."""
    if not text or text != text.strip() or not text.isprintable():
        raise bad_request("body secret: has to be printable, without white space at its ends")
    return text
