"""Rules for webhooks of every API version. 400 for a value that the API refuses."""

from __future__ import annotations

import httpx

from ._errors import bad_request

_MAX_PORT = 65_535


def validate_target(target: str) -> str:
    """Return the URL for deliveries unchanged. 400 unless it is one of http or https."""
    try:
        url = httpx.URL(target)
        is_web_url = url.scheme in ("http", "https") and bool(url.host) and (url.port or 0) <= _MAX_PORT
    except (httpx.InvalidURL, ValueError):
        is_web_url = False
    if not is_web_url:
        raise bad_request("body target: must be a URL that starts with http:// or https://")
    return target


def validate_triggers(names: list[str]) -> list[str]:
    """Return the triggers without repeats. 400 if the list is empty."""
    if not names:
        raise bad_request("body triggers: must name at least one trigger")
    return list(dict.fromkeys(names))


def validate_secret(secret: str) -> str:
    """Return the secret unchanged. 400 unless it can be the value of a header."""
    if not secret or secret != secret.strip() or not secret.isprintable():
        raise bad_request("body secret: must be printable, without white space at its start or end")
    return secret
