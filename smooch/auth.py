"""Sign tokens, and authenticate requests.

`app_token` and `user_token` are pure functions. `TokenAuth` puts a short-lived token on each request of a client,
`BasicAuth` the key itself, and `BearerAuth` an access token that was issued before.
"""

from __future__ import annotations

import json
import math
import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
from jwt import PyJWS, PyJWTError
from jwt.algorithms import HMACAlgorithm

from . import _checks
from ._redaction import hide_locals
from .errors import InvalidInput, parse_date

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["BasicAuth", "BearerAuth", "OriginBoundAuth", "TokenAuth", "app_token", "user_token"]

_LIFETIME = 3600.0
"""Lifetime of our tokens in seconds. They are renewed after half of it, so that the clocks may differ by half an hour."""

_MAX_SKEW = 86_400.0
"""Largest clock difference in seconds that is believed: a Date header far off must not make tokens that never expire."""


class _HS256(HMACAlgorithm):
    def check_key_length(self, key: bytes) -> None:
        """Accept a key of any length.

        Secrets of old accounts are short and cannot be changed, so a warning for each call is useless.
        """


_jws = PyJWS(algorithms=[])
_jws.register_algorithm("HS256", _HS256(HMACAlgorithm.SHA256))


@hide_locals
def app_token(key_id: str, secret: str, *, scope: str = "app", expires_in: float | timedelta | None = None) -> str:
    """Sign a token for a whole app (or account), to be used on servers only.

    Args:
        key_id: Id of the key, such as `app_5a…`.
        secret: Secret of the key.
        scope: `app`, or `account` for account and service-account keys.
        expires_in: Seconds (or a timedelta) until it expires; by default it never does.

    Raises:
        InvalidInput: a value is empty or of the wrong type.
    """
    return sign({"scope": scope} | build_expiry_claim(expires_in), key_id, secret)


@hide_locals
def user_token(key_id: str, secret: str, user_id: str, *, expires_in: float | timedelta | None = None) -> str:
    """Sign a token with which one user logs in to the chat (scope `appUser`).

    Args:
        key_id: Id of the key, such as `app_5a…`.
        secret: Secret of the key.
        user_id: Your own id of the user (`userId`), a non-empty string.
        expires_in: Seconds (or a timedelta) until it expires; by default it never does.

    Raises:
        InvalidInput: a value is empty or of the wrong type.
    """
    if not isinstance(user_id, str) or not user_id:
        raise InvalidInput(
            f"user_id must be a non-empty string, got {_checks.redacted_repr(user_id, 'user_id')}: the API refuses tokens with any other userId",
            "user_id",
        )
    _checks.check_text(user_id, "user_id")
    return sign({"scope": "appUser", "userId": user_id} | build_expiry_claim(expires_in), key_id, secret)


def check_key(key_id: object, secret: object) -> None:
    """Refuse a key id or secret that is empty or has a space at an end."""
    for name, value in (("key_id", key_id), ("secret", secret)):
        if not isinstance(value, str) or not value.strip():
            raise InvalidInput(f"{name} must be a non-empty string: copy it from the page of the key", name)
        _checks.check_text(value, name)
        if value != value.strip():
            raise InvalidInput(f"{name} begins or ends with a space or a line break: remove it", name)


def build_expiry_claim(expires_in: float | timedelta | None) -> dict[str, int]:
    """Return the claim that says when a token expires; none if it never does."""
    if expires_in is None:
        return {}
    seconds = expires_in.total_seconds() if isinstance(expires_in, timedelta) else expires_in
    return {"exp": math.ceil(time.time() + _checks.check_seconds(seconds, "expires_in"))}


def sign(claims: dict[str, Any], key_id: str, secret: str) -> str:
    """Sign a token with these claims."""
    check_key(key_id, secret)
    return _encode(claims, key_id, secret)


def is_signed_by(token: str, secret: str) -> bool:
    """Whether a token was signed with HS256 and this secret."""
    try:
        _jws.decode(token, secret, algorithms=["HS256"])
    except PyJWTError:
        return False
    return True


def _encode(claims: dict[str, Any], key_id: str, secret: str) -> str:
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return _jws.encode(payload, secret, algorithm="HS256", headers={"kid": key_id})


class OriginBoundAuth(httpx.Auth):
    """Authenticates the requests to one server, and no request to another.

    Args:
        url: URL of the server; only its scheme, host and port count.
        also: One further URL that is authenticated, compared as a whole.
    """

    secrets: tuple[str, ...] = ()
    """Texts that errors must not show."""

    def __init__(self, url: httpx.URL, *, also: httpx.URL | None = None) -> None:
        self._origin = _get_origin(url)
        self._also = also

    def authenticates(self, url: httpx.URL) -> bool:
        """Whether requests to this URL are authenticated."""
        return _get_origin(url) == self._origin or url == self._also

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and cannot be copied: make a new one where it is needed")


def _get_origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


class BasicAuth(OriginBoundAuth):
    """Authenticates requests with the id and secret of a key."""

    @hide_locals
    def __init__(self, key_id: str, secret: str, *, url: httpx.URL) -> None:
        check_key(key_id, secret)
        super().__init__(url)
        self._basic = httpx.BasicAuth(key_id, secret)
        self.secrets = (secret,)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the key to the request."""
        if self.authenticates(request.url):
            yield from self._basic.auth_flow(request)
        else:
            yield request


class BearerAuth(OriginBoundAuth):
    """Authenticates requests with an access token."""

    @hide_locals
    def __init__(self, token: str, *, url: httpx.URL, also: httpx.URL | None = None) -> None:
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise InvalidInput("token must be an access token: a non-empty string without spaces", "token")
        super().__init__(url, also=also)
        self.secrets = (token,)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the token to the request."""
        if self.authenticates(request.url):
            request.headers["Authorization"] = f"Bearer {self.secrets[0]}"
        yield request


class TokenAuth(OriginBoundAuth):
    """Authenticates requests with short-lived tokens, which it signs with a key.

    A token is used until half of its lifetime is over. If the API refuses one (401) and the `Date` of the response shows
    that the clocks differ by more than half a lifetime, and by at most a day, the next token is dated by the API's clock
    and the request is sent once more: a refused request had no effect. The correction ends as soon as the `Date` of a
    later response agrees with the local clock again. Threads and tasks can share it: at worst two sign at the same time.
    """

    @hide_locals
    def __init__(self, key_id: str, secret: str, *, scope: str, url: httpx.URL) -> None:
        check_key(key_id, secret)
        super().__init__(url)
        self.key_id = key_id
        self.secrets = (secret,)
        self._secret = secret
        self._scope = scope
        self._clock_offset = 0.0
        self._signed: tuple[str, float] = ("", 0.0)

    def user_token(self, user_id: str, *, expires_in: float | timedelta | None = None) -> str:
        """Sign a token for one user with the same key."""
        return user_token(self.key_id, self._secret, user_id, expires_in=expires_in)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request, and once more if it was refused because the clocks differ."""
        if not self.authenticates(request.url):
            yield request
            return
        offset = self._clock_offset
        request.headers["Authorization"] = "Bearer " + self._token()
        response = yield request
        if response.status_code == 401 and self._adopt_clock(response, offset):
            request.headers["Authorization"] = "Bearer " + self._token()
            response = yield request
        if self._clock_offset:
            self._adopt_clock(response, self._clock_offset)

    def _token(self) -> str:
        now = time.time() + self._clock_offset
        token, renew_at = self._signed
        if not renew_at - _LIFETIME / 2 <= now < renew_at:
            token = _encode({"scope": self._scope, "exp": int(now + _LIFETIME)}, self.key_id, self._secret)
            self._signed = (token, now + _LIFETIME / 2)
        return token

    def _adopt_clock(self, response: httpx.Response, offset: float) -> bool:
        """Correct the clock by the `Date` of a response; return whether that changed it.

        Small differences from the clock corrected by `offset` are ignored.
        """
        date = parse_date(response.headers.get("Date", ""))
        if date is None:
            return False
        measured = date - time.time()
        if abs(measured) > _MAX_SKEW or abs(measured - offset) < _LIFETIME / 2:
            return False
        self._clock_offset = measured if abs(measured) >= _LIFETIME / 2 else 0.0
        return True
