"""The hints in exceptions of v1."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from smooch.v1 import Smooch


def hint_for(
    status: int, path: str, *, html: bool = False, content: bytes = b"{}", retry_after: str = "", **options: Any
) -> str:
    with Smooch(options.pop("key_id", "app_5a"), "a secret that nobody must see", **options) as api:
        request = api._http.build_request("GET", path)
        media_type = "text/html" if html else "application/json; charset=utf-8"
        headers = {"Content-Type": media_type, "Retry-After": retry_after}
        response = httpx.Response(status, headers=headers, content=content, request=request)
        return api._settings.find_hint(response)


ACCOUNT = {"key_id": "act_5a"}
V1_1 = {"api_version": "v1.1", "app_id": "5a"}


@pytest.mark.parametrize(
    ("status", "path", "options", "words"),
    [
        (401, "/menu", {}, "check key id and secret, and that the key belongs to https://api.smooch.io:"),
        (401, "/menu", {"region": "eu-1"}, "https://api.eu-1.smooch.io"),
        (403, "/apps", {}, "this path needs an account key"),
        (403, "/serviceaccounts/7", V1_1, "this path needs an account key"),
        (403, "/apps/5a/keys", V1_1, "this path needs an account key"),
        (403, "/menu", {}, ""),
        (403, "/menu", V1_1, ""),
        (403, "/apps", ACCOUNT, ""),
        (403, "/menu", ACCOUNT, "pass app_id="),
        (404, "/appusers/b6518", {"key_id": "svc_5a"}, "pass app_id="),
        (404, "/appusers/b6518", ACCOUNT | {"app_id": "5a"}, ""),
        (404, "/apps/5a", ACCOUNT, ""),
        (404, "/menu", {"html": True}, "check base_url, region and api_version (asked was https://api.smooch.io/v1)"),
        (404, "/menu", {"html": True, "base_url": "https://example.com/x"}, "(asked was https://example.com/x/v1)"),
        (404, "/appusers/b6518/messages", {}, "no conversation before the first message"),
        (404, "/appusers/b6518", {}, ""),
        (413, "/appusers/b6518/images", {}, "files of 10 MB"),
        (413, "/appusers/b6518/images", V1_1, "a size that is not published"),
        (423, "/appusers/b6518/messages", {}, "the conversation is full: delete_messages(user_id) makes room"),
        (301, "/menu", {}, "redirects are not followed"),
        (400, "/menu", {}, ""),
        (429, "/menu", {}, "wait longer before each call; "),
        (429, "/menu", {"retry_after": "3600"}, "wait 3600 s; the client retries by itself, up to retries=… times"),
        (500, "/menu", {"html": True}, ""),
    ],
)
def test_known_causes_have_a_hint(status: int, path: str, options: dict[str, Any], words: str) -> None:
    text = hint_for(status, path, **options)
    assert words in text
    assert bool(words) is bool(text)


def test_missing_users_and_missing_conversations_have_different_hints() -> None:
    for path in ("/appusers/b6518/messages", "/appusers/b6518/conversation/read"):
        content = b'{"error": {"code": "user_not_found", "description": "User not found"}}'
        assert hint_for(404, path, content=content) == ""
        assert "before the first message" in hint_for(404, path, content=content.replace(b"user", b"conversation"))
