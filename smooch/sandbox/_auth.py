"""Authentication by JWT, key pair or app token, and what each scope may do."""

from __future__ import annotations

import base64
import binascii
import functools
import hmac
import json
import math
import time
from typing import TYPE_CHECKING, Any, Literal

import attrs
import jwt
from jwt.algorithms import HMACAlgorithm

from ._errors import forbidden, not_found, unauthorized
from .store import apps, users

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._entities import Key
    from .store import App, Store

Scope = Literal["app", "appUser", "account", "appToken", "integration", "public"]

ACCOUNT: frozenset[Scope] = frozenset({"account"})
BUSINESS: frozenset[Scope] = frozenset({"app", "account"})
APP_TOKEN: frozenset[Scope] = frozenset({"appToken"})
END_USER_ONLY: frozenset[Scope] = APP_TOKEN | {"appUser"}
INTEGRATION: frozenset[Scope] = frozenset({"integration"})
ANY_KEY: frozenset[Scope] = BUSINESS | INTEGRATION
END_USER: frozenset[Scope] = ANY_KEY | {"appUser"}
PUBLIC: frozenset[Scope] = frozenset({"public"})


@attrs.frozen
class Identity:
    """An authenticated caller; `owner` is the id of its app, account or integration, by `scope`."""

    scope: Scope
    owner: str
    user_id: str | None = None

    def require_business(self, action: str) -> None:
        if self.scope not in ANY_KEY:
            raise forbidden(f"{action} needs the scope of a business: app, account or integration")

    def require_scope(self, allowed: frozenset[Scope]) -> None:
        if self.scope not in allowed:
            raise forbidden(f"Scope {self.scope} is not allowed here, use {' or '.join(sorted(allowed))}")

    def app(self, store: Store, app_id: str | None) -> App:
        """Return the app of a call: `app_id` from its path, or the one that the key belongs to."""
        if self.scope == "account":
            return self._app_of_account(store, app_id)
        app = store.find_app_of_integration(self.owner) if self.scope == "integration" else store.apps[self.owner]
        if app_id not in (None, app.id):
            raise forbidden("The key belongs to another app")
        return app

    def _app_of_account(self, store: Store, app_id: str | None) -> App:
        if app_id is None:
            raise forbidden("Account scope needs /apps/{appId} in the path")
        app = store.apps.get(app_id)
        if app is None or app not in apps.list_of_account(store, store.accounts[self.owner]):
            raise not_found("App")
        return app

    def authorize_user(self, app: App, user_path: str | None) -> None:
        """Check that the caller may access the user `user_path` of `app`.

        An appUser token gives access to its own user only. Its first use puts that user into secure mode: app tokens are refused from then on.
        """
        user = None if user_path is None else app.find_user(user_path)
        if self.scope == "appUser":
            own = app.find_user_by_external_id(self.user_id or "")
            if user_path is not None and (user is not own or (user is None and user_path != self.user_id)):
                raise forbidden("The token belongs to another user")
            if own is not None:
                users.require_credentials(app, own)
        elif self.scope == "appToken" and user is not None and user.credential_required:
            raise unauthorized("This user needs a JWT")


ANYONE = Identity("public", "")


class _AnyKeyLength(HMACAlgorithm):
    """HMAC without PyJWT's warning for short keys, which the API's own secrets would cause."""

    def check_key_length(self, key: bytes) -> str | None:
        return None


_jws = jwt.PyJWS(algorithms=[])
_jws.register_algorithm("HS256", _AnyKeyLength(HMACAlgorithm.SHA256))


def sign(key: Key, claims: Mapping[str, Any]) -> str:
    """Return a JWT that the API accepts."""
    return _jws.encode(json.dumps(claims).encode(), key.secret, algorithm="HS256", headers={"kid": key.id})


def authenticate(headers: Mapping[str, str], store: Store) -> Identity:
    """Return the caller of a request, by its headers. 401 if credentials are missing or wrong."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    match scheme.lower(), headers.get("app-token"):
        case "bearer", _:
            return _authenticate_by_token(credentials.strip(), store)
        case "basic", _:
            return _authenticate_by_key_pair(credentials.strip(), store)
        case "", str(app_token):
            return _authenticate_by_app_token(app_token, store)
    raise unauthorized("Authorization is required")


def _authenticate_by_token(token: str, store: Store) -> Identity:
    try:
        key = _find_key(jwt.get_unverified_header(token).get("kid"), store)
        claims = _read_claims(token, key.secret)
    except RecursionError:
        raise unauthorized("Invalid JWT: it is nested too deeply") from None
    except (jwt.InvalidTokenError, ValueError) as error:
        raise unauthorized(f"Invalid JWT: {error}") from None
    if "exp" in claims and _read_time(claims, "exp") <= time.time():
        raise unauthorized("Invalid JWT: it has expired")
    if "nbf" in claims and _read_time(claims, "nbf") > time.time():
        raise unauthorized("Invalid JWT: it is not valid yet")
    scope = claims.get("scope")
    if scope == "appUser" and key.scope == "app":
        user_id = claims.get("userId")
        if not isinstance(user_id, str) or not user_id:
            raise unauthorized("Invalid JWT: userId must be a string")
        return Identity("appUser", key.owner, user_id)
    if scope != key.scope:
        raise unauthorized(f"Invalid JWT: a key of scope {key.scope} cannot sign scope {scope}")
    return Identity(key.scope, key.owner)


@functools.lru_cache(maxsize=1024)
def _read_claims(token: str, secret: str) -> dict[str, Any]:
    claims = json.loads(_jws.decode(token, secret, algorithms=["HS256"]))
    if not isinstance(claims, dict):
        raise jwt.DecodeError("the claims are not an object")
    return claims


def _find_key(kid: object, store: Store) -> Key:
    if not isinstance(kid, str):
        raise unauthorized("Invalid JWT header. Missing key id (kid)")
    if kid not in store.keys:
        raise unauthorized("Invalid JWT: unknown key id (kid)")
    return store.keys[kid]


def _read_time(claims: Mapping[str, Any], name: str) -> float:
    """Return a claim that is a time in Unix seconds. 401 if it is not a finite number."""
    value = claims[name]
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if is_number or (isinstance(value, float) and math.isfinite(value)):
        return value  # type: ignore[no-any-return]
    raise unauthorized(f"Invalid JWT: {name} is not a number of seconds")


def _authenticate_by_key_pair(credentials: str, store: Store) -> Identity:
    try:
        kid, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthorized("Invalid credentials: not base64 of keyId:secret") from None
    key = store.keys.get(kid)
    if key is None or not hmac.compare_digest(key.secret.encode(), secret.encode()):
        raise unauthorized("Invalid credentials")
    return Identity(key.scope, key.owner)


def _authenticate_by_app_token(app_token: str, store: Store) -> Identity:
    for app in store.apps.values():
        if hmac.compare_digest(app.token.encode(), app_token.encode()):
            return Identity("appToken", app.id)
    raise unauthorized("Invalid app token")
