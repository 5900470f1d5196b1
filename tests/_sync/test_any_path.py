# Derived from tests/_async/test_any_path.py by scripts/unasync.py; edit that file.
"""`ask`, which calls any path: paths, files and data that could change the request otherwise are refused."""

from __future__ import annotations

import io
from typing import Any

import pytest
from support.scripted_server import ScriptedServer, answer

from smooch.errors import InvalidInput
from smooch.v1 import Smooch


def sent(*args: Any, **options: Any) -> Any:
    with ScriptedServer(lambda _: answer()) as server:
        with Smooch("app_5a", "a secret", base_url=server.url, retries=0) as api:
            try:
                api.ask(*args, **options)
            finally:
                assert len(server.requests) <= 1
    return server.requests[0]


def refused(*args: Any, **options: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        sent(*args, **options)
    return caught.value


@pytest.mark.parametrize(
    "endpoint",
    [
        *("a/%2e%2e/b", "a/%2E./b", "%2e", "a/.%2e?x", "%2e%2e/%2e%2e/v2/apps", r"a\..\b", r"\\a.example\b", r"a\b"),
        *("a/../b", "./a", "//a.example/b", "a#b", "a?b#c", "a\x00", "a\r\nX: y", "a\ud800"),
    ],
)
def test_endpoints_that_change_the_path_are_refused(endpoint: str) -> None:
    error = refused(endpoint)
    assert error.field in ("endpoint", "url")


def test_escaped_characters_of_an_id_are_sent_unchanged() -> None:
    for endpoint in ("a/%5C..%5Cb", "a/%252e%252e/b", "a/..b", "a/...", "a/%23", r"a?b=\..\c"):
        assert (sent(endpoint)).target == f"/v1/{endpoint}"


@pytest.mark.parametrize(
    "part",
    [
        ("cat.png", b"png", "image/png\r\nX-Injected: yes"),
        ("cat.png", b"png", "image/png\n"),
        ("cat.png", b"png", "image"),
        ("cat.png", b"png", 5),
        ("cat.png", b"png", "image/png", {"X-A": "b\r\nX-Injected: yes"}),
        ("cat.png", b"png", "image/png", {"X-A\r\nX-Injected": "yes"}),
        ("cat.png", b"png", "image/png", {"X-A": 5}),
        ("cat.png", b"png", "image/png", "header"),
        ("caf\udce9.png", b"png", "image/png"),
        ("cat.png", io.StringIO("text"), "image/png"),
        ("cat.png",),
        5,
        None,
    ],
)
def test_invalid_files_and_header_injection_are_refused(part: Any) -> None:
    error = refused("images", method="post", files={"source": part})
    assert error.field.startswith(("files", "data"))


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("get", {"data": 5}),
        ("get", {"data": {"a": "\ud800"}}),
        ("delete", {"data": [1, 2]}),
        ("post", {"data": 5, "files": {"a": ("a", b"b")}}),
        ("post", {"data": {"a": object()}, "files": {"a": ("a", b"b")}}),
        ("post", {"data": {5: "a"}, "files": {"a": ("a", b"b")}}),
        ("post", {"data": {"a": "\ud800"}, "files": {"a": ("a", b"b")}}),
        ("post", {"files": 5}),
        ("post", {"files": [("a", ("a", b"b"))]}),
    ],
)
def test_invalid_data_is_refused(method: str, options: dict[str, Any]) -> None:
    assert (refused("images", method=method, **options)).field.startswith(("files", "data"))


def test_a_file_is_sent_with_its_media_type() -> None:
    request = sent("images", {"role": "appUser"}, "post", {"source": ("cat.png", b"png", 'image/png; a="b c"')})
    assert b'Content-Type: image/png; a="b c"\r\n\r\npng' in request.body
    assert b'name="role"\r\n\r\nappUser' in request.body
