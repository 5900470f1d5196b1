"""Check single arguments before anything is sent: ids, texts, numbers, URLs, names."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection, Iterable, Mapping, Set
from typing import Any

import httpx

from ._redaction import clip, redact
from .errors import InvalidInput

REGIONS = {"us": "https://api.smooch.io", "eu-1": "https://api.eu-1.smooch.io"}
"""Base URL of each region's API, without the version."""

_SECRET_FIELD = re.compile(r"secret|token|password|key", re.IGNORECASE)
_HOST = re.compile(r"(?=.{1,254}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_API_HOST = re.compile(r"(^|\.)(smooch\.io|zendesk\.com)\.?$")
_DOT_SEGMENT = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)
_SCHEMELESS_USERINFO = re.compile(r"^[^\s/?#@:]*:[^\s@]*@")
_VERSION = re.compile(r"v[0-9.]+")
_CLOSE = 0.88
"""Similarity above which one name counts as a misspelling of another."""
_MAX_SHOWN = 80
"""Characters of a value that an error text shows."""


def check_id(value: object, field: str) -> str:
    """Refuse a value that is not an id, or that would change the path of the request."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{field} must be a non-empty string, got {redacted_repr(value, field)}", field)
    if value in (".", ".."):
        raise InvalidInput(
            f"{field} must not be {value!r}, which would change the path of the request: pass an id", field
        )
    return check_text(value, field)


def check_text(value: str, field: str) -> str:
    """Refuse a string that cannot be encoded as UTF-8."""
    if has_lone_surrogate(value):
        raise InvalidInput(
            f"{field} holds half of a surrogate pair, which UTF-8 cannot encode, got {redacted_repr(value, field)}",
            field,
        )
    return value


def is_text(value: object) -> bool:
    """Whether a value is a string that UTF-8 can encode."""
    return isinstance(value, str) and not has_lone_surrogate(value)


def has_lone_surrogate(text: str) -> bool:
    """Whether a string holds half of a surrogate pair, and so cannot be encoded as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def check_seconds(value: float, field: str, *, zero: bool = False) -> float:
    """Refuse a value that is not a positive number of seconds; `zero` allows 0 too."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not (0 < value < math.inf or (zero and value == 0)):
        redacted = redacted_repr(value, field)
        raise InvalidInput(
            f"{field} must be a positive number of seconds{' or 0' if zero else ''}, got {redacted}", field
        )
    return float(value)


def check_count(value: int, field: str, minimum: int = 1) -> int:
    """Refuse a value that is not a whole number of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise InvalidInput(
            f"{field} must be a whole number of {minimum} or more, got {redacted_repr(value, field)}", field
        )
    return value


def check_region(region: str) -> httpx.URL:
    """Return the base URL of a region's API."""
    if region not in REGIONS:
        raise InvalidInput(
            f"region must be one of {', '.join(REGIONS)}, got {redacted_repr(region, 'region')}", "region"
        )
    return httpx.URL(REGIONS[region])


def check_base_url(base_url: str | httpx.URL) -> httpx.URL:
    """Return `base_url` parsed.

    Refuses a URL that would change the path of requests, or send the key in plain text.
    """
    if not isinstance(base_url, str | httpx.URL):
        raise InvalidInput(f"base_url must be a string, got {type(base_url).__name__}", "base_url")
    text, redacted = str(base_url), redacted_repr(str(base_url), "base_url")
    for part, is_present in {
        "a query (?)": "?" in text,
        "a fragment (#)": "#" in text,
        "a user or password (@)": "@" in text,
        "white space": any(character.isspace() for character in text),
        "a backslash": "\\" in text,
        "the path .. or .": _DOT_SEGMENT.search(text) is not None,
    }.items():
        if is_present:
            raise InvalidInput(
                f"base_url must have no query, fragment, user, white space or dot segment; {redacted} has {part}",
                "base_url",
            )
    url = parse_url(text, "base_url")
    if _API_HOST.search(url.host) and url.scheme == "http":
        raise InvalidInput(f"base_url would send the key in plain text: write https://{url.host}", "base_url")
    if _VERSION.fullmatch(last := url.path.rstrip("/").rpartition("/")[2]):
        raise InvalidInput(f"base_url must not include the version: leave /{last} out", "base_url")
    return url


def parse_url(text: str, field: str, schemes: Collection[str] = ("http", "https")) -> httpx.URL:
    """Parse an absolute URL; refuse one that no request can be sent to."""
    redacted = redacted_repr(text, field)
    try:
        url = httpx.URL(text)
        url.host  # noqa: B018 - decodes a host in punycode, which may fail
    except (httpx.InvalidURL, ValueError) as error:
        # Only the kind of problem: the rest of the text may hold a password.
        problem = re.split("[:,]", str(error))[0]
        raise InvalidInput(f"{field} is not a valid URL: {problem}", field) from None
    if url.scheme not in schemes or not url.raw_host:
        raise InvalidInput(f"{field} must be a full URL such as https://example.com/a, got {redacted}", field)
    if not (_HOST.fullmatch(url.raw_host.decode()) or _is_ip_address(url.raw_host.decode())):
        raise InvalidInput(f"{field} has no valid host: {redacted}", field)
    if url.port is not None and not 0 < url.port < 65536:
        raise InvalidInput(f"{field} has no valid port: {redacted}", field)
    return url


def _is_ip_address(host: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def validate_call_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that can differ for one call as fields of the settings.

    Raises:
        InvalidInput: a value is of the wrong type or out of range.
        TypeError: there is no option of this name.
    """
    for name in options.keys() - {"timeout", "deadline", "retries", "check"}:
        raise TypeError(f"with_options() takes timeout, deadline, retries and check, got {name!r}")
    checked = dict(options)
    if "timeout" in options:
        checked["timeout"] = _check_timeout(options["timeout"])
    if options.get("deadline") is not None:
        checked["deadline"] = check_seconds(options["deadline"], "deadline")
    if "retries" in options:
        checked["retries"] = check_count(options["retries"], "retries", 0)
    if "check" in options and not isinstance(options["check"], bool):
        raise InvalidInput(f"check must be True or False, got {redacted_repr(options['check'], 'check')}", "check")
    return checked


def _check_timeout(value: Any) -> httpx.Timeout:
    if isinstance(value, httpx.Timeout):
        return value
    seconds = check_seconds(value, "timeout")
    return httpx.Timeout(seconds, connect=min(seconds, 5.0))


def read_variables(names: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the arguments that environment variables hold; an empty variable counts as not set.

    `names` maps each variable to the argument that it stands for.
    """
    return {argument: environment[variable] for variable, argument in names.items() if environment.get(variable)}


def check_target(target: object, field: str = "target") -> str:
    """Refuse a value that cannot be the target of a webhook."""
    redacted = redacted_repr(target, field)
    if not isinstance(target, str):
        raise InvalidInput(f"{field} must be a string such as https://example.com/hook, got {redacted}", field)
    if any(character.isspace() for character in check_text(target, field)):
        raise InvalidInput(f"{field} must be a full URL without white space, got {redacted}", field)
    parse_url(target, field)
    return target


def check_triggers(triggers: object, field: str = "triggers") -> tuple[str, ...]:
    """Return one trigger or several as a tuple without repetitions."""
    if isinstance(triggers, Mapping | bytes) or not isinstance(triggers, Iterable):
        raise InvalidInput(f"{field} must be a trigger or a list of them, got {redacted_repr(triggers, field)}", field)
    names = [triggers] if isinstance(triggers, str) else list(triggers)
    for name in names:
        if not isinstance(name, str) or not name or name != name.strip():
            raise InvalidInput(
                f"{field} must be a name such as message:appUser (v1) or conversation:message (v2), "
                f"got {redacted_repr(name, field)}",
                field,
            )
        check_text(name, field)
    if not names:
        raise InvalidInput(f"{field} must name at least one trigger", field)
    return tuple(dict.fromkeys(sorted(names) if isinstance(triggers, Set) else names))


def refuse_misspelt(names: Iterable[str], known: Collection[str], equivalents: Mapping[str, str], field: str) -> None:
    """Refuse misspelt names, with the one that was meant.

    A name is misspelt if it is similar to a known one, or if `equivalents` maps it to a known one.
    """
    import difflib  # few programs misspell a name

    lower = {each.lower(): each for each in known}
    for name in names:
        if name in known:
            continue
        close = difflib.get_close_matches(name.lower(), lower, 1, _CLOSE)
        if intended := equivalents.get(name) or (lower[close[0]] if close else None):
            redacted = redacted_repr(name, field)
            raise InvalidInput(
                f"{field} has no {redacted}: did you mean {intended!r}? (with check=False it is sent)", field
            )


def redacted_repr(value: object, field: str) -> str:
    """Return a value as an error may show it: clipped, without secrets, or only its type."""
    if not isinstance(value, str | int | float | None) or _SECRET_FIELD.search(field):
        return type(value).__name__
    if isinstance(value, str):
        value = _SCHEMELESS_USERINFO.sub("[secret]@", redact(value[:1000]))
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print integers of thousands of digits
        return "a number with very many digits"
    return clip(text, _MAX_SHOWN)
