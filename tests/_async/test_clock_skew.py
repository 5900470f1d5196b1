"""Servers with a wrong clock or an invalid Date header: tokens stay short-lived, and calls do not break."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import jwt
import pytest
from support.scripted_server import Request, ScriptedServer, answer, script

from smooch import errors
from smooch.v1 import AsyncSmooch

pytestmark = pytest.mark.anyio

KEY_ID = "app_5a1b2c3d4e5f60718293a4b5"
HOUR = 3600
FINE = {"appUser": {"_id": "5a"}}
ABSURD_DATES = [
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    f"Fri, 31 Dec {'9' * 400} 23:59:59 GMT",
    f"Fri, 31 Dec {'9' * 5000} 23:59:59 GMT",
    "Fri, 31 Dec 2026 23:59:59 +99999999999999999999",
    "Fri, 31 Dec 2026 99:99:99 GMT",
    "1" + "0" * 400,
    "\xff",
]


def unauthorized_answer(date: str) -> bytes:
    return answer(401, {"error": {"code": "unauthorized"}}, Date=date)


def lifetime(request: Request) -> float:
    token = request.headers["authorization"].removeprefix("Bearer ")
    expires: float = jwt.decode(token, options={"verify_signature": False})["exp"]
    return expires - time.time()


async def get_users(*answers: bytes) -> list[Any]:
    """Get a user until all answers are used up; returns the lifetimes of the tokens sent, then the errors."""
    outcomes: list[Any] = []
    with ScriptedServer(script(*answers)) as server:
        async with AsyncSmooch(KEY_ID, "a secret that nobody must see", base_url=server.url, retries=0) as api:
            while len(server.requests) < len(answers):
                try:
                    await api.get_user("b6518")
                except errors.SmoochError as error:
                    outcomes.append(error)
    return [*map(lifetime, server.requests), *outcomes]


@pytest.mark.parametrize(
    "date", [*ABSURD_DATES, formatdate(time.time() + 400 * 24 * HOUR, usegmt=True)], ids=range(len(ABSURD_DATES) + 1)
)
async def test_an_absurd_date_breaks_no_call_and_makes_no_long_lived_token(date: str) -> None:
    *lifetimes, error = await get_users(unauthorized_answer(date), answer(200, FINE))
    assert all(0 < lifetime <= HOUR for lifetime in lifetimes)
    assert isinstance(error, errors.Unauthorized)


@pytest.mark.parametrize("hours", [-23, 23])
async def test_tokens_follow_a_server_clock_that_is_hours_off(hours: float) -> None:
    server_date = formatdate(time.time() + hours * HOUR, usegmt=True)
    own_date = formatdate(time.time(), usegmt=True)
    lifetimes = await get_users(
        unauthorized_answer(server_date),
        answer(200, FINE, Date=server_date),
        answer(200, FINE, Date=own_date),
        answer(200, FINE),
    )
    expected = [1, 1 + hours, 1 + hours, 1]
    assert [round(lifetime / HOUR) for lifetime in lifetimes] == expected


async def test_a_correction_that_did_not_help_is_undone() -> None:
    server_date = formatdate(time.time() + 20 * HOUR, usegmt=True)
    own_date = formatdate(time.time(), usegmt=True)
    *lifetimes, error = await get_users(
        unauthorized_answer(server_date), unauthorized_answer(own_date), answer(200, FINE)
    )
    assert [round(lifetime / HOUR) for lifetime in lifetimes] == [1, 21, 1]
    assert isinstance(error, errors.Unauthorized)


@pytest.mark.parametrize("value", [*ABSURD_DATES, "1e400", "-1e400", "nan", "9" * 5000])
async def test_an_absurd_retry_after_is_not_a_wait(value: str) -> None:
    with ScriptedServer(script(answer(429, {"error": {"code": "too_many_requests"}}, Retry_After=value))) as server:
        async with AsyncSmooch(KEY_ID, "a secret that nobody must see", base_url=server.url, retries=0) as api:
            with pytest.raises(errors.RateLimited) as caught:
                await api.get_user("b6518")
    assert caught.value.retry_after is None or 0 <= caught.value.retry_after < float("inf")
