"""The guide's workers post to many conversations and read them all while the API limits the rate.

`make test` sends 200 messages. `make test-queues` sends 10,000 and prints how long that took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from smooch.sandbox import Sandbox

from .engines import make_environment, run_commands, run_redis

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

MESSAGES = int(os.environ.get("QUEUE_DELIVERIES", "200"))
LIMITED = 10 + MESSAGES // 250
SECONDS = 120 + MESSAGES / 10  # for each of posting and reading
TEXT = "The shop is open on Sunday."


def is_post(request: Any) -> bool:
    return request.method == "POST" and request.path.endswith("/messages")


def wait_for(condition: Callable[[], bool]) -> None:
    """Poll rarely: counting thousands of requests slows the sandbox down."""
    limit = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < limit, "the workers did not finish"
        time.sleep(0.25)


def test_each_conversation_gets_the_message_once_and_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(keep_requests=None) as sandbox, run_redis(tmp_path / "redis") as redis:
        for number in range(MESSAGES):
            sandbox.say(f"user-{number}", "Hi")
        conversations = httpx.get(f"{sandbox.url}/_sandbox/conversations", timeout=60).json()["conversations"]
        (tmp_path / "ids.json").write_text(json.dumps([conversation["id"] for conversation in conversations]))

        def start(call: str) -> None:
            code = f"import json; ids = json.load(open('ids.json')); from broadcast_app.worker import *; {call}"
            environment = make_environment(sandbox, REDIS_URL=redis.url)
            subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)

        def statuses() -> Counter[int | None]:
            return Counter(request.status for request in sandbox.requests if is_post(request))

        def exported() -> int:
            return sum(path.stat().st_size > 0 for path in (tmp_path / "export").glob("*.jsonl"))

        with run_commands("broadcast_app", tmp_path, sandbox, REDIS_URL=redis.url):
            sandbox.fail(status=429, headers={"Retry-After": "1"}, times=LIMITED, path="/messages")
            begin = time.monotonic()
            for _ in range(2):  # the same broadcast again posts nothing
                start(f"broadcast('sunday', ids, {TEXT!r})")
            queued = time.monotonic()
            wait_for(lambda: statuses()[201] >= MESSAGES)
            posted = time.monotonic()
            start("export_all(ids)")
            wait_for(lambda: exported() >= MESSAGES)
            read = time.monotonic()
        with capsys.disabled():
            if MESSAGES >= 1000:
                print(
                    f"\nbroadcast: {MESSAGES} messages, queued twice in {queued - begin:.0f} s, posted in {posted - begin:.0f} s"
                    f" with {LIMITED} answers 429; {MESSAGES} conversations read in {read - posted:.0f} s"
                )
        assert statuses() == {201: MESSAGES, 429: LIMITED}
    for path in (tmp_path / "export").glob("*.jsonl"):
        texts = [json.loads(line)["content"]["text"] for line in path.read_text().splitlines()]
        assert sorted(texts) == ["Hi", TEXT]
