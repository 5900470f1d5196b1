"""Check a body against the specification before it is sent.

Covers the part of JSON Schema that the request bodies of spec/ use; the tests compare it with the `jsonschema` package,
which the base install does without. A schema is made into functions when it is used first, since walking through it costs
more than sending the body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from .errors import InvalidInput

Schema: TypeAlias = Mapping[str, Any]
Problem: TypeAlias = tuple[str, str]
"""Where, as a path below the value, and what is wrong."""
Test: TypeAlias = Callable[[Any], Problem | None]
"""The first problem of a value, if any."""
_Tag: TypeAlias = tuple[str, Any, Sequence[Any], bool]
"""A field that is always one value in the objects of a schema, or never one of several, and whether it must be there."""

_REF = "#/components/schemas/"
# A dict first: to ask an abstract class takes ten times as long.
_OBJECT = (dict, Mapping)
_LIST = (list, tuple)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_ANY = object()
_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "array": ("a list", lambda value: isinstance(value, _LIST)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a whole number", lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer())),
    "null": ("null", lambda value: value is None),
    "number": ("a number", lambda value: _is_number(value)),
    "object": ("an object", lambda value: isinstance(value, _OBJECT)),
    "string": ("a string", lambda value: isinstance(value, str)),
}


class Checker:
    """Checks bodies against the schemas of one version of the API.

    `limits` are the most bytes of JSON that the objects of some schemas may have.
    """

    def __init__(self, schemas: Mapping[str, Any], limits: Mapping[str, int] = MappingProxyType({})) -> None:
        self._schemas = schemas
        self._limits = limits
        self._tests: dict[str, Test] = {}

    def check(self, name: str, body: Any, field: str, *, max_json: int | None = None) -> None:
        """Refuse a body that does not fit the schema of this name, or takes more bytes of JSON than `max_json`.

        Raises:
            InvalidInput: names the first field that does not fit, as a path below `field`, and what would.
        """
        problem = self._named(name)(body)
        if problem is None:
            size = check_json(body, field)
            problem = None if max_json is None else _size_problem(size, max_json)
        if problem is not None:
            path = field + problem[0]
            raise InvalidInput(f"{path} {problem[1]} (nothing was sent)", path)

    def _named(self, name: str) -> Test:
        test = self._tests.get(name)
        if test is None:
            tests = [self._compile(self._schemas[name])]
            if name in self._limits:
                tests.append(_json_test(self._limits[name]))
            test = self._tests[name] = _all(tests)
        return test

    def _compile(self, schema: Schema) -> Test:
        tests = []
        if "$ref" in schema:
            tests.append(self._reference(schema["$ref"].removeprefix(_REF)))
        if "const" in schema:
            tests.append(_const_test(schema["const"]))
        if "enum" in schema:
            tests.append(_enum_test(schema["enum"]))
        if schema.keys() & {"minLength", "maxLength", "pattern", "format"}:
            tests.append(_text_test(schema))
        if schema.keys() & {"required", "properties", "additionalProperties"}:
            tests.append(self._object_test(schema))
        if schema.keys() & {"items", "minItems", "maxItems"}:
            tests.append(self._list_test(schema))
        if schema.keys() & {"minimum", "maximum"}:
            tests.append(_number_test(schema))
        tests += [self._compile(part) for part in schema.get("allOf", ())]
        tests += [self._choice_test(schema[key], key == "oneOf") for key in ("anyOf", "oneOf") if key in schema]
        if "not" in schema:
            tests.append(_not_test(self._compile(schema["not"])))
        if "if" in schema:
            tests.append(self._condition_test(schema))
        return _type_test(schema["type"], _all(tests)) if "type" in schema else _all(tests)

    def _reference(self, name: str) -> Test:
        """Made into a test when it is met, since schemas hold each other."""

        def test(value: Any) -> Problem | None:
            return (self._tests.get(name) or self._named(name))(value)

        return test

    def _object_test(self, schema: Schema) -> Test:
        required = tuple(schema.get("required", ()))
        properties = {name: self._compile(part) for name, part in schema.get("properties", {}).items()}
        others = schema.get("additionalProperties", True)
        rest: Test | None = None
        if others is False:
            rest = _refuse_field
        elif others is not True:
            rest = self._compile(others)

        def test(value: Any) -> Problem | None:
            if not isinstance(value, _OBJECT):
                return None
            for name in required:
                if name not in value:
                    return f".{name}", "is missing"
            for name, item in value.items():
                part = properties.get(name, rest)
                if part is not None and (problem := part(item)) is not None:
                    return f".{name}{problem[0]}", problem[1]
            return None

        return test

    def _list_test(self, schema: Schema) -> Test:
        items = self._compile(schema.get("items", {}))

        def test(value: Any) -> Problem | None:
            if not isinstance(value, _LIST):
                return None
            if (problem := _count_problem(schema, "Items", len(value), "items")) is not None:
                return problem
            for index, item in enumerate(value):
                if (problem := items(item)) is not None:
                    return f"[{index}]{problem[0]}", problem[1]
            return None

        return test

    def _condition_test(self, schema: Schema) -> Test:
        condition = self._compile(schema["if"])
        then, otherwise = self._compile(schema.get("then", {})), self._compile(schema.get("else", {}))
        return lambda value: then(value) if condition(value) is None else otherwise(value)

    def _choice_test(self, schemas: list[Schema], one: bool) -> Test:
        choices = [(self._compile(schema), self._tags(schema)) for schema in schemas]
        wanted = _wanted(schemas)

        def test(value: Any) -> Problem | None:
            possible = choices
            if isinstance(value, _OBJECT):
                possible = [choice for choice in choices if not _differs(choice[1], value)]
            if len(possible) == 1 < len(choices):
                # Trying all would take exponential time where messages quote messages.
                return possible[0][0](value)
            fitting = sum(choice(value) is None for choice, _ in possible)
            if fitting == 1 or (fitting and not one):
                return None
            if fitting:
                return "", "fits more than one of the forms it may have"
            return ("", wanted(value)) if wanted else self._meant(schemas, choices, value)(value)

        return test

    def _meant(self, schemas: list[Schema], choices: list[tuple[Test, list[_Tag]]], value: Any) -> Test:
        """The choice whose tag the value carries, or else the last that is not just null."""
        for choice, tags in choices:
            if isinstance(value, _OBJECT) and any(value.get(name) == constant for name, constant, _, _ in tags):
                return choice
        return [choice for (choice, _), schema in zip(choices, schemas, strict=True) if schema != {"type": "null"}][-1]

    def _tags(self, schema: Schema) -> list[_Tag]:
        """What tells the objects of a schema from those of others."""
        tags = []
        if "$ref" in schema:
            tags += self._tags(self._schemas[schema["$ref"].removeprefix(_REF)])
        for name, part in schema.get("properties", {}).items():
            excluded = part.get("not", {}).get("enum", ())
            if "const" in part or excluded:
                tags.append((name, part.get("const", _ANY), excluded, name in schema.get("required", ())))
        for part in schema.get("allOf", ()):
            tags += self._tags(part)
        return tags


def _differs(tags: list[_Tag], value: Mapping[str, Any]) -> bool:
    """Whether the object must be of another schema."""
    for name, constant, excluded, is_required in tags:
        if name in value:
            found = value[name]
            if (constant is not _ANY and not _same(found, constant)) or found in excluded:
                return True
        elif is_required and constant is not _ANY:
            return True
    return False


def check_json(body: Any, field: str) -> int:
    """The bytes of JSON that a body takes.

    Raises:
        InvalidInput: JSON cannot hold it: a NaN, half of a surrogate pair, a datetime or any other object of Python.
    """
    try:
        return _json_size(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{field} cannot be written as JSON: {error} (nothing was sent)", field) from None


def _json_size(body: Any) -> int:
    """Bytes that httpx will send."""
    return len(json.dumps(body, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode())


def _all(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(value: Any) -> Problem | None:
        for each in tests:
            if (problem := each(value)) is not None:
                return problem
        return None

    return test


def _type_test(types: str | list[str], rest: Test) -> Test:
    names = [types] if isinstance(types, str) else types
    wanted = " or ".join(_TYPES[name][0] for name in names)
    checks = [_TYPES[name][1] for name in names]

    def test(value: Any) -> Problem | None:
        for fits in checks:
            if fits(value):
                return rest(value)
        return "", f"must be {wanted}, not {value!r}"

    return test


def _const_test(constant: Any) -> Test:
    return lambda value: None if _same(value, constant) else ("", f"must be {constant!r}, not {value!r}")


def _enum_test(allowed: list[Any]) -> Test:
    wanted = ", ".join(map(repr, allowed))

    def test(value: Any) -> Problem | None:
        if any(_same(value, each) for each in allowed):
            return None
        return "", f"must be one of {wanted}, not {value!r}"

    return test


def _text_test(schema: Schema) -> Test:
    pattern, is_uri = schema.get("pattern"), schema.get("format") == "uri"

    def test(value: Any) -> Problem | None:
        if not isinstance(value, str):
            return None
        if (problem := _count_problem(schema, "Length", len(value), "characters")) is not None:
            return problem
        if pattern is not None and not re.search(pattern, value):
            return "", f"must look like {pattern}, not {value!r}"
        if is_uri and not _URI.fullmatch(value):
            return "", f"must be an address with a scheme, such as https://example.com/a, not {value!r}"
        return None

    return test


def _number_test(schema: Schema) -> Test:
    def test(value: Any) -> Problem | None:
        if not _is_number(value):
            return None
        if "minimum" in schema and value < schema["minimum"]:
            return "", f"must be {schema['minimum']} or more, not {value!r}"
        if "maximum" in schema and value > schema["maximum"]:
            return "", f"must be {schema['maximum']} or less, not {value!r}"
        return None

    return test


def _not_test(excluded: Test) -> Test:
    return lambda value: ("", f"must not be {value!r}") if excluded(value) is None else None


def _json_test(limit: int) -> Test:
    def test(value: Any) -> Problem | None:
        try:
            return _size_problem(_json_size(value), limit)
        except (TypeError, ValueError, RecursionError):  # what cannot be JSON at all is named by `check_json`
            return None

    return test


def _refuse_field(_: Any) -> Problem:
    return "", "is not a field of this object"


def _wanted(choices: list[Schema]) -> Callable[[Any], str] | None:
    """What is said of a value that fits no choice, where the choices are so simple that all can be named."""
    if all(choice.keys() == {"required"} for choice in choices):
        needs = "needs " + " or ".join(" and ".join(choice["required"]) for choice in choices)
        return lambda value: needs
    if all(choice.keys() == {"type"} for choice in choices):
        types = " or ".join(_TYPES[choice["type"]][0] for choice in choices)
        return lambda value: f"must be {types}, not {value!r}"
    return None


def _size_problem(size: int, limit: int) -> Problem | None:
    return ("", f"takes {limit:,} bytes of JSON at most, not {size:,}") if size > limit else None


def _count_problem(schema: Schema, what: str, count: int, unit: str) -> Problem | None:
    if count < schema.get(f"min{what}", 0):
        return "", f"needs {schema[f'min{what}']} {unit} or more, not {count}"
    if count > schema.get(f"max{what}", count):
        return "", f"takes {schema[f'max{what}']} {unit} at most, not {count}"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)
