"""What can happen to a thread, but to no task: an interrupt amid a call, and a fork."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from concurrency import Background
from peer import Peer, Request, answer, script, wait_until

from smooch._sync.pool import Pool, _Connections
from smooch.v1 import Smooch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

FINE = answer(body={"appUser": {"_id": "5a1b2c3d4e5f60718293a4b5"}})


def connect(url: str, **options: Any) -> Smooch:
    return Smooch("app_5a1b", "a secret that nobody must see", base_url=url, **options)


def pool_of(api: Smooch) -> _Connections:
    assert isinstance(api._transport, Pool)
    return api._transport._local.get()


class Interrupt(BaseException):
    """What Ctrl-C is, but for pytest."""


@contextmanager
def interrupted_when(condition: Callable[[], bool]) -> Iterator[None]:
    """Have the main thread interrupted as soon as something has happened."""

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


def test_an_interrupted_wait_gives_up_its_place() -> None:
    gate = threading.Event()

    def respond(_: Request) -> bytes:
        assert gate.wait(10)
        return FINE

    with Peer(respond) as peer, connect(peer.url, max_connections=1) as api:
        running = Background(lambda: api.get_user("running"))
        wait_until(lambda: len(peer.requests) == 1)
        with pytest.raises(Interrupt), interrupted_when(lambda: len(pool_of(api).waiting) == 1):
            api.get_user("interrupted")
        gate.set()
        assert running.outcome().status_code == 200
        assert api.get_user("afterwards").status_code == 200
        pool = pool_of(api)
        assert (pool.open, len(pool.idle), len(pool.waiting)) == (1, 1, 0)
    assert [request.target for request in peer.requests] == ["/v1/appusers/running", "/v1/appusers/afterwards"]
    assert peer.connections == 1


@pytest.mark.parametrize("pieces", [[60.0], [FINE[:-5], 60.0]])
def test_an_interrupted_call_gives_its_connection_back(pieces: list[Any]) -> None:
    with Peer(script(pieces, FINE)) as peer, connect(peer.url, max_connections=1) as api:
        with pytest.raises(Interrupt), interrupted_when(lambda: len(peer.requests) == 1):
            api.post_message("b6518", "Hi")
        assert api.get_user("b6518").status_code == 200
        assert len(peer.requests) == peer.connections == 2
        pool = pool_of(api)
        assert (pool.open, len(pool.idle), len(pool.waiting)) == (1, 1, 0)


def test_an_interrupt_between_two_tries_ends_the_call() -> None:
    with Peer(script(answer(429, Retry_After="20"), FINE)) as peer, connect(peer.url) as api:
        with pytest.raises(Interrupt), interrupted_when(lambda: len(pool_of(api).idle) == 1):
            api.post_message("b6518", "Hi")
        assert len(peer.requests) == 1


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
    while len(api._transport._local.get().waiting) < 2:
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

    with Peer(respond) as peer:
        outcomes = fork(peer.url, kind)
    assert outcomes == {owner: [f"{owner}-{n}" for n in range(3)] for owner in ("child", "parent")}
    of_child, of_parent = ({ports[name] for name in ports if name.startswith(owner)} for owner in ("child", "parent"))
    assert len(of_child) == 1
    assert of_child.isdisjoint(of_parent)
    assert len(of_parent) == (1 if kind == "idle" else 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_closed_client_is_closed_in_a_child_process_as_well() -> None:
    with Peer(script(FINE)) as peer:
        outcomes = fork(peer.url, "closed")
    assert all("closed" in outcome for outcome in outcomes["child"] + outcomes["parent"])
    assert peer.requests == []
