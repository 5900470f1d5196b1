"""Compare two schemas, and all schemas below them, by their shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapes import LIMITED_TYPES, find_component, is_only_value

from comparison.differences import MISSING
from comparison.variants import list_labels, pair_variants

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shapes import Description, Schema, Shape

    from comparison.differences import Differences, Place


FLAGS = {"readOnly": "read_only", "writeOnly": "write_only"}


class SchemaComparison:
    """Compares the schemas of two descriptions.

    Requests are compared without `readOnly` fields, responses without `writeOnly` fields.
    """

    def __init__(self, ours: Description, theirs: Description, differences: Differences, hidden: str) -> None:
        self.ours = ours
        self.theirs = theirs
        self._differences = differences
        self._hidden = hidden
        self._shown = next(flag for flag in FLAGS if flag != hidden)
        self._in_progress: set[tuple[int, int]] = set()

    def compare(self, place: Place, ours: Schema, theirs: Schema) -> None:
        """Compare two schemas and all below them; a recursive schema is compared once."""
        place = place.within(find_component(theirs) or find_component(ours))
        self._differences.current_place = place.full
        one, other = self.ours.shape(ours), self.theirs.shape(theirs)
        pair = (id(one), id(other))
        if pair in self._in_progress:
            return
        self._in_progress.add(pair)
        if variants := pair_variants(one, other):
            self._rules(place, one, other)
            self._differences.compare(place, "discriminator", one.tag, other.tag)
            for variant, mine, yours in self._differences.pair(place, "variant", *variants):
                shapes = (
                    self.ours.merge_variants(self.ours.shape(mine)),
                    self.theirs.merge_variants(self.theirs.shape(yours)),
                )
                self._compare_shapes(variant, *shapes, tags={one.tag, other.tag})
        else:
            if one.variants and other.variants:
                self._differences.add(place, "variants", *(", ".join(list_labels(side)) for side in (one, other)))
            self._compare_shapes(place, self.ours.merge_variants(one), self.theirs.merge_variants(other))
        self._in_progress.remove(pair)

    def _compare_shapes(self, place: Place, ours: Shape, theirs: Shape, tags: Collection[str | None] = ()) -> None:
        """Compare shapes without variants; of fields named in `tags` only the type is compared."""
        if ours.types != theirs.types:
            self._differences.add(place, "type", ours.brief(), theirs.brief())
            if not ours.types & theirs.types:
                return
        self._rules(place, ours, theirs)
        self._values(place, ours.values, theirs.values)
        for field, name, one, other in self._fields(place, ours, theirs):
            self._differences.compare(place.field(name), "required", name in ours.required, name in theirs.required)
            mine, yours = self.ours.shape(one), self.theirs.shape(other)
            self._differences.compare(field, "deprecated", mine.deprecated, yours.deprecated)
            flags = (getattr(side, FLAGS[self._shown]) for side in (mine, yours))
            self._differences.compare(field, self._shown, *flags)
            if name in tags:
                self._differences.compare(field, "type", mine.brief(), yours.brief())
            else:
                self.compare(field, one, other)
        if ours.items is not None or theirs.items is not None:
            self.compare(place.element(), ours.items or {}, theirs.items or {})
        self._others(place, ours.others, theirs.others)

    def _rules(self, place: Place, ours: Shape, theirs: Shape) -> None:
        self._differences.compare(place, "nullable", bool(ours.nullable), bool(theirs.nullable))
        types = ours.types & theirs.types
        for key in sorted(ours.limits.keys() | theirs.limits.keys()):
            limited = LIMITED_TYPES.get(key)
            if limited and types and not limited & types:
                continue  # The difference in type explains it.
            if key == "default" and (is_only_value(ours) or is_only_value(theirs)):
                continue
            self._differences.compare(place, key, ours.limits.get(key), theirs.limits.get(key))
        self._sets(place, "condition", ours.conditions, theirs.conditions)

    def _values(self, place: Place, ours: frozenset[str] | None, theirs: frozenset[str] | None) -> None:
        if ours is None or theirs is None:
            listed = ("any" if values is None else ", ".join(sorted(values)) for values in (ours, theirs))
            self._differences.compare(place, "enum", *listed)
        else:
            self._sets(place, "enum", ours, theirs)

    def _sets(self, place: Place, kind: str, ours: frozenset[str], theirs: frozenset[str]) -> None:
        self._differences.counts["fact"] += len(ours & theirs)
        for value in sorted(ours ^ theirs):
            self._differences.add(place, kind, *(value if value in values else MISSING for values in (ours, theirs)))

    def _fields(self, place: Place, ours: Shape, theirs: Shape) -> Iterator[tuple[Place, str, Schema, Schema]]:
        """Yield the fields that both sides have; add a difference for all others."""
        sides = self._visible(self.ours, ours), self._visible(self.theirs, theirs)
        for name in dict.fromkeys([*sides[0], *sides[1]]):
            origin = (theirs if name in theirs.fields else ours).origins.get(name)
            field = place.field(name).within(origin and f"{origin}.{name}")
            if name in sides[0] and name in sides[1]:
                self._differences.counts["field"] += 1
                yield field, name, sides[0][name], sides[1][name]
            else:
                descriptions = zip((self.ours, self.theirs), sides, strict=True)
                types = (
                    side.shape(fields[name]).brief() if name in fields else MISSING for side, fields in descriptions
                )
                self._differences.add(field, "field", *types)

    def _visible(self, side: Description, shape: Shape) -> dict[str, Schema]:
        return {
            name: schema
            for name, schema in shape.fields.items()
            if not getattr(side.shape(schema), FLAGS[self._hidden])
        }

    def _others(self, place: Place, ours: Schema | bool, theirs: Schema | bool) -> None:
        if isinstance(ours, dict) and isinstance(theirs, dict):
            self.compare(place.field("*"), ours, theirs)
            return
        sides = ((self.ours, ours), (self.theirs, theirs))
        described = (side.shape(others).brief() if isinstance(others, dict) else others for side, others in sides)
        self._differences.compare(place, "additionalProperties", *described)
