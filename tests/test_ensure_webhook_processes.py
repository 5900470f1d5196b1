"""Many processes ensure the same webhook at the same moment, as in a deploy."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from smooch.sandbox import Sandbox
from smooch.v1 import Smooch

PROCESSES = 64
HERE = "https://here.example/hook"
THERE = "https://there.example/hook"

# One interpreter imports the library and forks the others, so that they start within milliseconds of each other.
DEPLOY = """
import asyncio, json, multiprocessing, sys
from smooch import AsyncSmooch, Smooch

key, url, wanted, target, processes = json.loads(sys.argv[1])

def ensure():
    with Smooch(*key, base_url=url) as api:
        return api.ensure_webhook_exist(wanted, target)

async def ensure_in_async():
    async with AsyncSmooch(*key, base_url=url) as api:
        return await api.ensure_webhook_exist(wanted, target)

def work(number, barrier, outcomes):
    barrier.wait()
    try:
        outcomes.put(asyncio.run(ensure_in_async()) if number % 2 else ensure())
    except BaseException as error:
        outcomes.put(repr(error))

fork = multiprocessing.get_context("fork")
barrier, outcomes = fork.Barrier(processes), fork.SimpleQueue()
workers = [fork.Process(target=work, args=(number, barrier, outcomes)) for number in range(processes)]
for worker in workers:
    worker.start()
print(json.dumps([outcomes.get() for _ in workers]))
for worker in workers:
    worker.join()
"""


def deploy(sandbox: Sandbox, wanted: list[str]) -> list[Any]:
    """Call `ensure_webhook_exist` in several processes and return their results."""
    key = [sandbox.key_id, sandbox.secret]
    arguments = json.dumps([key, sandbox.url, wanted, HERE, PROCESSES])
    done = subprocess.run(
        [sys.executable, "-c", DEPLOY, arguments], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    outcomes: list[Any] = json.loads(done.stdout)
    return outcomes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        pytest.param([], ["message:appMaker"], {HERE: ["message:appMaker"]}, id="a fresh app"),
        pytest.param(
            [(THERE, ["postback", "message:appMaker"])],
            ["message:appMaker"],
            {HERE: ["message:appMaker"], THERE: ["postback"]},
            id="the trigger is elsewhere among others",
        ),
        pytest.param(
            [(HERE, ["link:match"]), (HERE, ["postback"]), (THERE, ["postback"])],
            ["postback", "client:add"],
            {HERE: ["client:add", "link:match", "postback"]},
            id="several triggers, scattered",
        ),
    ],
)
def test_all_processes_get_the_same_webhook_and_exactly_one_remains(
    before: list[tuple[str, list[str]]], wanted: list[str], after: dict[str, list[str]]
) -> None:
    with Sandbox() as sandbox, Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
        for target, triggers in before:
            api.make_webhook(target, triggers)
        outcomes = deploy(sandbox, wanted)
        webhooks = api.get_webhooks().json()["webhooks"]
    assert len(outcomes) == PROCESSES
    [carrier] = [each for each in webhooks if set(each["triggers"]) & set(wanted)]
    assert set(carrier["triggers"]) >= set(wanted)
    assert outcomes == [[carrier["_id"], carrier["secret"]]] * PROCESSES
    subscribed: dict[str, list[str]] = {}
    for each in webhooks:
        subscribed.setdefault(each["target"], []).extend(each["triggers"])
    assert {target: sorted(triggers) for target, triggers in subscribed.items()} == after
