"""Sign and inspect tokens of end users; start the OAuth flow. Pure functions."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from .. import _checks, auth
from .._redaction import hide_locals
from ..errors import InvalidInput
from .config import BRIDGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

MAX_EXTERNAL_ID = 255
"""Maximum length of the id in a token, in characters."""

_MILLISECONDS = 1e11
"""The year 5138 in seconds: a larger number is in milliseconds by mistake."""


@hide_locals
def jwt_for_user(
    key_id: str,
    secret: str,
    external_id: str,
    *,
    name: str | None = None,
    email: str | None = None,
    email_verified: bool | None = None,
    expires_in: float | timedelta | None = None,
) -> str:
    """Sign a token with which a user logs in to the messaging SDK (scope `user`).

    Args:
        key_id: Id of a signing key for messaging, from Zendesk's Admin Center; keys of the API are others.
        secret: Secret of that key.
        external_id: Your own id of the user, at most 255 characters.
        name: Name of the user.
        email: Email address of the user.
        email_verified: Whether the email address is verified; otherwise it does not identify the user.
        expires_in: Seconds (or a timedelta) until the token expires; by default it never does.

    Raises:
        InvalidInput: a value is empty, too long or of the wrong type.
    """
    claims: dict[str, Any] = {
        "scope": "user",
        "external_id": external_id,
        "name": name,
        "email": email,
        "email_verified": email_verified,
    }
    claims = {claim: value for claim, value in claims.items() if value is not None}
    for finding in _check_user({"external_id": external_id} | claims):
        raise InvalidInput(str(finding), finding.claim)
    claims |= auth.build_expiry_claim(expires_in)
    for finding in _check_time(claims):
        raise InvalidInput(
            f"expires_in={_checks.redacted_repr(expires_in, 'expires_in')} makes a token that the platform refuses: {finding}",
            "expires_in",
        )
    return auth.sign(claims, key_id, secret)


@attrs.frozen
class Finding:
    """A problem of a token, for which the platform refuses it; `str()` returns it as a sentence."""

    claim: str
    """Name of the claim or header field, or `token` or `signature`."""
    problem: str

    def __str__(self) -> str:
        return f"{self.claim} {self.problem}"


@hide_locals
def inspect_user_jwt(token: str, secret: str | None = None) -> list[Finding]:
    """List the problems for which the platform refuses a user's token; empty if there are none.

    Works offline. No finding contains the token itself. Pass the `secret` of the signing key to check the signature too.

    Raises:
        InvalidInput: the secret is not a string.
    """
    if secret is not None and not (_checks.is_text(secret) and secret):
        raise InvalidInput("secret must be a non-empty string: the secret of the signing key", "secret")
    try:
        header, claims = _split_token(token)
    except ValueError as error:
        return [Finding("token", str(error))]
    findings = [*_check_header(header), *_check_scope(claims), *_check_user(claims), *_check_time(claims)]
    if not token.rpartition(".")[2].isascii():
        findings.append(Finding("signature", "is not base64url"))
    elif secret is not None and header.get("alg") == "HS256" and not auth.is_signed_by(token, secret):
        findings.append(
            Finding("signature", "does not match: the token was signed with another secret, or changed since")
        )
    return findings


def authorize_url(
    client_id: str, *, redirect_uri: str | None = None, state: str | None = None, base_url: str = BRIDGE
) -> str:
    """Return the URL where a user gives your integration access to an account (authorize).

    Send the user's browser there. It comes back to `redirect_uri`, which must be registered for the integration, with a
    `code` for `Smooch.exchange_code`, and with `state`, which proves that you sent the browser.
    """
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "state": state}
    if not _checks.is_text(client_id) or not client_id.strip():
        raise InvalidInput(
            f"client_id must be a non-empty string, got {_checks.redacted_repr(client_id, 'client_id')}", "client_id"
        )
    _checks.check_base_url(base_url)
    for name in ("redirect_uri", "state"):
        if query[name] is not None and not _checks.is_text(query[name]):
            raise InvalidInput(f"{name} must be a string, got {_checks.redacted_repr(query[name], name)}", name)
    params = httpx.QueryParams({name: value for name, value in query.items() if value is not None})
    return f"{base_url.rstrip('/')}/oauth/authorize?{params}"


def _split_token(token: object) -> tuple[dict[str, Any], dict[str, Any]]:
    if not isinstance(token, str):
        raise ValueError(f"is not a text, but {type(token).__name__}")
    if token.lower().startswith("bearer "):
        raise ValueError("begins with Bearer: pass only what comes after it")
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError(f"is not a JWT: a JWT has three parts separated by dots, this has {len(parts)}")
    return _decode(parts[0], "header"), _decode(parts[1], "payload")


def _decode(part: str, name: str) -> dict[str, Any]:
    from jwt.utils import base64url_decode

    try:
        value = json.loads(base64url_decode(part.encode("ascii")))
    except (ValueError, RecursionError):
        raise ValueError(f"is not a JWT: its {name} is not JSON in base64url") from None
    if not isinstance(value, dict):
        raise ValueError(f"is not a JWT: its {name} is not a JSON object")
    return value


def _check_header(header: dict[str, Any]) -> Iterator[Finding]:
    if header.get("alg") != "HS256":
        yield Finding("alg", f"of the header must be HS256, got {_describe(header, 'alg')}")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid.strip():
        yield Finding("kid", f"of the header must be the id of the signing key, and is {_describe_type(header, 'kid')}")


def _check_scope(claims: dict[str, Any]) -> Iterator[Finding]:
    if claims.get("scope") != "user":
        also = " (appUser is the scope of v1)" if claims.get("scope") == "appUser" else ""
        yield Finding("scope", f"must be user, got {_describe(claims, 'scope')}{also}")


def _check_user(claims: dict[str, Any]) -> Iterator[Finding]:
    external_id = claims.get("external_id")
    if not isinstance(external_id, str) or not external_id.strip():
        also = " (v1 calls it userId)" if "userId" in claims else ""
        kind = _describe_type(claims, "external_id")
        yield Finding("external_id", f"must be your own id of the user, a non-empty text, and is {kind}{also}")
    elif len(external_id) > MAX_EXTERNAL_ID:
        yield Finding("external_id", f"takes {MAX_EXTERNAL_ID} characters at most, got {len(external_id)}")
    for claim in ("name", "email"):
        if claim in claims and not isinstance(claims[claim], str):
            yield Finding(claim, f"must be a text, and is {_describe_type(claims, claim)}")
    for claim in ("external_id", "name", "email"):
        if isinstance(value := claims.get(claim), str) and _checks.has_lone_surrogate(value):
            yield Finding(claim, "holds half of a surrogate pair, which UTF-8 cannot encode")
    if "email_verified" in claims and not isinstance(claims["email_verified"], bool):
        yield Finding("email_verified", f"must be true or false, and is {_describe_type(claims, 'email_verified')}")


def _check_time(claims: dict[str, Any]) -> Iterator[Finding]:
    now = time.time()
    for claim in ("exp", "nbf"):
        if claim not in claims:
            continue
        at = claims[claim]
        if isinstance(at, bool) or not isinstance(at, int | float) or at != at or at in (math.inf, -math.inf):
            yield Finding(claim, f"must be a number of seconds since 1970, and is {_describe_type(claims, claim)}")
        elif at >= _MILLISECONDS:
            redacted = _checks.redacted_repr(at, claim)
            yield Finding(claim, f"must be in seconds since 1970; {redacted} looks like milliseconds")
        elif claim == "exp" and at <= now:
            since = f" {now - at:,.0f} s ago" if at > 0 else ""
            yield Finding(claim, f"is in the past: the token expired{since}")
        elif claim == "nbf" and at > now:
            yield Finding(claim, f"is in the future: the token is not valid for another {at - now:,.0f} s")


def _describe(claims: dict[str, Any], claim: str) -> str:
    value = claims.get(claim)
    return repr(value) if isinstance(value, str) and len(value) <= 20 else _describe_type(claims, claim)


_TYPE_NAMES = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


def _describe_type(claims: dict[str, Any], claim: str) -> str:
    if claim not in claims:
        return "missing"
    if claims[claim] == "":
        return "empty"
    return _TYPE_NAMES.get(type(claims[claim]), "null")
