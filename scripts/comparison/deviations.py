"""Read the list of intended differences, and match it with the differences found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from shapes import UnreadableDescription

if TYPE_CHECKING:
    from pathlib import Path

    from comparison.differences import Difference


class Deviation(NamedTuple):
    """An intended difference, at one or more places."""

    places: list[str]
    """Places, from the operation (`postMessage request author`) or from the component (`author.subtypes`)."""
    kind: str
    ours: str
    theirs: str
    reason: str

    def covers(self, difference: Difference, place: str) -> bool:
        """Whether this explains a difference at a place."""
        return (
            place in (difference.place, difference.component)
            and (difference.kind, difference.ours, difference.theirs) == self[1:4]
        )


def load_deviations(path: Path) -> list[Deviation]:
    """Read the list of deviations. Raises UnreadableDescription."""
    try:
        entries: list[Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) or []
        deviations = [Deviation(**entry) for entry in entries]
    except (OSError, TypeError, yaml.YAMLError) as error:
        raise UnreadableDescription(f"{path} cannot be read: {error}") from None
    for deviation in deviations:
        places, *texts = deviation
        if (
            not isinstance(places, list)
            or not places
            or not all(isinstance(part, str) and part.strip() for part in [*places, *texts])
        ):
            raise UnreadableDescription(
                f"{path}: `places` is a list of strings; `kind`, `ours`, `theirs` and `reason` are strings: {deviation}"
            )
    return deviations


def match_deviations(
    differences: list[Difference], deviations: list[Deviation]
) -> tuple[list[Difference], list[tuple[str, Deviation]]]:
    """Return the differences that no deviation explains, and the places of deviations that have no such difference."""
    by_place: dict[str, list[Difference]] = {}
    for difference in differences:
        for place in {difference.place, difference.component}:
            by_place.setdefault(place, []).append(difference)
    covered: set[int] = set()
    unused: list[tuple[str, Deviation]] = []
    for deviation in deviations:
        for place in deviation.places:
            matches = [item for item in by_place.get(place, ()) if deviation.covers(item, place)]
            covered |= {id(item) for item in matches}
            if not matches:
                unused.append((place, deviation))
    unexplained = [difference for difference in differences if id(difference) not in covered]
    # A deviation inside a place that differs as a whole is not stale: that difference hides it.
    stale = [
        (place, item) for place, item in unused if not any(difference.contains(place) for difference in unexplained)
    ]
    return unexplained, stale
