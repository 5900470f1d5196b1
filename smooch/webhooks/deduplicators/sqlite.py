"""A deduplicator in an SQLite file, for the processes of one machine."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ... import _checks, _fork
from .protocol import EXPIRY, LEASE, shorter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .protocol import Claim

_LOCK_SECONDS = 10.0
_LOCK_PAUSE = 0.01
_PURGE_SECONDS = 60.0

# A handled event has no owner.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS smooch_events (event_id TEXT PRIMARY KEY, owner TEXT, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS smooch_events_until ON smooch_events (until);
"""
_CLAIM = """
INSERT INTO smooch_events VALUES (:event_id, :owner, :until) ON CONFLICT (event_id)
DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE until <= :now
"""
_CONFIRM = """
INSERT INTO smooch_events VALUES (?, NULL, ?) ON CONFLICT (event_id)
DO UPDATE SET owner = NULL, until = excluded.until
"""


class SQLiteDeduplicator:
    """Remembers events in a file on a local disk, shared by the processes of the machine; survives a restart.

    `expiry`: seconds for which a handled event is remembered, by default a day. `lease`: seconds after which the claim
    of a dead process ends, by default 60. Choose a lease longer than your handler runs and much shorter than the
    15 minutes in which the API retries.
    """

    def __init__(self, path: str | os.PathLike[str], *, expiry: float = EXPIRY, lease: float = LEASE) -> None:
        self._path = os.fspath(path)
        self._expiry = _checks.check_seconds(expiry, "expiry")
        self._lease = _checks.check_seconds(lease, "lease")
        self._purged = 0.0
        self._inherited: list[sqlite3.Connection | None] = []
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = self._connect()
        _fork.start_anew_in_children(self)

    def claim(self, event_id: str, owner: str) -> Claim:
        """Claim an event until `confirm`, `release` or the end of the lease."""
        now = time.time()
        with self._database() as database:
            self._purge(database, now)
            parameters = {"event_id": event_id, "owner": owner, "until": now + self._lease, "now": now}
            if database.execute(_CLAIM, parameters).rowcount:
                return "new"
            row = database.execute("SELECT owner FROM smooch_events WHERE event_id = ?", (event_id,)).fetchone()
            return "handled" if row == (None,) else "running"

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        """Remember the event as handled."""
        with self._database() as database:
            database.execute(_CONFIRM, (event_id, time.time() + shorter(self._expiry, at_most)))

    def release(self, event_id: str, owner: str) -> None:
        """End the claim of `owner`, so that the event is new again."""
        with self._database() as database:
            database.execute("DELETE FROM smooch_events WHERE event_id = ? AND owner = ?", (event_id, owner))

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _start_anew(self) -> None:
        """Reconnect in a child process: SQLite forbids to use, or even close, the connection of the parent."""
        self._inherited.append(self._connection)
        self._connection = None
        self._lock = threading.Lock()

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            yield self._connection

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _write_ahead(database)
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_SCHEMA)
        except BaseException:
            database.close()
            raise
        return database

    def _purge(self, database: sqlite3.Connection, now: float) -> None:
        if now - self._purged >= _PURGE_SECONDS:
            self._purged = now
            database.execute("DELETE FROM smooch_events WHERE until <= ?", (now,))


def _write_ahead(database: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; SQLite itself does not wait here for processes that start at the same time."""
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_LOCK_PAUSE)
        else:
            return
