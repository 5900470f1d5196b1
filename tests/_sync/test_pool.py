# Derived from tests/_async/test_pool.py by scripts/unasync.py; edit that file.
"""The connection pool: its size, the order of waiting calls, surplus bytes, closing, streams and TLS."""

from __future__ import annotations

import gc
import ssl
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from support.concurrency import Background, together, wait_until
from support.scripted_server import Request, ScriptedServer, answer, once_open, script

from smooch._sync.pool import Lease, Pool, _PoolState
from smooch._http import connections
from smooch.errors import ClientClosed, ConnectionFailed, RequestTimeout, SmoochError
from smooch.v1 import Smooch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FINE = answer(body={"appUser": {"_id": "5a1b2c3d4e5f60718293a4b5"}})


def connect(url: str, **options: Any) -> Smooch:
    return Smooch("app_5a1b", "a secret that nobody must see", base_url=url, **options)


def pool_of(api: Smooch) -> _PoolState:
    assert isinstance(api._transport, Pool)
    return api._transport._states.get()


def user(api: Smooch, user_id: str = "b6518") -> Callable[[], Any]:
    return lambda: api.get_user(user_id)


def test_sequential_calls_share_one_connection() -> None:
    with ScriptedServer(script(FINE)) as server:
        with connect(server.url) as api:
            for _ in range(5):
                api.get_user("b6518")
                api.with_options(retries=0).ask("appusers/b6518", {"a": 1}, "post")
                api.raw.get_httpx_client().request("GET", "/menu")
        assert len(server.requests) == 15
        assert server.connections == 1


def test_an_error_response_keeps_the_connection_in_use() -> None:
    with ScriptedServer(script(answer(404, b"<html>" + b"x" * 100_000), answer(302, Location="/"), FINE)) as server:
        with connect(server.url) as api:
            for _ in range(2):
                with pytest.raises(SmoochError):
                    api.get_user("b6518")
            api.get_user("b6518")
        assert server.connections == 1


def test_there_are_never_more_connections_than_allowed() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        with connect(server.url, max_connections=4) as api:
            pool = pool_of(api)
            calls = [Background(user(api)) for _ in range(20)]
            wait_until(lambda: len(server.requests) == 4 and len(pool.waiting) == 16)
            gate.set()
            outcomes = [call.outcome() for call in calls]
        assert [outcome.status_code for outcome in outcomes] == [200] * 20
        assert len(server.requests) == 20
        assert server.connections == 4


def test_the_call_that_waits_longest_gets_the_connection() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        with connect(server.url, max_connections=1) as api:
            pool = pool_of(api)
            calls = []
            for place in range(8):
                calls.append(Background(user(api, str(place))))
                wait_until(lambda: len(pool.waiting) + len(server.requests) == len(calls))
            gate.set()
            for call in calls:
                call.outcome()
        assert [request.target for request in server.requests] == [f"/v1/appusers/{place}" for place in range(8)]
        assert server.connections == 1


def test_a_new_call_does_not_overtake_waiting_calls() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        with connect(server.url, max_connections=1) as api:
            pool = pool_of(api)

            def call_twice() -> None:
                api.get_user("first")
                api.get_user("again")

            twice = Background(call_twice)
            wait_until(lambda: len(server.requests) == 1)
            others = []
            for place in range(3):
                others.append(Background(user(api, str(place))))
                wait_until(lambda: len(pool.waiting) == len(others))
            gate.set()
            for call in (twice, *others):
                call.outcome()
        assert [request.target.rpartition("/")[2] for request in server.requests] == ["first", "0", "1", "2", "again"]


def test_waiting_for_a_connection_has_a_timeout() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        timeout = httpx.Timeout(30.0, pool=0.2)
        with connect(server.url, max_connections=1, timeout=timeout, retries=0) as api:
            running = Background(user(api))
            wait_until(lambda: len(server.requests) == 1)
            with pytest.raises(RequestTimeout, match="max_connections") as caught:
                api.post_message("b6518", "Hi")
            assert isinstance(caught.value.__cause__, httpx.PoolTimeout)
            gate.set()
            assert (running.outcome()).status_code == 200
            assert (api.get_user("b6518")).status_code == 200
        assert len(server.requests) == 2
        assert server.connections == 1


def test_a_call_that_stopped_waiting_gets_no_connection() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        with connect(server.url, max_connections=1, retries=0) as api:
            pool = pool_of(api)
            short_timeout = api.with_options(timeout=httpx.Timeout(30.0, pool=0.2))
            first = Background(user(api, "first"))
            wait_until(lambda: len(server.requests) == 1)
            second = Background(user(short_timeout, "second"))
            wait_until(lambda: len(pool.waiting) == 1)
            third = Background(user(api, "third"))
            wait_until(lambda: len(pool.waiting) == 2)
            assert isinstance(second.outcome(), RequestTimeout)
            gate.set()
            assert (first.outcome()).status_code == (third.outcome()).status_code == 200
        assert [request.target for request in server.requests] == ["/v1/appusers/first", "/v1/appusers/third"]


FAULTS = {
    "refusal": answer(404),
    "cut off": [FINE[:-5], None],
    "cut off refusal": [answer(400, b"{}" * 50)[:-5], None],
    "dropped": None,
    "garbage": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "stalled": [0.5],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_call_frees_its_connection_slot(fault: str) -> None:
    faults = [FAULTS[fault]] * 5
    with ScriptedServer(script(*faults, FINE)) as server:
        with connect(server.url, max_connections=1, retries=0) as api:
            pool = pool_of(api)
            short_timeout = api.with_options(timeout=httpx.Timeout(30.0, read=0.2))
            outcomes = together(*[user(short_timeout)] * 5)
            assert all(isinstance(outcome, SmoochError) for outcome in outcomes)
            assert (api.get_user("b6518")).status_code == 200
            assert len(pool.idle) == 1
        wait_until(lambda: server.open_connections == 0)


def test_a_connection_that_the_server_closed_is_replaced(waits: list[float]) -> None:
    with ScriptedServer(script([FINE, None])) as server:
        with connect(server.url) as api:
            for method in ("get", "post", "put", "post", "patch"):
                assert (api.ask("appusers/b6518", method=method)).status_code == 200
                wait_until(lambda: server.open_connections == 0)
        assert server.connections == len(server.requests) == 5
    assert waits == []


def test_a_response_with_connection_close_ends_the_connection(waits: list[float]) -> None:
    with ScriptedServer(script(answer(body={}, Connection="close"))) as server:
        with connect(server.url) as api:
            api.ask("appusers", {}, "post")
            api.ask("appusers", {}, "post")
        assert server.connections == 2


def test_idle_connections_are_closed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "KEEPALIVE_SECONDS", 0.1)
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        with connect(server.url) as api:
            pool = pool_of(api)
            calls = [Background(user(api)) for _ in range(6)]
            wait_until(lambda: len(server.requests) == 6)
            gate.set()
            for call in calls:
                call.outcome()
            assert server.open_connections == 6
            limit = time.monotonic() + 10
            while server.open_connections > 1:
                assert time.monotonic() < limit
                api.get_user("b6518")
            assert pool.open == 1


def test_the_most_recently_used_connection_is_used_next() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        with connect(server.url) as api:
            pool = pool_of(api)
            calls = [Background(user(api)) for _ in range(3)]
            wait_until(lambda: len(server.requests) == 3)
            gate.set()
            for call in calls:
                call.outcome()
            longest_idle = pool.idle[0]
            for _ in range(5):
                api.get_user("b6518")
            assert pool.idle[0] is longest_idle


# Surplus bytes


ALICE = answer(body={"appUser": {"_id": "alice"}})
CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{"appUser":{}}\r\n0\r\n\r\n'
SURPLUS = {
    "a whole response": FINE + ALICE,
    "half a response": FINE + ALICE[:20],
    "one byte": FINE + b"x",
    "a line break": FINE + b"\r\n",
    "a response after chunks": CHUNKED + ALICE,
    "a byte after chunks": CHUNKED + b"\n",
    "a body of a 204": b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
    "a response to a 204": b"HTTP/1.1 204 No Content\r\n\r\n" + ALICE,
    "a body of a 304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n{}",
    "a response after an error": answer(404) + ALICE,
    "a response after an empty one": answer(200, b"") + ALICE,
    "a large response": FINE + answer(body=b" " * 200_000),
    "a response after a large one": answer(404, b" " * 200_000) + ALICE,
}


@pytest.mark.parametrize("surplus", SURPLUS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_surplus_bytes_after_a_response_discard_the_connection(surplus: str, method: str) -> None:
    def respond(request: Request) -> bytes:
        return SURPLUS[surplus] if request.target.endswith("alice") else FINE

    with ScriptedServer(respond) as server:
        with connect(server.url, max_connections=1) as api:
            pool = pool_of(api)
            with suppress(SmoochError):
                api.ask("appusers/alice", method=method)
            response = api.ask("appusers/bob", method=method)
            assert response.json() == {"appUser": {"_id": "5a1b2c3d4e5f60718293a4b5"}}
            assert pool.open == 1
        assert [request.target for request in server.requests] == ["/v1/appusers/alice", "/v1/appusers/bob"]
        assert server.connections == 2


@pytest.mark.parametrize("late", [ALICE, b"x", b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"])
def test_bytes_on_an_idle_connection_discard_it(late: bytes) -> None:
    gate = threading.Event()

    def respond(request: Request) -> Any:
        yield FINE
        if request.target.endswith("alice"):
            assert gate.wait(10)
            yield late

    with ScriptedServer(respond) as server:
        with connect(server.url, max_connections=1) as api:
            pool = pool_of(api)
            api.get_user("alice")
            [(connection, _)] = pool.idle
            assert connection.is_reusable()
            gate.set()
            wait_until(lambda: not connection.is_reusable())
            assert (api.ask("appusers/bob", {}, "post")).json()["appUser"]["_id"] != "alice"
        assert server.connections == 2


def test_surplus_bytes_over_tls_discard_the_connection() -> None:
    authority = trustme.CA()
    context = httpx.create_ssl_context()
    authority.configure_trust(context)
    with ScriptedServer(script(FINE + ALICE, FINE), tls=server_side(authority)) as server:
        with connect(server.url, ssl_context=context) as api:
            api.get_user("alice")
            assert (api.get_user("bob")).parsed.app_user.id == "5a1b2c3d4e5f60718293a4b5"
        assert server.connections == 2


# Closing


def test_leaving_the_with_block_closes_all_connections() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        with connect(server.url) as api:
            calls = [Background(user(api)) for _ in range(3)]
            wait_until(lambda: len(server.requests) == 3)
            gate.set()
            for call in calls:
                call.outcome()
            assert server.open_connections == 3
        wait_until(lambda: server.open_connections == 0)


def test_a_closed_client_refuses_calls() -> None:
    api = connect("http://127.0.0.1:1")
    other = api.with_options(retries=0)
    api.close()
    api.close()
    for closed in (api, other):
        with pytest.raises(ClientClosed, match="make a new one"):
            closed.get_user("b6518")
        with pytest.raises(ClientClosed):
            closed.raw.get_httpx_client().request("GET", "/menu")


def test_closing_lets_a_running_call_finish_and_leaves_nothing_open() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        api = connect(server.url, max_connections=1)
        pool = pool_of(api)
        running, waiting = Background(user(api)), None
        wait_until(lambda: len(server.requests) == 1)
        waiting = Background(user(api))
        wait_until(lambda: len(pool.waiting) == 1)
        api.close()
        gate.set()
        assert (running.outcome()).status_code == (waiting.outcome()).status_code == 200
        wait_until(lambda: server.open_connections == 0)


# Streams


def test_a_stream_closed_early_frees_its_slot() -> None:
    endless = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome", 60.0]
    with ScriptedServer(script(endless, FINE)) as server:
        with connect(server.url, max_connections=1) as api:
            raw = api.raw.get_httpx_client()
            with raw.stream("GET", "/appusers/b6518") as response:
                received = b""
                for piece in response.iter_bytes():
                    received += piece
                    if len(received) == len(b"some"):
                        break
                assert received == b"some"
            assert (api.get_user("b6518")).status_code == 200
        assert server.connections == 2


def test_a_stream_holds_its_connection_until_it_is_read() -> None:
    with ScriptedServer(script([FINE[:-5], 0.05, FINE[-5:]], FINE)) as server:
        with connect(server.url, max_connections=1) as api:
            pool = pool_of(api)
            raw = api.raw.get_httpx_client()
            with raw.stream("GET", "/appusers/b6518") as response:
                other = Background(user(api))
                wait_until(lambda: len(pool.waiting) == 1)
                assert len(server.requests) == 1
                assert (response.read()).startswith(b'{"appUser"')
                assert (other.outcome()).status_code == 200
        assert server.connections == 1


def test_a_broken_stream_frees_its_slot() -> None:
    with ScriptedServer(script([FINE[:-5], None], FINE)) as server:
        with connect(server.url, max_connections=1) as api:
            raw = api.raw.get_httpx_client()
            with pytest.raises(httpx.RemoteProtocolError):
                with raw.stream("GET", "/appusers/b6518") as response:
                    response.read()
            assert (api.get_user("b6518")).status_code == 200


# TLS


def server_side(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def test_a_private_certificate_authority_can_be_trusted() -> None:
    authority = trustme.CA()
    context = httpx.create_ssl_context()
    authority.configure_trust(context)
    with ScriptedServer(script(FINE), tls=server_side(authority)) as server:
        with connect(server.url, ssl_context=context) as api:
            for _ in range(3):
                assert (api.get_user("b6518")).status_code == 200
        assert server.connections == 1


def test_an_unknown_certificate_authority_is_not_trusted(waits: list[float]) -> None:
    with ScriptedServer(script(FINE), tls=server_side(trustme.CA())) as server:
        with connect(server.url) as api:
            with pytest.raises(ConnectionFailed, match="nothing was sent") as caught:
                api.post_message("b6518", "Hi")
        assert server.requests == []
    assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value)


def test_a_certificate_for_another_host_is_not_trusted(waits: list[float]) -> None:
    authority = trustme.CA()
    context = httpx.create_ssl_context()
    authority.configure_trust(context)
    with ScriptedServer(script(FINE), tls=server_side(authority)) as server:
        with connect(server.url.replace("localhost", "127.0.0.1"), ssl_context=context) as api:
            with pytest.raises(ConnectionFailed, match="nothing was sent"):
                api.get_user("b6518")
        assert server.requests == []


def test_certificates_are_loaded_once_for_all_clients_and_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    created: list[ssl.SSLContext] = []

    def create() -> ssl.SSLContext:
        created.append(create_ssl_context())
        return created[-1]

    create_ssl_context = httpx.create_ssl_context
    monkeypatch.setattr(httpx, "create_ssl_context", create)
    connections.tls_context.cache_clear()
    gate = threading.Event()
    try:
        with ScriptedServer(once_open(gate, FINE), tls=server_side(authority)) as server:
            with connect(server.url) as first, connect(server.url) as second:
                calls = [Background(user(first)) for _ in range(2)]
                wait_until(lambda: len(server.requests) == 2)
                calls += [Background(user(second)) for _ in range(2)]
                wait_until(lambda: len(server.requests) == 4)
                gate.set()
                for call in calls:
                    call.outcome()
            assert server.connections == 4
        assert len(created) == 1
    finally:
        connections.tls_context.cache_clear()


def test_a_call_leaves_nothing_to_the_garbage_collector() -> None:
    with ScriptedServer(script(answer())) as server:
        with connect(server.url) as api:
            gc.collect()
            gc.disable()
            try:
                for _ in range(3):
                    api.ask("menu")
                # isinstance would evaluate Django's lazy settings, which fails
                leases = [one for one in gc.get_objects() if type(one) is Lease]
                assert len(leases) <= 1  # the connection keeps the last one
            finally:
                gc.enable()
