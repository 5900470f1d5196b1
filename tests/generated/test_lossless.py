"""Models write back every JSON object exactly as they read it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from smooch_api.v1 import models

from .spec import CLASSES, UNIONS, examples, reader

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(sorted({key for model in CLASSES.values() for _, key, _ in model._fields.names})) | st.text(
    max_size=5
)


def mutations(value: Any) -> st.SearchStrategy[Any]:
    """The value, the value with changes anywhere inside, or something else in its place."""
    if isinstance(value, dict):
        known = st.fixed_dictionaries(
            {}, optional={key: st.just(item) | mutations(item) for key, item in value.items()}
        )
        more = st.dictionaries(KEYS, JSON, max_size=2)
        return st.builds(lambda one, other: {**value, **one, **other}, known, more) | known | st.just(value) | JSON
    if isinstance(value, list):
        inner = st.one_of(st.none(), JSON, *map(mutations, value[:3]))
        return st.lists(inner, max_size=3).map(lambda extra: value + extra) | st.just(value) | JSON
    return st.just(value) | SCALARS | JSON


@cache
def objects(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that match the component fully, partly or not at all."""
    return st.one_of(*map(mutations, examples(name))).filter(lambda value: isinstance(value, dict))


def assert_lossless(value: Any, wire: Any) -> None:
    assert json.dumps(value.to_dict(), sort_keys=True) == json.dumps(wire, sort_keys=True)


@given(data=st.data())
@settings(max_examples=500, deadline=None)
def test_a_model_loses_nothing(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(CLASSES)))
    wire = data.draw(objects(name))
    model = CLASSES[name]
    try:
        value = model.from_dict(wire)
    except ValueError:
        assert model._fields.required
    else:
        assert_lossless(value, wire)


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_union_loses_nothing(data: st.DataObject) -> None:
    union = data.draw(st.sampled_from(sorted(UNIONS)))
    wire = data.draw(objects(data.draw(st.sampled_from(UNIONS[union]))))
    try:
        value = reader(union)(wire)
    except ValueError:
        assert CLASSES[UNIONS[union][-1]]._fields.required
    else:
        assert_lossless(value, wire)


@given(
    messages=st.lists(JSON | st.one_of(*(mutations(examples(name)[0]) for name in UNIONS["v1.Message"])), max_size=4)
)
@settings(max_examples=300, deadline=None)
def test_a_list_reads_any_elements(messages: list[Any]) -> None:
    wire = {"messages": messages}
    value = models.GetMessagesResponse.from_dict(wire)
    assert_lossless(value, wire)
    assert isinstance(value.messages, list)
    assert len(value.messages) == len(messages)
