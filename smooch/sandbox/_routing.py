"""Find the operation of a request by its raw path, in which an id may contain an encoded slash."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import attrs

from ._errors import ApiError, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._spec import Operation


@attrs.frozen
class Match:
    operation: Operation
    version: str
    params: dict[str, str]


@attrs.define(eq=False)
class _Node:
    literals: dict[str, _Node] = attrs.Factory(dict)
    placeholder: _Node | None = None
    endpoints: dict[str, _Endpoint] = attrs.Factory(dict)

    def child(self, segment: str) -> _Node:
        if not segment.startswith("{"):
            return self.literals.setdefault(segment.lower(), _Node())
        if self.placeholder is None:
            self.placeholder = _Node()
        return self.placeholder


@attrs.frozen
class _Endpoint:
    """An operation and the names of the placeholders in its path, which differ between operations."""

    version: str
    operation: Operation
    names: list[str]


class Router:
    """A tree of path segments. Literal segments are case-insensitive and win over placeholders."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, version: str, operations: Iterable[Operation], prefix: str = "") -> None:
        """Add operations below `prefix`, those of an app also below `{prefix}/apps/{appId}`."""
        for operation in operations:
            self._add(prefix + operation.path, version, operation)
            if operation.in_app:
                self._add(f"{prefix}/apps/{{appId}}{operation.path}", version, operation)

    def _add(self, path: str, version: str, operation: Operation) -> None:
        node, segments = self._root, path.removeprefix("/").split("/")
        for segment in segments:
            node = node.child(segment)
        names = [segment[1:-1] for segment in segments if segment.startswith("{")]
        node.endpoints[operation.method.upper()] = _Endpoint(version, operation, names)

    def find(self, method: str, raw_path: str) -> Match:
        """Return the operation for a method and path. 404 for an unknown path, 405 for a wrong method."""
        match = _walk(self._root, raw_path.strip("/").split("/"), 0, [])
        if match is None:
            raise not_found(f"Path {unquote(raw_path)}")
        node, values = match
        if method not in node.endpoints:
            allowed = ", ".join(sorted(node.endpoints))
            raise ApiError(405, f"{method} is not allowed here, only {allowed}", headers={"Allow": allowed})
        endpoint = node.endpoints[method]
        return Match(endpoint.operation, endpoint.version, dict(zip(endpoint.names, values, strict=True)))


def _walk(node: _Node, segments: list[str], index: int, values: list[str]) -> tuple[_Node, list[str]] | None:
    if index == len(segments):
        return (node, values) if node.endpoints else None
    segment = segments[index]
    if (literal := node.literals.get(segment.lower())) and (match := _walk(literal, segments, index + 1, values)):
        return match
    if node.placeholder is None or not segment:
        return None
    return _walk(node.placeholder, segments, index + 1, [*values, unquote(segment)])
