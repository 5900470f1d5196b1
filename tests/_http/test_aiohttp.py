"""`AsyncSmooch(transport="aiohttp")` keeps the promises of the connection pool; `test_faults.py` runs its faults too."""

from __future__ import annotations

import asyncio
import gc
import os
import ssl
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from support.concurrency import async_wait_until, run_and_only_close
from support.scripted_server import (
    ScriptedServer,
    answer,
    connect_proxy,
    once_open,
    script,
    silent_server,
    unused_port,
    wait_until,
)

from smooch import v2
from smooch.errors import ClientClosed, ConnectionFailed, DeadlineExceeded, InvalidInput
from smooch.v1 import AsyncSmooch, Smooch

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

FINE = answer(
    body={"appUser": {"_id": "5a"}, "message": {"_id": "5a", "type": "text", "role": "appMaker", "received": 1}}
)


def connect(url: str, **options: Any) -> AsyncSmooch:
    return AsyncSmooch("app_5a1b", "a secret that nobody must see", base_url=url, transport="aiohttp", **options)


@pytest.fixture
def secure() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS settings of a server, and of a client that trusts it."""
    authority = trustme.CA()
    theirs, ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), httpx.create_ssl_context()
    authority.issue_cert("localhost").configure_cert(theirs)
    authority.configure_trust(ours)
    return theirs, ours


async def test_one_argument_selects_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script(FINE)) as server:
        for name, value in (("KEY_ID", "app_5a"), ("SECRET", "a secret"), ("APP_ID", "5a"), ("BASE_URL", server.url)):
            monkeypatch.setenv(f"SMOOCH_{name}", value)
        async with (
            AsyncSmooch.from_env(transport="aiohttp") as api,
            v2.AsyncSmooch.from_env(transport="aiohttp") as api2,
        ):
            await api.get_user("b6518")
            await api.with_options(deadline=5).post_message("b6518", "Hi")
            await api2.raw.get_async_httpx_client().request("GET", "/v2/apps/5a/users/b6518")
        assert [request.headers["user-agent"].split("/")[0] for request in server.requests] == ["smooch-python"] * 3
        assert server.connections == 2
        await async_wait_until(lambda: server.open_connections == 0)


async def test_requests_are_the_same_as_those_of_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    with ScriptedServer(script(answer(body={}, Set_Cookie="balancer=7; Path=/"))) as server:
        for transport in (None, "aiohttp"):
            options: Any = {"base_url": server.url, "transport": transport}
            async with AsyncSmooch("app_5a1b", "a secret", **options) as api:
                for path in (
                    "menu",
                    "appusers/a%2Fb%40c%2Bd%20e%7E%3B%26%3D%3A",
                    "appusers/ü%25?before=1%2C5&x=a+b",
                    "appusers/a:b",
                ):
                    await api.ask(path)
                await api.ask("appusers", {"givenName": "ü" * 1000}, "post")
                await api.ask("appusers/b6518", method="delete")
    pooled, aiohttp = server.requests[:6], server.requests[6:]
    assert [request.target for request in aiohttp] == [request.target for request in pooled]
    assert "a%2Fb" in aiohttp[1].target
    assert [request.body for request in aiohttp] == [request.body for request in pooled]
    for request in server.requests:
        if request.method == "DELETE":  # aiohttp says that it has no body
            request.headers.pop("content-length", None)
    assert [request.headers for request in aiohttp] == [request.headers for request in pooled]


@pytest.mark.parametrize("reason", [b"", b" Gr\xfc\xdfe", b" OK"])
async def test_any_reason_phrase_is_accepted(reason: bytes) -> None:
    with ScriptedServer(script(FINE.replace(b" Status", reason, 1))) as server:
        async with connect(server.url) as api:
            await api.post_message("b6518", "Hi")
    assert len(server.requests) == 1


async def test_after_a_lost_connection_a_message_may_have_arrived(waits: list[float]) -> None:
    with ScriptedServer(script(None)) as server:
        async with connect(server.url) as api:
            for method, attempts in (("post", 1), ("get", 4)):
                before = len(server.requests)
                with pytest.raises(ConnectionFailed) as caught:
                    await api.ask("appusers/b6518", method=method)
                assert ("it may have taken effect" in str(caught.value)) is (method == "post")
                assert len(server.requests) - before == attempts


async def test_a_connection_that_the_server_closed_is_replaced(waits: list[float]) -> None:
    with ScriptedServer(script([FINE, None], FINE)) as server:
        async with connect(server.url) as api:
            await api.post_message("b6518", "Hi")
            wait_until(lambda: server.open_connections == 0)  # while its event loop stands still
            await api.post_message("b6518", "Hi again")
    assert (len(server.requests), server.connections, waits) == (2, 2, [])


async def test_a_failure_before_sending_is_reported_as_such(waits: list[float]) -> None:
    async with connect(f"http://127.0.0.1:{unused_port()}", retries=1) as api:
        with pytest.raises(ConnectionFailed, match="nothing was sent"):
            await api.post_message("b6518", "Hi")
    assert len(waits) == 1
    with silent_server() as url:
        async with connect(url.replace("http:", "https:"), deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded, match="nothing was sent"):
                await api.post_message("b6518", "Hi")


async def test_there_are_never_more_connections_than_allowed() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        async with connect(server.url, max_connections=2) as api:
            calls = [asyncio.ensure_future(api.get_user("b6518")) for _ in range(6)]
            await async_wait_until(lambda: len(server.requests) == 2)
            with pytest.raises(DeadlineExceeded, match="nothing was sent"):
                await api.with_options(deadline=0.2).post_message("b6518", "Hi")
            gate.set()
            await asyncio.gather(*calls)
        assert server.connections == 2


@pytest.mark.parametrize("by_proxy", [False, True])
async def test_a_private_certificate_authority_can_be_trusted(
    by_proxy: bool, secure: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = secure
    with connect_proxy() as (proxy, targets), ScriptedServer(script(FINE), tls=theirs) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy if by_proxy else "")
        async with connect(server.url, ssl_context=ours) as api:
            for _ in range(2):
                assert (await api.get_user("b6518")).status_code == 200
        assert len(targets) == by_proxy
        assert server.connections == 1


async def test_an_unknown_certificate_authority_is_not_trusted(
    secure: tuple[ssl.SSLContext, ssl.SSLContext], waits: list[float]
) -> None:
    with ScriptedServer(script(FINE), tls=secure[0]) as server:
        async with connect(server.url) as api:
            with pytest.raises(ConnectionFailed, match=r"certificate verify failed.*nothing was sent"):
                await api.post_message("b6518", "Hi")
        assert server.requests == []


@pytest.mark.parametrize(
    "surplus", [FINE + answer(body={"appUser": {"_id": "alice"}}), b"HTTP/1.1 204 No\r\n\r\n{}", FINE + b"x"]
)
async def test_surplus_bytes_after_a_response_discard_the_connection(surplus: bytes) -> None:
    with ScriptedServer(script(surplus, FINE)) as server:
        async with connect(server.url) as api:
            await api.ask("appusers/alice")
            assert (await api.get_user("bob")).parsed.app_user.id == "5a"
        assert server.connections == 2


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list open files")
async def test_a_call_that_ends_during_an_upload_leaves_no_socket() -> None:
    with silent_server() as url:
        before = open_files()
        async with connect(url, deadline=0.5) as api:
            with pytest.raises(DeadlineExceeded, match="may have taken effect"):
                await api.post_media("b6518", ("cat.png", bytes(9_900_000)))
            await async_wait_until(lambda: open_files() == before, 5)


@pytest.mark.parametrize(("run", "left_open"), [(asyncio.run, 0), (run_and_only_close, 1)])
@pytest.mark.parametrize("is_secure", [False, True])
def test_a_client_outlives_its_event_loop(
    run: Callable[[Any], Any], left_open: int, is_secure: bool, secure: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # asyncio warns of connections that its loop left open
        with ScriptedServer(script(FINE), tls=secure[0] if is_secure else None) as server:
            api = connect(server.url, ssl_context=secure[1], retries=0)
            for turn in range(1, 4):
                for _ in range(2):
                    assert run(api.post_message("b6518", "Hi")).status_code == 200
                assert server.connections == 2 * turn
                wait_until(lambda: server.open_connections == left_open)
            run(api.aclose())
            wait_until(lambda: server.open_connections == 0)
            with pytest.raises(ClientClosed):
                run(api.get_user("b6518"))
        gc.collect()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_call_left_unfinished_by_its_loop_takes_no_slot() -> None:
    async def leave() -> None:
        calls.extend(asyncio.ensure_future(api.post_message("b6518", name)) for name in ("sent", "waits"))
        while not server.requests:
            await asyncio.sleep(0.005)

    calls: list[asyncio.Future[Any]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # asyncio and Python warn of what the loop left behind
        with ScriptedServer(script([60.0], FINE)) as server:
            api = connect(server.url, max_connections=1, retries=0)
            run_and_only_close(leave())
            assert asyncio.run(api.post_message("b6518", "Hi")).status_code == 200
            asyncio.run(api.aclose())
        assert [b"waits" in request.body for request in server.requests] == [False, False]
        while calls:
            calls.pop()._log_destroy_pending = False  # type: ignore[attr-defined]
        gc.collect()


def test_a_client_can_be_closed_without_a_loop() -> None:
    with pytest.raises(StopIteration):
        connect("http://localhost").aclose().send(None)


FORKING = """
import asyncio, gc, os, sys
from smooch.v1 import AsyncSmooch

async def main():
    async with AsyncSmooch("app_5a1b", "a secret", base_url=sys.argv[1], transport="aiohttp", deadline=20) as api:
        await api.get_user("parent")
        child = os.fork()
        if child == 0:
            asyncio.run(api.get_user("child"))
            gc.collect()
            os._exit(0)
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            await asyncio.sleep(0.01)
        await api.get_user("parent")

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_leaves_its_parents_connections_alone() -> None:
    with ScriptedServer(script(FINE)) as server:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", FORKING, server.url], capture_output=True, text=True, timeout=60
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    names = {Path(request.target).name: request.port for request in server.requests}
    assert names["child"] != names["parent"]
    assert len(server.requests) == 3
    assert server.connections == 2


@pytest.mark.parametrize("wrong", ["requests", 5, httpx.HTTPTransport])
def test_another_transport_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidInput, match=r"transport must be 'aiohttp' or an httpx\.AsyncBaseTransport") as caught:
        AsyncSmooch("app_5a", "a secret", transport=wrong)
    assert caught.value.field == "transport"
    with pytest.raises(InvalidInput, match=r"transport must be an httpx\.BaseTransport"):
        Smooch("app_5a", "a secret", transport=wrong)


async def test_closing_a_client_closes_those_that_share_its_connections() -> None:
    with ScriptedServer(script(FINE)) as server:
        async with connect(server.url) as api:
            other = api.with_options(retries=0)
            await other.get_user("b6518")
        with pytest.raises(ClientClosed):
            await other.get_user("b6518")
    assert len(server.requests) == 1


def test_it_needs_asyncio() -> None:
    options: Any = {"transport": "aiohttp"}
    with pytest.raises(InvalidInput, match="'aiohttp' is for AsyncSmooch"):
        Smooch("app_5a", "a secret", **options)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "smooch._http.aiohttp_transport", raising=False)
    monkeypatch.setitem(sys.modules, "httpx_aiohttp", None)
    with pytest.raises(InvalidInput, match=r"pip install 'smooch-python\[aiohttp\]'"):
        connect("https://api.smooch.example")


def test_a_socks_proxy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: True)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(InvalidInput, match="cannot use the SOCKS proxy"):
        connect("https://api.smooch.example")


def test_aiohttp_is_imported_only_when_used() -> None:
    script = (
        "import sys, smooch.v1, smooch.v2; smooch.v1.AsyncSmooch('app_5a', 'a secret'); print('aiohttp' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n", done.stderr
