"""Buttons of messages and menus, and the effect of a tap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from .. import _clock, _ids
from .._entities import Tap
from .._events import PaymentMade, PostbackTapped
from ..store import clients
from . import _posting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._entities import Client, Conversation, JsonObject, Message, User
    from ..store import App


@attrs.frozen(eq=False)
class Button:
    """A button of `message`, or of a menu if that is None."""

    conversation: Conversation
    message: Message | None
    action: JsonObject


def find_all(app: App, user: User) -> Iterator[Button]:
    """Yield the buttons of messages, the newest first, then those of menus."""
    for conversation in user.conversations:
        for message in reversed(conversation.messages):
            for part in (message.content, *message.content.get("items", [])):
                yield from (Button(conversation, message, action) for action in part.get("actions", []))
    menus = [app.menu, *(each.menu for each in app.integrations.values() if each.menu is not None)]
    if user.conversation is not None:
        items = [item for menu in menus for item in menu.items]
        entries = [entry for item in items for entry in item.get("items", [item])]
        yield from (Button(user.conversation, None, entry) for entry in entries)


def tap(app: App, user: User, client: Client, button: Button, *, root_url: str) -> None:
    """Tap a button of type postback, reply or buy with `client`."""
    conversation, action = button.conversation, button.action
    clients.touch(app, user, conversation, client)
    if action["type"] in ("postback", "buy"):
        message_id = None if button.message is None else button.message.id
        conversation.taps.append(Tap(at=_clock.now(), user_id=user.id, action=action, message_id=message_id))
        app.record(_build_event(app, user, client, button))
    if action["type"] == "reply" or (action["type"] == "postback" and app.settings.get("echoPostback")):
        post: JsonObject = {"role": "appUser", "type": "text", "text": action.get("text", "")}
        if action["type"] == "reply":
            post |= {name: action[name] for name in ("payload", "metadata") if name in action}
        content = _posting.build_content(app, post, root_url)
        _posting.add(app, user, post, content, conversation=conversation, source=client.source, client=client)


def _build_event(app: App, user: User, client: Client, button: Button) -> PostbackTapped | PaymentMade:
    common: dict[str, Any] = {
        "app_id": app.id,
        "user": user,
        "conversation": button.conversation,
        "client": client,
        "message": button.message,
        "action": button.action,
    }
    if button.action["type"] == "postback":
        return PostbackTapped(**common)
    button.action["state"] = "paid"
    return PaymentMade(**common, charge_id=f"ch_{_ids.short_code()}")
