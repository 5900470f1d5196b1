"""22,000 random bodies and headers: only the two documented errors, nothing lost, no secret shown."""

from __future__ import annotations

import io
import json
import logging
import traceback
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smooch.webhooks import Delivery, WebhookRejected, WebhookUnreadable, parse, receive, verify

from .payloads import KEY, SECRET, envelope, envelopes, examples, to_json

pytestmark = pytest.mark.slow

OTHER = "97f1c8a0d7f34ab0a6a3"


def fuzz(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
classic = [body for _, body in examples("v1")]
events = [body for _, body in examples("v2")]
bodies = [*classic, *envelopes(), *map(envelope, events), envelope(*events)]


def replace_or_delete(draw: st.DrawFn, body: dict[str, Any]) -> None:
    """Replace or delete one value of a body."""
    holder: Any = body
    while keys := list(holder) if isinstance(holder, dict) else list(range(len(holder))):
        key = draw(st.sampled_from(keys))
        if isinstance(holder[key], dict | list) and holder[key] and draw(st.booleans()):
            holder = holder[key]
            continue
        if draw(st.booleans()):
            holder[key] = draw(values)
        else:
            del holder[key]
        break


@st.composite
def mutated(draw: st.DrawFn, of: list[dict[str, Any]]) -> dict[str, Any]:
    """An example with some values replaced or deleted."""
    body: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(of))))
    for _ in range(draw(st.integers(1, 3))):
        replace_or_delete(draw, body)
    return body


several = st.lists(mutated(events) | st.sampled_from(events) | values, max_size=4).map(lambda drawn: envelope(*drawn))


def is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The bytes of an example with some of them replaced."""
    body = to_json(draw(st.sampled_from(bodies)))
    start = draw(st.integers(0, len(body)))
    return body[:start] + draw(st.binary(max_size=6)) + body[start + draw(st.integers(0, 40)) :]


anything = (
    st.binary(max_size=200)
    | st.text(max_size=200)
    | values
    | mutated(bodies)
    | mutated(bodies).map(json.dumps)
    | several
    | several.map(json.dumps)
    | values.map(json.dumps)
    | damaged()
    | st.integers(90, 3000).map(lambda depth: b'{"a":' * depth + b"[]" + b"}" * depth)
)
names = st.sampled_from(["X-API-Key", "x-api-key", "HTTP_X_API_KEY", "X_API_KEY", b"x-api-key", "Host"]) | st.text(
    max_size=8
)
near_secrets = st.sampled_from([SECRET[:-1], SECRET + "x", SECRET.upper(), SECRET + "\ud800", f"Bearer {SECRET}"])
keys = (
    near_secrets
    | near_secrets.map(lambda text: text.encode("utf-8", "replace"))
    | st.text(max_size=8)
    | st.binary(max_size=8)
)
pairs = st.tuples(names, keys | scalars)
header_sets = st.dictionaries(names, keys | scalars, max_size=4) | st.lists(
    pairs | scalars | st.lists(keys), max_size=4
)


class VisibleText:
    """All text that a reader of logs and tracebacks would see."""

    def __enter__(self) -> VisibleText:
        self._text = io.StringIO()
        self._log = logging.StreamHandler(self._text)
        logging.getLogger("smooch").addHandler(self._log)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("smooch").removeHandler(self._log)

    def error(self, error: Exception) -> None:
        self._text.write(repr(error) + "".join(traceback.format_exception(error)))

    def __contains__(self, text: str) -> bool:
        return text in self._text.getvalue()


def check_whole(delivery: Delivery, body: Any) -> None:
    raw = delivery.raw
    assert json.loads(json.dumps(raw)) == raw
    if isinstance(body, bytes | str):
        assert raw == json.loads(body)
    assert len(delivery.event_ids) == len(delivery.events)
    assert all(each.isascii() and each.isprintable() for each in delivery.event_ids)
    has_envelope = isinstance(raw.get("webhook"), dict) and isinstance(raw.get("events"), list) and "trigger" not in raw
    events = raw["events"] if has_envelope else [raw]
    assert [event.to_dict() for event in delivery] == [
        each if isinstance(each, dict) else {"payload": each} for each in events
    ]
    assert len(delivery.dated) == len(delivery.events)
    assert parse(raw).event_ids == delivery.event_ids
    repr(delivery)


@fuzz(10_000)
@given(body=anything)
def test_any_body_is_read_without_loss_or_unreadable(body: Any) -> None:
    with VisibleText() as visible:
        try:
            delivery = receive(body, KEY, SECRET)
        except WebhookUnreadable as error:
            visible.error(error)
        else:
            check_whole(delivery, body)
        assert SECRET not in visible


@fuzz(2_000)
@given(odd=(mutated(events) | values).filter(is_json), place=st.integers(0, 2))
def test_an_odd_event_does_not_change_the_others(odd: Any, place: int) -> None:
    mixed: list[Any] = [events[0], events[7]]
    mixed.insert(place, odd)
    names = [type(event).__name__ for event in parse(to_json(envelope(*mixed)))]
    del names[place]
    assert names == ["ClientAddEvent", "ConversationMessageEvent"]


@fuzz(8_000)
@given(headers=header_sets)
def test_all_headers_without_the_right_key_are_rejected(headers: Any) -> None:
    with VisibleText() as visible:
        try:
            verify(headers, [SECRET, OTHER])
        except WebhookRejected as error:
            visible.error(error)
        else:
            raise AssertionError("taken without the secret")
        assert SECRET not in visible
        assert OTHER not in visible


@fuzz(2_000)
@given(body=anything, headers=header_sets, insert=st.booleans())
def test_requests_without_the_key_are_rejected_before_the_body_is_read(body: Any, headers: Any, insert: bool) -> None:
    if insert:
        headers = [*(headers.items() if isinstance(headers, dict) else headers), ("X-Api-Key", SECRET)]
    try:
        receive(body, headers, SECRET)
    except WebhookRejected:
        assert not insert
    except WebhookUnreadable:
        assert insert
