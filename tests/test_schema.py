"""`smooch._schema` accepts the same bodies as the `jsonschema` package, and names the part that is invalid."""

from __future__ import annotations

import copy
import functools
import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend
from smooch_api.v1.schemas import SCHEMAS
from smooch_api.v2.schemas import SCHEMAS as NEWER

from smooch import _schema
from smooch.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC = Path(__file__).parent.parent / "spec"
VERSIONS = {"v1": SCHEMAS, "v2": NEWER}
NAMES = [(version, name) for version, schemas in VERSIONS.items() for name in sorted(schemas)]

formats = FormatChecker(formats=())


@formats.checks("uri")
def is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    scheme, colon, rest = value.partition(":")
    known = scheme.isascii() and scheme[:1].isalpha() and all(char.isalnum() or char in "+-." for char in scheme)
    return known and bool(colon and rest) and not any(char.isspace() for char in rest)


@formats.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def matches(validator: Any, pattern: str, value: object, schema: Any) -> Iterator[ValidationError]:
    """The keyword `pattern` as JSON Schema means it: `$` is the very end, also before a newline."""
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


Validator: Any = extend(Draft202012Validator, {"pattern": matches})


def validator(schemas: Any, name: str) -> Any:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    return Validator(schema, format_checker=formats)


def accepts(name: str, body: Any) -> bool:
    try:
        _schema.Validator(SCHEMAS).validate(name, body, "body")
    except InvalidInput:
        return False
    return True


# Sources of bodies: examples of the specification, mutated examples, and values drawn from the schema.


@functools.cache
def examples(version: str) -> dict[str, list[Any]]:
    text = (SPEC / f"{version}.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    schemas = document["components"]["schemas"]
    return {name: schemas[name]["examples"] for name in VERSIONS[version]}


scalars = (
    st.none() | st.booleans() | st.integers(-200, 200) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
keys = st.sampled_from(["type", "text", "uri", "items", "x"]) | st.text(max_size=3)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=5
)


def resolved(schemas: Any, schema: Any) -> Any:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def merged(schemas: Any, schema: Any) -> dict[str, Any]:
    """Return all properties that a schema names, at any depth."""
    schema = resolved(schemas, schema)
    properties = dict(schema.get("properties", {}))
    for part in [*schema.get("allOf", ()), *([schema["then"]] if "then" in schema else [])]:
        for name, inner in merged(schemas, part).items():
            properties.setdefault(name, inner)
    return properties


texts = (
    st.sampled_from(
        [
            "2026-03-02T08:15:30.120Z",
            "2026-03-02",
            "https://example.com/a",
            "no address",
            "a:b",
            "http:",
            "+15145550101",
            "0fc",
            "0fc\n",
            "é" * 140,
        ]
    )
    | st.text()
)


@st.composite
def suggested(draw: st.DrawFn, schemas: Any, schema: Any, depth: int = 0) -> Any:
    """Draw values that mostly fit a schema, and sometimes do not."""
    schema = resolved(schemas, schema)
    if depth > 4 or draw(st.integers(0, 15)) == 0:
        return draw(json_values)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices and "properties" not in schema:
        return draw(suggested(schemas, draw(st.sampled_from(choices)), depth + 1))
    if properties := merged(schemas, schema):
        required = {
            name
            for part in [schema, *(resolved(schemas, each) for each in schema.get("allOf", ()))]
            for name in part.get("required", ())
        }
        body = {}
        for name, inner in properties.items():
            if draw(st.integers(0, 9)) < (9 if name in required else 2):
                body[name] = draw(suggested(schemas, inner, depth + 1))
        if draw(st.integers(0, 9)) == 0:
            body[draw(keys)] = draw(json_values)
        return body
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "array":
            size = draw(st.sampled_from([0, 1, 1, 2, schema.get("maxItems", 3), schema.get("maxItems", 3) + 1]))
            return [draw(suggested(schemas, schema.get("items", {}), depth + 1)) for _ in range(size)]
        case "string":
            return draw(texts)
        case "integer":
            return draw(st.integers() | st.sampled_from([1.0, 1.5, True]))
        case "number":
            return draw(st.integers(-200, 200) | st.floats(-200, 200))
        case "boolean":
            return draw(st.booleans())
        case "object":
            return draw(st.dictionaries(keys, json_values, max_size=3))
    return draw(json_values)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


@st.composite
def mutated(draw: st.DrawFn, version: str, name: str) -> Any:
    """Draw an example of the specification with a few values changed, removed or added."""
    body = copy.deepcopy(draw(st.sampled_from(examples(version)[name])))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(body))))
        if not path:
            continue
        parent = functools.reduce(lambda part, key: part[key], path[:-1], body)
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                parent[path[-1]] = draw(texts | json_values)
            case "remove":
                del parent[path[-1]]
            case "add" if isinstance(parent, dict):
                parent[draw(keys)] = draw(json_values)
            case _:
                parent.append(draw(json_values))
    return body


def paths(error: ValidationError) -> Iterator[tuple[Any, ...]]:
    """Return the path of an error and of the errors in its context."""
    yield tuple(error.absolute_path)
    for inner in error.context or ():
        yield from paths(inner)


def written(path: tuple[Any, ...]) -> str:
    return "body" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


@pytest.mark.parametrize(("version", "name"), NAMES)
def test_every_example_of_the_specification_is_accepted(version: str, name: str) -> None:
    for example in examples(version)[name]:
        _schema.Validator(VERSIONS[version]).validate(name, example, "body")


@pytest.mark.parametrize(("version", "name"), NAMES)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_jsonschema_agrees_on_validity_and_on_the_path_of_the_error(
    version: str, name: str, data: st.DataObject
) -> None:
    schemas = VERSIONS[version]
    body = data.draw(mutated(version, name) | suggested(schemas, schemas[name]) | json_values)
    errors = list(validator(schemas, name).iter_errors(body))
    if not errors:
        _schema.Validator(schemas).validate(name, body, "body")
        return
    with pytest.raises(InvalidInput) as caught:
        _schema.Validator(schemas).validate(name, body, "body")
    named = {written(path) for error in errors for path in paths(error)}
    field = caught.value.field
    assert str(caught.value).startswith(f"{field} ")
    of_the_object = re.search("is missing|must be left out|did you mean", str(caught.value))
    assert field in named or (of_the_object and any(field.startswith(f"{place}.") for place in named))


def test_every_keyword_of_the_schemas_is_checked_or_informative() -> None:
    checked = {
        *("$ref", "type", "const", "enum", "required", "properties", "additionalProperties", "items", "allOf", "anyOf"),
        *("oneOf", "not", "if", "then", "pattern", "format", "minimum", "maximum", "minItems", "maxItems"),
        *("minLength", "maxLength"),
    }
    informing = {"contentEncoding", "readOnly", "writeOnly"}
    used: set[str] = set()

    def collect_keywords(schema: Any) -> None:
        used.update(schema)
        for key, value in schema.items():
            match key, value:
                case "properties", dict():
                    for inner in value.values():
                        collect_keywords(inner)
                case _, dict():
                    collect_keywords(value)
                case (("allOf" | "anyOf" | "oneOf"), list()):
                    for inner in value:
                        collect_keywords(inner)

    for schemas in VERSIONS.values():
        for schema in schemas.values():
            collect_keywords(schema)
    assert used <= checked | informing
    assert {"if", "oneOf", "not", "pattern"} <= used


@pytest.mark.parametrize(
    ("name", "body", "field", "problem"),
    [
        ("MessagePost", {}, "body.role", "is missing"),
        ("MessagePost", {"role": "whisper"}, "body.role", "must be one of 'appMaker', 'appUser', got 'whisper'"),
        ("MessagePost", {"role": "appUser", "type": 5}, "body.type", "must be a string, got 5"),
        ("MessagePost", {"role": "appUser", "type": "text"}, "body", "needs text or actions"),
        ("MessagePost", {"role": "appUser", "type": "image"}, "body.mediaUrl", "is missing"),
        (
            "MessagePost",
            {"role": "appUser", "type": "image", "mediaUrl": "cat.png"},
            "body.mediaUrl",
            "must be a URL with a scheme, such as https://example.com/a, got 'cat.png'",
        ),
        (
            "MessagePost",
            {"role": "appMaker", "type": "list", "items": []},
            "body.items",
            "needs 1 items or more, got 0",
        ),
        (
            "MessagePost",
            {"role": "appMaker", "type": "list", "items": [{"title": "a", "actions": []}] * 11},
            "body.items",
            "takes 10 items at most, got 11",
        ),
        (
            "MessagePost",
            {"role": "appMaker", "text": "a", "actions": [{"type": "link", "text": "b"}]},
            "body.actions[0].uri",
            "is missing",
        ),
        (
            "MessagePost",
            {"role": "appMaker", "text": "a", "actions": [{"type": "reply", "text": "b", "payload": 3}]},
            "body.actions[0].payload",
            "must be a string, got 3",
        ),
        (
            "MessagePost",
            {"role": "appUser", "text": "a", "metadata": {"when": {"day": 1}}},
            "body.metadata.when",
            "must be a string or a number or true or false, got dict",
        ),
        (
            "MessagePost",
            {"role": "appUser", "text": "a", "metadata": [1]},
            "body.metadata",
            "must be an object, got list",
        ),
        ("Coordinates", {"lat": 91, "long": 0}, "body.lat", "must be 90 or less, got 91"),
        ("Coordinates", {"lat": 0, "long": -181.5}, "body.long", "must be -180 or more, got -181.5"),
        ("AppUserPreCreate", {"userId": ""}, "body.userId", "needs 1 characters or more, got 0"),
        (
            "AppUserLink",
            {"type": "twilio", "phoneNumber": "5145"},
            "body.phoneNumber",
            "must look like ^\\+, got '5145'",
        ),
        ("WebhookCreate", {"target": "https://a.example", "triggers": "postback"}, "body.triggers", "must be a list"),
        (
            "WebhookCreate",
            {"target": "https://a.example", "triggers": ["*", ""]},
            "body.triggers[1]",
            "needs 1 characters",
        ),
        ("WebhookCreate", ["https://a.example"], "body", "must be an object, got list"),
        ("ConversationActivity", {"role": "appUser", "type": "typing:stop"}, "body.role", "must be 'appMaker'"),
    ],
)
def test_the_message_names_the_path_and_the_expected_values(name: str, body: Any, field: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _schema.Validator(SCHEMAS).validate(name, body, "body")
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field} {problem}")
    assert str(caught.value).endswith("(nothing was sent)")


def test_the_tag_selects_the_schema_and_unknown_tags_are_not_checked() -> None:
    for action in ({"type": "scan", "width": 3}, {"text": "no type"}):
        assert accepts("Action", action)
    assert not accepts("Action", {"type": "share", "metadata": 1})


class Loop(dict[str, Any]):
    def __init__(self) -> None:
        super().__init__(role="appUser", text="a")
        self["unknown"] = self


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("extra", "path", "why"),
    [
        ({"unknown": math.nan}, ".unknown", "it is nan"),
        ({"unknown": [1, -math.inf]}, ".unknown[1]", "it is -inf"),
        ({"unknown": datetime(2026, 1, 1, tzinfo=UTC)}, ".unknown", "it is a datetime"),
        ({"unknown": ({"a": None, "b": {1, 2}},)}, ".unknown[0].b", "it is a set"),
        ({"unknown": b"bytes"}, ".unknown", "it is a bytes"),
        ({"unknown": {"a": ["half of a pair \ud83d"]}}, ".unknown.a[0]", "it holds half of a surrogate pair"),
        ({"text": "half of a pair \ud83d"}, ".text", "it holds half of a surrogate pair"),
        ({"\ud83d": 1}, "", "it has a key that holds half of a surrogate pair"),
        ({"unknown": {("a", "b"): 1}}, ".unknown", "it has a key that is a tuple"),
        ({"unknown": MappingProxyType({"a": 1})}, ".unknown", "it is a mappingproxy"),
        ({"unknown": [True, 1.5, 10**5000]}, ".unknown[2]", "it has too many digits"),
    ],
    ids=range(11),
)
def test_values_that_json_cannot_hold_are_refused_with_their_path(extra: dict[str, Any], path: str, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _schema.Validator(SCHEMAS).validate("MessagePost", {"role": "appUser", "text": "a", **extra}, "body")
    assert str(caught.value) == f"body{path} cannot be written as JSON: {why} (nothing was sent)"
    assert caught.value.field == f"body{path}"


def endless_quote() -> dict[str, Any]:
    quote: dict[str, Any] = {"role": "appUser", "type": "text", "text": "a"}
    quote["quotedMessage"] = {"type": "message", "content": quote}
    return quote


@pytest.mark.parametrize(
    "body", [{"role": "appUser", "text": "a", "unknown": nested(100_000)}, Loop(), endless_quote()], ids=range(3)
)
def test_endless_bodies_are_refused(body: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^body .*contains itself.* \(nothing was sent\)"):
        _schema.Validator(SCHEMAS).validate("MessagePost", body, "body")


def test_python_names_of_fields_are_refused_with_a_suggestion() -> None:
    schemas = {"Body": {"type": "object", "properties": {"subscribeSDKClient": {}, "type": {}, "client_id": {}}}}
    for good in ({"client_id": 1}, {"any_thing": 1}, {"subscribe_sdk": 1}, {5: 1}):
        _schema.Validator(schemas).validate("Body", good, "body")
    for name, field in (("subscribe_sdk_client", "subscribeSDKClient"), ("type_", "type"), ("client_id_", "client_id")):
        with pytest.raises(InvalidInput, match=rf"body\.{name} is not a field: did you mean {field}\?"):
            _schema.Validator(schemas).validate("Body", {name: 1}, "body")


CLOSED = {
    "Base": {"type": "object", "properties": {"name": {"type": "string"}}},
    "Body": {
        "allOf": [
            {"$ref": "#/components/schemas/Base"},
            {
                "type": "object",
                "properties": {"child": {"$ref": "#/components/schemas/Child"}, "map": {"type": "object"}},
            },
            {"if": {"required": ["name"]}, "then": {"properties": {"child": {"required": ["mediaUrl"]}}}},
        ]
    },
    "Child": {
        "type": "object",
        "properties": {"mediaUrl": {"type": "string"}, "open": {"$ref": "#/components/schemas/Open"}},
    },
    "Open": {"type": "object", "additionalProperties": True, "properties": {"a": {}}},
    "Either": {"anyOf": [{"$ref": "#/components/schemas/Base"}, {"$ref": "#/components/schemas/Child"}]},
}
"""Schemas with composed, nested and free-form objects."""


def closed() -> _schema.Validator:
    return _schema.Validator(CLOSED, closed=True, renamed={"title": "name"})


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("Body", {"name": "a", "child": {"mediaUrl": "a"}, "map": {"any": 1}}),
        ("Body", {"child": {"open": {"any": 1}}}),
        ("Body", _schema.ModelDict({"any": 1, "child": _schema.ModelDict({"any": 1})})),
        ("Either", {"name": "a", "mediaUrl": "a"}),
    ],
)
def test_a_closed_object_has_the_fields_of_all_its_schemas_and_a_model_may_have_others(name: str, body: Any) -> None:
    closed().validate(name, body, "body")


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("Body", {"nam": "a"}, "body.nam is not a field: did you mean name?"),
        ("Body", {"title": "a"}, "body.title is not a field: did you mean name?"),
        ("Body", {"mediaUrl": "a"}, "body.mediaUrl is not a field: did you mean child.mediaUrl?"),
        ("Body", {"child": {"media_url": "a"}}, "body.child.media_url is not a field: did you mean mediaUrl?"),
        ("Body", {"zzz": 1}, "body.zzz is not a field: the fields are child, map, name"),
        (
            "Body",
            _schema.ModelDict({"child": {"zzz": 1}}),
            "body.child.zzz is not a field: the fields are mediaUrl, open",
        ),
        ("Body", {5: 1}, "body.5 is not a field: the fields are child, map, name"),
        ("Either", {"mediaUrk": "a"}, "body.mediaUrk is not a field: did you mean mediaUrl?"),
        ("Either", {"name": "a", "zzz": 1}, "body.zzz is not a field: the fields are mediaUrl, name, open"),
    ],
)
def test_a_closed_object_refuses_other_fields_with_a_suggestion(name: str, body: Any, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        closed().validate(name, body, "body")
    assert str(caught.value) == f"{problem} (nothing was sent)"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_example_of_a_request_is_valid_for_closed_schemas(version: str) -> None:
    described = yaml.load((SPEC / f"{version}.yaml").read_bytes(), yaml.CSafeLoader)["components"]["schemas"]
    examples = [(name, body) for name in VERSIONS[version] for body in described[name].get("examples", [])]
    assert len(examples) > 50
    for name, body in examples:
        _schema.Validator(VERSIONS[version], closed=True).validate(name, body, name)


def test_a_missing_field_that_is_there_by_its_python_name_is_explained() -> None:
    schemas = {"Body": {"type": "object", "required": ["a", "mediaUrl"], "properties": {"a": {}, "mediaUrl": {}}}}
    for body, problem in [
        ({"a": 1, "media_url": 1}, r"body\.media_url is not a field: did you mean mediaUrl\?"),
        ({"media_url": 1}, r"body\.a is missing"),
        ({"a": 1}, r"body\.mediaUrl is missing"),
    ]:
        with pytest.raises(InvalidInput, match=f"^{problem} "):
            _schema.Validator(schemas).validate("Body", body, "body")


def test_a_type_that_belongs_elsewhere_is_refused_with_the_possible_types() -> None:
    schemas = {
        "Link": {"properties": {"type": {"const": "link"}}, "required": ["type"]},
        "Buy": {"properties": {"type": {"const": "buy"}}, "required": ["type"]},
        "Other": {"properties": {"type": {"not": {"enum": ["link", "buy", "reply"]}}}},
        "Body": {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Link", "Buy", "Other")]},
    }
    _schema.Validator(schemas).validate("Body", {"type": "newer"}, "body")
    with pytest.raises(InvalidInput, match=r"^body\.type must be one of 'link', 'buy' here, got 'reply' ") as caught:
        _schema.Validator(schemas).validate("Body", {"type": "reply"}, "body")
    assert caught.value.field == "body.type"


def test_conditions_between_fields_are_explained() -> None:
    schemas = {
        "Pair": {"not": {"required": ["a", "b"]}},
        "One": {"oneOf": [{"required": ["a"]}, {"required": ["b", "c"]}]},
        "Alone": {"if": {"required": ["a"]}, "then": {"not": {"required": ["b"]}}},
        "Deep": {"if": {"properties": {"a": {"properties": {"b": {"const": 1}}}}}, "then": {"required": ["c"]}},
        "Odd": {"not": {"type": "string"}},
    }
    for name, body, problem in [
        ("Pair", {"a": 1, "b": 1}, "body holds a and b, which exclude each other"),
        ("One", {"a": 1, "b": 1, "c": 1}, "body holds a and b and c, which exclude each other"),
        ("One", {"b": 1}, "body needs a or b and c"),
        ("Alone", {"a": 1, "b": 1}, r"body\.b must be left out where a is given"),
        ("Deep", {"a": {"b": 1}}, r"body\.c is missing where a\.b is 1"),
        ("Odd", "text", "body must not have this value"),
    ]:
        with pytest.raises(InvalidInput, match=f"^{problem} "):
            _schema.Validator(schemas).validate(name, body, "body")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text().filter(str.isprintable))
def test_every_json_value_is_accepted_where_the_schema_allows_it(value: Any) -> None:
    body = {"role": "appUser", "text": "a", "unknown": value}
    json.dumps(body, ensure_ascii=False).encode()
    assert accepts("MessagePost", body)


def test_values_at_a_limit_are_accepted() -> None:
    schemas = {
        "Number": {"minimum": -1, "maximum": 1.5},
        "Text": {"minLength": 1, "maxLength": 2, "pattern": "b"},
        "Name": {"pattern": "^[a-z]*$"},
        "Price": {"pattern": r"^\$"},
        "List": {"minItems": 1, "maxItems": 2},
        "Address": {"format": "uri"},
        "Object": {"required": ["a"]},
    }
    accepted = {
        "Number": [-1, 1.5, True, "2"],
        "Text": ["b", "ab", 5],
        "Name": ["", "ab"],
        "Price": ["$", "$5\n"],
        "List": [[1], (1, 2), {}],
        "Address": ["https://a.example", "a1+b.c-d:x", "mailto:ana@example.com", 5],
        "Object": [{"a": None}, [], 5],
    }
    refused = {
        "Number": [-1.1, 2],
        "Text": ["", "abc", "a"],
        "Name": ["ab\n", "\n", "5"],
        "Price": ["5$"],
        "List": [[], [1, 2, 3]],
        "Address": ["", "a", ":x", "1a:x", "a_b:x", "a:", "a:b c", "//a.example"],
        "Object": [{}, {"b": 1}],
    }
    for name in schemas:
        for value in accepted[name]:
            _schema.Validator(schemas).validate(name, value, "body")
        for value in refused[name]:
            with pytest.raises(InvalidInput):
                _schema.Validator(schemas).validate(name, value, "body")


def test_one_of_refuses_no_match_and_two_matches() -> None:
    schemas = {"Either": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]}}
    for good in (1, 5.5):
        _schema.Validator(schemas).validate("Either", good, "body")
    with pytest.raises(InvalidInput, match="body fits more than one of its forms"):
        _schema.Validator(schemas).validate("Either", 6, "body")
    with pytest.raises(InvalidInput, match="body must be 5 or more, got"):
        _schema.Validator(schemas).validate("Either", 1.5, "body")


def test_branches_and_constants_of_any_type_are_checked() -> None:
    schemas = {
        "Constant": {"type": "object", "properties": {"a": {"const": 1}}},
        "Branch": {"if": {"type": "string"}, "then": {"minLength": 2}},
    }
    _schema.Validator(schemas).validate("Constant", {"a": 1}, "body")
    _schema.Validator(schemas).validate("Branch", "ab", "body")
    _schema.Validator(schemas).validate("Branch", 1, "body")
    for name, body, problem in [
        ("Constant", {"a": True}, "body.a must be 1, got True"),
        ("Branch", "a", "body needs 2 characters or more, got 1"),
    ]:
        with pytest.raises(InvalidInput, match=problem):
            _schema.Validator(schemas).validate(name, body, "body")


def test_errors_about_nullable_values_describe_the_other_choice() -> None:
    schemas = {
        "Flat": {"type": "object", "additionalProperties": {"type": "string"}},
        "Nullable": {"anyOf": [{"$ref": "#/components/schemas/Flat"}, {"type": "null"}]},
    }
    for good in (None, {}, {"a": "b"}):
        _schema.Validator(schemas).validate("Nullable", good, "body")
    with pytest.raises(InvalidInput, match=r"body\.a must be a string, got 7"):
        _schema.Validator(schemas).validate("Nullable", {"a": 7}, "body")
    with pytest.raises(InvalidInput, match="body must be an object, got 7"):
        _schema.Validator(schemas).validate("Nullable", 7, "body")


def test_a_schema_can_be_limited_in_bytes_of_json() -> None:
    flat = {"$ref": "#/components/schemas/Flat"}
    schemas = {
        "Flat": {"type": "object"},
        "Tree": {"properties": {"flat": {"anyOf": [flat, {"type": "null"}]}, "items": {"items": flat}}},
    }
    limits = {"Flat": 12, "Tree": 63}
    for good in ({"flat": {"a": "1234"}}, {"flat": None}, {"items": [{"a": "ü23"}] * 4}):
        _schema.Validator(schemas, limits).validate("Tree", good, "body")
    for body, problem in [
        ({"flat": {"a": "12345"}}, "body.flat takes 12 bytes of JSON at most, got 13"),
        ({"items": [{}, {"a": "üüü"}]}, r"body.items\[1\] takes 12 bytes of JSON at most, got 14"),
        ({"items": [{}] * 20}, "body takes 63 bytes of JSON at most, got 71"),
        ({"flat": {"a": object()}}, "cannot be written as JSON"),
    ]:
        with pytest.raises(InvalidInput, match=problem):
            _schema.Validator(schemas, limits).validate("Tree", body, "body")


@pytest.mark.parametrize("text", ["x", 5])
def test_deep_quotes_are_checked_in_linear_time(text: object) -> None:
    """Thirty levels would never end if each level tried every type of message."""
    common = {"_id": "5b0000000000000000000014", "role": "appUser", "authorId": "u", "received": 1.5, "type": "text"}
    message: dict[str, object] = {**common, "text": text}
    for _ in range(30):
        message = {**common, "text": "x", "quotedMessage": {"type": "message", "content": message}}
    if text == "x":
        _schema.Validator(SCHEMAS).validate("MessagePost", message, "body")
    else:
        with pytest.raises(InvalidInput, match="text"):
            _schema.Validator(SCHEMAS).validate("MessagePost", message, "body")
