"""`form_answers`: the answers of a form as a dict."""

from __future__ import annotations

from typing import Any

import pytest
from smooch_api.v1.unions import read_message
from smooch_api.v2.unions import read_content

from smooch.webhooks import form_answers

from .payloads import schemas

FIELDS = [
    {"type": "text", "name": "full_name", "label": "Your name?", "text": "Jane"},
    {"type": "email", "name": "mail", "label": "E-mail", "email": "ana@example.org"},
    {"type": "select", "name": "size", "label": "Size", "select": [{"name": "m", "label": "Medium"}]},
]
ANSWERS = {"full_name": "Jane", "mail": "ana@example.org", "size": ["m"]}


def test_the_answers_of_a_form_by_name() -> None:
    raw = {"type": "formResponse", "fields": FIELDS}
    assert form_answers(raw) == ANSWERS
    assert form_answers(read_content(raw)) == ANSWERS
    assert form_answers(read_message({"_id": "m1", "role": "appUser", **raw})) == ANSWERS


@pytest.mark.parametrize(
    ("field", "answers"),
    [
        ({"type": "text", "name": "empty", "label": "Empty"}, {}),
        ({"type": "date", "name": "day", "date": "2026-03-02"}, {"day": "2026-03-02"}),
        ({"type": "select", "name": "many", "select": [{"name": "a"}, {"name": "b"}, {}, 5]}, {"many": ["a", "b"]}),
        ({"type": "select", "name": "none", "select": []}, {"none": []}),
        ({"type": "text", "text": "of nobody"}, {}),
        ({"type": ["text"], "name": "odd"}, {}),
        ({"name": "no type", "text": "a"}, {}),
        (None, {}),
    ],
)
def test_unreadable_fields_do_not_affect_the_others(field: Any, answers: dict[str, Any]) -> None:
    assert form_answers({"type": "formResponse", "fields": [field, *FIELDS]}) == {**answers, **ANSWERS}


@pytest.mark.parametrize(
    "raw",
    [{}, {"type": "text", "text": "a"}, {"type": "form", "fields": FIELDS}, {"type": "formResponse", "fields": 5}],
)
def test_other_messages_have_no_answers(raw: dict[str, Any]) -> None:
    assert form_answers(raw) == {}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_every_example_has_all_its_answers(version: str) -> None:
    examples = schemas(version)["FormResponseMessage"]
    examples = examples.get("examples") or examples["allOf"][1]["examples"]
    for raw in examples:
        assert list(form_answers(raw)) == [field["name"] for field in raw["fields"]]
