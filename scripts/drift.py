"""Compare spec/v2.yaml with the vendor's description of the API, and report unexplained differences.

Variants of a union are paired by their tag, or else by title or name; our catch-all variants do not count. Read-only
fields are compared in responses, write-only ones in requests. Intended differences stand in spec/deviations.yaml with a reason.

Exit status: 0 no drift, 1 a difference without a reason or a reason without a difference, 2 something cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from comparison.descriptions import Comparison
from comparison.deviations import load_deviations, match_deviations
from comparison.prose import add_trigger_enum
from comparison.unread import count_texts, find_unread
from shapes import UnreadableDescription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from comparison.deviations import Deviation
    from comparison.differences import Difference

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 88
COUNTED = {
    "operation": "operations",
    "webhook": "webhooks",
    "parameter": "parameters",
    "body": "request bodies",
    "status": "responses",
    "header": "headers",
    "variant": "variants",
    "field": "fields",
    "fact": "facts about them",
}


def load(location: str) -> tuple[dict[str, Any], str]:
    """Read an OpenAPI 3 description from a file or URL; return it and a line with its version and digest."""
    try:
        if location.startswith(("http://", "https://")):
            with urllib.request.urlopen(location, timeout=30) as response:  # noqa: S310
                content = response.read()
        else:
            content = Path(location).read_bytes()
        document = yaml.load(content, Loader=yaml.CSafeLoader)
    except (OSError, ValueError, http.client.HTTPException, yaml.YAMLError) as error:
        raise UnreadableDescription(f"{location} cannot be read: {error}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise UnreadableDescription(f"{location} is not an OpenAPI 3 description: `openapi: 3.…` is missing at the top")
    if not isinstance(document.get("paths"), dict):
        raise UnreadableDescription(f"{location} describes no paths")
    version = (document.get("info") or {}).get("version", "without a version")
    digest = hashlib.sha256(content).hexdigest()[:12]
    return document, f"{location}: {version}, OpenAPI {document['openapi']}, sha256 {digest}…"


def build_rows(differences: Iterable[Difference]) -> list[list[str]]:
    """Return place, kind and values of each difference.

    A component that differs gets one row, however often it is referred to.
    """
    places: dict[tuple[str, ...], list[str]] = {}
    for place, *rest in differences:
        places.setdefault(tuple(rest), []).append(place)
    more = {key: f" (and {len(paths) - 1} more)" if len(paths) > 1 else "" for key, paths in places.items()}
    return [[paths[0] + more[key], *key[:3]] for key, paths in places.items()]


def format_table(content: list[list[str]]) -> str:
    """Format rows in columns, with a title."""
    lines = [["place", "kind", "ours", "theirs"], *content]
    widths = [min(WIDTH, max(map(len, column))) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("upstream", help="path or URL of the vendor's description")
    parser.add_argument("--ours", default=str(ROOT / "spec" / "v2.yaml"), help="our description")
    parser.add_argument(
        "--deviations", type=Path, default=ROOT / "spec" / "deviations.yaml", help="the intended differences"
    )
    options = parser.parse_args(arguments)
    try:
        (ours, our_line), (theirs, their_line) = load(options.ours), load(options.upstream)
        deviations = load_deviations(options.deviations)
        print(f"ours    {our_line}\ntheirs  {their_line}")
        comparison = Comparison(ours, add_trigger_enum(theirs))
    except UnreadableDescription as error:
        print(error, file=sys.stderr)
        return 2
    is_clean = report(comparison, deviations, options.deviations.name)
    print(f"Not compared: {count_texts(theirs)} titles, descriptions and examples of theirs.")
    unknown = [
        f"{side}: {place}" for side, document in (("ours", ours), ("theirs", theirs)) for place in find_unread(document)
    ]
    for line in unknown:
        print(f"cannot be compared: scripts/comparison/unread.py does not know this keyword: {line}", file=sys.stderr)
    return 2 if unknown else 0 if is_clean else 1


def report(comparison: Comparison, deviations: list[Deviation], listed_in: str) -> bool:
    """Print unexplained differences, stale reasons and counts. Returns whether there is no drift."""
    unexplained, stale = match_deviations(comparison.differences, deviations)
    compared = ", ".join(f"{comparison.counts[kind]} {name}" for kind, name in COUNTED.items())
    if unexplained:
        lines = build_rows(unexplained)
        print(f"\n{format_table(lines)}\n\n{len(lines)} places differ without a reason in {listed_in}.")
    for place, deviation in stale:
        print(
            f"{listed_in}: no such difference any more: {place}, {deviation.kind}, {deviation.ours}, {deviation.theirs}"
        )
    if unexplained or stale:
        print(f"Compared: {compared}.")
        return False
    places = sum(len(deviation.places) for deviation in deviations)
    print(f"No drift in {compared}; {len(deviations)} reasons explain the differences at {places} places.")
    return True


if __name__ == "__main__":
    sys.exit(main())
