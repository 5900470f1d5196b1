"""Compare two descriptions: servers, security, operations and webhooks, and all parts of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from shapes import METHODS, Description, UnreadableDescription, find_component, to_text

from comparison.differences import Differences, Place
from comparison.schemas import SchemaComparison
from comparison.variants import normalize_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

Node = dict[str, Any]


class Operation(NamedTuple):
    """An operation, with the parameters and servers of its path."""

    method: str
    path: str
    node: Node
    parameters: Node
    servers: list[Node] | None


class Comparison:
    """Everything that differs between two descriptions."""

    def __init__(self, ours: Node, theirs: Node) -> None:
        self.ours = Description(ours)
        self.theirs = Description(theirs)
        self._differences = Differences()
        self.differences = self._differences.entries
        """All differences, in the order of the descriptions."""
        self.counts = self._differences.counts
        """Number of compared parts, by kind."""
        self._requests = SchemaComparison(self.ours, self.theirs, self._differences, "readOnly")
        self._responses = SchemaComparison(self.ours, self.theirs, self._differences, "writeOnly")
        try:
            self._differences.current_place = "info"
            self._document()
            self._differences.current_place = "paths"
            self._operations()
            self._differences.current_place = "webhooks"
            self._webhooks()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The vendor's file does not follow any schema, so it cannot be validated first.
            raise UnreadableDescription(f"{self._differences.current_place}: not valid OpenAPI: {error!r}") from error

    def _document(self) -> None:
        sides = self.ours.document, self.theirs.document
        versions = (side.get("info", {}).get("version") for side in sides)
        self._differences.compare(Place.start("API"), "version", *versions)
        servers = ({node["url"]: node for node in side.get("servers", [])} for side in sides)
        for server, one, other in self._differences.pair(Place.start("API"), "server", *servers):
            self._differences.compare(server, "variables", describe_variables(one), describe_variables(other))
        schemes = (map_security_schemes(side) for side in (self.ours, self.theirs))
        for scheme, one, other in self._differences.pair(Place.start("API"), "security scheme", *schemes):
            self._differences.compare(scheme, "settings", one, other)

    # Operations

    def _operations(self) -> None:
        ours, theirs = map_operations(self.ours), map_operations(self.theirs)
        keys = {normalize_operation_id(operation): key for key, operation in ours.items() if key not in theirs}
        for key in [key for key in theirs if key not in ours]:
            name = normalize_operation_id(theirs[key])
            if name and name in keys:
                self._differences.compare(Place.start(name), "path", keys[name], key)
                ours[key] = ours.pop(keys[name])
        for part, one, other in self._differences.pair(Place.start(""), "operation", ours, theirs):
            place = Place.start(one.node.get("operationId", part.full))
            self._operation(place, one, other, self._requests, self._responses)

    def _webhooks(self) -> None:
        ours, theirs = map_webhooks(self.ours), map_webhooks(self.theirs)
        if len(ours) < 2 and len(theirs) < 2:
            ours, theirs = (dict(zip(["webhook"], side.values(), strict=False)) for side in (ours, theirs))
        for webhook, one, other in self._differences.pair(Place.start(""), "webhook", ours, theirs):
            self._differences.compare(webhook, "method", one.method, other.method)
            # The API sends these requests, so they hold read-only fields, and no write-only ones.
            self._operation(webhook, one, other, self._responses, self._requests)

    def _operation(
        self, place: Place, ours: Operation, theirs: Operation, requests: SchemaComparison, responses: SchemaComparison
    ) -> None:
        self._differences.current_place = place.full
        self._differences.compare(place, "operationId", normalize_operation_id(ours), normalize_operation_id(theirs))
        self._flag(place, "deprecated", ours.node, theirs.node)
        self._differences.compare(
            place, "security", describe_security(self.ours, ours), describe_security(self.theirs, theirs)
        )
        if ours.servers or theirs.servers:
            sides = ((self.ours, ours), (self.theirs, theirs))
            servers = (operation.servers or side.document.get("servers", []) for side, operation in sides)
            self._differences.compare(
                place, "servers", *(", ".join(map(describe_server, listed)) for listed in servers)
            )
        self._parameters(place, ours, theirs, requests)
        bodies = ({"request": node} if (node := side.node.get("requestBody")) else {} for side in (ours, theirs))
        for body, one, other in self._in_components(place, "body", *bodies):
            self._flag(body, "required", one, other)
            self._contents(body, one, other, requests)
        statuses = (
            {str(code): node for code, node in side.node.get("responses", {}).items()} for side in (ours, theirs)
        )
        for status, one, other in self._in_components(place, "status", *statuses):
            self._headers(status.part("header"), one.get("headers", {}), other.get("headers", {}), responses)
            self._contents(status.part("response"), one, other, responses)

    def _in_components(self, place: Place, kind: str, ours: Node, theirs: Node) -> Iterator[tuple[Place, Node, Node]]:
        for part, one, other in self._differences.pair(place, kind, ours, theirs):
            yield (
                part.within(find_component(other) or find_component(one)),
                self.ours.resolve(one),
                self.theirs.resolve(other),
            )

    def _flag(self, place: Place, name: str, ours: Node, theirs: Node) -> None:
        self._differences.compare(place, name, bool(ours.get(name)), bool(theirs.get(name)))

    def _parameters(self, place: Place, ours: Operation, theirs: Operation, requests: SchemaComparison) -> None:
        in_path = {f"path {index}": f"path {name}" for index, name in enumerate(list_path_parameters(ours.path))}
        sides = ({in_path.get(key, key): node for key, node in side.parameters.items()} for side in (ours, theirs))
        for parameter, one, other in self._in_components(place, "parameter", *sides):
            self._value(parameter, one, other, requests)

    def _headers(self, place: Place, ours: Node, theirs: Node, schemas: SchemaComparison) -> None:
        sides = ({name.lower(): node for name, node in side.items()} for side in (ours, theirs))
        for header, one, other in self._in_components(place, "header", *sides):
            self._value(header, one, other, schemas)

    def _value(self, place: Place, ours: Node, theirs: Node, schemas: SchemaComparison) -> None:
        """Compare what parameters and headers have in common."""
        for flag in ("required", "deprecated", "allowEmptyValue", "allowReserved"):
            self._flag(place, flag, ours, theirs)
        self._differences.compare(place, "style", describe_style(ours), describe_style(theirs))
        if "content" in ours or "content" in theirs:
            self._contents(place, ours, theirs, schemas)
        else:
            schemas.compare(place, ours.get("schema", {}), theirs.get("schema", {}))

    def _contents(self, place: Place, ours: Node, theirs: Node, schemas: SchemaComparison) -> None:
        contents = ours.get("content", {}), theirs.get("content", {})
        for content, one, other in self._differences.pair(place, "content", *contents):
            at = place if content.full.endswith(" application/json") else content
            schemas.compare(at, one.get("schema", {}), other.get("schema", {}))
            encodings = one.get("encoding", {}), other.get("encoding", {})
            for field, mine, yours in self._differences.pair(content, "encoding", *encodings):
                self._differences.compare(field, "contentType", mine.get("contentType"), yours.get("contentType"))
                self._differences.compare(field, "style", *(describe_encoding_style(side) for side in (mine, yours)))
                self._flag(field, "allowReserved", mine, yours)
                self._headers(field.part("header"), mine.get("headers", {}), yours.get("headers", {}), schemas)


def map_operations(side: Description) -> dict[str, Operation]:
    """Map method and path, without the names of path parameters, to the operation."""
    by_signature = {}
    for path, reference in side.document["paths"].items():
        for operation in iter_operations(side, path, side.resolve(reference)):
            by_signature[f"{operation.method} {re.sub(r'{.*?}', '{}', path)}"] = operation
    return by_signature


def map_webhooks(side: Description) -> dict[str, Operation]:
    """Map name and method of each webhook to its operation."""
    declared = side.document.get("webhooks") or side.document.get("x-webhooks") or {}
    names = dict(zip(declared, normalize_labels(list(declared)), strict=True))
    return {
        f"webhook {names[name]} {operation.method}": operation
        for name, reference in declared.items()
        for operation in iter_operations(side, name, side.resolve(reference))
    }


def list_path_parameters(path: str) -> list[str]:
    """List the names of the parameters in a path."""
    return re.findall(r"{(.*?)}", path)


def iter_operations(side: Description, path: str, item: Node) -> Iterator[Operation]:
    """Yield the operations of a path or webhook; path parameters are named by their position."""
    in_path = list_path_parameters(path)
    for method in METHODS:
        if method not in item:
            continue
        parameters = {}
        for reference in [*item.get("parameters", []), *item[method].get("parameters", [])]:
            parameter = side.resolve(reference)
            name = parameter["name"]
            if parameter["in"] == "path" and name in in_path:
                name = in_path.index(name)
            parameters[f"{parameter['in']} {name}"] = reference
        servers = item[method].get("servers") or item.get("servers")
        yield Operation(method.upper(), path, item[method], parameters, servers)


def normalize_operation_id(operation: Operation) -> str | None:
    """Return the operationId with a small first letter: the vendor writes both."""
    name = operation.node.get("operationId")
    return name and name[0].lower() + name[1:]


def describe_style(parameter: Node) -> str:
    """Return the serialization style of a parameter or header, defaults filled in."""
    name = parameter.get("style", "form" if parameter.get("in") in {"query", "cookie"} else "simple")
    return f"{name}, explode" if parameter.get("explode", name == "form") else str(name)


def describe_encoding_style(encoding: Node) -> str | None:
    """Return the serialization style of a form field; None if its type decides."""
    return describe_style({"in": "query", **encoding}) if encoding.keys() & {"style", "explode"} else None


def describe_server(server: Node) -> str:
    """Return a server's URL and variables in one line."""
    return " ".join(part for part in (server["url"], describe_variables(server)) if part)


def describe_variables(server: Node) -> str | None:
    """Return the variables of a server's URL as text, without descriptions."""
    settings = {
        name: {key: value for key, value in variable.items() if key != "description"}
        for name, variable in server.get("variables", {}).items()
    }
    return to_text(settings) if settings else None


def label_scheme(scheme: Node) -> str:
    """Return the kind of a security scheme, to match schemes of different names."""
    details = ("scheme", "in", "name") if scheme["type"] in {"http", "apiKey"} else ()
    return " ".join([scheme["type"], *(str(scheme[key]).lower() for key in details if key in scheme)])


def map_security_schemes(side: Description) -> dict[str, str]:
    """Map the kind of each security scheme to its settings."""
    by_label: dict[str, dict[str, Any]] = {}
    for reference in side.document.get("components", {}).get("securitySchemes", {}).values():
        scheme = side.resolve(reference)
        settings = {key: value for key, value in scheme.items() if key in {"bearerFormat", "flows", "openIdConnectUrl"}}
        by_label.setdefault(label_scheme(scheme), {}).update(settings)
    return {label: to_text(settings) for label, settings in by_label.items()}


def describe_security(side: Description, operation: Operation) -> str:
    """Return the kinds of credentials that may call an operation, with their scopes."""
    declared = side.document.get("components", {}).get("securitySchemes", {})
    scopes_by_label: dict[str, set[str]] = {}
    for alternative in operation.node.get("security", side.document.get("security", [])):
        if unknown := alternative.keys() - declared.keys():
            raise UnreadableDescription(f"security scheme {', '.join(sorted(unknown))} is not declared")
        labels = [label_scheme(side.resolve(declared[name])) for name in alternative]
        scopes = (scope for listed in alternative.values() for scope in listed)
        scopes_by_label.setdefault(" with ".join(sorted(labels)) or "anonymous", set()).update(scopes)
    phrases = (
        f"{label}: {', '.join(sorted(scopes))}" if scopes else label
        for label, scopes in sorted(scopes_by_label.items())
    )
    return "; ".join(phrases) or "anonymous"
