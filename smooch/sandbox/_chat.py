"""Actions of the end user in the chat, which the API has no calls for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import _clock, _ids, _spec, _validation
from ._entities import Client
from ._events import ConversationReferred, PaymentMade, PostbackTapped
from .store import activities, clients, conversations, users
from .v1 import _posting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._entities import Conversation, JsonObject, Message, User
    from .store import App


def say(
    app: App,
    user_id: str,
    content: str | Mapping[str, Any],
    *,
    conversation_id: str | None,
    channel: str | None,
    root_url: str,
) -> Message:
    """Write a message: a text or a message of v1."""
    if not isinstance(content, str | Mapping):
        raise TypeError(f"content must be a str or a mapping, got {type(content).__name__}")
    post: JsonObject = {"type": "text", "text": content} if isinstance(content, str) else dict(content)
    post["role"] = "appUser"
    _posting.infer_type(post)
    _validation.check(_spec.load("v1").request_validator("MessagePost"), post, "content")
    stored = _posting.build_content(app, post, root_url)
    named = _find_conversation(app, user_id, conversation_id)
    user, client = _get_or_create_user(app, user_id, channel)
    return _write(
        app, user, client, post, stored, named or conversations.get_or_create_default(app, user, client=client)
    )


def click(app: App, user_id: str, action: str | Mapping[str, Any], *, root_url: str) -> None:
    """Tap a button of a message or of the menu; the newest one that matches."""
    if not isinstance(action, str | Mapping):
        raise TypeError(f"action must be a str or a mapping, got {type(action).__name__}")
    user = app.user(user_id)
    if user is None:
        raise LookupError(f"no user {user_id!r}")
    shown = list(_buttons(app, user))
    match = next((each for each in shown if _matches(each[2], action)), None)
    if match is None:
        texts = ", ".join(repr(button.get("text")) for _, _, button in shown) or "none"
        raise LookupError(f"no button {action!r} for user {user_id!r}; there are: {texts}")
    _tap(app, user, *match, root_url=root_url)


def set_typing(app: App, user_id: str, is_typing: bool) -> None:
    """Start or stop typing in the default conversation."""
    user, client = _get_or_create_user(app, user_id, None)
    conversation = conversations.get_or_create_default(app, user, reason="startConversation", client=client)
    activity = {"type": "typing:start" if is_typing else "typing:stop"}
    activities.set_typing(app, user, conversation, by="appUser", activity=activity, client=client)


def open_chat(app: App, user_id: str, *, referral: str | None, channel: str | None) -> None:
    """Open the chat without writing, through a link with the code `referral` if that is given."""
    user, client = _get_or_create_user(app, user_id, channel)
    source = None if referral is None else {"code": referral}
    if user.conversation is None:
        conversations.get_or_create_default(app, user, reason="startConversation", client=client, referral=source)
    elif source is not None:
        conversation = user.conversation
        app.record(
            ConversationReferred(app_id=app.id, user=user, conversation=conversation, client=client, referral=source)
        )


def _get_or_create_user(app: App, user_id: str, channel: str | None) -> tuple[User, Client]:
    """Return the user, made if new, and the client: the one on `channel`, or else the one used last."""
    if not isinstance(user_id, str) or not user_id:
        raise ValueError(f"user_id must be a non-empty string, got {user_id!r}")
    user = app.user(user_id)
    if channel is not None:
        client = next((each for each in (user.clients if user else []) if each.platform == channel), None)
        if user is None or client is None:
            raise LookupError(f"user {user_id!r} has no client on {channel!r}: link it first")
        return user, client
    if user is None:
        user = users.create(app, external_id=user_id)
    client = user.latest_client
    if client is None:
        now = _clock.now()
        client = Client(id=uuid.uuid4().hex, platform="web", last_seen=now, linked_at=now)
        clients.add(app, user, client)
    return user, client


def _find_conversation(app: App, user_id: str, conversation_id: str | None) -> Conversation | None:
    if conversation_id is None:
        return None
    user, conversation = app.user(user_id), app.conversations.get(conversation_id)
    if user is None or conversation is None or conversation.participant(user) is None:
        raise LookupError(f"user {user_id!r} is not in a conversation {conversation_id!r}")
    return conversation


def _write(
    app: App, user: User, client: Client, post: JsonObject, content: JsonObject, conversation: Conversation
) -> Message:
    clients.touch(app, user, conversation, client)
    return _posting.add(app, user, post, content, conversation=conversation, source=client.source, client=client)


def _buttons(app: App, user: User) -> Iterator[tuple[Conversation, Message | None, JsonObject]]:
    """Yield the buttons of messages, the newest first, then those of menus."""
    for conversation in user.conversations:
        for message in reversed(conversation.messages):
            for part in (message.content, *message.content.get("items", [])):
                yield from ((conversation, message, action) for action in part.get("actions", []))
    menus = [app.menu, *(each.menu for each in app.integrations.values() if each.menu is not None)]
    if user.conversation is not None:
        items = [item for menu in menus for item in menu.items]
        entries = [entry for item in items for entry in item.get("items", [item])]
        yield from ((user.conversation, None, entry) for entry in entries)


def _matches(button: JsonObject, action: str | Mapping[str, Any]) -> bool:
    if isinstance(action, str):
        return action in (button.get("_id"), button.get("payload"), button.get("text"))
    fields = {name: action[name] for name in ("_id", "type", "text", "payload", "uri") if action.get(name)}
    return bool(fields) and fields.items() <= button.items()


def _tap(
    app: App, user: User, conversation: Conversation, message: Message | None, action: JsonObject, *, root_url: str
) -> None:
    if action["type"] == "buy" and action.get("state") == "paid":
        raise ValueError(f"{action.get('text')!r} is paid already")
    if action["type"] not in ("postback", "reply", "buy"):
        hint = ": respond with say() and a location" if action["type"] == "locationRequest" else ""
        raise ValueError(f"the API gets no event from a button of type {action['type']!r}{hint}")
    _, client = _get_or_create_user(app, user.id, None)
    clients.touch(app, user, conversation, client)
    if action["type"] in ("postback", "buy"):
        app.record(_tap_event(app, user, client, conversation, message, action))
    if action["type"] == "reply" or (action["type"] == "postback" and app.settings.get("echoPostback")):
        post: JsonObject = {"role": "appUser", "type": "text", "text": action.get("text", "")}
        if action["type"] == "reply":
            post |= {name: action[name] for name in ("payload", "metadata") if name in action}
        _write(app, user, client, post, _posting.build_content(app, post, root_url), conversation)


def _tap_event(
    app: App, user: User, client: Client, conversation: Conversation, message: Message | None, action: JsonObject
) -> PostbackTapped | PaymentMade:
    common: dict[str, Any] = {
        "app_id": app.id,
        "user": user,
        "conversation": conversation,
        "client": client,
        "message": message,
        "action": action,
    }
    if action["type"] == "postback":
        return PostbackTapped(**common)
    action["state"] = "paid"
    return PaymentMade(**common, charge_id=f"ch_{_ids.short_code()}")
