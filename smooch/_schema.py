"""Check a body against the specification before it is sent.

Covers the part of JSON Schema that the request bodies of spec/ use; the tests compare it with the `jsonschema` package,
which the base install does without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = Mapping[str, Any]

_REF = "#/components/schemas/"
_COMBINING = frozenset({"allOf", "anyOf", "oneOf", "not", "if"})
# A dict first: to ask an abstract class takes ten times as long.
_OBJECT = (dict, Mapping)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def check(
    schemas: Mapping[str, Any], name: str, body: Any, field: str, *, limits: Mapping[str, int] = MappingProxyType({})
) -> None:
    """Refuse a body that does not fit the schema of this name.

    `limits` are the most bytes of JSON that the objects of some schemas may have.

    Raises:
        InvalidInput: names the first field that does not fit, as a path below `field`, and what would.
    """
    for path, problem in _Checker(schemas, limits).problems({"$ref": _REF + name}, body, field):
        raise InvalidInput(f"{path} {problem} (nothing was sent)", path)
    check_json(body, field)


def check_json(body: Any, field: str) -> None:
    """Refuse what JSON cannot hold: a NaN, half of a surrogate pair, a datetime or any other object of Python."""
    try:
        _json_size(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{field} cannot be written as JSON: {error} (nothing was sent)", field) from None


def _json_size(body: Any) -> int:
    """Bytes that httpx will send."""
    return len(json.dumps(body, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode())


class _Checker:
    def __init__(self, schemas: Mapping[str, Any], limits: Mapping[str, int] = MappingProxyType({})) -> None:
        self._schemas = schemas
        self._limits = limits

    def problems(self, schema: Schema, value: Any, path: str) -> Iterator[tuple[str, str]]:
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(_REF)
            yield from self.problems(self._schemas[name], value, path)
            if name in self._limits:
                yield from _json_problems(self._limits[name], value, path)
        if "type" in schema and not _is_a(schema["type"], value):
            types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            yield path, f"must be {' or '.join(_NAMES[name] for name in types)}, not {value!r}"
            return
        if "const" in schema and not _same(value, schema["const"]):
            yield path, f"must be {schema['const']!r}, not {value!r}"
        if "enum" in schema and not any(_same(value, allowed) for allowed in schema["enum"]):
            yield path, f"must be one of {', '.join(map(repr, schema['enum']))}, not {value!r}"
        if isinstance(value, str):
            yield from _text_problems(schema, value, path)
        elif isinstance(value, _OBJECT):
            yield from self._object_problems(schema, value, path)
        elif isinstance(value, list | tuple):
            yield from self._list_problems(schema, value, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield from _number_problems(schema, value, path)
        if not _COMBINING.isdisjoint(schema):
            yield from self._combined_problems(schema, value, path)

    def fits(self, schema: Schema, value: Any) -> bool:
        return next(self.problems(schema, value, ""), None) is None

    def _object_problems(self, schema: Schema, value: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{path}.{name}", "is missing"
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name, item in value.items():
            if name in properties:
                yield from self.problems(properties[name], item, f"{path}.{name}")
            elif others is False:
                yield f"{path}.{name}", "is not a field of this object"
            elif others is not True:
                yield from self.problems(others, item, f"{path}.{name}")

    def _list_problems(
        self, schema: Schema, value: list[Any] | tuple[Any, ...], path: str
    ) -> Iterator[tuple[str, str]]:
        yield from _size_problems(schema, "Items", len(value), "items", path)
        if "items" in schema:
            for index, item in enumerate(value):
                yield from self.problems(schema["items"], item, f"{path}[{index}]")

    def _combined_problems(self, schema: Schema, value: Any, path: str) -> Iterator[tuple[str, str]]:
        for part in schema.get("allOf", ()):
            yield from self.problems(part, value, path)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                yield from self._choice_problems(schema[key], key == "oneOf", value, path)
        if "not" in schema and self.fits(schema["not"], value):
            yield path, f"must not be {value!r}"
        if "if" in schema:
            branch = schema.get("then" if self.fits(schema["if"], value) else "else")
            if branch is not None:
                yield from self.problems(branch, value, path)

    def _choice_problems(self, choices: list[Schema], one: bool, value: Any, path: str) -> Iterator[tuple[str, str]]:
        possible = [choice for choice in choices if not self._has_other_tag(choice, value)]
        if len(possible) == 1 < len(choices):
            # Trying all would take exponential time where messages quote messages.
            yield from self.problems(possible[0], value, path)
            return
        fitting = sum(self.fits(choice, value) for choice in possible)
        if fitting == 1 or (fitting and not one):
            return
        if fitting:
            yield path, "fits more than one of the forms it may have"
        elif all(choice.keys() == {"required"} for choice in choices):
            yield path, "needs " + " or ".join(" and ".join(choice["required"]) for choice in choices)
        elif all(choice.keys() == {"type"} for choice in choices):
            yield path, f"must be {' or '.join(_NAMES[choice['type']] for choice in choices)}, not {value!r}"
        else:
            yield from self.problems(self._meant(choices, value), value, path)

    def _meant(self, choices: list[Schema], value: Any) -> Schema:
        """The choice whose tag the value carries, or else the last that is not just null."""
        for choice in choices:
            if isinstance(value, _OBJECT) and any(value.get(name) == tag for name, tag in self._tags(choice)):
                return choice
        return [choice for choice in choices if choice != {"type": "null"}][-1]

    def _has_other_tag(self, schema: Schema, value: Any) -> bool:
        if not isinstance(value, _OBJECT):
            return False
        if "$ref" in schema and self._has_other_tag(self._schemas[schema["$ref"].removeprefix(_REF)], value):
            return True
        required = schema.get("required", ())
        for name, part in schema.get("properties", {}).items():
            if name in value:
                other = "const" in part and not _same(value[name], part["const"])
                if other or value[name] in part.get("not", {}).get("enum", ()):
                    return True
            elif "const" in part and name in required:
                return True
        return any(self._has_other_tag(part, value) for part in schema.get("allOf", ()))

    def _tags(self, schema: Schema) -> Iterator[tuple[str, Any]]:
        if "$ref" in schema:
            yield from self._tags(self._schemas[schema["$ref"].removeprefix(_REF)])
        for name, part in schema.get("properties", {}).items():
            if "const" in part:
                yield name, part["const"]
        for part in schema.get("allOf", ()):
            yield from self._tags(part)


def _json_problems(limit: int, value: Any, path: str) -> Iterator[tuple[str, str]]:
    try:
        size = _json_size(value)
    except (TypeError, ValueError, RecursionError):  # what cannot be JSON at all is named by `check_json`
        return
    if size > limit:
        yield path, f"takes {limit:,} bytes of JSON at most, not {size:,}"


def _text_problems(schema: Schema, value: str, path: str) -> Iterator[tuple[str, str]]:
    yield from _size_problems(schema, "Length", len(value), "characters", path)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield path, f"must look like {schema['pattern']}, not {value!r}"
    if schema.get("format") == "uri" and not _URI.fullmatch(value):
        yield path, f"must be an address with a scheme, such as https://example.com/a, not {value!r}"


def _number_problems(schema: Schema, value: float, path: str) -> Iterator[tuple[str, str]]:
    if "minimum" in schema and value < schema["minimum"]:
        yield path, f"must be {schema['minimum']} or more, not {value!r}"
    if "maximum" in schema and value > schema["maximum"]:
        yield path, f"must be {schema['maximum']} or less, not {value!r}"


def _size_problems(schema: Schema, what: str, size: int, unit: str, path: str) -> Iterator[tuple[str, str]]:
    if size < schema.get(f"min{what}", 0):
        yield path, f"needs {schema[f'min{what}']} {unit} or more, not {size}"
    if size > schema.get(f"max{what}", size):
        yield path, f"takes {schema[f'max{what}']} {unit} at most, not {size}"


def _is_a(types: str | list[str], value: Any) -> bool:
    if isinstance(types, list):
        return any(_is_a(name, value) for name in types)
    match types:
        case "object":
            return isinstance(value, _OBJECT)
        case "array":
            return isinstance(value, list | tuple)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer":
            return not isinstance(value, bool) and (
                isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            )
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)
