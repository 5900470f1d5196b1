"""Hints in v1 error texts: what to do about an error response, where the cause is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _http
from .paths import is_relative_to_version, needs_account_key

if TYPE_CHECKING:
    import httpx


def find_hint(settings: _http.Settings, response: httpx.Response) -> str:
    """Return what to do about an error response, or "" where the cause is not known."""
    path = response.request.url.path.removeprefix(settings.version_url.path)
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    match response.status_code:
        case 401:
            return (
                f"check key id and secret, and that the key belongs to {settings.root}: "
                "a deleted key and a key of another region look the same; keys of integrations (int_…) are for smooch.v2"
            )
        case 403 if settings.scope == "app" and needs_account_key(path):
            return "this path needs an account key (act_… or svc_…); the client holds an app key"
        case 403 | 404 if settings.scope == "account" and settings.app_id is None and not is_relative_to_version(path):
            return "an account key reaches an app's objects only by the app's id: pass app_id=… to the client"
        case 404 if not is_json:
            return f"this is not the API: check base_url, region and api_version (asked was {settings.version_url})"
        case 404 if path.endswith(("/messages", "/conversation/read")) and b"user_not_found" not in response.content:
            return "a user has no conversation before the first message"
        case 413:
            files = "files of 10 MB" if settings.prefix == "/v1" else "files up to a size that is not published"
            return f"the API takes 100 kB of JSON and {files}"
        case 423:
            return "the conversation is full: delete_messages(user_id) makes room"
        case 429:
            return _http.hint_429(response)
        case status if status < 400:
            return _http.HINT_REDIRECT
    return ""
