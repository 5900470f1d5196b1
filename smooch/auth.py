"""Tokens: what the API accepts as proof of who is calling.

`app_token` and `user_token` are pure; `TokenAuth` puts a short-lived token on every request of a client, `BasicAuth`
its key and `BearerAuth` a token that somebody else has issued.
"""

from __future__ import annotations

import json
import math
import re
import time
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
from jwt import PyJWS, PyJWTError
from jwt.algorithms import HMACAlgorithm

from . import _checks
from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["BasicAuth", "BearerAuth", "OriginBoundAuth", "TokenAuth", "app_token", "user_token"]

_LIFETIME = 3600.0
"""Seconds that our own tokens live; renewed after half of them, so that the two clocks may be half an hour apart."""


class _HS256(HMACAlgorithm):
    def check_key_length(self, key: bytes) -> None:
        """Accept any: secrets of old accounts are short, nobody can lengthen them, and a warning a call helps nobody."""


_jws = PyJWS(algorithms=[])
_jws.register_algorithm("HS256", _HS256(HMACAlgorithm.SHA256))


def app_token(key_id: str, secret: str, *, scope: str = "app", expires_in: float | timedelta | None = None) -> str:
    """Sign a token that acts for a whole app (or account), for servers only.

    Args:
        key_id: Id of the key, such as `app_5a…`.
        secret: Secret of the key.
        scope: `app`, or `account` for account and service-account keys.
        expires_in: Seconds (or a timedelta) until it expires; without it the token never does.

    Raises:
        InvalidInput: a value is empty or of the wrong type.
    """
    return sign({"scope": scope} | expiry_claim(expires_in), key_id, secret)


def user_token(key_id: str, secret: str, user_id: str, *, expires_in: float | timedelta | None = None) -> str:
    """Sign a token with which one user logs in to the chat (scope `appUser`).

    Args:
        key_id: Id of the key, such as `app_5a…`.
        secret: Secret of the key.
        user_id: The business's own id of the user; a non-empty string, since the API refuses numbers.
        expires_in: Seconds (or a timedelta) until it expires; without it the token never does.

    Raises:
        InvalidInput: a value is empty or of the wrong type.
    """
    if not isinstance(user_id, str) or not user_id:
        raise InvalidInput(
            f"user_id must be a non-empty string, got {user_id!r}: the API refuses tokens with any other userId",
            "user_id",
        )
    return sign({"scope": "appUser", "userId": user_id} | expiry_claim(expires_in), key_id, secret)


def check_key(key_id: object, secret: object) -> None:
    """Refuse a key that cannot be one."""
    for name, value in (("key_id", key_id), ("secret", secret)):
        if not isinstance(value, str) or not value.strip():
            raise InvalidInput(f"{name} must be a non-empty string, as it was shown when the key was made", name)
        if value != value.strip():
            raise InvalidInput(f"{name} has a space or a line break at an end: leave that out", name)


def expiry_claim(expires_in: float | timedelta | None) -> dict[str, int]:
    """The claim for when a token expires, if it is to."""
    if expires_in is None:
        return {}
    seconds = expires_in.total_seconds() if isinstance(expires_in, timedelta) else expires_in
    return {"exp": math.ceil(time.time() + _checks.check_seconds(seconds, "expires_in"))}


def sign(claims: dict[str, Any], key_id: str, secret: str) -> str:
    """A token with these claims."""
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
    """Puts credentials on each request to one server, and on no request to another.

    Args:
        url: Address of the server; only its scheme, host and port count.
        also: One further address that gets them, to the letter.
    """

    secrets: tuple[str, ...] = ()
    """What must not show up in any text."""

    def __init__(self, url: httpx.URL, *, also: httpx.URL | None = None) -> None:
        self._origin = _origin(url)
        self._also = also

    def is_meant_for(self, url: httpx.URL) -> bool:
        """Whether requests to this address get the credentials."""
        return _origin(url) == self._origin or url == self._also

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret: make a new one where it is needed")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


class BasicAuth(OriginBoundAuth):
    """Puts id and secret of a key on each request to one server."""

    def __init__(self, key_id: str, secret: str, *, url: httpx.URL) -> None:
        check_key(key_id, secret)
        super().__init__(url)
        self._basic = httpx.BasicAuth(key_id, secret)
        self.secrets = (secret,)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Name key and secret."""
        if self.is_meant_for(request.url):
            yield from self._basic.auth_flow(request)
        else:
            yield request


class BearerAuth(OriginBoundAuth):
    """Puts one and the same token on each request to one server."""

    def __init__(self, token: str, *, url: httpx.URL, also: httpx.URL | None = None) -> None:
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise InvalidInput("token must be an access token: a non-empty string without spaces", "token")
        super().__init__(url, also=also)
        self.secrets = (token,)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Show the token."""
        if self.is_meant_for(request.url):
            request.headers["Authorization"] = f"Bearer {self.secrets[0]}"
        yield request


class TokenAuth(OriginBoundAuth):
    """Puts a short-lived token on each request to one server, and on no request to another.

    A token is signed once and used until half of its life is over. When the API refuses one and its clock turns out to
    be far from ours, the next is dated by the API's clock and the request goes out once more (a refused request took no
    effect). Safe to share between threads and tasks: at worst two of them sign at the same moment.
    """

    def __init__(self, key_id: str, secret: str, *, scope: str, url: httpx.URL) -> None:
        check_key(key_id, secret)
        super().__init__(url)
        self.key_id = key_id
        self.secrets = (secret,)
        self._secret = secret
        self._scope = scope
        self._ahead = 0.0
        self._signed: tuple[str, float] = ("", 0.0)

    def user_token(self, user_id: str, *, expires_in: float | timedelta | None = None) -> str:
        """Sign a token for one user with the same key."""
        return user_token(self.key_id, self._secret, user_id, expires_in=expires_in)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request; sign it once more if the clocks disagree."""
        if not self.is_meant_for(request.url):
            yield request
            return
        ahead = self._ahead
        request.headers["Authorization"] = "Bearer " + self._token()
        response = yield request
        if response.status_code == 401 and self._adopt_clock(response, ahead):
            request.headers["Authorization"] = "Bearer " + self._token()
            yield request

    def _token(self) -> str:
        now = time.time() + self._ahead
        token, renew_at = self._signed
        if not renew_at - _LIFETIME / 2 <= now < renew_at:
            token = _encode({"scope": self._scope, "exp": int(now + _LIFETIME)}, self.key_id, self._secret)
            self._signed = (token, now + _LIFETIME / 2)
        return token

    def _adopt_clock(self, response: httpx.Response, ahead: float) -> bool:
        """Go by the API's clock, if that is far from the one by which the refused token was dated."""
        try:
            date = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, TypeError, ValueError):
            return False
        api_ahead = date.replace(tzinfo=date.tzinfo or UTC).timestamp() - time.time()
        if abs(api_ahead - ahead) < _LIFETIME / 2:
            return False
        self._ahead = api_ahead
        return True
