"""Places in two descriptions, and the list that collects the differences between them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from shapes import to_text

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
    """The same place, named from the nearest component; the same for every reference to it."""

    def contains(self, place: str) -> bool:
        """Whether a place is this one or lies inside it."""
        return any(place == own or (place.startswith(own) and place[len(own)] in " .<[") for own in self[0::4])


class Place(NamedTuple):
    """A place in both descriptions: named from the operation, and from the nearest component."""

    full: str
    component: str

    @classmethod
    def start(cls, name: str) -> Place:
        """Return a place outside any component."""
        return cls(name, name)

    def within(self, component: str | None) -> Place:
        """Return the same place, at which a component begins."""
        return self._replace(component=component) if component else self

    def part(self, name: str) -> Place:
        """Return the place of a part of an operation, or of a variant."""
        return self._whole()._on(name) if name.startswith("<") else self._on(f" {name}")

    def element(self) -> Place:
        """Return the place of an array's elements."""
        return self._on("[]")

    def field(self, name: str) -> Place:
        """Return the place of an object's field, or of a field of an array's elements."""
        whole = self._whole()
        return whole._on(f" {name}" if whole.full.endswith((" request", " response")) else f".{name}", f".{name}")

    def _whole(self) -> Place:
        """Return the array instead of its elements: fields of elements are named without brackets."""
        return Place(*(place.removesuffix("[]") for place in self))

    def _on(self, step: str, step_in_component: str | None = None) -> Place:
        full = (self.full + step).lstrip()
        return Place(full, full if self.component == self.full else self.component + (step_in_component or step))


class Differences:
    """The differences found so far, and how much was compared."""

    def __init__(self) -> None:
        self.entries: list[Difference] = []
        self.counts: Counter[str] = Counter()
        self.current_place = ""
        """Place that is being compared, for error texts."""

    def add(self, place: Place, kind: str, ours: str, theirs: str) -> None:
        """Add a difference."""
        self.entries.append(Difference(place.full, kind, ours, theirs, place.component))

    def compare(self, place: Place, kind: str, ours: Any, theirs: Any) -> None:
        """Add a difference unless two values are equal; None is a missing value."""
        self.counts["fact"] += 1
        if ours != theirs:
            self.add(place, kind, *(MISSING if value is None else to_text(value) for value in (ours, theirs)))

    def pair(
        self, place: Place, kind: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[tuple[Place, Any, Any]]:
        """Yield place and values of the parts that both sides have; add a difference for all others."""
        for name in dict.fromkeys([*ours, *theirs]):
            # A range such as 4XX stands for all statuses not listed: treat it like a component.
            part = place.part(name).within(name if name in RANGES else None)
            if name in ours and name in theirs:
                self.counts[kind] += 1
                yield part, ours[name], theirs[name]
            else:
                self.add(part, kind, *("yes" if name in side else MISSING for side in (ours, theirs)))
