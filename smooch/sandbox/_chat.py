"""Actions of the end user in the chat; the API has no calls for them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import _clock, _spec, _validation
from ._entities import Client
from ._events import ConversationReferred
from .store import activities, clients, conversations, users
from .v1 import _buttons
from .v1 import _posting as v1_posting
from .v2 import _posting as v2_posting

if TYPE_CHECKING:
    from ._entities import Conversation, JsonObject, Message, User
    from .store import App


def say(
    app: App,
    user_id: str,
    content: str | Mapping[str, Any],
    *,
    conversation_id: str | None = None,
    channel: str | None = None,
    root_url: str,
) -> Message:
    """Write a message: a text, a message of v1, or a message of v2 with its `content`."""
    if not isinstance(content, str | Mapping):
        raise TypeError(f"content must be a str or a mapping, got {type(content).__name__}")
    if isinstance(content, Mapping) and "content" in content:
        post, stored = _build_v2(app, user_id, content, root_url)
    else:
        post = {"type": "text", "text": content} if isinstance(content, str) else dict(content)
        post["role"] = "appUser"
        v1_posting.infer_type(post)
        _validation.check(_spec.load("v1").get_request_validator("MessagePost"), post, "content")
        stored = v1_posting.build_content(app, post, root_url)
    named = _find_conversation(app, user_id, conversation_id)
    user, client = _get_or_create_user(app, user_id, channel)
    conversation = named or conversations.get_or_create_default(app, user, client=client)
    clients.touch(app, user, conversation, client)
    return v1_posting.add(app, user, post, stored, conversation=conversation, source=client.source, client=client)


def click(
    app: App,
    user_id: str,
    action: str | Mapping[str, Any],
    *,
    conversation_id: str | None = None,
    root_url: str,
) -> None:
    """Tap the newest matching button of a message or of the menu."""
    if not isinstance(action, str | Mapping):
        raise TypeError(f"action must be a str or a mapping, got {type(action).__name__}")
    user = _require_user(app, user_id)
    named = _find_conversation(app, user_id, conversation_id)
    buttons = [each for each in _buttons.find_all(app, user) if named is None or each.conversation is named]
    button = next((each for each in buttons if _matches(each.action, action)), None)
    if button is None:
        texts = ", ".join(repr(each.action.get("text")) for each in buttons) or "none"
        raise LookupError(f"no button {action!r} for user {user_id!r}; there are: {texts}")
    kind = button.action["type"]
    if kind == "buy" and button.action.get("state") == "paid":
        raise ValueError(f"{button.action.get('text')!r} is paid already")
    if kind not in ("postback", "reply", "buy"):
        hint = ": respond with say() and a location" if kind == "locationRequest" else ""
        raise ValueError(f"the API gets no event from a button of type {kind!r}{hint}")
    _, client = _get_or_create_user(app, user.id, None)
    _buttons.tap(app, user, client, button, root_url=root_url)


def submit_form(
    app: App, user_id: str, values: Mapping[str, Any], *, conversation_id: str | None = None, root_url: str
) -> Message:
    """Fill in and send the newest form that is not submitted yet; `values` maps field names to values."""
    user = _require_user(app, user_id)
    named = _find_conversation(app, user_id, conversation_id)
    forms = (
        (conversation, message)
        for conversation in ([named] if named else user.conversations)
        for message in conversation.messages
        if message.content["type"] == "form" and not message.content["submitted"]
    )
    conversation, form = max(forms, key=lambda each: each[1].received, default=(None, None))
    if conversation is None or form is None:
        raise LookupError(f"no form for user {user_id!r} that is not submitted yet")
    content = {
        "type": "formResponse",
        "fields": _fill_in(form.content["fields"], values),
        "quotedMessage": {"type": "message", "content": {"_id": form.id, "type": "form", "role": form.role}},
    }
    return say(app, user_id, content, conversation_id=conversation.id, root_url=root_url)


def set_typing(app: App, user_id: str, is_typing: bool, *, conversation_id: str | None = None) -> None:
    """Start or stop typing, by default in the default conversation."""
    named = _find_conversation(app, user_id, conversation_id)
    user, client = _get_or_create_user(app, user_id, None)
    conversation = named or conversations.get_or_create_default(app, user, reason="startConversation", client=client)
    activity = {"type": "typing:start" if is_typing else "typing:stop"}
    activities.set_typing(app, user, conversation, by="appUser", activity=activity, client=client)


def mark_read(app: App, user_id: str, *, conversation_id: str | None = None) -> None:
    """Read all messages, by default those of the default conversation."""
    user = _require_user(app, user_id)
    conversation = find_conversation(app, user_id, conversation_id)
    activities.mark_read(app, user, conversation, client=user.latest_client)


def open_chat(app: App, user_id: str, *, referral: str | None = None, channel: str | None = None) -> None:
    """Open the chat without writing, optionally through a link with the code `referral`."""
    user, client = _get_or_create_user(app, user_id, channel)
    source = None if referral is None else {"code": referral}
    if user.conversation is None:
        conversations.get_or_create_default(app, user, reason="startConversation", client=client, referral=source)
    elif source is not None:
        app.record(
            ConversationReferred(
                app_id=app.id, user=user, conversation=user.conversation, client=client, referral=source
            )
        )


def add_user(
    app: App,
    external_id: str | None = None,
    *,
    given_name: str | None = None,
    surname: str | None = None,
    email: str | None = None,
    channel: str = "web",
) -> User:
    """Add a user with one client: a linked channel or a device."""
    user = users.create(app, external_id=external_id)
    user.given_name, user.surname, user.email = given_name, surname, email
    clients.add(app, user, _create_client(app, channel, external_id or user.id))
    return user


def find_conversation(app: App, user_id: str, conversation_id: str | None) -> Conversation:
    """Return a conversation of a user (by default the default one). LookupError if it does not exist."""
    conversation = _find_conversation(app, user_id, conversation_id) or _require_user(app, user_id).conversation
    if conversation is None:
        raise LookupError(f"user {user_id!r} has no conversation yet")
    return conversation


def _create_client(app: App, channel: str, address: str) -> Client:
    """Create an active client; a channel belongs to the app's first integration of its type, if any."""
    now = _clock.now()
    client = Client(id=uuid.uuid4().hex, platform=channel, last_seen=now, linked_at=now)
    if client.is_channel:
        integrations = (each.id for each in app.integrations.values() if each.type == channel)
        client.integration_id = next(integrations, None)
        client.external_id = client.display_name = address
    return client


def _require_user(app: App, user_id: str) -> User:
    user = app.find_user(user_id)
    if user is None:
        raise LookupError(f"no user {user_id!r}")
    return user


def _get_or_create_user(app: App, user_id: str, channel: str | None) -> tuple[User, Client]:
    """Return the user, created if unknown, and the client on `channel`, or else the one used last."""
    if not isinstance(user_id, str) or not user_id:
        raise ValueError(f"user_id must be a non-empty string, got {user_id!r}")
    user = app.find_user(user_id)
    if channel is not None:
        client = next((each for each in (user.clients if user else []) if each.platform == channel), None)
        if user is None or client is None:
            raise LookupError(f"user {user_id!r} has no client on {channel!r}: link it first")
        return user, client
    if user is None:
        user = users.create(app, external_id=user_id)
    client = user.latest_client
    if client is None:
        client = _create_client(app, "web", user.id)
        clients.add(app, user, client)
    return user, client


def _find_conversation(app: App, user_id: str, conversation_id: str | None) -> Conversation | None:
    if conversation_id is None:
        return None
    user, conversation = app.find_user(user_id), app.conversations.get(conversation_id)
    if user is None or conversation is None or conversation.participant(user) is None:
        raise LookupError(f"user {user_id!r} is not in a conversation {conversation_id!r}")
    return conversation


# messages


def _build_v2(app: App, user_id: str, message: Mapping[str, Any], root_url: str) -> tuple[JsonObject, JsonObject]:
    """Return the post (in the form of v1) and the content of a v2 message."""
    author = {**message.get("author", {}), "type": "user", "userId": user_id}
    _validation.check(_spec.load("v2").get_request_validator("MessagePost"), {**message, "author": author}, "content")
    post = {"role": "appUser", "name": author.get("displayName"), "avatarUrl": author.get("avatarUrl")}
    post |= {"metadata": message.get("metadata"), "payload": message["content"].get("payload")}
    stored = v2_posting.build_content(app, dict(message["content"]), root_url)
    return {name: value for name, value in post.items() if value is not None}, stored


# forms


def _fill_in(fields: list[JsonObject], values: Mapping[str, Any]) -> list[JsonObject]:
    """Return the fields of a form response. ValueError if a value is missing or invalid."""
    names = [field["name"] for field in fields]
    if unknown := sorted(set(values) - set(names)):
        raise ValueError(f"the form has no field {unknown[0]!r}; there are: {', '.join(map(repr, names))}")
    if missing := [name for name in names if name not in values]:
        raise ValueError(f"the form needs a value for its field {missing[0]!r}")
    return [_fill_in_field(field, values[field["name"]]) for field in fields]


def _fill_in_field(field: JsonObject, value: Any) -> JsonObject:
    name, kind = field["name"], field["type"]
    answer: Any = value
    if kind == "select":
        chosen = value if isinstance(value, list | tuple) else [value]
        answer = [_find_option(field, each) for each in chosen]
    elif not isinstance(value, str):
        raise ValueError(f"the value for the field {name!r} must be a string, got {value!r}")
    elif kind == "email" and "@" not in value:
        raise ValueError(f"the value for the field {name!r} must be an email address, got {value!r}")
    elif kind == "text" and not field.get("minSize", 1) <= len(value) <= field.get("maxSize", 128):
        limits = f"{field.get('minSize', 1)} to {field.get('maxSize', 128)}"
        raise ValueError(f"the value for the field {name!r} must have {limits} characters, got {value!r}")
    return {"type": kind, "name": name, "label": field["label"], kind: answer}


def _find_option(field: JsonObject, value: Any) -> JsonObject:
    for option in field["options"]:
        if value in (option["name"], option["label"]):
            return {"name": option["name"], "label": option["label"]}
    names = ", ".join(repr(option["name"]) for option in field["options"])
    raise ValueError(f"the field {field['name']!r} has no option {value!r}; there are: {names}")


def _matches(button: JsonObject, action: str | Mapping[str, Any]) -> bool:
    if isinstance(action, str):
        return action in (button.get("_id"), button.get("payload"), button.get("text"))
    fields = {name: action[name] for name in ("_id", "type", "text", "payload", "uri") if action.get(name)}
    return bool(fields) and fields.items() <= button.items()
