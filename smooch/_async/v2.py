"""The facade of API v2."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, Unpack

from smooch_api.v2 import Client, models
from smooch_api.v2.api import (
    activities,
    app_keys,
    apps,
    attachments,
    clients,
    conversations,
    devices,
    integration_keys,
    integrations,
    messages,
    oauth,
    participants,
    switchboard_actions,
    switchboard_integrations,
    switchboards,
    token_info,
    users,
    webhooks,
)

from .. import _bodies, _config, _files, _http, _webhook_plan, auth, errors
from .._async_synchronization import async_sleep
from .._options import CallOptions, ClientOptions
from .._v2 import bodies, config, paging, tokens
from .http import AsyncHTTPClient, AsyncPool
from .paging import AsyncPaged

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from datetime import datetime

    import httpx

    from .._files import FileSource
    from .._v2.bodies import AuthorLike, ConversionChannel, MessageLike, MessageOptions, Metadata, Wire


class Options(ClientOptions, total=False):
    """The arguments of a client."""

    token: str
    subdomain: str
    auth: Literal["jwt", "basic"]
    scope: Literal["app", "integration", "account"] | None
    transport: httpx.AsyncBaseTransport | None


class AsyncSmooch:
    """A client of the Smooch API, v2, as Zendesk calls it: Sunshine Conversations.

    Methods return the models of the answer, without its envelope, and nothing where the answer is empty. Lists that the
    API pages are iterators (`AsyncPaged`). What is sent is a model, or a mapping in wire form. Every method may raise
    `InvalidInput` (nothing was sent), `ConnectionFailed` (no answer), `APIError` (the API refused) and
    `UnreadableResponse`. A `user_id` is the API's own id of the user or the business's (`externalId`); the latter needs
    `brand_id` if the user belongs to one brand only.

    Args:
        key_id: Id of an app key (`app_…`), an integration key (`int_…`) or an account key (`act_…`, `svc_…`).
        secret: Secret of that key.
        app_id: Id of the app. Account keys and access tokens can do without, for calls that concern no app.
        token: An access token (of the OAuth flow) in place of a key.
        subdomain: Of the Zendesk account: `example` for `https://example.zendesk.com`.
        region: `us` or `eu-1`, for accounts of the legacy platform.
        base_url: Address of the API in place of these, without version; a sandbox's `url` is one. Exactly one of
            `subdomain`, `region` and `base_url` must be given.
        auth: `jwt` signs short-lived tokens with the key, `basic` sends the key itself.
        scope: `app`, `integration` or `account`, where it does not follow from how `key_id` begins.
        timeout: Seconds for each read, write and wait for a connection (connecting: 5 at most), or an `httpx.Timeout`.
        deadline: Seconds for a whole call, its retries and waits included; a method that makes several calls gives each
            as much. None for no limit.
        retries: How often a call is tried again: after 429; and, where that does no harm, after 502, 503, 504 and lost
            connections. A POST or PATCH that may have arrived is never repeated.
        max_connections: How many connections there are at most; further calls wait for a free one, in order.
        ssl_context: TLS settings in place of the usual ones, for instance to trust a private certificate.
        transport: An httpx transport in place of the pool of connections.

    Raises:
        InvalidInput: a value is unknown, is missing, or does not go with another.
    """

    APIError = errors.APIError

    def __init__(
        self,
        key_id: str | None = None,
        secret: str | None = None,
        app_id: str | None = None,
        *,
        token: str | None = None,
        subdomain: str | None = None,
        region: Literal["us", "eu-1"] | None = None,
        base_url: str | None = None,
        auth: Literal["jwt", "basic"] = "jwt",
        scope: Literal["app", "integration", "account"] | None = None,
        timeout: float | httpx.Timeout = _http.TIMEOUT,
        deadline: float | None = _http.DEADLINE,
        retries: int = _http.RETRIES,
        max_connections: int = _http.MAX_CONNECTIONS,
        ssl_context: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        settings = config.settings(
            key_id,
            token=token,
            app_id=app_id,
            subdomain=subdomain,
            region=region,
            base_url=base_url,
            scope=scope,
            timeout=timeout,
            deadline=deadline,
            retries=retries,
            max_connections=max_connections,
        )
        credentials = config.credentials(settings, key_id, secret, token, auth)
        if transport is None:
            transport = _pool(settings, ssl_context)
        self._key_id = key_id
        self._connect(settings, credentials, transport)

    def _connect(
        self, settings: config.Settings, credentials: auth.OriginAuth, transport: httpx.AsyncBaseTransport
    ) -> None:
        self._settings = settings
        self._auth = credentials
        self._transport = transport
        self._http = AsyncHTTPClient(settings, credentials, transport)
        self.raw = Client(base_url=str(settings.base_url), unreadable=errors.unreadable)
        """The generated client, for operations that have no method here: same authentication, retries and errors."""
        self.raw.set_async_httpx_client(self._http)

    @classmethod
    def from_env(cls, **options: Unpack[Options]) -> Self:
        """A client configured by the environment.

        Reads `SMOOCH_KEY_ID` and `SMOOCH_SECRET` or `SMOOCH_TOKEN`, `SMOOCH_APP_ID`, and one of `SMOOCH_SUBDOMAIN`,
        `SMOOCH_REGION` and `SMOOCH_BASE_URL`; `options` are further arguments of the constructor, and win.
        """
        return cls(**config.from_environment(options))

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """The same client with another `timeout`, `deadline` or `retries`, over the same connections.

        For one call: `api.with_options(deadline=5).get_user("b6518")`. Closing either closes both.
        """
        other = object.__new__(type(self))
        other._key_id = self._key_id
        other._connect(_config.with_options(self._settings, options), self._auth, self._transport)
        return other

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    def __repr__(self) -> str:
        who = f"token={'***'!r}" if self._key_id is None else repr(self._key_id)
        where = f"app_id={self._settings.app_id!r}, base_url={str(self._settings.root)!r}"
        return f"{type(self).__name__}({who}, {where})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and open connections: make a new one in each process")

    def _app(self, app_id: str | None = None) -> str:
        if app_id is not None:
            return _bodies.check_id(app_id, "app_id")
        if self._settings.app_id is None:
            raise errors.InvalidInput("this call concerns an app: pass app_id=… to the client", "app_id")
        return self._settings.app_id

    # Users

    async def create_user(
        self,
        external_id: str | None = None,
        *,
        profile: models.Profile | Wire | None = None,
        metadata: Metadata | None = None,
        signed_up_at: str | datetime | None = None,
        to_be_retained: bool | None = None,
        brand_id: str | None = None,
    ) -> models.User:
        """Make a user (createUser).

        `external_id` is the business's own id of the user; `signed_up_at` is ISO 8601 or a datetime, with its timezone.

        Raises:
            Conflict: the id is taken; `get_or_create_user` does not mind.
        """
        body = bodies.user_create(external_id, profile, metadata, signed_up_at, to_be_retained, brand_id)
        answer = await users.create_user.asyncio_detailed(self._app(), client=self.raw, body=body)
        return answer.parsed.user

    async def get_user(self, user_id: str, *, brand_id: str | None = None) -> models.User:
        """Get a user (getUser).

        Raises:
            NotFound: there is no such user.
        """
        user_id = _bodies.check_id(user_id, "user_id")
        answer = await users.get_user.asyncio_detailed(
            self._app(), user_id, client=self.raw, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return answer.parsed.user

    async def get_or_create_user(
        self,
        external_id: str,
        *,
        profile: models.Profile | Wire | None = None,
        metadata: Metadata | None = None,
        signed_up_at: str | datetime | None = None,
        to_be_retained: bool | None = None,
        brand_id: str | None = None,
    ) -> models.User:
        """Make a user, or get the one who has this id already and leave it as it is (createUser, getUser).

        Raises:
            Conflict: `external_id` is the API's own id of another user.
        """
        external_id = _bodies.check_id(external_id, "external_id")
        try:
            return await self.create_user(
                external_id,
                profile=profile,
                metadata=metadata,
                signed_up_at=signed_up_at,
                to_be_retained=to_be_retained,
                brand_id=brand_id,
            )
        except errors.Conflict:
            user = await self.get_user(external_id, brand_id=brand_id)
            if user.external_id != external_id:  # an id of the API's own comes first there
                raise
            return user

    async def find_users_by_email(self, email: str, *, brand_id: str | None = None) -> list[models.User]:
        """Find the users who have an address among their identities, which `profile.email` is not (listUsers)."""
        filter_ = bodies.user_filter(email)
        answer = await users.list_users.asyncio_detailed(
            self._app(), client=self.raw, filter_=filter_, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return paging.records(answer.parsed.users)

    async def update_user(
        self, user_id: str, data: models.UserUpdate | Wire, *, brand_id: str | None = None
    ) -> models.User:
        """Change what `data` names, and nothing else (updateUser).

        `metadata` is merged into what is there; null takes all of it away.
        """
        user_id = _bodies.check_id(user_id, "user_id")
        body = bodies.body(models.UserUpdate, data, "data")
        answer = await users.update_user.asyncio_detailed(
            self._app(), user_id, client=self.raw, body=body, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return answer.parsed.user

    async def delete_user(self, user_id: str, *, brand_id: str | None = None) -> None:
        """Delete a user with clients and conversations (deleteUser). It goes on after the answer."""
        user_id = _bodies.check_id(user_id, "user_id")
        await users.delete_user.asyncio_detailed(
            self._app(), user_id, client=self.raw, brand_id=bodies.optional(brand_id, "brand_id")
        )

    async def delete_user_personal_information(self, user_id: str, *, brand_id: str | None = None) -> models.User:
        """Erase what is known of a user, but keep the conversations (deleteUserPersonalInformation)."""
        user_id = _bodies.check_id(user_id, "user_id")
        answer = await users.delete_user_personal_information.asyncio_detailed(
            self._app(), user_id, client=self.raw, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return answer.parsed.user

    async def sync_user(self, zendesk_id: str, *, surviving_zendesk_id: str | None = None) -> models.User:
        """Bring a user in line with the Zendesk user behind it (syncUser).

        Other users may change too: one who has the same id or address is merged into this one. After a merge in
        Zendesk, `surviving_zendesk_id` is the user who was kept and `zendesk_id` the other.
        """
        zendesk_id = _bodies.check_id(zendesk_id, "zendesk_id")
        body = bodies.body(models.UserSync, bodies.given(survivingZendeskId=surviving_zendesk_id), "user")
        answer = await users.sync_user.asyncio_detailed(self._app(), zendesk_id, client=self.raw, body=body)
        return answer.parsed.user

    # Clients and devices

    async def create_client(
        self,
        user_id: str,
        match_criteria: models.MatchCriteria | Wire,
        *,
        conversation_id: str,
        confirmation: str | models.ClientConfirmation | Wire = "immediate",
        brand_id: str | None = None,
    ) -> models.Client:
        """Reach a user on another channel, in one conversation (createClient).

        `match_criteria` says which channel, and who the user is there; `confirmation` is `immediate`, `userActivity` or
        `prompt`, or says with which message the user is asked. The client is pending until then; webhooks tell.
        """
        user_id = _bodies.check_id(user_id, "user_id")
        body = bodies.client_create(match_criteria, conversation_id, confirmation)
        answer = await clients.create_client.asyncio_detailed(
            self._app(), user_id, client=self.raw, body=body, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return answer.parsed.client

    def list_clients(
        self,
        user_id: str,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        brand_id: str | None = None,
    ) -> AsyncPaged[models.Client]:
        """The channels that a user is reached on (listClients).

        From the client `after` on, or backwards from `before`; `limit` at most, or all; a hundred come at a time.
        """
        walk = paging.Walk(lambda page: page.clients, before=before, after=after, limit=limit)
        user_id = _bodies.check_id(user_id, "user_id")
        call = partial(
            clients.list_clients.asyncio_detailed,
            self._app(),
            user_id,
            client=self.raw,
            brand_id=bodies.optional(brand_id, "brand_id"),
        )
        return AsyncPaged(lambda page: call(page=page), walk)

    async def remove_client(self, user_id: str, client_id: str, *, brand_id: str | None = None) -> None:
        """Stop reaching a user on a channel (removeClient)."""
        user_id, client_id = _bodies.check_id(user_id, "user_id"), _bodies.check_id(client_id, "client_id")
        await clients.remove_client.asyncio_detailed(
            self._app(), user_id, client_id, client=self.raw, brand_id=bodies.optional(brand_id, "brand_id")
        )

    async def list_devices(self, user_id: str, *, brand_id: str | None = None) -> list[models.Device]:
        """List what a user runs an SDK on (listDevices)."""
        user_id = _bodies.check_id(user_id, "user_id")
        answer = await devices.list_devices.asyncio_detailed(
            self._app(), user_id, client=self.raw, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return paging.records(answer.parsed.devices)

    async def get_device(self, user_id: str, device_id: str, *, brand_id: str | None = None) -> models.Device:
        """Get one device of a user (getDevice)."""
        user_id, device_id = _bodies.check_id(user_id, "user_id"), _bodies.check_id(device_id, "device_id")
        answer = await devices.get_device.asyncio_detailed(
            self._app(), user_id, device_id, client=self.raw, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return answer.parsed.device

    # Conversations

    async def create_conversation(
        self,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        type_: Literal["personal", "sdkGroup"] = "personal",
        participants: Iterable[models.ParticipantCreate | Wire] | None = None,
        display_name: str | None = None,
        description: str | None = None,
        icon_url: str | None = None,
        metadata: Metadata | None = None,
    ) -> models.Conversation:
        """Begin a conversation with one user, or one of type `sdkGroup` with up to ten (createConversation).

        Name the one user by either id; or `participants` in detail, who in a group must say `subscribeSDKClient`.
        """
        body = bodies.conversation_create(
            type_,
            user_id,
            user_external_id,
            participants,
            displayName=display_name,
            description=description,
            iconUrl=icon_url,
            metadata=metadata,
        )
        answer = await conversations.create_conversation.asyncio_detailed(self._app(), client=self.raw, body=body)
        return answer.parsed.conversation

    async def get_conversation(self, conversation_id: str) -> models.Conversation:
        """Get a conversation (getConversation).

        Raises:
            NotFound: there is no such conversation.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        answer = await conversations.get_conversation.asyncio_detailed(self._app(), conversation_id, client=self.raw)
        return answer.parsed.conversation

    def list_conversations(
        self,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> AsyncPaged[models.Conversation]:
        """The conversations of a user, by either id (listConversations).

        From the conversation `after` on, or backwards from `before`; `limit` at most, or all; a hundred come at a time.
        """
        walk = paging.Walk(lambda page: page.conversations, before=before, after=after, limit=limit)
        filter_ = bodies.conversation_filter(user_id, user_external_id)
        call = partial(conversations.list_conversations.asyncio_detailed, self._app(), client=self.raw, filter_=filter_)
        return AsyncPaged(lambda page: call(page=page), walk)

    async def update_conversation(
        self, conversation_id: str, data: models.ConversationUpdate | Wire
    ) -> models.Conversation:
        """Change what `data` names, and nothing else (updateConversation).

        `metadata` is merged into what is there; null takes all of it away.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.ConversationUpdate, data, "data")
        answer = await conversations.update_conversation.asyncio_detailed(
            self._app(), conversation_id, client=self.raw, body=body
        )
        return answer.parsed.conversation

    async def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation with its messages and attachments (deleteConversation).

        Raises:
            BadRequest: it is the user's default conversation; `delete_messages` empties that.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        await conversations.delete_conversation.asyncio_detailed(self._app(), conversation_id, client=self.raw)

    async def join_conversation(
        self,
        conversation_id: str,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        subscribe_sdk_client: bool,
    ) -> models.Participant:
        """Take a user, by either id, into a conversation of type `sdkGroup` (joinConversation).

        `subscribe_sdk_client` says whether the user is notified before having opened it.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        who = bodies.one_of("user_id", user_id=user_id, user_external_id=user_external_id)
        body = bodies.body(models.ParticipantJoin, {**who, "subscribeSDKClient": subscribe_sdk_client}, "participant")
        answer = await participants.join_conversation.asyncio_detailed(
            self._app(), conversation_id, client=self.raw, body=body
        )
        return answer.parsed.participant

    async def leave_conversation(
        self,
        conversation_id: str,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        participant_id: str | None = None,
    ) -> None:
        """Take a user, by one of the three ids, out of a conversation of type `sdkGroup` (leaveConversation)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        who = bodies.one_of(
            "user_id", user_id=user_id, user_external_id=user_external_id, participant_id=participant_id
        )
        body = bodies.body(models.ParticipantLeave, who, "participant")
        await participants.leave_conversation.asyncio_detailed(self._app(), conversation_id, client=self.raw, body=body)

    def list_participants(
        self,
        conversation_id: str,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> AsyncPaged[models.Participant]:
        """The users in a conversation (listParticipants).

        From the participant `after` on, or backwards from `before`; `limit` at most, or all; a hundred come at a time.
        """
        walk = paging.Walk(lambda page: page.participants, before=before, after=after, limit=limit)
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        call = partial(participants.list_participants.asyncio_detailed, self._app(), conversation_id, client=self.raw)
        return AsyncPaged(lambda page: call(page=page), walk)

    async def download_message_ref(
        self, conversation_id: str, user_id: str, *, apple: models.AppleMessageRef | Wire
    ) -> dict[str, Any]:
        """Fetch what Apple Messages for Business only referred to, in Apple's own form (downloadMessageRef)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.MessageRefDownload, {"userId": user_id, "apple": apple}, "reference")
        answer = await conversations.download_message_ref.asyncio_detailed(
            self._app(), conversation_id, client=self.raw, body=body
        )
        return answer.parsed.to_dict()

    async def post_conversion_events(
        self,
        conversation_id: str,
        channel: ConversionChannel,
        events: Iterable[Wire] | Wire,
    ) -> models.ConversionEvents:
        """Tell Meta what the user did, for its ads (postConversionEvents).

        `events` is a list of events in Meta's own form, or a mapping with Meta's whole object: the list as `data`, and
        `test_event_code` or `partner_agent` beside it.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.conversion_events(channel, events)
        answer = await conversations.post_conversion_events.asyncio_detailed(
            self._app(), conversation_id, client=self.raw, body=body
        )
        return answer.parsed.conversion_events

    # Messages

    async def post_message(
        self, conversation_id: str, message: MessageLike, **options: Unpack[MessageOptions]
    ) -> models.Message:
        """Post a message (postMessage).

        `message` is a text, the content of a message as a model or in wire form, or a whole message. All methods that
        post take the same options: `author` is `business` (unless told), a `User`, an `AuthorPost`, or a mapping such
        as `{"type": "user", "userExternalId": "b6518"}`; `metadata`, 4 kB at most; `destination`, one channel to send
        to; `override`, what some channels get instead, in their own form; `schema`, `whatsapp` for content in the
        form of WhatsApp; `block_chat_input`, for the user to write nothing meanwhile.

        A message is never sent twice: where it may have arrived, an error says so. A text with a template in
        shorthand can become several messages, of which the last is returned.

        Raises:
            ConversationFull: the conversation holds as many messages as the API allows.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.message_post(message, options)
        answer = await messages.post_message.asyncio_detailed(self._app(), conversation_id, client=self.raw, body=body)
        return bodies.last_message(
            answer, self._settings, f"apps/{self._app()}/conversations/{conversation_id}/messages"
        )

    async def post_text(
        self,
        conversation_id: str,
        text: str | None = None,
        *,
        html_text: str | None = None,
        markdown_text: str | None = None,
        actions: Iterable[models.Action | Wire] | None = None,
        payload: str | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post a text of up to 4096 characters, plain or rich, with buttons or quick replies if need be (postMessage).

        `options` are those of `post_message`.
        """
        content = bodies.text_content(
            text=text, htmlText=html_text, markdownText=markdown_text, actions=actions, payload=payload
        )
        return await self.post_message(conversation_id, content, **options)

    async def post_image(
        self,
        conversation_id: str,
        media_url: str,
        *,
        text: str | None = None,
        html_text: str | None = None,
        markdown_text: str | None = None,
        alt_text: str | None = None,
        actions: Iterable[models.Action | Wire] | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post an image that has an address (postMessage); `post_media` uploads one. Options: see `post_message`."""
        content = bodies.content(
            "image",
            mediaUrl=media_url,
            text=text,
            htmlText=html_text,
            markdownText=markdown_text,
            altText=alt_text,
            actions=actions,
        )
        return await self.post_message(conversation_id, content, **options)

    async def post_file(
        self,
        conversation_id: str,
        media_url: str,
        *,
        text: str | None = None,
        html_text: str | None = None,
        markdown_text: str | None = None,
        alt_text: str | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post a file that has an address (postMessage); `post_media` uploads one. Options: see `post_message`."""
        content = bodies.content(
            "file", mediaUrl=media_url, text=text, htmlText=html_text, markdownText=markdown_text, altText=alt_text
        )
        return await self.post_message(conversation_id, content, **options)

    async def post_carousel(
        self,
        conversation_id: str,
        items: Iterable[models.MessageItem | Wire],
        *,
        display_settings: models.DisplaySettings | Wire | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post up to ten cards side by side (postMessage). Options: see `post_message`."""
        content = bodies.content("carousel", items=items, displaySettings=display_settings)
        return await self.post_message(conversation_id, content, **options)

    async def post_list(
        self,
        conversation_id: str,
        items: Iterable[models.MessageItem | Wire],
        *,
        actions: Iterable[models.ItemAction | Wire] | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post up to ten cards one below the other (postMessage). Options: see `post_message`."""
        content = bodies.content("list", items=items, actions=actions)
        return await self.post_message(conversation_id, content, **options)

    async def post_form(
        self,
        conversation_id: str,
        fields: Iterable[models.FormMessageField | Wire],
        *,
        text: str | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post up to 20 questions (postMessage); `text` is what social channels show. Options: see `post_message`."""
        content = bodies.content("form", fields=fields, text=text)
        return await self.post_message(conversation_id, content, **options)

    async def post_location(
        self,
        conversation_id: str,
        lat: float,
        long: float,
        *,
        name: str | None = None,
        address: str | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post a place, in degrees of latitude and longitude (postMessage). Options: see `post_message`."""
        content = bodies.location_content(lat, long, name, address)
        return await self.post_message(conversation_id, content, **options)

    async def post_template(
        self, conversation_id: str, template: Wire, **options: Unpack[MessageOptions]
    ) -> models.Message:
        """Post a message template of WhatsApp, in WhatsApp's own form (postMessage). Options: see `post_message`."""
        content = bodies.content("template", template=template)
        options.setdefault("schema", "whatsapp")
        return await self.post_message(conversation_id, content, **options)

    async def post_media(
        self,
        conversation_id: str,
        file_path: FileSource | bytes,
        *,
        mime_type: str | None = None,
        filename: str | None = None,
        text: str | None = None,
        html_text: str | None = None,
        markdown_text: str | None = None,
        alt_text: str | None = None,
        actions: Iterable[models.Action | Wire] | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Upload a file and post it, as an image if it is one (uploadAttachment, postMessage).

        The file is given as in `upload_attachment`; only an image can have `actions`. If the API refuses the message,
        the uploaded file is removed again. Options: see `post_message`.
        """
        if actions is not None:
            actions = list(actions)  # read twice
        with _files.opened(file_path, _files.LIMITS[self._settings.prefix], mime_type, filename) as upload:
            content = partial(
                bodies.media_content,
                is_image=upload.is_image,
                text=text,
                htmlText=html_text,
                markdownText=markdown_text,
                altText=alt_text,
                actions=actions,
            )
            bodies.message_post(content("about:blank"), options)
            attachment = await self._upload(upload, conversation_id)
        try:
            return await self.post_message(conversation_id, content(attachment.media_url), **options)
        except errors.APIError as refusal:
            if not isinstance(refusal, errors.ServerError):  # after which the message may be there nevertheless
                with suppress(errors.SmoochError):
                    await self.delete_attachment(attachment.media_url)
            raise

    def list_messages(
        self,
        conversation_id: str,
        *,
        newest_first: bool | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> AsyncPaged[models.Message]:
        """The messages of a conversation (listMessages), `limit` at most, or all; a hundred come at a time.

        Newest first and back in time, as the API pages them (from the message with the id `before`, if given); with
        `after`, from that message on and forward in time. With `newest_first=False` and no `after`, from the very first
        message on: then all pages are fetched before the first message is given.
        """
        walk = paging.messages(newest_first=newest_first, before=before, after=after, limit=limit)
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        call = partial(messages.list_messages.asyncio_detailed, self._app(), conversation_id, client=self.raw)
        return AsyncPaged(lambda page: call(page=page), walk)

    async def delete_message(self, conversation_id: str, message_id: str) -> None:
        """Delete one message (deleteMessage)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        message_id = _bodies.check_id(message_id, "message_id")
        await messages.delete_message.asyncio_detailed(self._app(), conversation_id, message_id, client=self.raw)

    async def delete_messages(self, conversation_id: str) -> None:
        """Delete all messages of a conversation (deleteAllMessages)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        await messages.delete_all_messages.asyncio_detailed(self._app(), conversation_id, client=self.raw)

    # Activities and attachments

    async def send_activity(
        self,
        conversation_id: str,
        activity: Literal["typing:start", "typing:stop", "conversation:read"] = "typing:start",
        *,
        author: AuthorLike = "business",
    ) -> None:
        """Show the others that the business is typing, or has read, or that a user has read (postActivity)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.activity(activity, author)
        await activities.post_activity.asyncio_detailed(self._app(), conversation_id, client=self.raw, body=body)

    async def mark_read(self, conversation_id: str, *, author: AuthorLike = "business") -> None:
        """Say that the business, or a user, has read the conversation (postActivity)."""
        await self.send_activity(conversation_id, "conversation:read", author=author)

    async def upload_attachment(
        self,
        file_path: FileSource | bytes,
        *,
        mime_type: str | None = None,
        filename: str | None = None,
        conversation_id: str | None = None,
    ) -> models.Attachment:
        """Upload a file that messages can refer to (uploadAttachment); `post_media` posts it too.

        `file_path` is a path, bytes, a pair `("cat.png", b"…")`, or a file opened with mode `rb`, which is sent from
        where it stands, 50 MB at most. Its type is guessed from its name unless `mime_type` tells; `filename` is its
        name for the user, in place of its own or where it has none. With `conversation_id` it is deleted together with
        what it belongs to.
        """
        with _files.opened(file_path, _files.LIMITS[self._settings.prefix], mime_type, filename) as upload:
            return await self._upload(upload, conversation_id)

    async def _upload(self, upload: _files.Upload, conversation_id: str | None) -> models.Attachment:
        answer = await attachments.upload_attachment.asyncio_detailed(
            self._app(),
            client=self.raw,
            body=bodies.attachment_upload(upload),
            access="public",
            for_="message",
            conversation_id=bodies.optional(conversation_id, "conversation_id"),
        )
        return answer.parsed.attachment

    async def delete_attachment(self, media_url: str) -> None:
        """Delete an uploaded file (deleteAttachment). Caches may serve it for another 15 minutes."""
        body = bodies.body(models.AttachmentDelete, {"mediaUrl": media_url}, "attachment")
        await attachments.delete_attachment.asyncio_detailed(self._app(), client=self.raw, body=body)

    # Switchboards

    async def create_switchboard(self) -> models.Switchboard:
        """Make the switchboard of the app, disabled at first (createSwitchboard). An app has one at most."""
        answer = await switchboards.create_switchboard.asyncio_detailed(self._app(), client=self.raw)
        return answer.parsed.switchboard

    async def list_switchboards(self) -> list[models.Switchboard]:
        """List the switchboards of the app: none or one (listSwitchboards)."""
        answer = await switchboards.list_switchboards.asyncio_detailed(self._app(), client=self.raw)
        return paging.records(answer.parsed.switchboards)

    async def update_switchboard(
        self, switchboard_id: str, data: models.SwitchboardUpdate | Wire
    ) -> models.Switchboard:
        """Change what `data` names, and nothing else (updateSwitchboard). One that is enabled needs a default."""
        switchboard_id = _bodies.check_id(switchboard_id, "switchboard_id")
        body = bodies.body(models.SwitchboardUpdate, data, "data")
        answer = await switchboards.update_switchboard.asyncio_detailed(
            self._app(), switchboard_id, client=self.raw, body=body
        )
        return answer.parsed.switchboard

    async def delete_switchboard(self, switchboard_id: str) -> None:
        """Delete a switchboard; from then on all integrations hear of all conversations (deleteSwitchboard)."""
        switchboard_id = _bodies.check_id(switchboard_id, "switchboard_id")
        await switchboards.delete_switchboard.asyncio_detailed(self._app(), switchboard_id, client=self.raw)

    async def create_switchboard_integration(
        self,
        switchboard_id: str,
        name: str,
        *,
        integration_id: str | None = None,
        integration_type: str | None = None,
        deliver_standby_events: bool | None = None,
        next_switchboard_integration_id: str | None = None,
        message_history_count: int | None = None,
    ) -> models.SwitchboardIntegration:
        """Let an integration, by its id or its type, take part in a switchboard (createSwitchboardIntegration).

        Ten at most. It hears of conversations that others control unless `deliver_standby_events` is false.
        `message_history_count` is how many messages, 1 to 10, come with the control.
        """
        switchboard_id = _bodies.check_id(switchboard_id, "switchboard_id")
        data = bodies.given(
            name=name,
            integrationId=integration_id,
            integrationType=integration_type,
            deliverStandbyEvents=deliver_standby_events,
            nextSwitchboardIntegrationId=next_switchboard_integration_id,
            messageHistoryCount=message_history_count,
        )
        body = bodies.body(models.SwitchboardIntegrationCreate, data, "integration")
        answer = await switchboard_integrations.create_switchboard_integration.asyncio_detailed(
            self._app(), switchboard_id, client=self.raw, body=body
        )
        return answer.parsed.switchboard_integration

    async def list_switchboard_integrations(self, switchboard_id: str) -> list[models.SwitchboardIntegration]:
        """List what takes part in a switchboard (listSwitchboardIntegrations)."""
        switchboard_id = _bodies.check_id(switchboard_id, "switchboard_id")
        answer = await switchboard_integrations.list_switchboard_integrations.asyncio_detailed(
            self._app(), switchboard_id, client=self.raw
        )
        return paging.records(answer.parsed.switchboard_integrations)

    async def update_switchboard_integration(
        self,
        switchboard_id: str,
        switchboard_integration_id: str,
        data: models.SwitchboardIntegrationUpdate | Wire,
    ) -> models.SwitchboardIntegration:
        """Change what `data` names, and nothing else (updateSwitchboardIntegration)."""
        switchboard_id = _bodies.check_id(switchboard_id, "switchboard_id")
        part_id = _bodies.check_id(switchboard_integration_id, "switchboard_integration_id")
        body = bodies.body(models.SwitchboardIntegrationUpdate, data, "data")
        answer = await switchboard_integrations.update_switchboard_integration.asyncio_detailed(
            self._app(), switchboard_id, part_id, client=self.raw, body=body
        )
        return answer.parsed.switchboard_integration

    async def delete_switchboard_integration(self, switchboard_id: str, switchboard_integration_id: str) -> None:
        """Take an integration out of a switchboard (deleteSwitchboardIntegration)."""
        switchboard_id = _bodies.check_id(switchboard_id, "switchboard_id")
        part_id = _bodies.check_id(switchboard_integration_id, "switchboard_integration_id")
        await switchboard_integrations.delete_switchboard_integration.asyncio_detailed(
            self._app(), switchboard_id, part_id, client=self.raw
        )

    async def pass_control(
        self, conversation_id: str, switchboard_integration: str = "next", *, metadata: Metadata | None = None
    ) -> None:
        """Give control of a conversation to another (passControl).

        To whom: id, name or integration type of a switchboard integration, or the `next` one of who has control.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        data = bodies.given(switchboardIntegration=switchboard_integration, metadata=metadata)
        body = bodies.body(models.PassControl, data, "control")
        await switchboard_actions.pass_control.asyncio_detailed(
            self._app(), conversation_id, client=self.raw, body=body
        )

    async def offer_control(
        self, conversation_id: str, switchboard_integration: str = "next", *, metadata: Metadata | None = None
    ) -> None:
        """Offer control of a conversation to another, named as in `pass_control` (offerControl)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        data = bodies.given(switchboardIntegration=switchboard_integration, metadata=metadata)
        body = bodies.body(models.OfferControl, data, "control")
        await switchboard_actions.offer_control.asyncio_detailed(
            self._app(), conversation_id, client=self.raw, body=body
        )

    async def accept_control(self, conversation_id: str, *, metadata: Metadata | None = None) -> None:
        """Take the control of a conversation that was offered (acceptControl)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.AcceptControl, bodies.given(metadata=metadata), "control")
        await switchboard_actions.accept_control.asyncio_detailed(
            self._app(), conversation_id, client=self.raw, body=body
        )

    async def release_control(self, conversation_id: str, *, metadata: Metadata | None = None) -> None:
        """Leave a conversation without anybody in control (releaseControl)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.ReleaseControl, bodies.given(metadata=metadata), "control")
        await switchboard_actions.release_control.asyncio_detailed(
            self._app(), conversation_id, client=self.raw, body=body
        )

    # Integrations and their keys

    async def create_integration(self, data: models.IntegrationCreate | Wire) -> models.Integration:
        """Connect a channel, or with type `custom` a server of the business, to the app (createIntegration)."""
        body = bodies.integration_create(data)
        answer = await integrations.create_integration.asyncio_detailed(self._app(), client=self.raw, body=body)
        return answer.parsed.integration

    def list_integrations(
        self,
        types: str | Iterable[str] = (),
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> AsyncPaged[models.Integration]:
        """The integrations of the app, of some types if told (listIntegrations).

        From the integration `after` on, or backwards from `before`; `limit` at most, or all; a hundred come at a time.
        """
        walk = paging.Walk(lambda page: page.integrations, before=before, after=after, limit=limit)
        filter_ = bodies.integration_filter(types)
        call = partial(integrations.list_integrations.asyncio_detailed, self._app(), client=self.raw, filter_=filter_)
        return AsyncPaged(lambda page: call(page=page), walk)

    async def get_integration(self, integration_id: str) -> models.Integration:
        """Get an integration (getIntegration)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        answer = await integrations.get_integration.asyncio_detailed(self._app(), integration_id, client=self.raw)
        return answer.parsed.integration

    async def update_integration(
        self, integration_id: str, data: models.IntegrationUpdate | Wire
    ) -> models.Integration:
        """Change what `data` names, and nothing else (updateIntegration)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        body = bodies.integration_update(data)
        answer = await integrations.update_integration.asyncio_detailed(
            self._app(), integration_id, client=self.raw, body=body
        )
        return answer.parsed.integration

    async def delete_integration(self, integration_id: str) -> None:
        """Disconnect a channel (deleteIntegration)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        await integrations.delete_integration.asyncio_detailed(self._app(), integration_id, client=self.raw)

    async def create_integration_key(self, integration_id: str, display_name: str) -> models.IntegrationKey:
        """Make a key of a custom integration (createCustomIntegrationKey). Ten at most."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        body = bodies.body(models.IntegrationKeyCreate, {"displayName": display_name}, "key")
        answer = await integration_keys.create_custom_integration_key.asyncio_detailed(
            self._app(), integration_id, client=self.raw, body=body
        )
        return answer.parsed.key

    async def list_integration_keys(self, integration_id: str) -> list[models.IntegrationKey]:
        """List the keys of a custom integration (listCustomIntegrationKeys)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        answer = await integration_keys.list_custom_integration_keys.asyncio_detailed(
            self._app(), integration_id, client=self.raw
        )
        return paging.records(answer.parsed.keys)

    async def get_integration_key(self, integration_id: str, key_id: str) -> models.IntegrationKey:
        """Get a key of a custom integration, with its secret (getCustomIntegrationKey)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        key_id = _bodies.check_id(key_id, "key_id")
        answer = await integration_keys.get_custom_integration_key.asyncio_detailed(
            self._app(), integration_id, key_id, client=self.raw
        )
        return answer.parsed.key

    async def delete_integration_key(self, integration_id: str, key_id: str) -> None:
        """Delete a key of a custom integration (deleteCustomIntegrationKey)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        key_id = _bodies.check_id(key_id, "key_id")
        await integration_keys.delete_custom_integration_key.asyncio_detailed(
            self._app(), integration_id, key_id, client=self.raw
        )

    # Apps and their keys

    async def create_app(
        self,
        display_name: str,
        *,
        settings: models.AppSettings | Wire | None = None,
        metadata: Metadata | None = None,
    ) -> models.App:
        """Make an app (createApp). Needs an account key."""
        data = bodies.given(displayName=display_name, settings=settings, metadata=metadata)
        body = bodies.body(models.AppCreate, data, "app")
        answer = await apps.create_app.asyncio_detailed(client=self.raw, body=body)
        return answer.parsed.app

    def list_apps(
        self,
        *,
        service_account_id: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> AsyncPaged[models.App]:
        """The apps that the credentials, or a service account, can reach (listApps). Needs an account key.

        From the app `after` on, or backwards from `before`; `limit` at most, or all; a hundred come at a time.
        """
        walk = paging.Walk(lambda page: page.apps, before=before, after=after, limit=limit)
        filter_ = models.AppListFilter(service_account_id=bodies.optional(service_account_id, "service_account_id"))
        call = partial(apps.list_apps.asyncio_detailed, client=self.raw, filter_=filter_)
        return AsyncPaged(lambda page: call(page=page), walk)

    async def get_app(self, app_id: str | None = None) -> models.AppWithSubdomain:
        """Get an app, by default the client's own (getApp)."""
        answer = await apps.get_app.asyncio_detailed(self._app(app_id), client=self.raw)
        return answer.parsed.app

    async def update_app(self, data: models.AppUpdate | Wire, *, app_id: str | None = None) -> models.App:
        """Change what `data` names, and nothing else, of an app, by default the client's own (updateApp).

        `metadata` is merged into what is there; null takes all of it away.
        """
        body = bodies.body(models.AppUpdate, data, "data")
        answer = await apps.update_app.asyncio_detailed(self._app(app_id), client=self.raw, body=body)
        return answer.parsed.app

    async def delete_app(self, app_id: str) -> None:
        """Delete an app with all that is in it (deleteApp). Needs an account key."""
        await apps.delete_app.asyncio_detailed(_bodies.check_id(app_id, "app_id"), client=self.raw)

    async def create_app_key(self, display_name: str, *, app_id: str | None = None) -> models.AppKey:
        """Make a key of an app, by default the client's own (createAppKey). Ten at most. Needs an account key."""
        body = bodies.body(models.AppKeyCreate, {"displayName": display_name}, "key")
        answer = await app_keys.create_app_key.asyncio_detailed(self._app(app_id), client=self.raw, body=body)
        return answer.parsed.key

    async def list_app_keys(self, *, app_id: str | None = None) -> list[models.AppKey]:
        """List the keys of an app, by default the client's own (listAppKeys). Needs an account key."""
        answer = await app_keys.list_app_keys.asyncio_detailed(self._app(app_id), client=self.raw)
        return paging.records(answer.parsed.keys)

    async def get_app_key(self, key_id: str, *, app_id: str | None = None) -> models.AppKey:
        """Get a key of an app, by default the client's own, with its secret (getAppKey). Needs an account key."""
        key_id = _bodies.check_id(key_id, "key_id")
        answer = await app_keys.get_app_key.asyncio_detailed(self._app(app_id), key_id, client=self.raw)
        return answer.parsed.key

    async def delete_app_key(self, key_id: str, *, app_id: str | None = None) -> None:
        """Delete a key of an app, by default the client's own (deleteAppKey). Needs an account key."""
        key_id = _bodies.check_id(key_id, "key_id")
        await app_keys.delete_app_key.asyncio_detailed(self._app(app_id), key_id, client=self.raw)

    # Webhooks

    async def list_webhooks(self, *, integration: str = "me") -> list[models.Webhook]:
        """List the webhooks of an integration (listWebhooks).

        `me` is the integration that an integration key or an access token belongs to; with any other key name one.
        """
        integration = _bodies.check_id(integration, "integration")
        answer = await webhooks.list_webhooks.asyncio_detailed(self._app(), integration, client=self.raw)
        return paging.records(answer.parsed.webhooks)

    async def get_webhook(self, webhook_id: str, *, integration: str = "me") -> models.Webhook:
        """Get a webhook, with its secret (getWebhook)."""
        integration, webhook_id = (
            _bodies.check_id(integration, "integration"),
            _bodies.check_id(webhook_id, "webhook_id"),
        )
        answer = await webhooks.get_webhook.asyncio_detailed(self._app(), integration, webhook_id, client=self.raw)
        return answer.parsed.webhook

    async def create_webhook(
        self,
        target: str,
        triggers: str | Iterable[str],
        *,
        integration: str = "me",
        include_full_user: bool | None = None,
        include_full_source: bool | None = None,
    ) -> models.Webhook:
        """Make a webhook (createWebhook). An app has ten at most; `ensure_webhook_exist` makes it once."""
        integration = _bodies.check_id(integration, "integration")
        body = bodies.webhook_create(
            _webhook_plan.check_target(target),
            bodies.check_triggers(triggers, "triggers"),
            bodies.webhook_options(include_full_user, include_full_source),
        )
        answer = await webhooks.create_webhook.asyncio_detailed(self._app(), integration, client=self.raw, body=body)
        return answer.parsed.webhook

    async def update_webhook(
        self, webhook_id: str, data: models.WebhookUpdate | Wire, *, integration: str = "me"
    ) -> models.Webhook:
        """Change what `data` names, and nothing else; `triggers` is the whole new list (updateWebhook)."""
        integration, webhook_id = (
            _bodies.check_id(integration, "integration"),
            _bodies.check_id(webhook_id, "webhook_id"),
        )
        body = bodies.webhook_changes(data)
        answer = await webhooks.update_webhook.asyncio_detailed(
            self._app(), integration, webhook_id, client=self.raw, body=body
        )
        return answer.parsed.webhook

    async def delete_webhook(self, webhook_id: str, *, integration: str = "me") -> None:
        """Delete a webhook (deleteWebhook)."""
        integration, webhook_id = (
            _bodies.check_id(integration, "integration"),
            _bodies.check_id(webhook_id, "webhook_id"),
        )
        await webhooks.delete_webhook.asyncio_detailed(self._app(), integration, webhook_id, client=self.raw)

    async def ensure_webhook_exist(
        self,
        trigger: str | Iterable[str],
        webhook_url: str,
        *,
        integration: str = "me",
        include_full_user: bool | None = None,
        include_full_source: bool | None = None,
        move: bool = True,
    ) -> models.Webhook:
        """Have exactly one webhook of an integration that carries a trigger (or several) to an address; return it.

        (listWebhooks, and as need be createWebhook, updateWebhook, deleteWebhook.)

        It exists: nothing is written. Otherwise the trigger moves here from wherever it was in this integration. A
        webhook with that target gets it added; where there is none, a webhook that has no other trigger gets the new
        target, or else one is made. From all other webhooks this trigger is taken, and nothing else; one that has no
        trigger left is deleted. With `move=False` webhooks with another target stay as they are. What is not said of
        `include_full_user` and `include_full_source` stays as it is, which for a new webhook is no.

        Many processes may call it at once, and all get the same webhook: whatever was just made or changed is looked at
        again after a second and a half, since the API has no locks.

        Raises:
            InvalidInput: the address or a trigger cannot be one.
            BadRequest: the app has ten webhooks already.
        """
        integration = _bodies.check_id(integration, "integration")
        wanted = bodies.check_triggers(trigger, "trigger")
        target = _webhook_plan.check_target(webhook_url, "webhook_url")
        options = bodies.webhook_options(include_full_user, include_full_source)
        negotiation = _webhook_plan.Negotiation(wanted, target, move=move, options=options)
        while True:
            listed = await webhooks.list_webhooks.asyncio_detailed(self._app(), integration, client=self.raw)
            by_id = bodies.webhooks_by_id(listed.parsed)
            carrier = negotiation.look([bodies.hook(one) for one in by_id.values()], listed.headers.get("Date", ""))
            if carrier is not None:
                return by_id[carrier.id]
            while negotiation.changes:
                await self._change_webhook(negotiation.changes.pop(0), negotiation, integration)
            await async_sleep(negotiation.pause)

    async def _change_webhook(
        self, change: _webhook_plan.Change, negotiation: _webhook_plan.Negotiation, integration: str
    ) -> None:
        try:
            match change.kind:
                case "create":
                    body = bodies.webhook_create(change.target, change.triggers, change.options)
                    made = await webhooks.create_webhook.asyncio_detailed(
                        self._app(), integration, client=self.raw, body=body
                    )
                    negotiation.made(made.parsed.webhook.id)
                case "update":
                    changes = bodies.webhook_update(change.target, change.triggers, change.options)
                    await self.update_webhook(change.hook_id, changes, integration=integration)
                case "delete":
                    await self.delete_webhook(change.hook_id, integration=integration)
        except (errors.BadRequest, errors.NotFound, errors.Conflict) as error:
            negotiation.failed(change, error)

    # Tokens

    @classmethod
    async def exchange_code(
        cls,
        code: str,
        *,
        client_id: str,
        client_secret: str,
        base_url: str = config.BRIDGE,
        deadline: float | None = _http.DEADLINE,
        retries: int = _http.RETRIES,
    ) -> models.TokenResponse:
        """Get an access token for the code that a browser came back with (getToken); see `authorize_url`.

        Needs no client: the answer's `access_token` is what one is made with, as `token`. `client_id` and
        `client_secret` are those of your integration as a partner; `deadline` is in seconds.

        Raises:
            Unauthorized: the code was exchanged before or is too old, or belongs to another integration.
        """
        request = models.TokenRequest(code=code, client_id=client_id, client_secret=client_secret)
        body = bodies.body(models.TokenRequest, request, "request")
        settings = config.settings_of_bridge(base_url, deadline=deadline, retries=retries)
        nobody = object.__new__(cls)
        nobody._key_id = None
        nobody._connect(settings, config.no_credentials(settings, code, client_secret), _pool(settings))
        async with nobody:
            answer = await oauth.get_token.asyncio_detailed(client=nobody.raw, body=body)
        return answer.parsed

    async def token_info(self) -> models.AppWithSubdomain:
        """Get the app that the client's access token belongs to, with id and subdomain (getTokenInfo).

        Who does not know the subdomain yet asks the OAuth bridge itself: `base_url=v2.BRIDGE`.
        """
        answer = await token_info.get_token_info.asyncio_detailed(client=self.raw)
        return answer.parsed.app

    async def revoke_access(self) -> None:
        """End the access of an integration to the app, as if the user had removed it (revokeAccess)."""
        await oauth.revoke_access.asyncio_detailed(client=self.raw)

    jwt_for_user = staticmethod(tokens.jwt_for_user)


def _pool(settings: config.Settings, ssl_context: ssl.SSLContext | None = None) -> AsyncPool:
    return AsyncPool(_http.Connector(settings.root, ssl_context).asynchronous, settings.max_connections)
