"""Where two descriptions differ: places, differences, and the list that collects them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from shapes import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MISSING = "-"
RANGES = {"1XX", "2XX", "3XX", "4XX", "5XX", "default"}


class Difference(NamedTuple):
    """Two different values at one place of the descriptions."""

    place: str
    kind: str
    ours: str
    theirs: str
    component: str
    """The same place, named from the nearest component: equal wherever that is referred to."""

    def is_above(self, place: str) -> bool:
        """Whether a place is this one or lies inside it."""
        return any(place == own or (place.startswith(own) and place[len(own)] in " .<[") for own in self[0::4])


class Place(NamedTuple):
    """A place in both descriptions: named from the operation, and from the nearest component."""

    full: str
    component: str

    @classmethod
    def start(cls, name: str) -> Place:
        """A place that is in no component yet."""
        return cls(name, name)

    def within(self, component: str | None) -> Place:
        """The same place, with a component that begins here."""
        return self._replace(component=component) if component else self

    def part(self, name: str) -> Place:
        """A part of an operation, or a variant."""
        return self._whole()._on(name) if name.startswith("<") else self._on(f" {name}")

    def element(self) -> Place:
        """The elements of the array that is here."""
        return self._on("[]")

    def field(self, name: str) -> Place:
        """A field of the object that is here, or of the elements of the array."""
        here = self._whole()
        return here._on(f" {name}" if here.full.endswith((" request", " response")) else f".{name}", f".{name}")

    def _whole(self) -> Place:
        """The array instead of its elements; the fields of elements are named without brackets."""
        return Place(*(place.removesuffix("[]") for place in self))

    def _on(self, step: str, step_in_component: str | None = None) -> Place:
        full = (self.full + step).lstrip()
        return Place(full, full if self.component == self.full else self.component + (step_in_component or step))


class Differences:
    """The differences found so far, and how much was compared."""

    def __init__(self) -> None:
        self.found: list[Difference] = []
        self.counts: Counter[str] = Counter()
        self.at = ""
        """Where the comparison is, for the text of an error."""

    def add(self, place: Place, kind: str, ours: str, theirs: str) -> None:
        """Note a difference."""
        self.found.append(Difference(place.full, kind, ours, theirs, place.component))

    def compare(self, place: Place, kind: str, ours: Any, theirs: Any) -> None:
        """Note a difference unless two values are equal; None is a missing value."""
        self.counts["fact"] += 1
        if ours != theirs:
            self.add(place, kind, *(MISSING if value is None else text(value) for value in (ours, theirs)))

    def pair(
        self, place: Place, kind: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[tuple[Place, Any, Any]]:
        """Yield the parts that both sides have, and where; what only one side has is a difference."""
        for name in dict.fromkeys([*ours, *theirs]):
            # A range stands for the statuses that are not listed, so it is the same wherever it is.
            here = place.part(name).within(name if name in RANGES else None)
            if name in ours and name in theirs:
                self.counts[kind] += 1
                yield here, ours[name], theirs[name]
            else:
                self.add(here, kind, *("yes" if name in side else MISSING for side in (ours, theirs)))
