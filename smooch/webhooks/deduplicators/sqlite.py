"""A deduplicator in an SQLite file, for the processes of one machine."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ... import _checks, _fork
from ...errors import InvalidInput
from .protocol import EXPIRY, LEASE, choose_shorter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .protocol import Claim

_WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.01
_PURGE_SECONDS = 60.0

# A handled event has no owner. `since` is when the row was written.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS smooch_events
(event_id TEXT PRIMARY KEY, owner TEXT, since REAL NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS smooch_events_until ON smooch_events (until);
"""
_CLAIM = """
INSERT INTO smooch_events VALUES (:event_id, :owner, :now, :now + :lease) ON CONFLICT (event_id)
DO UPDATE SET owner = excluded.owner, since = excluded.since, until = excluded.until
WHERE until <= :now OR owner = excluded.owner
"""
# A clock that was set back must not prolong a claim: treat times in the future as now.
_CLAMP = (
    "UPDATE smooch_events SET until = until - since + :now, since = :now WHERE event_id = :event_id AND since > :now"
)
_CONFIRM = """
INSERT INTO smooch_events VALUES (:event_id, NULL, :now, :now + :expiry) ON CONFLICT (event_id)
DO UPDATE SET owner = NULL, since = excluded.since, until = excluded.until
"""
_RELEASE = "DELETE FROM smooch_events WHERE event_id = :event_id AND owner = :owner"


class SQLiteDeduplicator:
    """Remembers events in a local file that the processes of a machine share; survives restarts.

    `expiry`: seconds for which a handled event is remembered, by default a day. `lease`: seconds after which the claim
    of a dead process ends, by default 60. Choose a lease longer than your handler runs and much shorter than the
    15 minutes in which the API retries. A call waits up to 5 s for other threads and 5 s for other processes.
    """

    def __init__(self, path: str | os.PathLike[str], *, expiry: float = EXPIRY, lease: float = LEASE) -> None:
        self._path = _check_path(path)
        self._expiry = _checks.check_seconds(expiry, "expiry")
        self._lease = _checks.check_seconds(lease, "lease")
        self._purged = 0.0
        self._inherited: list[sqlite3.Connection | None] = []
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = self._connect()
        _fork.reset_after_fork(self)

    def claim(self, event_id: str, owner: str) -> Claim:
        """Claim an event until `confirm`, `release` or the end of the lease."""
        now = time.time()
        parameters = {"event_id": event_id, "owner": owner, "now": now, "lease": self._lease}
        with self._database() as database:
            self._purge(database, now)
            if database.execute(_CLAIM, parameters).rowcount:
                return "new"
            row = database.execute("SELECT owner, since FROM smooch_events WHERE event_id = ?", (event_id,)).fetchone()
            if row is not None and row[1] > now:
                database.execute(_CLAMP, parameters)
            return "handled" if row is not None and row[0] is None else "running"

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled."""
        parameters = {"event_id": event_id, "now": time.time(), "expiry": choose_shorter(self._expiry, at_most)}
        with self._database() as database:
            database.execute(_CONFIRM, parameters)

    def release(self, event_id: str, owner: str) -> None:
        """End the claim of `owner`, so that the event is new again."""
        with self._database() as database:
            database.execute(_RELEASE, {"event_id": event_id, "owner": owner})

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _reset(self) -> None:
        """Reconnect in a child process: SQLite forbids to use, or even close, the connection of the parent."""
        self._inherited.append(self._connection)
        self._connection = None
        self._lock = threading.Lock()

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        # Bounded, so that threads do not wait one after the other while another process locks the file.
        if not self._lock.acquire(timeout=_WAIT_SECONDS):
            raise TimeoutError(f"other threads used the deduplicator for more than {_WAIT_SECONDS:g} seconds")
        try:
            if self._connection is None:
                self._connection = self._connect()
            yield self._connection
        finally:
            self._lock.release()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _enable_write_ahead_logging(database)
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_SCHEMA)
        except BaseException:
            database.close()
            raise
        return database

    def _purge(self, database: sqlite3.Connection, now: float) -> None:
        if abs(now - self._purged) >= _PURGE_SECONDS:
            self._purged = now
            database.execute("DELETE FROM smooch_events WHERE until <= ?", (now,))


def _check_path(path: str | os.PathLike[str]) -> str:
    try:
        text = os.fspath(path)
    except TypeError:
        raise InvalidInput(f"path must be the path of a file, got {type(path).__name__}", "path") from None
    if not isinstance(text, str) or not text or "\0" in text:
        raise InvalidInput("path must be the path of a file", "path")
    if text == ":memory:":
        raise InvalidInput("path must be the path of a file; for a store in memory use MemoryDeduplicator", "path")
    return text


def _enable_write_ahead_logging(database: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, with retries: SQLite does not wait here for other processes."""
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return
