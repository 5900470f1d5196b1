"""Hints in v2 error texts: what to do about an error response, where the cause is known."""

from __future__ import annotations

import re

import httpx

from .. import _http

_OF_APP = re.compile(r"/apps/[^/]+")
_OF_ACCOUNT = re.compile(r"/apps(/[^/]+/keys(/.*)?)?")
_NOT_OF_INTEGRATION = re.compile(r"/apps/[^/]+(/(switchboards|integrations)(/.*)?)?")
_HINT_CONTROL = "with scope integration only an integration that was offered control can accept it, and only the one in control can release it"
_WEBHOOKS = re.compile(r"/apps/[^/]+/integrations/(?P<integration>[^/]+)/webhooks(/.*)?")


def find_hint(settings: _http.Settings, response: httpx.Response, *, is_token: bool) -> str:
    """Return what to do about an error response, or "" where the cause is not known."""
    path = response.request.url.path.removeprefix(settings.version_url.path)
    match response.status_code:
        case 400 | 401 if response.request.url.path.endswith("/oauth/token"):
            return "check client id and secret; a code can be exchanged once, soon after the browser came back with it"
        case 400 if _WEBHOOKS.fullmatch(path) and _blames_target(response):
            return "the API may send the target a HEAD request first, and ask the root of its host; both must answer"
        case 401:
            return _hint_401(settings, response.request, is_token=is_token)
        case 403:
            return _hint_403(settings, response.request.method, path)
        case 404:
            return _hint_404(settings, response, path)
        case 413:
            return "the API takes 100 kB of JSON and files of 50 MB"
        case 423:
            return "the conversation is full: messages.delete_all(conversation_id) makes room"
        case 429:
            return _http.hint_429(response)
        case status if status < 400:
            return _http.HINT_REDIRECT
    return ""


def _blames_target(response: httpx.Response) -> bool:
    """Whether an error response can be about the target of a webhook: the API may not say so."""
    try:
        sends_target = b'"target"' in response.request.content
    except httpx.RequestNotRead:
        return False
    text = response.text.lower()
    return sends_target and ("target" in text or not re.search("trigger|include|webhook|limit|too many", text))


def _hint_401(settings: _http.Settings, request: httpx.Request, *, is_token: bool) -> str:
    if is_token:
        return f"check that the access token is still valid, and that its app is on {settings.root}; oauth.token_info() shows both"
    if request.url.path.endswith("/v2/tokenInfo"):
        return "this path takes only access tokens of the OAuth flow: create the client with token=…"
    return (
        f"check key id and secret, and that the key belongs to {settings.root}: a deleted key, a key of another "
        "account or region and a signing key for messaging look the same"
    )


def _hint_403(settings: _http.Settings, method: str, path: str) -> str:
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


def _hint_404(settings: _http.Settings, response: httpx.Response, path: str) -> str:
    if not response.headers.get("Content-Type", "").startswith("application/json"):
        return f"this is not the API: check subdomain, region and base_url (asked was {settings.version_url})"
    if "/integrations/me/" in path and settings.scope != "integration":
        return (
            "me is the integration of an int_ key or an access token; with any other key pass integration_id='<its id>'"
        )
    if "/conversations" in path and b"user_not_found" in response.content:
        return "here user_id is the API's own id of the user: pass yours as user_external_id"
    if b"app_not_found" in response.content or _OF_APP.fullmatch(path):
        return f"check app_id, and that the app is on {settings.root}: an app of another account or region is not found"
    return ""
