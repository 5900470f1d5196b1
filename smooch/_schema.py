"""Check a body against the specification before it is sent.

Covers the part of JSON Schema that the request bodies of spec/ use; the tests compare it with the `jsonschema` package,
which the base install does without. A schema is made into functions when it is used first, since walking through it costs
more than sending the body.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from .errors import InvalidInput

Schema: TypeAlias = Mapping[str, Any]
Problem: TypeAlias = tuple[str, str, Any]
"""Where, as a path below the value; what is wrong; and what is there instead of what would fit, or `_NOTHING`."""
Test: TypeAlias = Callable[[Any], Problem | None]
"""The first problem of a value, if any."""
_Tag: TypeAlias = tuple[str, Any, Sequence[Any], bool]
"""A field that is always one value in the objects of a schema, or never one of several, and whether it must be there."""

_REF = "#/components/schemas/"
# A dict first: to ask an abstract class takes ten times as long.
OBJECT = (dict, Mapping)
_LIST = (list, tuple)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_ANY = object()
_NOTHING = object()
_SECRET = re.compile(r"secret|token|password|key", re.IGNORECASE)
_LONGEST = 80
"""Characters of a value that an error shows."""
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
        try:
            problem = self._named(name)(body)
        except RecursionError:
            raise too_deep(field) from None
        if problem is None:
            size = check_json(body, field)
            problem = None if max_json is None else _size_problem(size, max_json)
        if problem is not None:
            where, what, found = problem
            path = field + where
            what += "" if found is _NOTHING else f", not {shown(found, path)}"
            raise InvalidInput(f"{path} {what} (nothing was sent)", path)

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
            tests.append(_not_test(schema["not"], self._compile(schema["not"])))
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
        misspelt = _misspelt(properties) if schema.get("type") == "object" else {}
        mistakes = frozenset(misspelt)
        others = schema.get("additionalProperties", True)
        rest: Test | None = None
        if others is False:
            rest = _refuse_field
        elif others is not True:
            rest = self._compile(others)

        def test(value: Any) -> Problem | None:
            if not isinstance(value, OBJECT):
                return None
            for name in required:
                if name not in value:
                    return _missing(name, value, misspelt)
            for name, item in value.items():
                part = properties.get(name, rest)
                if part is not None and (problem := part(item)) is not None:
                    return f".{name}{problem[0]}", *problem[1:]
            if mistakes and not mistakes.isdisjoint(value):
                name = next(name for name in value if name in mistakes)
                return _misspelling(name, misspelt)
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
                    return f"[{index}]{problem[0]}", *problem[1:]
            return None

        return test

    def _condition_test(self, schema: Schema) -> Test:
        condition = self._compile(schema["if"])
        then, otherwise = self._compile(schema.get("then", {})), self._compile(schema.get("else", {}))
        said = " and ".join(_said(schema["if"]))

        def test(value: Any) -> Problem | None:
            branch, word = (then, "where") if condition(value) is None else (otherwise, "unless")
            if (problem := branch(value)) is None or not said:
                return problem
            path, what, found = problem
            return path, f"{what} {word} {said}", found

        return test

    def _choice_test(self, schemas: list[Schema], one: bool) -> Test:
        choices = [(self._compile(schema), self._tags(schema)) for schema in schemas]
        known: dict[str, list[Any]] = {}
        for name, constant, _, _ in itertools.chain.from_iterable(tags for _, tags in choices):
            if constant is not _ANY:
                known.setdefault(name, []).append(constant)
        wanted = _wanted(schemas)
        needed = [name for schema in schemas if schema.keys() == {"required"} for name in schema["required"]]
        tag, tagged = _by_tag(choices)

        def test(value: Any) -> Problem | None:
            possible = choices
            if known and isinstance(value, OBJECT):
                if isinstance(found := value.get(tag), str) and found in tagged:
                    return tagged[found](value)
                possible = [choice for choice in choices if not _differs(choice[1], value)]
            if len(possible) == 1 < len(choices):
                # Trying all would take exponential time where messages quote messages.
                return possible[0][0](value)
            fitting = 0
            for choice, _ in possible:
                if choice(value) is None:
                    if not one:
                        return None
                    fitting += 1
            if fitting == 1:
                return None
            if fitting:
                return _exclusion([name for name in needed if name in value])
            if not possible and (problem := _misplaced(value, known)) is not None:
                return problem
            return wanted(value) if wanted else self._meant(schemas, choices, value)(value)

        return test

    def _meant(self, schemas: list[Schema], choices: list[tuple[Test, list[_Tag]]], value: Any) -> Test:
        """The choice whose tag the value carries, or else the last that is not just null."""
        for choice, tags in choices:
            if isinstance(value, OBJECT) and any(value.get(name) == constant for name, constant, _, _ in tags):
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


def _by_tag(choices: list[tuple[Test, list[_Tag]]]) -> tuple[str, dict[str, Test]]:
    """The field whose value alone decides between the choices, and the choice for each value; empty if there is none."""
    first = choices[0][1]
    name = first[0][0] if first else ""
    tagged: dict[str, Test] = {}
    for choice, tags in choices:
        of_name = [(constant, excluded) for field, constant, excluded, _ in tags if field == name]
        for constant, excluded in of_name:
            if constant is not _ANY and constant not in tagged:
                tagged[constant] = choice
            elif constant is not _ANY or not tagged.keys() <= set(excluded):
                return "", {}
        if not of_name:
            return "", {}
    return name, tagged


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
    except (TypeError, ValueError, RecursionError):
        raise _unwritable(body, field) from None


def _unwritable(body: Any, field: str) -> InvalidInput:
    try:
        found = _unwritable_part(body)
    except RecursionError:
        found = None
    if found is None:
        return too_deep(field)
    path, why = found
    return InvalidInput(f"{field}{path} cannot be written as JSON: {why} (nothing was sent)", field + path)


def _unwritable_part(value: Any) -> tuple[str, str] | None:
    """The path of the first value that JSON cannot hold, and why."""
    if isinstance(value, str):
        return ("", "it holds half of a surrogate pair") if is_broken(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else ("", f"it is {value!r}")
    if isinstance(value, int | None):
        return None if _repr(value) else ("", "it has too many digits")
    items: Iterable[tuple[str, Any]]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str | int | float | None):
                return "", f"it has a key that is a {type(key).__name__}"
            if isinstance(key, str) and is_broken(key):
                return "", "it has a key that holds half of a surrogate pair"
        items = ((f".{key}", item) for key, item in value.items())
    elif isinstance(value, _LIST):
        items = ((f"[{index}]", item) for index, item in enumerate(value))
    else:
        return "", f"it is a {type(value).__name__}"
    for place, item in items:
        if (found := _unwritable_part(item)) is not None:
            return place + found[0], found[1]
    return None


def is_broken(text: str) -> bool:
    """Whether a text holds half of a surrogate pair, and so has no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def too_deep(field: str) -> InvalidInput:
    """The exception for a body that no walk through it comes to the end of."""
    return InvalidInput(f"{field} holds itself, or is nested too deeply (nothing was sent)", field)


def shown(value: object, field: str) -> str:
    """A value as an error may show it: clipped, and no more than its type if it may hold what nobody must see."""
    if not isinstance(value, str | int | float | None) or _SECRET.search(field):
        return type(value).__name__
    text = _repr(value) or "a number with very many digits"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _repr(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # thousands of digits
        return ""


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
    first, *others = [_TYPES[name][1] for name in names]

    def test(value: Any) -> Problem | None:
        if first(value) or any(fits(value) for fits in others):
            return rest(value)
        return "", f"must be {wanted}", value

    return test


def _const_test(constant: Any) -> Test:
    wanted = f"must be {constant!r}"
    return lambda value: None if _same(value, constant) else ("", wanted, value)


def _enum_test(allowed: list[Any]) -> Test:
    wanted = f"must be one of {', '.join(map(repr, allowed))}"

    def test(value: Any) -> Problem | None:
        for each in allowed:
            if _same(value, each):
                return None
        return "", wanted, value

    return test


def _text_test(schema: Schema) -> Test:
    pattern, format_ = schema.get("pattern"), schema.get("format")

    def test(value: Any) -> Problem | None:
        if not isinstance(value, str):
            return None
        if (problem := _count_problem(schema, "Length", len(value), "characters")) is not None:
            return problem
        if pattern is not None and not re.search(pattern, value):
            return "", f"must look like {pattern}", value
        if format_ == "uri" and not _URI.fullmatch(value):
            return "", "must be an address with a scheme, such as https://example.com/a", value
        if format_ == "date-time" and not _is_time(value):
            return "", "must be a time in ISO 8601 with its zone, such as 2026-03-02T08:15:30.120Z", value
        return None

    return test


def _number_test(schema: Schema) -> Test:
    def test(value: Any) -> Problem | None:
        if not _is_number(value):
            return None
        if "minimum" in schema and value < schema["minimum"]:
            return "", f"must be {schema['minimum']} or more", value
        if "maximum" in schema and value > schema["maximum"]:
            return "", f"must be {schema['maximum']} or less", value
        return None

    return test


def _not_test(schema: Schema, excluded: Test) -> Test:
    problem: Problem = ("", "must not be this", _NOTHING)
    if "const" in schema:
        problem = ("", f"must not be {schema['const']!r}", _NOTHING)
    elif schema.keys() == {"required"}:
        problem = _exclusion(schema["required"])
    return lambda value: problem if excluded(value) is None else None


def _exclusion(names: Sequence[str]) -> Problem:
    if len(names) == 1:
        return f".{names[0]}", "must be left out", _NOTHING
    what = f"holds {' and '.join(names)}, which exclude each other" if names else "fits more than one of its forms"
    return "", what, _NOTHING


def _json_test(limit: int) -> Test:
    def test(value: Any) -> Problem | None:
        try:
            return _size_problem(_json_size(value), limit)
        except (TypeError, ValueError, RecursionError):  # what cannot be JSON at all is named by `check_json`
            return None

    return test


def _missing(name: str, value: Mapping[str, Any], misspelt: Mapping[str, str]) -> Problem:
    """What is said of a field that is not there, or not by its name."""
    for wrong, meant in misspelt.items():
        if meant == name and wrong in value:
            return _misspelling(wrong, misspelt)
    return f".{name}", "is missing", _NOTHING


def _misplaced(value: Mapping[str, Any], known: Mapping[str, list[Any]]) -> Problem | None:
    """What is said of an object whose tag is none of those that are known here."""
    for name, constants in known.items():
        if name in value and value[name] not in constants:
            return f".{name}", f"must be one of {', '.join(map(repr, constants))} here", value[name]
    return None


def _misspelling(name: str, misspelt: Mapping[str, str]) -> Problem:
    return f".{name}", f"is not a field: did you mean {misspelt[name]}?", _NOTHING


def _refuse_field(_: Any) -> Problem:
    return "", "is not a field of this object", _NOTHING


def _said(condition: Schema, prefix: str = "") -> list[str]:
    """What a condition asks for, as far as it can be said in a few words."""
    parts = []
    for name, part in condition.get("properties", {}).items():
        parts += [f"{prefix}{name} is {part['const']!r}"] if "const" in part else _said(part, f"{prefix}{name}.")
    return parts or [f"{prefix}{name} is given" for name in condition.get("required", ())]


def _wanted(choices: list[Schema]) -> Callable[[Any], Problem] | None:
    """What is said of a value that fits no choice, where the choices are so simple that all can be named."""
    if all(choice.keys() == {"required"} for choice in choices):
        needs = "needs " + " or ".join(" and ".join(choice["required"]) for choice in choices)
        return lambda value: ("", needs, _NOTHING)
    if all(choice.keys() == {"type"} for choice in choices):
        types = " or ".join(_TYPES[choice["type"]][0] for choice in choices)
        return lambda value: ("", f"must be {types}", value)
    return None


def _size_problem(size: int, limit: int) -> Problem | None:
    return ("", f"takes {limit:,} bytes of JSON at most, not {size:,}", _NOTHING) if size > limit else None


def _count_problem(schema: Schema, what: str, count: int, unit: str) -> Problem | None:
    if count < schema.get(f"min{what}", 0):
        return "", f"needs {schema[f'min{what}']} {unit} or more, not {count}", _NOTHING
    if count > schema.get(f"max{what}", count):
        return "", f"takes {schema[f'max{what}']} {unit} at most, not {count}", _NOTHING
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _misspelt(names: Collection[str]) -> dict[str, str]:
    """What the fields are called in Python, where that is not what they are called."""
    snakes = {name: _WORDS.sub("_", name).lower() for name in names}
    return {
        f"{snake}{end}": name for name, snake in snakes.items() for end in ("", "_") if f"{snake}{end}" not in names
    }


def _same(value: Any, other: Any) -> bool:
    return value is other or (bool(value == other) and isinstance(value, bool) == isinstance(other, bool))
