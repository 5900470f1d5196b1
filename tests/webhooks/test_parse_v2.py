"""Parse deliveries of API v2, which hold any number of events."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from smooch.v2 import models
from smooch.webhooks import (
    ClientAddEvent,
    ConversationMessageEvent,
    ConversationTypingEvent,
    PassthroughMessagingEvent,
    UnknownEvent,
    UnknownTypeEvent,
    UserMergeEvent,
    parse,
)

from .payloads import envelope, envelopes, examples, message_event, only, schemas, to_json, variants


@pytest.mark.parametrize(("name", "body"), examples("v2"))
def test_every_example_of_an_event_gets_its_class_and_comes_back_unchanged(name: str, body: dict[str, Any]) -> None:
    delivery = parse(to_json(envelope(body)))
    event = only(delivery)
    assert type(event).__name__ == name
    assert event.to_dict() == body
    assert (event.id, event.type_, event.created_at) == (body["id"], body["type"], body["createdAt"])
    assert isinstance(event.payload, dict) or not event.payload.additional_properties
    assert (delivery.event_ids, delivery.dated) == ((f"a1/{body['id']}",), (True,))


@pytest.mark.parametrize(("name", "body"), examples("v2"))
def test_an_event_that_lacks_a_field_of_its_payload_keeps_its_class(name: str, body: dict[str, Any]) -> None:
    payload = body["payload"]
    lacking = [{key: value for key, value in payload.items() if key != missing} for missing in payload]
    for part in {"source", "activity", "error"} & payload.keys():
        lacking += [{**payload, part: {k: v for k, v in payload[part].items() if k != key}} for key in payload[part]]
    for less in lacking:
        event = only(parse(to_json(envelope({**body, "payload": less}))))
        assert type(event).__name__ == name
        assert event.to_dict()["payload"] == less


@pytest.mark.parametrize("body", envelopes())
def test_every_example_of_a_delivery_comes_back_unchanged(body: dict[str, Any]) -> None:
    delivery = parse(to_json(body))
    assert not [event for event in delivery if isinstance(event, UnknownTypeEvent)]
    assert [event.to_dict() for event in delivery] == body["events"]
    assert json.dumps(delivery.raw) == json.dumps(body)
    assert (delivery.version, delivery.app_id) == ("v2", body["app"]["id"])
    assert delivery.event_ids == tuple(f"{body['app']['id']}/{event['id']}" for event in body["events"])


def test_every_trigger_has_its_class_and_an_example() -> None:
    triggers = set(schemas("v2")["Webhook"]["properties"]["triggers"]["items"]["x-extensible-enum"])
    assert len(triggers) == 26
    assert {name for name, _ in examples("v2")} == set(variants("v2"))
    classes = {type(only(parse(envelope(body)))) for _, body in examples("v2")} - {UnknownTypeEvent}
    assert len(classes) == 26
    assert {attrs.fields_dict(cls)["type_"].default for cls in classes} == triggers


def test_events_of_several_users_and_conversations() -> None:
    first, second, typing = (
        message_event("e1", user_id="u1"),
        message_event("e2", user_id="u2"),
        dict(examples("v2"))["ConversationTypingEvent"],
    )
    delivery = parse(to_json(envelope(first, typing, second)))
    assert [type(event) for event in delivery] == [
        ConversationMessageEvent,
        ConversationTypingEvent,
        ConversationMessageEvent,
    ]
    users = [event.payload.message.author.user_id for event in delivery if isinstance(event, ConversationMessageEvent)]
    assert users == ["u1", "u2"]
    assert [event.payload.conversation.id for event in (delivery.events[0], delivery.events[2])] == ["c-u1", "c-u2"]
    assert delivery.event_ids == ("a1/e1", f"a1/{typing['id']}", "a1/e2")
    assert [event.to_dict() for event in delivery] == [first, typing, second]


def test_a_match_statement_reaches_the_text() -> None:
    match only(parse(envelope(message_event(text="Hello")))):
        case ConversationMessageEvent(payload=payload):
            match payload.message.content:
                case models.TextMessage(text=text):
                    assert text == "Hello"
                case other:
                    raise AssertionError(other)
        case other:
            raise AssertionError(other)


def test_full_user_and_source_are_read() -> None:
    body = message_event()
    message = body["payload"]["message"]
    user = schemas("v2")["User"]["examples"][0]
    device = schemas("v2")["Device"]["examples"][0]
    client = schemas("v2")["Client"]["examples"][0]
    message["author"]["user"] = user
    message["source"] |= {"client": client, "device": device}
    event = only(parse(to_json(envelope(body))))
    assert type(event) is ConversationMessageEvent
    author, source = event.payload.message.author, event.payload.message.source
    assert (type(author.user), type(author.user.profile)) == (models.User, models.Profile)
    assert author.user.profile.locale == user["profile"]["locale"]
    assert (type(source.client), type(source.device)) == (models.Client, models.Device)
    assert (source.client.id, source.device.id) == (client["id"], device["id"])
    assert event.to_dict() == body


def test_a_short_source_may_hold_null() -> None:
    body = message_event()
    body["payload"]["message"]["source"] |= {"client": None, "device": None, "campaign": None}
    event = only(parse(envelope(body)))
    assert event.payload.message.source.client is None
    assert event.to_dict() == body


def test_passthrough_content_is_kept_whole() -> None:
    body = {"id": "e1", "type": "passthrough:messaging", "payload": {"any": [{"thing": None}], "type": "text"}, "x": 1}
    event = only(parse(to_json(envelope(body))))
    assert type(event) is PassthroughMessagingEvent
    assert event.payload == body["payload"]
    assert event.to_dict() == body


def test_unknown_types_of_content_and_fields_are_kept() -> None:
    body = {**message_event(novelty={"deep": [1, None]}), "more": 1}
    body["payload"]["message"]["content"] = {"type": "hologram", "beam": 7}
    body["payload"]["message"]["mood"] = "good"
    event = only(parse(to_json(envelope(body))))
    assert type(event) is ConversationMessageEvent
    assert type(event.payload.message.content) is models.UnknownMessage
    assert event.payload.message.content["beam"] == 7
    assert event.payload.message["mood"] == "good"
    assert (event["more"], event.payload["novelty"]) == (1, {"deep": [1, None]})
    assert event.to_dict() == body


@pytest.mark.parametrize(
    "kind", ["conversation:archive", "", "message:appUser", "CLIENT:ADD", 5, None, ["client:add"], {"a": 1}]
)
def test_an_unknown_type_is_kept_and_not_logged(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    body = {"id": "e1", "type": kind, "payload": 5, "more": [1]}
    event = only(parse(to_json(envelope(body))))
    assert type(event) is UnknownTypeEvent
    assert event.to_dict() == body
    assert not caplog.records


MISFITS: list[dict[str, Any]] = [
    {"id": "e1", "type": "conversation:message", "payload": ["not-for-logs"]},
    {"id": "e2", "type": "conversation:message", "payload": "not-for-logs"},
    {"id": "e3", "type": "conversation:message"},
    {"type": "client:add", "payload": examples("v2")[0][1]["payload"]},
]


def test_an_unreadable_event_of_a_known_type_is_kept_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    delivery = parse(to_json(envelope(*MISFITS * 2)))
    assert {type(event) for event in delivery} == {UnknownTypeEvent}
    assert [event.to_dict() for event in delivery] == MISFITS * 2
    assert [(record.name, record.levelno) for record in caplog.records] == [("smooch.webhooks", logging.WARNING)] * 2
    assert "conversation:message does not fit" in caplog.messages[0]
    assert "ConversationMessagePayload must be an object, not list" in caplog.messages[0]
    assert "client:add does not fit (ClientAddEvent needs id)" in caplog.messages[1]
    assert "UnknownTypeEvent" in caplog.messages[0]
    assert "not-for-logs" not in caplog.text


def test_an_unreadable_part_of_a_payload_is_kept_as_json() -> None:
    body = {"id": "e1", "type": "conversation:message", "payload": {"message": {"secret": "not-for-logs"}}}
    event = only(parse(to_json(envelope(body))))
    assert isinstance(event, ConversationMessageEvent)
    assert not isinstance(event.payload.message, models.EventMessage)
    assert event.payload["message"] == {"secret": "not-for-logs"}
    assert event.to_dict() == body


def test_a_trigger_of_both_versions_is_logged_once_per_version(caplog: pytest.LogCaptureFixture) -> None:
    parse({"trigger": "client:add"})
    parse(envelope({"type": "client:add"}))
    assert len(caplog.messages) == 2
    assert "UnknownEvent" in caplog.messages[0]
    assert "UnknownTypeEvent" in caplog.messages[1]


@pytest.mark.parametrize("odd", [None, 5, "conversation:message", [], [{}], {}, *MISFITS])
def test_an_unreadable_event_does_not_affect_the_others(odd: Any) -> None:
    merged = dict(examples("v2"))["UserMergeEvent"]
    delivery = parse(to_json(envelope(message_event("e9"), odd, merged)))
    assert [type(event) for event in delivery] == [ConversationMessageEvent, UnknownTypeEvent, UserMergeEvent]
    assert delivery.events[1].to_dict() == (odd if isinstance(odd, dict) else {"payload": odd})
    assert delivery.raw["events"] == [message_event("e9"), odd, merged]
    assert len(set(delivery.event_ids)) == 3


@pytest.mark.parametrize(
    "body",
    [
        envelope(webhook=None),
        envelope(webhook="w1"),
        envelope(events={"0": message_event()}),
        envelope(events=None),
        envelope(message_event(), trigger="client:add"),
    ],
)
def test_a_body_without_envelope_is_kept_whole(body: dict[str, Any]) -> None:
    assert type(only(parse(body))) is UnknownEvent
    assert only(parse(body)).to_dict() == body


def test_an_envelope_may_be_empty() -> None:
    delivery = parse(envelope())
    assert (len(delivery), delivery.events, delivery.event_ids, delivery.dated) == (0, (), (), ())


@pytest.mark.parametrize("app", [None, 5, {}, {"id": 7}])
def test_an_envelope_without_an_app_is_read(app: Any) -> None:
    delivery = parse(envelope(message_event(), app=app))
    assert type(only(delivery)) is ConversationMessageEvent
    assert delivery.app_id == ""


def test_a_mapping_and_bytes_give_the_same_delivery() -> None:
    assert parse(envelope(message_event(), MISFITS[0])) == parse(to_json(envelope(message_event(), MISFITS[0])))


def test_a_delivery_can_be_iterated_copied_and_pickled() -> None:
    delivery = parse(envelope(*(body for _, body in examples("v2"))))
    assert list(delivery) == list(delivery.events)
    assert copy.deepcopy(delivery) == delivery
    assert pickle.loads(pickle.dumps(delivery)) == delivery


# Event ids


def test_the_event_id_does_not_depend_on_other_fields() -> None:
    again = envelope(
        message_event("e2"), message_event("e1", text="edited", user_id="u9"), webhook={"id": "w9", "version": "v2"}
    )
    assert parse(envelope(message_event("e1"))).event_ids == ("a1/e1",)
    assert parse(again).event_ids == ("a1/e2", "a1/e1")
    assert parse(envelope(message_event("e1"), app={"id": "a2"})).event_ids == ("a2/e1",)
    assert parse(envelope({**message_event("e1"), "_id": "other"})).event_ids == ("a1/e1",)


def without_id(**fields: Any) -> dict[str, Any]:
    return {**{name: value for name, value in message_event().items() if name != "id"}, **fields}


@pytest.mark.parametrize("fields", [{}, {"id": ""}, {"id": None}, {"id": 5}, {"id": {"id": "e1"}}])
def test_an_event_without_an_id_gets_one_from_its_content(fields: dict[str, Any]) -> None:
    one, other = without_id(**fields), without_id(**fields, createdAt="2026-03-02T08:15:31.000Z")
    delivery = parse(envelope(one, other, message_event("e1")))
    assert parse(envelope(dict(reversed(one.items())))).event_ids == delivery.event_ids[:1]
    assert len(set(delivery.event_ids)) == 3
    assert delivery.dated == (True, True, True)
    (place, digest), *_ = (each.split("/") for each in delivery.event_ids)
    assert (place, len(digest)) == ("a1", 64)


def test_only_events_without_id_and_time_have_ids_that_are_not_lasting() -> None:
    bare = {"type": "conversation:typing", "payload": {}}
    events = (
        bare,
        {**bare, "createdAt": 5},
        {**bare, "createdAt": "2026-03-02T08:15:30.744Z"},
        {**bare, "id": "e1"},
        5,
    )
    assert parse(envelope(*events)).dated == (False, False, True, True, False)


def test_odd_ids_become_plain_text() -> None:
    delivery = parse(envelope({"id": "e 1\n"}, {"id": "\ud800"}, {"id": "x" * 5000}, {"id": "e/1"}))
    assert all(each.startswith("sha256-") for each in delivery.event_ids)
    assert len(set(delivery.event_ids)) == 4


def test_a_client_is_read_with_all_its_fields() -> None:
    event = only(parse(envelope(dict(examples("v2"))["ClientAddEvent"])))
    assert type(event) is ClientAddEvent
    assert (type(event.payload.client), event.payload.client.status) == (models.Client, "pending")
    assert event.payload.source.type_ == "web"


# Times and conversations

TIME = datetime(2026, 3, 2, 8, 15, 30, 744000, tzinfo=UTC)


def test_each_event_has_its_time_and_its_conversation() -> None:
    delivery = parse(
        envelope(message_event("e1"), {"type": "user:update", "payload": {"user": {"id": "u2"}}}, 5, {"payload": 5})
    )
    assert delivery.times == (TIME, None, None, None)
    assert delivery.conversation_ids == ("c-u1", "u2", "", "")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-02T08:15:30.744Z", TIME),
        ("2026-03-02T09:15:30.744+01:00", TIME),
        ("2026-03-02T08:15:30.744", TIME),
        ("yesterday", None),
        ("", None),
        ("9999-12-31T23:59:59-23:59", None),
        (1772439330.744, None),
        (None, None),
    ],
)
def test_times_are_timezone_aware(text: object, time: datetime | None) -> None:
    (parsed,) = parse(envelope({**message_event(), "createdAt": text})).times
    assert parsed == time
    assert parsed is None or parsed.tzinfo is UTC


def test_every_example_has_a_conversation_or_a_user() -> None:
    for name, body in examples("v2"):
        (conversation_id,) = parse(envelope(body)).conversation_ids
        assert conversation_id or name in {"PassthroughMessagingEvent", "UserMergeEvent"}, name
