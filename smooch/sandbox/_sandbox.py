"""The public `Sandbox`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self, TypeVar

from . import _chat, _faults, _ids, _origins
from ._app import SandboxApp
from ._delivery import RESPONSE_TIMEOUT, Dispatcher
from ._entities import Account, Integration, Key
from ._errors import ApiError
from ._server import HOST, ServerThread, listen
from .store import Store, apps, users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
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

    Use it as a context manager, sync or async, or call `start` and `stop`.

    `port`: 0 takes any free port. `max_messages`: a conversation with so many messages responds with 423. `keep_requests`: at most so many
    `requests` and `deliveries` are kept; None keeps all. `certfile`, `keyfile`: use https.

    `app_token` is the token for the header of that name in v1. `integration_id` is a custom integration of the app; only v2 shows it, and webhooks
    that v2 creates belong to it. `oauth_client_id` is the one client that `/oauth/authorize` and `/oauth/token` know.

    Each event is posted to the webhooks that asked for it, one event a delivery. An attempt fails after `delivery_timeout` seconds without a response.
    There are up to five attempts, as in the API: none follows 2xx, 400, 401, 403, 404 or 406. The first wait is 60 seconds divided by
    `retry_speedup`, each further one twice as long. With `probe_targets` creating a webhook responds with 400 if its target does not respond to a
    HEAD request, as in the API.

    A request is refused with 403 unless its Host header is 127.0.0.1, localhost, [::1] or one of `allowed_hosts`, with any port. Pages of other origins
    may only make requests with an app token or a JWT of scope appUser.
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
        delivery_timeout: float = RESPONSE_TIMEOUT,
        probe_targets: bool = False,
        allowed_hosts: Iterable[str] = (),
    ) -> None:
        for name, value in (("retry_speedup", retry_speedup), ("delivery_timeout", delivery_timeout)):
            if not value > 0:
                raise ValueError(f"{name} must be greater than 0, got {value!r}")
        self._port = port
        self._app_name = app_name
        self._max_messages = max_messages
        self._certfile = None if certfile is None else str(certfile)
        self._keyfile = None if keyfile is None else str(keyfile)
        self.app_id = _ids.object_id()
        self.app_token = _ids.app_token()
        self._account = Account(id=_ids.object_id(), name="Sandbox account", is_service=False)
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
        self.oauth_client_id = "sandbox_partner"
        self._oauth_client_secret = _ids.key_secret()
        self._dispatcher = Dispatcher(speedup=retry_speedup, timeout=delivery_timeout, keep=keep_requests)
        self._asgi = SandboxApp(
            self._new_store(),
            allowed_hosts=_origins.allowed_names(allowed_hosts),
            keep_requests=keep_requests,
            close_connection=self._close_connection,
            probe=self._dispatcher.probe if probe_targets else None,
        )
        self._server: ServerThread | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self._asgi.root_url or 'stopped'}>"

    @property
    def url(self) -> str:
        """The base URL, without version, such as `http://127.0.0.1:8000`."""
        self._get_server()
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
    def oauth_client_secret(self) -> str:
        """The secret of the OAuth client `oauth_client_id`."""
        return self._oauth_client_secret

    @property
    def requests(self) -> list[RecordedRequest]:
        """All requests since the start or the last `reset`, oldest first, fetches of media included."""
        return list(self._asgi.requests)

    @property
    def deliveries(self) -> list[DeliveryAttempt]:
        """All attempts to deliver to a webhook since the start or the last `reset`, in the order in which they ended."""
        return list(self._dispatcher.attempts)

    def wait_for_deliveries(self, timeout: float = 10) -> None:
        """Wait until every delivery has succeeded or failed for good. TimeoutError after `timeout` seconds.

        Deliveries that `reorder_deliveries` holds back do not count. If the bot runs in the caller's event loop, use `await asyncio.to_thread(sandbox.wait_for_deliveries)`.
        """
        try:
            self._get_server().run(self._dispatcher.wait_until_idle(), timeout)
        except TimeoutError:
            raise TimeoutError(f"deliveries are still active after {timeout:g} s") from None

    def reset(self) -> None:
        """Delete users, webhooks and all other state, requests, deliveries and faults. Ids and secrets of app and account stay."""

        async def clear() -> None:
            self._asgi.store.stop_publishing()
            self._asgi.store = self._new_store()
            await self._dispatcher.cancel_all()
            self._dispatcher.clear()
            self._asgi.requests.clear()
            self._asgi.faults.clear()

        if self._server is None:
            asyncio.run(clear())
        else:
            self._server.run(clear())

    # the end user

    def say(
        self,
        user_id: str,
        content: str | Mapping[str, Any],
        *,
        conversation_id: str | None = None,
        channel: str | None = None,
    ) -> str:
        """Write a message as the user, and return its id.

        `user_id` is an id or external id; an unknown one becomes a user with that external id, on the web. `content` is a text or a message of v1, such as
        `{"type": "image", "mediaUrl": …}`. The message goes to the conversation `conversation_id`, by default the user's default conversation, which
        is made if there is none. It comes from the client on `channel`, by default the one used last. LookupError if there is no such client or
        conversation, ValueError if the API refuses the message.
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

        return self._run(act)

    def click(self, user_id: str, action: str | Mapping[str, Any]) -> None:
        """Tap a button of a message or of the menu as the user; the newest one that matches.

        `action` is its text, payload or `_id`, or a mapping with some of them. A postback makes an event, a reply a message, a buy a
        payment. LookupError if there is no such button, ValueError if the API gets no event from this type of button.
        """
        self._run(lambda: _chat.click(self._app, user_id, action, root_url=self._asgi.root_url))

    def open_chat(self, user_id: str, *, referral: str | None = None, channel: str | None = None) -> None:
        """Open the chat as the user, without writing; `referral` is the code of the link that was followed.

        Makes a conversation or, if there is one, a referral event. For `user_id`, `channel` and errors see `say`.
        """
        self._run(lambda: _chat.open_chat(self._app, user_id, referral=referral, channel=channel))

    def set_typing(self, user_id: str, is_typing: bool = True) -> None:
        """Start or stop typing as the user. For `user_id` see `say`."""
        self._run(lambda: _chat.set_typing(self._app, user_id, is_typing))

    def authenticate_user(self, user_id: str, *, email: str | None = None, zendesk_id: str | None = None) -> None:
        """Log in the user with this id or external id.

        `email` becomes an identity, by which v2 finds the user; `zendesk_id` is the user's id in Zendesk Support. LookupError if there is no such user.
        """
        self._run(lambda: users.authenticate(self._app, user_id, email=email, zendesk_id=zendesk_id))

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
        """Respond to the next `times` matching requests with `status`, without doing anything.

        `body` is bytes, text or anything that fits into JSON; by default an error of the API. `method` and `path` choose the requests; `path` is a glob
        for the end of the request path, such as `/appusers/*/messages`. The first waiting fault that matches is applied, one per request. All this
        holds for the other faults of requests too.
        """
        data = None if body is None else _faults.encode_body(body)
        self._asgi.faults.add(
            _faults.Fail(times=times, method=method, path=path, status=status, headers=dict(headers or {}), body=data)
        )

    def delay(self, seconds: float, times: int = 1, *, method: str | None = None, path: str | None = None) -> None:
        """Process the next `times` matching requests, but respond `seconds` later."""
        self._asgi.faults.add(_faults.Delay(times=times, method=method, path=path, seconds=seconds))

    def drop(
        self,
        times: int = 1,
        *,
        after_processing: bool = False,
        method: str | None = None,
        path: str | None = None,
    ) -> None:
        """Close the connection of the next `times` matching requests without a response, before or after processing."""
        self._asgi.faults.add(_faults.Drop(times=times, method=method, path=path, after_processing=after_processing))

    def garble(
        self,
        times: int = 1,
        *,
        body: bytes | str | Any = None,
        method: str | None = None,
        path: str | None = None,
    ) -> None:
        """Process the next `times` matching requests, but respond with `body`, by default with truncated JSON."""
        data = None if body is None else _faults.encode_body(body)
        self._asgi.faults.add(_faults.Garble(times=times, method=method, path=path, body=data))

    def duplicate_deliveries(self, times: int = 1, *, trigger: str | None = None) -> None:
        """Send each of the next `times` matching deliveries twice, both at the same time.

        `trigger` is a glob such as `message:*`. An event is one delivery for each webhook that gets it. All this holds for the other faults
        of deliveries too.
        """
        self._dispatcher.faults.add(_faults.Duplicate(times=times, trigger=trigger))

    def reorder_deliveries(self, times: int = 2, *, trigger: str | None = None) -> None:
        """Hold the next `times` matching deliveries until the last of them, then send them in reverse order."""
        self._dispatcher.faults.add(_faults.Reorder(times=times, trigger=trigger))

    def delay_deliveries(self, seconds: float, times: int = 1, *, trigger: str | None = None) -> None:
        """Send each of the next `times` matching deliveries `seconds` later."""
        self._dispatcher.faults.add(_faults.DelayDelivery(times=times, trigger=trigger, seconds=seconds))

    def drop_deliveries(self, times: int = 1, *, trigger: str | None = None) -> None:
        """Lose the next `times` matching deliveries; `deliveries` shows them without a status."""
        self._dispatcher.faults.add(_faults.Lose(times=times, trigger=trigger))

    def fail_channel(
        self,
        channel: str | None = None,
        times: int = 1,
        *,
        code: str = "uncategorized_error",
        message: str = "The channel refused the message",
    ) -> None:
        """Let `channel`, or any, refuse the next `times` messages or notifications; webhooks get the failure."""
        self._app.channel_faults.add(_faults.ChannelFault(times=times, channel=channel, code=code, message=message))

    # start and stop

    def start(self) -> Self:
        """Start listening. OSError if the port is taken."""
        if self._server is not None:
            raise RuntimeError("The sandbox is already running")
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
        """Close the port and all connections, and cancel deliveries. Does nothing if it is not running."""
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

    def _get_server(self) -> ServerThread:
        if self._server is None:
            raise RuntimeError("The sandbox is not running: use `with Sandbox() as sandbox:`")
        return self._server

    def _run(self, act: Callable[[], T]) -> T:
        """Run `act` on the server's loop, between two requests. ValueError for what the API refuses."""

        async def between_requests() -> T:
            return act()

        try:
            return self._get_server().run(between_requests())
        except ApiError as error:
            raise ValueError(error.description) from None

    def _new_store(self) -> Store:
        store = Store(max_messages=self._max_messages, publish=self._dispatcher.publish)
        store.accounts[self._account.id] = self._account
        store.keys = {key.id: key for key in (self._key, self._account_key, self._integration_key)}
        store.oauth_clients[self.oauth_client_id] = self._oauth_client_secret
        app = apps.create(store, self._app_name, owner=self._account.id, app_id=self.app_id, token=self.app_token)
        app.settings["multiConvoEnabled"] = True
        app.integrations[self.integration_id] = Integration(
            id=self.integration_id, type="custom", display_name="Sandbox integration"
        )
        return store

    def _close_connection(self, scope: Any) -> None:
        if self._server is not None:
            self._server.close_connection(scope)
