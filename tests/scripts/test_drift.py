"""`make drift`: the comparison of two descriptions, and the command."""

from __future__ import annotations

import copy
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import drift
import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((ROOT / "spec" / "v2.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return document


def api(schema: Any = None, *, answer: Any = None, **components: Any) -> dict[str, Any]:
    """A description with one operation: request body `schema`, response `answer`."""
    operation = {
        "operationId": "postThing",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema or {}}}},
        "responses": {200: {"content": {"application/json": {"schema": answer or {}}}}},
    }
    return {"openapi": "3.1.0", "paths": {"/v2/things": {"post": operation}}, "components": {"schemas": components}}


def operation_of(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"]["/v2/things"]["post"]
    return operation


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def fields(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def rows(ours: dict[str, Any], theirs: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [difference[:4] for difference in drift.Comparison(ours, theirs).differences]


TEXT = {"type": "string"}
NUMBER = {"type": "number"}
NEEDS_A, NEEDS_B = {"required": ["a"]}, {"required": ["b"]}
PET = {
    "Pet": {"oneOf": [ref("Dog"), ref("Cat"), ref("UnknownPet")]},
    "Dog": fields("kind", kind={"type": "string", "const": "dog", "default": "dog"}, bark=TEXT),
    "Cat": fields("kind", kind={"type": "string", "const": "cat", "default": "cat"}, purr=TEXT),
    "UnknownPet": fields(kind={"type": "string", "not": {"enum": ["dog", "cat"]}}),
}
KIND = {"propertyName": "kind", "mapping": {"dog": ref("hound")["$ref"], "cat": ref("tabby")["$ref"]}}

SAME = {
    "null in the type": ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    "null as a choice": ({"anyOf": [TEXT, {"type": "null"}]}, {"type": "string", "nullable": True}),
    "null beside a reference": (
        fields(a={"anyOf": [ref("Text"), {"type": "null"}]}),
        fields(a={"allOf": [ref("Text")], "nullable": True}),
    ),
    "no null after all": (TEXT, {"allOf": [{"type": "string", "nullable": True}], "nullable": False}),
    "null among the values": (
        {"type": ["string", "null"], "enum": ["a", None]},
        {"type": "string", "enum": ["a"], "nullable": True},
    ),
    "an open set of values": (
        {"type": "string", "x-extensible-enum": ["a", "b"]},
        {"type": "string", "enum": ["b", "a"]},
    ),
    "one value": ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
    "texts": (
        {"type": "string", "description": "a", "examples": ["a"]},
        {"type": "string", "title": "b", "example": "b"},
    ),
    "a default that is the only value": (
        {"type": "string", "const": "a", "default": "a"},
        {"type": "string", "enum": ["a"]},
    ),
    "parts put together": (
        fields("a b", a=TEXT, b=NUMBER),
        {"allOf": [ref("HasA"), fields("b", b=NUMBER)], "description": "Both."},
    ),
    "a field said twice": (
        fields(a={"type": "string", "maxLength": 3}),
        {"allOf": [fields(a=TEXT), fields(a={"maxLength": 3})]},
    ),
    "an object without a type": (fields(a=TEXT), {"properties": {"a": TEXT}}),
    "a list without a type": ({"type": "array", "items": TEXT}, {"items": TEXT}),
    "exclusive limits": (
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    ),
    "limits in several parts": (
        {"type": "string", "minLength": 2, "maxLength": 3, "pattern": "a and b"},
        {
            "allOf": [
                {"type": "string", "minLength": 1, "maxLength": 4, "pattern": "a"},
                {"minLength": 2, "maxLength": 3, "pattern": "b"},
            ]
        },
    ),
    "a union without other fields": (
        {"oneOf": [{**fields("kind", kind={"const": name}), "additionalProperties": False} for name in ("a", "b")]},
        {"oneOf": [fields("kind", kind={"const": name}) for name in ("a", "b")], "additionalProperties": False},
    ),
    "limits that limit nothing": (TEXT, {"type": "string", "minLength": 0}),
    "a secret": ({"type": "string", "format": "password"}, TEXT),
    "conditions": (
        {**fields(a=TEXT, b=TEXT), "allOf": [{"if": {"type": "object"}, "then": {"anyOf": [NEEDS_A, NEEDS_B]}}]},
        {**fields(a=TEXT, b=TEXT), "anyOf": [{**NEEDS_A, "description": "By a."}, NEEDS_B]},
    ),
    "required said by the field": (fields("a", a=TEXT), fields(a={"type": "string", "required": True})),
    "any other fields": (
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": {}},
    ),
    "a read-only field in a body": (fields(a=TEXT), fields(a=TEXT, id={"type": "string", "readOnly": True})),
    "one object for choices without a tag": (
        {**fields(a=TEXT, b=NUMBER), "allOf": [{"if": True, "then": {"oneOf": [NEEDS_A, NEEDS_B]}}]},
        {"oneOf": [fields("a", a=TEXT), fields("b", b=NUMBER)]},
    ),
    "one object for choices with a tag": (
        ref("Pet"),
        fields("kind", kind={"type": "string", "enum": ["dog", "cat"]}, bark=TEXT, purr=TEXT),
    ),
    "choices of choices": (ref("Pet"), {"anyOf": [ref("hound"), {"oneOf": [ref("tabby"), ref("UnknownPet")]}]}),
    "choices that share fields": (
        {"oneOf": [fields("kind", kind={"const": name}, **{name: TEXT}, age=NUMBER) for name in ("a", "b")]},
        {
            "allOf": [
                {"oneOf": [fields("kind", kind={"const": name}, **{name: TEXT}) for name in ("a", "b")]},
                fields(age=NUMBER),
            ]
        },
    ),
    "a discriminator with a mapping": (
        ref("Pet"),
        {"oneOf": [ref("hound"), ref("tabby")], "discriminator": KIND},
    ),
    "a discriminator without a mapping": (
        ref("Pet"),
        {"oneOf": [ref("dog"), ref("cat")], "discriminator": {"propertyName": "kind"}},
    ),
    "a discriminator that heirs follow": (ref("Pet"), ref("animal")),
    "choices by similar names": (
        {"anyOf": [ref("AndroidIntegrationUpdate"), ref("WebIntegrationUpdate")]},
        {"oneOf": [ref("webUpdate"), ref("androidUpdate")]},
    ),
}
COMPONENTS = {
    **PET,
    "Text": TEXT,
    "HasA": fields("a", a=TEXT),
    "hound": fields("kind", kind=TEXT, bark=TEXT),
    "tabby": fields("kind", kind=TEXT, purr=TEXT),
    "dog": fields("kind", kind=TEXT, bark=TEXT),
    "cat": fields("kind", kind=TEXT, purr=TEXT),
    "animal": {
        **fields("kind", kind=TEXT),
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"dog": ref("barker")["$ref"], "cat": "purrer"},
        },
    },
    "barker": {"allOf": [ref("animal"), fields(kind={"default": "dog"}, bark=TEXT)]},
    "purrer": {"allOf": [ref("animal"), fields(purr=TEXT)]},
    "AndroidIntegrationUpdate": fields("key", key=TEXT),
    "WebIntegrationUpdate": fields(colour=TEXT),
    "androidUpdate": fields("key", key=TEXT),
    "webUpdate": fields(colour=TEXT),
}
COMPONENTS["hound"]["properties"]["kind"] = {"type": "string", "enum": ["dog"]}
COMPONENTS["tabby"]["properties"]["kind"] = {"type": "string", "enum": ["cat"]}


@pytest.mark.parametrize(("ours", "theirs"), SAME.values(), ids=SAME)
def test_equivalent_descriptions_have_no_difference(ours: Any, theirs: Any) -> None:
    assert rows(api(ours, **COMPONENTS), api(theirs, **COMPONENTS)) == []
    assert rows(api(theirs, **COMPONENTS), api(ours, **COMPONENTS)) == []


DIFFERENT = {
    "a field": (fields(a=TEXT), fields(a=TEXT, b=NUMBER), (" b", "field", "-", "number")),
    "a field below": (fields(a=fields()), fields(a=fields(b=TEXT)), (" a.b", "field", "-", "string")),
    "a field of an element": (
        fields(a={"type": "array", "items": fields(b=TEXT)}),
        fields(a={"type": "array", "items": fields()}),
        (" a.b", "field", "string", "-"),
    ),
    "a type": (fields(a=TEXT), fields(a=NUMBER), (" a", "type", "string", "number")),
    "one type more": (
        fields(a={"type": ["string", "number"]}),
        fields(a=NUMBER),
        (" a", "type", "number|string", "number"),
    ),
    "no type": (fields(a={}), fields(a=TEXT), (" a", "type", "any", "string")),
    "null": (fields(a={"type": ["string", "null"]}), fields(a=TEXT), (" a", "nullable", "true", "false")),
    "null instead of a choice": (
        ref("Pet"),
        {"anyOf": [ref("Pet"), {"type": "null"}]},
        ("", "nullable", "false", "true"),
    ),
    "a required field": (fields(a=TEXT), fields("a", a=TEXT), (" a", "required", "false", "true")),
    "a value": (
        {"type": "string", "enum": ["a", "b"]},
        {"type": "string", "enum": ["a", "b", "c"]},
        ("", "enum", "-", "c"),
    ),
    "a value less": ({"enum": ["a", "b"]}, {"enum": ["a"]}, ("", "enum", "b", "-")),
    "values where any are fine": ({"type": "string", "enum": ["b", "a"]}, TEXT, ("", "enum", "a, b", "any")),
    "a limit": ({"type": "string", "maxLength": 3}, {"type": "string", "maxLength": 4}, ("", "maxLength", "3", "4")),
    "no limit": (TEXT, {"type": "string", "pattern": "^a"}, ("", "pattern", "-", "^a")),
    "an old field": (
        fields(a=TEXT),
        fields(a={**TEXT, "deprecated": True}),
        (" a", "deprecated", "false", "true"),
    ),
    "an old reference": (
        fields(a=ref("Text")),
        fields(a={"allOf": [ref("Text")], "deprecated": True}),
        (" a", "deprecated", "false", "true"),
    ),
    "a format": (TEXT, {"type": "string", "format": "uri"}, ("", "format", "-", "uri")),
    "other fields": (
        {"type": "object"},
        {"type": "object", "additionalProperties": False},
        ("", "additionalProperties", "true", "false"),
    ),
    "the type of other fields": (
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "additionalProperties": NUMBER},
        (" *", "type", "string", "number"),
    ),
    "a variant": (
        {"oneOf": [ref("Dog"), ref("UnknownPet")]},
        {"oneOf": [ref("hound"), ref("tabby")]},
        ("<cat>", "variant", "-", "yes"),
    ),
    "a field of a variant": (
        ref("Pet"),
        {"oneOf": [ref("hound"), fields("kind", kind={"type": "string", "enum": ["cat"]}, purr=TEXT, claws=NUMBER)]},
        ("<cat>.claws", "field", "-", "number"),
    ),
    "a required field of a variant known by its name": (
        {"anyOf": [ref("AndroidIntegrationUpdate"), ref("WebIntegrationUpdate")]},
        {"anyOf": [{"title": "webUpdate", **fields(colour=TEXT)}, {"title": "androidUpdate", **fields(key=TEXT)}]},
        ("<AndroidIntegrationUpdate>.key", "required", "true", "false"),
    ),
    "a field of an heir": (
        {"oneOf": [ref("Dog"), fields("kind", kind={"type": "string", "const": "cat"})]},
        ref("animal"),
        ("<cat>.purr", "field", "-", "string"),
    ),
}


@pytest.mark.parametrize(("ours", "theirs", "row"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_difference_is_listed_with_its_place(ours: Any, theirs: Any, row: tuple[str, ...]) -> None:
    place, *rest = row
    assert rows(api(ours, **COMPONENTS), api(theirs, **COMPONENTS)) == [(f"postThing request{place}", *rest)]
    assert [kind for _, kind, *_ in rows(api(theirs, **COMPONENTS), api(ours, **COMPONENTS))] == [rest[0]]


def test_overlapping_types_are_compared_further() -> None:
    ours, theirs = {"type": ["string", "number"], "maxLength": 3}, {"type": ["string", "null"], "maxLength": 4}
    assert rows(api(ours), api(theirs)) == [
        ("postThing request", "type", "number|string", "string"),
        ("postThing request", "nullable", "false", "true"),
        ("postThing request", "maxLength", "3", "4"),
    ]


def test_responses_have_read_only_fields_and_no_write_only_ones() -> None:
    theirs = fields(id={"type": "string", "readOnly": True}, secret={"type": "string", "writeOnly": True})
    assert rows(api(answer=fields()), api(answer=theirs)) == [("postThing 200 response id", "field", "-", "string")]


def test_recursive_schemas_are_compared() -> None:
    def menu(name: str, **limits: int) -> dict[str, Any]:
        return fields(text={**TEXT, **limits}, items={"type": "array", "items": ref(name)})

    ours = api(ref("Menu"), Menu=menu("Menu"))
    theirs = api(ref("Menu"), Menu=menu("Level", maxLength=9), Level=menu("Level", maxLength=9))
    assert rows(ours, ours) == []
    assert set(rows(ours, theirs)) == {
        ("postThing request text", "maxLength", "-", "9"),
        ("postThing request items.text", "maxLength", "-", "9"),
    }


def test_a_base_schema_that_lists_its_variants_can_be_read() -> None:
    base = {**fields("kind", kind=TEXT), "oneOf": [ref("dog"), ref("cat")], "discriminator": {"propertyName": "kind"}}
    dog = {"allOf": [ref("base"), fields(kind={"enum": ["dog"]}, bark=TEXT)]}
    cat = {"allOf": [ref("base"), fields(kind={"enum": ["cat"]}, purr=TEXT)]}
    assert rows(api(ref("Pet"), **PET), api(ref("base"), base=base, dog=dog, cat=cat)) == []


def test_operations_parameters_and_responses_are_compared() -> None:
    ours, theirs = api(), api()
    theirs["paths"]["/v2/others"] = {"get": {}}
    query = {
        "name": "page",
        "in": "query",
        "schema": {"type": "integer", "maximum": 100},
        "style": "deepObject",
        "explode": True,
    }
    theirs["components"]["parameters"] = {"Page": query}
    theirs["paths"]["/v2/things"]["parameters"] = [{"$ref": "#/components/parameters/Page"}]
    path = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    operation_of(ours)["parameters"] = [
        {**query, "style": "form", "required": True, "schema": {"type": "integer"}},
        path,
    ]
    operation_of(ours)["requestBody"]["required"] = False
    operation_of(theirs)["deprecated"] = query["deprecated"] = True
    operation_of(theirs)["responses"] = {"201": {"description": "Made."}, "404": {"description": "Not there."}}
    assert rows(ours, theirs) == [
        ("postThing", "deprecated", "false", "true"),
        ("postThing query page", "required", "true", "false"),
        ("postThing query page", "deprecated", "false", "true"),
        ("postThing query page", "style", "form, explode", "deepObject, explode"),
        ("postThing query page", "maximum", "-", "100"),
        ("postThing path id", "parameter", "yes", "-"),
        ("postThing request", "required", "false", "true"),
        ("postThing 200", "status", "yes", "-"),
        ("postThing 201", "status", "-", "yes"),
        ("postThing 404", "status", "-", "yes"),
        ("GET /v2/others", "operation", "-", "yes"),
    ]


def test_tags_are_compared_exactly() -> None:
    theirs = {"oneOf": [ref("hound"), fields("kind", kind={"type": "string", "enum": ["Cat"]}, purr=TEXT)]}
    assert rows(api(ref("Pet"), **COMPONENTS), api(theirs, **COMPONENTS)) == [
        ("postThing request<cat>", "variant", "yes", "-"),
        ("postThing request<Cat>", "variant", "-", "yes"),
    ]


def test_names_of_path_parameters_do_not_matter() -> None:
    ours, theirs = api(), api()
    ours["paths"] = {"/v2/things/{id}": ours["paths"]["/v2/things"]}
    theirs["paths"] = {"/v2/things/{thingId}": theirs["paths"]["/v2/things"]}
    assert rows(ours, theirs) == []


def test_a_new_path_of_an_operation_is_a_difference() -> None:
    theirs = api()
    theirs["paths"] = {"/v2/items": theirs["paths"]["/v2/things"]}
    assert rows(api(), theirs) == [("postThing", "path", "POST /v2/things", "POST /v2/items")]


def test_content_types_are_compared() -> None:
    ours, theirs = api(fields(a=TEXT)), api(fields(a=TEXT))
    form = {"multipart/form-data": {"schema": fields(source={"type": "string", "format": "binary"})}}
    operation_of(ours)["requestBody"]["content"] = form
    assert rows(ours, theirs) == [
        ("postThing request multipart/form-data", "content", "yes", "-"),
        ("postThing request application/json", "content", "-", "yes"),
    ]


DELIVERY = {
    "WebhookPayload": fields(events={"type": "array", "items": ref("Event")}),
    "Event": {"oneOf": [ref("UserUpdateEvent"), ref("UserRemoveEvent"), ref("UnknownEvent")]},
    "UserUpdateEvent": fields("type", type={"type": "string", "const": "user:update"}, payload=TEXT),
    "UserRemoveEvent": fields("type", type={"type": "string", "const": "user:remove"}, payload=TEXT),
    "UnknownEvent": fields(type={"type": "string", "not": {"enum": ["user:update", "user:remove"]}}),
}


def delivery(schema: dict[str, Any]) -> dict[str, Any]:
    return {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}


def our_delivery() -> dict[str, Any]:
    return {**api(**DELIVERY), "webhooks": {"delivery": delivery(ref("WebhookPayload"))}}


def vendor_delivery(*events: dict[str, Any]) -> dict[str, Any]:
    schema = fields(events={"type": "array", "items": {"anyOf": list(events)}})
    return {**api(), "x-webhooks": {"Event": delivery(schema)}}


def test_events_are_matched_by_title() -> None:
    update = {"title": "user:update", **fields("type", type=TEXT, payload={"type": "string", "maxLength": 5})}
    remove = {"title": "user:remove", **fields("type", type=TEXT, payload=TEXT)}
    place = "webhook request events"
    assert rows(our_delivery(), vendor_delivery(remove, update)) == [
        (f"{place}[]", "discriminator", "type", "-"),
        (f"{place}<user:update>.payload", "maxLength", "-", "5"),
    ]
    merge = {"title": "user:merge", **fields("type", type=TEXT, payload=TEXT)}
    assert (f"{place}<user:merge>", "variant", "-", "yes") in rows(
        our_delivery(), vendor_delivery(remove, update, merge)
    )
    assert (f"{place}<user:update>", "variant", "yes", "-") in rows(our_delivery(), vendor_delivery(remove, merge))


def test_missing_webhooks_are_a_difference() -> None:
    assert rows(our_delivery(), api()) == [("webhook", "webhook", "yes", "-")]


# The command


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command on two descriptions and a list of deviations; returns the status and what was printed."""

    def run(ours: Any, upstream: Any, deviations: Any = ()) -> tuple[int, str]:
        for name, content in (("ours.yaml", ours), ("upstream.yaml", upstream), ("deviations.yaml", list(deviations))):
            (tmp_path / name).write_text(json.dumps(content))
        options = ["--ours", str(tmp_path / "ours.yaml"), "--deviations", str(tmp_path / "deviations.yaml")]
        status = drift.main([str(tmp_path / "upstream.yaml"), *options])
        output = capsys.readouterr()
        return status, output.out + output.err

    return run


def lines(output: str) -> list[list[str]]:
    """The rows of the table."""
    rows = [line.split() for line in output.splitlines() if line]
    start = next(number for number, row in enumerate(rows) if row[0] == "place")
    end = next(number for number, row in enumerate(rows) if row[1:3] == ["places", "differ"])
    return rows[start + 1 : end]


def test_our_description_has_no_difference_to_itself(run: Any, spec: dict[str, Any]) -> None:
    status, output = run(spec, spec)
    assert status == 0
    assert "No drift in 68 operations" in output


def test_a_field_that_we_lack_is_listed(run: Any, spec: dict[str, Any]) -> None:
    ours = copy.deepcopy(spec)
    del ours["components"]["schemas"]["Attachment"]["properties"]["mediaType"]
    status, output = run(ours, spec)
    assert status == 1
    assert lines(output) == [["uploadAttachment", "201", "response", "attachment.mediaType", "field", "-", "string"]]


def test_a_new_value_is_listed_once_however_often_it_is_used(run: Any, spec: dict[str, Any]) -> None:
    upstream = copy.deepcopy(spec)
    values = upstream["components"]["schemas"]["Client"]["properties"]["status"]["x-extensible-enum"]
    values.append("snoozed")
    status, output = run(spec, upstream)
    assert status == 1
    assert [row[-3:] for row in lines(output)] == [["enum", "-", "snoozed"]]
    assert "more)" in output


def test_a_new_event_is_listed(run: Any, spec: dict[str, Any]) -> None:
    upstream = copy.deepcopy(spec)
    schemas = upstream["components"]["schemas"]
    schemas["UserSleepEvent"] = fields("type", id=TEXT, type={"const": "user:sleep"})
    schemas["Event"]["oneOf"].insert(0, ref("UserSleepEvent"))
    status, output = run(spec, upstream)
    assert status == 1
    assert lines(output) == [["webhook", "request", "events<user:sleep>", "variant", "-", "yes"]]


def test_the_output_names_both_descriptions(run: Any) -> None:
    ours = {**api(), "info": {"version": "1.2"}}
    _, output = run(ours, {**api(), "openapi": "3.0.2", "info": {"version": "17.99.0"}})
    assert "ours.yaml: 1.2, OpenAPI 3.1.0, sha256 " in output
    assert "upstream.yaml: 17.99.0, OpenAPI 3.0.2, sha256 " in output


def test_the_output_counts_the_places_compared_and_names_those_left_out(run: Any) -> None:
    ours = {**api(fields(a=TEXT)), "info": {"title": "Things"}}
    status, output = run(ours, ours)
    assert status == 0
    assert (
        "No drift in 1 operations, 0 webhooks, 0 parameters, 1 request bodies, 1 responses, 0 headers, 0 variants, 1 fields"
        in output
    )
    assert "Not compared: 1 titles, descriptions and examples of theirs." in output


@pytest.mark.parametrize("keyword", ["patternProperties", "prefixItems", "x-new"])
def test_an_unknown_keyword_is_listed(run: Any, keyword: str) -> None:
    theirs = api(ref("Thing"), Thing={**fields(a=TEXT), keyword: {}})
    status, output = run(api(fields(a=TEXT)), theirs)
    assert status == 2
    assert f"does not know this keyword: theirs: components.schemas.Thing.{keyword}" in output
    assert run(theirs, api(fields(a=TEXT)))[0] == 2


def test_a_schema_that_is_a_boolean_is_listed() -> None:
    assert list(drift.find_unread(api(fields(a=True)))) == [
        "paths./v2/things.post.requestBody.content.application/json.schema.properties.a"
    ]


def test_a_component_is_matched_by_name_however_null_is_written(run: Any) -> None:
    ours = api(
        fields(b={"anyOf": [ref("Thing"), {"type": "null"}]}), Thing=fields(a={"type": "string", "maxLength": 3})
    )
    theirs = api(fields(b={"anyOf": [{"allOf": [ref("Thing")]}, {"type": "null"}]}), Thing=fields(a=TEXT))
    assert run(ours, theirs, [{**LIMIT, "places": ["Thing.a"]}])[0] == 0


LIMIT = {
    "places": ["postThing request a"],
    "kind": "maxLength",
    "ours": "3",
    "theirs": "-",
    "reason": "The text says so.",
}


@pytest.mark.parametrize("place", ["postThing request a", "Thing.a"])
def test_a_known_deviation_is_no_drift(run: Any, place: str) -> None:
    ours, theirs = (
        api(ref("Thing"), Thing=fields(a={"type": "string", "maxLength": 3})),
        api(ref("Thing"), Thing=fields(a=TEXT)),
    )
    assert run(ours, theirs)[0] == 1
    assert run(ours, theirs, [{**LIMIT, "places": [place]}])[0] == 0


def test_a_known_deviation_with_another_value_is_drift(run: Any) -> None:
    ours, theirs = api(fields(a={"type": "string", "maxLength": 3})), api(fields(a={"type": "string", "maxLength": 4}))
    status, output = run(ours, theirs, [LIMIT])
    assert status == 1
    assert lines(output) == [["postThing", "request", "a", "maxLength", "3", "4"]]


@pytest.mark.parametrize(
    "other",
    [
        {"places": ["postThing request b"]},
        {"places": ["postThing request *"]},
        {"kind": "minLength"},
        {"ours": "4"},
        {"theirs": "3"},
    ],
)
def test_a_known_deviation_that_no_longer_exists_is_an_error(run: Any, other: dict[str, Any]) -> None:
    ours, theirs = api(fields(a={"type": "string", "maxLength": 3})), api(fields(a=TEXT))
    status, output = run(ours, theirs, [LIMIT, {**LIMIT, **other}])
    assert status == 1
    assert "deviations.yaml: no such difference any more" in output


def test_a_known_deviation_disappears_with_the_field_it_is_in(run: Any) -> None:
    ours = api(fields(a=fields(b={"type": "string", "enum": ["x"]})))
    listed = {"places": ["postThing request a.b"], "kind": "enum", "ours": "x", "theirs": "any", "reason": "The text."}
    assert run(ours, api(fields(a=fields(b=TEXT))), [listed])[0] == 0
    for theirs, place, kind in ((fields(a=fields()), "a.b", "string"), (fields(), "a", "object")):
        status, output = run(ours, api(theirs), [listed])
        assert status == 1
        assert lines(output) == [["postThing", "request", place, "field", kind, "-"]]
        assert "no such difference any more" not in output


@pytest.mark.parametrize(
    "entry",
    [
        {"places": ["a"], "kind": "field"},
        {key: value for key, value in LIMIT.items() if key != "theirs"},
        {**LIMIT, "reason": " "},
        {**LIMIT, "ours": 3},
        {**LIMIT, "note": "a"},
        {**LIMIT, "places": "a"},
        {**LIMIT, "places": []},
    ],
)
def test_a_deviation_has_places_a_kind_two_values_and_a_reason(run: Any, entry: dict[str, Any]) -> None:
    status, output = run(api(), api(), [entry])
    assert status == 2
    assert "deviations.yaml" in output


LOOP = {"$ref": "#/paths/~1v2~1things"}


def test_our_list_of_deviations_can_be_read() -> None:
    assert drift.load_deviations(ROOT / "spec" / "deviations.yaml")


@pytest.mark.parametrize(
    ("upstream", "complaint"),
    [
        ("<html>Not here</html>", "is not an OpenAPI 3 description"),
        ({"swagger": "2.0", "paths": {}}, "is not an OpenAPI 3 description"),
        ({"openapi": "3.0.2"}, "describes no paths"),
        ({"openapi": "3.1.0", "paths": {"/v2/things": LOOP}}, "#/paths/~1v2~1things refers to itself"),
        (api(ref("Lost")), "#/components/schemas/Lost is not part of the description"),
        (api({"$ref": "other.yaml#/Thing"}), "other.yaml#/Thing is not part of the description"),
        (api(fields(a={"type": 5})), "postThing request: not valid OpenAPI: TypeError"),
        (api(fields(a={"properties": ["b"]})), "postThing request: not valid OpenAPI: AttributeError"),
        ({"openapi": "3.0.2", "paths": {"/v2/things": None}}, "paths: not valid OpenAPI: TypeError"),
        ({**api(), "webhooks": ["a"]}, "webhooks: not valid OpenAPI: AttributeError"),
    ],
)
def test_other_documents_are_refused(run: Any, upstream: Any, complaint: str) -> None:
    status, output = run(api(fields(a=TEXT)), upstream)
    assert status == 2
    assert complaint in output


def test_a_broken_or_missing_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("openapi: '3.0.2\n")
    for path in (broken, tmp_path / "missing.yaml"):
        assert drift.main([str(path)]) == 2
        assert f"{path} cannot be read: " in capsys.readouterr().err


class Upstream(BaseHTTPRequestHandler):
    """Serves one description at /openapi.yaml."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/openapi.yaml" else 404)
        self.end_headers()
        self.wfile.write(json.dumps({**api(), "info": {"version": "18.0.0"}}).encode())

    def log_request(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def upstream() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_upstream_may_be_a_url(upstream: str, capsys: pytest.CaptureFixture[str]) -> None:
    drift.main([f"{upstream}/openapi.yaml"])
    assert f"{upstream}/openapi.yaml: 18.0.0" in capsys.readouterr().out
    assert drift.main([f"{upstream}/lost.yaml"]) == 2
    assert f"{upstream}/lost.yaml cannot be read: HTTP Error 404" in capsys.readouterr().err
    assert drift.main(["http://127.0.0.1:port/openapi.yaml"]) == 2
    assert "http://127.0.0.1:port/openapi.yaml cannot be read: nonnumeric port" in capsys.readouterr().err
