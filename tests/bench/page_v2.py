"""What API v2 answers with: a page of a hundred messages of eight types, and the message that was posted."""

from __future__ import annotations

from typing import Any

BUSINESS = {"type": "business", "displayName": "Desk", "avatarUrl": "https://example.com/desk.png"}
USER = {"type": "user", "userId": "5a1b2c3d4e5f60718293a4b5", "displayName": "Ana"}
API = {"type": "api:conversations"}
WEB = {"type": "web", "integrationId": "5a1b2c3d4e5f60718293a4bb", "originalMessageId": None}

POSTBACK = {"type": "postback", "text": "Take it", "payload": "MUG"}
LINK = {"type": "link", "text": "Look", "uri": "https://example.com/mug"}
PICTURE = {"mediaUrl": "https://example.com/mug.jpg", "mediaType": "image/jpeg"}
ITEM = {"title": "Red mug", "description": "350 ml", **PICTURE, "actions": [POSTBACK, LINK]}
FIELD = {"type": "email", "name": "mail", "label": "Your email?"}
CONTENTS: list[dict[str, Any]] = [
    {"type": "text", "text": "Is the shop open?"},
    {"type": "text", "text": "Until six.", "actions": [LINK]},
    {"type": "image", "text": "", "mediaUrl": "https://example.com/a.jpg", "mediaType": "image/jpeg"},
    {"type": "file", "mediaUrl": "https://example.com/a.pdf", "mediaType": "application/pdf"},
    {"type": "carousel", "text": "", "items": [ITEM, ITEM, ITEM]},
    {"type": "list", "text": "", "items": [ITEM, ITEM], "actions": [POSTBACK]},
    {"type": "location", "text": "", "coordinates": {"lat": 45.5, "long": -73.6}},
    {"type": "form", "submitted": True, "fields": [FIELD]},
    {"type": "formResponse", "fields": [{**FIELD, "email": "ana@example.com"}]},
    {"type": "text", "text": "Anything else?"},
]
BY_THE_USER = (0, 8)


def message(number: int) -> dict[str, Any]:
    kind = number % len(CONTENTS)
    author, source = (USER, WEB) if kind in BY_THE_USER else (BUSINESS, API)
    return {
        "id": f"{number:024x}",
        "received": f"2025-02-03T18:33:{number % 60:02}.466Z",
        "author": author,
        "content": CONTENTS[kind],
        "source": source,
    }


PAGE = {"messages": [message(number) for number in range(100)], "meta": {"hasMore": False}}
POSTED = {"messages": [{**message(9), "content": {"type": "text", "text": "Hi"}}]}
