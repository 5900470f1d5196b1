"""Build messages from the bodies that v2 posts."""

from __future__ import annotations

import html
import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .. import _content, _ids, _shorthand
from .._errors import bad_request
from ..store import attachments, messages
from . import _lookup, _metadata

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import Client, Conversation, JsonObject, Message, User
    from ..store import App

_FIELDS = {
    "text": ("text", "htmlText", "markdownText", "actions"),
    "image": ("mediaUrl", "attachmentId", "altText", "text", "htmlText", "markdownText", "actions"),
    "file": ("mediaUrl", "attachmentId", "altText", "text", "htmlText", "markdownText"),
    "carousel": ("items", "displaySettings"),
    "list": ("items", "actions"),
    "location": ("coordinates", "location"),
    "form": ("fields", "text"),
    "formResponse": ("fields",),
    "template": ("template", "text"),
}
_MAX_HTML = 4096
_TAG = re.compile(r"<[^>]*>")


def add(call: Call, conversation: Conversation) -> list[Message]:
    """Append the posted message to `conversation`, or several if its text contains a template.

    Raises 400 for errors that the spec cannot check.
    """
    post = call.body
    user = find_author(call, conversation, post["author"])
    metadata = _metadata.validate(post.get("metadata"), "Message")
    destinations = _find_destinations(call.app, conversation, post.get("destination"))
    posted = [post["content"]] if user else _shorthand.expand(post["content"], call.app.templates_by_name)
    contents = [build_content(call.app, each, call.root_url) for each in posted]
    name = post["author"].get("displayName")
    return [
        messages.add(
            call.app,
            conversation,
            role="appMaker" if user is None else "appUser",
            user=user,
            destinations=destinations,
            author_id=_ids.maker_id(call.app.id) if user is None else user.id,
            content=content,
            name=name or (None if user is None else _content.choose_display_name(call.app, user)),
            avatar_url=post["author"].get("avatarUrl"),
            subtypes=post["author"].get("subtypes", []),
            payload=post["content"].get("payload") if content["type"] == "text" else None,
            metadata=metadata,
            source={"type": "api:conversations"},
        )
        for content in contents
    ]


def find_author(call: Call, conversation: Conversation, author: JsonObject) -> User | None:
    """Return the author as a user, None for the business. 400 if the user is not in `conversation`.

    An author without an id is the only user of the conversation. What the API does then is not documented.
    """
    if author["type"] == "business":
        return None
    if "userId" not in author and "userExternalId" not in author:
        if len(conversation.participants) != 1:
            raise bad_request("body author: name the user by userId or userExternalId, as the conversation has several")
        return conversation.participants[0].user
    user = _lookup.find_named_user(call, author)
    if conversation.participant(user) is None:
        raise bad_request("body author: the user is not in this conversation")
    return user


def _find_destinations(app: App, conversation: Conversation, destination: JsonObject | None) -> list[Client] | None:
    """Return the clients that the message may go to, None for any."""
    if destination is None:
        return None
    if conversation.type != "personal":
        raise bad_request("body destination: is for personal conversations only")
    clients = [client for participant in conversation.participants for client in participant.clients]
    if "integrationId" in destination:
        if destination["integrationId"] not in app.integrations:
            raise bad_request("body destination.integrationId: there is no such integration")
        matching = [client for client in clients if client.integration_id == destination["integrationId"]]
    else:
        matching = [client for client in clients if client.platform == destination["integrationType"]]
    if not matching and destination.get("integrationType") != "none":
        raise bad_request("body destination: the user has no such client in this conversation")
    return matching


def build_content(app: App, posted: JsonObject, root_url: str) -> JsonObject:
    """Return the content of a post, with generated fields. 400 for errors that the spec cannot express."""
    kind = posted.get("type", "template")
    if kind not in _FIELDS:
        return {"type": kind, **posted}
    names = (*_FIELDS[kind], "blockChatInput")
    content = {"type": kind} | {name: posted[name] for name in names if name in posted}
    _render(content)
    if kind in ("carousel", "list"):
        content["text"] = _list_items_as_text(content["items"])
    if "mediaUrl" in content:
        _describe_media(app, content, root_url)
    _content.complete(app, content, root_url)
    return content


def _render(content: JsonObject) -> None:
    """Turn Markdown into HTML, and add plain text if the post has none."""
    if "markdownText" in content:
        content["htmlText"] = _markdown_to_html(content.pop("markdownText"))
        if len(content["htmlText"]) > _MAX_HTML:
            raise bad_request(f"body content.markdownText: is longer than {_MAX_HTML} characters as HTML")
    if "htmlText" in content:
        content.setdefault("text", html.unescape(_TAG.sub("", content["htmlText"])))


def _markdown_to_html(markdown: str) -> str:
    """Convert paragraphs and bold text; other Markdown stays as it is."""
    escaped = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(markdown, quote=False))
    return "".join(f"<p>{paragraph}</p>" for paragraph in re.split(r"\n\s*\n", escaped))


def _list_items_as_text(items: list[JsonObject]) -> str:
    """Return the items as numbered paragraphs, for channels that show only text."""
    paragraphs = []
    for number, item in enumerate(items, 1):
        links = [f"{action['text']}: {action['uri']}" for action in item["actions"] if action["type"] == "link"]
        lines = [f"{number}. {item['title']}", item.get("description"), *links]
        paragraphs.append("\n".join(line for line in lines if line))
    return "\n\n".join(paragraphs)


def _describe_media(app: App, content: JsonObject, root_url: str) -> None:
    url = content["mediaUrl"]
    content.setdefault("altText", posixpath.basename(unquote(urlsplit(url).path))[:128])
    attachment = attachments.find_by_url(app, url, root_url)
    if attachment is not None:
        content["mediaType"] = attachment.media_type
        content["mediaSize"] = len(attachment.data)
