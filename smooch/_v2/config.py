"""From constructor arguments and environment variables to the settings of a v2 client."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from .. import _bodies, _config, _http, auth
from ..errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

BRIDGE = "https://oauth-bridge.zendesk.com/sc"
"""Where Zendesk gives out access tokens, and tells what they are for."""

SCOPES = {"app": "app", "int": "integration", "act": "account", "svc": "account"}
"""What a key may do, by how its id begins."""

_ENVIRONMENT = {
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
    """What one client of v2 calls, and how patiently. Holds no secret."""

    bridge: httpx.URL
    """Where access tokens are given out, and explained."""
    is_token: bool
    """Whether the client shows an access token, not a key."""

    @property
    def base_url(self) -> httpx.URL:
        """What the paths of the specification are relative to; they begin with the version and name the app."""
        return self.root

    def locate(self, url: httpx.URL | str) -> httpx.URL | str:
        """Address of a path of the specification: some are on the OAuth bridge."""
        if isinstance(url, str) and url.partition("?")[0] in _ON_BRIDGE:
            return self.on_bridge(url)
        return url

    def on_bridge(self, path: str) -> httpx.URL:
        """Address of a path on the OAuth bridge."""
        return httpx.URL(str(self.bridge).rstrip("/") + path)

    def hint(self, response: httpx.Response) -> str:
        """What to do about a refusal, where the cause is known."""
        return hint(self, response)


def settings(
    key_id: str | None,
    *,
    token: str | None,
    app_id: str | None,
    subdomain: str | None,
    region: str | None,
    base_url: str | None,
    scope: str | None,
    **patience: Any,
) -> Settings:
    """What a client of v2 calls.

    Raises:
        InvalidInput: a value is unknown, is missing, or does not go with another.
    """
    root = _root(subdomain, region, base_url)
    scope = _scope(key_id, token, scope)
    if app_id is None and token is None and scope != "account":
        raise InvalidInput("app_id is missing: pass the id of the app that the key belongs to", "app_id")
    return Settings(
        root=root,
        bridge=httpx.URL(BRIDGE) if base_url is None else root,
        is_token=token is not None,
        prefix="/v2",
        app_id=None if app_id is None else _bodies.check_id(app_id, "app_id"),
        scope=scope,
        **_config.patience(patience),
    )


def settings_of_bridge(base_url: str, *, deadline: float | None, retries: int) -> Settings:
    """What is called by who has no credentials yet."""
    root = _config.root_of(base_url)
    return Settings(
        root=root,
        bridge=root,
        is_token=False,
        prefix="/v2",
        app_id=None,
        scope="integration",
        timeout=_http.TIMEOUT,
        **_config.patience({"deadline": deadline, "retries": retries}),
    )


def credentials(
    settings: Settings, key_id: str | None, secret: str | None, token: str | None, kind: str
) -> auth.OriginAuth:
    """How requests prove who is calling; the credentials go to no other server than that of the settings.

    Raises:
        InvalidInput: there are none, or more than one kind of them.
    """
    if kind not in ("jwt", "basic"):
        raise InvalidInput(f"auth must be jwt or basic, not {kind!r}", "auth")
    if token is not None:
        if secret is not None or kind == "basic":
            raise InvalidInput("token is in place of a key: leave key_id, secret and auth out", "token")
        return auth.BearerAuth(token, url=settings.root, also=settings.on_bridge("/v2/tokenInfo"))
    auth.check_key(key_id, secret)
    assert key_id is not None
    assert secret is not None
    if kind == "basic":
        return auth.BasicAuth(key_id, secret, url=settings.root)
    return auth.TokenAuth(key_id, secret, scope=settings.scope, url=settings.root)


def no_credentials(settings: Settings, *secrets: str) -> auth.OriginAuth:
    """Requests prove nothing; what is secret in their bodies must not show up in any text either."""
    nothing = auth.OriginAuth(settings.root)
    nothing.secrets = secrets
    return nothing


def from_environment(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The constructor's arguments: `options`, and what the environment names besides.

    Where one argument stands in place of another, an option replaces either variable.

    Raises:
        InvalidInput: names the variable that is missing.
    """
    given = {name for name, value in options.items() if value is not None}
    named = _config.named(_ENVIRONMENT, environment)
    for alternatives in _ALTERNATIVES:
        if any(given.intersection(group) for group in alternatives):
            replaced = {name for group in alternatives if not given.intersection(group) for name in group}
            named = {name: value for name, value in named.items() if name not in replaced}
        _check_one_of(alternatives, named)
    arguments = {**named, **options}
    if arguments.get("token") is None:
        for name in ("SMOOCH_KEY_ID", "SMOOCH_SECRET"):
            if arguments.get(_ENVIRONMENT[name]) is None:
                raise InvalidInput(f"the environment variable {name} is not set, nor is SMOOCH_TOKEN", name)
    return arguments


def _check_one_of(alternatives: tuple[tuple[str, ...], ...], named: Mapping[str, str]) -> None:
    first = [next(name for name in group if name in named) for group in alternatives if named.keys() & set(group)]
    variables = [variable for variable, name in _ENVIRONMENT.items() if name in first]
    if len(variables) > 1:
        raise InvalidInput(f"the environment must have no more than one of {' and '.join(variables)}", variables[-1])


def _root(subdomain: str | None, region: str | None, base_url: str | None) -> httpx.URL:
    given = {"subdomain": subdomain, "region": region, "base_url": base_url}
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        said = f"not both {' and '.join(names)}" if names else "there is no default"
        raise InvalidInput(
            "say where the account is by one of subdomain='…' (of <subdomain>.zendesk.com), region='us' or 'eu-1' "
            f"(accounts of the legacy platform) and base_url='…'; {said}",
            names[-1] if names else "subdomain",
        )
    if subdomain is not None:
        if not isinstance(subdomain, str) or not re.fullmatch(
            r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", subdomain
        ):
            raise InvalidInput(
                f"subdomain must be letters, digits and hyphens, as in https://example.zendesk.com, not {subdomain!r}",
                "subdomain",
            )
        return httpx.URL(f"https://{subdomain.lower()}.zendesk.com/sc")
    if region is not None:
        return _config.regional(region)
    assert base_url is not None
    return _config.root_of(base_url)


def _scope(key_id: str | None, token: str | None, scope: str | None) -> str:
    if token is not None:
        if key_id is not None or scope is not None:
            raise InvalidInput(
                "token is in place of a key and has a scope of its own: leave key_id and scope out", "token"
            )
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
        raise InvalidInput(f"scope must be app, integration or account, not {scope!r}", "scope")
    return scope


_OF_APP = re.compile(r"/apps/[^/]+")
_OF_ACCOUNT = re.compile(r"/apps(/[^/]+/keys(/.*)?)?")
_NOT_OF_INTEGRATION = re.compile(r"/apps/[^/]+(/(switchboards|integrations)(/.*)?)?")
_HINT_CONTROL = (
    "with scope integration only who was offered control accepts it, and only the one in control releases it"
)
_WEBHOOKS = re.compile(r"/apps/[^/]+/integrations/(?P<integration>[^/]+)/webhooks(/.*)?")


def hint(settings: Settings, response: httpx.Response) -> str:
    """What to do about a refusal, where the cause is known."""
    path = response.request.url.path.removeprefix(settings.version_url.path)
    match response.status_code:
        case 400 if response.request.method in ("POST", "PATCH") and _WEBHOOKS.fullmatch(path):
            return "if it is the target: the API may send it a HEAD request first, and ask the root of its host; both must answer"
        case 401:
            return _hint_401(settings, response.request)
        case 403:
            return _hint_403(settings, response.request.method, path)
        case 404:
            return _hint_404(settings, response, path)
        case 413:
            return "the API takes 100 kB of JSON and files of 50 MB"
        case 423:
            return "the conversation is full: messages.delete_all(conversation_id) makes room"
        case 429:
            return _http.HINT_429
        case status if status < 400:
            return _http.HINT_REDIRECT
    return ""


def _hint_401(settings: Settings, request: httpx.Request) -> str:
    if request.url.path.endswith("/oauth/token"):
        return "check client id and secret; a code is good for one exchange, soon after the browser came back with it"
    if settings.is_token:
        return f"check that the access token is still good, and that its app is on {settings.root}; oauth.token_info() tells"
    if request.url.path.endswith("/v2/tokenInfo"):
        return "only access tokens of the OAuth flow are explained here: make the client with token=…"
    return (
        f"check key id and secret, and that the key belongs to {settings.root}: a deleted key, a key of another "
        "account or region and a signing key for messaging look the same"
    )


def _hint_403(settings: Settings, method: str, path: str) -> str:
    webhooks = _WEBHOOKS.fullmatch(path)
    if settings.scope != "account" and (
        _OF_ACCOUNT.fullmatch(path) or (method == "DELETE" and _OF_APP.fullmatch(path))
    ):
        return f"this path needs an account key (act_… or svc_…); the client's credentials have scope {settings.scope}"
    if settings.scope == "integration" and webhooks and webhooks["integration"] != "me":
        return "credentials of scope integration reach the webhooks of their own integration only: integration_id='me'"
    if settings.scope == "integration" and not webhooks and _NOT_OF_INTEGRATION.fullmatch(path):
        return "this path needs an app key (app_…) or an account key; the client's credentials have scope integration"
    if path.endswith(("/acceptControl", "/releaseControl")):
        return _HINT_CONTROL if settings.scope == "integration" else ""
    if settings.scope != "account" and _OF_APP.match(path):
        return "check app_id: the client's credentials reach no other app than their own"
    return ""


def _hint_404(settings: Settings, response: httpx.Response, path: str) -> str:
    if not response.headers.get("Content-Type", "").startswith("application/json"):
        return f"this is not the API: check subdomain, region and base_url (asked was {settings.version_url})"
    if "/integrations/me/" in path and settings.scope != "integration":
        return (
            "me is the integration of an int_ key or an access token; with any other key pass integration_id='<its id>'"
        )
    if b"app_not_found" in response.content or _OF_APP.fullmatch(path):
        return f"check app_id, and that the app is on {settings.root}: an app of another account or region is not found"
    return ""
