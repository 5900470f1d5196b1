"""Duplicates, disorder, and a bot that fails every tenth time and is killed once: every message is handled."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from support.scripted_server import is_listening, unused_port, wait_until

from smooch import Smooch
from smooch.sandbox import Sandbox
from smooch.sandbox._delivery import MAX_ATTEMPTS

if TYPE_CHECKING:
    from pathlib import Path

    from smooch.sandbox import DeliveryAttempt

MESSAGES = 8_400
"""A fifth of them is delivered twice, which makes 10,080 deliveries."""
SPEEDUP = 100.0
LEASE = 2.0
"""Less than the 9 seconds of all attempts, so that a later attempt handles an event whose claim died with the bot."""

BOT = """
import itertools, os, sys, time
import uvicorn
from smooch.webhooks import SQLiteDeduplicator, asgi_app

log = os.open(os.environ["LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
calls = itertools.count(1)

def note(*words):
    os.write(log, (" ".join(words) + "\\n").encode())

def handler(event):
    call = next(calls)
    (message,) = event.messages
    note("begin", message.id)
    if call == int(os.environ["STICK"]):
        time.sleep(60)
    if call % 10 == 0:
        raise RuntimeError("every tenth time")
    note("end", message.id)

dedupe = SQLiteDeduplicator(os.environ["DATABASE"], lease=float(os.environ["LEASE"]))
app = asgi_app(handler, secret=os.environ["SECRET"], deduplicator=dedupe, await_handler=True)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_config=None)
"""


class Bot:
    """The bot in its own process, and the log that it writes."""

    def __init__(self, folder: Path) -> None:
        self.port = unused_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "log"
        self._log.touch()
        self._environment = {
            "LOG": str(self._log),
            "DATABASE": str(folder / "events.db"),
            "LEASE": str(LEASE),
            "PORT": str(self.port),
        }

    def start(self, **environment: str) -> None:
        self._environment |= environment
        self._process = subprocess.Popen([sys.executable, "-c", BOT], env=self._environment, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def kill_and_restart(self, at: int) -> None:
        """Kill the bot during call number `at`, which hangs."""
        wait_until(lambda: len(self.logged("begin")) >= at, 120)
        self.kill()
        self.start(STICK="0")

    def logged(self, word: str) -> list[str]:
        lines = (line.split() for line in self._log.read_text().splitlines())
        return [line[1] for line in lines if line[0] == word]


@pytest.mark.slow
def test_every_message_is_handled_and_none_twice(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    bot = Bot(tmp_path)
    with Sandbox(retry_speedup=SPEEDUP) as sandbox:
        with Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
            _, secret = api.ensure_webhook_exist("message:appUser", bot.url)
        bot.start(SECRET=secret, STICK=str(MESSAGES // 2))
        try:
            wait_until(lambda: is_listening(bot.port))
            killer = threading.Thread(target=bot.kill_and_restart, args=(MESSAGES // 2,))
            killer.start()
            message_ids = [_say(sandbox, chance, number) for number in range(MESSAGES)]
            killer.join()
            sandbox.wait_for_deliveries(300)
        finally:
            bot.kill()
        attempts = sandbox.deliveries

    assert len({attempt.delivery_id for attempt in attempts}) == MESSAGES
    assert sum(attempt.number == 1 for attempt in attempts) >= MESSAGES * 1.2
    assert {None, 200, 500, 503} >= {attempt.status for attempt in attempts} >= {None, 200, 500}
    handled = Counter(bot.logged("end"))
    # where all five attempts failed, the API promises nothing more
    given_up = {
        _message_id(attempt) for attempt in attempts if attempt.number == MAX_ATTEMPTS and attempt.status != 200
    }
    assert set(message_ids) - handled.keys() <= given_up
    assert len(given_up) < MESSAGES / 100
    assert handled.keys() <= set(message_ids)
    # Killed between the end of the handler and its record: nothing outside the handler can rule that out.
    in_doubt = {
        _message_id(attempt)
        for attempt in attempts
        if attempt.status is None and not str(attempt.error).startswith("ConnectError")
    }
    assert {message_id for message_id, times in handled.items() if times > 1} <= in_doubt
    assert len(bot.logged("begin")) > MESSAGES


def _say(sandbox: Sandbox, chance: random.Random, number: int) -> str:
    """Write as one of 40 users; every fifth message is delivered twice, and some are delayed or reordered."""
    if number % 5 == 0:
        sandbox.duplicate_deliveries()
    elif chance.random() < 0.1:
        sandbox.delay_deliveries(chance.random() * 0.2)
    elif chance.random() < 0.02:
        sandbox.reorder_deliveries(2)
    return sandbox.say(f"user-{number % 40}", f"message {number}")


def _message_id(attempt: DeliveryAttempt) -> str:
    (message,) = attempt.json["messages"]
    return str(message["_id"])
