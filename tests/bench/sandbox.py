"""The sandbox as a process: requests per second, how long one takes, the start, memory after many messages."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import httpx

from smooch import Smooch, v2

from .clients import environment
from .measure import Findings, Plan, Samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RATE, P95 = "requests per second", "p95, ms"
START, FRESH = "start to first response, ms", "memory, MB"


@attrs.frozen
class Row:
    name: str


SANDBOX = Row("`python -m smooch.sandbox`")


@attrs.frozen
class Process:
    pid: int
    options: dict[str, str]
    """Environment variables that the sandbox tells its user to set."""
    seconds_to_first_response: float

    def megabytes(self) -> float:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096 / 1e6


@contextlib.contextmanager
def running() -> Iterator[Process]:
    """A sandbox in a process of its own, as a shell would start it."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "smooch.sandbox"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        try:
            lines = iter(sandbox.stdout.readline, "")
            options: dict[str, str] = {}
            while "SMOOCH_APP_ID" not in options:
                name, _, value = next(lines).strip().removeprefix("export ").partition("=")
                options[name] = value
            httpx.get(options["SMOOCH_BASE_URL"], trust_env=False)
            yield Process(sandbox.pid, options, time.perf_counter() - start)
        finally:
            sandbox.kill()


def measure(plan: Plan) -> Findings:
    samples = Samples()

    def start(_: Row) -> list[float]:
        with running() as sandbox:
            return [sandbox.seconds_to_first_response * 1000]

    start(SANDBOX)  # writes the bytecode
    samples.collect([SANDBOX], [START], plan.rounds, start)
    with running() as sandbox:
        options = sandbox.options
        keys = options["SMOOCH_KEY_ID"], options["SMOOCH_SECRET"]
        url = options["SMOOCH_BASE_URL"]
        with Smooch(*keys, base_url=url) as api, v2.Smooch(*keys, options["SMOOCH_APP_ID"], base_url=url) as api_v2:
            calls = prepare(api, api_v2)
            samples.collect(calls, [RATE, P95], plan.rounds, lambda row: time_calls(calls[row], plan.seconds * 4))
    after = f"memory after {plan.many:,} messages, MB"

    def memory(_: Row) -> list[float]:
        with running() as sandbox:
            options, fresh = sandbox.options, sandbox.megabytes()
            with Smooch(options["SMOOCH_KEY_ID"], options["SMOOCH_SECRET"], base_url=options["SMOOCH_BASE_URL"]) as api:
                api.precreate_user("ana")
                for _ in range(plan.many):
                    api.post_message("ana", "Is the shop open?", True)
            return [fresh, sandbox.megabytes()]

    samples.collect([SANDBOX], [FRESH, after], 1, memory)
    return Findings(
        [
            samples.table("Sandbox: calls of the clients, one after the other", calls, [RATE, P95]),
            samples.table("Sandbox: start and memory", [SANDBOX], [START, FRESH, after]),
        ]
    )


def prepare(api: Smooch, api_v2: v2.Smooch) -> dict[Row, Callable[[], object]]:
    """Calls to be timed; the lists have a hundred messages, and grow no more."""
    for user in ("ana", "ben"):
        api.precreate_user(user)
    for number in range(100):
        api.post_message("ben", f"Message {number}", True)
    users = [api_v2.users.get_or_create(user) for user in ("ana", "ben")]
    writing, reading = (api_v2.conversations.get_or_create_default(user).id for user in users)
    return {
        Row("v1 post_message"): lambda: api.post_message("ana", "Is the shop open?", True),
        Row("v1 get_messages of 100"): lambda: api.get_messages("ben"),
        Row("v2 messages.post_text"): lambda: api_v2.messages.post_text(writing, "Is the shop open?"),
        Row("v2 messages.list of 100"): lambda: list(api_v2.messages.list(reading)),
    }


def time_calls(call: Callable[[], object], seconds: float) -> list[float]:
    """Calls per second, and the milliseconds that 95 of 100 calls did not exceed."""
    call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        call()
        times.append(time.perf_counter() - start)
    return [len(times) / sum(times), sorted(times)[int(len(times) * 0.95)] * 1000]
