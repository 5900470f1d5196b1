"""The state of a sandbox and the rules that hold in every API version. Nothing here knows a wire format.

All methods run on the server's event loop, one request after another, so nothing is locked.
"""

from __future__ import annotations

import itertools
import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs

from . import _clock, _ids
from ._entities import (
    Account,
    Attachment,
    Client,
    Conversation,
    ConversationType,
    Deployment,
    Integration,
    JsonObject,
    Key,
    KeyScope,
    Menu,
    Message,
    Participant,
    Role,
    Switchboard,
    SwitchboardIntegration,
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
    ConversationJoined,
    ConversationLeft,
    ConversationRead,
    ConversationRemoved,
    Event,
    LinkMatched,
    LinkStarted,
    LinkSucceeded,
    MergeReason,
    MessageAdded,
    MessageDelivered,
    NotificationDelivered,
    SdkClientAdded,
    SdkClientRemoved,
    TypingChanged,
    UserDeleted,
    UsersMerged,
    UserUpdated,
)
from ._faults import ChannelFault, Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_WEBHOOKS = 10
MAX_KEYS = 10
MAX_PARTICIPANTS = 10
CONFIRMING_CHANNELS = frozenset({"whatsapp"})
"""Channels that tell when a message has reached the user."""


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
    conversations: dict[str, Conversation] = attrs.field(factory=dict, repr=count)
    webhooks: dict[str, Webhook] = attrs.field(factory=dict, repr=count)
    integrations: dict[str, Integration] = attrs.field(factory=dict, repr=count)
    templates: dict[str, Template] = attrs.field(factory=dict, repr=count)
    menu: Menu = attrs.Factory(Menu)
    attachments: dict[str, Attachment] = attrs.field(factory=dict, repr=count)
    switchboard: Switchboard | None = None
    channel_faults: Faults[ChannelFault] = attrs.field(factory=Faults, repr=False)
    _by_external_id: dict[tuple[str | None, str], User] = attrs.field(factory=dict, repr=False)
    _by_client_id: dict[str, User] = attrs.field(factory=dict, repr=False)

    # users

    def user(self, any_id: str, brand_id: str | None = None) -> User | None:
        """The user whose own id, or else external id, is `any_id`."""
        return self.users.get(any_id) or self.user_by_external_id(any_id, brand_id)

    def user_by_external_id(self, external_id: str, brand_id: str | None = None) -> User | None:
        """The user whom the business calls `external_id`, for one brand only where that is given."""
        return self._by_external_id.get((brand_id, external_id))

    def user_by_zendesk_id(self, zendesk_id: str) -> User | None:
        """The user who is `zendesk_id` in Zendesk Support."""
        return next((user for user in self.users.values() if user.zendesk_id == zendesk_id), None)

    def user_by_client(self, client_id: str) -> User | None:
        """The user who has the client, linked and not just pending."""
        return self._by_client_id.get(client_id)

    def user_on_channel(self, integration_id: str, address: str) -> User | None:
        """Who is known by `address` on the channel of the integration."""
        return next(
            (
                user
                for user in self.users.values()
                for client in user.clients
                if (client.integration_id, client.external_id) == (integration_id, address)
            ),
            None,
        )

    def create_user(
        self, *, external_id: str | None = None, brand_id: str | None = None, credential_required: bool = False
    ) -> User:
        """A new user, anonymous without `external_id`. 409 if that is taken."""
        if external_id is not None and self.user_by_external_id(external_id, brand_id) is not None:
            raise conflict(f"A user with id {external_id!r} exists already")
        user = User(
            id=_ids.object_id(),
            signed_up=_clock.iso(_clock.now()),
            brand_id=brand_id,
            credential_required=credential_required,
        )
        self.users[user.id] = user
        if external_id is not None:
            self.identify(user, external_id)
        return user

    def identify(self, user: User, external_id: str) -> None:
        """Give an anonymous user the id that the business knows it by."""
        user.external_id = external_id
        self._by_external_id[user.brand_id, external_id] = user

    def secure(self, user: User) -> None:
        """Note that the user has proved who they are."""
        if not user.credential_required:
            user.credential_required = True
            self.record(UserUpdated(app_id=self.id, at=_clock.now(), user=user))

    def authenticate(self, any_id: str, *, email: str | None, zendesk_id: str | None) -> None:
        """Note that the user has logged in. LookupError if there is none."""
        user = self.user(any_id)
        if user is None:
            raise LookupError(f"no user {any_id!r}")
        user.zendesk_id = zendesk_id or user.zendesk_id
        identity = {"type": "email", "value": email, "verification": "embed"}
        if email is not None and identity not in user.identities:
            user.identities.append(identity)
        user.credential_required = True
        self.record(UserUpdated(app_id=self.id, at=_clock.now(), user=user))

    def delete_user(self, user: User) -> None:
        """Delete the user with personal conversations and clients; groups go on without. The one event is of the user."""
        self._forget(user)
        for conversation in list(user.conversations):
            if conversation.type == "personal":
                self._drop_conversation(conversation)
            else:
                conversation.participants = [each for each in conversation.participants if each.user is not user]
        self.record(UserDeleted(app_id=self.id, at=_clock.now(), user=user))

    def merge_users(self, surviving: User, discarded: User, *, reason: MergeReason = "api") -> None:
        """Move all of `discarded` to `surviving`, whose own values win."""
        self._forget(discarded)
        if surviving.sdk_client and discarded.sdk_client:
            _replace_client(discarded, discarded.sdk_client, surviving.sdk_client)
        if surviving.external_id is None and discarded.external_id is not None:
            self.identify(surviving, discarded.external_id)
        for name in ("given_name", "surname", "email", "avatar_url", "locale", "zendesk_id", "sdk_client"):
            if getattr(surviving, name) is None:
                setattr(surviving, name, getattr(discarded, name))
        surviving.properties = discarded.properties | surviving.properties
        surviving.identities += [each for each in discarded.identities if each not in surviving.identities]
        surviving.credential_required |= discarded.credential_required
        for client in discarded.clients:
            surviving.clients.append(client)
            self._by_client_id[client.id] = surviving
        surviving.pending_clients += discarded.pending_clients
        joined = self._join_conversations(surviving, discarded)
        self.record(
            UsersMerged(
                app_id=self.id,
                at=_clock.now(),
                surviving=surviving,
                discarded=discarded,
                reason=reason,
                joined=joined,
            )
        )

    def _join_conversations(self, surviving: User, discarded: User) -> tuple[Conversation, Conversation] | None:
        for conversation in discarded.conversations:
            _replace_user(conversation, discarded, surviving)
        kept, other = surviving.conversation, discarded.conversation
        if kept is None or other is None:
            surviving.conversation = kept or other
            return None
        _join(kept, other)
        for attachment in self.attachments.values():
            if attachment.conversation_id == other.id:
                attachment.conversation_id = kept.id
        self._drop_conversation(other)
        return kept, other

    def delete_personal_information(self, user: User) -> None:
        """Forget what is known of the user and its clients, but not what was said."""
        user.given_name = user.surname = user.email = user.avatar_url = None
        user.properties = {}
        for client in user.clients + user.pending_clients:
            client.display_name = client.avatar_url = None
            client.info = {}

    def _forget(self, user: User) -> None:
        del self.users[user.id]
        if user.external_id is not None:
            del self._by_external_id[user.brand_id, user.external_id]
        for client in user.clients:
            del self._by_client_id[client.id]

    # clients

    def add_client(
        self, user: User, client: Client, conversation: Conversation | None = None, *, primary: bool = True
    ) -> None:
        """Let the user be reached by one more client, a channel in the default conversation unless another is given.

        It is the first one that messages go to if it is `primary`, else the last.
        """
        user.clients.append(client)
        self._by_client_id[client.id] = user
        if not client.is_channel:
            self.sdk_client(user)
        elif conversation := conversation or user.conversation:
            self._subscribe(conversation, user, client, primary=primary)
        self.record(ClientAdded(app_id=self.id, at=_clock.now(), user=user, client=client))

    def remove_client(self, user: User, client: Client) -> None:
        """Take one of the user's clients away."""
        user.clients.remove(client)
        del self._by_client_id[client.id]
        self._unsubscribe(user, client)
        if user.sdk_client is not None and not client.is_channel and all(each.is_channel for each in user.clients):
            sdk_client, user.sdk_client = user.sdk_client, None
            self._unsubscribe(user, sdk_client)
            self.record(SdkClientRemoved(app_id=self.id, at=_clock.now(), user=user, client=sdk_client))
        self.record(ClientRemoved(app_id=self.id, at=_clock.now(), user=user, client=client))

    def remove_pending_client(self, user: User, client: Client) -> None:
        """Give up a link that the user has not confirmed."""
        user.pending_clients.remove(client)
        self.record(ClientRemoved(app_id=self.id, at=_clock.now(), user=user, client=client))

    def sdk_client(self, user: User) -> Client:
        """The client that stands for all SDK devices of the user, made now if there is none."""
        if user.sdk_client is None:
            now = _clock.now()
            user.sdk_client = Client(id=_ids.object_id(), platform="sdk", last_seen=now, linked_at=now)
            if user.conversation is not None:
                self._subscribe(user.conversation, user, user.sdk_client)
            self.record(SdkClientAdded(app_id=self.id, at=now, user=user, client=user.sdk_client))
        return user.sdk_client

    def be_at(self, user: User, conversation: Conversation, client: Client) -> None:
        """Note that the user is at `client` now, so that answers go there."""
        heard = client if client.is_channel else self.sdk_client(user)
        client.last_seen = heard.last_seen = _clock.now()
        participant = conversation.participant(user)
        if participant is not None:
            participant.clients = [heard, *(each for each in participant.clients if each is not heard)]

    def start_link(
        self, user: User, client: Client, criteria: JsonObject, conversation: Conversation | None = None
    ) -> None:
        """Ask for a channel: it is pending until the user confirms. The channel has found the user."""
        user.pending_clients.append(client)
        link: dict[str, Any] = {"app_id": self.id, "user": user, "client": client, "conversation": conversation}
        self.record(LinkStarted(at=_clock.now(), **link))
        self.record(LinkMatched(at=_clock.now(), criteria=criteria, **link))

    def confirm_link(
        self, user: User, client: Client, criteria: JsonObject, conversation: Conversation | None = None
    ) -> None:
        """Let a pending channel be one that the user is reached by."""
        user.pending_clients.remove(client)
        client.status = "active"
        client.linked_at = client.last_seen = _clock.now()
        self.add_client(user, client, conversation, primary=criteria.get("primary", True))
        link: dict[str, Any] = {"app_id": self.id, "user": user, "client": client, "conversation": conversation}
        self.record(LinkSucceeded(at=_clock.now(), criteria=criteria, **link))

    def _subscribe(self, conversation: Conversation, user: User, client: Client, *, primary: bool = True) -> None:
        participant = conversation.participant(user)
        if participant is not None and client not in participant.clients:
            participant.clients.insert(0 if primary else len(participant.clients), client)

    def _unsubscribe(self, user: User, client: Client) -> None:
        for conversation in user.conversations:
            participant = conversation.participant(user)
            if participant is not None and client in participant.clients:
                participant.clients.remove(client)

    # conversations

    def conversation(self, user: User, *, reason: str = "message", **cause: Any) -> Conversation:
        """The user's default conversation, made now if there is none; `reason` and `cause` are then those of the event."""
        if user.conversation is not None:
            return user.conversation
        clients = [client for client in user.clients if client.is_channel]
        clients += [user.sdk_client] if user.sdk_client else []
        participant = Participant(id=_ids.object_id(), user=user, clients=clients)
        return self.start_conversation("personal", [participant], reason=reason, **cause)

    def start_conversation(
        self,
        type_: ConversationType,
        participants: list[Participant],
        *,
        reason: str = "none",
        client: Client | None = None,
        referral: JsonObject | None = None,
        **fields: Any,
    ) -> Conversation:
        """A new conversation; the first personal one of a user is the default one. For `reason` see the event."""
        now = _clock.now()
        conversation = Conversation(id=_ids.object_id(), created=now, type=type_, participants=participants, **fields)
        self.conversations[conversation.id] = conversation
        for participant in participants:
            participant.user.conversations.append(conversation)
        user = conversation.only_user
        if user is not None and user.conversation is None:
            user.conversation = conversation
        self._assign_control(conversation, client)
        self.record(
            ConversationCreated(
                app_id=self.id,
                at=now,
                user=user,
                conversation=conversation,
                reason=reason,
                client=client,
                referral=referral,
            )
        )
        return conversation

    def delete_conversation(self, conversation: Conversation) -> None:
        """Delete a conversation with its messages and files. 400 for a default one."""
        user = conversation.only_user
        if user is not None and user.conversation is conversation:
            raise bad_request(f"Conversation {conversation.id} cannot be deleted because it is the default.")
        self._drop_conversation(conversation)
        self.record(ConversationRemoved(app_id=self.id, at=_clock.now(), user=user, conversation=conversation))

    def _drop_conversation(self, conversation: Conversation) -> None:
        del self.conversations[conversation.id]
        for participant in conversation.participants:
            participant.user.conversations.remove(conversation)
        self._delete_files(conversation, lambda path: True)

    def join(self, conversation: Conversation, participant: Participant) -> None:
        """Add a user to a group. 400 if it has as many as it can."""
        if len(conversation.participants) >= MAX_PARTICIPANTS:
            raise bad_request("Too many participants")
        conversation.participants.append(participant)
        participant.user.conversations.append(conversation)
        self.record(
            ConversationJoined(app_id=self.id, at=_clock.now(), user=participant.user, conversation=conversation)
        )

    def leave(self, conversation: Conversation, participant: Participant) -> None:
        """Take a user out of a group."""
        conversation.participants.remove(participant)
        participant.user.conversations.remove(conversation)
        self.record(ConversationLeft(app_id=self.id, at=_clock.now(), user=participant.user, conversation=conversation))

    def _assign_control(self, conversation: Conversation, client: Client | None) -> None:
        """Give a conversation that nothing controls to who answers the channel of `client`, or else to the switchboard's default."""
        if self.switchboard is not None and self.switchboard.enabled and conversation.active is None:
            channel = self.integrations.get(client.integration_id or "") if client else None
            conversation.active = (channel and channel.default_responder) or self.switchboard.default

    # messages

    def add_message(
        self,
        conversation: Conversation,
        *,
        role: Role,
        author_id: str,
        content: JsonObject,
        user: User | None = None,
        to: Sequence[Client] | None = None,
        **fields: Any,
    ) -> Message:
        """Append a message; `user` is the author if the business is not. 423 once there are as many as there may be.

        What the business says goes to the channel that each user was last seen on, or else to those of the clients `to`.
        """
        if len(conversation.messages) >= self.max_messages:
            raise ApiError(
                423,
                f"Message limit of {self.max_messages} per conversation reached: delete its messages to go on",
            )
        received = _clock.now()
        if conversation.messages:
            received = max(received, conversation.messages[-1].received + 1)
        message = Message(
            id=_ids.object_id(), role=role, author_id=author_id, received=received, content=content, **fields
        )
        conversation.messages.append(message)
        for participant in conversation.participants:
            participant.unread += participant.user is not user
        if role == "appUser":
            self._assign_control(conversation, message.client)
        elif author_id not in conversation.maker_ids:
            conversation.maker_ids.append(author_id)
        self.record(
            MessageAdded(
                app_id=self.id,
                at=received,
                user=user or conversation.only_user,
                conversation=conversation,
                message=message,
            )
        )
        if role == "appMaker":
            for participant in conversation.participants:
                channels = (each for each in participant.clients if each.is_channel and (to is None or each in to))
                if client := next(channels, None):
                    self._send(participant.user, conversation, message, client)
        return message

    def _send(self, user: User, conversation: Conversation, message: Message, client: Client) -> None:
        """Hand a message of the business to the channel of `client`."""
        for outcome in self._outcomes(client.platform):
            self.record(
                MessageDelivered(
                    app_id=self.id,
                    at=_clock.now(),
                    user=user,
                    conversation=conversation,
                    message=message,
                    client=client,
                    **outcome,
                )
            )

    def notify(self, integration: Integration, destination_id: str) -> str:
        """Send a notification to the channel of `integration`; its id."""
        notification_id = str(uuid.uuid4())
        for outcome in self._outcomes(integration.type):
            self.record(
                NotificationDelivered(
                    app_id=self.id,
                    at=_clock.now(),
                    notification_id=notification_id,
                    integration_id=integration.id,
                    destination_id=destination_id,
                    **outcome,
                )
            )
        return notification_id

    def _outcomes(self, channel: str) -> list[dict[str, Any]]:
        """What becomes of something that is handed to a channel, step by step, as the events of it say."""
        if fault := self.channel_faults.take(channel):
            error = {"code": fault.code, "message": fault.message}
            return [{"outcome": "failure", "is_final": True, "error": error}]
        if channel in CONFIRMING_CHANNELS:
            return [{"outcome": "channel", "is_final": False}, {"outcome": "user", "is_final": True}]
        return [{"outcome": "channel", "is_final": True}]

    def delete_message(self, conversation: Conversation, message: Message) -> None:
        """Delete one message and the files that were uploaded for it."""
        conversation.messages.remove(message)
        content = json.dumps(message.content)
        self._delete_files(conversation, lambda path: quote(path) in content)

    def delete_messages(self, conversation: Conversation) -> None:
        """Delete all messages of a conversation and the files that were uploaded for them."""
        conversation.messages.clear()
        for participant in conversation.participants:
            participant.unread = 0
        self._delete_files(conversation, lambda path: True)

    def mark_read(
        self, user: User | None, conversation: Conversation, *, by: Role = "appUser", client: Client | None = None
    ) -> None:
        """One side has read the conversation; only a user's reading changes an unread count."""
        now = _clock.now()
        participant = None if user is None else conversation.participant(user)
        if by == "appMaker":
            conversation.business_last_read = now
        elif participant is not None:
            participant.unread = 0
            participant.last_read = now
        self.record(
            ConversationRead(app_id=self.id, at=now, user=user, conversation=conversation, by=by, client=client)
        )

    def type_in(
        self,
        user: User | None,
        conversation: Conversation,
        *,
        by: Role,
        activity: JsonObject,
        client: Client | None = None,
    ) -> None:
        """One side starts or stops typing."""
        self.record(
            TypingChanged(
                app_id=self.id,
                at=_clock.now(),
                user=user,
                conversation=conversation,
                by=by,
                client=client,
                activity=activity,
            )
        )

    # switchboard

    def remove_from_switchboard(self, board: Switchboard, each: SwitchboardIntegration) -> None:
        """Take one out of the switchboard; conversations that it controls get the default one at the user's next message."""
        del board.integrations[each.id]
        for conversation in self.conversations.values():
            conversation.active = None if conversation.active is each else conversation.active
            conversation.pending = None if conversation.pending is each else conversation.pending
        for integration in self.integrations.values():
            if integration.default_responder is each:
                integration.default_responder = None

    def withdraw(self, integration: Integration) -> None:
        """Take an integration out of the switchboard, which is disabled if that was its default."""
        board = self.switchboard
        if board is None:
            return
        for own in [each for each in board.integrations.values() if each.integration is integration]:
            if board.default is own:
                board.default, board.enabled = None, False
            for other in board.integrations.values():
                other.next = None if other.next is own else other.next
            self.remove_from_switchboard(board, own)

    # webhooks and files

    def add_webhooks(self, *webhooks: Webhook) -> None:
        """Add all of them, or none: 400 if there would be more than there can be."""
        if len(self.webhooks) + len(webhooks) > MAX_WEBHOOKS:
            raise bad_request(f"An app can have {MAX_WEBHOOKS} webhooks at most")
        self.webhooks |= {webhook.id: webhook for webhook in webhooks}

    def add_attachment(
        self, filename: str, data: bytes, media_type: str, conversation: Conversation | None = None
    ) -> Attachment:
        """Keep a file, for a message of `conversation` if that is given."""
        path = f"{self.id}/{_ids.object_id()}/{filename}"
        attachment = self.attachments[path] = Attachment(
            path=path,
            data=data,
            media_type=media_type,
            conversation_id=None if conversation is None else conversation.id,
        )
        return attachment

    def _delete_files(self, conversation: Conversation, chosen: Callable[[str], bool]) -> None:
        for path, attachment in list(self.attachments.items()):
            if attachment.conversation_id == conversation.id and chosen(path):
                del self.attachments[path]


def _replace_client(user: User, old: Client, new: Client) -> None:
    for conversation in user.conversations:
        participant = conversation.participant(user)
        if participant is not None:
            participant.clients = [new if client is old else client for client in participant.clients]


def _replace_user(conversation: Conversation, old: User, new: User) -> None:
    """Let `new` take the place of `old`, in messages too."""
    for message in conversation.messages:
        if message.author_id == old.id:
            message.author_id = new.id
    if conversation.participant(new) is not None:
        conversation.participants = [each for each in conversation.participants if each.user is not old]
        return
    for participant in conversation.participants:
        if participant.user is old:
            participant.user = new
    new.conversations.append(conversation)


def _join(kept: Conversation, other: Conversation) -> None:
    """Move all of `other` to `kept`, messages by time of receipt. Both belong to one user."""
    kept.messages = sorted(kept.messages + other.messages, key=lambda message: message.received)
    for earlier, later in itertools.pairwise(kept.messages):
        later.received = max(later.received, earlier.received + 1)
    mine, theirs = kept.participants[0], other.participants[0]
    mine.unread += theirs.unread
    mine.clients += [client for client in theirs.clients if client not in mine.clients]
    kept.maker_ids += [maker for maker in other.maker_ids if maker not in kept.maker_ids]


class Store:
    """All apps, accounts, keys and deployments of a sandbox; `publish` hears of what happens in apps."""

    def __init__(self, *, max_messages: int, publish: Callable[[App, Event], None]) -> None:
        self._max_messages = max_messages
        self._publish: Callable[[App, Event], None] | None = publish
        self.apps: dict[str, App] = {}
        self.accounts: dict[str, Account] = {}
        self.keys: dict[str, Key] = {}
        self.deployments: dict[str, Deployment] = {}
        self.oauth_codes: dict[str, str] = {}

    def record(self, event: Event) -> None:
        """The one place that every event passes."""
        if self._publish is not None:
            self._publish(self.apps[event.app_id], event)

    def retire(self) -> None:
        """Tell nobody any more: what is under way here is forgotten."""
        self._publish = None

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

    def create_integration_key(self, integration: Integration, name: str) -> Key:
        """A key of scope integration. 400 if there are as many as there can be."""
        return self._create_key("int", name, scope="integration", owner=integration.id)

    def _create_key(self, prefix: str, name: str, *, scope: KeyScope, owner: str) -> Key:
        if sum(1 for _ in self.keys_of(owner)) >= MAX_KEYS:
            raise bad_request(f"There can be {MAX_KEYS} keys at most")
        key = Key(id=_ids.key_id(prefix), secret=_ids.key_secret(), name=name, scope=scope, owner=owner)
        self.keys[key.id] = key
        return key

    def keys_of(self, owner: str) -> Iterator[Key]:
        """The keys of the app, account or integration with the id `owner`."""
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
        app.webhooks.clear()
        self._delete_keys_of(app.id)
        for integration_id in app.integrations:
            self._delete_keys_of(integration_id)

    def apps_of(self, account: Account) -> list[App]:
        """All apps for the account itself, its own for a service account."""
        return [app for app in self.apps.values() if not account.service or app.owner == account.id]

    def app_of_integration(self, integration_id: str) -> App | None:
        """The app that the integration belongs to."""
        return next((app for app in self.apps.values() if integration_id in app.integrations), None)

    def delete_integration(self, app: App, integration: Integration) -> None:
        """Delete an integration with its clients, webhooks and keys. 400 if the switchboard needs it."""
        if app.switchboard and any(each.integration is integration for each in app.switchboard.integrations.values()):
            raise bad_request("The integration takes part in the switchboard")
        del app.integrations[integration.id]
        self._delete_keys_of(integration.id)
        app.webhooks = {
            webhook_id: webhook
            for webhook_id, webhook in app.webhooks.items()
            if webhook.integration_id != integration.id
        }
        for user in app.users.values():
            for client in [each for each in user.pending_clients if each.integration_id == integration.id]:
                app.remove_pending_client(user, client)
            for client in [each for each in user.clients if each.integration_id == integration.id]:
                app.remove_client(user, client)
        for deployment in self.deployments.values():
            if deployment.integration_id == integration.id:
                deployment.status = "registered"
                deployment.app_id = deployment.integration_id = None

    def attachment(self, path: str) -> Attachment | None:
        """The file that is kept under `path`."""
        app = self.apps.get(path.partition("/")[0])
        return app.attachments.get(path) if app else None
