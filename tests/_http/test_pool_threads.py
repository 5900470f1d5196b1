"""The pool in threads: interrupts at any point of a call, and forks."""

from __future__ import annotations

import gc
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.concurrency import Background
from support.scripted_server import (
    Request,
    ScriptedServer,
    answer,
    full_backlog,
    once_open,
    script,
    silent_server,
    wait_until,
)

from smooch._http import connections
from smooch._sync.pool import Pool, _PoolState
from smooch.errors import RequestTimeout, SmoochError
from smooch.v1 import Smooch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

FINE = answer(body={"appUser": {"_id": "5a1b2c3d4e5f60718293a4b5"}})


def connect(url: str, **options: Any) -> Smooch:
    return Smooch("app_5a1b", "a secret that nobody must see", base_url=url, **options)


def pool_of(api: Smooch) -> _PoolState:
    assert isinstance(api._transport, Pool)
    return api._transport._states.get()


class Interrupt(BaseException):
    """Stands for KeyboardInterrupt, which would stop pytest."""


@contextmanager
def interrupted_when(condition: Callable[[], bool]) -> Iterator[None]:
    """Interrupt the main thread as soon as the condition is true."""

    def on_signal(_: int, __: FrameType | None) -> None:
        raise Interrupt

    def send() -> None:
        wait_until(condition)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    previous = signal.signal(signal.SIGUSR1, on_signal)
    sender = Background(send)
    try:
        yield
    finally:
        sender.outcome()
        signal.signal(signal.SIGUSR1, previous)


def test_an_interrupted_wait_frees_its_place() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server, connect(server.url, max_connections=1) as api:
        running = Background(lambda: api.get_user("running"))
        wait_until(lambda: len(server.requests) == 1)
        with pytest.raises(Interrupt), interrupted_when(lambda: len(pool_of(api).waiting) == 1):
            api.get_user("interrupted")
        gate.set()
        assert running.outcome().status_code == 200
        assert api.get_user("afterwards").status_code == 200
        pool = pool_of(api)
        assert (pool.open, len(pool.idle), len(pool.waiting)) == (1, 1, 0)
    assert [request.target for request in server.requests] == ["/v1/appusers/running", "/v1/appusers/afterwards"]
    assert server.connections == 1


@pytest.mark.parametrize("pieces", [[60.0], [FINE[:-5], 60.0]])
def test_an_interrupted_call_frees_its_connection(pieces: list[Any]) -> None:
    with ScriptedServer(script(pieces, FINE)) as server, connect(server.url, max_connections=1) as api:
        with pytest.raises(Interrupt), interrupted_when(lambda: len(server.requests) == 1):
            api.post_message("b6518", "Hi")
        assert api.get_user("b6518").status_code == 200
        assert len(server.requests) == server.connections == 2
        pool = pool_of(api)
        assert (pool.open, len(pool.idle), len(pool.waiting)) == (1, 1, 0)


def test_an_interrupt_between_two_attempts_ends_the_call() -> None:
    with ScriptedServer(script(answer(429, Retry_After="20"), FINE)) as server, connect(server.url) as api:
        with pytest.raises(Interrupt), interrupted_when(lambda: len(pool_of(api).idle) == 1):
            api.post_message("b6518", "Hi")
        assert len(server.requests) == 1


OURS = ("/smooch/_sync/", "/smooch/_http/")


class Interrupter:
    """Raises `Interrupt` in the code of these files at the `left`-th place where a signal handler could.

    That is at the start of a function, and after the call of a function that is written in C.
    """

    def __init__(self, place: int, files: Iterable[str] = OURS) -> None:
        self.left = place
        self._files = files

    def start(self) -> None:
        sys.setprofile(self._profile)

    def stop(self) -> None:
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        if event in ("call", "c_return") and any(part in frame.f_code.co_filename for part in self._files):
            self.left -= 1
            if self.left < 0:
                sys.setprofile(None)
                raise Interrupt


def interrupts(call: Callable[[], Any]) -> Iterator[BaseException]:
    """Repeat a call, interrupted at each place in turn, until it ends without an interrupt."""
    for place in count():
        interrupter = Interrupter(place)
        try:
            interrupter.start()
            call()
            interrupter.stop()
        except Interrupt as interrupt:
            yield interrupt
        else:
            if interrupter.left >= 0:
                return


def assert_nothing_is_held(api: Smooch) -> None:
    pool = pool_of(api)
    assert (len(pool.leases), len(pool.waiting), pool.lock.locked()) == (0, 0, False)
    assert pool.open <= 1


CALLS_TO_INTERRUPT: dict[str, tuple[Any, Callable[[Smooch], Any]]] = {
    "first call": (FINE, lambda api: api.get_user("b6518")),
    "error": (answer(404), lambda api: suppressed(api.get_user, "b6518")),
    "end of the connection": ([FINE[:-5], None], lambda api: suppressed(api.with_options(retries=0).get_user, "b6518")),
    "retry": (script(answer(503, Retry_After="0.001"), FINE), lambda api: api.get_user("b6518")),
    "streamed": (FINE, lambda api: streamed(api)),
    "refused": (None, lambda api: suppressed(api.with_options(retries=0).get_user, "b6518")),
}


def suppressed(call: Callable[..., Any], *arguments: Any) -> None:
    with suppress(SmoochError):
        call(*arguments)


def streamed(api: Smooch) -> None:
    with api.raw.get_httpx_client().stream("GET", "/menu") as response:
        response.read()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of a socket that no variable holds yet
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # an interrupt while garbage is collected
@pytest.mark.parametrize("name", CALLS_TO_INTERRUPT)
@pytest.mark.parametrize("is_kept", [True, False], ids=["the exception is kept", "the exception is dropped"])
def test_an_interrupt_anywhere_in_a_call_loses_no_slot(name: str, is_kept: bool) -> None:
    answered, call = CALLS_TO_INTERRUPT[name]
    respond = answered if callable(answered) else script(answered)
    kept: list[BaseException] = []
    with ScriptedServer(respond) as server, connect(server.url, max_connections=1, deadline=20) as api:
        for interrupt in interrupts(lambda: call(api)):
            if is_kept:
                kept.append(interrupt)
            assert_nothing_is_held(api)
        call(api)
        kept.clear()
        gc.collect()
        wait_until(lambda: server.open_connections <= 1)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_anywhere_in_the_release_leaves_no_waiter_behind() -> None:
    with ScriptedServer(script(FINE)) as server, connect(server.url, max_connections=1, deadline=20) as api:
        for place in count():
            interrupter = Interrupter(place)
            with suppress(Interrupt), api.raw.get_httpx_client().stream("GET", "/menu") as response:
                waiter = Background(lambda: api.get_user("b6518"))
                wait_until(lambda: len(pool_of(api).waiting) == 1)
                interrupter.start()
                response.read()
            interrupter.stop()
            assert waiter.outcome().status_code == 200
            assert_nothing_is_held(api)
            if interrupter.left >= 0:
                break
        gc.collect()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list open files")
@pytest.mark.parametrize("moment", ["connecting", "shaking hands"])
def test_an_interrupt_before_sending_leaves_no_socket(moment: str) -> None:
    with full_backlog() as full, silent_server() as silent:
        url = full if moment == "connecting" else silent.replace("http:", "https:")
        with connect(url) as api:
            connections.tls_context()
            import_module("h11")  # so that the first file that is opened is the socket
            before = open_files()
            with pytest.raises(Interrupt) as kept, interrupted_when(lambda: open_files() > before):
                api.post_message("b6518", "Hi")
            assert open_files() == before
            assert kept.value.__traceback__ is not None
            assert_nothing_is_held(api)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list open files")
def test_an_interrupt_anywhere_in_the_ssl_module_leaves_no_socket() -> None:
    with silent_server() as silent, connect(silent.replace("http:", "https:"), timeout=0.2, retries=0) as api:
        connections.tls_context()
        before = open_files()
        for place in count():
            interrupter = Interrupter(place, files=(ssl.__file__,))
            interrupter.start()
            with pytest.raises((Interrupt, RequestTimeout)) as kept:
                api.get_user("b6518")
            interrupter.stop()
            assert open_files() == before, place
            assert_nothing_is_held(api)
            if kept.type is RequestTimeout:
                break
    assert place > 10


FORKING = """
import json, os, sys, threading
from smooch import Smooch

url, kind = sys.argv[1:]
api = Smooch("app_5a1b", "a secret that nobody must see", base_url=url, max_connections=2)

def call(name):
    try:
        return api.get_user(name).json()["appUser"]["_id"]
    except Exception as error:
        return f"{type(error).__name__}: {error}"

if kind == "closed":
    api.with_options(retries=0).close()
else:
    assert call("parent-first") == "parent-first"
if kind == "busy":
    busy = [threading.Thread(target=call, args=(f"parent-slow-{n}",)) for n in range(2)]
    waiting = [threading.Thread(target=call, args=(f"parent-waits-{n}",)) for n in range(2)]
    for thread in busy + waiting:
        thread.start()
    while len(api._transport._states.get().waiting) < 2:
        pass
reads, writes = os.pipe()
if os.fork() == 0:
    os.write(writes, json.dumps([call(f"child-{n}") for n in range(3)]).encode())
    os._exit(0)
os.close(writes)
child = json.loads(os.read(reads, 100_000))
os.wait()
if kind == "busy":
    for thread in busy + waiting:
        thread.join()
print(json.dumps({"child": child, "parent": [call(f"parent-{n}") for n in range(3)]}))
"""


def fork(url: str, kind: str) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING, url, kind],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes: dict[str, list[str]] = json.loads(done.stdout)
    return outcomes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("kind", ["idle", "busy"])
def test_a_child_process_does_not_use_its_parents_connections(kind: str) -> None:
    ports: dict[str, int] = {}
    children_done = threading.Event()

    def respond(request: Request) -> Any:
        name = Path(request.target).name
        ports[name] = request.port
        if name == "child-2":
            children_done.set()
        if name.startswith("parent-slow"):
            assert children_done.wait(30)
        return answer(body={"appUser": {"_id": name}})

    with ScriptedServer(respond) as server:
        outcomes = fork(server.url, kind)
    assert outcomes == {owner: [f"{owner}-{n}" for n in range(3)] for owner in ("child", "parent")}
    of_child, of_parent = ({ports[name] for name in ports if name.startswith(owner)} for owner in ("child", "parent"))
    assert len(of_child) == 1
    assert of_child.isdisjoint(of_parent)
    assert len(of_parent) == (1 if kind == "idle" else 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_closed_client_is_closed_in_a_child_process_as_well() -> None:
    with ScriptedServer(script(FINE)) as server:
        outcomes = fork(server.url, "closed")
    assert all("closed" in outcome for outcome in outcomes["child"] + outcomes["parent"])
    assert server.requests == []
