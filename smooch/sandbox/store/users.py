"""Users of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _clock, _ids
from .._entities import User
from .._errors import conflict
from .._events import UserDeleted, UsersMerged, UserUpdated
from . import clients, conversations, participants

if TYPE_CHECKING:
    from .._entities import Conversation
    from .._events import MergeReason
    from .state import App


def create(
    app: App, *, external_id: str | None = None, brand_id: str | None = None, credential_required: bool = False
) -> User:
    """Create a user, anonymous without `external_id`. 409 if the id is taken."""
    if external_id is not None and app.find_user_by_external_id(external_id, brand_id) is not None:
        raise conflict(f"A user with id {external_id!r} exists already")
    user = User(
        id=_ids.object_id(),
        signed_up=_clock.to_iso(_clock.now()),
        brand_id=brand_id,
        credential_required=credential_required,
    )
    app.users[user.id] = user
    if external_id is not None:
        identify(app, user, external_id)
    return user


def identify(app: App, user: User, external_id: str) -> None:
    """Set the external id of an anonymous user."""
    user.external_id = external_id
    app.users_by_external_id[user.brand_id, external_id] = user


def record_update(app: App, user: User) -> None:
    """Record that the user's identity has changed."""
    app.record(UserUpdated(app_id=app.id, user=user))


def require_credentials(app: App, user: User) -> None:
    """Put a user into secure mode, after the first use of a JWT."""
    if not user.credential_required:
        user.credential_required = True
        record_update(app, user)


def authenticate(app: App, any_id: str, *, email: str | None, zendesk_id: str | None) -> None:
    """Log a user in. LookupError if there is no such user."""
    user = app.find_user(any_id)
    if user is None:
        raise LookupError(f"no user {any_id!r}")
    user.zendesk_id = zendesk_id or user.zendesk_id
    identity = {"type": "email", "value": email, "verification": "embed"}
    if email is not None and identity not in user.identities:
        user.identities.append(identity)
    user.credential_required = True
    record_update(app, user)


def delete(app: App, user: User) -> None:
    """Delete a user with personal conversations and clients, but no groups; records one event."""
    _unregister(app, user)
    for conversation in list(user.conversations):
        if conversation.type == "personal":
            conversations.drop(app, conversation)
        else:
            conversation.participants = [each for each in conversation.participants if each.user is not user]
    app.record(UserDeleted(app_id=app.id, user=user))


def merge(app: App, surviving: User, discarded: User, *, reason: MergeReason = "api") -> None:
    """Move everything of `discarded` to `surviving`, whose own values win."""
    _unregister(app, discarded)
    if surviving.sdk_client and discarded.sdk_client:
        clients.replace(discarded, discarded.sdk_client, surviving.sdk_client)
    if surviving.external_id is None and discarded.external_id is not None:
        identify(app, surviving, discarded.external_id)
    for name in ("given_name", "surname", "email", "avatar_url", "locale", "zendesk_id", "sdk_client"):
        if getattr(surviving, name) is None:
            setattr(surviving, name, getattr(discarded, name))
    surviving.properties = discarded.properties | surviving.properties
    surviving.identities += [each for each in discarded.identities if each not in surviving.identities]
    surviving.credential_required |= discarded.credential_required
    for client in discarded.clients:
        surviving.clients.append(client)
        app.users_by_client_id[client.id] = surviving
    surviving.pending_clients += discarded.pending_clients
    joined = _join_conversations(app, surviving, discarded)
    app.record(UsersMerged(app_id=app.id, surviving=surviving, discarded=discarded, reason=reason, joined=joined))


def delete_personal_information(user: User) -> None:
    """Clear the profile of a user and of its clients; messages stay."""
    user.given_name = user.surname = user.email = user.avatar_url = None
    user.properties = {}
    for client in user.clients + user.pending_clients:
        client.display_name = client.avatar_url = None
        client.info = {}


def _join_conversations(app: App, surviving: User, discarded: User) -> tuple[Conversation, Conversation] | None:
    """Move the conversations and join the two default ones, which are returned if there were two."""
    for conversation in discarded.conversations:
        participants.replace_user(conversation, discarded, surviving)
    kept, other = surviving.conversation, discarded.conversation
    if kept is None or other is None:
        surviving.conversation = kept or other
        return None
    conversations.join(app, kept, other)
    return kept, other


def _unregister(app: App, user: User) -> None:
    """Remove a user and its ids from the tables."""
    del app.users[user.id]
    if user.external_id is not None:
        del app.users_by_external_id[user.brand_id, user.external_id]
    for client in user.clients:
        del app.users_by_client_id[client.id]
