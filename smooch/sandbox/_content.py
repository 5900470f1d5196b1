"""Complete and check the content of messages, the same for every API version."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from . import _ids
from ._errors import bad_request
from .store.attachments import OCTETS

if TYPE_CHECKING:
    from ._entities import JsonObject, User
    from .store import App

_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
_ADJECTIVES = ["Brave", "Calm", "Eager", "Gentle", "Jolly", "Lively", "Modest", "Nimble", "Patient", "Quiet"]
_ANIMALS = ["Badger", "Crane", "Dolphin", "Falcon", "Heron", "Lynx", "Otter", "Panda", "Robin", "Tortoise"]


def complete(app: App, content: JsonObject, root_url: str) -> None:
    """Add the fields that the server generates. 400 for combinations that the spec cannot check."""
    if "actions" in content:
        _check_actions(content["actions"])
        content["actions"] = [_complete_action(action, root_url) for action in content["actions"]]
    if "items" in content:
        content["items"] = [_complete_item(item, root_url) for item in content["items"]]
    if "fields" in content:
        content["fields"] = _complete_fields(content["fields"])
    match content["type"]:
        case "text":
            content.setdefault("actions", [])
        case "image":
            content.setdefault("mediaType", guess_media_type(content["mediaUrl"], "image/jpeg"))
        case "file":
            content.setdefault("mediaType", guess_media_type(content["mediaUrl"], OCTETS))
        case "carousel" | "list":
            lines = (line for item in content["items"] for line in (item["title"], item.get("description")) if line)
            content.setdefault("text", "\n".join(lines))
        case "location":
            at = content["coordinates"]
            content.setdefault("text", f"Location shared:\nhttps://maps.google.com/maps?q={at['lat']},{at['long']}")
        case "form":
            content["submitted"] = False
        case "formResponse":
            lines = (f"{field['label']}: {_format_field_value(field)}" for field in content["fields"])
            content.setdefault("textFallback", "\n".join(lines))
    if app.settings.get("maskCreditCardNumbers") and "text" in content:
        content["text"] = _CARD.sub(_mask_card_number, content["text"])


def guess_media_type(url: str, default: str) -> str:
    """Return the MIME type by the extension in `url`."""
    return mimetypes.guess_type(urlsplit(url).path)[0] or default


def _format_field_value(field: JsonObject) -> str:
    chosen = ", ".join(option["label"] for option in field.get("select", []))
    return chosen or str(field.get("text") or field.get("email") or "")


def _check_actions(actions: list[JsonObject]) -> None:
    kinds = {action["type"] for action in actions}
    if "share" in kinds:
        raise bad_request("body actions: share is allowed in items only")
    if kinds & {"reply", "locationRequest"} and kinds - {"reply", "locationRequest"}:
        raise bad_request("body actions: reply and locationRequest cannot be mixed with other types")
    if sum(1 for action in actions if action.get("openOnReceive")) > 1:
        raise bad_request("body actions: only one may have openOnReceive")


def _complete_item(item: JsonObject, root_url: str) -> JsonObject:
    if any(action["type"] in ("reply", "locationRequest") for action in item["actions"]):
        raise bad_request("body items: reply and locationRequest are not allowed in items")
    generated: JsonObject = {"_id": _ids.object_id()}
    if "mediaUrl" in item and "mediaType" not in item:
        generated["mediaType"] = guess_media_type(item["mediaUrl"], "image/jpeg")
    return item | generated | {"actions": [_complete_action(action, root_url) for action in item["actions"]]}


def _complete_action(action: JsonObject, root_url: str) -> JsonObject:
    action_id = _ids.object_id()
    stored = {**action, "_id": action_id}
    if action["type"] == "buy":
        stored |= {
            "currency": action.get("currency", "usd").lower(),
            "state": "offered",
            "uri": f"{root_url}/checkout/{action_id}",
        }
    return stored


def _complete_fields(fields: list[JsonObject]) -> list[JsonObject]:
    names = [field["name"] for field in fields]
    if len(set(names)) < len(names):
        raise bad_request("body fields: names must differ")
    return [{**field, "_id": _ids.object_id()} for field in fields]


def choose_display_name(app: App, user: User) -> str | None:
    """Return the name shown with a user's messages: the full name, or a made-up one with `useAnimalNames`."""
    if user.full_name or not app.settings.get("useAnimalNames"):
        return user.full_name
    number = int(hashlib.sha256(user.id.encode()).hexdigest(), 16)
    return f"{_ADJECTIVES[number % 10]} {_ANIMALS[number // 10 % 10]}"


def build_gravatar_url(email: str) -> str:
    """Return the URL of the Gravatar of an email address."""
    digest = hashlib.md5(email.strip().lower().encode(), usedforsecurity=False).hexdigest()
    return f"https://www.gravatar.com/avatar/{digest}.png?s=200&d=mm"


def _mask_card_number(match: re.Match[str]) -> str:
    text = match[0]
    if not _passes_luhn([int(digit) for digit in text if digit.isdigit()]):
        return text
    return re.sub(r"\d", "X", text[:-4]) + text[-4:]


def _passes_luhn(digits: list[int]) -> bool:
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
