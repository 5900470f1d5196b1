"""Which variants of two unions belong together: by their tags, or else by similar titles or names."""

from __future__ import annotations

import re
from itertools import product, takewhile
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shapes import Schema, Shape, Variant

Labelled: TypeAlias = dict[str, tuple[str, "Schema"]]


def paired(ours: Shape, theirs: Shape) -> tuple[dict[str, Schema], dict[str, Schema]] | None:
    """The variants of both sides by labels that they share; None if they share none."""
    attributes = ("tag", "title", "name")
    ways = [("tag", "tag", list)] if ours.tag and theirs.tag else product(attributes, attributes, (loose, distinct))
    best: tuple[Labelled, Labelled] = ({}, {})
    for mine, yours, normalize in ways:
        sides = labelled(ours.variants, mine, normalize), labelled(theirs.variants, yours, normalize)
        if len(sides[0].keys() & sides[1].keys()) > len(best[0].keys() & best[1].keys()):
            best = sides
    if not best[0]:
        return None
    shown = {key: f"<{label}>" for side in reversed(best) for key, (label, _) in side.items()}
    ours_shown, theirs_shown = ({shown[key]: schema for key, (_, schema) in side.items()} for side in best)
    return ours_shown, theirs_shown


def labels(union: Shape) -> list[str]:
    """The names of the variants of a union, for people."""
    return [variant.tag or variant.title or variant.name or "?" for variant in union.variants]


def labelled(variants: Sequence[Variant], attribute: str, normalize: Callable[[list[str]], list[str]]) -> Labelled:
    """Label and schema of the variants by normalized label; empty unless each variant has a label of its own."""
    found: list[str] = [getattr(variant, attribute) or "" for variant in variants]
    schemas = (variant.schema for variant in variants)
    by_label = dict(zip(normalize(found), zip(found, schemas, strict=True), strict=True))
    return by_label if len(by_label) == len(variants) and all(found) else {}


def loose(labels: list[str]) -> list[str]:
    """Labels in lower case, without punctuation."""
    return [re.sub(r"[^a-z0-9]", "", label.lower()) for label in labels]


def distinct(labels: list[str]) -> list[str]:
    """Loose labels without the letters that all of them begin or end with."""

    def without_start(words: list[str]) -> list[str]:
        shared = sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*words, strict=False)))
        return [word[shared:][::-1] for word in words]

    return without_start(without_start(loose(labels)))
