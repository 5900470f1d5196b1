"""The console as a browser fetches it; `tests/browser` uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox


def test_the_page_allows_no_foreign_code_or_host(sandbox: Sandbox) -> None:
    response = httpx.get(sandbox.url)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert httpx.get(sandbox.url, headers={"host": "evil.example"}).status_code == 403
    origin = {"origin": "https://evil.example"}
    assert httpx.post(f"{sandbox.url}/_sandbox/reset", headers=origin).status_code == 403
    assert httpx.post(sandbox.url).status_code == 405


def test_only_the_files_of_the_page_are_served(sandbox: Sandbox) -> None:
    script = httpx.get(f"{sandbox.url}/_console/app.js")
    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    for path in ("/_console/nothing.js", "/_console/%2e%2e/__init__.py", "/_console/../__init__.py"):
        assert httpx.get(sandbox.url + path).status_code == 404
