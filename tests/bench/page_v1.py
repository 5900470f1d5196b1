"""What API v1 answers with: a page of a hundred messages of eight types, and the message that was posted."""

from __future__ import annotations

from typing import Any


def message(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "_id": f"{number:024x}",
        "authorId": "5a1b2c3d4e5f60718293a4b5",
        "role": "appMaker",
        "name": "Desk",
        "received": 1512345678.125 + number,
        "source": {"type": "api"},
        **fields,
    }


POSTBACK = {"_id": "5a1b2c3d4e5f60718293a4b6", "type": "postback", "text": "Take it", "payload": "MUG"}
LINK = {"_id": "5a1b2c3d4e5f60718293a4b7", "type": "link", "text": "Look", "uri": "https://example.com/mug"}
ITEM = {"_id": "5a1b2c3d4e5f60718293a4b8", "title": "Red mug", "description": "350 ml", "actions": [POSTBACK, LINK]}
PATTERNS: list[dict[str, Any]] = [
    {"type": "text", "text": "Is the shop open?"},
    {"type": "text", "text": "Until six.", "actions": [LINK], "metadata": {"ticket": 5}},
    {"type": "image", "text": "", "mediaUrl": "https://example.com/a.jpg", "mediaType": "image/jpeg"},
    {"type": "file", "mediaUrl": "https://example.com/a.pdf", "mediaType": "application/pdf"},
    {"type": "carousel", "text": "", "items": [ITEM, ITEM, ITEM]},
    {"type": "list", "text": "", "items": [ITEM, ITEM], "actions": [POSTBACK]},
    {"type": "location", "text": "", "coordinates": {"lat": 45.5, "long": -73.6}},
    {"type": "form", "fields": [{"_id": "5a1b2c3d4e5f60718293a4b9", "type": "text", "name": "a", "label": "A"}]},
    {"type": "text", "text": "Thanks!", "role": "appUser"},
    {"type": "text", "text": "Anything else?"},
]
PAGE = {
    "conversation": {"_id": "5a1b2c3d4e5f60718293a4ba", "unreadCount": 0},
    "messages": [message(number, **PATTERNS[number % 10]) for number in range(100)],
}
POSTED = {"message": message(1, type="text", text="Hi"), "conversation": PAGE["conversation"]}
