"""Build settings and authentication of a v2 client from arguments and the environment."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from .. import _checks, _http, auth
from ..errors import InvalidInput
from .hints import find_hint

if TYPE_CHECKING:
    from collections.abc import Mapping

BRIDGE = "https://oauth-bridge.zendesk.com/sc"
"""Base URL of the OAuth bridge, which issues access tokens and describes them."""

SCOPES = {"app": "app", "int": "integration", "act": "account", "svc": "account"}
"""Scope of a key, by the prefix of its id."""

_VARIABLES = {
    "SMOOCH_KEY_ID": "key_id",
    "SMOOCH_SECRET": "secret",
    "SMOOCH_TOKEN": "token",
    "SMOOCH_APP_ID": "app_id",
    "SMOOCH_SUBDOMAIN": "subdomain",
    "SMOOCH_REGION": "region",
    "SMOOCH_BASE_URL": "base_url",
}
_ALTERNATIVES = (("subdomain",), ("region",), ("base_url",)), (("key_id", "secret"), ("token",))
_ON_BRIDGE = ("/v2/tokenInfo", "/oauth/token", "/oauth/authorize")


@attrs.frozen(kw_only=True)
class Settings(_http.Settings):
    """Connection settings of a v2 client; contains no secrets."""

    bridge: httpx.URL
    """Base URL of the OAuth bridge, or of the server that stands in for it."""
    is_token: bool
    """Whether the client authenticates with an access token, not a key."""

    @property
    def base_url(self) -> httpx.URL:
        """URL that the paths of the specification are relative to.

        The paths begin with the version and name the app.
        """
        return self.root

    def locate(self, url: httpx.URL | str) -> httpx.URL | str:
        """Return the URL of a path of the specification: some are on the OAuth bridge."""
        if isinstance(url, str) and url.partition("?")[0] in _ON_BRIDGE:
            return self.on_bridge(url)
        return url

    def on_bridge(self, path: str) -> httpx.URL:
        """Return the URL of a path on the OAuth bridge."""
        return httpx.URL(str(self.bridge).rstrip("/") + path)

    def find_hint(self, response: httpx.Response) -> str:
        """Return what to do about an error response, or "" where the cause is not known."""
        return find_hint(self, response, is_token=self.is_token)


def build_settings(
    key_id: str | None,
    *,
    token: str | None,
    app_id: str | None,
    subdomain: str | None,
    region: str | None,
    base_url: str | None,
    scope: str | None,
    max_connections: int,
    max_response_bytes: int,
    **call_options: Any,
) -> Settings:
    """Return the settings of a client.

    Raises:
        InvalidInput: a value is unknown or missing, or contradicts another.
    """
    root = _choose_root(subdomain, region, base_url)
    scope = _choose_scope(key_id, token, scope)
    if app_id is None and token is None and scope != "account":
        raise InvalidInput("app_id is missing: pass the id of the app that the key belongs to", "app_id")
    return Settings(
        root=root,
        bridge=httpx.URL(BRIDGE) if base_url is None else root,
        is_token=token is not None,
        prefix="/v2",
        app_id=None if app_id is None else _checks.check_id(app_id, "app_id"),
        scope=scope,
        max_connections=_checks.check_count(max_connections, "max_connections"),
        max_response_bytes=_checks.check_count(max_response_bytes, "max_response_bytes"),
        **_checks.validate_call_options(call_options),
    )


def bridge_settings(base_url: str, *, deadline: float | None, retries: int) -> Settings:
    """Return the settings of a client without credentials that calls only the OAuth bridge."""
    root = _checks.check_base_url(base_url)
    return Settings(
        root=root,
        bridge=root,
        is_token=False,
        prefix="/v2",
        app_id=None,
        scope="integration",
        **_checks.validate_call_options({"timeout": _http.TIMEOUT, "deadline": deadline, "retries": retries}),
    )


def build_auth(
    settings: Settings, key_id: str | None, secret: str | None, token: str | None, kind: str
) -> auth.OriginBoundAuth:
    """Return how requests authenticate; credentials go only to the server of the settings.

    Raises:
        InvalidInput: there are no credentials, or more than one kind.
    """
    if kind not in ("jwt", "basic"):
        raise InvalidInput(f"auth must be jwt or basic, got {_checks.redacted_repr(kind, 'auth')}", "auth")
    if token is not None:
        if secret is not None or kind == "basic":
            raise InvalidInput("token replaces a key: leave key_id, secret and auth out", "token")
        return auth.BearerAuth(token, url=settings.root, also=settings.on_bridge("/v2/tokenInfo"))
    auth.check_key(key_id, secret)
    assert key_id is not None
    assert secret is not None
    if kind == "basic":
        return auth.BasicAuth(key_id, secret, url=settings.root)
    return auth.TokenAuth(key_id, secret, scope=settings.scope, url=settings.root)


def anonymous_auth(settings: Settings, *secrets: str) -> auth.OriginBoundAuth:
    """Return authentication without credentials; `secrets` are what error texts must not show."""
    anonymous = auth.OriginBoundAuth(settings.root)
    anonymous.secrets = secrets
    return anonymous


def read_environment(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the constructor's arguments: `options`, and what the environment sets besides.

    Where one argument replaces another, an option replaces either variable.

    Raises:
        InvalidInput: names the variable that is missing.
    """
    passed = {name for name, value in options.items() if value is not None}
    from_variables = _checks.read_variables(_VARIABLES, environment)
    for alternatives in _ALTERNATIVES:
        if any(passed.intersection(group) for group in alternatives):
            replaced = {name for group in alternatives if not passed.intersection(group) for name in group}
            from_variables = {name: value for name, value in from_variables.items() if name not in replaced}
        _check_one_of(alternatives, from_variables)
    arguments = {**from_variables, **options}
    if arguments.get("token") is None:
        for name in ("SMOOCH_KEY_ID", "SMOOCH_SECRET"):
            if arguments.get(_VARIABLES[name]) is None:
                raise InvalidInput(f"the environment variable {name} is not set, nor is SMOOCH_TOKEN", name)
    return arguments


def _check_one_of(alternatives: tuple[tuple[str, ...], ...], named: Mapping[str, str]) -> None:
    first = [next(name for name in group if name in named) for group in alternatives if named.keys() & set(group)]
    variables = [variable for variable, name in _VARIABLES.items() if name in first]
    if len(variables) > 1:
        raise InvalidInput(f"the environment must have no more than one of {' and '.join(variables)}", variables[-1])


def _choose_root(subdomain: str | None, region: str | None, base_url: str | None) -> httpx.URL:
    sources = {"subdomain": subdomain, "region": region, "base_url": base_url}
    names = [name for name, value in sources.items() if value is not None]
    if len(names) != 1:
        problem = f"got {' and '.join(names)}" if names else "there is no default"
        raise InvalidInput(
            "pass exactly one of subdomain='…' (of <subdomain>.zendesk.com), region='us' or 'eu-1' "
            f"(accounts of the legacy platform) and base_url='…'; {problem}",
            names[-1] if names else "subdomain",
        )
    if subdomain is not None:
        if not isinstance(subdomain, str) or not re.fullmatch(
            r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", subdomain
        ):
            raise InvalidInput(
                f"subdomain must be letters, digits and hyphens, as in https://example.zendesk.com, "
                f"got {_checks.redacted_repr(subdomain, 'subdomain')}",
                "subdomain",
            )
        return httpx.URL(f"https://{subdomain.lower()}.zendesk.com/sc")
    if region is not None:
        return _checks.check_region(region)
    assert base_url is not None
    return _checks.check_base_url(base_url)


def _choose_scope(key_id: str | None, token: str | None, scope: str | None) -> str:
    if token is not None:
        if key_id is not None or scope is not None:
            raise InvalidInput("token replaces a key and has its own scope: leave key_id and scope out", "token")
        return "integration"
    if key_id is None:
        raise InvalidInput("key_id is missing: pass key_id and secret, or token", "key_id")
    if scope is None:
        scope = SCOPES.get(str(key_id)[:3]) if str(key_id)[3:4] == "_" else None
        if scope is None:
            raise InvalidInput(
                "scope does not follow from this key_id, which begins with none of app_, int_, act_ and svc_: "
                "pass scope='app', 'integration' or 'account'",
                "scope",
            )
    elif scope not in SCOPES.values():
        raise InvalidInput(
            f"scope must be app, integration or account, got {_checks.redacted_repr(scope, 'scope')}", "scope"
        )
    return scope
