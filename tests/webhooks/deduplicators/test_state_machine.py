"""The states of a claim against the real stores, with crashes, lost replies and clocks that jump.

The machine plays the API and the apps: deliveries come, handlers succeed or fail, processes die, replies are lost. After
each step the store must answer as the drawing in `smooch/webhooks/deduplicators/protocol.py` says. At the end every
event must have been handled, and none twice without one of the reasons that are given there.
"""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from smooch.webhooks import MemoryDeduplicator, RedisDeduplicator, SQLiteDeduplicator
from smooch.webhooks.deduplicators import memory, sqlite

from ..redis_proxy import RedisProxy

if TYPE_CHECKING:
    from pathlib import Path

LEASE = 1_000.0
EXPIRY = 50_000.0
EVENTS = ("e1", "e2")


class Clock:
    """`time` can jump; `monotonic` cannot."""

    def __init__(self) -> None:
        self.wall = 1_000_000_000.0
        self.steady = 0.0

    def time(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.steady


class MemoryStore:
    lease = float("inf")
    can_lose_replies = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.crash()

    def now(self) -> float:
        return self._clock.steady

    def crash(self) -> None:
        self.deduplicator: Any = MemoryDeduplicator(expiry=EXPIRY)

    def jump(self, seconds: float) -> None:
        self._clock.wall += seconds

    def close(self) -> None: ...


class SQLiteStore:
    lease = LEASE
    can_lose_replies = True

    def __init__(self, clock: Clock, path: Path) -> None:
        self._clock = clock
        self._path = path
        self.deduplicator: Any = None
        self.crash()

    def now(self) -> float:
        return self._clock.wall

    def crash(self) -> None:
        self.close()
        self.deduplicator = SQLiteDeduplicator(self._path, expiry=EXPIRY, lease=LEASE)

    def jump(self, seconds: float) -> None:
        self._clock.wall += seconds

    def close(self) -> None:
        if self.deduplicator is not None:
            self.deduplicator.close()


class RedisStore:
    """Moves time in Redis by changing the keys' times to live, because a server's clock cannot be moved."""

    lease = LEASE
    can_lose_replies = True

    def __init__(self, url: str) -> None:
        self.proxy = RedisProxy(url).__enter__()
        self._direct = redis.Redis.from_url(url)
        self._direct.flushdb()
        self._now = 0.0
        self.deduplicator: Any = None
        self.crash()

    def now(self) -> float:
        return self._now

    def crash(self) -> None:
        if self.deduplicator is not None:
            self.deduplicator.close()
        self.deduplicator = RedisDeduplicator(self.proxy.url, prefix="", expiry=EXPIRY, lease=LEASE)

    def jump(self, seconds: float) -> None:
        self._now += seconds
        for key in self._direct.scan_iter():
            remaining = self._direct.pttl(key) - round(seconds * 1000)
            if remaining > 0:
                self._direct.pexpire(key, remaining)
            else:
                self._direct.delete(key)

    def close(self) -> None:
        self.deduplicator.close()
        self._direct.close()
        self.proxy.__exit__()


class Machine(RuleBasedStateMachine):
    def __init__(self, store: Any, clock: Clock) -> None:
        super().__init__()
        self.store = store
        self.clock = clock
        self.owners = map(str, itertools.count())
        self.working: dict[str, str] = {}
        """The event of each owner whose handler is running."""
        self.states: dict[str, tuple[str, float, float]] = {}
        """Owner ("" once handled), start and end of the claim of each event."""
        self.handled = dict.fromkeys(EVENTS, 0)
        self.excused = dict.fromkeys(EVENTS, 0)
        self.over: set[str] = set()
        self.seen: set[str] = set()

    def expect(self, event: str, owner: str, claim: str | None) -> None:
        """Make the step of a claim in the drawing; None if nobody got the reply."""
        holder, since, until = self.states.get(event, (None, 0.0, 0.0))
        now = self.store.now()
        is_free = holder is None or until <= now or holder == owner
        # What was over before the clock was set back may have been purged meanwhile, or not.
        is_free |= event in self.over and claim == "new"
        if is_free:
            assert claim in ("new", None)
            others = [each for each, its in self.working.items() if its == event and each != owner]
            # The lease of a handler that is still at work is over, or what was handled is forgotten.
            self.excused[event] += bool(others) + bool(self.handled[event])
            self.put(event, owner, self.store.lease)
            return
        assert claim in ("running" if holder else "handled", None)
        if since > now and not isinstance(self.store, RedisStore):
            self.states[event] = (str(holder), now, now + until - since)

    def put(self, event: str, owner: str, seconds: float) -> None:
        now = self.store.now()
        self.states[event] = (owner, now, now + seconds)
        self.over.discard(event)

    def confirmed(self, event: str) -> None:
        self.put(event, "", EXPIRY)

    def clock_moved(self) -> None:
        self.over |= {event for event, (_, _, until) in self.states.items() if until <= self.store.now()}

    def released(self, event: str, owner: str) -> None:
        if self.states.get(event, ("",))[0] == owner:
            del self.states[event]

    def claim(self, event: str, owner: str) -> str:
        self.seen.add(event)
        claim: str = self.store.deduplicator.claim(event, owner)
        self.expect(event, owner, claim)
        return claim

    def lose_reply(self, call: Any, *args: Any) -> Any:
        """The store makes the change, but the caller gets an error where replies come over a network."""
        proxy = getattr(self.store, "proxy", None)
        if proxy is None:
            return call(*args)
        before = proxy.lost
        proxy.lose(1)
        with suppress(redis.RedisError):
            call(*args)
        assert proxy.lost == before + 1
        return None

    @rule(event=st.sampled_from(EVENTS))
    def deliver(self, event: str) -> None:
        owner = next(self.owners)
        if self.claim(event, owner) == "new":
            self.working[owner] = event

    @precondition(lambda self: self.store.can_lose_replies)
    @rule(event=st.sampled_from(EVENTS), repeats=st.booleans(), releases=st.booleans())
    def deliver_without_reply(self, event: str, repeats: bool, releases: bool) -> None:
        """Send the command again, as redis-py does, or release, as the app does; the reply may get lost again."""
        owner = next(self.owners)
        self.seen.add(event)
        self.expect(event, owner, self.lose_reply(self.store.deduplicator.claim, event, owner))
        if repeats:
            if self.claim(event, owner) == "new":
                self.working[owner] = event
        elif releases:
            self.store.deduplicator.release(event, owner)
            self.released(event, owner)

    @precondition(lambda self: self.working)
    @rule(data=st.data(), record=st.sampled_from(["works", "works", "loses its reply", "fails"]))
    def succeed(self, data: st.DataObject, record: str) -> None:
        owner, event = data.draw(st.sampled_from(sorted(self.working.items())))
        del self.working[owner]
        self.handled[event] += 1
        if record == "works" or not self.store.can_lose_replies:
            self.store.deduplicator.confirm(event)
            self.confirmed(event)
        elif record == "loses its reply":
            self.lose_reply(self.store.deduplicator.confirm, event)
            self.confirmed(event)

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        owner, event = data.draw(st.sampled_from(sorted(self.working.items())))
        del self.working[owner]
        self.store.deduplicator.release(event, owner)
        self.released(event, owner)

    @rule()
    def crash(self) -> None:
        self.working.clear()
        self.store.crash()
        if isinstance(self.store, MemoryStore):
            self.states.clear()

    @rule(seconds=st.sampled_from([1.0, LEASE / 2, LEASE + 1, EXPIRY + 1]))
    def wait(self, seconds: float) -> None:
        if isinstance(self.store, RedisStore):
            self.store.jump(seconds)
        self.clock.wall += seconds
        self.clock.steady += seconds
        self.clock_moved()

    @rule(seconds=st.sampled_from([-1e6, -LEASE, -1.0, 1.0, LEASE, 1e6]))
    def jump(self, seconds: float) -> None:
        """Set the clock of the machine; a Redis server's clock cannot be set back."""
        if seconds > 0 or not isinstance(self.store, RedisStore):
            self.store.jump(seconds)
            self.clock_moved()

    def teardown(self) -> None:
        try:
            self.crash()
            for event in self.seen:
                if not self.handled[event] and self.claim(event, next(self.owners)) != "new":
                    # The API delivers again for 15 minutes, which is longer than a lease should be.
                    self.wait(self.store.lease + 1)
                    assert self.claim(event, next(self.owners)) == "new", "the event is lost"
                assert self.handled[event] <= 1 + self.excused[event]
        finally:
            self.store.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(memory, "time", clock)
    monkeypatch.setattr(sqlite, "time", clock)
    return clock


@pytest.mark.parametrize("kind", ["memory", "SQLite", "Redis"])
def test_no_event_is_lost_or_handled_twice_without_a_reason(
    kind: str, clock: Clock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    paths = (tmp_path / f"{number}.db" for number in itertools.count())

    def machine() -> Machine:
        clock.__init__()  # type: ignore[misc]
        match kind:
            case "memory":
                return Machine(MemoryStore(clock), clock)
            case "SQLite":
                return Machine(SQLiteStore(clock, next(paths)), clock)
            case _:
                return Machine(RedisStore(request.getfixturevalue("redis_url")), clock)

    options = settings(
        max_examples=60 if kind == "Redis" else 150,
        stateful_step_count=30,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=options)
