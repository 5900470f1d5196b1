"""Parse deliveries of v1 and v1.1, and compute event ids."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from smooch_api.v1 import models

from smooch import SmoochError, webhooks
from smooch.webhooks import UnknownEvent, WebhookRejected, WebhookUnreadable, parse, receive

from .payloads import (
    APP,
    KEY,
    SECRET,
    USER,
    envelope,
    examples,
    message_delivery,
    only,
    postback_delivery,
    read_delivery,
    to_json,
    variants,
)


@pytest.mark.parametrize(("name", "body"), examples())
def test_every_example_gets_its_class_and_comes_back_unchanged(name: str, body: dict[str, Any]) -> None:
    delivery = parse(to_json(body))
    event = only(delivery)
    assert type(event).__name__ == name
    assert event.to_dict() == body
    assert json.dumps(delivery.raw) == json.dumps(body)
    assert delivery.version == body.get("version", "v1")
    assert delivery.app_id == body["app"]["_id"]
    assert delivery.event_ids == (delivery.event_ids[0],)


def test_every_variant_has_an_example() -> None:
    assert {name for name, _ in examples()} == set(variants())


def test_a_mapping_bytes_and_text_give_the_same_delivery() -> None:
    text = json.dumps(message_delivery())
    deliveries = [
        parse(each)
        for each in (text, text.encode(), bytearray(text.encode()), memoryview(text.encode()), message_delivery())
    ]
    assert all(delivery == deliveries[0] for delivery in deliveries)
    assert deliveries[0].raw == message_delivery()


def test_a_mapping_is_copied() -> None:
    body = message_delivery()
    delivery = parse(body)
    body["messages"][0]["text"] = "changed"
    assert delivery.raw == message_delivery()
    assert only(delivery).messages[0].text == "Is the shop open?"


def test_all_messages_of_a_delivery_are_read() -> None:
    event = only(parse(message_delivery("m1", "m2", "m3")))
    assert [message.id for message in event.messages] == ["m1", "m2", "m3"]


def test_unknown_types_and_fields_are_kept() -> None:
    body = message_delivery(novelty={"deep": [1, None]})
    body["messages"] += [{"_id": "m2", "type": "hologram", "role": "appUser", "beam": 7}, None]
    event = only(parse(body))
    assert type(event) is webhooks.MessageAppUser
    assert type(event.messages[1]) is models.UnknownMessage
    assert event.messages[1]["beam"] == 7
    assert event["novelty"] == {"deep": [1, None]}
    assert event.to_dict() == body


@pytest.mark.parametrize("trigger", ["conversation:archive", "", "MESSAGE:APPUSER", 5, None, ["postback"], {"a": 1}])
def test_an_unknown_trigger_is_an_unknown_event_and_is_not_logged(
    trigger: Any, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"trigger": trigger, "app": APP, "more": [1]}
    event = only(parse(to_json(body)))
    assert type(event) is UnknownEvent
    assert event.to_dict() == body
    assert not caplog.records


@pytest.mark.parametrize("body", [{}, {"hello": "world"}, {"app": 5, "version": 2, "events": {}, "webhook": []}])
def test_any_other_object_is_an_unknown_event(body: dict[str, Any]) -> None:
    delivery = parse(body)
    assert type(only(delivery)) is UnknownEvent
    assert only(delivery).to_dict() == body
    assert (delivery.app_id, delivery.version) == ("", "v1")


def test_an_unreadable_event_of_a_known_trigger_is_kept_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    bodies = [
        message_delivery(messages={"secret": "not-for-logs"}),
        message_delivery(appUser=None),
        {"trigger": "postback", "app": APP},
    ]
    for body in bodies * 3:
        event = only(parse(body))
        assert type(event) is UnknownEvent
        assert event.to_dict() == body
    assert [(record.name, record.levelno) for record in caplog.records] == [("smooch.webhooks", logging.WARNING)] * 2
    assert "message:appUser" in caplog.messages[0]
    assert "messages" in caplog.messages[0]
    assert "postback" in caplog.messages[1]
    assert "not-for-logs" not in caplog.text


def test_v1_and_v2_deliveries_are_distinguished() -> None:
    assert parse(message_delivery()).version == "v1"
    assert parse(message_delivery(version="v1.1")).version == "v1.1"
    assert parse(message_delivery(version="v9")).version == "v9"
    assert parse(envelope()).version == "v2"
    assert parse(envelope(webhook={"id": "w", "version": "v3"})).version == "v3"
    assert parse(envelope(webhook={})).version == "v2"


DEEP = 100_000
CIRCLE: dict[str, Any] = {"app": APP}
CIRCLE["again"] = CIRCLE
UNREADABLE: dict[str, tuple[Any, str]] = {
    "empty": (b"", "not JSON"),
    "no JSON": (b"trigger=postback", "not JSON"),
    "cut off": (to_json(message_delivery())[:-2], "not JSON"),
    "more behind": (to_json(message_delivery()) + b"{}", "not JSON"),
    "invalid UTF-8": (b'{"trigger": "\xff"}', "not JSON"),
    "UTF-16": (json.dumps(message_delivery()).encode("utf-16"), "not JSON"),
    "a list": (b"[]", "not an object"),
    "a string": (b'"postback"', "not an object"),
    "null": (b"null", "not an object"),
    "a key twice": (b'{"trigger": "postback", "trigger": "merge:appUser"}', "twice"),
    "a key twice below": (b'{"app": {"_id": "a", "_id": "b"}}', "twice"),
    "NaN": (b'{"timestamp": NaN}', "NaN"),
    "-Infinity": (b'{"timestamp": -Infinity}', "-Infinity"),
    "a number too large": (b'{"timestamp": 1e999}', "too large"),
    "an integer too long": (b'{"timestamp": ' + b"9" * 5000 + b"}", "not JSON"),
    "deep lists": (b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}", "deep"),
    "deep objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "deep"),
    "101 deep": (b'{"a":' * 101 + b"1" + b"}" * 101, "deep"),
    "a mapping with NaN": ({"timestamp": float("nan")}, "not JSON"),
    "a mapping of objects": ({"app": object()}, "not JSON"),
    "a mapping in itself": (CIRCLE, "not JSON"),
    "a mapping with two keys alike": ({1: 1, "1": 2}, "twice"),
    "no body at all": (None, "not JSON"),
    "a number": (10**13, "not JSON: it is int"),
}


@pytest.mark.parametrize(("body", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_is_no_json_object_is_unreadable(body: Any, reason: str) -> None:
    with pytest.raises(WebhookUnreadable, match=reason) as caught:
        parse(body)
    assert isinstance(caught.value, SmoochError)


def test_a_body_nested_a_hundred_levels_deep_is_read() -> None:
    body = b'{"a":' * 100 + b"1" + b"}" * 100
    assert only(parse(body)).to_dict() == json.loads(body)


def test_a_wide_body_is_read() -> None:
    ids = [f"m{number}" for number in range(500)]
    assert [message.id for message in only(parse(to_json(message_delivery(*ids)))).messages] == ids


def test_errors_show_nothing_of_the_body() -> None:
    for body in (b'{"x": "not-for-logs", }', b'{"not-for-logs": 1, "not-for-logs": 2}', b'["not-for-logs"]'):
        with pytest.raises(WebhookUnreadable) as caught:
            parse(body)
        assert "not-for-logs" not in repr(caught.value)


def test_receive_verifies_before_it_reads() -> None:
    assert receive(to_json(message_delivery()), KEY, SECRET) == parse(message_delivery())
    with pytest.raises(WebhookRejected):
        receive(b"no JSON", {"X-API-Key": "wrong"}, SECRET)
    with pytest.raises(WebhookUnreadable):
        receive(b"no JSON", KEY, SECRET)


def test_lone_surrogates_pass_through() -> None:
    body = b'{"trigger": "message:appUser\\ud800", "app": {"_id": "\\udfff"}}'
    delivery = parse(body)
    assert delivery.raw == json.loads(body)
    assert delivery.event_ids[0].isascii()


def test_a_delivery_can_be_iterated_copied_and_pickled() -> None:
    delivery = parse(message_delivery("m1", "m2"))
    assert list(delivery) == list(delivery.events)
    assert copy.deepcopy(delivery) == delivery
    assert pickle.loads(pickle.dumps(delivery)) == delivery


# Event ids

SAME = {
    "message rendered anew": (
        message_delivery(),
        message_delivery(text="edited", appUser={**USER, "givenName": "Ana"}),
    ),
    "message of v1 and v1.1": (message_delivery(), message_delivery(version="v1.1", conversation={"_id": "c1"})),
    "messages in another order": (message_delivery("m1", "m2"), message_delivery("m2", "m1")),
    "fields in another order": (postback_delivery(), dict(reversed(postback_delivery().items()))),
    "user rendered anew": (
        read_delivery(),
        read_delivery(appUser={**USER, "clients": [{"id": "9c2e", "lastSeen": "later"}]}),
    ),
    "client rendered anew": (
        read_delivery(client={"id": "9c2e", "platform": "web"}),
        read_delivery(client={"id": "9c2e", "platform": "web", "lastSeen": "later"}),
    ),
    "merge rendered anew": (
        {"trigger": "merge:appUser", "app": APP, "surviving": USER, "discarded": [{"_id": "u2"}]},
        {
            "trigger": "merge:appUser",
            "app": APP,
            "surviving": {"_id": "u1"},
            "discarded": [{"_id": "u2", "surname": "R"}],
        },
    ),
}
OTHER = {
    "message": (message_delivery("m1"), message_delivery("m2")),
    "number of messages": (message_delivery("m1"), message_delivery("m1", "m2")),
    "trigger": (message_delivery(), message_delivery(trigger="message:appMaker")),
    "app": (message_delivery(), message_delivery(app={"_id": "5a0000000000000000000002"})),
    "time": (read_delivery(), read_delivery(timestamp=1488441301.8)),
    "user": (read_delivery(), read_delivery(appUser={**USER, "_id": "u2"})),
    "client": (read_delivery(client={"id": "1"}), read_delivery(client={"id": "2"})),
    "payload": (postback_delivery("MUG"), postback_delivery("CUP")),
    "time of a postback": (postback_delivery(timestamp=1.5), postback_delivery(timestamp=2.5)),
    "what is seen of the user at an undated tap": (
        postback_delivery(),
        postback_delivery(appUser={**USER, "clients": [{"lastSeen": "later"}]}),
    ),
    "channel of a link": (
        {"trigger": "link:match", "app": APP, "appUser": USER, "channel": "line"},
        {"trigger": "link:match", "app": APP, "appUser": USER, "channel": "viber"},
    ),
    "ids joined differently": (message_delivery("a/b", "c"), message_delivery("a", "b/c")),
    "message without an id beside one that has one": (
        message_delivery(messages=[{"_id": "m1"}, {"text": "a"}]),
        message_delivery(messages=[{"_id": "m1"}, {"text": "b"}]),
    ),
    "message without an id": (message_delivery(messages=[{"text": "a"}]), message_delivery(messages=[{"text": "b"}])),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_event_always_has_the_same_id(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(one).event_ids == parse(other).event_ids


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=OTHER)
def test_different_events_have_different_ids(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(one).event_ids != parse(other).event_ids


def test_all_examples_have_different_ids() -> None:
    ids = [parse(body).event_ids[0] for _, body in examples()]
    assert len(set(ids)) == len(ids)
    assert all(each.isascii() and each.isprintable() and len(each) <= 255 for each in ids)


def test_ids_are_readable_and_stable() -> None:
    """Ids are stored in files and Redis for a day, so a new release must not change them."""
    assert parse(message_delivery("m2", "m1")).event_ids == ("5a0000000000000000000001/message:appUser/m1/m2",)
    *place, digest = parse(read_delivery()).event_ids[0].split("/")
    assert place == ["5a0000000000000000000001", "conversation:read", "1488441301.7"]
    assert digest == "9180c2995193b53edf3c77cda3ae6db1f080f071ae01297d4dcc0ad83a45015a"
    (combined,) = parse(message_delivery(*(f"message-{number}" for number in range(50)))).event_ids
    assert combined == "sha256-21fa46fd7e9e1633239a234e85806b9f5871338bf351008a178bd8cf767f545d"


@pytest.mark.parametrize(
    "body", [message_delivery(), read_delivery(), message_delivery(version="v1.1"), postback_delivery(timestamp=1.5)]
)
def test_ids_of_events_with_an_id_or_a_time_are_lasting(body: dict[str, Any]) -> None:
    assert parse(body).dated == (True,)


@pytest.mark.parametrize(
    "body",
    [
        postback_delivery(),
        postback_delivery(timestamp=None),
        postback_delivery(timestamp=True),
        {},
        message_delivery(messages=[{}]),
    ],
)
def test_ids_of_other_events_are_not_lasting(body: dict[str, Any]) -> None:
    assert parse(body).dated == (False,)


# Times and conversations


@pytest.mark.parametrize(
    ("body", "time"),
    [
        (message_delivery(), datetime(2017, 3, 2, 7, 55, 30, 120000, tzinfo=UTC)),
        (read_delivery(), datetime(2017, 3, 2, 7, 55, 1, 700000, tzinfo=UTC)),
        (message_delivery(timestamp=0), datetime(1970, 1, 1, tzinfo=UTC)),
        (message_delivery(timestamp=-(10**300)), None),
        (message_delivery(timestamp=True, messages=[]), None),
        (message_delivery(messages={"received": 5}), None),
        (postback_delivery(), None),
        ({}, None),
    ],
)
def test_an_event_has_the_time_that_the_api_gives(body: dict[str, Any], time: datetime | None) -> None:
    assert parse(body).times == (time,)


def test_an_event_has_the_id_of_its_conversation_or_of_its_user() -> None:
    assert parse(message_delivery()).conversation_ids == (USER["_id"],)
    assert parse(message_delivery(conversation={"_id": "c1"})).conversation_ids == ("c1",)
    match = {"appUser": USER, "conversation": {"_id": "c1"}}
    assert parse({"trigger": "notification:delivery:user", "matchResult": match}).conversation_ids == ("c1",)
    assert parse({"trigger": "postback", "conversation": 5, "matchResult": []}).conversation_ids == ("",)
