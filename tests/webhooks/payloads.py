"""Bodies of deliveries: builders for tests, and every example from the specification."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from smooch.webhooks import Delivery

SECRET = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c"
KEY = {"X-API-Key": SECRET}
APP = {"_id": "5a0000000000000000000001"}
USER = {"_id": "5a1b2c3d4e5f60718293a4b5", "userId": "u-77"}
SPEC = Path(__file__).resolve().parents[2] / "spec"
WEBHOOK = {"id": "6a0000000000000000000002", "version": "v2"}


def message_delivery(*ids: str, text: str = "Is the shop open?", **fields: Any) -> dict[str, Any]:
    messages = [
        {
            "_id": each,
            "type": "text",
            "text": text,
            "role": "appUser",
            "authorId": USER["_id"],
            "received": 1488441330.12,
        }
        for each in ids or ("m1",)
    ]
    return {"trigger": "message:appUser", "app": APP, "messages": messages, "appUser": USER, **fields}


def postback_delivery(payload: str = "MUG", **fields: Any) -> dict[str, Any]:
    action = {"_id": "5a0000000000000000000016", "type": "postback", "text": "Take it", "payload": payload}
    return {"trigger": "postback", "app": APP, "postbacks": [{"action": action}], "appUser": USER, **fields}


def read_delivery(**fields: Any) -> dict[str, Any]:
    event = {"trigger": "conversation:read", "app": APP, "source": {"type": "web"}, "appUser": USER}
    return {**event, "timestamp": 1488441301.7, **fields}


def message_event(
    event_id: str = "e1", text: str = "Is the shop open?", user_id: str = "u1", **payload: Any
) -> dict[str, Any]:
    """The body of a v2 event."""
    message = {
        "id": f"m-{event_id}",
        "received": "2026-03-02T08:15:30.120Z",
        "author": {"type": "user", "userId": user_id, "user": {"id": user_id, "authenticated": False}},
        "content": {"type": "text", "text": text},
        "source": {"type": "web", "integrationId": "6d0000000000000000000001"},
    }
    conversation = {"id": f"c-{user_id}", "type": "personal"}
    return {
        "id": event_id,
        "type": "conversation:message",
        "createdAt": "2026-03-02T08:15:30.744Z",
        "payload": {"conversation": conversation, "message": message, **payload},
    }


def envelope(*events: Any, **fields: Any) -> dict[str, Any]:
    """The body of a v2 delivery."""
    return {"app": {"id": "a1"}, "webhook": WEBHOOK, "events": list(events), **fields}


def to_json(body: Any) -> bytes:
    return json.dumps(body).encode()


def numbered_delivery(*numbers: int) -> bytes:
    """The JSON of a v2 delivery with one message event per number, each of another user."""
    return to_json(envelope(*(message_event(f"e{each}", text=str(each), user_id=f"u{each}") for each in numbers)))


@cache
def schemas(version: str) -> dict[str, Any]:
    text = (SPEC / f"{version}.yaml").read_bytes()
    described: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    components: dict[str, Any] = described["components"]["schemas"]
    return components


def variants(version: str = "v1") -> list[str]:
    """Names of the event classes, in the order of the specification."""
    return [each["$ref"].rpartition("/")[2] for each in schemas(version)["Event"]["oneOf"]]


def examples(version: str = "v1") -> list[tuple[str, dict[str, Any]]]:
    """Class name and body of every example of an event."""
    return [(name, body) for name in variants(version) for body in schemas(version)[name]["examples"]]


def envelopes() -> list[dict[str, Any]]:
    """Every example of a v2 delivery."""
    bodies: list[dict[str, Any]] = schemas("v2")["WebhookPayload"]["examples"]
    return bodies


def only(delivery: Delivery) -> Any:
    """The event of a delivery that has exactly one."""
    (event,) = delivery.events
    return event
