"""Build messages from the bodies that v1 posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _content, _ids
from .._errors import bad_request
from ..store import conversations, messages

if TYPE_CHECKING:
    from .._entities import Client, Conversation, JsonObject, Message, User
    from ..store import App

_FIELDS = {
    "text": ("text", "actions"),
    "image": ("mediaUrl", "mediaType", "altText", "text", "actions"),
    "file": ("mediaUrl", "mediaType", "altText", "text"),
    "carousel": ("items", "displaySettings", "text"),
    "list": ("items", "actions", "text"),
    "location": ("coordinates", "location", "text"),
    "form": ("fields", "blockChatInput"),
    "formResponse": ("fields", "quotedMessage", "textFallback"),
}
_OF_SOME_TYPE = frozenset(name for names in _FIELDS.values() for name in names)
# what is stored for a message in the channel's own format
_PLACEHOLDERS = {"whatsapp": "[A WhatsApp template: on WhatsApp the user sees its text.]"}


def infer_type(post: Any) -> None:
    """Add the `type` that clients from before 2016-12 leave out."""
    if not isinstance(post, dict) or "type" in post or "messageSchema" in post:
        return
    by_field = {"items": "carousel", "coordinates": "location", "fields": "form", "mediaUrl": "image"}
    post["type"] = next((kind for field, kind in by_field.items() if field in post), "text")


def build_content(app: App, post: JsonObject, root_url: str) -> JsonObject:
    """Return the content of a post, with generated fields. 400 for errors that the spec cannot express."""
    if "messageSchema" in post:
        _refuse_fields(post, _OF_SOME_TYPE | {"type"}, f"messageSchema {post['messageSchema']}")
        content: JsonObject = {"type": "text", "text": _PLACEHOLDERS[post["messageSchema"]]}
    else:
        kind = post["type"]
        _refuse_fields(post, _OF_SOME_TYPE.difference(_FIELDS[kind]), f"type {kind}")
        content = {"type": kind} | {name: post[name] for name in _FIELDS[kind] if name in post}
    _content.complete(app, content, root_url)
    return content


def _refuse_fields(post: JsonObject, names: frozenset[str], kind: str) -> None:
    for name in post:
        if name in names:
            raise bad_request(f"body {name}: is not a field of a message of {kind}")


def add(
    app: App,
    user: User,
    post: JsonObject,
    content: JsonObject,
    *,
    conversation: Conversation | None = None,
    **origin: Any,
) -> Message:
    """Append a message with this content to a conversation, by default the user's default conversation."""
    from_user = post["role"] == "appUser"
    optional = {name: post[name] for name in ("email", "metadata", "payload") if name in post}
    return messages.add(
        app,
        conversation or conversations.get_or_create_default(app, user),
        role=post["role"],
        user=user if from_user else None,
        author_id=user.id if from_user else _ids.maker_id(post.get("email", app.id)),
        content=content,
        name=post.get("name") or (_content.choose_display_name(app, user) if from_user else None),
        avatar_url=post.get("avatarUrl") or (_content.build_gravatar_url(post["email"]) if "email" in post else None),
        destinations=_find_destinations(app, user, post["destination"]) if "destination" in post else None,
        **optional,
        **origin,
    )


def _find_destinations(app: App, user: User, destination: JsonObject) -> list[Client]:
    """Return the user's clients that a message may go to. 400 if the user has none there."""
    if "integrationId" in destination and destination["integrationId"] not in app.integrations:
        raise bad_request("body destination.integrationId: there is no such integration")
    criteria = {name: destination[name] for name in ("integrationId", "integrationType") if name in destination}
    matching = [
        client
        for client in user.clients
        if criteria.items() <= {"integrationId": client.integration_id, "integrationType": client.platform}.items()
    ]
    if not matching:
        raise bad_request("body destination: the user has no such client")
    return matching
