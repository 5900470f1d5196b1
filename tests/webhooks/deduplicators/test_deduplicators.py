"""The contract of the three deduplicators; then bounds, processes, restarts and lost servers of each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import redis
import redis.asyncio

from smooch import InvalidInput
from smooch.webhooks import (
    AsyncRedisDeduplicator,
    Deduplicator,
    MemoryDeduplicator,
    RedisDeduplicator,
    SQLiteDeduplicator,
)
from smooch.webhooks.deduplicators import memory, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Clock:
    """A clock that a test moves, for the two deduplicators that use a clock of this process."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(memory, "time", clock)
    monkeypatch.setattr(sqlite, "time", clock)
    return clock


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
        yield client


@pytest.fixture(params=["memory", "SQLite", "Redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A function that makes deduplicators of one kind; where the kind can, they share their records."""
    opened: list[Any] = []

    def make(**options: Any) -> Any:
        if request.param == "memory":
            options.pop("lease", None)
            return MemoryDeduplicator(**options)
        if request.param == "SQLite":
            opened.append(SQLiteDeduplicator(tmp_path / "events.db", **options))
        else:
            request.getfixturevalue("server")
            opened.append(RedisDeduplicator(request.getfixturevalue("redis_url"), **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def dedupe(make: Callable[..., Any]) -> Deduplicator:
    deduplicator: Deduplicator = make()
    return deduplicator


def test_an_event_is_new_then_running_then_handled(dedupe: Deduplicator) -> None:
    assert dedupe.claim("e1", "a") == "new"
    assert dedupe.claim("e1", "b") == "running"
    assert dedupe.claim("e1", "a") == "new", "the owner of a claim may have missed the reply"
    assert dedupe.claim("e1", "b") == "running"
    assert dedupe.claim("e2", "b") == "new"
    dedupe.confirm("e1")
    assert dedupe.claim("e1", "b") == "handled"
    assert dedupe.claim("e2", "a") == "running"


def test_a_released_event_is_new_again(dedupe: Deduplicator) -> None:
    dedupe.claim("e1", "a")
    dedupe.release("e1", "a")
    assert dedupe.claim("e1", "b") == "new"


def test_only_the_owner_can_release(dedupe: Deduplicator) -> None:
    dedupe.claim("e1", "a")
    dedupe.release("e1", "b")
    assert dedupe.claim("e1", "b") == "running"


def test_a_handled_event_stays_handled(dedupe: Deduplicator) -> None:
    dedupe.claim("e1", "a")
    dedupe.confirm("e1")
    dedupe.release("e1", "a")
    assert dedupe.claim("e1", "a") == "handled"


def test_confirming_and_releasing_an_unclaimed_event_does_no_harm(dedupe: Deduplicator) -> None:
    dedupe.release("e1", "a")
    dedupe.confirm("e2")
    assert dedupe.claim("e1", "a") == "new"
    assert dedupe.claim("e2", "a") == "handled"


def test_many_threads_get_each_event_once(dedupe: Deduplicator) -> None:
    def claims(owner: str) -> list[str]:
        return [event for event in map(str, range(50)) if dedupe.claim(event, owner) == "new"]

    with ThreadPoolExecutor(8) as threads:
        won = [event for each in threads.map(claims, "abcdefgh") for event in each]
    assert sorted(won) == sorted(map(str, range(50)))


@pytest.mark.parametrize(
    "options", [{"expiry": 0}, {"expiry": -1}, {"expiry": True}, {"expiry": "1"}, {"expiry": float("inf")}]
)
def test_an_invalid_expiry_is_refused(make: Callable[..., Any], options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="expiry"):
        make(**options)


# Time, with a clock that the test moves


@pytest.fixture(params=["memory", "SQLite"])
def timed(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Iterator[Deduplicator]:
    if request.param == "memory":
        yield MemoryDeduplicator(expiry=100)
    else:
        with closing(SQLiteDeduplicator(tmp_path / "events.db", expiry=100, lease=10)) as deduplicator:
            yield deduplicator


def test_a_handled_event_is_forgotten_after_its_expiry(timed: Deduplicator, clock: Clock) -> None:
    timed.confirm("e1")
    timed.confirm("short", at_most=20)
    timed.confirm("long", at_most=1000)
    clock.now += 19
    assert [timed.claim(event, "a") for event in ("e1", "short", "long")] == ["handled"] * 3
    clock.now += 2
    assert timed.claim("short", "a") == "new"
    clock.now += 78
    assert timed.claim("e1", "a") == "handled"
    clock.now += 2
    assert [timed.claim(event, "a") for event in ("e1", "long")] == ["new"] * 2


def test_memory_is_bounded(clock: Clock) -> None:
    dedupe = MemoryDeduplicator(max_events=3)
    for number in range(10):
        clock.now += 1
        dedupe.claim(str(number), "a")
        dedupe.confirm(str(number))
    assert [dedupe.claim(str(number), "a") for number in range(6, 10)] == ["new", "handled", "handled", "handled"]
    assert len(dedupe._handled) == 3


def test_memory_drops_expired_events(clock: Clock) -> None:
    dedupe = MemoryDeduplicator(expiry=100)
    for number in range(10):
        dedupe.confirm(str(number))
    clock.now += 101
    dedupe.confirm("last")
    assert list(dedupe._handled) == ["last"]


def test_memory_keeps_a_claim_as_long_as_its_process_lives(clock: Clock) -> None:
    dedupe = MemoryDeduplicator()
    dedupe.claim("e1", "a")
    clock.now += 10**9
    assert dedupe.claim("e1", "b") == "running"


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "9"])
def test_an_invalid_bound_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput, match="max_events"):
        MemoryDeduplicator(max_events=value)


# SQLite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


def test_sqlite_ends_the_claim_of_a_process_that_died(path: Path, clock: Clock) -> None:
    with closing(SQLiteDeduplicator(path, lease=10)) as died, closing(SQLiteDeduplicator(path, lease=10)) as other:
        died.claim("e1", "a")
        clock.now += 9
        assert other.claim("e1", "b") == "running"
        clock.now += 2
        assert other.claim("e1", "b") == "new"
        died.release("e1", "a")
        assert died.claim("e1", "c") == "running"


def test_sqlite_removes_expired_events_from_the_file(path: Path, clock: Clock) -> None:
    with closing(SQLiteDeduplicator(path, expiry=100)) as dedupe, closing(sqlite3.connect(path)) as database:
        for number in range(50):
            dedupe.confirm(str(number))
        clock.now += 101
        dedupe.claim("last", "a")
        assert database.execute("SELECT event_id FROM smooch_events").fetchall() == [("last",)]


def test_sqlite_remembers_across_a_restart(path: Path) -> None:
    for expected in ("new", "handled", "handled"):
        with closing(SQLiteDeduplicator(path)) as dedupe:
            assert dedupe.claim("e1", "a") == expected
            dedupe.confirm("e1")


def test_sqlite_can_be_used_after_it_was_closed(path: Path) -> None:
    dedupe = SQLiteDeduplicator(path)
    dedupe.confirm("e1")
    dedupe.close()
    assert dedupe.claim("e1", "a") == "handled"
    dedupe.close()
    dedupe.close()


def test_sqlite_refuses_an_unusable_path_at_once(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        SQLiteDeduplicator(tmp_path / "missing" / "events.db")
    (tmp_path / "text.db").write_text("this is no database, but long enough to look like one " * 20)
    with pytest.raises(sqlite3.DatabaseError):
        SQLiteDeduplicator(tmp_path / "text.db")


@pytest.mark.parametrize("path", ["", None, 5, b"events.db", "a\0b", ":memory:"])
def test_an_invalid_path_is_refused(path: Any) -> None:
    with pytest.raises(InvalidInput, match="path") as caught:
        SQLiteDeduplicator(path)
    assert caught.value.field == "path"


def test_sqlite_threads_do_not_block_each_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_WAIT_SECONDS", 0.05)
    with closing(SQLiteDeduplicator(path)) as dedupe, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            dedupe.claim("e1", "a")
        with dedupe._lock, ThreadPoolExecutor(5) as threads:
            for call in [threads.submit(dedupe.claim, "e1", "a") for _ in range(5)]:
                with pytest.raises(TimeoutError, match="other threads"):
                    call.result()
        other.execute("ROLLBACK")
        assert dedupe.claim("e1", "a") == "new"


@pytest.mark.parametrize("lease", [0, -1, True, "1", float("nan")])
def test_an_invalid_lease_is_refused(path: Path, lease: Any) -> None:
    with pytest.raises(InvalidInput, match="lease"):
        SQLiteDeduplicator(path, lease=lease)
    with pytest.raises(InvalidInput, match="lease"):
        RedisDeduplicator("redis://127.0.0.1", lease=lease)


CLAIM_ALL = """
import sys
from smooch.webhooks import SQLiteDeduplicator
dedupe = SQLiteDeduplicator(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
won = []
for number in range(300):
    if dedupe.claim(str(number), sys.argv[2]) == "new":
        won.append(str(number))
        dedupe.confirm(str(number))
print(*won)
"""


def test_sqlite_gives_each_event_to_one_process(path: Path) -> None:
    command = [sys.executable, "-c", CLAIM_ALL, str(path)]
    processes = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * 4
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    won = [event for process in processes for event in process.communicate()[0].split()]
    assert sorted(won, key=int) == [str(number) for number in range(300)]


def test_sqlite_waits_for_processes_that_start_at_the_same_time(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other, ThreadPoolExecutor(1) as executor:
        other.executescript("BEGIN IMMEDIATE; CREATE TABLE t (x);")
        starting = executor.submit(SQLiteDeduplicator, path)
        with pytest.raises(TimeoutError):
            starting.result(0.1)
        other.execute("COMMIT")
        with closing(starting.result()) as dedupe:
            assert dedupe.claim("e1", "a") == "new"


def test_sqlite_gives_up_if_another_process_keeps_the_file_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_WAIT_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.executescript("BEGIN IMMEDIATE; CREATE TABLE t (x);")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            SQLiteDeduplicator(path)


DIE = """
import os, signal, sys
from smooch.webhooks import SQLiteDeduplicator
dedupe = SQLiteDeduplicator(sys.argv[1], lease=1)
dedupe.claim("running", "a")
dedupe.claim("done", "a")
dedupe.confirm("done")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_sqlite_survives_a_kill(path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", DIE, str(path)]).returncode == -signal.SIGKILL
    with closing(SQLiteDeduplicator(path)) as dedupe:
        assert dedupe.claim("done", "b") == "handled"
        limit = time.monotonic() + 10
        while dedupe.claim("running", "b") != "new":
            assert time.monotonic() < limit
            time.sleep(0.05)


def _child(dedupe: SQLiteDeduplicator, results: Any) -> None:
    inherits = dedupe._connection is not None
    results.put((inherits, dedupe.claim("before", "child"), dedupe.claim("after", "child")))
    dedupe.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_sqlite_can_be_used_on_both_sides_of_a_fork(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    with closing(SQLiteDeduplicator(path)) as dedupe:
        dedupe.claim("before", "parent")
        child = context.Process(target=_child, args=(dedupe, results))
        child.start()
        assert results.get() == (False, "running", "new")
        child.join()
        assert child.exitcode == 0
        assert dedupe.claim("after", "parent") == "running"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_memory_forgets_the_claims_of_the_parent_after_a_fork() -> None:
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    dedupe = MemoryDeduplicator()
    dedupe.claim("running", "parent")
    dedupe.claim("handled", "parent")
    dedupe.confirm("handled")
    with dedupe._lock:
        child = context.Process(
            target=lambda: results.put([dedupe.claim(event_id, "child") for event_id in ("running", "handled")])
        )
        child.start()
    assert results.get() == ["new", "handled"]
    child.join()
    assert dedupe.claim("running", "other") == "running"


# Redis


def test_redis_keys_have_a_prefix_and_expire(server: redis.Redis, redis_url: str) -> None:
    with closing(RedisDeduplicator(redis_url, prefix="bot:", expiry=100, lease=10)) as dedupe:
        dedupe.claim("e1", "a")
        assert server.get("bot:e1") == b"a"
        assert 9_000 < server.pttl("bot:e1") <= 10_000
        dedupe.confirm("e1")
        assert 90_000 < server.pttl("bot:e1") <= 100_000
        dedupe.confirm("e1", at_most=20)
        assert 10_000 < server.pttl("bot:e1") <= 20_000
        assert server.keys() == [b"bot:e1"]


def test_redis_ends_the_claim_of_a_process_that_died(server: redis.Redis, redis_url: str) -> None:
    with closing(RedisDeduplicator(redis_url, lease=0.05)) as dedupe:
        dedupe.claim("e1", "a")
        limit = time.monotonic() + 10
        while dedupe.claim("e1", "b") != "new":
            assert time.monotonic() < limit
            time.sleep(0.01)
        dedupe.release("e1", "a")
        assert server.get("smooch:webhooks:e1") in (b"b", None)


def test_redis_is_shared_by_machines_and_separated_by_prefix(server: redis.Redis, redis_url: str) -> None:
    with (
        closing(RedisDeduplicator(redis_url)) as one,
        closing(RedisDeduplicator(redis_url)) as other,
        closing(RedisDeduplicator(redis_url, prefix="another-bot:")) as apart,
    ):
        one.claim("e1", "a")
        assert other.claim("e1", "b") == "running"
        assert apart.claim("e1", "b") == "new"


@pytest.mark.parametrize("decode", [False, True])
def test_redis_takes_a_client_and_leaves_it_open(redis_url: str, server: redis.Redis, decode: bool) -> None:
    with redis.Redis.from_url(redis_url, decode_responses=decode) as client:
        dedupe = RedisDeduplicator(client)
        dedupe.claim("e1", "a")
        assert dedupe.claim("e1", "b") == "running"
        dedupe.confirm("e1")
        assert dedupe.claim("e1", "b") == "handled"
        dedupe.close()
        assert client.ping()


def test_redis_refuses_an_async_client_and_a_bad_address() -> None:
    with pytest.raises(InvalidInput, match="sync"):
        RedisDeduplicator(redis.asyncio.Redis())  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="redis://") as caught:
        RedisDeduplicator("http://:not-for-logs@127.0.0.1")
    assert "not-for-logs" not in repr(caught.value)


@pytest.mark.parametrize("server", [None, "", 5, b"redis://127.0.0.1", ["redis://127.0.0.1"]])
@pytest.mark.parametrize("cls", [RedisDeduplicator, AsyncRedisDeduplicator])
def test_an_unusable_redis_configuration_is_refused(cls: Any, server: Any) -> None:
    with pytest.raises(InvalidInput, match="server") as caught:
        cls(server)
    assert caught.value.field == "server"


def test_the_async_deduplicator_refuses_a_sync_client() -> None:
    with redis.Redis() as client, pytest.raises(InvalidInput, match="use RedisDeduplicator"):
        AsyncRedisDeduplicator(client)  # type: ignore[arg-type]


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ImportError, match=r"pip install 'smooch-python\[redis\]'"):
        RedisDeduplicator("redis://127.0.0.1")


def test_redis_and_sqlite_are_imported_only_when_used() -> None:
    code = "import sys, smooch.webhooks as w; w.parse('{}'); print([m for m in ('redis', 'sqlite3', 'asyncio.runners') if m in sys.modules])"
    # A measured process imports sqlite3, for its measurements.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    run = subprocess.run([sys.executable, "-c", code], env=unmeasured, capture_output=True, text=True, check=True)
    assert not {"redis", "sqlite3"} & set(eval(run.stdout))
