"""Read spec/*.yaml: the operations of an API version, and validators for requests and responses."""

from __future__ import annotations

import functools
import re
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs
import yaml
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from jsonschema.protocols import Validator

_METHODS = ("get", "put", "post", "delete", "patch")
_DOCUMENT = "urn:smooch:spec"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

formats = FormatChecker(formats=())


@formats.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or ":" in value.partition("/")[0]


@formats.checks("email")
def _is_email(value: object) -> bool:
    return not isinstance(value, str) or "@" in value


@formats.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(_DATE_TIME.fullmatch(value)) and datetime.fromisoformat(value) is not None


def _check_known_value(
    validator: Validator, known: list[Any], value: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if value not in known:
        yield ValidationError(f"{value!r} is not one of {known!r}")


def _check_pattern(
    validator: Validator, pattern: str, value: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    # In JSON Schema `$` is the very end; in Python a newline may follow it.
    if isinstance(value, str) and not re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _build_request_validator(document: dict[str, Any]) -> Validator:
    """Return a validator for requests, which also refuses values outside `x-extensible-enum`."""
    keywords = {
        "x-extensible-enum": _check_known_value,
        "pattern": _check_pattern,
        "oneOf": functools.partial(_check_one_of, document),
    }
    validator: Validator = extend(Draft202012Validator, keywords)(  # type: ignore[no-untyped-call]
        {}, registry=_build_registry(document), format_checker=formats
    )
    return validator


def _check_one_of(
    document: dict[str, Any], validator: Any, variants: list[Any], instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """Check `oneOf` against the variants with the right tag only.

    Trying all is exponential where messages quote messages. With one variant left, its errors say what is wrong.
    """
    candidates = [variant for variant in variants if not _has_other_tag(document, variant, instance)]
    match candidates:
        case []:
            # the whole object could contain secrets
            kind = instance.get("type") if isinstance(instance, dict) else instance
            yield ValidationError(f"{kind!r} is not a known type")
        case [only]:
            yield from validator.descend(instance, only)
        case _:
            yield from Draft202012Validator.VALIDATORS["oneOf"](validator, candidates, instance, schema)


def _has_other_tag(document: dict[str, Any], variant: Any, instance: object) -> bool:
    variant = _resolve(document, variant)
    if isinstance(variant, bool):
        return not variant
    if not isinstance(instance, dict):
        return False
    for name, schema in variant.get("properties", {}).items():
        is_tag = isinstance(schema, dict) and "const" in schema and name in variant.get("required", ())
        if is_tag and instance.get(name) != schema["const"]:
            return True
    return any(_has_other_tag(document, part, instance) for part in variant.get("allOf", ()))


@attrs.frozen(eq=False)
class Parameter:
    """A query parameter; the properties of an object come as `name[property]`, the items of an array with commas."""

    name: str
    required: bool
    schema: dict[str, Any]
    validator: Validator = attrs.field(repr=False)

    @property
    def is_object(self) -> bool:
        return self.schema.get("type") == "object"


@attrs.frozen(eq=False)
class Operation:
    """An operation; `path` is relative to the server, whose URL names the app if `in_app` is set."""

    id: str
    method: str
    path: str
    in_app: bool
    success: int
    query: tuple[Parameter, ...]
    media_type: str | None
    body: Validator | None = attrs.field(repr=False)
    takes_app_token: bool
    is_public: bool


class Spec:
    """One API version's document."""

    def __init__(self, document: dict[str, Any], *, open_in_requests: str | None = None) -> None:
        self.document = document
        self._responses = Draft202012Validator({}, registry=_build_registry(document), format_checker=formats)
        self._requests = _build_request_validator(_drop_catch_alls(document, open_in_requests))
        self.operations = {operation.id: operation for operation in self._read_operations()}

    def get_response_validator(self, operation: Operation, status: int) -> Validator:
        """Return the validator for a response of `operation` with `status`. KeyError if the document has none."""
        responses = self.document["paths"][operation.path][operation.method]["responses"]
        key = str(status) if str(status) in responses else f"{status // 100}XX"
        pointer = ("paths", operation.path, operation.method, "responses", key)
        if "$ref" in responses[key]:
            pointer = tuple(responses[key]["$ref"].removeprefix("#/").split("/"))
        return _select_schema(self._responses, *pointer, "content", "application/json", "schema")

    def get_request_validator(self, component: str) -> Validator:
        """Return the validator for a part of requests by the name of its schema."""
        return _select_schema(self._requests, "components", "schemas", component)

    def get_response_part_validator(self, component: str) -> Validator:
        """Return the validator for a part of responses by the name of its schema."""
        return _select_schema(self._responses, "components", "schemas", component)

    def list_property_names(self, component: str) -> frozenset[str]:
        """Return the property names of a schema; empty if there is no such schema."""
        return frozenset(name for name, _ in self._iter_properties(component))

    def list_secret_names(self, component: str) -> frozenset[str]:
        """Return the names of the properties of a schema that are secrets."""
        return frozenset(
            name for name, schema in self._iter_properties(component) if schema.get("format") == "password"
        )

    def _iter_properties(self, component: str) -> Iterator[tuple[str, dict[str, Any]]]:
        open_ = [self.document["components"]["schemas"].get(component, {})]
        while open_:
            schema = _resolve(self.document, open_.pop())
            yield from schema.get("properties", {}).items()
            open_ += schema.get("allOf", []) + schema.get("anyOf", []) + schema.get("oneOf", [])

    def _read_operations(self) -> Iterator[Operation]:
        documented = (
            (path, shared, method, shared[method])
            for path, shared in self.document["paths"].items()
            for method in _METHODS
            if method in shared
        )
        for path, shared, method, item in documented:
            content = item.get("requestBody", {}).get("content", {})
            media_type = next(iter(content), None)
            yield Operation(
                id=item["operationId"],
                method=method,
                path=path,
                in_app=any("{appId}" in server["url"] for server in shared.get("servers", self.document["servers"])),
                success=next(int(status) for status in map(str, item["responses"]) if status.startswith(("2", "3"))),
                query=tuple(self._read_query_parameters(shared.get("parameters", []) + item.get("parameters", []))),
                media_type=media_type,
                body=None
                if media_type is None
                else _select_schema(
                    self._requests, "paths", path, method, "requestBody", "content", media_type, "schema"
                ),
                takes_app_token=any("appToken" in scheme for scheme in item.get("security", [])),
                is_public=item.get("security") == [],
            )

    def _read_query_parameters(self, parameters: list[dict[str, Any]]) -> Iterator[Parameter]:
        for parameter in (_resolve(self.document, each) for each in parameters):
            if parameter["in"] == "query":
                schema = _resolve(self.document, parameter["schema"])
                yield Parameter(
                    name=parameter["name"],
                    required=parameter.get("required", False),
                    schema=schema,
                    validator=self._requests.evolve(schema=schema),
                )


def _resolve(document: dict[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _build_registry(document: dict[str, Any]) -> Registry[Any]:
    registry: Registry[Any] = Registry().with_resource(_DOCUMENT, DRAFT202012.create_resource(document))
    return registry


def _drop_catch_alls(document: dict[str, Any], but: str | None) -> dict[str, Any]:
    """Return the document for requests: without the catch-all variants, which only responses have."""
    components = document["components"]
    schemas = {
        name: (name == but or not name.startswith("Unknown")) and schema
        for name, schema in components["schemas"].items()
    }
    return {**document, "components": {**components, "schemas": schemas}}


def _select_schema(validator: Validator, *pointer: str) -> Validator:
    escaped = "/".join(quote(part.replace("~", "~0").replace("/", "~1")) for part in pointer)
    return validator.evolve(schema={"$ref": f"{_DOCUMENT}#/{escaped}"})


def parse_yaml(text: str) -> dict[str, Any]:
    """Return a YAML document, by the fast loader if there is one."""
    document: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    return document


@functools.cache
def load(version: str) -> Spec:
    """Return the spec of `version`, such as `v1`; read once per process."""
    # with schema whatsapp the content of a v2 message is an object of WhatsApp's
    open_in_requests = "UnknownMessage" if version == "v2" else None
    return Spec(
        parse_yaml(_read_file(f"{version}.yaml").read_text(encoding="utf-8")), open_in_requests=open_in_requests
    )


def _read_file(name: str) -> Traversable:
    installed = resources.files(__package__) / "spec" / name
    return installed if installed.is_file() else Path(__file__).parents[2] / "spec" / name
