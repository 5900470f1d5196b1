"""Deliveries through the queues of the guide: each event is handled, and no more are repeated than the guide says.

`make test` sends a few hundred deliveries. `make test-queues` sends 10,000 to each app, kills a web process, a worker
and Redis meanwhile, and prints what it saw.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from smooch.sandbox import Sandbox

from .engines import APPS, GUIDE, Bot, run_bot, run_redis

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

DELIVERIES = int(os.environ.get("QUEUE_DELIVERIES", "300"))
IS_PROOF = DELIVERIES >= 1000
LEASE = 15 if IS_PROOF else 6
SECONDS = 120 + DELIVERIES / 20
USERS = 50
MAX_WAITING = 500


# What a killed worker had in hand, and what all had when Redis was killed. celery: two workers with one event each.
# taskiq: two workers with ten each. huey: one event of the worker that is killed.
LIMITS = {"celery_app": 3, "taskiq_app": 30, "huey_app": 1}
"""The number of events that may be handled twice if a worker and Redis are killed once each, as the guide says."""


def kill_worker(name: str, bot: Bot) -> None:
    if name == "celery_app":
        bot.workers[0].kill_and_start()
    else:
        bot.workers[0].kill_a_child()


def send(sandbox: Sandbox, bot: Bot, accidents: list[tuple[float, Callable[[], None]]]) -> None:
    """Let users write; every fifth delivery is repeated, others are reordered, and processes are killed meanwhile."""
    threads, limit = list[threading.Thread](), time.monotonic() + SECONDS
    for number in range(DELIVERIES):
        if number % 5 == 0:
            sandbox.duplicate_deliveries()
        if number % 50 == 7:
            sandbox.reorder_deliveries(10)
        sandbox.say(f"user-{number % USERS}", f"Message {number}")
        while number % 50 == 0 and number - len(bot.handled) > MAX_WAITING:
            assert time.monotonic() < limit, "the workers do not keep up"
            time.sleep(0.05)
        if accidents and number >= accidents[0][0] * DELIVERIES:
            threads.append(threading.Thread(target=accidents.pop(0)[1]))
            threads[-1].start()
    for thread in threads:
        thread.join()


def wait_for_handlers(bot: Bot, sent: set[str]) -> None:
    """Wait until all events are handled, or until no event was handled for longer than a lease."""
    count, since = 0, time.monotonic()
    while count < len(sent) and time.monotonic() - since < 6 * LEASE:
        time.sleep(0.1)
        if (now := len(set(bot.handled))) > count:
            count, since = now, time.monotonic()


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_each_event_is_handled_once(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(retry_speedup=60, keep_requests=None))
        redis = None if name == "huey_app" else stack.enter_context(run_redis(tmp_path / "redis"))
        bot = stack.enter_context(run_bot(name, tmp_path, sandbox, redis.url if redis else "", LEASE))
        accidents: list[tuple[float, Callable[[], None]]] = []
        if IS_PROOF:
            accidents = [(0.25, bot.web.kill_a_child), (0.45, lambda: kill_worker(name, bot))]
            if redis:
                accidents.append((0.65, redis.kill_and_start))
        send(sandbox, bot, accidents)
        sandbox.wait_for_deliveries(SECONDS)
        sent = {attempt.json["events"][0]["id"] for attempt in sandbox.deliveries}
        wait_for_handlers(bot, sent)
        # What comes late, such as the copies of huey, must not be handled again.
        time.sleep(LEASE / 2 if name == "huey_app" else 1)
        attempts = sandbox.deliveries
    handled = Counter(bot.handled)
    lost, twice = sent - set(handled), [event_id for event_id, count in handled.items() if count > 1]
    with capsys.disabled():
        if IS_PROOF:
            print(
                f"\n{name}: {len(sent)} events, {len(attempts)} attempts to deliver, {len(attempts) - len(sent)} of them again,"
                f" {sum(attempt.status != 200 for attempt in attempts)} refused or cut; lost {len(lost)},"
                f" handled twice {len(twice)}, in {time.monotonic() - started:.0f} s"
            )
    assert len(sent) == DELIVERIES
    assert len(attempts) >= DELIVERIES * 1.2
    assert set(handled) <= sent
    assert lost == set()
    assert len(twice) <= (LIMITS[name] if IS_PROOF else 0), twice
    assert max(handled.values()) <= 2
    assert accidents == []


def test_the_guide_shows_the_code_that_is_tested() -> None:
    for path in sorted(APPS.glob("*/*.py")):
        if code := path.read_text(encoding="utf-8"):
            assert f"```py\n{code}```\n" in GUIDE, path
