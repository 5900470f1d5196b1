"""A cancelled task loses no connection, whatever part of the call it was in."""

from __future__ import annotations

import asyncio
import random
import threading
from typing import Any

import pytest
from support.concurrency import async_wait_until
from support.scripted_server import Request, ScriptedServer, answer, full_backlog, once_open, script, silent_server

from smooch._async.pool import AsyncPool, _PoolState
from smooch.v1 import AsyncSmooch

pytestmark = pytest.mark.anyio

FINE = answer(body={"appUser": {"_id": "5a1b2c3d4e5f60718293a4b5"}})


def connect(url: str, **options: Any) -> AsyncSmooch:
    return AsyncSmooch("app_5a1b", "a secret that nobody must see", base_url=url, **options)


async def pool_of(api: AsyncSmooch) -> _PoolState:
    assert isinstance(api._transport, AsyncPool)
    return api._transport._states.get()


async def cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def assert_serves(api: AsyncSmooch, calls: int) -> None:
    """Assert that this many calls succeed, over at most `max_connections` connections."""
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*(api.get_user("b6518") for _ in range(calls)))
    assert [answer.status_code for answer in answers] == [200] * calls
    pool = await pool_of(api)
    assert pool.open == len(pool.idle) <= api._settings.max_connections
    assert not pool.waiting


async def test_a_cancelled_wait_frees_its_place() -> None:
    gate = threading.Event()
    with ScriptedServer(once_open(gate, FINE)) as server:
        async with connect(server.url, max_connections=1) as api:
            pool = await pool_of(api)
            tasks = []
            for place in range(4):
                tasks.append(asyncio.create_task(api.get_user(str(place))))
                await async_wait_until(lambda: len(server.requests) + len(pool.waiting) == len(tasks))
            await cancel(tasks[1])
            gate.set()
            await asyncio.gather(tasks[0], *tasks[2:])
            await assert_serves(api, 2)
        assert [request.target[-1] for request in server.requests][:3] == ["0", "2", "3"]
        assert server.connections == 1


async def test_a_wait_cancelled_as_it_gets_a_connection_passes_it_on() -> None:
    with ScriptedServer(script(FINE)) as server:
        async with connect(server.url, max_connections=1) as api:
            transport = api._transport
            assert isinstance(transport, AsyncPool)
            pool = await pool_of(api)
            for _ in range(5):
                response = await transport.handle_async_request(api._http.build_request("GET", "menu"))
                served, next_in_line = (asyncio.create_task(api.get_user(name)) for name in ("served", "next"))
                await async_wait_until(lambda: len(pool.waiting) == 2)
                await response.aread()
                await cancel(served)
                await next_in_line
            await assert_serves(api, 3)
        assert "/v1/appusers/served" not in {request.target for request in server.requests}


ANSWERS = {
    "before the answer": [60.0],
    "in the headers": [b"HTTP/1.1 200 OK\r\nContent-", 60.0],
    "in the body": [FINE[:-5], 60.0],
    "in the body of a refusal": [answer(400, b"{}" * 9)[:-5], 60.0],
}


@pytest.mark.parametrize("moment", ANSWERS)
async def test_a_cancelled_call_frees_its_connection(moment: str) -> None:
    with ScriptedServer(script(ANSWERS[moment], FINE)) as server:
        async with connect(server.url, max_connections=1) as api:
            task = asyncio.create_task(api.post_message("b6518", "Hi"))
            await async_wait_until(lambda: len(server.requests) == 1)
            await asyncio.sleep(0.02)
            await cancel(task)
            await assert_serves(api, 3)
        assert server.connections == 2
        assert [request.method for request in server.requests] == ["POST", "GET", "GET", "GET"]


@pytest.mark.parametrize("moment", ["connecting", "shaking hands"])
async def test_a_call_cancelled_before_sending_frees_its_connection(moment: str) -> None:
    with full_backlog() as full, silent_server() as silent:
        url = full if moment == "connecting" else silent.replace("http:", "https:")
        async with connect(url, max_connections=1) as api:
            pool = await pool_of(api)
            for _ in range(3):
                task = asyncio.create_task(api.get_user("b6518"))
                await asyncio.sleep(0.05)
                await cancel(task)
            assert (pool.open, len(pool.waiting)) == (0, 0)


async def test_a_call_cancelled_between_two_attempts_sends_nothing_more(longest_waits: None) -> None:
    with ScriptedServer(script(answer(429, Retry_After="0.2"), FINE)) as server:
        async with connect(server.url, max_connections=1) as api:
            pool = await pool_of(api)
            task = asyncio.create_task(api.post_message("b6518", "Hi"))
            await async_wait_until(lambda: bool(pool.idle))
            await cancel(task)
            await asyncio.sleep(0.3)
            assert len(server.requests) == 1
            await assert_serves(api, 2)


async def test_a_timeout_of_the_caller_is_raised_unchanged() -> None:
    with ScriptedServer(script([60.0], FINE)) as server:
        async with connect(server.url, max_connections=1) as api:
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.1):
                    await api.get_user("b6518")
            assert type(caught.value) is TimeoutError
            await assert_serves(api, 2)


async def call_all_in_a_group(api: AsyncSmooch, *user_ids: str) -> None:
    async with asyncio.TaskGroup() as group:
        for user_id in user_ids:
            group.create_task(api.get_user(user_id))


async def test_the_first_failure_of_a_group_cancels_the_other_calls() -> None:
    def respond(request: Request) -> Any:
        return [60.0] if request.target.endswith("slow") else answer(404) if request.target.endswith("none") else FINE

    with ScriptedServer(respond) as server:
        async with connect(server.url, max_connections=3) as api:
            with pytest.raises(ExceptionGroup):
                await call_all_in_a_group(api, "slow", "slow", "none", "waits", "waits")
            await assert_serves(api, 6)


@pytest.mark.parametrize("seed", range(3))
async def test_cancelling_at_random_loses_no_connection(seed: int) -> None:
    chance = random.Random(seed)
    with ScriptedServer(lambda _: [chance.choice([0.0, 0.002, 0.01]), FINE]) as server:
        async with connect(server.url, max_connections=3) as api:

            async def call_and_maybe_cancel() -> None:
                task = asyncio.create_task(api.get_user("b6518"))
                await asyncio.sleep(chance.uniform(0, 0.15))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

            await asyncio.gather(*(call_and_maybe_cancel() for _ in range(150)))
            await assert_serves(api, 6)
            await async_wait_until(lambda: server.open_connections <= 3)
        await async_wait_until(lambda: server.open_connections == 0)


async def test_closing_while_calls_are_cancelled_leaves_nothing_open() -> None:
    with ScriptedServer(script([60.0])) as server:
        api = connect(server.url, max_connections=2)
        pool = await pool_of(api)
        tasks = [asyncio.create_task(api.get_user("b6518")) for _ in range(5)]
        await async_wait_until(lambda: len(server.requests) == 2)
        await api.aclose()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (pool.open, len(pool.idle), len(pool.waiting)) == (0, 0, 0)
