# Derived from smooch/_async/v2/client.py by scripts/unasync.py; edit that file.
"""The client of API v2: construction, options, resources and access tokens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, NoReturn, Self, Unpack

import attrs
from smooch_api import Client
from smooch_api.v2 import models
from smooch_api.v2.api import oauth

from ... import _checks, _http, auth, errors
from ..._http import CallOptions, ClientOptions
from ..._redaction import hide_locals
from ..._v2 import bodies, config, tokens
from ..http import HTTPClient
from ..pool import open_transport
from .activities import Activities
from .app_keys import AppKeys
from .apps import Apps
from .attachments import Attachments
from .clients import Clients
from .conversations import Conversations
from .devices import Devices
from .integration_keys import IntegrationKeys
from .integrations import Integrations
from .messages import Messages
from .oauth import OAuth
from .participants import Participants
from .switchboard_actions import SwitchboardActions
from .switchboard_integrations import SwitchboardIntegrations
from .switchboards import Switchboards
from .users import Users
from .webhooks import Webhooks

if TYPE_CHECKING:
    import ssl

    import httpx

    from ..._http import Transport


class Options(ClientOptions, total=False):
    """Constructor options."""

    token: str
    subdomain: str
    auth: Literal["jwt", "basic"]
    scope: Literal["app", "integration", "account"] | None
    transport: Transport | None


class Smooch:
    """Client of the Smooch API v2, today Zendesk Sunshine Conversations.

    Methods are grouped by resource; `help(api.users)` lists those of users.

    The app:

    - `apps`: apps and their settings
    - `app_keys`: API keys of an app
    - `integrations`: connections to channels, and custom ones such as a bot's
    - `integration_keys`: API keys of a custom integration
    - `webhooks`: where events are delivered, and which ones

    People:

    - `users`: profile, identities and metadata
    - `clients`: the channels that a user is reached on
    - `devices`: the devices that a user runs an SDK on

    Talking:

    - `conversations`: with one user or with a group
    - `participants`: the users in a conversation
    - `messages`: post, list and delete them
    - `activities`: typing indicators and read receipts
    - `attachments`: uploaded files that messages refer to

    Control of conversations:

    - `switchboards`: decide which integration answers
    - `switchboard_integrations`: the integrations that can answer
    - `switchboard_actions`: pass, offer, accept and release control of a conversation

    Tokens and all other operations:

    - `oauth`: the access token that the client was made with; `exchange_code` gets one
    - `jwt_for_user`: a token with which a user logs in to the chat
    - `raw`: the generated client; pass `api.app_id` to its operations

    Methods return models without the envelope of the response, and None where the response is empty. Lists with pages
    are iterators (`Paged`). Pass a request body as a model, or as a mapping in wire form. A `user_id` is the API's
    own id of a user or yours (`externalId`); yours needs `brand_id` if the user belongs to one brand only.

    Every method may raise `InvalidInput` (nothing was sent), `ConnectionFailed` (no response), `APIError` (an error
    response) and `UnreadableResponse` (a success response that cannot be parsed).

    Which key to pass, by the prefix of its id:

    - `app_…`, made in the app's settings: everything in one app
    - `int_…`, made for a custom integration: users, conversations and messages of its app, and its own webhooks. A bot
      needs no more.
    - `act_…`, of an account: everything in all its apps, and the apps themselves
    - `svc_…`, of a service account: the apps that it has access to
    - `token` instead of a key: the same as `int_…`, for an integration of a Zendesk technology partner

    Args:
        key_id: Id of the key.
        secret: Secret of the key.
        app_id: Id of the app. Optional with account keys and access tokens, for calls that need no app.
        token: An OAuth access token instead of a key.
        subdomain: Subdomain of the Zendesk account: `example` for `https://example.zendesk.com`.
        region: `us` or `eu-1`, for accounts of the legacy platform.
        base_url: URL of the API without version, such as that of a sandbox. Pass exactly one of `subdomain`, `region`
            and `base_url`.
        auth: `jwt` signs short-lived tokens with the key, `basic` sends the key itself.
        scope: `app`, `integration` or `account`, if it does not follow from the prefix of `key_id`.
        timeout: Seconds for each read, each write and the wait for a connection, or an `httpx.Timeout`. Connecting
            takes at most 5 seconds.
        deadline: Seconds for a whole call, with retries and waits; None for no limit. A method that makes several calls
            gives each of them the whole deadline.
        retries: Maximum number of retries of a call: after 429, and if it is safe after 502, 503, 504 and lost
            connections. A POST or PATCH that may have arrived is never repeated.
        max_connections: Maximum number of connections. Further calls wait for a free one, in order.
        max_response_bytes: Maximum size of a decoded response; a larger one raises `UnreadableResponse`.
        check: Whether request bodies are validated against the specification before they are sent. Pass False if the API
            accepts more than this version of the library knows; what JSON cannot represent is refused nevertheless.
        ssl_context: TLS settings, for instance to trust a private certificate.
        transport: An httpx transport instead of the connection pool. Async clients also accept `"aiohttp"`, which needs
            the extra `aiohttp`.

    Raises:
        InvalidInput: an argument is missing or invalid, or contradicts another one.
    """

    APIError = errors.APIError

    @hide_locals
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
        max_response_bytes: int = _http.MAX_RESPONSE_BYTES,
        check: bool = True,
        ssl_context: ssl.SSLContext | None = None,
        transport: Transport | None = None,
    ) -> None:
        settings = config.build_settings(
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
            max_response_bytes=max_response_bytes,
            check=check,
        )
        credentials = config.build_auth(settings, key_id, secret, token, auth)
        self._key_id = key_id
        self._connect(settings, credentials, open_transport(settings, ssl_context, transport))

    def _connect(
        self, settings: config.Settings, credentials: auth.OriginBoundAuth, transport: httpx.BaseTransport
    ) -> None:
        self._settings = settings
        self._auth = credentials
        self._transport = transport
        self._http = HTTPClient(settings, credentials, transport)
        self.raw = Client(
            base_url=str(settings.base_url),
            unreadable=partial(errors.error_from_unreadable, secrets=credentials.secrets),
        )
        """The generated client, for operations without a method: same authentication, retries and errors."""
        self.raw.set_httpx_client(self._http)
        self.apps = Apps(self.raw, settings)
        self.app_keys = AppKeys(self.raw, settings)
        self.users = Users(self.raw, settings)
        self.clients = Clients(self.raw, settings)
        self.devices = Devices(self.raw, settings)
        self.conversations = Conversations(self.raw, settings)
        self.participants = Participants(self.raw, settings)
        self.messages = Messages(self.raw, settings)
        self.activities = Activities(self.raw, settings)
        self.attachments = Attachments(self.raw, settings)
        self.integrations = Integrations(self.raw, settings)
        self.integration_keys = IntegrationKeys(self.raw, settings)
        self.webhooks = Webhooks(self.raw, settings)
        self.switchboards = Switchboards(self.raw, settings)
        self.switchboard_integrations = SwitchboardIntegrations(self.raw, settings)
        self.switchboard_actions = SwitchboardActions(self.raw, settings)
        self.oauth = OAuth(self.raw, settings)

    @classmethod
    @hide_locals
    def from_env(cls, **options: Unpack[Options]) -> Self:
        """Create a client from environment variables.

        Reads `SMOOCH_KEY_ID` and `SMOOCH_SECRET`, or `SMOOCH_TOKEN`; `SMOOCH_APP_ID`; and one of `SMOOCH_SUBDOMAIN`,
        `SMOOCH_REGION` and `SMOOCH_BASE_URL`. `options` are arguments of the constructor; they take precedence.
        """
        return cls(**config.read_environment(options))

    @property
    def app_id(self) -> str:
        """Id of the client's app, for operations of `raw`.

        Raises:
            InvalidInput: the client was made without `app_id`.
        """
        return bodies.require_app_id(self._settings.app_id)

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return a client with other call options that shares the connections of this one.

        The options are `timeout`, `deadline`, `retries` and `check`.

        For one call: `api.with_options(deadline=5).users.get("b6518")`, or
        `api.with_options(check=False).messages.post(…)`. Closing either closes both.
        """
        other = object.__new__(type(self))
        other._key_id = self._key_id
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
        if not hasattr(self, "_settings"):  # in a traceback of the constructor
            return f"<{type(self).__name__} without a connection>"
        credentials = f"token={'***'!r}" if self._key_id is None else repr(self._key_id)
        where = f"app_id={self._settings.app_id!r}, base_url={str(self._settings.root)!r}"
        return f"{type(self).__name__}({credentials}, {where})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and open connections: make a new one in each process")

    # Tokens

    @classmethod
    @hide_locals
    def exchange_code(
        cls,
        code: str,
        *,
        client_id: str,
        client_secret: str,
        base_url: str = config.BRIDGE,
        deadline: float | None = _http.DEADLINE,
        retries: int = _http.RETRIES,
    ) -> models.TokenResponse:
        """Exchange the code of an OAuth login for an access token (getToken).

        The browser returns with the code from `authorize_url`. Pass the `access_token` of the response to a new client
        as `token`. `client_id` and `client_secret` are those of your integration as a technology partner; `deadline` is
        in seconds.

        Raises:
            APIError: the code was used before, is too old or belongs to another integration, or the secret is wrong.
                The vendor does not document the status.
        """
        request = models.TokenRequest(code=code, client_id=client_id, client_secret=client_secret)
        body = bodies.BodyBuilder(check=True).build_body(models.TokenRequest, request, "request")
        settings = config.bridge_settings(base_url, deadline=deadline, retries=retries)
        anonymous_client = object.__new__(cls)
        anonymous_client._key_id = None
        anonymous_client._connect(
            settings, config.anonymous_auth(settings, code, client_secret), open_transport(settings)
        )
        with anonymous_client:
            return oauth.get_token.sync(client=anonymous_client.raw, body=body)

    jwt_for_user = staticmethod(tokens.jwt_for_user)
