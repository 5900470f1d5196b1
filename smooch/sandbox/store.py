"""The state of a sandbox and the rules that hold in every API version. Nothing here knows a wire format.

All methods run on the server's event loop, one request after another, so nothing is locked.
"""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from . import _clock, _ids
from ._entities import (
    Account,
    Attachment,
    Client,
    Conversation,
    Deployment,
    Integration,
    JsonObject,
    Key,
    KeyScope,
    Menu,
    Message,
    Role,
    Template,
    User,
    Webhook,
    count,
)
from ._errors import ApiError, bad_request, conflict
from ._events import (
    ClientAdded,
    ClientRemoved,
    ConversationCreated,
    ConversationRead,
    Event,
    MessageAdded,
    TypingChanged,
    UserDeleted,
    UsersMerged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_WEBHOOKS = 10
MAX_KEYS = 10
KEPT_EVENTS = 10_000


@attrs.define(eq=False, kw_only=True)
class App:
    """One app with all that is in it."""

    id: str
    token: str
    name: str
    owner: str
    max_messages: int
    record: Callable[[Event], None] = attrs.field(repr=False)
    settings: JsonObject = attrs.Factory(dict)
    metadata: JsonObject | None = None
    users: dict[str, User] = attrs.field(factory=dict, repr=count)
    webhooks: dict[str, Webhook] = attrs.field(factory=dict, repr=count)
    integrations: dict[str, Integration] = attrs.field(factory=dict, repr=count)
    templates: dict[str, Template] = attrs.field(factory=dict, repr=count)
    menu: Menu = attrs.Factory(Menu)
    attachments: dict[str, Attachment] = attrs.field(factory=dict, repr=count)
    _by_external_id: dict[str, User] = attrs.field(factory=dict, repr=False)
    _by_client_id: dict[str, User] = attrs.field(factory=dict, repr=False)

    # users

    def user(self, any_id: str) -> User | None:
        """The user whose own id, or else external id, is `any_id`."""
        return self.users.get(any_id) or self._by_external_id.get(any_id)

    def user_by_external_id(self, external_id: str) -> User | None:
        """The user whom the business calls `external_id`."""
        return self._by_external_id.get(external_id)

    def user_by_client(self, client_id: str) -> User | None:
        """The user who has the client, linked and not just pending."""
        return self._by_client_id.get(client_id)

    def create_user(self, *, external_id: str | None = None, credential_required: bool = False) -> User:
        """A new user, anonymous without `external_id`. 409 if that is taken."""
        if external_id is not None and external_id in self._by_external_id:
            raise conflict(f"A user with id {external_id!r} exists already")
        user = User(id=_ids.object_id(), signed_up=_clock.iso(_clock.now()), credential_required=credential_required)
        self.users[user.id] = user
        if external_id is not None:
            self.identify(user, external_id)
        return user

    def identify(self, user: User, external_id: str) -> None:
        """Give an anonymous user the id that the business knows it by."""
        user.external_id = external_id
        self._by_external_id[external_id] = user

    def delete_user(self, user: User) -> None:
        """Delete the user with conversation and clients."""
        self._forget(user)
        self.record(UserDeleted(app_id=self.id, at=_clock.now(), user=user))

    def merge_users(self, surviving: User, discarded: User) -> None:
        """Move all of `discarded` to `surviving`, whose own values win."""
        self._forget(discarded)
        if surviving.external_id is None and discarded.external_id is not None:
            self.identify(surviving, discarded.external_id)
        for name in ("given_name", "surname", "email"):
            if getattr(surviving, name) is None:
                setattr(surviving, name, getattr(discarded, name))
        surviving.properties = discarded.properties | surviving.properties
        surviving.credential_required |= discarded.credential_required
        for client in discarded.clients:
            surviving.clients.append(client)
            self._by_client_id[client.id] = surviving
        surviving.pending_clients += discarded.pending_clients
        surviving.conversation = _joined(surviving, discarded)
        self.record(UsersMerged(app_id=self.id, at=_clock.now(), surviving=surviving, discarded=discarded))

    def _forget(self, user: User) -> None:
        del self.users[user.id]
        if user.external_id is not None:
            del self._by_external_id[user.external_id]
        for client in user.clients:
            del self._by_client_id[client.id]

    # clients

    def add_client(self, user: User, client: Client) -> None:
        """Let the user be reached by one more client."""
        user.clients.append(client)
        self._by_client_id[client.id] = user
        self.record(ClientAdded(app_id=self.id, at=_clock.now(), user=user, client=client))

    def remove_client(self, user: User, client: Client) -> None:
        """Take one of the user's clients away."""
        user.clients.remove(client)
        del self._by_client_id[client.id]
        self.record(ClientRemoved(app_id=self.id, at=_clock.now(), user=user, client=client))

    # conversations

    def conversation(self, user: User) -> Conversation:
        """The user's conversation, made now if there is none."""
        if user.conversation is None:
            now = _clock.now()
            user.conversation = Conversation(id=_ids.object_id(), created=now)
            self.record(ConversationCreated(app_id=self.id, at=now, user=user, conversation=user.conversation))
        return user.conversation

    def add_message(self, user: User, *, role: Role, author_id: str, content: JsonObject, **fields: Any) -> Message:
        """Append a message to the user's conversation. 423 once it holds as many as it may."""
        conversation = self.conversation(user)
        if len(conversation.messages) >= self.max_messages:
            raise ApiError(
                423,
                f"The conversation holds {self.max_messages} messages, which is the most it can: "
                "delete its messages to go on",
            )
        received = _clock.now()
        if conversation.messages:
            received = max(received, conversation.messages[-1].received + 1)
        message = Message(
            id=_ids.object_id(), role=role, author_id=author_id, received=received, content=content, **fields
        )
        conversation.messages.append(message)
        if role == "appMaker":
            conversation.unread += 1
            if author_id not in conversation.maker_ids:
                conversation.maker_ids.append(author_id)
        self.record(MessageAdded(app_id=self.id, at=received, user=user, conversation=conversation, message=message))
        return message

    def mark_read(self, user: User, conversation: Conversation, *, by: Role = "appUser") -> None:
        """One side has read the conversation; only the user's reading changes the unread count."""
        if by == "appUser":
            conversation.unread = 0
        self.record(ConversationRead(app_id=self.id, at=_clock.now(), user=user, conversation=conversation, by=by))

    def type_in(self, user: User, conversation: Conversation, *, by: Role, activity: JsonObject) -> None:
        """One side starts or stops typing."""
        self.record(
            TypingChanged(
                app_id=self.id, at=_clock.now(), user=user, conversation=conversation, by=by, activity=activity
            )
        )

    # webhooks and files

    def add_webhook(self, webhook: Webhook) -> None:
        """Add a webhook. 400 if there are as many as there can be."""
        if len(self.webhooks) >= MAX_WEBHOOKS:
            raise bad_request(f"An app can have {MAX_WEBHOOKS} webhooks at most")
        self.webhooks[webhook.id] = webhook

    def add_attachment(self, filename: str, data: bytes, media_type: str) -> Attachment:
        """Keep a file."""
        path = f"{self.id}/{_ids.object_id()}/{filename}"
        attachment = self.attachments[path] = Attachment(path=path, data=data, media_type=media_type)
        return attachment


def _joined(surviving: User, discarded: User) -> Conversation | None:
    """The conversation of two users that are being merged, by time of receipt."""
    kept, other = surviving.conversation, discarded.conversation
    if other is None:
        return kept
    for message in other.messages:
        if message.role == "appUser":
            message.author_id = surviving.id
    if kept is None:
        return other
    kept.messages = sorted(kept.messages + other.messages, key=lambda message: message.received)
    for earlier, later in itertools.pairwise(kept.messages):
        later.received = max(later.received, earlier.received + 1)
    kept.unread += other.unread
    kept.maker_ids += [maker for maker in other.maker_ids if maker not in kept.maker_ids]
    return kept


class Store:
    """All apps, accounts, keys and deployments of a sandbox, and the events that happened."""

    def __init__(self, *, max_messages: int) -> None:
        self._max_messages = max_messages
        self.apps: dict[str, App] = {}
        self.accounts: dict[str, Account] = {}
        self.keys: dict[str, Key] = {}
        self.deployments: dict[str, Deployment] = {}
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)

    def record(self, event: Event) -> None:
        """The one place that every event passes."""
        self.events.append(event)

    # accounts and keys

    def create_account(self, name: str, *, service: bool) -> Account:
        """A new account, in practice a service account."""
        account = Account(id=_ids.object_id(), name=name, service=service)
        self.accounts[account.id] = account
        return account

    def delete_account(self, account: Account) -> None:
        """Delete an account and its keys. Its apps stay."""
        del self.accounts[account.id]
        self._delete_keys_of(account.id)

    def service_accounts(self) -> list[Account]:
        """The accounts of programs."""
        return [account for account in self.accounts.values() if account.service]

    def create_app_key(self, app: App, name: str) -> Key:
        """A key of scope app. 400 if there are as many as there can be."""
        return self._create_key("app", name, scope="app", owner=app.id)

    def create_account_key(self, account: Account, name: str) -> Key:
        """A key of scope account. 400 if there are as many as there can be."""
        return self._create_key("svc" if account.service else "act", name, scope="account", owner=account.id)

    def _create_key(self, prefix: str, name: str, *, scope: KeyScope, owner: str) -> Key:
        if sum(1 for _ in self.keys_of(owner)) >= MAX_KEYS:
            raise bad_request(f"There can be {MAX_KEYS} keys at most")
        key = Key(id=_ids.key_id(prefix), secret=_ids.key_secret(), name=name, scope=scope, owner=owner)
        self.keys[key.id] = key
        return key

    def keys_of(self, owner: str) -> Iterator[Key]:
        """The keys of the app, or account, with the id `owner`."""
        return (key for key in self.keys.values() if key.owner == owner)

    def _delete_keys_of(self, owner: str) -> None:
        for key in list(self.keys_of(owner)):
            del self.keys[key.id]

    # apps

    def create_app(self, name: str, *, owner: str, app_id: str | None = None, token: str | None = None) -> App:
        """A new app; id and token are made up unless given."""
        app = App(
            id=app_id or _ids.object_id(),
            token=token or _ids.app_token(),
            name=name,
            owner=owner,
            max_messages=self._max_messages,
            record=self.record,
            settings={"maskCreditCardNumbers": True, "useAnimalNames": True},
        )
        self.apps[app.id] = app
        return app

    def delete_app(self, app: App) -> None:
        """Delete an app with all that is in it, and its keys."""
        del self.apps[app.id]
        self._delete_keys_of(app.id)

    def apps_of(self, account: Account) -> list[App]:
        """All apps for the account itself, its own for a service account."""
        return [app for app in self.apps.values() if not account.service or app.owner == account.id]

    def attachment(self, path: str) -> Attachment | None:
        """The file that is kept under `path`."""
        app = self.apps.get(path.partition("/")[0])
        return app.attachments.get(path) if app else None
