"""Validate a request body against the specification before it is sent.

Supports the part of JSON Schema that the request bodies of spec/ use; the tests compare it with the package `jsonschema`,
which the base install does not need. A schema is compiled to functions on first use: interpreting it would cost more
than sending the body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from . import _checks, _json
from .errors import InvalidInput

Schema: TypeAlias = Mapping[str, Any]
Problem: TypeAlias = tuple[str, str, Any]
"""Path below the value, what is wrong, and the value received, or `_NOTHING` if the error does not show it."""
Check: TypeAlias = Callable[[Any], Problem | None]
"""Returns the first problem of a value, or None."""

_REF = "#/components/schemas/"
# dict first: isinstance with an abstract class takes ten times as long.
OBJECT = (dict, Mapping)
_LIST = (list, tuple)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_NOTHING = object()
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "array": ("a list", lambda value: isinstance(value, _LIST)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a whole number", lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer())),
    "null": ("null", lambda value: value is None),
    "number": ("a number", lambda value: _is_number(value)),
    "object": ("an object", lambda value: isinstance(value, OBJECT)),
    "string": ("a string", lambda value: isinstance(value, str)),
}


class ModelDict(dict[str, Any]):
    """A model in wire form, which may hold fields that the specification does not know."""


class Validator:
    """Validates bodies against the schemas of one version of the API.

    `limits` are the maximum sizes of some schemas' objects, in bytes of JSON. With `closed`, an object may hold only the
    fields that its schema describes, unless it is a `ModelDict`. `renamed` maps fields of an older version of the API to
    what they are called now, for the errors.
    """

    def __init__(
        self,
        schemas: Mapping[str, Any],
        limits: Mapping[str, int] = MappingProxyType({}),
        *,
        closed: bool = False,
        renamed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._schemas = schemas
        self._limits = limits
        self._closed = closed
        self._renamed = renamed
        self._compiled: dict[tuple[str, bool], Check] = {}

    def validate(self, name: str, body: Any, field: str, *, max_json: int | None = None) -> None:
        """Refuse a body that does not match the schema `name`, or exceeds `max_json` bytes.

        Raises:
            InvalidInput: names the first field that does not match, as a path below `field`, and what would.
        """
        try:
            problem = self._get_check(name)(body)
        except RecursionError:
            raise _json.nesting_error(field) from None
        if problem is None:
            size = _json.check_json(body, field)
            problem = None if max_json is None else _size_problem(size, max_json)
        if problem is not None:
            inner_path, text, received = problem
            path = _json.clip_path(field + inner_path)
            text += "" if received is _NOTHING else f", got {_checks.redacted_repr(received, field + inner_path)}"
            raise InvalidInput(f"{path} {text} (nothing was sent)", path)

    def _get_check(self, name: str, *, part: bool = False) -> Check:
        check = self._compiled.get((name, part))
        if check is None:
            checks = [self._compile(self._schemas[name], part=part)]
            if name in self._limits:
                checks.append(_json_check(self._limits[name]))
            check = self._compiled[name, part] = _combine_checks(checks)
        return check

    def _compile(self, schema: Schema, *, part: bool = False) -> Check:
        """Compile a schema; a `part` describes an object that other schemas describe too."""
        checks = []
        if self._closed and not part and "$ref" not in schema and (fields := self._fields(schema)):
            checks.append(self._closed_check(fields))
        if "$ref" in schema:
            checks.append(self._reference_check(schema["$ref"].removeprefix(_REF), part=part))
        if "const" in schema:
            checks.append(_const_check(schema["const"]))
        if "enum" in schema:
            checks.append(_enum_check(schema["enum"]))
        if schema.keys() & {"minLength", "maxLength", "pattern", "format"}:
            checks.append(_text_check(schema))
        if schema.keys() & {"required", "properties", "additionalProperties"}:
            checks.append(self._object_check(schema))
        if schema.keys() & {"items", "minItems", "maxItems"}:
            checks.append(self._list_check(schema))
        if schema.keys() & {"minimum", "maximum"}:
            checks.append(_number_check(schema))
        checks += [self._compile(each, part=True) for each in schema.get("allOf", ())]
        checks += [self._choice_check(schema[key], key == "oneOf") for key in ("anyOf", "oneOf") if key in schema]
        if "not" in schema:
            checks.append(_not_check(schema["not"], self._compile(schema["not"])))
        if "if" in schema:
            checks.append(self._condition_check(schema))
        return _type_check(schema["type"], _combine_checks(checks)) if "type" in schema else _combine_checks(checks)

    def _reference_check(self, name: str, *, part: bool) -> Check:
        """Return a check that compiles the schema on its first call, as schemas refer to each other."""

        def check(value: Any) -> Problem | None:
            return (self._compiled.get((name, part)) or self._get_check(name, part=part))(value)

        return check

    def _fields(self, schema: Schema) -> dict[str, Schema] | None:
        """Return the fields of an object with their schemas; None if it may hold others.

        `anyOf` allows the fields of all its alternatives together.
        """
        schema = self._resolve(schema)
        fields: dict[str, Schema] = dict(schema.get("properties", {}))
        if "additionalProperties" in schema or any("not" in field for field in fields.values()):
            return None  # a future type has unknown fields
        choices = schema.get("anyOf", [])
        parts = [part for part in schema.get("allOf", ()) if "$ref" in part or part.keys() >= {"type", "properties"}]
        for part in [*parts, *choices]:
            if (inherited := self._fields(part)) is None:
                return None
            fields |= inherited
        return fields if parts or choices or schema.get("type") == "object" else None

    def _closed_check(self, fields: dict[str, Schema]) -> Check:
        known = fields.keys()

        def check(value: Any) -> Problem | None:
            if not isinstance(value, OBJECT) or type(value) is ModelDict or value.keys() <= known:
                return None
            name = str(next(name for name in value if name not in known))
            return f".{name}", f"is not a field: {self._describe_fields(fields, name)}", _NOTHING

        return check

    def _describe_fields(self, fields: dict[str, Schema], name: str) -> str:
        """Return a sentence with the field that `name` probably means, or else with all fields."""
        import difflib  # few programs misspell a name

        intended = _map_misspellings(fields).get(name) or self._renamed.get(name)
        if intended in fields:
            return f"did you mean {intended}?"
        for parent, schema in fields.items():
            if name in (self._fields(schema) or {}):
                return f"did you mean {parent}.{name}?"
        similar = difflib.get_close_matches(name, fields, 1)
        if similar:
            return f"did you mean {similar[0]}?"
        return f"the fields are {', '.join(sorted(fields))}"

    def _object_check(self, schema: Schema) -> Check:
        required = tuple(schema.get("required", ()))
        properties = {name: self._compile(part) for name, part in schema.get("properties", {}).items()}
        corrections = _map_misspellings(properties) if schema.get("type") == "object" else {}
        additional = schema.get("additionalProperties", True)
        rest = None if additional is True else self._compile(additional)

        def check(value: Any) -> Problem | None:
            if not isinstance(value, OBJECT):
                return None
            for name in required:
                if name not in value:
                    return _missing_problem(name, value, corrections)
            for name, item in value.items():
                part = properties.get(name, rest)
                if part is not None and (problem := part(item)) is not None:
                    return f".{name}{problem[0]}", *problem[1:]
            if corrections and not corrections.keys().isdisjoint(value):
                return _misspelling_problem(next(name for name in value if name in corrections), corrections)
            return None

        return check

    def _list_check(self, schema: Schema) -> Check:
        items = self._compile(schema.get("items", {}))

        def check(value: Any) -> Problem | None:
            if not isinstance(value, _LIST):
                return None
            if (problem := _count_problem(schema, "Items", len(value), "items")) is not None:
                return problem
            for index, item in enumerate(value):
                if (problem := items(item)) is not None:
                    return f"[{index}]{problem[0]}", *problem[1:]
            return None

        return check

    def _condition_check(self, schema: Schema) -> Check:
        condition, then = self._compile(schema["if"]), self._compile(schema["then"])
        condition_text = " and ".join(_describe_condition(schema["if"]))

        def check(value: Any) -> Problem | None:
            if condition(value) is not None:
                return None
            if (problem := then(value)) is None or not condition_text:
                return problem
            path, text, received = problem
            return path, f"{text} where {condition_text}", received

        return check

    def _choice_check(self, schemas: list[Schema], one: bool) -> Check:
        if (union_check := self._union_check(schemas)) is not None:
            return union_check
        together = bool(self._fields({"anyOf": schemas}))  # all their fields are allowed together
        choices = [self._compile(schema, part=together) for schema in schemas]
        last = [choice for choice, schema in zip(choices, schemas, strict=True) if schema != {"type": "null"}][-1]
        expected = _describe_choices(schemas)
        needed = [name for schema in schemas if schema.keys() == {"required"} for name in schema["required"]]

        def check(value: Any) -> Problem | None:
            fitting = 0
            for choice in choices:
                if choice(value) is None:
                    if not one:
                        return None
                    fitting += 1
            if fitting == 1:
                return None
            if fitting:
                return _exclusion_problem([name for name in needed if name in value])
            return expected(value) if expected else last(value)

        return check

    def _union_check(self, schemas: list[Schema]) -> Check | None:
        """Return the check of a union; None if the schemas are none.

        A field, the tag, decides between them. The last one is for unknown values of the tag, and excludes the others.
        Trying all would take exponential time if messages quote messages.
        """
        *known, unknown = schemas
        tags = {name: part["not"]["enum"] for name, part in self._properties(unknown).items() if "not" in part}
        if not tags:
            return None
        [(tag, excluded)] = tags.items()
        checks = {self._properties(schema)[tag]["const"]: self._compile(schema) for schema in known}
        otherwise = self._compile(unknown)
        expected = f"must be one of {', '.join(map(repr, checks))} here"

        def check(value: Any) -> Problem | None:
            received = value.get(tag) if isinstance(value, OBJECT) else None
            if isinstance(received, str):
                if received in checks:
                    return checks[received](value)
                if received in excluded:
                    return f".{tag}", expected, received
            return otherwise(value)

        return check

    def _properties(self, schema: Schema) -> dict[str, Schema]:
        """Return the properties of a schema, and of those that it consists of."""
        schema = self._resolve(schema)
        properties = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            properties |= self._properties(part)
        return properties

    def _resolve(self, schema: Schema) -> Schema:
        return self._schemas[schema["$ref"].removeprefix(_REF)] if "$ref" in schema else schema


class _WireModel(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


def to_wire(model: type[_WireModel], data: object, field: str, name: str | None = None) -> dict[str, Any]:
    """Return a model or a mapping as it will be sent; errors call the model `name`."""
    if isinstance(data, model):
        try:
            return ModelDict(data.to_dict())
        except RecursionError:
            raise _json.nesting_error(field) from None
    if isinstance(data, Mapping):
        return data if isinstance(data, ModelDict) else dict(data)
    raise InvalidInput(f"{field} must be a mapping or {name or model.__name__}, got {type(data).__name__}", field)


def _combine_checks(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(value: Any) -> Problem | None:
        for each in checks:
            if (problem := each(value)) is not None:
                return problem
        return None

    return check


def _type_check(types: str | list[str], rest: Check) -> Check:
    names = [types] if isinstance(types, str) else types
    expected = " or ".join(_TYPES[name][0] for name in names)
    first, *others = [_TYPES[name][1] for name in names]

    def check(value: Any) -> Problem | None:
        if first(value) or any(is_type(value) for is_type in others):
            return rest(value)
        return "", f"must be {expected}", value

    return check


def _const_check(constant: Any) -> Check:
    expected = f"must be {constant!r}"
    return lambda value: None if _is_same(value, constant) else ("", expected, value)


def _enum_check(allowed: list[Any]) -> Check:
    expected = f"must be one of {', '.join(map(repr, allowed))}"

    def check(value: Any) -> Problem | None:
        for each in allowed:
            if _is_same(value, each):
                return None
        return "", expected, value

    return check


def _text_check(schema: Schema) -> Check:
    pattern, format_ = schema.get("pattern"), schema.get("format")
    # As in JSON Schema, `$` is the very end; Python's would let a newline follow.
    matches = pattern and re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", pattern)).search

    def check(value: Any) -> Problem | None:
        if not isinstance(value, str):
            return None
        if (problem := _count_problem(schema, "Length", len(value), "characters")) is not None:
            return problem
        if matches is not None and not matches(value):
            return "", f"must look like {pattern}", value
        if format_ == "uri" and not _URI.fullmatch(value):
            return "", "must be a URL with a scheme, such as https://example.com/a", value
        if format_ == "date-time" and not _is_time(value):
            return "", "must be a time in ISO 8601 with its zone, such as 2026-03-02T08:15:30.120Z", value
        return None

    return check


def _number_check(schema: Schema) -> Check:
    def check(value: Any) -> Problem | None:
        if not _is_number(value):
            return None
        if "minimum" in schema and value < schema["minimum"]:
            return "", f"must be {schema['minimum']} or more", value
        if "maximum" in schema and value > schema["maximum"]:
            return "", f"must be {schema['maximum']} or less", value
        return None

    return check


def _not_check(schema: Schema, excluded: Check) -> Check:
    problem: Problem = ("", "must not have this value", _NOTHING)
    if "const" in schema:
        problem = ("", f"must not be {schema['const']!r}", _NOTHING)
    elif schema.keys() == {"required"}:
        problem = _exclusion_problem(schema["required"])
    return lambda value: problem if excluded(value) is None else None


def _exclusion_problem(names: Sequence[str]) -> Problem:
    if len(names) == 1:
        return f".{names[0]}", "must be left out", _NOTHING
    text = f"holds {' and '.join(names)}, which exclude each other" if names else "fits more than one of its forms"
    return "", text, _NOTHING


def _json_check(limit: int) -> Check:
    def check(value: Any) -> Problem | None:
        try:
            return _size_problem(len(_json.encode_json(value)), limit)
        except (TypeError, ValueError, RecursionError):  # `check_json` reports what is not JSON at all
            return None

    return check


def _missing_problem(name: str, value: Mapping[str, Any], corrections: Mapping[str, str]) -> Problem:
    """Return the problem of a required field that is missing or misspelt."""
    for wrong, name_meant in corrections.items():
        if name_meant == name and wrong in value:
            return _misspelling_problem(wrong, corrections)
    return f".{name}", "is missing", _NOTHING


def _misspelling_problem(name: str, corrections: Mapping[str, str]) -> Problem:
    return f".{name}", f"is not a field: did you mean {corrections[name]}?", _NOTHING


def _describe_condition(condition: Schema, prefix: str = "") -> list[str]:
    """Return a condition in words, as far as a few words can express it."""
    parts = []
    for name, part in condition.get("properties", {}).items():
        parts += (
            [f"{prefix}{name} is {part['const']!r}"]
            if "const" in part
            else _describe_condition(part, f"{prefix}{name}.")
        )
    return parts or [f"{prefix}{name} is given" for name in condition.get("required", ())]


def _describe_choices(choices: list[Schema]) -> Callable[[Any], Problem] | None:
    """Return a function that describes a mismatch, if the choices are simple enough to list."""
    if all(choice.keys() == {"required"} for choice in choices):
        needs = "needs " + " or ".join(" and ".join(choice["required"]) for choice in choices)
        return lambda value: ("", needs, _NOTHING)
    if all(choice.keys() == {"type"} for choice in choices):
        types = " or ".join(_TYPES[choice["type"]][0] for choice in choices)
        return lambda value: ("", f"must be {types}", value)
    return None


def _size_problem(size: int, limit: int) -> Problem | None:
    return ("", f"takes {limit:,} bytes of JSON at most, got {size:,}", _NOTHING) if size > limit else None


def _count_problem(schema: Schema, keyword: str, count: int, unit: str) -> Problem | None:
    if count < schema.get(f"min{keyword}", 0):
        return "", f"needs {schema[f'min{keyword}']} {unit} or more, got {count}", _NOTHING
    if count > schema.get(f"max{keyword}", count):
        return "", f"takes {schema[f'max{keyword}']} {unit} at most, got {count}", _NOTHING
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _map_misspellings(names: Collection[str]) -> dict[str, str]:
    """Map the Python spelling of each field to the field, where the two differ."""
    snakes = {name: _WORDS.sub("_", name).lower() for name in names}
    return {
        f"{snake}{end}": name for name, snake in snakes.items() for end in ("", "_") if f"{snake}{end}" not in names
    }


def _is_same(value: Any, other: Any) -> bool:
    return value is other or (bool(value == other) and isinstance(value, bool) == isinstance(other, bool))
