"""The public `Sandbox`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self, TypeVar

from . import _chat, _faults, _ids
from ._app import SandboxApp
from ._delivery import ANSWER_TIMEOUT, Dispatcher
from ._entities import Account, Integration, Key
from ._errors import ApiError
from ._server import HOST, ServerThread, listen
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from ._delivery import DeliveryAttempt
    from ._recording import RecordedRequest
    from .store import App

MAX_MESSAGES = 30_000
RETRY_SPEEDUP = 1000.0

T = TypeVar("T")


class Sandbox:
    """A Smooch API server (v1, v1.1 and v2) on 127.0.0.1, with one app and its keys, for development and tests.

    Use it as a context manager, sync or async, or call `start` and `stop`. `port` 0 takes any free port. A conversation takes
    `max_messages` before it answers 423. `keep_requests` bounds `requests` and `deliveries`; None keeps them all. With `certfile` and `keyfile`
    it speaks https. `app_token` is what v1 takes in the header of that name. `integration_id` is a custom integration of the app, which
    only v2 shows; its webhooks are made by v2.

    It posts what happens to the webhooks that were made, each event in a delivery of its own and in no certain order, and repeats a
    delivery as the API does: five attempts in all, unless the target answers 2xx, 400, 401, 403, 404 or 406, each after a wait twice as long as the last. The first wait is
    60 seconds divided by `retry_speedup`; an attempt fails after `delivery_timeout` seconds without an answer. With `probe_targets` a
    webhook is refused with 400, as by the API, if nothing answers a HEAD request at its target.
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
        retry_speedup: float = RETRY_SPEEDUP,
        delivery_timeout: float = ANSWER_TIMEOUT,
        probe_targets: bool = False,
    ) -> None:
        for name, value in (("retry_speedup", retry_speedup), ("delivery_timeout", delivery_timeout)):
            if not value > 0:
                raise ValueError(f"{name} has to be greater than 0, not {value!r}")
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
        self._dispatcher = Dispatcher(speedup=retry_speedup, timeout=delivery_timeout, keep=keep_requests)
        self._asgi = SandboxApp(
            self._new_store(),
            keep_requests=keep_requests,
            hang_up=self._hang_up,
            probe=self._dispatcher.probe if probe_targets else None,
        )
        self._server: ServerThread | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self._asgi.root_url or 'stopped'}>"

    @property
    def url(self) -> str:
        """The root that `/v1`, `/v1.1` or `/v2` is appended to, such as `http://127.0.0.1:8000`."""
        self._running()
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

    @property
    def deliveries(self) -> list[DeliveryAttempt]:
        """Every attempt to deliver to a webhook since the start or the last `reset`, in the order in which they ended."""
        return list(self._dispatcher.attempts)

    def wait_for_deliveries(self, timeout: float = 10) -> None:
        """Return when every delivery has succeeded or been given up. TimeoutError after `timeout` seconds.

        What `reorder_deliveries` holds back is not waited for. Where the bot runs in the caller's event loop, await it as `asyncio.to_thread(sandbox.wait_for_deliveries)`.
        """
        try:
            self._running().run(self._dispatcher.settled(), timeout)
        except TimeoutError:
            raise TimeoutError(f"there are deliveries under way after {timeout:g} s") from None

    def reset(self) -> None:
        """Forget users, webhooks and all other state, requests, deliveries and faults. Ids and secrets of app and account stay."""

        async def forget() -> None:
            self._asgi.store.retire()
            self._asgi.store = self._new_store()
            await self._dispatcher.give_up()
            self._dispatcher.clear()
            self._asgi.requests.clear()
            self._asgi.faults.clear()

        if self._server is None:
            asyncio.run(forget())
        else:
            self._server.run(forget())

    # the user

    def say(
        self,
        user_id: str,
        content: str | Mapping[str, Any],
        *,
        conversation_id: str | None = None,
        channel: str | None = None,
    ) -> str:
        """Write as the user does in the chat, and return the id of the message.

        `user_id` is the id or external id; somebody who is new becomes a user with that external id, on the web. `content` is a text,
        or a message as v1 takes it, such as `{"type": "image", "mediaUrl": …}`. It goes to the default conversation, which starts with it, unless
        `conversation_id` is given; from the client that the user was last seen with, unless `channel` names another that is linked.
        LookupError if that client or conversation does not exist, ValueError if the API would refuse the message.
        """

        def act() -> str:
            message = _chat.say(
                self._app,
                user_id,
                content,
                conversation_id=conversation_id,
                channel=channel,
                root_url=self._asgi.root_url,
            )
            return message.id

        return self._act(act)

    def click(self, user_id: str, action: str | Mapping[str, Any]) -> None:
        """Tap a button that the user was shown, in a message or in the menu; the newest one that fits.

        `action` is its text, payload or `_id`, or an object with some of them. A postback is an event, a reply a message, a buy a
        payment. LookupError if there is no such button, ValueError if the API would hear nothing of it.
        """
        self._act(lambda: _chat.click(self._app, user_id, action, root_url=self._asgi.root_url))

    def open_chat(self, user_id: str, *, referral: str | None = None, channel: str | None = None) -> None:
        """Open the chat as the user, without writing yet; `referral` is the code in the link that led there.

        A conversation starts, or is referred to if there is one. For `user_id`, `channel` and errors see `say`.
        """
        self._act(lambda: _chat.open_chat(self._app, user_id, referral=referral, channel=channel))

    def set_typing(self, user_id: str, is_typing: bool = True) -> None:
        """Start, or stop, to type as the user does. For `user_id` see `say`."""
        self._act(lambda: _chat.set_typing(self._app, user_id, is_typing))

    def authenticate_user(self, user_id: str, *, email: str | None = None, zendesk_id: str | None = None) -> None:
        """Let the user with this id, or external id, log in on the web.

        `email` becomes an identity, by which v2 finds the user; `zendesk_id` names the same person in Zendesk Support. LookupError if
        the app has no such user.
        """
        self._act(lambda: self._app.authenticate(user_id, email=email, zendesk_id=zendesk_id))

    # faults

    def fail(
        self,
        *,
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

    def duplicate_deliveries(self, times: int = 1, *, trigger: str | None = None) -> None:
        """Send each of the next `times` deliveries twice, both at the same time.

        `trigger` chooses the deliveries, by a glob such as `message:*`. An event is one delivery for each webhook that hears of it. The
        same holds for the other faults of deliveries.
        """
        self._dispatcher.faults.add(_faults.Duplicate(times=times, trigger=trigger))

    def reorder_deliveries(self, times: int = 2, *, trigger: str | None = None) -> None:
        """Hold back the next `times` deliveries until all of them have come, then send one after the other, the last one first."""
        self._dispatcher.faults.add(_faults.Reorder(times=times, trigger=trigger))

    def delay_deliveries(self, seconds: float, times: int = 1, *, trigger: str | None = None) -> None:
        """Send each of the next `times` deliveries `seconds` later."""
        self._dispatcher.faults.add(_faults.Late(times=times, trigger=trigger, seconds=seconds))

    def drop_deliveries(self, times: int = 1, *, trigger: str | None = None) -> None:
        """Lose the next `times` deliveries, as if there were no second attempt; `deliveries` shows them without a status."""
        self._dispatcher.faults.add(_faults.Lost(times=times, trigger=trigger))

    def fail_channel(
        self,
        channel: str | None = None,
        times: int = 1,
        *,
        code: str = "uncategorized_error",
        message: str = "The channel did not take the message",
    ) -> None:
        """Let `channel`, or any, refuse the next `times` messages or notifications of the business; webhooks hear of it."""
        self._app.channel_faults.add(_faults.ChannelFault(times=times, channel=channel, code=code, message=message))

    # life

    def start(self) -> Self:
        """Start listening. OSError if the port is taken."""
        if self._server is not None:
            raise RuntimeError("The sandbox is running already")
        listener = listen(self._port)
        scheme = "https" if self._certfile else "http"
        self._asgi.root_url = f"{scheme}://{HOST}:{listener.getsockname()[1]}"
        server = ServerThread(
            self._asgi,
            listener,
            certfile=self._certfile,
            keyfile=self._keyfile,
            at_stop=self._dispatcher.aclose,
        )
        server.start()
        self._server = server
        return self

    def stop(self) -> None:
        """Close the port and all connections, and give up deliveries. Does nothing when it is not running."""
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

    @property
    def _app(self) -> App:
        return self._asgi.store.apps[self.app_id]

    def _running(self) -> ServerThread:
        if self._server is None:
            raise RuntimeError("The sandbox is not running: use `with Sandbox() as sandbox:`")
        return self._server

    def _act(self, act: Callable[[], T]) -> T:
        """Run `act` between two requests. ValueError for what a request would be refused for."""

        async def between_requests() -> T:
            return act()

        try:
            return self._running().run(between_requests())
        except ApiError as error:
            raise ValueError(error.description) from None

    def _new_store(self) -> Store:
        store = Store(max_messages=self._max_messages, publish=self._dispatcher.publish)
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
