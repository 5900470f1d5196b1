"""The specifications, models and unions for tests of the generated package; names are `version.component`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from openapi_python_client.strings import snake_case

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = {
    path.stem: yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in sorted((ROOT / "spec").glob("v*.yaml"))
}
SCHEMAS: dict[str, Any] = {
    f"{version}.{name}": schema
    for version, document in VERSIONS.items()
    for name, schema in document["components"]["schemas"].items()
}


def _exported(name: str) -> Any:
    version, _, component = name.partition(".")
    return getattr(import_module(f"smooch_api.{version}.models"), component, None)


CLASSES: dict[str, Any] = {name: model for name in SCHEMAS if hasattr(model := _exported(name), "from_dict")}

UNIONS: dict[str, list[str]] = {
    name: [f"{name.partition('.')[0]}.{part['$ref'].rpartition('/')[2]}" for part in schema["oneOf"]]
    for name, schema in SCHEMAS.items()
    if all("$ref" in part for part in schema.get("oneOf", [{}]))
}


def reader(union: str) -> Callable[[Any], Any]:
    """The function that reads the wire form of a union."""
    version, _, component = union.partition(".")
    read: Callable[[Any], Any] = getattr(import_module(f"smooch_api.{version}.unions"), f"read_{snake_case(component)}")
    return read


def tag_of(union: str) -> str:
    """The property that tells the variants of a union apart."""
    return "trigger" if union == "v1.Event" else "type"


def examples(name: str) -> list[Any]:
    """Examples of a component."""
    return list(SCHEMAS[name]["examples"])
