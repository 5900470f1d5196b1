"""spec/v1.yaml as the tests of the generated package see it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from openapi_python_client.strings import snake_case
from smooch_api.v1 import models, unions
from smooch_api.v1.base import Model

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS: dict[str, Any] = yaml.load((ROOT / "spec" / "v1.yaml").read_bytes(), yaml.CSafeLoader)["components"]["schemas"]

CLASSES: dict[str, type[Model]] = {
    name: found
    for name in SCHEMAS
    if isinstance(found := getattr(models, name, None), type) and issubclass(found, Model)
}

UNIONS: dict[str, list[str]] = {
    name: [part["$ref"].rpartition("/")[2] for part in schema["oneOf"]]
    for name, schema in SCHEMAS.items()
    if all("$ref" in part for part in schema.get("oneOf", [{}]))
}


def reader(union: str) -> Callable[[Any], Any]:
    """The function that reads the wire form of a union."""
    read: Callable[[Any], Any] = getattr(unions, f"read_{snake_case(union)}")
    return read


def tag_of(union: str) -> str:
    """The property that tells the variants of a union apart."""
    return "trigger" if union == "WebhookEvent" else "type"


def examples(name: str) -> list[Any]:
    """Examples of a component."""
    return list(SCHEMAS[name]["examples"])
