"""What a user does in the chat, which no call of the API can do for them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import _clock, _ids, _spec, _validation
from ._entities import Client
from ._events import ConversationReferred, PaymentMade, PostbackTapped
from .v1 import _messages

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
    """Write a message, a text or what v1 takes."""
    if not isinstance(content, str | Mapping):
        raise TypeError(f"content must be a text or a message in a mapping, not {type(content).__name__}")
    post: JsonObject = {"type": "text", "text": content} if isinstance(content, str) else dict(content)
    post["role"] = "appUser"
    _messages.infer_type(post)
    _validation.check(_spec.load("v1").request_validator("MessagePost"), post, "content")
    completed = _messages.complete(app, post, root_url)
    named = _named(app, user_id, conversation_id)
    user, client = _arrive(app, user_id, channel)
    return _write(app, user, client, post, completed, named or app.conversation(user, client=client))


def click(app: App, user_id: str, action: str | Mapping[str, Any], *, root_url: str) -> None:
    """Tap a button of a message that the user got, or of the menu; the newest one that fits."""
    if not isinstance(action, str | Mapping):
        raise TypeError(f"action must be a text or a mapping, not {type(action).__name__}")
    user = app.user(user_id)
    if user is None:
        raise LookupError(f"no user {user_id!r}")
    shown = list(_buttons(app, user))
    found = next((each for each in shown if _fits(each[2], action)), None)
    if found is None:
        texts = ", ".join(repr(button.get("text")) for _, _, button in shown) or "none"
        raise LookupError(f"no button {action!r} in what {user_id!r} was sent; there are: {texts}")
    _tap(app, user, *found, root_url=root_url)


def set_typing(app: App, user_id: str, is_typing: bool) -> None:
    """Start or stop to type in the default conversation."""
    user, client = _arrive(app, user_id, None)
    conversation = app.conversation(user, reason="startConversation", client=client)
    activity = {"type": "typing:start" if is_typing else "typing:stop"}
    app.type_in(user, conversation, by="appUser", activity=activity, client=client)


def open_chat(app: App, user_id: str, *, referral: str | None, channel: str | None) -> None:
    """Open the chat without writing yet, by a link that carries `referral` if that is given."""
    user, client = _arrive(app, user_id, channel)
    carried = None if referral is None else {"code": referral}
    if user.conversation is None:
        app.conversation(user, reason="startConversation", client=client, referral=carried)
    elif carried is not None:
        conversation = user.conversation
        app.record(
            ConversationReferred(
                app_id=app.id, at=_clock.now(), user=user, conversation=conversation, client=client, referral=carried
            )
        )


def _arrive(app: App, user_id: str, channel: str | None) -> tuple[User, Client]:
    """The user, new if need be, and what they write with: the client on `channel`, or else the one last used."""
    if not isinstance(user_id, str) or not user_id:
        raise ValueError(f"user_id must be a string that is not empty, not {user_id!r}")
    user = app.user(user_id)
    if channel is not None:
        client = next((each for each in (user.clients if user else []) if each.platform == channel), None)
        if user is None or client is None:
            raise LookupError(f"user {user_id!r} has no client on {channel!r}: link it first")
        return user, client
    if user is None:
        user = app.create_user(external_id=user_id)
    client = user.latest_client
    if client is None:
        now = _clock.now()
        client = Client(id=uuid.uuid4().hex, platform="web", last_seen=now, linked_at=now)
        app.add_client(user, client)
    return user, client


def _named(app: App, user_id: str, conversation_id: str | None) -> Conversation | None:
    if conversation_id is None:
        return None
    user, conversation = app.user(user_id), app.conversations.get(conversation_id)
    if user is None or conversation is None or conversation.participant(user) is None:
        raise LookupError(f"user {user_id!r} is in no conversation {conversation_id!r}")
    return conversation


def _write(
    app: App, user: User, client: Client, post: JsonObject, content: JsonObject, conversation: Conversation
) -> Message:
    app.be_at(user, conversation, client)
    return _messages.add(app, user, post, content, to=conversation, source=client.source, client=client)


def _buttons(app: App, user: User) -> Iterator[tuple[Conversation, Message | None, JsonObject]]:
    """What the user can tap, in messages, the newest first, and then in menus."""
    for conversation in user.conversations:
        for message in reversed(conversation.messages):
            for part in (message.content, *message.content.get("items", [])):
                yield from ((conversation, message, action) for action in part.get("actions", []))
    menus = [app.menu, *(each.menu for each in app.integrations.values() if each.menu is not None)]
    if user.conversation is not None:
        items = [item for menu in menus for item in menu.items]
        entries = [entry for item in items for entry in item.get("items", [item])]
        yield from ((user.conversation, None, entry) for entry in entries)


def _fits(button: JsonObject, wanted: str | Mapping[str, Any]) -> bool:
    if isinstance(wanted, str):
        return wanted in (button.get("_id"), button.get("payload"), button.get("text"))
    named = {name: wanted[name] for name in ("_id", "type", "text", "payload", "uri") if wanted.get(name)}
    return bool(named) and named.items() <= button.items()


def _tap(
    app: App, user: User, conversation: Conversation, message: Message | None, action: JsonObject, *, root_url: str
) -> None:
    if action["type"] == "buy" and action.get("state") == "paid":
        raise ValueError(f"{action.get('text')!r} is paid already")
    if action["type"] not in ("postback", "reply", "buy"):
        hint = ": answer it by say() with a location" if action["type"] == "locationRequest" else ""
        raise ValueError(f"the API hears nothing when a button of type {action['type']!r} is tapped{hint}")
    _, client = _arrive(app, user.id, None)
    app.be_at(user, conversation, client)
    if action["type"] in ("postback", "buy"):
        app.record(_tapped(app, user, client, conversation, message, action))
    if action["type"] == "reply" or (action["type"] == "postback" and app.settings.get("echoPostback")):
        post: JsonObject = {"role": "appUser", "type": "text", "text": action.get("text", "")}
        if action["type"] == "reply":
            post |= {name: action[name] for name in ("payload", "metadata") if name in action}
        _write(app, user, client, post, _messages.complete(app, post, root_url), conversation)


def _tapped(
    app: App, user: User, client: Client, conversation: Conversation, message: Message | None, action: JsonObject
) -> PostbackTapped | PaymentMade:
    common: dict[str, Any] = {
        "app_id": app.id,
        "at": _clock.now(),
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
