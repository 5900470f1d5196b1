"""Deliveries as the API writes them, and every example of a delivery in the spec."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SECRET = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c"
KEY = {"X-API-Key": SECRET}
APP = {"_id": "5a0000000000000000000001"}
USER = {"_id": "5a1b2c3d4e5f60718293a4b5", "userId": "u-77"}
SPEC = Path(__file__).resolve().parents[2] / "spec" / "v1.yaml"


def said(*ids: str, text: str = "Is the shop open?", **fields: Any) -> dict[str, Any]:
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


def tapped(payload: str = "MUG", **fields: Any) -> dict[str, Any]:
    action = {"_id": "5a0000000000000000000016", "type": "postback", "text": "Take it", "payload": payload}
    return {"trigger": "postback", "app": APP, "postbacks": [{"action": action}], "appUser": USER, **fields}


def read(**fields: Any) -> dict[str, Any]:
    event = {"trigger": "conversation:read", "app": APP, "source": {"type": "web"}, "appUser": USER}
    return {**event, "timestamp": 1488441301.7, **fields}


def dumped(body: Any) -> bytes:
    return json.dumps(body).encode()


@cache
def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = yaml.load(SPEC.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))[
        "components"
    ]["schemas"]
    return schemas


def variants() -> list[str]:
    """Names of the classes of events, in the spec's order."""
    return [each["$ref"].rpartition("/")[2] for each in _schemas()["WebhookEvent"]["oneOf"]]


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Class and body of every example of an event."""
    return [(name, body) for name in variants() for body in _schemas()[name]["examples"]]
