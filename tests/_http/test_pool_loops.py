"""One async client in several event loops, one after the other or at the same time."""

from __future__ import annotations

import asyncio
import gc
import ssl
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from support.concurrency import run_and_only_close
from support.scripted_server import Request, ScriptedServer, answer, script, wait_until

from smooch.errors import ClientClosed, InvalidInput
from smooch.v1 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FINE = answer(201, {"message": {"_id": "5a1b", "type": "text", "role": "appMaker", "received": 1.5}})


def connect(url: str, **options: Any) -> AsyncSmooch:
    return AsyncSmooch("app_5a1b", "a secret that nobody must see", base_url=url, **options)


@pytest.fixture(autouse=True)
def _no_warning_of_what_loops_leave_behind() -> Iterator[None]:
    """Ignore asyncio's warnings about connections that a closed loop left open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@pytest.mark.parametrize(("run", "left_open"), [(asyncio.run, 0), (run_and_only_close, 1)])
def test_a_client_outlives_its_event_loop(run: Callable[[Any], Any], left_open: int) -> None:
    with ScriptedServer(script(FINE)) as server:
        api = connect(server.url, max_connections=2, retries=0)
        for turn in range(1, 6):
            for _ in range(2):
                assert run(api.post_message("b6518", "Hi")).status_code == 201
            assert len(server.requests) == server.connections == 2 * turn
            wait_until(lambda: server.open_connections == left_open)
        run(api.aclose())
        wait_until(lambda: server.open_connections == 0)
        with pytest.raises(ClientClosed):
            run(api.with_options(retries=1).get_user("b6518"))


def test_closing_in_an_older_loop_closes_connections_of_later_loops_too() -> None:
    with ScriptedServer(script(FINE)) as server:
        api = connect(server.url, retries=0)

        async def call_from_two_loops() -> None:
            await api.post_message("b6518", "Hi")
            await asyncio.to_thread(run_and_only_close, api.post_message("b6518", "Hi"))
            assert server.open_connections == 2
            await api.aclose()

        loop = asyncio.new_event_loop()
        loop.run_until_complete(call_from_two_loops())
        wait_until(lambda: server.open_connections == 0)
        loop.close()


def test_tls_connections_of_a_closed_loop_are_closed_too() -> None:
    authority = trustme.CA()
    context, theirs = httpx.create_ssl_context(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.configure_trust(context)
    authority.issue_cert("localhost").configure_cert(theirs)
    with ScriptedServer(script(FINE), tls=theirs) as server:
        api = connect(server.url, ssl_context=context, retries=0)
        for _ in range(3):
            assert run_and_only_close(api.post_message("b6518", "Hi")).status_code == 201
            wait_until(lambda: server.open_connections == 1)
        run_and_only_close(api.aclose())
        wait_until(lambda: server.open_connections == 0)


CALLING_FROM_LOOPS = """
import asyncio, gc, sys
from smooch.v1 import AsyncSmooch

api = AsyncSmooch("app_5a1b", "a secret", base_url=sys.argv[1], transport=sys.argv[2] or None)
for _ in range(2):
    asyncio.run(api.post_message("b6518", "Hi"))
    gc.collect()
asyncio.run(api.aclose())
"""


@pytest.mark.parametrize("transport", ["", "aiohttp"])
def test_closing_a_client_after_its_loop_causes_no_warning(transport: str) -> None:
    with ScriptedServer(script(FINE)) as server:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", CALLING_FROM_LOOPS, server.url, transport],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert server.connections == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_call_left_unfinished_by_its_loop_takes_no_slot() -> None:
    with ScriptedServer(script([60.0], FINE)) as server:
        api = connect(server.url, max_connections=1, retries=0)

        async def leave() -> None:
            calls.extend(asyncio.ensure_future(api.post_message("b6518", name)) for name in ("sent", "waits"))
            while not server.requests:
                await asyncio.sleep(0.005)

        calls: list[asyncio.Future[Any]] = []
        loop = asyncio.new_event_loop()
        loop.run_until_complete(leave())
        loop.close()
        assert asyncio.run(api.post_message("b6518", "Hi")).status_code == 201
        assert [b"waits" in request.body for request in server.requests] == [False, False]
        for call in calls:
            call._log_destroy_pending = False  # type: ignore[attr-defined]


def test_concurrent_tasks_close_clients_that_share_connections() -> None:
    async def close_both() -> None:
        await api.post_message("b6518", "Hi")
        await asyncio.gather(api.aclose(), api.with_options(retries=1).aclose())

    for transport in (None, "aiohttp"):
        with ScriptedServer(script(FINE)) as server:
            api = connect(server.url, transport=transport)
            asyncio.run(close_both())
            wait_until(lambda: server.open_connections == 0)


def test_concurrent_loops_share_no_connection() -> None:
    loops = threading.Barrier(4)
    ports: dict[str, set[int]] = {}

    def respond(request: Request) -> bytes:
        ports.setdefault(request.target, set()).add(request.port)
        return FINE

    async def call(api: AsyncSmooch, name: str) -> list[int]:
        loops.wait(10)
        rounds = [await asyncio.gather(*[api.post_message(name, "Hi") for _ in range(4)]) for _ in range(10)]
        loops.wait(10)
        return [answer.status_code for answers in rounds for answer in answers]

    with ScriptedServer(respond) as server:
        api = connect(server.url, max_connections=2, retries=0)
        with ThreadPoolExecutor(4) as threads:
            outcomes = [*threads.map(lambda name: asyncio.run(call(api, name)), "abcd")]
        assert outcomes == [[201] * 40] * 4
        assert len(server.requests) == 160
        assert server.connections == 8
    assert sorted(map(len, ports.values())) == [2] * 4
    assert len(set.union(*ports.values())) == 8


def test_without_asyncio_a_clear_error_comes_before_anything_is_opened() -> None:
    with ScriptedServer(script(FINE)) as server:
        api = connect(server.url)
        call = api.post_message("b6518", "Hi")
        with pytest.raises(InvalidInput, match=r"needs a running asyncio event loop.*trio\.to_thread"):
            call.send(None)
        assert server.connections == 0
