"""Pair the variants of two unions by their tags, or else by similar titles or names."""

from __future__ import annotations

import re
from itertools import product, takewhile
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shapes import Schema, Shape, Variant

Labelled: TypeAlias = dict[str, tuple[str, "Schema"]]


def pair_variants(ours: Shape, theirs: Shape) -> tuple[dict[str, Schema], dict[str, Schema]] | None:
    """Map labels to the variants, for each side; None if they share none."""
    attributes = ("tag", "title", "name")
    candidates = (
        [("tag", "tag", list)]
        if ours.tag and theirs.tag
        else product(attributes, attributes, (normalize_labels, strip_shared_affixes))
    )
    best: tuple[Labelled, Labelled] = ({}, {})
    for mine, yours, normalize in candidates:
        sides = label_variants(ours.variants, mine, normalize), label_variants(theirs.variants, yours, normalize)
        if len(sides[0].keys() & sides[1].keys()) > len(best[0].keys() & best[1].keys()):
            best = sides
    if not best[0]:
        return None
    display_labels = {key: f"<{label}>" for side in reversed(best) for key, (label, _) in side.items()}
    our_variants, their_variants = ({display_labels[key]: schema for key, (_, schema) in side.items()} for side in best)
    return our_variants, their_variants


def list_labels(union: Shape) -> list[str]:
    """List a readable name for each variant of a union."""
    return [variant.tag or variant.title or variant.name or "?" for variant in union.variants]


def label_variants(
    variants: Sequence[Variant], attribute: str, normalize: Callable[[list[str]], list[str]]
) -> Labelled:
    """Map normalized labels to label and schema; empty unless all labels are set and unique."""
    names: list[str] = [getattr(variant, attribute) or "" for variant in variants]
    schemas = (variant.schema for variant in variants)
    by_label = dict(zip(normalize(names), zip(names, schemas, strict=True), strict=True))
    return by_label if len(by_label) == len(variants) and all(names) else {}


def normalize_labels(labels: list[str]) -> list[str]:
    """Return labels in lower case, without punctuation."""
    return [re.sub(r"[^a-z0-9]", "", label.lower()) for label in labels]


def strip_shared_affixes(labels: list[str]) -> list[str]:
    """Return normalized labels without the prefix and the suffix that all of them share."""

    def strip_prefix_and_reverse(words: list[str]) -> list[str]:
        shared = sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*words, strict=False)))
        return [word[shared:][::-1] for word in words]

    return strip_prefix_and_reverse(strip_prefix_and_reverse(normalize_labels(labels)))
