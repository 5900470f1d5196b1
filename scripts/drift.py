"""Compare spec/v2.yaml with the vendor's description of the API: what differs, and is it meant to?

Variants of a union are told by their tag, or by title or name where there is none; our catch-all variants do not count. Read-only fields
are looked at in answers, write-only ones in requests. What is meant to differ stands in spec/deviations.yaml with a reason.

Exit status: 0 no drift, 1 a difference without a reason or a reason without a difference, 2 something cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import re
import sys
import urllib.request
from collections import Counter
from fnmatch import fnmatchcase
from itertools import product, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import yaml
from shapes import Description, Schema, Shape, UnreadableDescription, Variant, component, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
WIDTH = 88

Labelled: TypeAlias = dict[str, tuple[str, Schema]]


class Difference(NamedTuple):
    """What the two descriptions say differently about one place."""

    place: str
    kind: str
    ours: str
    theirs: str
    component: str
    """The same place, named from the nearest component: equal wherever that is referred to."""


class Place(NamedTuple):
    """Where the comparison is: named from the operation, and from the nearest component."""

    full: str
    component: str

    @classmethod
    def start(cls, name: str) -> Place:
        """A place that is in no component yet."""
        return cls(name, name)

    def part(self, name: str) -> Place:
        """A part of an operation, or a label."""
        return self._on(name if name.startswith("<") else f" {name}")

    def field(self, name: str) -> Place:
        """A field of the object that is here."""
        return self._on(f" {name}" if self.full.endswith((" request", " response")) else f".{name}", f".{name}")

    def _on(self, step: str, step_in_component: str | None = None) -> Place:
        full = (self.full + step).lstrip()
        return Place(full, full if self.component == self.full else self.component + (step_in_component or step))


class Comparison:
    """Everything that differs between two descriptions."""

    def __init__(self, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        self.ours = Description(ours)
        self.theirs = Description(theirs)
        self.differences: list[Difference] = []
        self.counts: Counter[str] = Counter()
        self._hidden = ""
        self._underway: set[tuple[int, int]] = set()
        self._at = "paths"
        try:
            self._operations()
            self._at = "webhooks"
            self._deliveries()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The vendor's file is valid by no schema, so it cannot be held to one first.
            raise UnreadableDescription(f"{self._at}: not what OpenAPI has here: {error!r}") from error

    def _differ(self, place: Place, kind: str, ours: str, theirs: str) -> None:
        self.differences.append(Difference(place.full, kind, ours, theirs, place.component))

    def _fact(self, place: Place, kind: str, ours: Any, theirs: Any) -> None:
        if ours != theirs:
            self._differ(place, kind, *("-" if value is None else text(value) for value in (ours, theirs)))

    def _pairs(
        self, place: Place, kind: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[tuple[Place, str, Any, Any]]:
        """What both sides have, and where; what only one has is a difference."""
        for name in dict.fromkeys([*ours, *theirs]):
            here = place.field(name) if kind == "field" else place.part(name)
            if name in ours and name in theirs:
                self.counts[kind] += 1
                yield here, name, ours[name], theirs[name]
            else:
                sides = ((self.ours, ours), (self.theirs, theirs))
                self._differ(here, kind, *(self._presence(side, parts.get(name), kind) for side, parts in sides))

    def _presence(self, side: Description, part: Any, kind: str) -> str:
        if part is None:
            return "-"
        return side.shape(part).brief() if kind == "field" else "yes"

    # Operations

    def _operations(self) -> None:
        for here, _, one, other in self._pairs(
            Place("", ""), "operation", operations(self.ours), operations(self.theirs)
        ):
            self._operation(Place.start(one.get("operationId", here.full)), one, other)

    def _operation(self, place: Place, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        self._at = place.full
        self._fact(place, "deprecated", *(bool(side.get("deprecated")) for side in (ours, theirs)))
        self._hidden = "read_only"
        for here, _, one, other in self._pairs(place, "parameter", ours["parameters"], theirs["parameters"]):
            self._parameter(here, one, other)
        bodies = [self.ours.resolve(ours.get("requestBody", {})), self.theirs.resolve(theirs.get("requestBody", {}))]
        if any(bodies):
            self._fact(place.part("request"), "required", *(bool(body.get("required")) for body in bodies))
            self._contents(place.part("request"), *bodies)
        self._hidden = "write_only"
        for here, _, one, other in self._pairs(place, "status", successes(ours), successes(theirs)):
            self._contents(here.part("response"), self.ours.resolve(one), self.theirs.resolve(other))

    def _parameter(self, place: Place, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        self._fact(place, "required", bool(ours.get("required")), bool(theirs.get("required")))
        self._fact(place, "deprecated", *(bool(side.get("deprecated")) for side in (ours, theirs)))
        self._fact(place, "style", style(ours), style(theirs))
        self._schema(place, parameter_schema(ours), parameter_schema(theirs))

    def _contents(self, place: Place, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        for here, media, one, other in self._pairs(
            place, "content", ours.get("content", {}), theirs.get("content", {})
        ):
            self._schema(place if media == "application/json" else here, one.get("schema", {}), other.get("schema", {}))

    def _deliveries(self) -> None:
        self._hidden = "write_only"
        ours, theirs = delivery(self.ours), delivery(self.theirs)
        self._fact(Place.start("webhook"), "webhook", *("yes" if side else None for side in (ours, theirs)))
        if ours and theirs:
            self._schema(Place.start("webhook request"), ours, theirs)

    # Schemas

    def _schema(self, place: Place, ours: Schema, theirs: Schema) -> None:
        """Compare two schemas and all below them, but not again inside of themselves."""
        if name := component(theirs) or component(ours):
            place = place._replace(component=name)
        self._at = place.full
        one, other = self.ours.shape(ours), self.theirs.shape(theirs)
        pair = (id(one), id(other))
        if pair in self._underway:
            return
        self._underway.add(pair)
        if variants := paired(one, other):
            self._fact(place, "nullable", bool(one.nullable), bool(other.nullable))
            for here, _, mine, yours in self._pairs(place, "variant", *variants):
                shapes = self.ours.merged(self.ours.shape(mine)), self.theirs.merged(self.theirs.shape(yours))
                self._object(here, *shapes, tag=one.tag or other.tag)
        else:
            self._object(place, self.ours.merged(one), self.theirs.merged(other))
        self._underway.remove(pair)

    def _object(self, place: Place, ours: Shape, theirs: Shape, tag: str | None = None) -> None:
        """Compare what two schemas without variants say. The field that told them from others does not count."""
        if ours.types != theirs.types:
            self._differ(place, "type", ours.brief(), theirs.brief())
            if not ours.types & theirs.types:
                return
        self._fact(place, "nullable", bool(ours.nullable), bool(theirs.nullable))
        self._values(place, ours.values, theirs.values)
        for key in sorted(ours.limits.keys() | theirs.limits.keys()):
            self._fact(place, key, ours.limits.get(key), theirs.limits.get(key))
        fields = self._visible(self.ours, ours), self._visible(self.theirs, theirs)
        for here, name, one, other in self._pairs(place, "field", *fields):
            if name != tag:
                self._fact(here, "required", name in ours.required, name in theirs.required)
                self._fact(here, "deprecated", self.ours.shape(one).deprecated, self.theirs.shape(other).deprecated)
                self._schema(here, one, other)
        if ours.items is not None and theirs.items is not None:
            self._schema(place, ours.items, theirs.items)
        self._others(place, ours.others, theirs.others)

    def _values(self, place: Place, ours: frozenset[str] | None, theirs: frozenset[str] | None) -> None:
        if ours is None or theirs is None:
            self._fact(
                place, "enum", *("any" if values is None else ", ".join(sorted(values)) for values in (ours, theirs))
            )
            return
        for value in sorted(ours ^ theirs):
            self._differ(place, "enum", *(value if value in values else "-" for values in (ours, theirs)))

    def _others(self, place: Place, ours: Schema | bool, theirs: Schema | bool) -> None:
        if isinstance(ours, dict) and isinstance(theirs, dict):
            self._schema(place.field("*"), ours, theirs)
            return
        sides = ((self.ours, ours), (self.theirs, theirs))
        shown = (side.shape(others).brief() if isinstance(others, dict) else others for side, others in sides)
        self._fact(place, "additionalProperties", *shown)

    def _visible(self, side: Description, shape: Shape) -> dict[str, Schema]:
        return {name: schema for name, schema in shape.fields.items() if not getattr(side.shape(schema), self._hidden)}


def paired(ours: Shape, theirs: Shape) -> tuple[dict[str, Schema], dict[str, Schema]] | None:
    """The variants of both sides by labels that they share; None if nothing tells which belong together."""
    labels = ("tag", "title", "name")
    ways = [("tag", "tag", list)] if ours.tag and theirs.tag else product(labels, labels, (loose, distinct))
    best: tuple[Labelled, Labelled] = ({}, {})
    for mine, yours, read in ways:
        sides = labelled(ours.variants, mine, read), labelled(theirs.variants, yours, read)
        if len(sides[0].keys() & sides[1].keys()) > len(best[0].keys() & best[1].keys()):
            best = sides
    if not best[0]:
        return None
    shown = {key: f"<{label}>" for side in reversed(best) for key, (label, _) in side.items()}
    ours_shown, theirs_shown = ({shown[key]: schema for key, (_, schema) in side.items()} for side in best)
    return ours_shown, theirs_shown


def labelled(variants: Sequence[Variant], attribute: str, read: Callable[[list[str]], list[str]]) -> Labelled:
    """Label and schema of the variants by what is read in the labels; none if a variant has no label of its own."""
    labels: list[str] = [getattr(variant, attribute) or "" for variant in variants]
    found = dict(zip(read(labels), zip(labels, (variant.schema for variant in variants), strict=True), strict=True))
    return found if len(found) == len(variants) and all(labels) else {}


def loose(labels: list[str]) -> list[str]:
    """Labels without what is a matter of taste in names."""
    return [re.sub(r"[^a-z0-9]", "", label.lower()) for label in labels]


def distinct(labels: list[str]) -> list[str]:
    """The same without what all of them begin or end with."""

    def without_start(words: list[str]) -> list[str]:
        shared = sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*words, strict=False)))
        return [word[shared:][::-1] for word in words]

    return without_start(without_start(loose(labels)))


def operations(side: Description) -> dict[str, dict[str, Any]]:
    """The operations of a description by method and path, with the parameters of the path."""
    found = {}
    for path, reference in side.document["paths"].items():
        item = side.resolve(reference)
        for method in METHODS:
            if method in item:
                declared = [*item.get("parameters", []), *item[method].get("parameters", [])]
                parameters = [side.resolve(parameter) for parameter in declared]
                by_name = {f"{parameter['in']} {parameter['name']}": parameter for parameter in parameters}
                key = f"{method.upper()} {re.sub(r'{.*?}', '{}', path)}"
                found[key] = {**item[method], "parameters": by_name}
    return found


def successes(operation: dict[str, Any]) -> dict[str, Any]:
    """Responses of status 2xx and 3xx."""
    responses = {str(status): response for status, response in operation.get("responses", {}).items()}
    return {status: response for status, response in responses.items() if status[0] in "23"}


def style(parameter: dict[str, Any]) -> str:
    """How the value of a parameter is written, defaults filled in."""
    name = parameter.get("style", "form" if parameter["in"] in {"query", "cookie"} else "simple")
    return f"{name}, explode" if parameter.get("explode", name == "form") else str(name)


def parameter_schema(parameter: dict[str, Any]) -> Schema:
    """The schema of a parameter, wherever it stands."""
    contents = [content.get("schema", {}) for content in parameter.get("content", {}).values()]
    found: Schema = parameter.get("schema", contents[0] if contents else {})
    return found


def delivery(side: Description) -> Schema | None:
    """The schema of what webhooks deliver: as the description declares it, or else the component of that name."""
    hooks = side.document.get("webhooks") or side.document.get("x-webhooks") or {}
    methods = [item.get(method, {}) for item in map(side.resolve, hooks.values()) for method in METHODS]
    bodies = [side.resolve(operation["requestBody"]) for operation in methods if "requestBody" in operation]
    found = [
        content["schema"] for body in bodies for content in body.get("content", {}).values() if "schema" in content
    ]
    schemas = side.document.get("components", {}).get("schemas", {})
    found = found or [schema for name, schema in schemas.items() if name.lower() == "webhookpayload"]
    return {"anyOf": found} if len(found) > 1 else next(iter(found), None)


class Deviation(NamedTuple):
    """Differences that are meant."""

    place: str
    """Pattern of places, from the operation (`postMessage request author.*`) or from the component (`author.subtypes`)."""
    kind: str
    reason: str
    ours: str | None = None
    theirs: str | None = None

    def covers(self, difference: Difference) -> bool:
        """Whether this difference is one of those."""
        return (
            difference.kind == self.kind
            and self.ours in {None, difference.ours}
            and self.theirs in {None, difference.theirs}
            and any(fnmatchcase(place, self.place) for place in (difference.place, difference.component))
        )


def load(location: str) -> tuple[dict[str, Any], str]:
    """Read a description of OpenAPI 3 from a file or a URL. Returns it and a line that says which one it is."""
    try:
        if location.startswith(("http://", "https://")):
            with urllib.request.urlopen(location, timeout=30) as answer:  # noqa: S310
                content = answer.read()
        else:
            content = Path(location).read_bytes()
        document = yaml.load(content, Loader=yaml.CSafeLoader)
    except (OSError, ValueError, http.client.HTTPException, yaml.YAMLError) as error:
        raise UnreadableDescription(f"{location} cannot be read: {error}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise UnreadableDescription(f"{location} is no OpenAPI 3 description: `openapi: 3.…` is missing at the top")
    if not isinstance(document.get("paths"), dict):
        raise UnreadableDescription(f"{location} describes no paths")
    version = (document.get("info") or {}).get("version", "without a version")
    digest = hashlib.sha256(content).hexdigest()[:12]
    return document, f"{location}: {version}, OpenAPI {document['openapi']}, sha256 {digest}…"


def load_deviations(path: Path) -> list[Deviation]:
    """Read the list of what is meant to differ."""
    try:
        found = [Deviation(**entry) for entry in yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) or []]
    except (OSError, TypeError, yaml.YAMLError) as error:
        raise UnreadableDescription(f"{path} cannot be read: {error}") from None
    for deviation in found:
        if not all(isinstance(part, str) and part.strip() for part in deviation if part is not None):
            raise UnreadableDescription(f"{path}: each part of an entry is a text: {deviation.place}, {deviation.kind}")
    return found


def table(differences: Iterable[Difference]) -> str:
    """What differs, in columns: one row for a difference inside a component, however often that is referred to."""
    places: dict[tuple[str, ...], list[str]] = {}
    for place, *rest in differences:
        places.setdefault(tuple(rest), []).append(place)
    rows = [["place", "kind", "ours", "theirs"]]
    for (kind, ours, theirs, _), found in places.items():
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        rows.append([found[0] + more, kind, ours, theirs])
    widths = [min(WIDTH, max(map(len, column))) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("upstream", help="path or URL of the vendor's description")
    parser.add_argument("--ours", default=str(ROOT / "spec" / "v2.yaml"), help="our description")
    parser.add_argument(
        "--deviations", type=Path, default=ROOT / "spec" / "deviations.yaml", help="what is meant to differ"
    )
    options = parser.parse_args(arguments)
    try:
        (ours, our_line), (theirs, their_line) = load(options.ours), load(options.upstream)
        deviations = load_deviations(options.deviations)
        print(f"ours    {our_line}\ntheirs  {their_line}")
        comparison = Comparison(ours, theirs)
    except UnreadableDescription as error:
        print(error, file=sys.stderr)
        return 2
    return report(comparison, deviations, options.deviations.name)


def report(comparison: Comparison, deviations: Sequence[Deviation], listed_in: str) -> int:
    """Print what differs and is not meant to. Returns the exit status."""
    differences = comparison.differences
    unmeant = [difference for difference in differences if not any(item.covers(difference) for item in deviations)]
    dead = [item for item in deviations if not any(item.covers(difference) for difference in differences)]
    if unmeant:
        print(f"\n{table(unmeant)}\n\n{len(unmeant)} places differ without a reason in {listed_in}.")
    for item in dead:
        print(f"{listed_in}: nothing differs like this: {item.place}, {item.kind}")
    if not unmeant and not dead:
        compared = ", ".join(
            f"{comparison.counts[kind]} {kind}s" for kind in ("operation", "parameter", "variant", "field")
        )
        print(f"No drift in {compared}; {len(deviations)} deviations with a reason cover {len(differences)} places.")
    return 1 if unmeant or dead else 0


if __name__ == "__main__":
    sys.exit(main())
