"""Tokens of end users, for the messaging SDKs, and how partners come by a token of their own: pure functions."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from .. import _schema, auth
from ..errors import InvalidInput
from .config import BRIDGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

MAX_EXTERNAL_ID = 255
"""Characters that the id in a token may have."""

_MILLISECONDS = 1e11
"""Seconds of the year 5138: what is above was meant as milliseconds."""


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
        external_id: The business's own id of the user, 255 characters at most.
        name: Name of the user.
        email: Address of the user.
        email_verified: Whether the address is proved; one that is not does not identify the user.
        expires_in: Seconds (or a timedelta) until the token expires; without it the token never does.

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
    for finding in _of_user({"external_id": external_id} | claims):
        raise InvalidInput(str(finding), finding.claim)
    claims |= auth.expiry(expires_in)
    for finding in _of_time(claims):
        raise InvalidInput(f"expires_in={expires_in!r} makes no good token: {finding}", "expires_in")
    return auth.sign(claims, key_id, secret)


@attrs.frozen
class Finding:
    """Something in a token that the platform refuses; `str()` of it is a sentence."""

    claim: str
    """Where it is: the name of a claim or of a field of the header, or `token` or `signature`."""
    problem: str

    def __str__(self) -> str:
        return f"{self.claim} {self.problem}"


def inspect_user_jwt(token: str, secret: str | None = None) -> list[Finding]:
    """Everything in a user's token that the platform refuses; nothing if it is good.

    Looks at the token alone, without asking the API. The token itself is in no finding. With the `secret` of the
    signing key the signature is checked too.
    """
    try:
        header, claims = _parts(token)
    except ValueError as error:
        return [Finding("token", str(error))]
    findings = [*_of_header(header), *_of_scope(claims), *_of_user(claims), *_of_time(claims)]
    if secret is not None and header.get("alg") == "HS256" and not auth.is_signed_by(token, secret):
        findings.append(
            Finding("signature", "does not match: the token was signed with another secret, or changed since")
        )
    return findings


def authorize_url(
    client_id: str, *, redirect_uri: str | None = None, state: str | None = None, base_url: str = BRIDGE
) -> str:
    """Address to send a user's browser to, to let an integration of yours into its Zendesk account (authorize).

    The browser comes back to `redirect_uri`, which has to be one of the integration's, with a `code` that
    `Smooch.exchange_code` makes an access token of, and with `state`, which tells that it was you who sent it.
    """
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "state": state}
    if not isinstance(client_id, str) or not client_id.strip():
        raise InvalidInput(f"client_id must be a non-empty string, not {client_id!r}", "client_id")
    given = httpx.QueryParams({name: value for name, value in query.items() if value is not None})
    return f"{base_url.rstrip('/')}/oauth/authorize?{given}"


def _parts(token: object) -> tuple[dict[str, Any], dict[str, Any]]:
    if not isinstance(token, str):
        raise ValueError(f"is not a text, but {type(token).__name__}")
    if token.lower().startswith("bearer "):
        raise ValueError("begins with Bearer, which belongs into a header: pass what comes after it")
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError(f"is no JWT: that has three parts with dots between, not {len(parts)}")
    return _decoded(parts[0], "header"), _decoded(parts[1], "payload")


def _decoded(part: str, name: str) -> dict[str, Any]:
    from jwt.utils import base64url_decode

    try:
        value = json.loads(base64url_decode(part.encode("ascii")))
    except (ValueError, RecursionError):
        raise ValueError(f"is no JWT: its {name} is not JSON in base64url") from None
    if not isinstance(value, dict):
        raise ValueError(f"is no JWT: its {name} is not a JSON object")
    return value


def _of_header(header: dict[str, Any]) -> Iterator[Finding]:
    if header.get("alg") != "HS256":
        yield Finding("alg", f"of the header must be HS256, not {_shown(header, 'alg')}")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid.strip():
        yield Finding("kid", f"of the header must be the id of the signing key, and is {_kind(header, 'kid')}")


def _of_scope(claims: dict[str, Any]) -> Iterator[Finding]:
    if claims.get("scope") != "user":
        also = " (appUser is the scope of v1)" if claims.get("scope") == "appUser" else ""
        yield Finding("scope", f"must be user, not {_shown(claims, 'scope')}{also}")


def _of_user(claims: dict[str, Any]) -> Iterator[Finding]:
    external_id = claims.get("external_id")
    if not isinstance(external_id, str) or not external_id.strip():
        also = " (v1 calls it userId)" if "userId" in claims else ""
        kind = _kind(claims, "external_id")
        yield Finding(
            "external_id", f"must be the business's own id of the user, a non-empty text, and is {kind}{also}"
        )
    elif len(external_id) > MAX_EXTERNAL_ID:
        yield Finding("external_id", f"takes {MAX_EXTERNAL_ID} characters at most, not {len(external_id)}")
    for claim in ("name", "email"):
        if claim in claims and not isinstance(claims[claim], str):
            yield Finding(claim, f"must be a text, and is {_kind(claims, claim)}")
    for claim in ("external_id", "name", "email"):
        if isinstance(value := claims.get(claim), str) and _schema.is_broken(value):
            yield Finding(claim, "holds half of a surrogate pair, which is no text")
    if "email_verified" in claims and not isinstance(claims["email_verified"], bool):
        yield Finding("email_verified", f"must be true or false, and is {_kind(claims, 'email_verified')}")


def _of_time(claims: dict[str, Any]) -> Iterator[Finding]:
    if "exp" not in claims:
        return
    expires = claims["exp"]
    if isinstance(expires, bool) or not isinstance(expires, int | float) or expires != expires:
        yield Finding("exp", f"must be a number of seconds since 1970, and is {_kind(claims, 'exp')}")
    elif expires >= _MILLISECONDS:
        yield Finding("exp", f"must be in seconds since 1970; {expires} looks like milliseconds")
    elif expires <= time.time():
        yield Finding("exp", f"is in the past: the token expired {time.time() - expires:,.0f} s ago")


def _shown(claims: dict[str, Any], claim: str) -> str:
    value = claims.get(claim)
    return repr(value) if isinstance(value, str) and len(value) <= 20 else _kind(claims, claim)


_KINDS = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def _kind(claims: dict[str, Any], claim: str) -> str:
    if claim not in claims:
        return "missing"
    if claims[claim] == "":
        return "empty"
    return _KINDS.get(type(claims[claim]), "null")
