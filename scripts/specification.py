"""Load and validate an OpenAPI description of spec/, and prepare it for the generator."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from shapes import METHODS, find_component, resolve_pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

SCHEMAS_BY_NAME = ("properties", "patternProperties", "dependentSchemas", "$defs")
SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SCHEMAS = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
CONDITIONS = {"not", "if", "then", "else", "contains", "propertyNames", "dependentSchemas", "dependentRequired"}
CONSTRAINTS = CONDITIONS | {"required", "properties", "minProperties", "maxProperties"}
ANNOTATIONS = {"title", "description", "examples", "example", "default", "deprecated", "externalDocs", "discriminator"}
TEXT_FORMATS = {"date", "date-time", "uuid"}

REASONS = {
    "conditions": "they restrict values and add no fields",
    "defaults": "clients would send them and overwrite values on the server",
    "formats": "dates, times and UUIDs stay strings, unchanged byte for byte",
    "redirects": "browsers open them; programs do not call them",
    "responses": "a status of 300 or above raises before the body is parsed",
    "webhooks": "their payloads are components already",
}
"""Why `prepare` leaves something out of the description that the generator reads, by kind."""


class RegenError(Exception):
    """A description is invalid, or the package cannot be generated from it; the text says where and why."""


class Loader(yaml.CSafeLoader):
    """A safe YAML loader that allows only what JSON can express: keys are unique strings."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(
                    None, None, f"keys must be strings: quote {key.value}", key.start_mark
                )
            if key.value in keys:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key.value}", key.start_mark)
            keys.add(key.value)
        return super().construct_mapping(node, deep)


class Specification:
    """One description of the API."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.schemas: dict[str, Any] = document["components"]["schemas"]

    @classmethod
    def load(cls, path: Path) -> Specification:
        """Read and validate a file. Raises RegenError."""
        try:
            with path.open("rb") as file:
                document = yaml.load(file, Loader=Loader)  # noqa: S506 - a safe loader
            if problems := list(find_missing(document)):
                raise RegenError("\n".join([f"{path.name}:", *problems]))
            validate(document)
        except (yaml.YAMLError, OpenAPIValidationError) as error:
            raise RegenError(f"{path.name}: {error}") from None
        return cls(document)

    @cached_property
    def operations(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Path and description of each operation by its operationId."""
        return {
            path_item[method]["operationId"]: (path, path_item[method])
            for path, path_item in self.document["paths"].items()
            for method in sorted(path_item.keys() & METHODS)
        }

    @property
    def paths_with_own_servers(self) -> tuple[str, ...]:
        """Paths that declare `servers`, in order."""
        return tuple(sorted(path for path, path_item in self.document["paths"].items() if "servers" in path_item))

    @property
    def calls(self) -> set[str]:
        """Ids of the operations that programs call; redirects are for browsers."""
        return {name for name, (_, operation) in self.operations.items() if not _is_redirect(operation["responses"])}

    def find_parameter(self, operation_id: str, name: str) -> dict[str, Any]:
        """Return the parameter of an operation, or of its path, by name."""
        path, operation = self.operations[operation_id]
        declared = [*operation.get("parameters", ()), *self.document["paths"][path].get("parameters", ())]
        resolved = (resolve_pointer(self.document, item["$ref"]) if "$ref" in item else item for item in declared)
        return next(dict(item) for item in resolved if item["name"] == name)

    def collect_properties(self, component: str) -> dict[str, Any]:
        """Return the properties of a component, with those of its `allOf` parts."""
        parts = self._iter_parts(self.schemas[component])
        return {name: value for part in parts for name, value in part.get("properties", {}).items()}

    def list_choices(self, component: str) -> list[str]:
        """Return the components in a `oneOf` or `anyOf`; none if it has schemas without $ref."""
        schema = self.schemas[component]
        names: list[str] = []
        for part in schema.get("oneOf", schema.get("anyOf", ())):
            if "$ref" not in part:
                return []
            names += self.list_choices(find_component(part)) or [find_component(part)]
        return names

    def collect_required(self, component: str) -> set[str]:
        """Return the required properties of a component, with those of its `allOf` parts."""
        return {name for part in self._iter_parts(self.schemas[component]) for name in part.get("required", ())}

    def _iter_parts(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the parts of `allOf`, recursively, and then the schema itself."""
        for part in schema.get("allOf", ()):
            yield from self._iter_parts(self.schemas[find_component(part)] if "$ref" in part else part)
        yield schema

    @cached_property
    def mixins(self) -> set[str]:
        """Components that are only used as a part of the `allOf` of others."""
        parts = [part for schema in self.schemas.values() for part in schema.get("allOf", ()) if "$ref" in part]
        uses = Counter(list_references(self.document))
        return {name for name, count in Counter(map(find_component, parts)).items() if count == uses[name]}

    @cached_property
    def request_only(self) -> set[str]:
        """Components that are only part of requests."""
        responses = [operation["responses"] for _, operation in self.operations.values()]
        requests = [{**operation, "responses": None} for _, operation in self.operations.values()]
        sent = self._find_reachable(list_references(requests))
        return sent - self._find_reachable([*list_references(responses), *(self.schemas.keys() - sent)])

    def body_schemas(self) -> dict[str, Any]:
        """Return the schemas of all components in request bodies, without descriptions and examples."""

        def rules(schema: dict[str, Any]) -> dict[str, Any]:
            return {key: value for key, value in schema.items() if key not in ANNOTATIONS and not key.startswith("x-")}

        bodies = [operation.get("requestBody") for _, operation in self.operations.values()]
        return {
            name: change_schema(self.schemas[name], rules)
            for name in sorted(self._find_reachable(list_references(bodies)))
        }

    def _find_reachable(self, names: Iterable[str]) -> set[str]:
        reached: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(list_references(self.schemas[name]))
        return reached

    def prepare(self) -> tuple[dict[str, Any], Counter[str]]:
        """Return the description without parts that the generator cannot use, and their number by kind."""
        dropped: Counter[str] = Counter()
        document = change_schemas(self.document, lambda schema: _prepare_schema(schema, dropped))
        dropped["webhooks"] += len(document.pop("webhooks", ()))
        for path_item in document["paths"].values():
            for method in path_item.keys() & METHODS:
                responses = path_item[method]["responses"]
                if _is_redirect(responses):
                    del path_item[method]
                    dropped["redirects"] += 1
                    continue
                path_item[method]["responses"] = {key: value for key, value in responses.items() if str(key)[0] == "2"}
                dropped["responses"] += len(responses) - len(path_item[method]["responses"])
        return document, dropped


def find_missing(document: Any) -> Iterator[str]:
    """Yield a sentence for each missing part that the validator does not report, or fails at."""
    if not isinstance(document, dict):
        yield "the document is not a mapping"
        return
    yield from (f"{key} is missing" for key in ("openapi", "paths", "components") if key not in document)
    for path, path_item in (document.get("paths") or {}).items():
        for method in sorted(path_item.keys() & METHODS):
            absent = [key for key in ("operationId", "tags", "responses") if not path_item[method].get(key)]
            yield from (f"{method.upper()} {path}: {key} is missing" for key in absent)
    for place, node in iter_nodes(document):
        if isinstance(reference := node.get("$ref"), str) and resolve_pointer(document, reference) is None:
            yield f"{place}: {reference} does not exist"


def iter_nodes(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the mappings in a part of a description, with their places; those in examples are left out."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from iter_nodes(item, f"{place}[{index}]")
    elif isinstance(node, dict):
        yield place, node
        for key, item in node.items():
            if key not in {"example", "examples"}:
                yield from iter_nodes(item, f"{place}.{key}".lstrip("."))


def _is_redirect(responses: dict[str, Any]) -> bool:
    kinds = {str(status)[0] for status in responses}
    return "3" in kinds and "2" not in kinds


def _prepare_schema(schema: dict[str, Any], dropped: Counter[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in CONDITIONS or (key in {"anyOf", "oneOf"} and _is_condition(value, schema)):
            dropped["conditions"] += 1
        elif key == "default" and "const" not in schema:
            dropped["defaults"] += 1
        elif key == "format" and value in TEXT_FORMATS:
            dropped["formats"] += 1
        elif key == "allOf":
            kept.update({key: parts} if (parts := [part for part in value if part]) else {})
        elif key not in {"example", "examples"}:
            kept[key] = value
    return kept


def _is_condition(parts: list[dict[str, Any]], schema: dict[str, Any]) -> bool:
    """Whether the parts only restrict properties that the schema itself declares."""
    own = schema.get("properties", {}).keys()
    return bool(own) and all(part.keys() <= CONSTRAINTS and part.get("properties", {}).keys() <= own for part in parts)


def change_schema(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return a copy of a schema with `change` applied to it and all schemas in it, innermost first."""
    if not isinstance(schema, dict):
        return schema
    copy = dict(schema)
    for key, value in schema.items():
        if key in SCHEMAS_BY_NAME:
            copy[key] = {name: change_schema(part, change) for name, part in value.items()}
        elif key in SCHEMA_LISTS:
            copy[key] = [change_schema(part, change) for part in value]
        elif key in SCHEMAS:
            copy[key] = change_schema(value, change)
    return change(copy)


def change_schemas(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return a copy of a part of a description with `change` applied to each schema in it."""
    if isinstance(node, list):
        return [change_schemas(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {}
    for key, value in node.items():
        if key == "schema":
            copy[key] = change_schema(value, change)
        elif key == "schemas":
            copy[key] = {name: change_schema(part, change) for name, part in value.items()}
        elif key in {"example", "examples"}:
            copy[key] = value
        else:
            copy[key] = change_schemas(value, change)
    return copy


def list_references(node: Any) -> Iterator[str]:
    """Yield the names of the component schemas that a part of a description refers to."""
    for _, part in iter_nodes(node):
        if str(part.get("$ref", "")).startswith("#/components/schemas/"):
            yield find_component(part)
