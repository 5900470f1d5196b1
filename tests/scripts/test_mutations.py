"""`make drift` lists every change: single changes with their rows, and each key and value of two small descriptions."""

from __future__ import annotations

import copy
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import drift
import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
DESCRIPTIONS = {side: yaml.safe_load((HERE / f"small_{side}.yaml").read_text()) for side in ("ours", "theirs")}
MUTATIONS = yaml.safe_load((HERE / "mutations.yaml").read_text())

SAME = {
    "*/description": "a text",
    "*/summary": "a text",
    "/components/schemas/*/title": "a text: the events have tags",
    "/info/title": "a text",
    "/openapi": "the version of the format",
    "/tags/*/name": "the name of a group",
    "/paths/*/tags*": "the name of a group",
    "/tags/0/description": "the text around the table of triggers",
    "*/schema/type": "properties and items say it too",
    "*/items/type": "properties say it too",
    "*/allOf/1/type": "properties say it too",
    "/components/schemas/*/type": "properties and items say it too",
    "*/properties/*/type": "properties, items or `const` say it too",
    "*/encoding/tags/style": "the default",
    "*picture/delete/security": "theirs has none by default, ours no default",
    "*/events/items/discriminator*": "the tags of the events tell it too",
    "/components/schemas/part/discriminator/mapping*": "the names of the components, or the defaults of the tags, say it too",
    "/components/schemas/part/oneOf": "the mapping says it too",
    "/components/schemas/*/properties/type/default": "the only value of a tag",
    "/components/schemas/*/oneOf/2*": "our catch-all",
    "/components/schemas/Unknown*": "our catch-all",
    "/components/schemas/*/secret/format": "`password` is for people",
    "/components/schemas/webhook*": "used nowhere",
}
"""Changes that make no difference, and why."""


def keys_of(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def changed(document: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """A copy of a description with one change."""
    document = copy.deepcopy(document)
    *way, last = keys_of(change["at"])
    node: Any = document
    for key in way:
        node = node[int(key) if isinstance(node, list) else key]
    key = int(last) if isinstance(node, list) and last != "-" else last
    if change.get("remove"):
        del node[key]
    elif "replace" in change:
        old, new = change["replace"]
        assert old in node[key]
        node[key] = node[key].replace(old, new)
    elif key == "-":
        node.append(change["set"])
    else:
        node[key] = change["set"]
    return document


def rows(side: str, change: dict[str, Any] | None = None) -> list[str]:
    """The rows of the table after a change on one side."""
    sides = {**DESCRIPTIONS, side: changed(DESCRIPTIONS[side], change)} if change else DESCRIPTIONS
    comparison = drift.Comparison(sides["ours"], drift.add_trigger_enum(sides["theirs"]))
    return [" | ".join(row) for row in drift.build_rows(comparison.differences)]


def test_the_small_descriptions_are_equivalent() -> None:
    assert rows("theirs") == []
    assert not list(drift.find_unread(DESCRIPTIONS["ours"]))
    assert not list(drift.find_unread(DESCRIPTIONS["theirs"]))


def test_there_are_at_least_a_hundred_mutations() -> None:
    assert sum(map(len, MUTATIONS.values())) >= 100


@pytest.mark.parametrize(
    ("side", "change"),
    [pytest.param(side, each, id=f"{side}{each['at']}") for side in MUTATIONS for each in MUTATIONS[side]],
)
def test_a_mutation_is_listed_exactly(side: str, change: dict[str, Any]) -> None:
    assert rows(side, change) == change["named"]


def everything(node: Any, pointer: str = "") -> Iterator[dict[str, Any]]:
    """Each key and element removed, each value changed."""
    items = enumerate(node) if isinstance(node, list) else node.items() if isinstance(node, dict) else ()
    for key, value in items:
        at = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
        yield {"at": at, "remove": True}
        if isinstance(value, bool):
            yield {"at": at, "set": not value}
        elif isinstance(value, (int, float)):
            yield {"at": at, "set": value + 1}
        elif isinstance(value, str):
            yield {"at": at, "set": value + "x"}
        yield from everything(value, at)


def test_every_change_of_a_key_or_value_is_listed() -> None:
    used = set()
    for side, description in DESCRIPTIONS.items():
        for change in everything(description):
            try:
                named = rows(side, change) or list(drift.find_unread(changed(description, change)))
            except drift.UnreadableDescription:
                continue
            if not named:
                reasons = [pattern for pattern in SAME if fnmatchcase(change["at"], pattern)]
                assert reasons, f"{side}: {change} is missed"
                used |= set(reasons)
    assert used == set(SAME)
