"""Keep the state of a sandbox in an SQLite file: a row per record, and a row per uploaded file."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import secrets
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import attrs

from . import _entities
from ._engine import Credentials
from .store import App

if TYPE_CHECKING:
    from ._engine import Engine

logger = logging.getLogger("smooch.sandbox")

FORMAT = 1
"""Version of the file format; files of other versions are refused."""
SHORTEST_WAIT = 0.1
"""Seconds between a change and saving it."""
_CLASSES: dict[str, type[Any]] = {
    name: each for name, each in vars(_entities).items() if isinstance(each, type) and attrs.has(each)
} | {"App": App, "Credentials": Credentials}
_TABLES = ("accounts", "keys", "apps", "deployments", "oauth_codes")
_MAGIC = b"SQLite format 3\x00"
_ROOT = 0
_SCHEMA = (
    "CREATE TABLE meta (format INTEGER NOT NULL, marker TEXT NOT NULL, root_url TEXT NOT NULL)",
    "CREATE TABLE records (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, fields TEXT NOT NULL)",
    "CREATE TABLE files (number INTEGER PRIMARY KEY, data BLOB NOT NULL)",
)


class StateFile:
    """The state file of one sandbox, locked until `close`.

    A record refers to another by its number: `{marker: number}`, where the marker is random, so that no JSON of users looks like one.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection
        self._resources = contextlib.ExitStack()
        self._marker = ""
        self._numbers: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._saved: dict[int, str] = {}
        self._new_numbers = itertools.count(1)

    def open(self) -> None:
        """Open the file, created if missing. ValueError if it is in use or not the state of a sandbox.

        Call `close` even then.
        """
        try:
            # SQLite treats a file of a few bytes as a new one
            with contextlib.suppress(FileNotFoundError), Path(self._path).open("rb") as file:
                if file.read(len(_MAGIC)) not in (b"", _MAGIC):
                    raise ValueError(f"{self._path} is not the state of a sandbox: it is not an SQLite file")
            connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
            self._connection = self._resources.enter_context(contextlib.closing(connection))
            self._lock()
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise ValueError(f"{self._path} is in use by another sandbox") from None
            raise ValueError(f"{self._path} is not the state of a sandbox: {error}") from None
        except OSError as error:
            raise ValueError(f"{self._path} cannot be opened: {error.strerror}") from None

    def _lock(self) -> None:
        """Take the lock that lasts until the file is closed, and make the tables of a new file."""
        self._execute("PRAGMA locking_mode = EXCLUSIVE")
        self._execute("PRAGMA synchronous = NORMAL")
        self._execute("BEGIN EXCLUSIVE")
        if not self._execute("SELECT 1 FROM sqlite_master").fetchone():
            for statement in _SCHEMA:
                self._execute(statement)
            self._execute("INSERT INTO meta VALUES (?, ?, '')", FORMAT, f"ref-{secrets.token_hex(8)}")
        format_, self._marker = self._execute("SELECT format, marker FROM meta").fetchone()
        self._execute("COMMIT")
        if format_ != FORMAT:
            raise ValueError(f"{self._path} has format {format_}, this version of the sandbox reads {FORMAT}")

    def close(self) -> None:
        """Close the file. Does nothing if it is not open."""
        self._resources.close()

    # reading

    def read_credentials(self) -> tuple[Credentials, str] | None:
        """Return the credentials and the last root URL of the closed file; None if nothing was saved yet."""
        try:
            self.open()
            root = self._read("")
            return None if root is None else (root["credentials"], self._root_url())
        finally:
            self.close()

    def load(self, engine: Engine) -> None:
        """Fill the store of an engine; URLs of files get its root URL."""
        root = self._read(engine.root_url)
        if root is None:
            return
        store = engine.store
        for name in _TABLES:
            setattr(store, name, root[name])
        for app in store.apps.values():
            app.record, app.max_messages = store.record, store.max_messages
            for user in app.users.values():
                if user.external_id is not None:
                    app.users_by_external_id[user.brand_id, user.external_id] = user
                app.users_by_client_id |= {client.id: user for client in user.clients}

    def _read(self, root_url: str) -> dict[str, Any] | None:
        """Return the fields of the root with everything that they refer to, None if nothing was saved yet."""
        try:
            rows = self._execute("SELECT number, kind, fields FROM records").fetchall()
            return self._resolve(rows, root_url) if rows else None
        except (sqlite3.DatabaseError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"{self._path} cannot be read: {type(error).__name__}: {error}") from None

    def _resolve(self, rows: list[tuple[int, str, str]], root_url: str) -> dict[str, Any]:
        old_files, new_files = f"{self._root_url()}/media/", f"{root_url}/media/"
        # records may refer to later ones: create all, then fill them
        records = {number: object.__new__(_CLASSES[kind]) for number, kind, _ in rows if number != _ROOT}

        def resolve(fields: dict[str, Any]) -> Any:
            return records[fields[self._marker]] if self._marker in fields else fields

        root: dict[str, Any] = {}
        for number, _, text in rows:
            fields = json.loads(text.replace(old_files, new_files), object_hook=resolve)
            if number == _ROOT:
                root = fields
            else:
                _set_fields(records[number], fields)
                self._numbers[records[number]] = number
        for number, data in self._execute("SELECT number, data FROM files"):
            records[number].data = data
        self._saved = {number: text for number, _, text in rows}
        self._new_numbers = itertools.count(max(self._saved) + 1)
        return {"credentials": root["credentials"]} | {name: root.get(name, {}) for name in _TABLES}

    def _root_url(self) -> str:
        (root_url,) = self._execute("SELECT root_url FROM meta").fetchone()
        return str(root_url)

    # writing

    def save(self, engine: Engine) -> None:
        """Write the changes since the last call."""
        root = {name: getattr(engine.store, name) for name in _TABLES} | {"credentials": engine.credentials}
        texts, files = self._encode(root)
        changed = [(number, kind, text) for number, (kind, text) in texts.items() if self._saved.get(number) != text]
        deleted = [(number,) for number in self._saved if number not in texts]
        with self._connection as connection:  # commits, or rolls back
            connection.execute("BEGIN")
            connection.execute("UPDATE meta SET root_url = ?", (engine.root_url or self._root_url(),))
            connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", changed)
            connection.executemany("INSERT OR IGNORE INTO files VALUES (?, ?)", files)
            connection.executemany("DELETE FROM records WHERE number = ?", deleted)
            connection.executemany("DELETE FROM files WHERE number = ?", deleted)
        self._saved = {number: text for number, (_, text) in texts.items()}

    def _encode(self, root: dict[str, Any]) -> tuple[dict[int, tuple[str, str]], list[tuple[int, bytes]]]:
        """Return kind and fields, by number, of all records that `root` leads to, and the files not saved yet."""
        texts = {}
        files = []
        waiting: list[Any] = []
        seen: set[int] = set()

        def refer(record: Any) -> dict[str, int]:
            number = self._numbers.get(record)
            if number is None:
                number = self._numbers[record] = next(self._new_numbers)
            if number not in seen:
                seen.add(number)
                waiting.append(record)
            return {self._marker: number}

        texts[_ROOT] = ("root", json.dumps(root, default=refer))
        while waiting:
            record = waiting.pop()
            number = self._numbers[record]
            texts[number] = (type(record).__name__, json.dumps(_read_fields(record), default=refer))
            if isinstance(record, _entities.Attachment) and number not in self._saved:
                files.append((number, record.data))
        return texts, files

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)


async def keep_saved(file: StateFile, engine: Engine) -> None:
    """Save the state of an engine soon after each change, until cancelled."""
    wait = SHORTEST_WAIT
    while True:
        await engine.log.wait()
        await asyncio.sleep(wait)
        started = time.perf_counter()
        try:
            file.save(engine)
        except sqlite3.Error:
            logger.exception("The state of the sandbox cannot be saved")
        # a large state is saved less often, so that saving takes at most 10 % of the time
        wait = max(SHORTEST_WAIT, 10 * (time.perf_counter() - started))


def _read_fields(record: Any) -> dict[str, Any]:
    saved = (each for each in attrs.fields(type(record)) if each.metadata.get("is_saved", True))
    return {attribute.name: getattr(record, attribute.name) for attribute in saved}


def _set_fields(record: Any, fields: dict[str, Any]) -> None:
    """Set the attributes of a record; one that is not in the file gets its default."""
    for attribute in attrs.fields(type(record)):
        if attribute.name in fields:
            value = fields[attribute.name]
        elif isinstance(attribute.default, attrs.Factory):  # type: ignore[arg-type]
            value = attribute.default.factory()
        elif attribute.default is not attrs.NOTHING:
            value = attribute.default
        else:
            continue
        object.__setattr__(record, attribute.name, value)
