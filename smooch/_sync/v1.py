# Derived from smooch/_async/v1.py by scripts/unasync.py; edit that file.
"""The client of API v1 and v1.1: the methods of the classic wrapper."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, Unpack

import attrs
from smooch_api import Client
from smooch_api.v1 import models
from smooch_api.v1.api import app_users, attachments, conversations, webhooks

from .. import _checks, _files, _http, _webhook_reconciler, auth, errors
from .._http import CallOptions, ClientOptions
from .._http.synchronization import sleep
from .._json import drop_none
from .._redaction import hide_locals
from .._v1 import bodies, config, paging
from .._v1.triggers import check_triggers
from .http import HTTPClient
from .pool import open_transport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Iterable, Mapping
    from datetime import timedelta

    import httpx
    from smooch_api import Response
    from smooch_api.v1 import dicts
    from smooch_api.v1.models import (
        ActivityResponse,
        AppUserResponse,
        AppUserUpdate,
        EmptyResponse,
        GetMessagesResponse,
        InitResponse,
        ListWebhooksResponse,
        Message,
        MessagePost,
        MessageResponse,
        WebhookResponse,
    )

    from .._files import FileSource
    from .._http import Transport
    from .._v1.bodies import Instant
    from .._v1.triggers import Trigger


class Options(ClientOptions, total=False):
    """Constructor options."""

    api_version: Literal["v1", "v1.1"]
    transport: Transport | None


class Smooch:
    """Client of the Smooch API, v1 and v1.1.

    - Users: `init_user`, `precreate_user`, `get_user`, `update_user`, `delete_user`, `link_user_to_channel`,
      `unlink_user_from_channel`
    - Conversation: `post_message`, `post_media`, `get_messages`, `iter_messages`, `delete_messages`, `mark_read`,
      `send_activity`
    - Webhooks: `get_webhooks`, `make_webhook`, `update_webhook`, `delete_webhook`, `delete_all_webhooks`,
      `ensure_webhook_exist`
    - Tokens: `user_jwt`, `jwt_for_user`
    - Any other path: `ask`, or `raw` (the generated client)

    Methods return a `Response`: `.json()` is the body as the API sent it, `.parsed` the same as a model. A `user_id` is your
    own id of a user, or the API's (`_id`).

    Every method may raise `InvalidInput` (nothing was sent), `ConnectionFailed` (no response), `APIError` (an error
    response) and `UnreadableResponse` (a success response that cannot be parsed).

    Which key to pass, by the prefix of its id:

    - `app_…`, made in the app's settings: everything in one app. Most programs need no more.
    - `act_…`, of an account: everything in all its apps, and the apps themselves
    - `svc_…`, of a service account: the apps that it has access to
    - `int_…`, made for a custom integration, is for `smooch.v2` only

    Args:
        key_id: Id of an app key or an account key.
        secret: Secret of that key.
        app_id: Id of the app; required for v1.1, and for account keys that reach an app.
        api_version: `v1` or `v1.1`.
        region: `us` or `eu-1`.
        base_url: URL of the API without version, instead of a region's; for a sandbox, its `url`.
        timeout: Seconds for each read, write and wait for a connection (at most 5 to connect), or an `httpx.Timeout`.
        deadline: Seconds for a whole call, retries and waits included. A method that makes several calls gives each of
            them the whole deadline. None means no limit.
        retries: Maximum number of retries of a call: after 429, and if it is safe after 502, 503, 504 and lost
            connections. A POST that may have arrived is never repeated.
        max_connections: Maximum number of connections. Further calls wait for a free one, in order.
        max_response_bytes: Maximum size of a decoded response; a larger one raises `UnreadableResponse`.
        check: Whether request bodies are validated against the specification before they are sent. Pass False if the API
            accepts more than this version of the library knows; what JSON cannot represent is refused nevertheless.
        ssl_context: TLS settings, for instance to trust a private certificate.
        transport: An httpx transport instead of the connection pool. Async clients also accept `"aiohttp"`, which needs
            the extra `aiohttp`.

    Raises:
        InvalidInput: a value is unknown, or contradicts another.
    """

    APIError = errors.APIError

    @hide_locals
    def __init__(
        self,
        key_id: str,
        secret: str,
        *,
        app_id: str | None = None,
        api_version: Literal["v1", "v1.1"] = "v1",
        region: Literal["us", "eu-1"] = "us",
        base_url: str | None = None,
        timeout: float | httpx.Timeout = _http.TIMEOUT,
        deadline: float | None = _http.DEADLINE,
        retries: int = _http.RETRIES,
        max_connections: int = _http.MAX_CONNECTIONS,
        max_response_bytes: int = _http.MAX_RESPONSE_BYTES,
        check: bool = True,
        ssl_context: ssl.SSLContext | None = None,
        transport: Transport | None = None,
    ) -> None:
        auth.check_key(key_id, secret)
        settings = config.build_settings(
            key_id,
            app_id=app_id,
            api_version=api_version,
            region=region,
            base_url=base_url,
            timeout=timeout,
            deadline=deadline,
            retries=retries,
            max_connections=max_connections,
            max_response_bytes=max_response_bytes,
            check=check,
        )
        token_auth = auth.TokenAuth(key_id, secret, scope=settings.scope, url=settings.root)
        self._connect(settings, token_auth, open_transport(settings, ssl_context, transport))

    def _connect(
        self, settings: config.Settings, token_auth: auth.TokenAuth, transport: httpx.BaseTransport
    ) -> None:
        self._settings = settings
        self._auth = token_auth
        self._bodies = bodies.BodyBuilder(check=settings.check)
        self._transport = transport
        self._http = HTTPClient(settings, token_auth, transport)
        self.raw = Client(
            base_url=str(settings.base_url),
            unreadable=partial(errors.error_from_unreadable, secrets=token_auth.secrets),
        )
        """The generated client, for operations without a method: same authentication, retries and errors."""
        self.raw.set_httpx_client(self._http)

    @classmethod
    @hide_locals
    def from_env(cls, **options: Unpack[Options]) -> Self:
        """Create a client from environment variables.

        Reads `SMOOCH_KEY_ID`, `SMOOCH_SECRET`, `SMOOCH_APP_ID`, `SMOOCH_API_VERSION`, `SMOOCH_REGION` and
        `SMOOCH_BASE_URL`. `options` are arguments of the constructor; they take precedence.
        """
        return cls(**config.read_environment(options))

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return a client with other call options that shares the connections of this one.

        The options are `timeout`, `deadline`, `retries` and `check`.

        For one call: `api.with_options(deadline=5).get_user("b6518")`, or `api.with_options(check=False).post_message(…)`.
        Closing either closes both.
        """
        other = object.__new__(type(self))
        other._connect(
            attrs.evolve(self._settings, **_checks.validate_call_options(options)), self._auth, self._transport
        )
        return other

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_auth"):  # in a traceback of the constructor
            return f"<{type(self).__name__} without a connection>"
        return f"{type(self).__name__}({self._auth.key_id!r}, base_url={str(self._settings.base_url)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and open connections: make a new one in each process")

    # Users

    def init_user(self, user_id: str, device_id: str, *, platform: str = "other") -> Response[InitResponse]:
        """Create or find a user by id and device: `POST /init` (initAppUser).

        `platform` is `ios`, `android`, `web` or `other`. The user's `_id` may change if two users are merged.
        """
        device = {"id": _checks.check_id(device_id, "device_id"), "platform": platform}
        data = {"device": device, "userId": _checks.check_id(user_id, "user_id")}
        body = self._bodies.build_body(models.InitRequest, data, "init")
        return app_users.init_app_user.sync_detailed(client=self.raw, body=body)

    def precreate_user(
        self,
        user_id: str,
        *,
        given_name: str | None = None,
        surname: str | None = None,
        email: str | None = None,
        signed_up_at: str | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> Response[AppUserResponse]:
        """Create a user before the first contact: `POST /appusers` (preCreateAppUser).

        `signed_up_at` is ISO 8601 in UTC. `properties` is a flat mapping of strings, numbers and booleans, at most 4 kB.

        Raises:
            Conflict: the id is taken.
        """
        data = drop_none(
            userId=_checks.check_id(user_id, "user_id"),
            givenName=given_name,
            surname=surname,
            email=email,
            signedUpAt=signed_up_at,
            properties=properties,
        )
        body = self._bodies.build_body(models.AppUserPreCreate, data, "profile")
        return app_users.pre_create_app_user.sync_detailed(client=self.raw, body=body)

    def get_user(self, user_id: str) -> Response[AppUserResponse]:
        """Get a user: `GET /appusers/{userId}` (getAppUser).

        Raises:
            NotFound: there is no such user.
        """
        return app_users.get_app_user.sync_detailed(user_id, client=self.raw)

    def update_user(
        self, user_id: str, data: AppUserUpdate | dicts.AppUserUpdate | dicts.PlainDict
    ) -> Response[AppUserResponse]:
        """Change the fields of a user that `data` names: `PUT /appusers/{userId}` (updateAppUser).

        `data` is an `AppUserUpdate` or a mapping in wire form. `properties` are merged key by key.
        """
        body = self._bodies.build_body(models.AppUserUpdate, data, "data")
        return app_users.update_app_user.sync_detailed(user_id, client=self.raw, body=body)

    def delete_user(self, user_id: str) -> Response[EmptyResponse]:
        """Delete a user and its conversation: `DELETE /appusers/{userId}` (deleteAppUser)."""
        return app_users.delete_app_user.sync_detailed(user_id, client=self.raw)

    def link_user_to_channel(
        self, user_id: str, channel: str, entity: Mapping[str, Any], skip_confirmation: bool = False
    ) -> Response[AppUserResponse]:
        """Link a user to another channel: `POST /appusers/{userId}/channels` (linkAppUser).

        `channel` is `twilio`, `messenger`, `mailgun`, `messagebird` or `whatsapp`. `entity` identifies the user there, such
        as `{"phoneNumber": "+15145550101"}` or `{"address": "ana@example.com"}`, and may hold any other field of the
        request. A webhook reports the outcome; until then the channel is among the user's `pendingClients`.
        """
        body = self._bodies.build_link(
            channel, entity, skip_confirmation=skip_confirmation, api_version=self._settings.prefix.lstrip("/")
        )
        return app_users.link_app_user.sync_detailed(user_id, client=self.raw, body=body)

    def unlink_user_from_channel(self, user_id: str, channel: str) -> Response[EmptyResponse]:
        """Unlink a user from a channel (unlinkAppUser).

        `DELETE /appusers/{userId}/channels/{channel}`.
        """
        return app_users.unlink_app_user.sync_detailed(user_id, channel, client=self.raw)

    # Conversation

    def post_message(
        self,
        user_id: str,
        message: str | MessagePost | dicts.MessagePost | Mapping[str, Any],
        sent_by_maker: bool = False,
    ) -> Response[MessageResponse]:
        """Post a message: `POST /appusers/{userId}/messages` (postMessage).

        `message` is a text, a `MessagePost`, or a mapping in wire form, of any type: text, image, file, carousel, list,
        location, or one that this library does not know. Its author is the user, or with `sent_by_maker` the business; a
        `role` in the message takes precedence. A message is never sent twice: if it may have arrived, an error says so.

        Raises:
            ConversationFull: the conversation holds as many messages as the API allows.
        """
        body = self._bodies.build_message(message, sent_by_maker=sent_by_maker)
        return conversations.post_message.sync_detailed(user_id, client=self.raw, body=body)

    def post_media(
        self, user_id: str, file_path: FileSource, sent_by_maker: bool = False
    ) -> Response[MessageResponse]:
        """Post an image or another file: `POST /appusers/{userId}/images` (postImageMessage).

        Files other than images are uploaded by `POST /attachments` (uploadAttachment) and posted as a message of type file;
        if the API refuses the message, the uploaded file is removed. `file_path` is a path, a pair `("cat.png", b"…")`, or
        a file opened in mode `rb`; its type is guessed from its name. v1 takes files of up to 10 MB. The limit of v1.1 is
        not published; the client sends up to 50 MB, as on v2.
        """
        user_id = _checks.check_id(user_id, "user_id")  # before the file is uploaded
        role = bodies.choose_role(sent_by_maker=sent_by_maker)
        with _files.open_upload(
            file_path, _files.find_limit(self._settings.prefix, check=self._settings.check), argument="file_path"
        ) as upload:
            if upload.is_image:
                image = models.ImageUpload(source=upload.to_file(), role=role)
                return conversations.post_image_message.sync_detailed(user_id, client=self.raw, body=image)
            file = models.AttachmentUpload(source=upload.to_file())
            uploaded = attachments.upload_attachment.sync_detailed(
                client=self.raw, body=file, access="public", for_="message"
            )
        media_url = _files.check_media_url(uploaded, uploaded.parsed.media_url)
        message = {"role": role, "type": "file", "mediaUrl": media_url, "mediaType": upload.mime_type}
        try:
            return self.post_message(user_id, message)
        except errors.APIError as refusal:
            if not isinstance(refusal, errors.ServerError):  # after which the message may be there nevertheless
                remove = models.AttachmentRemove(media_url=media_url)
                with suppress(errors.SmoochError):
                    attachments.remove_attachment.sync_detailed(client=self.raw, body=remove)
            raise

    def get_messages(
        self, user_id: str, before: Instant | None = None, after: Instant | None = None
    ) -> Response[GetMessagesResponse]:
        """Get up to 100 messages: `GET /appusers/{userId}/messages` (getMessages).

        Returns the newest messages, or those next to an instant: `before` or `after`, in Unix seconds or as a `datetime`
        with timezone. `.parsed.next_` is set if there are more; `iter_messages` follows it.

        Raises:
            NotFound: there is no such user, or no message yet.
        """
        page = bodies.build_page_query(before, after)
        return conversations.get_messages.sync_detailed(user_id, client=self.raw, **page)

    def iter_messages(
        self, user_id: str, *, before: Instant | None = None, after: Instant | None = None
    ) -> Iterator[Message]:
        """Iterate over all messages; each page is fetched when it is needed.

        Starts with the newest message (before `before`, if given) and goes back in time; with `after`, starts after that
        instant and goes forward in time.
        """
        pager = paging.Pager(before, after)
        while pager.needs_page:
            response = self.get_messages(user_id, **pager.page)
            pager.feed(response)
            while message := pager.pop():
                yield message

    def delete_messages(self, user_id: str) -> Response[EmptyResponse]:
        """Delete all messages of a user: `DELETE /appusers/{userId}/messages` (deleteMessages)."""
        return conversations.delete_messages.sync_detailed(user_id, client=self.raw)

    def mark_read(self, user_id: str) -> Response[EmptyResponse]:
        """Mark all messages as read: `POST /appusers/{userId}/conversation/read` (resetUnreadCount)."""
        return conversations.reset_unread_count.sync_detailed(user_id, client=self.raw)

    def send_activity(
        self, user_id: str, activity: str = "typing:start", *, name: str | None = None, avatar_url: str | None = None
    ) -> Response[ActivityResponse]:
        """Show a user that the business is typing (conversationActivity).

        `POST /appusers/{userId}/conversation/activity`.

        `activity` is `typing:start` or `typing:stop`, by the business; on v1.1 also `conversation:read`, by the user.
        """
        body = self._bodies.build_activity(activity, name=name, avatar_url=avatar_url)
        return conversations.conversation_activity.sync_detailed(user_id, client=self.raw, body=body)

    # Webhooks

    def get_webhooks(self) -> Response[ListWebhooksResponse]:
        """List all webhooks: `GET /webhooks` (listWebhooks)."""
        return webhooks.list_webhooks.sync_detailed(client=self.raw)

    def make_webhook(
        self,
        target: str,
        triggers: Trigger | Iterable[Trigger],
        *,
        include_client: bool | None = None,
        include_full_app_user: bool | None = None,
    ) -> Response[WebhookResponse]:
        """Create a webhook: `POST /webhooks` (createWebhook). An app has at most ten.

        `include_client` and `include_full_app_user` add the client and the whole user to deliveries, in v1.1 only.
        """
        names = check_triggers(triggers, "triggers", check=self._settings.check)
        options = bodies.build_webhook_options(self._settings.prefix, include_client, include_full_app_user)
        return self._post_webhook(_checks.check_target(target), names, options)

    def update_webhook(
        self,
        webhook_id: str,
        target: str,
        triggers: Trigger | Iterable[Trigger],
        *,
        include_client: bool | None = None,
        include_full_app_user: bool | None = None,
    ) -> Response[WebhookResponse]:
        """Replace target and triggers of a webhook: `PUT /webhooks/{webhookId}` (updateWebhook).

        `include_client` and `include_full_app_user` are as in `make_webhook`.
        """
        names = check_triggers(triggers, "triggers", check=self._settings.check)
        options = bodies.build_webhook_options(self._settings.prefix, include_client, include_full_app_user)
        return self._put_webhook(webhook_id, _checks.check_target(target), names, options)

    def _post_webhook(
        self, target: str, triggers: Iterable[str], options: _webhook_reconciler.Options
    ) -> Response[WebhookResponse]:
        body = models.WebhookCreate.from_dict({"target": target, "triggers": [*triggers], **options})
        return webhooks.create_webhook.sync_detailed(client=self.raw, body=body)

    def _put_webhook(
        self, webhook_id: str, target: str, triggers: Iterable[str], options: _webhook_reconciler.Options
    ) -> Response[WebhookResponse]:
        body = models.WebhookUpdate.from_dict({"target": target, "triggers": [*triggers], **options})
        return webhooks.update_webhook.sync_detailed(webhook_id, client=self.raw, body=body)

    def delete_webhook(self, webhook_id: str) -> Response[EmptyResponse]:
        """Delete a webhook: `DELETE /webhooks/{webhookId}` (deleteWebhook)."""
        return webhooks.delete_webhook.sync_detailed(webhook_id, client=self.raw)

    def delete_all_webhooks(self) -> list[Response[EmptyResponse]]:
        """Delete all webhooks of the app, one by one; the responses are in the order of the list."""
        response = self.get_webhooks()
        return [self.delete_webhook(hook.id) for hook in bodies.list_hooks(response, self._settings.prefix)]

    def ensure_webhook_exist(
        self,
        trigger: Trigger | Iterable[Trigger],
        webhook_url: str,
        *,
        move: bool = True,
        exact: bool = False,
        include_client: bool | None = None,
        include_full_app_user: bool | None = None,
        confirm_after: float | None = None,
    ) -> tuple[str, str]:
        """Make sure that one webhook delivers these triggers to a target; return its id and secret.

        What is done depends on the webhooks with this target:

        - One has the triggers: nothing is written, whatever webhooks with other targets have.
        - One lacks some of them: it gets them, and keeps its other triggers.
        - Several have them: the oldest keeps them, the others lose them.
        - There is none: a webhook that has only these triggers gets the target, or else one is created.

        Where triggers are written, webhooks with other targets lose them. With `move=False` those stay as they are. A
        webhook without any trigger left is deleted. `exact=True` leaves the target no other triggers: its webhook loses
        its other ones, its further webhooks are deleted. Options that are not None are set. `message` and `*` stand for
        the triggers that they include. On v1.1, a webhook of version v1 does not count: for these triggers a new one
        takes its place.

        Processes may call it at the same time: all get the same webhook. The API has no locks, so what was written is
        read again after `confirm_after` seconds (1.5 by default; 0 suffices for a process that is alone). Nothing is
        waited for if no process wrote anything in the last two seconds.

        `include_client` and `include_full_app_user` are as in `make_webhook`.

        Raises:
            InvalidInput: the target is not a URL, or a trigger is misspelt.
            BadRequest: the app has ten webhooks already.
        """
        goal = _webhook_reconciler.Goal(
            triggers=check_triggers(trigger, "trigger", check=self._settings.check),
            target=_checks.check_target(webhook_url, "webhook_url"),
            options=bodies.build_webhook_options(self._settings.prefix, include_client, include_full_app_user),
            move=move,
            exact=exact,
        )
        reconciler = _webhook_reconciler.Reconciler(goal, confirm_after)
        while True:
            listed = self.get_webhooks()
            hooks = bodies.list_hooks(listed, self._settings.prefix)
            settled = reconciler.observe(hooks, listed.headers.get("Date", ""))
            if settled is not None:
                return settled.id, settled.secret
            while reconciler.changes:
                self._change_webhook(reconciler.changes.pop(0), reconciler)
            sleep(reconciler.pause)

    def _change_webhook(
        self, change: _webhook_reconciler.Change, reconciler: _webhook_reconciler.Reconciler
    ) -> None:
        try:
            match change.kind:
                case "create":
                    created = self._post_webhook(change.target, change.triggers, change.options)
                    reconciler.created(created, created.parsed.webhook.id)
                case "update":
                    self._put_webhook(change.hook_id, change.target, change.triggers, change.options)
                case "delete":
                    self.delete_webhook(change.hook_id)
        except (errors.BadRequest, errors.NotFound, errors.Conflict) as error:
            reconciler.on_error(change, error)

    # Tokens

    def user_jwt(self, user_id: str, *, expires_in: float | timedelta | None = None) -> str:
        """Sign a token with which a user logs in to the chat.

        It expires after `expires_in` seconds, or never.
        """
        return self._auth.user_token(user_id, expires_in=expires_in)

    @staticmethod
    @hide_locals
    def jwt_for_user(key_id: str, secret: str, user_id: str, *, expires_in: float | timedelta | None = None) -> str:
        """Sign a token with which a user logs in to the chat.

        It expires after `expires_in` seconds, or never.
        """
        return auth.user_token(key_id, secret, user_id, expires_in=expires_in)

    # Anything else

    def ask(
        self, endpoint: str, data: Any = None, method: str = "get", files: Mapping[str, Any] | None = None
    ) -> Response[Any]:
        """Call any path of the API, such as `appusers/b6518/businesssystems`.

        Authentication, retries and errors are the same as for other calls.

        `data` is the query of a GET, HEAD or DELETE, and the JSON body of other methods. With `files`, such as
        `{"source": ("cat.png", file, "image/png")}`, it holds the other fields of the form. `.parsed` of the response is its
        JSON without models. An absolute URL must be below this API's, so that no token is sent elsewhere.
        """
        endpoint = bodies.check_endpoint(endpoint, self._settings)
        options = bodies.build_request_options(method, endpoint, data, files)
        with bodies.map_build_errors():
            request = self._http.build_request(method.upper(), endpoint, **options)
        response = self._http.send(request)
        return bodies.build_response(response)
