"""The table of faults, cell by cell: the exception, the number of attempts, and no leaked resources."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
import trustme
from support.concurrency import AsyncBackground, Background, async_wait_until
from support.faults import FAULTS, MAY_HAVE, METHODS, NOT_SENT, TOOK_EFFECT, TRANSPORTS, VERSIONS, Fault, Outcome
from support.scripted_server import (
    Request,
    ScriptedServer,
    answer,
    full_backlog,
    silent_server,
    unused_port,
    wait_until,
)

from smooch import errors, v1, v2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

BY_NAME = {fault.name: fault for fault in FAULTS}
APART = ("no free connection", "cancel", "SIGINT", "fork", "loop after loop")
"""Faults of the caller; each has its own test."""

APP = "5d8cff3cd55b040010928b5b"
MINE = {
    "v1": {
        "appUser": {"_id": "mine"},
        "message": {"_id": "5a1b", "type": "text", "role": "appUser", "text": "Hi", "received": 1512345678.1},
    },
    "v2": {
        "user": {"id": "mine"},
        "messages": [
            {
                "id": "5a1b",
                "received": "2026-03-02T08:15:30.120Z",
                "author": {"type": "business"},
                "content": {"type": "text", "text": "Hi"},
            }
        ],
        "attachment": {"mediaUrl": "https://media.example/cat.png", "mediaType": "image/png"},
    },
}
FINE = {version: answer(body=body) for version, body in MINE.items()}

CALLS: dict[str, dict[str, Callable[[Any, bytes], Any]]] = {
    "v1": {
        "GET": lambda api, _: api.get_user("b6518"),
        "PUT": lambda api, _: api.update_user("b6518", {"givenName": "Ana"}),
        "DELETE": lambda api, _: api.delete_user("b6518"),
        "POST": lambda api, _: api.post_message("b6518", "Hi"),
        "upload": lambda api, content: api.post_media("b6518", ("cat.png", content)),
    },
    "v2": {
        "GET": lambda api, _: api.users.get("b6518"),
        "PUT": lambda api, _: http_of(api).request("PUT", f"/v2/apps/{APP}/users/b6518", json={"x": 1}),
        "DELETE": lambda api, _: api.users.delete("b6518"),
        "POST": lambda api, _: api.messages.post_text("5a1b", "Hi"),
        "upload": lambda api, content: api.attachments.upload(("cat.png", content)),
    },
}
SMALL, LARGE = bytes(1000), bytes(6_000_000)
CLIENTS: dict[str, Any] = {"v1": v1, "v2": v2}

RETRIES = 2
SHORT = 0.05
"""The timeout of an attempt, in seconds."""
DEADLINE = 0.2
SLACK = 30.0
"""Seconds that a slow machine may take longer; less than the silence of a server."""


def connect(version: str, transport: str, url: str, **options: Any) -> Any:
    name = "Smooch" if transport == "sync" else "AsyncSmooch"
    if transport == "aiohttp":
        options["transport"] = "aiohttp"
    options = {"base_url": url, "max_connections": 1, "max_response_bytes": 100_000, "deadline": None, **options}
    client = getattr(CLIENTS[version], name)
    return client("app_5a1b", "a secret that nobody must see", *[APP] * (version == "v2"), **options)


def options_for(fault: Fault) -> dict[str, Any]:
    timeouts = {fault.limit: SHORT} if fault.limit in ("pool", "connect", "write", "read") else {}
    return {
        "timeout": httpx.Timeout(SLACK, **timeouts),
        "retries": 1 if fault.limit else RETRIES,
        "deadline": DEADLINE if fault.limit == "deadline" else None,
    }


def http_of(api: Any) -> Any:
    raw = api.raw
    return raw.get_httpx_client() if isinstance(api, v1.Smooch | v2.Smooch) else raw.get_async_httpx_client()


async def settle(value: Any) -> Any:
    """Return the result of a call by a sync or an async client."""
    return await value if inspect.isawaitable(value) else value


def close(api: Any) -> Any:
    return api.close() if isinstance(api, v1.Smooch | v2.Smooch) else api.aclose()


def id_of(user: Any) -> str:
    user_id: str = user.id if hasattr(user, "id") else user.parsed.app_user.id
    return user_id


class FaultyServer(ScriptedServer):
    """Sends some faulty responses, then good ones."""

    def __init__(self, version: str) -> None:
        super().__init__(self._next)
        self._fine = FINE[version]
        self._faulty: Callable[[bytes], Any] = bytes
        self._left = 0.0

    def start_fault(self, faulty: Callable[[bytes], Any], times: float, reads: Any = "request") -> None:
        """Respond this many times with the fault."""
        self.requests.clear()
        self._faulty, self._left, self.reads = faulty, times, reads

    def _next(self, _: Request) -> Any:
        if self._left <= 0:
            return self._fine
        self._left -= 1
        if not self._left:
            self.reads = "request"
        return self._faulty(self._fine)


@attrs.frozen
class Held:
    """The resources of this process: open files, sockets, threads and tasks."""

    files: int
    threads: frozenset[threading.Thread]
    tasks: frozenset[asyncio.Task[Any]]

    @classmethod
    def now(cls) -> Held:
        folder = Path("/proc/self/fd")
        threads = {one for one in threading.enumerate() if not one.name.startswith("asyncio_")}  # of a loop's resolver
        try:
            tasks = asyncio.all_tasks()
        except RuntimeError:
            tasks = set()
        return cls(len(list(folder.iterdir())) if folder.exists() else 0, frozenset(threads), frozenset(tasks))

    def is_all(self) -> bool:
        """Whether the process holds no more than before."""
        now = Held.now()
        return now.files <= self.files and now.threads <= self.threads and now.tasks <= self.tasks


@pytest.fixture(scope="module")
def untrusted() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    return context


@contextmanager
def place(name: str, untrusted: ssl.SSLContext) -> Iterator[str]:
    """Yield the URL of a server that reads no request."""
    if name == "refused":
        yield f"http://127.0.0.1:{unused_port()}"
    elif name == "DNS":
        yield "http://api.invalid"
    elif name == "TLS: not trusted":
        with ScriptedServer(bytes, tls=untrusted) as server:
            yield server.url
    elif name == "TLS: none":
        with ScriptedServer(lambda _: [answer(400), None], reads="nothing") as server:
            yield server.url.replace("http:", "https:")
    elif name.startswith("connect hang"):
        with full_backlog() as url:
            yield url
    else:
        assert name.startswith(("handshake hang", "sending hangs"))
        with silent_server() as url:
            yield url.replace("http:", "https:") if name == "handshake hang" else url


@pytest.fixture
def _no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that fails at once for `api.invalid` on every machine."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if host == "api.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def cells(*names: str) -> Any:
    """Parametrize a test with the cells of these faults that have an outcome."""
    chosen = [
        (BY_NAME[name], method, version, transport)
        for name in names
        for method in METHODS
        for version in VERSIONS
        for transport in TRANSPORTS
        if isinstance(BY_NAME[name].outcome(method, version, transport), Outcome)
    ]
    return pytest.mark.parametrize(
        ("fault", "method", "version", "transport"),
        [pytest.param(*cell, id="-".join((cell[0].name, *cell[1:]))) for cell in chosen],
    )


def test_every_cell_has_an_outcome_or_a_reason_for_none() -> None:
    assert len(BY_NAME) == len(FAULTS)
    for fault in FAULTS:
        outcomes = [fault.outcome(*cell) for cell in ((m, v, t) for m in METHODS for v in VERSIONS for t in TRANSPORTS)]
        assert all(isinstance(outcome, Outcome) or outcome for outcome in outcomes), fault.name
        assert any(isinstance(outcome, Outcome) for outcome in outcomes), fault.name


def check(raised: BaseException | None, outcome: Outcome) -> None:
    assert type(raised) is (outcome.error or type(None)), repr(raised)
    text = str(raised)
    assert outcome.says in text
    for effect in (NOT_SENT, MAY_HAVE, TOOK_EFFECT):
        assert (effect in text) is (effect == outcome.says), text


async def failure(call: Callable[[], Any]) -> BaseException | None:
    """Return the exception of a call, or None."""
    try:
        await settle(call())
    except Exception as error:
        return error
    return None


@cells(*[fault.name for fault in FAULTS if fault.answers is None and fault.name not in APART])
@pytest.mark.usefixtures("_no_such_host")
@pytest.mark.anyio
async def test_a_request_that_no_server_reads(
    fault: Fault, method: str, version: str, transport: str, waits: list[float], untrusted: ssl.SSLContext
) -> None:
    outcome = fault.outcome(method, version, transport)
    assert isinstance(outcome, Outcome)
    with place(fault.name, untrusted) as url, FaultyServer("v1") as healthy:
        before, started = Held.now(), time.monotonic()
        api = connect(version, transport, url, **options_for(fault))
        content = LARGE if fault.name.startswith("sending") else SMALL
        check(await failure(lambda: CALLS[version][method](api, content)), outcome)
        attempts = 1 + (api._settings.retries if outcome.sent == "repeated" else 0)
        assert len(waits) == attempts - 1
        assert all(fault.waits[0] <= wait <= fault.waits[1] for wait in waits)
        assert time.monotonic() - started < attempts * (SHORT + DEADLINE) + SLACK
        # The only slot is free.
        free = api.with_options(timeout=10.0, deadline=None)
        assert (await settle(http_of(free).request("GET", healthy.url))).status_code == 200
        await settle(close(api))
        await async_wait_until(before.is_all)


@cells(*[fault.name for fault in FAULTS if fault.answers is not None and fault.name not in APART])
@pytest.mark.anyio
async def test_a_fault_of_the_server(
    fault: Fault, method: str, version: str, transport: str, waits: list[float]
) -> None:
    outcome = fault.outcome(method, version, transport)
    assert isinstance(outcome, Outcome)
    assert fault.answers is not None
    content = LARGE if fault.reads == "head" else SMALL
    with FaultyServer(version) as server:
        before = Held.now()
        api = connect(version, transport, server.url, **options_for(fault))
        free = api.with_options(timeout=10.0, deadline=None)

        if fault.first is not None:
            server.start_fault(fault.first, 1)
            assert id_of(await settle(CALLS[version]["GET"](free, b""))) == "mine"
            await async_wait_until(lambda: server.open_connections == (fault.name != "idle connection closed"))
        server.start_fault(fault.answers, float("inf"), fault.reads)
        connections, started = server.connections, time.monotonic()
        check(await failure(lambda: CALLS[version][method](api, content)), outcome)
        attempts = {"once": 1, "twice": 2, "repeated": 1 + api._settings.retries}[outcome.sent]
        assert time.monotonic() - started < attempts * (SHORT + DEADLINE) + SLACK
        assert len(waits) == (attempts - 1 if outcome.sent == "repeated" else 0)
        assert all(fault.waits[0] <= wait <= fault.waits[1] for wait in waits)
        if fault.reads == "nothing":
            assert server.connections == connections + attempts
        else:
            await async_wait_until(lambda: len(server.requests) >= attempts)
            assert [request.method for request in server.requests] == [server.requests[0].method] * attempts
            assert len({(request.target, request.body) for request in server.requests}) == 1

        if outcome.sent != "once":  # A server that is at fault once only: what is sent again succeeds.
            server.start_fault(fault.answers, 1, fault.reads)
            more_retries = {"retries": 20} if fault.limit else {}  # where a slow machine lets a timeout pass once more
            again = connect(version, transport, server.url, **options_for(fault) | more_retries)
            assert await failure(lambda: CALLS[version][method](again, content)) is None
            assert len(server.requests) >= (1 if fault.reads == "nothing" else 2)
            assert len(server.requests) <= attempts or fault.limit
            await settle(close(again))

        # The only slot is free, and the next call gets its own answer.
        server.start_fault(bytes, 0)
        assert id_of(await settle(CALLS[version]["GET"](free, b""))) == "mine"
        assert len(server.requests) == 1
        await async_wait_until(lambda: server.open_connections <= 1)
        await settle(close(api))
        await async_wait_until(lambda: server.open_connections == 0)
        await async_wait_until(before.is_all)


@pytest.mark.anyio
async def test_a_refusal_that_the_event_loop_has_not_read_when_the_connection_is_reset() -> None:
    async def content() -> AsyncIterator[bytes]:
        yield SMALL
        wait_until(lambda: server.requests and server.open_connections == 0)  # meanwhile the loop reads nothing
        yield SMALL

    with ScriptedServer(lambda _: [answer(413), None], reads="head") as server:
        api = connect("v1", "async", server.url)
        with pytest.raises(errors.PayloadTooLarge):
            await http_of(api).request("POST", "/appusers", content=content())
        await api.aclose()


@pytest.mark.parametrize("transport", ["async", "aiohttp"])
@pytest.mark.anyio
async def test_a_connection_that_has_closed_by_itself_after_an_early_response(transport: str) -> None:
    async def content() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(len(LARGE) // 100)

    with ScriptedServer(lambda _: answer(body=SMALL, Connection="close"), reads="head") as server:
        api = connect("v1", transport, server.url)
        async with http_of(api).stream("POST", "/appusers", content=content()) as response:
            await async_wait_until(lambda: server.open_connections == 0)
        assert response.status_code == 200
        await api.aclose()


@cells("no free connection")
@pytest.mark.anyio
async def test_no_free_connection(fault: Fault, method: str, version: str, transport: str, waits: list[float]) -> None:
    outcome = fault.outcome(method, version, transport)
    assert isinstance(outcome, Outcome)
    is_over = threading.Event()
    with ScriptedServer(lambda _: FINE[version] if is_over.wait(SLACK) else None) as server:
        before = Held.now()
        api = connect(version, transport, server.url, **options_for(fault))

        def get() -> Any:
            return CALLS[version]["GET"](api, b"")

        running = Background(get) if transport == "sync" else AsyncBackground(get)
        await async_wait_until(lambda: len(server.requests) == 1)
        check(await failure(lambda: CALLS[version][method](api, SMALL)), outcome)
        assert len(waits) == api._settings.retries
        is_over.set()
        assert id_of(await settle(running.outcome())) == id_of(await settle(get())) == "mine"
        assert [request.method for request in server.requests] == ["GET", "GET"]
        assert server.connections == 1
        await settle(close(api))
        await async_wait_until(lambda: server.open_connections == 0)
        await async_wait_until(before.is_all)


@cells("cancel")
@pytest.mark.anyio
async def test_a_cancelled_task(fault: Fault, method: str, version: str, transport: str, waits: list[float]) -> None:
    outcome = fault.outcome(method, version, transport)
    assert isinstance(outcome, Outcome)
    assert fault.answers is not None
    assert outcome.error is not None
    with FaultyServer(version) as server:
        before = Held.now()
        api = connect(version, transport, server.url, **options_for(fault))
        server.start_fault(fault.answers, 1)
        task = asyncio.ensure_future(settle(CALLS[version][method](api, SMALL)))
        await async_wait_until(lambda: len(server.requests) == 1)
        task.cancel()
        with pytest.raises(outcome.error):
            await task
        assert id_of(await CALLS[version]["GET"](api, b"")) == "mine"
        assert len(server.requests) == 2
        await async_wait_until(lambda: server.open_connections == 1)
        await api.aclose()
        await async_wait_until(lambda: server.open_connections == 0)
        await async_wait_until(before.is_all)
    assert waits == []


def run(call: Callable[[], Any]) -> Any:
    """Return the result of a call; a call of an async client gets its own event loop."""

    async def main() -> Any:
        return await result

    result = call()
    return asyncio.run(main()) if inspect.isawaitable(result) else result


def left_open(transport: str) -> int:
    """Connections that stay open after `run`: `asyncio.run` closes those of its loop."""
    return 1 if transport == "sync" else 0


@contextmanager
def interrupted_when(condition: Callable[[], bool]) -> Iterator[None]:
    """Send SIGINT to this process as soon as the condition is true."""

    def send() -> None:
        wait_until(condition)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    sender = Background(send)
    try:
        yield
    finally:
        sender.outcome()
        signal.signal(signal.SIGINT, previous)


@pytest.fixture
def _loops_end_with_open_connections() -> Iterator[None]:
    """Ignore asyncio's warnings about connections that a closed loop left open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@cells("SIGINT")
@pytest.mark.usefixtures("_loops_end_with_open_connections")
def test_an_interrupt(fault: Fault, method: str, version: str, transport: str, waits: list[float]) -> None:
    outcome = fault.outcome(method, version, transport)
    assert isinstance(outcome, Outcome)
    assert fault.answers is not None
    assert outcome.error is not None
    with FaultyServer(version) as server:
        before = Held.now()
        api = connect(version, transport, server.url, **options_for(fault))
        server.start_fault(fault.answers, 1)
        with pytest.raises(outcome.error), interrupted_when(lambda: len(server.requests) == 1):
            run(lambda: CALLS[version][method](api, SMALL))
        assert id_of(run(lambda: CALLS[version]["GET"](api, b""))) == "mine"
        assert len(server.requests) == 2
        wait_until(lambda: server.open_connections == left_open(transport))
        run(lambda: close(api))
        wait_until(lambda: server.open_connections == 0)
        wait_until(before.is_all)
    assert waits == []


@cells("loop after loop")
@pytest.mark.usefixtures("_loops_end_with_open_connections")
def test_a_loop_after_a_loop(fault: Fault, method: str, version: str, transport: str, waits: list[float]) -> None:
    outcome = fault.outcome(method, version, transport)
    assert outcome == Outcome(None)
    with FaultyServer(version) as server:
        before = Held.now()
        api = connect(version, transport, server.url, **options_for(fault))
        for turn in (1, 2, 3):
            run(lambda: CALLS[version][method](api, SMALL))
            assert len(server.requests) == server.connections == turn
            wait_until(lambda: server.open_connections == left_open(transport))
        run(lambda: close(api))
        wait_until(lambda: server.open_connections == 0)
        wait_until(before.is_all)
    assert waits == []


FORKING = """
import json, os, sys
sys.path[:0] = json.loads(sys.argv[1])
from _http.test_faults import CALLS, METHODS, close, connect, run

def call_all():
    outcomes = {}
    for (version, transport), api in clients.items():
        for method in METHODS:
            try:
                run(lambda: CALLS[version][method](api, b"content"))
                outcomes[f"{version} {transport} {method}"] = ""
            except Exception as error:
                outcomes[f"{version} {transport} {method}"] = repr(error)
    return outcomes

clients = {
    (version, transport): connect(version, transport, f"{sys.argv[2]}/{version}/{transport}")
    for version, transport in json.loads(sys.argv[3])
}
for (version, _), api in clients.items():
    run(lambda: CALLS[version]["GET"](api, b""))
reads, writes = os.pipe()
if os.fork() == 0:
    os.write(writes, json.dumps(call_all()).encode())
    os._exit(0)
os.close(writes)
with os.fdopen(reads) as outcomes_of_child:
    child = json.load(outcomes_of_child)
os.wait()
parent = call_all()
for api in clients.values():
    run(lambda: close(api))
print(json.dumps([child, parent]))
"""


@pytest.fixture(scope="module")
def forked() -> tuple[list[dict[str, str]], list[Any]]:
    """Return the exceptions of calls in a forked child and then in its parent, and the requests that a server got."""
    clients = [(version, transport) for version in VERSIONS for transport in TRANSPORTS]

    def respond(request: Any) -> bytes:
        return FINE[request.target.split("/")[1]]

    with ScriptedServer(respond) as server:
        arguments = [json.dumps(sys.path), server.url, json.dumps(clients)]
        command = [sys.executable, "-W", "ignore", "-c", FORKING, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: server.open_connections == 0)
        requests = [(*request.target.split("/")[1:3], request.method, request.port) for request in server.requests]
    return json.loads(done.stdout), requests


@cells("fork")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child(
    fault: Fault, method: str, version: str, transport: str, forked: tuple[list[dict[str, str]], list[Any]]
) -> None:
    assert fault.outcome(method, version, transport) == Outcome(None)
    outcomes, requests = forked
    assert [one[f"{version} {transport} {method}"] for one in outcomes] == ["", ""]
    ports = [port for *client, _, port in requests if client == [version, transport]]
    before, in_child, in_parent = ports[:1], ports[1 : 1 + len(METHODS)], ports[1 + len(METHODS) :]
    assert len(in_child) == len(in_parent) == len(METHODS)
    assert set(in_child).isdisjoint([*before, *in_parent])
