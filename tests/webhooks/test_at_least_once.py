"""Duplicates, disorder, a bot that fails every tenth time and is killed once: by the API's rule every message is handled."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest
from peer import wait_until

from .payloads import KEY, SECRET, dumped, said

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = 400
ATTEMPTS = 5
FIRST_PAUSE = 0.2
LEASE = 0.3
STOPS = {400, 401, 403, 404, 406}

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
    if call == int(os.environ.get("STICK", 0)):
        time.sleep(60)
    if call % 10 == 0:
        raise RuntimeError("every tenth time")
    note("end", message.id)

dedupe = SQLiteDeduplicator(os.environ["DATABASE"], lease=float(os.environ["LEASE"]))
app = asgi_app(handler, secret=os.environ["SECRET"], deduplicator=dedupe, await_handler=True)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_config=None)
"""


class Bot:
    """The bot in a process of its own, and what it noted."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "log"
        self._log.touch()
        self._environment = {
            "LOG": str(self._log),
            "DATABASE": str(folder / "events.db"),
            "LEASE": str(LEASE),
            "SECRET": SECRET,
            "PORT": str(self.port),
        }

    def start(self, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", BOT], env=self._environment | environment, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def noted(self, word: str) -> list[str]:
        lines = (line.split() for line in self._log.read_text().splitlines())
        return [line[1] for line in lines if line[0] == word]


class Sender:
    """Delivers as the API does: again after any failure but five statuses, at growing distances, five times at most."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, headers=KEY, timeout=20)
        self.under_way: set[str] = set()
        self.statuses: dict[str, list[int]] = {}

    def deliver(self, message_id: str) -> None:
        statuses = []
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(FIRST_PAUSE * 2 ** (attempt - 1))
            statuses.append(self._post(message_id))
            if 200 <= statuses[-1] < 300 or statuses[-1] in STOPS:
                break
        self.statuses.setdefault(message_id, []).extend(statuses)

    def _post(self, message_id: str) -> int:
        self.under_way.add(message_id)
        try:
            status = self._http.post("/", content=dumped(said(message_id))).status_code
        except httpx.TransportError:
            return 0
        self.under_way.discard(message_id)
        return status

    def close(self) -> None:
        self._http.close()


@pytest.mark.slow
def test_every_message_is_handled_and_none_twice(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    ids = [f"m{number}" for number in range(MESSAGES)]
    queue = ids + chance.sample(ids, MESSAGES // 5)
    chance.shuffle(queue)

    bot = Bot(tmp_path)
    sender = Sender(bot.url)
    bot.start(STICK=str(MESSAGES // 2))
    try:
        wait_until(lambda: _listens(bot.port))
        with ThreadPoolExecutor(8) as threads:
            deliveries = [threads.submit(sender.deliver, each) for each in queue]
            wait_until(lambda: len(bot.noted("begin")) >= MESSAGES // 2, 60)
            bot.kill()
            in_doubt = set(sender.under_way)
            bot.start()
        for each in deliveries:
            each.result()
    finally:
        bot.kill()
        sender.close()

    assert {statuses[-1] for statuses in sender.statuses.values()} == {200}
    assert {500, 200, 0} <= {status for statuses in sender.statuses.values() for status in statuses}
    handled = bot.noted("end")
    assert set(handled) == set(ids), "a message is lost"
    twice = {each for each in ids if handled.count(each) > 1}
    # Killed between the end of the handler and its record: nothing outside the handler can rule that out.
    assert twice <= in_doubt
    assert len(bot.noted("begin")) > len(ids)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
