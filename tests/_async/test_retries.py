"""Retries: which failures are retried, how long the client waits, and what a retry sends."""

from __future__ import annotations

import io
from email.utils import formatdate
from time import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from smooch_api import File
from smooch_api.v1.api import attachments
from smooch_api.v1.models import AttachmentUpload
from support.scripted_server import (
    ScriptedServer,
    answer,
    script,
    unused_port,
)

from smooch.errors import (
    ConnectionFailed,
    RateLimited,
    ServerError,
    SmoochError,
)

from .calls import CALLS, FACADE, FINE, HARMLESS, RAW, connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from smooch.v1 import AsyncSmooch

pytestmark = pytest.mark.anyio

REFUSED_FOR_NOW = {"429": answer(429), "429 html": answer(429, b"<p>Slow down", Content_Type="text/html")}
MAY_HAVE_ARRIVED = {
    "502": answer(502),
    "503": answer(503, b""),
    "504": answer(504, b"<html>", Content_Type="text/html"),
    "dropped before the answer": None,
    "dropped in the status line": [b"HTTP/1.1 2", None],
    "dropped in the headers": [b"HTTP/1.1 200 OK\r\nContent-Le", None],
    "dropped in the body": [FINE[:-9], None],
    "dropped in a chunk": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n{", None],
    "no answer in time": [60.0],
    "the body stops": [FINE[:-9], 60.0],
}
IN_THE_BODY = {"dropped in the body", "dropped in a chunk", "the body stops"}
NEVER = {str(status): answer(status) for status in (400, 401, 402, 403, 404, 408, 409, 413, 423, 500, 501, 520, 599)}
FAULTS = {**REFUSED_FOR_NOW, **MAY_HAVE_ARRIVED, **NEVER}


def is_repeated(method: str, fault: str) -> bool:
    return fault in REFUSED_FOR_NOW or (fault in MAY_HAVE_ARRIVED and method in HARMLESS)


@pytest.mark.parametrize(
    ("method", "call", "fault"),
    [
        pytest.param(*call.values, fault, id=f"{call.id}-{fault}")
        for call in CALLS
        for fault in FAULTS
        if call.id != "HEAD-facade" or fault not in IN_THE_BODY  # an answer to HEAD has no body
    ],
)
async def test_only_safe_retries_are_made(
    method: str, call: Callable[[AsyncSmooch], Any], fault: str, waits: list[float]
) -> None:
    timeout = httpx.Timeout(30.0, read=0.4 if fault in ("no answer in time", "the body stops") else 30.0)
    with ScriptedServer(script(FAULTS[fault], FINE)) as server:
        async with connect(server.url, timeout=timeout) as api:
            if is_repeated(method, fault):
                assert (await call(api)).status_code == 200
                first, second = server.requests
                assert (second.method, second.target, second.body) == (method, first.target, first.body)
                assert len(waits) == 1
            else:
                with pytest.raises(SmoochError):
                    await call(api)
                assert [request.method for request in server.requests] == [method]
                assert waits == []


@pytest.mark.parametrize(("method", "call"), CALLS)
async def test_every_method_retries_a_refused_connection(
    method: str, call: Callable[[AsyncSmooch], Any], waits: list[float]
) -> None:
    async with connect(f"http://127.0.0.1:{unused_port()}", retries=2) as api:
        with pytest.raises(ConnectionFailed, match="nothing was sent") as caught:
            await call(api)
    assert len(waits) == 2
    assert (caught.value.method, caught.value.url.rpartition("/")[0][-12:]) != ("", "")
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


@pytest.mark.parametrize("retries", [0, 1, 3])
@pytest.mark.parametrize(
    ("call", "fault", "error"),
    [
        (FACADE["GET"], answer(503), ServerError),
        (FACADE["GET"], None, ConnectionFailed),
        (FACADE["GET"], [FINE[:-9], None], SmoochError),
        (FACADE["POST"], answer(429), RateLimited),
        (RAW["PUT"], answer(502), ServerError),
        (RAW["POST"], answer(429), RateLimited),
    ],
)
async def test_retries_is_the_number_of_further_attempts(
    call: Callable[[AsyncSmooch], Any], fault: Any, error: type[SmoochError], retries: int, waits: list[float]
) -> None:
    with ScriptedServer(script(fault)) as server:
        async with connect(server.url, retries=retries) as api:
            with pytest.raises(error):
                await call(api)
        assert len(server.requests) == 1 + retries
    assert len(waits) == retries


async def test_the_default_is_four_attempts(waits: list[float]) -> None:
    with ScriptedServer(script(answer(503))) as server:
        async with connect(server.url) as api:
            with pytest.raises(ServerError):
                await api.get_user("b6518")
        assert len(server.requests) == 4


async def test_retries_can_be_set_for_one_call(waits: list[float]) -> None:
    with ScriptedServer(script(answer(503))) as server:
        async with connect(server.url, retries=5) as api:
            with pytest.raises(ServerError):
                await api.with_options(retries=0).get_user("b6518")
            assert len(server.requests) == 1
            with pytest.raises(ServerError):
                await api.get_user("b6518")
            assert len(server.requests) == 1 + 6


async def test_each_attempt_may_fail_in_another_way(waits: list[float]) -> None:
    with ScriptedServer(script(answer(503), None, answer(429), FINE)) as server:
        async with connect(server.url) as api:
            assert (await api.get_user("b6518")).status_code == 200
        assert len(server.requests) == 4


async def test_a_response_that_allows_no_retry_ends_the_attempts(waits: list[float]) -> None:
    with ScriptedServer(script(answer(429), answer(503), FINE)) as server:
        async with connect(server.url) as api:
            with pytest.raises(ServerError):
                await api.post_message("b6518", "Hi")
        assert len(server.requests) == 2


# Waits


def dated(header: str) -> str:
    """Replace `in N s` by the HTTP date that lies N seconds ahead."""
    if header.startswith("in "):
        return formatdate(time() + int(header.split()[1]), usegmt=True)
    return header


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("2", 2.0, 2.0),
        ("0.25", 0.25, 0.25),
        (" 3 ", 3.0, 3.0),
        ("30", 30.0, 30.0),
        ("in 20 s", 1.0, 20.0),
        ("in -3600 s", 0.5, 0.5),
        ("0", 0.5, 0.5),
        ("-5", 0.5, 0.5),
        ("soon", 0.5, 0.5),
        ("nan", 0.5, 0.5),
        ("inf", 0.5, 0.5),
        ("Wed, 99 Nonember 2026", 0.5, 0.5),
        ("1e400", 0.5, 0.5),
        ("9" * 400, 0.5, 0.5),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", 0.5, 0.5),
        ("Mon, 01 Jan 2035 00:00:00 +9999999999", 0.5, 0.5),
    ],
)
@pytest.mark.parametrize(("call", "status"), [(FACADE["POST"], 429), (FACADE["GET"], 503), (RAW["DELETE"], 429)])
async def test_retry_after_is_honoured(
    call: Callable[[AsyncSmooch], Any],
    status: int,
    header: str,
    least: float,
    most: float,
    waits: list[float],
    longest_waits: None,
) -> None:
    with ScriptedServer(script(answer(status, Retry_After=dated(header)), FINE)) as server:
        async with connect(server.url) as api:
            assert (await call(api)).status_code == 200
    [wait] = waits
    assert least <= wait <= most


async def test_the_wait_takes_real_time() -> None:
    with ScriptedServer(script(answer(429, Retry_After="0.3"), FINE)) as server:
        async with connect(server.url) as api:
            await api.post_message("b6518", "Hi")
        first, second = server.requests
    assert second.at - first.at >= 0.3


@pytest.mark.parametrize("header", ["31", "3600", "in 3600 s", "1e9", "Fri, 31 Dec 9999 23:59:59 -2359"])
async def test_no_single_wait_is_longer_than_half_a_minute(header: str, waits: list[float]) -> None:
    with ScriptedServer(script(answer(429, Retry_After=dated(header)), FINE)) as server:
        async with connect(server.url) as api:
            with pytest.raises(RateLimited) as caught:
                await api.get_user("b6518")
        assert len(server.requests) == 1
    assert waits == []
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 30


async def test_the_waits_of_a_call_add_up_to_half_a_minute_at_most(waits: list[float]) -> None:
    with ScriptedServer(script(answer(429, Retry_After="12"))) as server:
        async with connect(server.url) as api:
            with pytest.raises(RateLimited):
                await api.post_message("b6518", "Hi")
        assert len(server.requests) == 3
    assert waits == [12.0, 12.0]


async def test_there_is_no_wait_beyond_the_deadline(waits: list[float]) -> None:
    with ScriptedServer(script(answer(429, Retry_After="10"), FINE)) as server:
        async with connect(server.url, deadline=9) as api:
            with pytest.raises(RateLimited):
                await api.get_user("b6518")
            assert len(server.requests) == 1
    assert waits == []


async def test_the_limit_of_the_waits_grows_exponentially(waits: list[float], longest_waits: None) -> None:
    with ScriptedServer(script(None)) as server:
        async with connect(server.url, retries=5) as api:
            with pytest.raises(ConnectionFailed):
                await api.get_user("b6518")
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0]


async def test_jitter_spreads_the_waits_down_to_zero(waits: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, _: low)
    with ScriptedServer(script(None, answer(503), FINE)) as server:
        async with connect(server.url) as api:
            await api.get_user("b6518")
    assert waits == [0.0, 0.0]


# What a retry sends


@pytest.mark.parametrize("fault", [answer(429), answer(429, b"x" * 300_000)])
async def test_a_retry_sends_the_whole_body(fault: bytes, waits: list[float]) -> None:
    text = "ü" * 40_000
    with ScriptedServer(script(fault, FINE)) as server:
        async with connect(server.url) as api:
            await api.post_message("b6518", text)
        first, second = server.requests
    assert second.json()["text"] == text
    assert second.headers == first.headers


IMAGE = bytes(range(256)) * 1000


@pytest.mark.parametrize("kind", ["path", "pair", "file", "rest of a file"])
async def test_a_retry_sends_the_whole_file(kind: str, tmp_path: Path, waits: list[float]) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(IMAGE)
    with path.open("r+b") as file, ScriptedServer(script(answer(429), answer(429), FINE)) as server:
        if kind == "rest of a file":
            file.write(b"only the rest is wanted")
            file.write(IMAGE)
            file.seek(23)
        source: Any = {"path": path, "pair": ("cat.png", IMAGE)}.get(kind, file)
        async with connect(server.url) as api:
            await api.post_media("b6518", source)
    assert [IMAGE in request.body for request in server.requests] == [True] * 3
    assert len({request.body for request in server.requests}) == 1
    assert b"only the rest" not in server.requests[0].body


async def test_a_retry_of_the_raw_client_sends_the_whole_file(waits: list[float]) -> None:
    body = AttachmentUpload(source=File(io.BytesIO(IMAGE), file_name="cat.png", mime_type="image/png"))
    done = answer(201, {"mediaUrl": "https://example.com/cat.png", "mediaType": "image/png"})
    with ScriptedServer(script(answer(429), done)) as server:
        async with connect(server.url) as api:
            await attachments.upload_attachment.asyncio_detailed(client=api.raw, body=body, access="public")
    assert [IMAGE in request.body for request in server.requests] == [True, True]


async def test_a_retry_uses_the_same_connection(waits: list[float]) -> None:
    with ScriptedServer(script(answer(503, b"x" * 200_000), answer(429), FINE)) as server:
        async with connect(server.url) as api:
            await api.get_user("b6518")
        assert server.connections == 1


async def test_a_body_that_cannot_be_rewound_is_not_retried(waits: list[float]) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{}"

    with ScriptedServer(script(answer(429), FINE)) as server:
        async with connect(server.url) as api:
            with pytest.raises(RateLimited):
                await api.raw.get_async_httpx_client().request("POST", "/appusers", content=pieces())
        assert len(server.requests) == 1
