"""Every example, variant and unusual value is read as the right class, and written back unchanged."""

from __future__ import annotations

import copy
import json
import pickle
from collections import OrderedDict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from smooch_api import UNSET
from smooch_api.v1 import models
from smooch_api.v2 import models as newer
from specification import Specification

from .spec import CLASSES, SCHEMAS, UNIONS, VERSIONS, examples, reader, tag_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{i}") for name in CLASSES for i, example in enumerate(examples(name))
]
VARIANTS = [
    pytest.param(union, variant, example, id=f"{union}-{variant}-{i}")
    for union, variants in UNIONS.items()
    for variant in variants
    for i, example in enumerate(examples(variant))
]
KNOWN = [pytest.param(*param.values, id=param.id) for param in VARIANTS if ".Unknown" not in param.values[1]]
LISTS = [
    pytest.param(name, key, id=f"{name}-{key}")
    for name in CLASSES
    if name.endswith(("Response", "WebhookPayload"))
    for key, value in examples(name)[0].items()
    if isinstance(value, list) and isinstance(value[0], dict)
]
ODD = [None, "brand-new", 7, True, [], [None], {}, {"type": "brand-new", "brandNew": [{}]}]

TEXT = {"_id": "5a0000000000000000000010", "type": "text", "text": "Hi", "role": "appUser", "received": 1488441330.12}


def same(one: Any, other: Any) -> bool:
    """Whether two values have the same JSON, to the last digit."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def variations(value: Any) -> Iterator[Any]:
    """The value with one unknown field or element, in each possible place."""
    yield from ODD
    if isinstance(value, dict):
        yield {**value, "brandNew": {"a": [1, None]}}
        for key, inner in value.items():
            yield from ({**value, key: odd} for odd in variations(inner))
    elif isinstance(value, list):
        yield [*value, *ODD]
        for place, inner in enumerate(value):
            yield from ([*value[:place], odd, *value[place + 1 :]] for odd in variations(inner))


def page(*messages: Any) -> models.GetMessagesResponse:
    return models.GetMessagesResponse.from_dict({"messages": list(messages)})


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_example_is_read_and_written_back(name: str, example: Any) -> None:
    before = copy.deepcopy(example)
    assert same(CLASSES[name].from_dict(example).to_dict(), before)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_examples_have_no_field_without_attribute(name: str, example: Any) -> None:
    def unknown(value: Any) -> list[str]:
        if isinstance(value, list):
            return [key for item in value for key in unknown(item)]
        if (
            not hasattr(value, "to_dict")
            or type(value).__name__.startswith(("Unknown", "Legacy"))
            or not value._fields.names
        ):
            return []
        names = [name for name, *_ in value._fields.names]
        return [*value.additional_properties, *(key for name in names for key in unknown(getattr(value, name)))]

    assert unknown(CLASSES[name].from_dict(example)) == []


@pytest.mark.parametrize(("union", "variant", "example"), VARIANTS)
def test_every_variant_of_a_union_gets_its_class(union: str, variant: str, example: Any) -> None:
    value = reader(union)(example)
    assert type(value) is CLASSES[variant]
    assert same(value.to_dict(), example)


@pytest.mark.parametrize(("union", "variant", "example"), KNOWN)
def test_the_required_fields_of_a_variant_suffice_for_its_class(union: str, variant: str, example: Any) -> None:
    least = {key: example[key] for key in CLASSES[variant]._fields.required}
    value = reader(union)(least)
    assert type(value) is CLASSES[variant]
    assert same(value.to_dict(), least)


def test_a_body_without_a_tag_is_written_back_whichever_class_reads_it() -> None:
    variants = [part["$ref"].rpartition("/")[2] for part in SCHEMAS["v2.IntegrationUpdate"]["anyOf"]]
    bodies = [example for variant in variants for example in examples(f"v2.{variant}")]
    assert len(bodies) >= len(variants)
    for body in bodies:
        assert same(reader("v2.IntegrationUpdate")(body).to_dict(), body)


@pytest.mark.parametrize("union", UNIONS)
def test_every_variant_has_an_example(union: str) -> None:
    assert all(examples(variant) for variant in UNIONS[union])


@pytest.mark.parametrize(("union", "variant", "example"), KNOWN)
@pytest.mark.parametrize("tag", ["brand-new", "", 7, None, ["text"], {"a": 1}])
def test_a_new_tag_gets_the_catch_all(union: str, variant: str, example: Any, tag: Any) -> None:
    changed = {**example, tag_of(union): tag}
    value = reader(union)(changed)
    assert type(value) is CLASSES[UNIONS[union][-1]]
    assert same(value.to_dict(), changed)


@pytest.mark.parametrize(("union", "variant", "example"), KNOWN)
def test_an_object_without_a_required_field_becomes_the_catch_all_and_keeps_its_fields(
    union: str, variant: str, example: Any
) -> None:
    catch_all = CLASSES[UNIONS[union][-1]]
    for key in CLASSES[variant]._fields.required:
        changed = {name: value for name, value in example.items() if name != key}
        if key in catch_all._fields.required:
            with pytest.raises(ValueError, match=f"{catch_all.__name__} needs {key}"):
                reader(union)(changed)
        else:
            value = reader(union)(changed)
            assert type(value) is catch_all
            assert same(value.to_dict(), changed)


@pytest.mark.parametrize("union", UNIONS)
def test_the_catch_all_of_responses_needs_no_field(union: str) -> None:
    version, _, component = union.partition(".")
    is_sent_only = component in Specification(VERSIONS[version]).request_only
    assert is_sent_only or not CLASSES[UNIONS[union][-1]]._fields.required


@pytest.mark.parametrize(
    "oddity",
    [
        {"type": "video", "_id": "1"},
        {"_id": "1", "text": "from before types"},
        {"type": "text"},
        {**TEXT, "role": "brand-new"},
        {**TEXT, "brandNew": {"a": [1, None]}},
        {
            **TEXT,
            "source": None,
            "metadata": None,
            "actions": None,
            "text": None,
            "received": None,
            "quotedMessage": None,
        },
        {**TEXT, "source": "telegram", "metadata": [], "actions": {}, "quotedMessage": 1},
        {**TEXT, "actions": [None, 1, {"type": "brand-new"}, {"type": "reply"}, {}, []]},
        {"_id": "1", "type": "carousel", "items": [None, {"title": "t", "actions": [None]}, {"title": "no actions"}]},
        {"_id": "1", "type": "carousel", "items": None},
        {"_id": "1", "type": "location", "coordinates": {"lat": None, "long": 1}},
        {},
        None,
        "text",
        17,
        [[]],
    ],
)
def test_an_unreadable_element_loses_no_other_element(oddity: Any) -> None:
    parsed = page(TEXT, oddity, TEXT)
    assert same(parsed.to_dict(), {"messages": [TEXT, oddity, TEXT]})
    assert isinstance(parsed.messages, list)
    assert isinstance(parsed.messages[0], models.TextMessage)
    assert isinstance(parsed.messages[2], models.TextMessage)


@pytest.mark.parametrize(("name", "key"), LISTS)
def test_no_element_makes_a_list_unreadable(name: str, key: str) -> None:
    answer = examples(name)[0]
    good = answer[key][0]
    elements = [element for odd in variations(good) for element in (odd, good)]
    wire = {**answer, key: elements}
    parsed = CLASSES[name].from_dict(wire)
    assert same(parsed.to_dict(), wire)
    attribute = next(attribute for attribute, wire_name, _ in parsed._fields.names if wire_name == key)
    expected = getattr(CLASSES[name].from_dict(answer), attribute)[0]
    assert hasattr(expected, "to_dict")
    assert getattr(parsed, attribute)[1::2] == [expected] * (len(elements) // 2)


def test_null_in_a_list_stays_in_its_place() -> None:
    messages = page(None, TEXT).messages
    assert messages
    assert messages[0] is None


def test_an_undocumented_null_reads_as_unset_and_is_written_back() -> None:
    message = models.TextMessage.from_dict({**TEXT, "text": None, "source": None, "metadata": None})
    assert not message.text
    assert message.text is not None
    assert not message.source
    assert message.to_dict()["text"] is None
    message.text = "Hello"
    assert message.to_dict()["text"] == "Hello"
    assert message.to_dict()["source"] is None


def test_a_documented_null_is_none() -> None:
    assert models.TextMessage.from_dict({**TEXT, "name": None}).name is None


def test_a_value_in_place_of_an_object_reads_as_unset_and_is_written_back() -> None:
    message = models.TextMessage.from_dict({**TEXT, "source": "telegram", "actions": {"a": 1}})
    assert not message.source
    assert not message.actions
    assert message["source"] == "telegram"
    assert message.to_dict()["actions"] == {"a": 1}


def test_numbers_and_timestamps_keep_every_digit() -> None:
    exact = {**TEXT, "received": 12345678901234567890, "metadata": {"a": 1, "b": 1.0, "c": 0.1, "d": 2**70, "e": True}}
    assert same(page(exact).to_dict(), {"messages": [exact]})
    user = {"_id": "1", "signedUpAt": "2015-12-24T15:15:47.99Z"}
    assert models.AppUser.from_dict(user).signed_up_at == "2015-12-24T15:15:47.99Z"
    assert models.AppUser.from_dict(user).to_dict() == user


@pytest.mark.parametrize("model", [newer.Message, newer.EventMessage])
def test_a_missing_expected_field_does_not_make_a_record_unreadable(model: Any) -> None:
    for wire, expected in [
        ({"id": "1"}, UNSET),
        ({"id": "1", "author": None, "content": None}, None),
        ({"id": "1", "author": "Ana", "content": []}, UNSET),
    ]:
        message = model.from_dict(wire)
        assert (message.author, message.content) == (expected, expected)
        assert message.to_dict() == wire
        assert pickle.loads(pickle.dumps(message)) == message
    assert model(id="1") == model.from_dict({"id": "1"})


@pytest.mark.parametrize(
    ("model", "attribute", "wire"),
    [
        (newer.WebIntegration, "id", {"type": "web"}),
        (newer.CustomIntegration, "id", {"type": "custom", "webhooks": []}),
        (newer.AppKey, "secret", {"id": "app_1"}),
        (newer.IntegrationKey, "secret", {"id": "int_1"}),
        (newer.Participant, "user_id", {"id": "1"}),
        (newer.SwitchboardIntegrationTruncated, "name", {}),
    ],
)
def test_a_record_without_fields_that_other_calls_need_is_read(
    model: Any, attribute: str, wire: dict[str, Any]
) -> None:
    record = model.from_dict(wire)
    assert getattr(record, attribute) is UNSET
    assert record.to_dict() == wire
    assert model(**{name: value for name, value in wire.items() if name != "type"}) == record


@pytest.mark.parametrize(
    ("model", "value", "reason"),
    [
        (models.AppUser, {}, "AppUser needs _id"),
        (models.AppUserResponse, {"appUser": {}}, "AppUserResponse: appUser: AppUser needs _id"),
        (models.AppUserResponse, {"appUser": None}, "AppUserResponse needs appUser"),
        (models.AppUserResponse, {"appUser": []}, "AppUser must be an object, not list"),
        (models.AppUserResponse, [], "AppUserResponse must be an object, not list"),
        (models.TextMessage, {"_id": "1"}, "TextMessage needs type"),
        (models.TextMessage, {"_id": "1", "type": "image"}, "TextMessage: type: not 'text'"),
        (models.Webhook, {"_id": "1", "target": "t", "secret": "s", "triggers": "message"}, "must be a list, not str"),
    ],
)
def test_missing_required_fields_are_named(model: Any, value: Any, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        model.from_dict(value)
    assert reason in str(caught.value)


def test_reading_does_not_change_its_input() -> None:
    wire = {"messages": [{**TEXT, "source": None, "x": 1}, None]}
    before = copy.deepcopy(wire)
    models.GetMessagesResponse.from_dict(wire).to_dict()["messages"].clear()
    assert wire == before


@pytest.mark.parametrize("make", [MappingProxyType, OrderedDict])
def test_any_mapping_is_read_as_an_object(make: Callable[[dict[str, Any]], Any]) -> None:
    message = models.TextMessage.from_dict(make({**TEXT, "new": 1}))
    assert message.to_dict() == {**TEXT, "new": 1}
    assert models.Source.from_dict(make({"type": "line", "new": 1})).to_dict() == {"type": "line", "new": 1}


@pytest.mark.parametrize("value", [None, "type", 7, [], [["type", "text"]], models.Source(type_="line")])
@pytest.mark.parametrize("model", [models.TextMessage, models.Source])
def test_nothing_else_is_read_as_an_object(model: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{model.__name__} must be an object, not {type(value).__name__}$"):
        model.from_dict(value)
