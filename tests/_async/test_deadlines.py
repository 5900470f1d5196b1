"""Timeouts of each step of a call, and the deadline of the whole call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.concurrency import AsyncBackground, async_together, async_wait_until
from support.scripted_server import (
    ScriptedServer,
    answer,
    full_backlog,
    script,
    silent_server,
)

from smooch.errors import (
    DeadlineExceeded,
    RequestTimeout,
    ServerError,
)

from .calls import CALLS, FACADE, FINE, HARMLESS, RAW, TRICKLES, connect, trickle

if TYPE_CHECKING:
    from collections.abc import Callable

    from smooch.v1 import AsyncSmooch

pytestmark = pytest.mark.anyio

# Timeouts


async def test_connecting_has_a_timeout(waits: list[float]) -> None:
    with full_backlog() as url:
        async with connect(url, timeout=httpx.Timeout(30.0, connect=0.2), retries=1) as api:
            with pytest.raises(RequestTimeout, match="nothing was sent") as caught:
                await api.post_message("b6518", "Hi")
    assert not isinstance(caught.value, DeadlineExceeded)
    assert isinstance(caught.value.__cause__, httpx.ConnectTimeout)
    assert len(waits) == 1


async def test_the_tls_handshake_has_a_timeout() -> None:
    with silent_server() as url:
        async with connect(url.replace("http:", "https:"), timeout=httpx.Timeout(30.0, connect=0.2), retries=0) as api:
            with pytest.raises(RequestTimeout, match="nothing was sent"):
                await api.post_message("b6518", "Hi")


@pytest.mark.parametrize(("method", "call"), CALLS)
async def test_reading_a_response_has_a_timeout(method: str, call: Callable[[AsyncSmooch], Any]) -> None:
    with ScriptedServer(script([60.0])) as server:
        async with connect(server.url, timeout=httpx.Timeout(30.0, read=0.2), retries=0) as api:
            with pytest.raises(RequestTimeout) as caught:
                await call(api)
            await async_wait_until(lambda: len(server.requests) == 1)
    assert type(caught.value) is RequestTimeout
    assert str(caught.value).startswith(f"no response to {method} {caught.value.url} within `timeout`")
    assert ("it may have taken effect" in str(caught.value)) is (method not in HARMLESS)
    assert (caught.value.method, caught.value.url) == (method, server.url + server.requests[0].target)


async def test_sending_has_a_timeout() -> None:
    with silent_server() as url:
        async with connect(url, timeout=httpx.Timeout(30.0, write=0.2)) as api:
            with pytest.raises(RequestTimeout) as caught:
                await api.post_media("b6518", ("cat.png", bytes(9_900_000)))
    assert isinstance(caught.value.__cause__, httpx.WriteTimeout)


# The deadline


@pytest.mark.parametrize("trickled", TRICKLES)
@pytest.mark.parametrize(("method", "call"), [("GET", FACADE["GET"]), ("POST", RAW["POST"])])
async def test_a_trickling_response_ends_at_the_deadline(
    method: str, call: Callable[[AsyncSmooch], Any], trickled: str
) -> None:
    with ScriptedServer(script(TRICKLES[trickled])) as server:
        async with connect(server.url, deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded, match=r"did not end within 0\.3 s") as caught:
                await call(api)
        assert len(server.requests) == 1
    assert ("it may have taken effect" in str(caught.value)) is (method == "POST")
    assert (caught.value.method, caught.value.url) == (method, server.url + server.requests[0].target)


async def test_without_a_deadline_a_trickling_response_is_read_to_its_end() -> None:
    with ScriptedServer(
        script([*trickle(b" ", b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n")[:41], b"{}"])
    ) as server:
        async with connect(server.url, deadline=None, timeout=5) as api:
            assert (await api.ask("appusers/b6518")).parsed == {}


async def test_the_deadline_can_be_set_for_one_call() -> None:
    with ScriptedServer(script(TRICKLES["body"], FINE)) as server:
        async with connect(server.url, deadline=None) as api:
            with pytest.raises(DeadlineExceeded):
                await api.with_options(deadline=0.3).get_user("b6518")
            assert (await api.get_user("b6518")).status_code == 200


async def test_the_deadline_can_be_turned_off_for_one_call() -> None:
    with ScriptedServer(
        script([*trickle(b" ", b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n")[:41], b"{}"])
    ) as server:
        async with connect(server.url, deadline=0.3) as api:
            assert (await api.with_options(deadline=None).ask("appusers/b6518")).parsed == {}


async def test_the_wait_for_a_retry_ends_at_the_deadline(longest_waits: None) -> None:
    with ScriptedServer(script(answer(503))) as server:
        async with connect(server.url, deadline=0.8, retries=1000) as api:
            with pytest.raises(DeadlineExceeded):
                await api.get_user("b6518")
        assert len(server.requests) == 2


async def test_no_wait_is_longer_than_the_deadline_allows(waits: list[float], longest_waits: None) -> None:
    with ScriptedServer(script(answer(503))) as server:
        async with connect(server.url, deadline=0.7) as api:
            with pytest.raises(ServerError):
                await api.get_user("b6518")
    first, second, third = waits
    assert first == 0.5
    assert 0 < second <= 0.7
    assert 0 < third <= 0.7


async def test_after_the_deadline_nothing_is_sent(longest_waits: None) -> None:
    with ScriptedServer(script(answer(429))) as server:
        async with connect(server.url, deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded):
                await api.post_message("b6518", "Hi")
            await async_together(lambda: api.with_options(retries=0, deadline=5).ask("menu"))
        assert [request.method for request in server.requests] == ["POST", "GET"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_connecting_ends_at_the_deadline(method: str) -> None:
    with full_backlog() as url:
        async with connect(url, deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded, match=r"; nothing was sent$"):
                await FACADE[method](api)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_tls_handshake_ends_at_the_deadline(method: str) -> None:
    with silent_server() as url:
        async with connect(url.replace("http:", "https:"), deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded, match=r"; nothing was sent$"):
                await FACADE[method](api)


async def test_waiting_for_a_proxy_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script([60.0])) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with connect("https://api.smooch.example", deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded, match=r"; nothing was sent$"):
                await api.post_message("b6518", "Hi")


async def test_sending_ends_at_the_deadline() -> None:
    with silent_server() as url:
        async with connect(url, deadline=1.5) as api:
            with pytest.raises(DeadlineExceeded, match="may have taken effect"):
                await api.post_media("b6518", ("cat.png", bytes(9_900_000)))


async def test_waiting_for_a_connection_ends_at_the_deadline() -> None:
    with ScriptedServer(script([2.0, FINE])) as server:
        async with connect(server.url, max_connections=1, retries=0) as api:
            running = AsyncBackground(lambda: api.get_user("b6518"))
            await async_wait_until(lambda: len(server.requests) == 1)
            with pytest.raises(DeadlineExceeded, match=r"; nothing was sent$"):
                await api.with_options(deadline=0.3).post_message("b6518", "Hi")
            assert not running.done
            assert (await running.outcome()).status_code == 200
        assert len(server.requests) == server.connections == 1


@pytest.mark.parametrize("trickled", TRICKLES)
async def test_connections_work_after_a_deadline(trickled: str) -> None:
    with ScriptedServer(script(TRICKLES[trickled], FINE)) as server:
        async with connect(server.url, max_connections=1) as api:
            with pytest.raises(DeadlineExceeded):
                await api.with_options(deadline=0.2).get_user("b6518")
            outcomes = await async_together(*[lambda: api.get_user("b6518")] * 3)
            assert [outcome.status_code for outcome in outcomes] == [200] * 3
        assert server.connections == 2
