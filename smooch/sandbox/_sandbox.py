"""The public `Sandbox`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from . import _faults, _ids
from ._app import SandboxApp
from ._entities import Account, Integration, Key
from ._server import HOST, ServerThread, listen
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from ._recording import RecordedRequest

MAX_MESSAGES = 30_000


class Sandbox:
    """A Smooch API server (v1, v1.1 and v2) on 127.0.0.1, with one app and its keys, for development and tests.

    Use it as a context manager, sync or async, or call `start` and `stop`. `port` 0 takes any free port. A conversation takes
    `max_messages` before it answers 423. `keep_requests` bounds `requests`; None keeps them all. With `certfile` and `keyfile`
    it speaks https. `app_token` is what v1 takes in the header of that name. `integration_id` is a custom integration of the app, which
    only v2 shows; its webhooks are made by v2.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        app_name: str = "Sandbox",
        max_messages: int = MAX_MESSAGES,
        keep_requests: int | None = None,
        certfile: str | Path | None = None,
        keyfile: str | Path | None = None,
    ) -> None:
        self._port = port
        self._app_name = app_name
        self._max_messages = max_messages
        self._certfile = None if certfile is None else str(certfile)
        self._keyfile = None if keyfile is None else str(keyfile)
        self.app_id = _ids.object_id()
        self.app_token = _ids.app_token()
        self._account = Account(id=_ids.object_id(), name="Sandbox account", service=False)
        self._key = Key(id=_ids.key_id("app"), secret=_ids.key_secret(), name="Sandbox", scope="app", owner=self.app_id)
        self._account_key = Key(
            id=_ids.key_id("act"),
            secret=_ids.key_secret(),
            name="Sandbox account",
            scope="account",
            owner=self._account.id,
        )
        self.integration_id = _ids.object_id()
        self._integration_key = Key(
            id=_ids.key_id("int"),
            secret=_ids.key_secret(),
            name="Sandbox integration",
            scope="integration",
            owner=self.integration_id,
        )
        self._asgi = SandboxApp(self._new_store(), keep_requests=keep_requests, hang_up=self._hang_up)
        self._server: ServerThread | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self._asgi.root_url or 'stopped'}>"

    @property
    def url(self) -> str:
        """The root that `/v1`, `/v1.1` or `/v2` is appended to, such as `http://127.0.0.1:8000`."""
        if self._server is None:
            raise RuntimeError("The sandbox is not running: use `with Sandbox() as sandbox:`")
        return self._asgi.root_url

    @property
    def key_id(self) -> str:
        """Id of an app key, `app_` and 24 hexadecimal digits."""
        return self._key.id

    @property
    def secret(self) -> str:
        """The secret of `key_id`."""
        return self._key.secret

    @property
    def account_key_id(self) -> str:
        """Id of an account key, `act_` and 24 hexadecimal digits."""
        return self._account_key.id

    @property
    def account_secret(self) -> str:
        """The secret of `account_key_id`."""
        return self._account_key.secret

    @property
    def integration_key_id(self) -> str:
        """Id of a key of the integration `integration_id`, `int_` and 24 hexadecimal digits."""
        return self._integration_key.id

    @property
    def integration_secret(self) -> str:
        """The secret of `integration_key_id`."""
        return self._integration_key.secret

    @property
    def requests(self) -> list[RecordedRequest]:
        """What arrived since the start or the last `reset`, oldest first, fetches of media included."""
        return list(self._asgi.requests)

    def reset(self) -> None:
        """Forget users, webhooks and all other state, requests and faults. Ids and secrets of app and account stay."""
        self._asgi.store = self._new_store()
        self._asgi.requests.clear()
        self._asgi.faults.clear()

    def authenticate_user(self, user_id: str, *, email: str | None = None, zendesk_id: str | None = None) -> None:
        """Do what no call of the API can: let the user with this id, or external id, log in on the web.

        `email` becomes an identity, by which v2 finds the user; `zendesk_id` names the same person in Zendesk Support. LookupError if
        the app has no such user.
        """
        self._asgi.store.apps[self.app_id].authenticate(user_id, email=email, zendesk_id=zendesk_id)

    # faults

    def fail(
        self,
        times: int = 1,
        status: int = 500,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | Any = None,
        method: str | None = None,
        path: str | None = None,
    ) -> None:
        """Answer the next `times` matching requests with `status` and do nothing else.

        `body` is bytes, text or anything that JSON can hold; by default an error in the API's shape. `method` and `path` choose the
        requests; `path` is a glob that the end of the request path must match, such as `/appusers/*/messages`. Faults that are
        waiting are tried in the order they were asked for, one a request. The same holds for the other kinds of faults.
        """
        data = None if body is None else _faults.as_bytes(body)
        self._asgi.faults.add(
            _faults.Fail(times=times, method=method, path=path, status=status, headers=dict(headers or {}), body=data)
        )

    def delay(self, seconds: float, times: int = 1, *, method: str | None = None, path: str | None = None) -> None:
        """Do what the next `times` matching requests ask for, but answer `seconds` later."""
        self._asgi.faults.add(_faults.Delay(times=times, method=method, path=path, seconds=seconds))

    def drop(
        self,
        times: int = 1,
        *,
        after_processing: bool = False,
        method: str | None = None,
        path: str | None = None,
    ) -> None:
        """Close the connection without an answer; with `after_processing` the request has taken effect by then."""
        self._asgi.faults.add(_faults.Drop(times=times, method=method, path=path, after_processing=after_processing))

    def garble(
        self,
        times: int = 1,
        *,
        body: bytes | str | Any = None,
        method: str | None = None,
        path: str | None = None,
    ) -> None:
        """Do what is asked, but answer with `body`, or by default with JSON that is cut off in the middle."""
        data = None if body is None else _faults.as_bytes(body)
        self._asgi.faults.add(_faults.Garble(times=times, method=method, path=path, body=data))

    # life

    def start(self) -> Self:
        """Start listening. OSError if the port is taken."""
        if self._server is not None:
            raise RuntimeError("The sandbox is running already")
        listener = listen(self._port)
        scheme = "https" if self._certfile else "http"
        self._asgi.root_url = f"{scheme}://{HOST}:{listener.getsockname()[1]}"
        server = ServerThread(self._asgi, listener, certfile=self._certfile, keyfile=self._keyfile)
        server.start()
        self._server = server
        return self

    def stop(self) -> None:
        """Close the port and all connections. Does nothing when it is not running."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            self._asgi.root_url = ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _new_store(self) -> Store:
        store = Store(max_messages=self._max_messages)
        store.accounts[self._account.id] = self._account
        store.keys = {key.id: key for key in (self._key, self._account_key, self._integration_key)}
        app = store.create_app(self._app_name, owner=self._account.id, app_id=self.app_id, token=self.app_token)
        app.settings["multiConvoEnabled"] = True
        app.integrations[self.integration_id] = Integration(
            id=self.integration_id, type="custom", display_name="Sandbox integration"
        )
        return store

    def _hang_up(self, scope: Any) -> None:
        if self._server is not None:
            self._server.hang_up(scope)
