"""Hints: what to do about an error response, where the cause is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import paths

if TYPE_CHECKING:
    import httpx

HINT_429 = (
    "wait for as many seconds as retry_after says, or longer each time where it is None; "
    "the client does so itself up to retries=… times, for 30 s in all"
)
HINT_REDIRECT = "redirects are not followed: use the address that the API itself has, with https"


def hint(response: httpx.Response, *, root: httpx.URL, version_url: httpx.URL, scope: str, app_id: str | None) -> str:
    """What to do about an error response of API v1, where the cause is known."""
    path = response.request.url.path.removeprefix(version_url.path)
    speaks_json = response.headers.get("Content-Type", "").startswith("application/json")
    match response.status_code:
        case 401:
            return (
                f"check key id and secret, and that the key belongs to {root}: "
                "a deleted key and a key of another region look the same"
            )
        case 403 if scope == "app" and paths.ACCOUNT_PATH.match(path) and not paths.APP_PATH.match(path):
            return "this path needs an account key (act_… or svc_…); the client holds an app key"
        case 403 | 404 if scope == "account" and app_id is None and not paths.ACCOUNT_PATH.match(path):
            return "an account key reaches an app's objects only by the app's id: pass app_id=… to the client"
        case 404 if not speaks_json:
            return f"this is not the API: check base_url, region and api_version (asked was {version_url})"
        case 404 if path.endswith(("/messages", "/conversation/read")):
            return "a user has no conversation before the first message"
        case 413:
            return "the API takes 100 kB of JSON and files of 10 MB"
        case 423:
            return "the conversation is full: delete_messages(user_id) makes room"
        case 429:
            return HINT_429
        case status if status < 400:
            return HINT_REDIRECT
    return ""
