"""`max_response_bytes` limits the decoded size of a response, whatever its encoding."""

from __future__ import annotations

import gzip
import json
import zlib
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pytest
from support.concurrency import async_wait_until
from support.scripted_server import Request, ScriptedServer, answer, script

from smooch import errors
from smooch.v1 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

LIMIT = 200_000
USER = b'{"appUser": {"_id": "5a1b2c3d4e5f60718293a4b5"}}'
FINE = answer(body=USER)
ZEROS = bytes(LIMIT + 1)


def raw_deflate(content: bytes, times: int = 1) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return (packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)) * times + packer.flush()


FOUR_GIGABYTES = gzip.compress(raw_deflate(bytes(1 << 20), 4096))
"""Some 10 kB of gzip over deflate."""


def doubly(content: bytes) -> bytes:
    return gzip.compress(gzip.compress(content))


PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "GZip": ("GZip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without header": ("deflate", raw_deflate),
    "gzip over gzip": ("gzip, gzip", doubly),
    "gzip over deflate": ("deflate,gzip", lambda content: gzip.compress(zlib.compress(content))),
}


def packed(kind: str, content: bytes, status: int = 200) -> bytes:
    encoding, pack = PACKED[kind]
    return answer(status, pack(content), Content_Encoding=encoding)


def connect(url: str, **options: Any) -> AsyncSmooch:
    return AsyncSmooch(
        "app_5a", "a secret that nobody must see", base_url=url, **{"max_response_bytes": LIMIT} | options
    )


@pytest.mark.parametrize("kind", PACKED)
async def test_a_compressed_response_is_decoded(kind: str) -> None:
    padded = USER + b" " * (LIMIT - len(USER))
    with ScriptedServer(script(packed(kind, USER), packed(kind, padded))) as server:
        async with connect(server.url) as api:
            response = await api.get_user("b6518")
            assert response.content == USER
            assert response.headers["Content-Encoding"] == PACKED[kind][0]
            assert (await api.get_user("b6518")).content == padded
        assert server.connections == 1


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_one_byte_too_many_is_an_error_that_names_the_limit_and_is_not_retried(kind: str, method: str) -> None:
    with ScriptedServer(script(packed(kind, ZEROS), FINE)) as server:
        async with connect(server.url) as api:
            with pytest.raises(errors.UnreadableResponse, match="larger than max_response_bytes=200000") as caught:
                await api.ask("appusers", method=method)
            assert len(server.requests) == 1
            assert (await api.get_user("b6518")).status_code == 200
    assert len(caught.value.response.content) <= 64 * 1024
    assert ("the call took effect" in str(caught.value)) is (method == "POST")


@pytest.mark.parametrize("encoding", ["deflate, gzip", "gzip"])
async def test_a_decompression_bomb_is_not_decoded(encoding: str) -> None:
    bomb = FOUR_GIGABYTES if "," in encoding else gzip.compress(bytes(1 << 26))
    with ScriptedServer(script(answer(body=bomb, Content_Encoding=encoding))) as server:
        async with connect(server.url) as api:
            with pytest.raises(errors.UnreadableResponse, match="max_response_bytes"):
                await api.get_user("b6518")


async def test_decoding_ends_at_the_deadline() -> None:
    bomb = answer(body=FOUR_GIGABYTES, Content_Encoding="deflate, gzip")
    with ScriptedServer(script(bomb)) as server:
        async with connect(server.url, max_response_bytes=1 << 40, deadline=0.5) as api:
            with pytest.raises(errors.DeadlineExceeded):
                await api.get_user("b6518")


ENDLESS = {
    "a length that nobody can hold": [b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n"],
    "chunks without end": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    "no length": [b"HTTP/1.1 200 OK\r\n\r\n"],
}


@pytest.mark.parametrize("head", ENDLESS)
@pytest.mark.parametrize("status", [b"200 OK", b"400 Bad Request"])
async def test_an_endless_response_is_read_only_up_to_the_limit(head: str, status: bytes) -> None:
    start = ENDLESS[head][0].replace(b"200 OK", status)
    piece = b"1000\r\n" + bytes(4096) + b"\r\n" if b"chunked" in start else bytes(4096)

    def respond(_: Request) -> Any:
        yield start
        yield from repeat(piece)

    with ScriptedServer(respond) as server:
        async with connect(server.url, max_connections=1) as api:
            expected = errors.UnreadableResponse if status.startswith(b"200") else errors.BadRequest
            with pytest.raises(expected) as caught:
                await api.get_user("b6518")
            assert len(caught.value.response.content) <= 64 * 1024
            await async_wait_until(lambda: server.open_connections == 0)


@pytest.mark.parametrize("kind", PACKED)
async def test_the_first_64_kilobytes_of_an_error_response_are_kept(kind: str) -> None:
    with ScriptedServer(
        script(packed(kind, b"0123456789" * 10_000, 400), packed(kind, ZEROS * 20, 503), FINE)
    ) as server:
        async with connect(server.url, retries=0) as api:
            for error in (errors.BadRequest, errors.ServerError):
                with pytest.raises(error) as caught:
                    await api.get_user("b6518")
                assert len(caught.value.response.content) == 64 * 1024
            assert (await api.get_user("b6518")).status_code == 200


async def test_a_short_error_response_keeps_its_connection() -> None:
    with ScriptedServer(script(answer(400, bytes(LIMIT)), FINE)) as server:
        async with connect(server.url) as api:
            with pytest.raises(errors.BadRequest):
                await api.get_user("b6518")
            await api.get_user("b6518")
        assert server.connections == 1


async def test_only_encodings_that_can_be_limited_are_accepted() -> None:
    with ScriptedServer(script(FINE)) as server:
        async with connect(server.url) as api:
            await api.get_user("b6518")
            await api.raw.get_async_httpx_client().request("GET", "/menu")
    assert [request.headers["accept-encoding"] for request in server.requests] == ["gzip, deflate"] * 2


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"\x8b\x00\x80zip\x03"),
        ("zstd", b"(\xb5/\xfd\x04\x00\x19\x00\x00zip"),
        ("gzip, gzip, gzip", gzip.compress(doubly(USER))),
        ("gzip", b"this is not packed"),
        ("deflate", b"this is not packed"),
        ("gzip, gzip", gzip.compress(b"this is packed once only")),
        ("none-such", b"\xff"),
    ],
    ids=["br", "zstd", "three layers", "not gzip", "not deflate", "one layer of two", "unknown"],
)
async def test_an_undecodable_response_is_left_as_it_came(encoding: str, body: bytes) -> None:
    with ScriptedServer(script(answer(body=body, Content_Encoding=encoding))) as server:
        async with connect(server.url) as api:
            with pytest.raises(errors.UnreadableResponse) as caught:
                await api.get_user("b6518")
            response = await api.raw.get_async_httpx_client().request("GET", "/menu")
    assert caught.value.response.content == response.content == body
    assert response.headers["Content-Encoding"] == encoding


async def test_the_default_limit_is_32_megabytes() -> None:
    large = json.dumps({"appUser": {"_id": "5a"}, "x": "y" * 31_000_000}).encode()
    with ScriptedServer(script(packed("gzip", large), packed("gzip", bytes(33_600_000)))) as server:
        async with AsyncSmooch("app_5a", "a secret that nobody must see", base_url=server.url) as api:
            assert len((await api.get_user("b6518")).content) == len(large)
            with pytest.raises(errors.UnreadableResponse, match="max_response_bytes=33554432"):
                await api.get_user("b6518")
