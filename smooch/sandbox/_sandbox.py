"""The class `Sandbox`: start and stop the server, act as the end user, inject faults."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from . import _chat, _faults, _transcript
from ._app import SandboxApp
from ._delivery import RESPONSE_TIMEOUT
from ._engine import Credentials, Engine
from ._errors import ApiError
from ._server import HOST, ServerThread, listen
from ._state import StateFile, keep_saved
from .store import users

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from ._delivery import DeliveryAttempt
    from ._faults import Fault
    from ._recording import RecordedRequest
    from .store import App

MAX_MESSAGES = 30_000
RETRY_SPEEDUP = 1000.0

T = TypeVar("T")


class Sandbox:
    """A local server of the Smooch API (v1, v1.1 and v2) for development and tests, with one app.

    Use it as a context manager, sync or async, or call `start` and `stop`.

    `port`: 0 takes any free port. `max_messages`: number of messages that fill a conversation; further ones get a 423.
    `keep_requests`: number of `requests` and `deliveries` that are kept; None keeps all. `certfile`, `keyfile`: use
    https.

    `app_token` is the token for the header of that name in v1. `integration_id` is a custom integration of the app;
    only v2 shows it, and webhooks that v2 creates belong to it.

    Each event is posted to the webhooks that subscribe to it, one event per delivery. An attempt fails after
    `delivery_timeout` seconds without a response. As in the API there are up to five attempts; 2xx, 400, 401, 403, 404
    and 406 end them. The first wait is 60 seconds divided by `retry_speedup`, each further one twice as long. With
    `probe_targets` creating a webhook responds with 400 if its target does not respond to a HEAD request, as in the
    API.

    `state` is a file that keeps the state, with ids, secrets and port, until the next start. The lists of requests and
    deliveries are not kept.

    A request is refused with 403 unless its Host header is 127.0.0.1, localhost, [::1] or one of `allowed_hosts`, with
    any port. Pages of other origins may only make requests with an app token or a JWT of scope appUser.
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
        state: str | Path | None = None,
    ) -> None:
        for name, value in (("retry_speedup", retry_speedup), ("delivery_timeout", delivery_timeout)):
            if not value > 0:
                raise ValueError(f"{name} must be greater than 0, got {value!r}")
        self._port = port
        self._last_port = 0
        self._certfile = certfile
        self._keyfile = keyfile
        self._state = None if state is None else StateFile(state)
        self._is_loaded = False
        self._saver: asyncio.Task[None] | None = None
        saved = None if self._state is None else self._state.read_credentials()
        if saved is None:
            credentials = Credentials.create()
        else:
            credentials, root_url = saved
            self._last_port = urlsplit(root_url).port or 0
        self._engine = Engine(
            app_name=app_name,
            max_messages=max_messages,
            keep_requests=keep_requests,
            retry_speedup=retry_speedup,
            delivery_timeout=delivery_timeout,
            credentials=credentials,
        )
        self._asgi = SandboxApp(
            self._engine,
            allowed_hosts=allowed_hosts,
            close_connection=self._close_connection,
            probe=self._engine.dispatcher.probe if probe_targets else None,
        )
        self._server: ServerThread | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self._engine.root_url or 'stopped'}>"

    @property
    def url(self) -> str:
        """The base URL, without version, such as `http://127.0.0.1:8000`."""
        self._get_server()
        return self._engine.root_url

    @property
    def app_id(self) -> str:
        """Id of the app."""
        return self._engine.credentials.app_id

    @property
    def app_token(self) -> str:
        """The token of the app for the header `app-token` of v1."""
        return self._engine.credentials.app_token

    @property
    def key_id(self) -> str:
        """Id of an app key, `app_` and 24 hexadecimal digits."""
        return self._engine.credentials.app_key.id

    @property
    def secret(self) -> str:
        """The secret of `key_id`."""
        return self._engine.credentials.app_key.secret

    @property
    def account_key_id(self) -> str:
        """Id of an account key, `act_` and 24 hexadecimal digits."""
        return self._engine.credentials.account_key.id

    @property
    def account_secret(self) -> str:
        """The secret of `account_key_id`."""
        return self._engine.credentials.account_key.secret

    @property
    def integration_id(self) -> str:
        """Id of a custom integration of the app, to which webhooks of v2 belong."""
        return self._engine.credentials.integration_id

    @property
    def integration_key_id(self) -> str:
        """Id of a key of the integration `integration_id`, `int_` and 24 hexadecimal digits."""
        return self._engine.credentials.integration_key.id

    @property
    def integration_secret(self) -> str:
        """The secret of `integration_key_id`."""
        return self._engine.credentials.integration_key.secret

    @property
    def oauth_client_id(self) -> str:
        """Id of the one client that `/oauth/authorize` and `/oauth/token` know."""
        return self._engine.credentials.oauth_client_id

    @property
    def oauth_client_secret(self) -> str:
        """The secret of the OAuth client `oauth_client_id`."""
        return self._engine.credentials.oauth_client_secret

    @property
    def requests(self) -> list[RecordedRequest]:
        """All requests since the start or the last `reset`, oldest first, fetches of media included."""
        return list(self._engine.requests)

    @property
    def deliveries(self) -> list[DeliveryAttempt]:
        """All finished attempts to deliver since the start or the last `reset`, in the order of their start."""
        return [attempt for attempt in list(self._engine.dispatcher.attempts) if attempt.seconds is not None]

    def wait_for_deliveries(self, timeout: float = 10) -> None:
        """Wait until every delivery has succeeded or failed for good. TimeoutError after `timeout` seconds.

        Deliveries that `reorder_deliveries` holds back do not count. If the bot runs in the caller's event loop, use
        `await asyncio.to_thread(sandbox.wait_for_deliveries)`.
        """
        try:
            self._get_server().call(self._engine.dispatcher.wait_until_idle(), timeout)
        except TimeoutError:
            raise TimeoutError(f"deliveries are still active after {timeout:g} s") from None

    def wait_for_webhook(self, target: str | None = None, *, timeout: float = 10) -> str:
        """Wait until a program has created a webhook; return its target. TimeoutError after `timeout` seconds.

        Any webhook counts, or the one with this `target`. From then on the program receives what happens. In its event
        loop use `await asyncio.to_thread(sandbox.wait_for_webhook)`.
        """
        try:
            return self._get_server().call(self._find_webhook(target), timeout)
        except TimeoutError:
            which = "no webhook" if target is None else f"no webhook with the target {target}"
            raise TimeoutError(f"{which} was created within {timeout:g} s") from None

    def reset(self) -> None:
        """Delete all state, requests, deliveries and faults. Ids and secrets of app and account stay."""
        if self._server is None:
            asyncio.run(self._engine.reset())
        else:
            self._server.call(self._engine.reset())

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

        `user_id` is an id or external id; an unknown one becomes a user with that external id, on the web.

        `content` is a text, a message of v1, such as `{"type": "image", "mediaUrl": …}`, or one of v2, such as
        `{"content": {"type": "image", "mediaUrl": …}}`.

        The message goes to the conversation `conversation_id`, by default the user's default conversation, which is
        created if missing. It comes from the client on `channel`, by default the one used last. LookupError
        if there is no such client or conversation, ValueError if the API refuses the message.
        """
        message = self._run(
            lambda: _chat.say(
                self._app,
                user_id,
                content,
                conversation_id=conversation_id,
                channel=channel,
                root_url=self._engine.root_url,
            )
        )
        return message.id

    def click(self, user_id: str, action: str | Mapping[str, Any]) -> None:
        """Tap the newest matching button of a message or of the menu, as the user.

        `action` is its text, payload or `_id`, or a mapping with some of them. A postback makes an event, a reply a
        message, a buy a payment. LookupError if there is no such button, ValueError if the API gets no event from this
        type of button.
        """
        self._run(lambda: _chat.click(self._app, user_id, action, root_url=self._engine.root_url))

    def open_chat(self, user_id: str, *, referral: str | None = None, channel: str | None = None) -> None:
        """Open the chat as the user, without writing; `referral` is the code of the link that was followed.

        Creates a conversation, or a referral event if the user has one. For `user_id`, `channel` and errors see `say`.
        """
        self._run(lambda: _chat.open_chat(self._app, user_id, referral=referral, channel=channel))

    def set_typing(self, user_id: str, is_typing: bool = True, *, conversation_id: str | None = None) -> None:
        """Start or stop typing as the user. For `user_id` and `conversation_id` see `say`."""
        self._run(lambda: _chat.set_typing(self._app, user_id, is_typing, conversation_id=conversation_id))

    def mark_read(self, user_id: str, *, conversation_id: str | None = None) -> None:
        """Read a conversation as the user. LookupError if there is no such user or conversation."""
        self._run(lambda: _chat.mark_read(self._app, user_id, conversation_id=conversation_id))

    def submit_form(self, user_id: str, values: Mapping[str, Any], *, conversation_id: str | None = None) -> str:
        """Fill in and send the newest unsubmitted form; return the id of the response message.

        `values` has a string for each field, by name; for a select field the name or label of an option, or a list of
        them. LookupError if there is no form, ValueError if a value is missing or wrong.
        """
        root_url = self._engine.root_url
        message = self._run(
            lambda: _chat.submit_form(self._app, user_id, values, conversation_id=conversation_id, root_url=root_url)
        )
        return message.id

    def add_user(
        self,
        user_id: str | None = None,
        *,
        given_name: str | None = None,
        surname: str | None = None,
        email: str | None = None,
        channel: str = "web",
    ) -> str:
        """Add a user with one client on `channel`, such as whatsapp or ios, and return its id.

        `user_id` is the external id; without it the user is anonymous. ValueError if that id is taken.
        """
        user = self._run(
            lambda: _chat.add_user(
                self._app, user_id, given_name=given_name, surname=surname, email=email, channel=channel
            )
        )
        return user.id

    def transcript(self, user_id: str, *, conversation_id: str | None = None) -> str:
        """Return a conversation of the user, by default the default one, as JSON Lines without ids.

        A line is a message or a tap on a button: `at` is in seconds since the first line, `from` is `user` or
        `business`, the rest is `message`, the content in the form of v2, or `click`, the button. LookupError if there
        is no such user or conversation.
        """

        def act() -> str:
            conversation = _chat.find_conversation(self._app, user_id, conversation_id)
            return _transcript.to_json_lines(conversation, self._engine.root_url)

        return self._run(act)

    def authenticate_user(self, user_id: str, *, email: str | None = None, zendesk_id: str | None = None) -> None:
        """Log in the user with this id or external id.

        `email` becomes an identity, by which v2 finds the user; `zendesk_id` is the user's id in Zendesk Support.
        LookupError if there is no such user.
        """
        self._run(lambda: users.authenticate(self._app, user_id, email=email, zendesk_id=zendesk_id))

    # webhooks

    def deliver(self, event: Mapping[str, Any]) -> None:
        """Deliver an event of your own, such as one of a future type.

        `event` is one of v2, `{"type": …, "payload": …}`, or of v1, `{"trigger": …}`; missing fields of the envelope
        are added. It goes to all webhooks of that version, whatever their triggers. LookupError if there is no such
        webhook.
        """
        self._run(lambda: self._engine.deliver(event))

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

        `body` is bytes, text or anything that fits into JSON; by default an error of the API. `method` and `path`
        choose the requests; `path` is a glob for the end of the request path, such as `/appusers/*/messages`. The first
        waiting fault that matches is applied, one per request. All this holds for the other faults of requests too.
        """
        fault = _faults.Fail(
            times=times, method=method, path=path, status=status, headers=dict(headers or {}), body=body
        )
        self._add_fault(fault)

    def delay(self, seconds: float, times: int = 1, *, method: str | None = None, path: str | None = None) -> None:
        """Process the next `times` matching requests, but respond `seconds` later."""
        self._add_fault(_faults.Delay(times=times, method=method, path=path, seconds=seconds))

    def drop(
        self,
        times: int = 1,
        *,
        after_processing: bool = False,
        method: str | None = None,
        path: str | None = None,
    ) -> None:
        """Close the connections of the next `times` matching requests, before or after processing them."""
        self._add_fault(_faults.Drop(times=times, method=method, path=path, after_processing=after_processing))

    def garble(
        self,
        times: int = 1,
        *,
        body: bytes | str | Any = None,
        method: str | None = None,
        path: str | None = None,
    ) -> None:
        """Process the next `times` matching requests, but respond with `body`, by default with truncated JSON."""
        self._add_fault(_faults.Garble(times=times, method=method, path=path, body=body))

    def duplicate_deliveries(self, times: int = 1, *, trigger: str | None = None) -> None:
        """Send each of the next `times` matching deliveries twice, both at the same time.

        `trigger` is a glob such as `message:*`. An event is one delivery for each webhook that gets it. All this holds
        for the other faults of deliveries too.
        """
        self._add_fault(_faults.Duplicate(times=times, trigger=trigger))

    def reorder_deliveries(self, times: int = 2, *, trigger: str | None = None) -> None:
        """Hold the next `times` matching deliveries until the last of them, then send them in reverse order."""
        self._add_fault(_faults.Reorder(times=times, trigger=trigger))

    def delay_deliveries(self, seconds: float, times: int = 1, *, trigger: str | None = None) -> None:
        """Send each of the next `times` matching deliveries `seconds` later."""
        self._add_fault(_faults.DelayDelivery(times=times, trigger=trigger, seconds=seconds))

    def drop_deliveries(self, times: int = 1, *, trigger: str | None = None) -> None:
        """Lose the next `times` matching deliveries; `deliveries` shows them without a status."""
        self._add_fault(_faults.Lose(times=times, trigger=trigger))

    def fail_channel(
        self,
        channel: str | None = None,
        times: int = 1,
        *,
        code: str = "uncategorized_error",
        message: str = "The channel refused the message",
    ) -> None:
        """Let `channel`, or any, refuse the next `times` messages or notifications; webhooks get the failure."""
        self._add_fault(_faults.ChannelFault(times=times, channel=channel, code=code, message=message))

    # start and stop

    def start(self) -> Self:
        """Start listening. OSError if the port is taken."""
        if self._server is not None:
            raise RuntimeError("The sandbox is already running")
        listener = self._listen()
        scheme = "https" if self._certfile else "http"
        self._engine.root_url = f"{scheme}://{HOST}:{listener.getsockname()[1]}"
        server = ServerThread(
            self._asgi,
            listener,
            certfile=self._certfile,
            keyfile=self._keyfile,
            at_stop=self._shut_down,
        )
        try:
            self._open_state()
            server.start()
        except BaseException:
            listener.close()
            if self._state is not None:
                self._state.close()
            raise
        self._server = server
        server.call(self._start_saver())
        return self

    def stop(self) -> None:
        """Close the port and all connections, and cancel deliveries. Does nothing if it is not running."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            self._engine.root_url = ""

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

    def _listen(self) -> socket.socket:
        """Return a listening socket: on `port`, or else on the port of the state file if that is free."""
        if self._port == 0 and self._last_port:
            with contextlib.suppress(OSError):
                return listen(self._last_port)
        return listen(self._port)

    def _open_state(self) -> None:
        if self._state is not None:
            self._state.open()
            if not self._is_loaded:
                self._state.load(self._engine)
                self._is_loaded = True
            self._state.save(self._engine)

    async def _start_saver(self) -> None:
        if self._state is not None:
            self._saver = asyncio.create_task(keep_saved(self._state, self._engine))

    async def _shut_down(self) -> None:
        if self._saver is not None:
            self._saver.cancel()
        await self._engine.dispatcher.aclose()
        if self._state is not None:
            try:
                self._state.save(self._engine)
            finally:
                self._state.close()

    async def _find_webhook(self, target: str | None) -> str:
        while True:
            for webhook in self._app.webhooks.values():
                if target in (None, webhook.target):
                    return webhook.target
            await self._engine.log.wait()  # each request is logged after it was handled

    @property
    def _app(self) -> App:
        return self._engine.app

    def _add_fault(self, fault: Fault) -> None:
        if self._server is None:
            self._engine.add_fault(fault)
        else:
            self._run(lambda: self._engine.add_fault(fault))

    def _get_server(self) -> ServerThread:
        if self._server is None:
            raise RuntimeError("The sandbox is not running: use `with Sandbox() as sandbox:`")
        return self._server

    def _run(self, act: Callable[[], T]) -> T:
        """Run `act` on the server's loop, between two requests. ValueError if the API would refuse it."""

        async def between_requests() -> T:
            return act()

        try:
            return self._get_server().call(between_requests())
        except ApiError as error:
            raise ValueError(error.description) from None

    def _close_connection(self, scope: Any) -> None:
        if self._server is not None:
            self._server.close_connection(scope)
