"""Bodies with every optional field, made from spec/, and the fields of a body that a response lacks."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smooch.sandbox._spec import Spec

JsonObject = dict[str, Any]
_DEPTH = 3  # messages quote messages
_TEXTS = {
    "uri": "https://shop.example/a.png",
    "email": "ana@example.org",
    "date-time": "2026-03-02T08:15:30.120Z",
    r"^\+": "+14165550123",
    "^(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$": "65758e",
    "^[A-Za-z0-9_-]*$": "bot",
}


def bodies(spec: Spec, component: str, version: str = "") -> list[JsonObject]:
    """The examples of a component, each with all further fields that it may have.

    With `version` the fields of that version only.
    """
    schemas = spec.document["components"]["schemas"]
    variants = [each["$ref"].rpartition("/")[2] for each in schemas[component].get("oneOf", ())]
    examples = [
        example
        for name in variants or [component]
        if not name.startswith("Unknown")
        for example in schemas[name]["examples"]
    ]
    fields = _properties(spec, {"$ref": f"#/components/schemas/{component}"}, {})
    return [
        _fill(spec, component, example, version)
        for example in examples
        if all(_is_of(version, fields.get(name, {})) for name in example)
    ]


def additions(spec: Spec, component: str, version: str = "") -> Iterator[tuple[str, JsonObject]]:
    """Each further field that an example of a component may have, and the example with that field."""
    validator = spec.get_request_validator(component)
    for example in spec.document["components"]["schemas"][component]["examples"]:
        for name, schema in _properties(spec, {"$ref": f"#/components/schemas/{component}"}, example).items():
            body = {**example, name: _value(spec, schema)}
            if name not in example and _is_of(version, schema) and validator.is_valid(body):
                yield name, body


def body_component(spec: Spec, operation_id: str) -> str:
    operation = spec.operations[operation_id]
    content = spec.document["paths"][operation.path][operation.method]["requestBody"]["content"]
    name: str = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return name


def replace(body: Any, values: Mapping[str, Any]) -> Any:
    """The body with other values in the fields of these names, at any depth."""
    if isinstance(body, list):
        return [replace(each, values) for each in body]
    if isinstance(body, dict):
        return {name: values.get(name, replace(each, values)) for name, each in body.items()}
    return body


def lost(posted: Any, read: Any, path: str = "") -> Iterator[str]:
    """The fields of a posted body that a response lacks or shows with another value; it may leave out null fields."""
    if isinstance(posted, dict) and isinstance(read, dict):
        for name, each in posted.items():
            if each is not None or name in read:
                yield from lost(each, read.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(posted, list) and isinstance(read, list) and len(posted) == len(read):
        for each, other in zip(posted, read, strict=True):
            yield from lost(each, other, path)
    elif posted != read or isinstance(posted, bool) != isinstance(read, bool):
        yield path


def hidden(spec: Spec) -> frozenset[str]:
    """The names of all fields that responses hide: secrets and write-only fields."""
    return frozenset(_hidden(spec.document["components"]["schemas"]))


def _hidden(node: Any) -> Iterator[str]:
    children = node if isinstance(node, list) else node.values() if isinstance(node, dict) else ()
    for each in children:
        yield from _hidden(each)
    fields = node.get("properties") if isinstance(node, dict) else None
    for name, schema in fields.items() if isinstance(fields, dict) else ():
        if isinstance(schema, dict) and (schema.get("format") == "password" or schema.get("writeOnly")):
            yield name


def _fill(spec: Spec, component: str, example: JsonObject, version: str) -> JsonObject:
    validator = spec.get_request_validator(component)
    body = copy.deepcopy(example)
    waiting: list[tuple[JsonObject, Any, int]] = [(body, {"$ref": f"#/components/schemas/{component}"}, 0)]
    while waiting:
        part, schema, depth = waiting.pop()
        for name, each in _properties(spec, schema, part).items():
            if name not in part and _is_of(version, each):
                part[name] = _value(spec, each)
                if not validator.is_valid(body):
                    del part[name]
            if depth == _DEPTH:
                continue
            if isinstance(part.get(name), dict):
                waiting.append((part[name], each, depth + 1))
            elif isinstance(part.get(name), list):
                items = _resolved(spec, each).get("items", {})
                waiting += [(item, items, depth + 1) for item in part[name] if isinstance(item, dict)]
    return body


def _is_of(version: str, schema: JsonObject) -> bool:
    only = re.match(r"Only (v1(?:\.1)?)\b", schema.get("description", ""))
    return not version or only is None or only[1] == version


def _properties(spec: Spec, schema: Any, part: JsonObject) -> JsonObject:
    """The fields that an object may have in a request; of a union, those of the variant that the object is."""
    properties: JsonObject = {}
    schema = _resolved(spec, schema)
    for part_schema in schema.get("allOf", []):
        properties |= _properties(spec, part_schema, part)
    choices = schema.get("oneOf", schema.get("anyOf", []))
    for choice in choices if "properties" not in schema else ():
        fields = _properties(spec, choice, part)
        tags = {
            name: _resolved(spec, part_schema)["const"]
            for name, part_schema in fields.items()
            if "const" in _resolved(spec, part_schema)
        }
        if tags and tags.items() <= part.items():
            return fields
    own = schema.get("properties", {})
    return properties | {
        name: part_schema for name, part_schema in own.items() if not _resolved(spec, part_schema).get("readOnly")
    }


def _value(spec: Spec, schema: Any) -> Any:
    schema = _resolved(spec, schema)
    for choices in ("anyOf", "oneOf"):
        if choices in schema and "properties" not in schema:
            return _value(spec, schema[choices][0])
    if "examples" in schema:
        return copy.deepcopy(schema["examples"][0])
    if "const" in schema:
        return schema["const"]
    for values in ("enum", "x-extensible-enum"):
        if values in schema:
            return schema[values][0]
    kind = schema.get("type", "object")
    match kind[0] if isinstance(kind, list) else kind:
        case "string":
            text = _TEXTS.get(schema.get("format", schema.get("pattern", "")), "a text")
            return text[: schema.get("maxLength")]
        case "integer":
            return min(3, schema.get("maximum", 3))
        case "number":
            return 1.5
        case "boolean":
            return True
        case "array":
            return [_value(spec, schema["items"])]
    return {}


def _resolved(spec: Spec, schema: Any) -> Any:
    while "$ref" in schema:
        schema = spec.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
