"""Generate generated/smooch_api from spec/: validate, prepare, generate into an empty folder, format, swap.

openapi-python-client reads the specification and lays out the package; every file is made by our templates.

usage: regen.py [--check] [--out DIR]
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import importlib.metadata
import io
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from openapi_python_client import Config, MetaType, Project
from openapi_python_client.config import ConfigFile
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser import properties as kinds
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.schemas import Class
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.strings import PythonIdentifier, in_double_quote_literal, safe_for_docstring, snake_case
from openapi_spec_validator import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from openapi_python_client.parser.openapi import Endpoint

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = Path(__file__).resolve().parent / "templates"
CONFIG = Path(__file__).resolve().parent / "openapi-python-client.yaml"
PINNED = ("openapi-python-client", "ruff")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
RESERVED_PROPERTIES = {"additional_properties", "additional_keys", "from_dict", "to_dict"}
RESERVED_PARAMETERS = {"body", "client"}


class RegenError(Exception):
    """The package cannot be generated; says what to do."""


# ---------------------------------------------------------------------------------------------------------- prepare

SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")
SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SCHEMA_ITEMS = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
CONDITIONS = {"not", "if", "then", "else", "contains", "propertyNames", "dependentSchemas", "dependentRequired"}
CONSTRAINTS = CONDITIONS | {"required", "minProperties", "maxProperties"}
ANNOTATIONS = {"title", "description", "examples", "example", "default", "deprecated", "externalDocs", "discriminator"}
TEXT_FORMATS = {"date", "date-time", "uuid"}


def map_schema(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Rebuild a schema from the inside out, each level changed."""
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    for key, value in schema.items():
        if key in SCHEMA_MAPS:
            result[key] = {name: map_schema(part, change) for name, part in value.items()}
        elif key in SCHEMA_LISTS:
            result[key] = [map_schema(part, change) for part in value]
        elif key in SCHEMA_ITEMS:
            result[key] = map_schema(value, change)
    return change(result)


def map_schemas(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Rebuild a part of a specification, each schema in it changed."""
    if isinstance(node, list):
        return [map_schemas(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: map_schema(value, change)
        if key == "schema"
        else {name: map_schema(part, change) for name, part in value.items()}
        if key == "schemas"
        else value
        if key in {"example", "examples"}
        else map_schemas(value, change)
        for key, value in node.items()
    }


class Preparation:
    """The specification without what the generator cannot use."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.dropped: Counter[str] = Counter()
        self.document = map_schemas(document, self._schema)
        if self.document.pop("webhooks", None):
            self.dropped["webhooks: their payloads are components, which is enough"] += 1
        for path_item in self.document["paths"].values():
            for method in METHODS & path_item.keys():
                self._operation(path_item[method])

    def _operation(self, operation: dict[str, Any]) -> None:
        for status in [status for status in operation["responses"] if not str(status).startswith("2")]:
            del operation["responses"][status]
            self.dropped["responses of status 300 and above: raised before anything is parsed"] += 1

    def _schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        schema = {key: value for key, value in schema.items() if not self._drop(key, value, schema)}
        for key in ("allOf", "anyOf", "oneOf"):
            if key in schema:
                schema[key] = self._parts(key, schema)
                if not schema[key]:
                    del schema[key]
        return schema

    def _drop(self, key: str, value: Any, schema: dict[str, Any]) -> bool:
        reason = None
        if key in CONDITIONS:
            reason = "conditions: rules for values, not fields"
        elif key == "format" and value in TEXT_FORMATS:
            reason = "formats date, date-time, uuid: a string stays byte for byte what it was"
        elif key == "default" and "const" not in schema:
            reason = "defaults: sent along they would overwrite what the server has"
        if reason:
            self.dropped[reason] += 1
        return reason is not None or key in {"example", "examples"}

    def _parts(self, key: str, schema: dict[str, Any]) -> list[Any]:
        own = schema.get("properties", {}).keys()
        parts = []
        for part in schema[key]:
            empty = not part
            bare = part.keys() <= CONSTRAINTS | {"properties"} and part.get("properties", {}).keys() <= own
            if empty or (bare and key != "allOf" and "properties" in schema):
                self.dropped["conditions: rules for values, not fields"] += 1
            else:
                parts.append(part)
        return parts


def body_schemas(document: dict[str, Any]) -> dict[str, Any]:
    """The components that request bodies consist of, without what only people read."""

    def rules_only(schema: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in schema.items() if key not in ANNOTATIONS and not key.startswith("x-")}

    bodies = [
        operation["requestBody"]
        for path_item in document["paths"].values()
        for method, operation in path_item.items()
        if method in METHODS and "requestBody" in operation
    ]
    components = document["components"]["schemas"]
    return {name: map_schema(components[name], rules_only) for name in sorted(reachable(bodies, document))}


def references(node: Any) -> Iterator[str]:
    """Names of the component schemas that a part of the specification refers to."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str) and value.startswith("#/components/schemas/"):
                yield value.rpartition("/")[2]
            elif key not in {"example", "examples"}:
                yield from references(value)


def reachable(node: Any, document: dict[str, Any]) -> set[str]:
    """Names of the component schemas that a part of the specification leads to."""
    found: set[str] = set()
    waiting = list(references(node))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(references(document["components"]["schemas"][name]))
    return found


# ------------------------------------------------------------------------------------------------------------- code


class Union(NamedTuple):
    """A component that is one of several models."""

    name: str
    reader: str
    code: str
    members: tuple[str, ...]


class Operation(NamedTuple):
    """What the template of an operation needs besides the endpoint."""

    keywords: Sequence[Any]
    imports: Sequence[tuple[str, str]]
    url: str
    body: str | None
    response: str
    response_class: Class | None
    reader: str
    docstring: str
    query_argument: Callable[[Any], str]


class Code:
    """Python code for what the generator found in a specification."""

    def __init__(self, document: dict[str, Any], data: GeneratorData, config: Config) -> None:
        self.document = document
        self.data = data
        self.config = config
        self.components: dict[str, Any] = document["components"]["schemas"]
        self.component_of = {self._class(name).name: name for name in self.components}
        self.models = {model.class_info.name: model for model in data.models}
        self.endpoints = [
            endpoint for tag in data.endpoint_collections_by_tag.values() for endpoint in tag.endpoints
        ]
        self.response_models = {
            response.prop.class_info.name
            for endpoint in self.endpoints
            for response in endpoint.responses
            if isinstance(response.prop, kinds.ModelProperty)
        }
        self.unions = [union for name in self.components if (union := self._union(name))]
        self.union_of = {frozenset(union.members): union for union in reversed(self.unions)}

    # What there is

    @cached_property
    def classes(self) -> list[kinds.ModelProperty]:
        """Models that get a class of their own."""
        mixins = self._mixins()
        return [
            model
            for name, model in self.models.items()
            if not self._is_free_form(model) and self.component_of.get(name) not in mixins
        ]

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Code of the type aliases by name."""
        free_form = {
            name: self._mapping(model)
            for name, model in self.models.items()
            if name in self.component_of and self._is_free_form(model)
        }
        return {**free_form, **{union.name: " | ".join(union.members) for union in self.unions}}

    @cached_property
    def exports(self) -> dict[str, str]:
        """Modules of everything in `models` by name."""
        found = [*self.classes, *self.data.enums]
        modules = {item.class_info.name: item.class_info.module_name for item in found}
        return dict(sorted({**modules, **{name: self._class(name).module_name for name in self.aliases}}.items()))

    @cached_property
    def request_only(self) -> set[str]:
        """Components that only ever go to the server."""
        operations = [
            path_item[method] for path_item in self.document["paths"].values() for method in METHODS & path_item.keys()
        ]
        sent = reachable([{**operation, "responses": None} for operation in operations], self.document)
        received = reachable([operation["responses"] for operation in operations], self.document)
        elsewhere = reachable([{"$ref": f"#/components/schemas/{name}"} for name in self.components.keys() - sent], self.document)
        return sent - received - elsewhere

    def _mixins(self) -> set[str]:
        parts: set[str] = set()
        elsewhere: set[str] = set()

        def sort_references(schema: dict[str, Any]) -> dict[str, Any]:
            for key, value in schema.items():
                if key == "allOf" and (len(value) > 1 or "properties" in schema):
                    parts.update(name for part in value if "$ref" in part for name in references(part))
                elif key not in SCHEMA_MAPS:
                    elsewhere.update(references(value))
            for name in SCHEMA_MAPS:
                elsewhere.update(*(references(part) for part in schema.get(name, {}).values()))
            return schema

        map_schemas(self.document, sort_references)
        return parts - elsewhere

    def _class(self, name: str) -> Class:
        return Class.from_string(string=name, config=self.config)

    def _is_free_form(self, model: kinds.ModelProperty) -> bool:
        model = self.models[model.class_info.name]
        return not (model.required_properties or model.optional_properties) and model.class_info.name not in self.response_models

    def _union(self, component: str) -> Union | None:
        members = self._members(component)
        if len(members) < 2 or not all(member in self.models for member in members):
            return None
        name = self._class(component).name
        return Union(name, f"read_{snake_case(name)}", self._dispatch(component, members), tuple(members))

    def _members(self, component: str) -> list[str]:
        schema = self.components[component]
        members = []
        for part in schema.get("oneOf", schema.get("anyOf", [])):
            for name in references(part) if "$ref" in part else [""]:
                members += self._members(name) if name and "oneOf" in self.components[name] else [self._class(name).name if name else ""]
        return members

    def _dispatch(self, component: str, members: list[str]) -> str:
        """Code of the reader: by the tag if all members but the last have one."""
        tags = [self._tags(member) for member in members]
        shared = [tag for tag in tags[0] if all(tag in others for others in tags[:-1])]
        if not shared:
            return f"_base.first_of({', '.join(f'_base.model({member!r})' for member in members)})"
        tag = shared[0]
        otherwise = [] if tag in tags[-1] else [repr(members[-1])]
        known = members[: len(members) - len(otherwise)]
        variants = {values[tag]: member for member, values in zip(known, tags, strict=False)}
        if len(variants) != len(known):
            raise RegenError(f"{component}: two variants have the same {tag}")
        return f"_base.tagged({', '.join([repr(tag), repr(variants), *otherwise])})"

    def _tags(self, name: str) -> dict[str, str]:
        return {
            wire_name(prop): constant
            for prop in self.models[name].required_properties or []
            if isinstance(constant := single_value(prop), str)
        }

    # Types and readers

    def annotation(self, prop: Any, *, lenient: bool = False) -> str:
        """Type of a property that is there. A lenient one takes values of a closed set that are new."""
        match prop:
            case kinds.ModelProperty():
                name = prop.class_info.name
                return name if name in self.exports else self._mapping(self.models[name])
            case ListProperty():
                return f"list[{self.annotation(prop.inner_property, lenient=lenient)}]"
            case UnionProperty():
                return self._union_annotation(prop, lenient=lenient)
            case kinds.LiteralEnumProperty():
                return f"{prop.class_info.name} | {prop.value_type.__name__}" if lenient and len(prop.values) > 1 else prop.class_info.name
            case _:
                return str(prop.get_type_string(no_optional=True).as_unembedded_code())

    def _union_annotation(self, prop: UnionProperty, *, lenient: bool) -> str:
        inner = [part for part in prop.inner_properties if not isinstance(part, NoneProperty)]
        union = self._named_union(inner)
        choices = [union.name] if union else list(dict.fromkeys(self.annotation(part, lenient=lenient) for part in inner))
        return " | ".join(choices + ["None"] * (len(inner) < len(prop.inner_properties)))

    def _named_union(self, parts: Iterable[Any]) -> Union | None:
        return self.union_of.get(frozenset(part.class_info.name if isinstance(part, kinds.ModelProperty) else "" for part in parts))

    def _mapping(self, model: kinds.ModelProperty) -> str:
        values = self.annotation(model.additional_properties) if model.additional_properties else "Any"
        return "dict[str, Any]" if values == "Any" else f"Mapping[str, {values}]"

    def literal(self, enum: kinds.LiteralEnumProperty) -> str:
        """Type of a closed set of values."""
        return f"Literal[{', '.join(map(repr, sorted(enum.values)))}]"

    def reader(self, prop: Any) -> str | None:
        """Code that reads a property; None if it is taken as it comes."""
        match prop:
            case kinds.ModelProperty() if self._is_free_form(prop):
                return "_base.as_object"
            case kinds.ModelProperty():
                return f"_base.model({str(prop.class_info.name)!r})"
            case ListProperty():
                inner = self.reader(prop.inner_property)
                return f"_base.list_of({inner})" if inner else "_base.as_list"
            case UnionProperty():
                return self._union_reader(prop)
        constant = single_value(prop)
        return None if constant is None else f"_base.exactly({constant!r})"

    def _union_reader(self, prop: UnionProperty) -> str | None:
        inner = [part for part in prop.inner_properties if not isinstance(part, NoneProperty)]
        union = self._named_union(inner)
        if union:
            return f"_unions.{union.reader}"
        readers = [code for part in inner if (code := self.reader(part))]
        if len(inner) == 1 or not readers:
            return readers[0] if readers else None
        scalars = ["scalars=True"] * (len(readers) < len(inner))
        return f"_base.first_of({', '.join(readers + scalars)})"

    def imports(self, model: kinds.ModelProperty) -> list[tuple[str, str]]:
        """Names from `models` in the types of a model, with their modules."""
        properties = (model.required_properties or []) + (model.optional_properties or [])
        return self.names_in(" ".join(map(self.annotation, properties)), without=model.class_info.name)

    def names_in(self, code: str, *, without: str = "") -> list[tuple[str, str]]:
        """Names from `models` in a piece of code, with their modules."""
        words = set(re.findall(r"\w+", code)) - {without}
        return [(name, module) for name, module in self.exports.items() if name in words]

    # Models

    def declaration(self, prop: Any, model: kinds.ModelProperty) -> str:
        """Code of an attribute of a model."""
        self._refuse(prop.python_name in RESERVED_PROPERTIES, f"{model.class_info.name}.{wire_name(prop)}: a name of the models' own")
        lenient = self.component_of.get(model.class_info.name) not in self.request_only
        annotation = self.annotation(prop, lenient=lenient)
        if prop.default is not None:
            return f"{prop.python_name}: {annotation} = {prop.default.python_code.as_unembedded_code()}"
        if prop.required:
            return f"{prop.python_name}: {annotation}"
        return f"{prop.python_name}: {annotation} | Unset = UNSET"

    def field(self, prop: Any, model: kinds.ModelProperty) -> str:
        """Code of the wire form of an attribute."""
        arguments = [repr(wire_name(prop)), repr(str(prop.python_name))]
        arguments += [code] if (code := self.reader(prop)) else []
        arguments += ["required=True"] if prop.required else []
        arguments += ["nullable=True"] if is_nullable(prop) else []
        arguments += ["secret=True"] if self._schema_of(prop, model).get("format") == "password" else []
        return f"_base.Field({', '.join(arguments)})"

    def describe(self, item: Any) -> str:
        """Docstring of a class."""
        text = item.description.get_untrusted_value() if item.description else ""
        return reflow(text) or f"{item.class_info.name}."

    def describe_property(self, prop: Any, model: kinds.ModelProperty) -> str:
        """Docstring of an attribute."""
        schema = self._schema_of(prop, model)
        values = ", ".join(f"`{value}`" for value in schema.get("x-extensible-enum", []))
        return reflow("\n\n".join([schema.get("description", ""), f"Known values: {values}." if values else ""]))

    def _schema_of(self, prop: Any, model: kinds.ModelProperty) -> dict[str, Any]:
        component = self.component_of.get(model.class_info.name)
        if component:
            return self.properties(self.components[component]).get(wire_name(prop), {})
        found = (model.data.properties or {}).get(prop.name)
        return found.model_dump(mode="json", by_alias=True, exclude_unset=True) if found else {}

    def properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Properties of a schema, with those of its `allOf` parts."""
        found: dict[str, Any] = {}
        for part in schema.get("allOf", []):
            for name in references(part) if "$ref" in part else ():
                found.update(self.properties(self.components[name]))
            found.update(self.properties(part))
        return {**found, **schema.get("properties", {})}

    # Operations

    def argument(self, prop: Any) -> str:
        """Code of a parameter of an operation."""
        return f"{prop.python_name}: {self.annotation(prop)}" + ("" if prop.required else " | Unset = UNSET")

    def operation(self, endpoint: Endpoint) -> Operation:
        """Everything about an operation that its template needs."""
        self._refuse(endpoint.header_parameters or endpoint.cookie_parameters, f"{endpoint.name}: header and cookie parameters")
        self._refuse(len(endpoint.bodies) > 1, f"{endpoint.name}: more than one kind of body")
        parameters = endpoint.path_parameters + endpoint.query_parameters
        for prop in parameters:
            self._refuse(prop.python_name in RESERVED_PARAMETERS, f"{endpoint.name}: a parameter named {prop.python_name}")
        responses = {response.prop.get_type_string().as_unembedded_code(): response for response in endpoint.responses}
        self._refuse(len(responses) != 1, f"{endpoint.name}: {len(responses)} kinds of success")
        response = next(iter(responses.values()))
        types, reader = self._response(response)
        keywords = [body.prop for body in endpoint.bodies] + endpoint.query_parameters
        prop = response.prop
        response_class = prop.class_info if isinstance(prop, kinds.ModelProperty) and not self._is_free_form(prop) else None
        names = " ".join([types, *(self.annotation(item) for item in [*parameters, *keywords])])
        return Operation(
            keywords=keywords,
            imports=[(name, module) for name, module in self.names_in(names) if name != types or response_class is None],
            url=self._url(endpoint),
            body=self._body(endpoint),
            response=types,
            response_class=response_class,
            reader=reader,
            docstring=self._operation_docstring(endpoint),
            query_argument=lambda parameter: self._query_argument(endpoint, parameter),
        )

    def _response(self, response: Any) -> tuple[str, str]:
        match response.source["return_type"]:
            case "None":
                return "None", "_calls.nothing"
            case "bytes":
                return "bytes", "_calls.as_bytes"
            case "str":
                return "str", "_calls.as_text"
        prop = response.prop
        if isinstance(prop, kinds.ModelProperty) and not self._is_free_form(prop):
            model = self.models[prop.class_info.name]
            empty = "" if model.required_properties or model.optional_properties else ", may_be_empty=True"
            return prop.class_info.name, f"_calls.from_json({prop.class_info.name}.from_dict{empty})"
        reader = self.reader(prop)
        self._refuse(reader is None, f"a JSON answer of type {self.annotation(prop)}")
        return self.annotation(prop, lenient=True), f"_calls.from_json({reader})"

    def _url(self, endpoint: Endpoint) -> str:
        names = {parameter.python_name: wire_name(parameter) for parameter in endpoint.path_parameters}
        path = in_double_quote_literal(endpoint.path)
        if not names:
            return f'"{path}"'
        return 'f"' + re.sub(r"\{(\w+)\}", lambda found: f"{{_calls.path_segment({names[found[1]]!r}, {found[1]})}}", path) + '"'

    def _body(self, endpoint: Endpoint) -> str | None:
        if not endpoint.bodies:
            return None
        body = endpoint.bodies[0]
        self._refuse(body.body_type not in {"json", "files"}, f"{endpoint.name}: a body of type {body.body_type}")
        code = '"json": _base.dump(body)' if body.body_type == "json" else "**_calls.multipart(body)"
        return code if body.prop.required else f"**({{}} if isinstance(body, Unset) else {{{code}}})"

    def _query_argument(self, endpoint: Endpoint, parameter: Any) -> str:
        name, value = wire_name(parameter), str(parameter.python_name)
        declared = self._parameter(endpoint, name)
        is_object = isinstance(parameter, kinds.ModelProperty)
        self._refuse(is_object != (declared.get("style") == "deepObject"), f"{endpoint.name}: {name}: an object parameter is style deepObject")
        if is_object:
            return f"*_calls.deep_object({name!r}, {value})"
        if isinstance(parameter, ListProperty) and declared.get("explode") is False:
            return f"({name!r}, _calls.comma_separated({value}))"
        return f"({name!r}, {value})"

    def _declared(self, endpoint: Endpoint) -> tuple[str, dict[str, Any], dict[str, Any]]:
        for path, path_item in self.document["paths"].items():
            operation = path_item.get(endpoint.method)
            if operation and PythonIdentifier(operation["operationId"], self.config.field_prefix) == endpoint.name:
                return path, path_item, operation
        raise RegenError(f"{endpoint.name}: every operation needs an operationId")

    def _parameter(self, endpoint: Endpoint, name: str) -> dict[str, Any]:
        _, path_item, operation = self._declared(endpoint)
        for parameter in [*operation.get("parameters", []), *path_item.get("parameters", [])]:
            if "$ref" in parameter:
                parameter = self.document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
            if parameter["name"] == name:
                return dict(parameter)
        raise RegenError(f"{endpoint.name}: no parameter {name}")

    def _operation_docstring(self, endpoint: Endpoint) -> str:
        path, _, operation = self._declared(endpoint)
        parts = [operation.get("summary", ""), operation.get("description", "")]
        parts.insert(1, f"`{endpoint.method.upper()} {path}`, {operation['operationId']}{', deprecated' * operation.get('deprecated', False)}.")
        arguments = [
            f"{prop.python_name}: {' '.join(text.split())}"
            for prop in endpoint.path_parameters + endpoint.query_parameters
            if (text := self._parameter(endpoint, wire_name(prop)).get("description"))
        ]
        if arguments:
            parts.append("Args:\n    " + "\n    ".join(arguments))
        return reflow("\n\n".join(parts))

    @staticmethod
    def _refuse(unsupported: object, what: str) -> None:
        if unsupported:
            raise RegenError(f"not supported: {what}")

    # Proof that nothing was lost

    def check_complete(self) -> None:
        """Every operation and every property of the specification is in the code."""
        declared = sum(len(METHODS & path_item.keys()) for path_item in self.document["paths"].values())
        if declared != len(self.endpoints):
            raise RegenError(f"{declared} operations in the specification, {len(self.endpoints)} generated")
        for name, model in self.models.items():
            if name in self.component_of:
                found = {wire_name(prop) for prop in (model.required_properties or []) + (model.optional_properties or [])}
                lost = self.properties(self.components[self.component_of[name]]).keys() - found
                if lost:
                    raise RegenError(f"{name}: the generator lost {', '.join(sorted(lost))}")


def reflow(text: str) -> str:
    """Text for a docstring: paragraphs filled, lists and indented lines left as they are."""
    paragraphs = [part.strip("\n") for part in re.split(r"\n\s*\n", text) if part.strip()]
    verbatim = re.compile(r"^(?:[-*|]|\s)", re.MULTILINE)
    filled = [part if verbatim.search(part) else textwrap.fill(part, 112) for part in paragraphs]
    return str(safe_for_docstring("\n\n".join(filled)))


def wire_name(prop: Any) -> str:
    """Name of a property on the wire."""
    return str(prop.name.get_untrusted_value())


def single_value(prop: Any) -> Any:
    """The one value that a property can have, or None."""
    if isinstance(prop, ConstProperty):
        return prop.value.raw_value
    if isinstance(prop, kinds.LiteralEnumProperty) and len(prop.values) == 1:
        return next(iter(prop.values))
    return None


def is_nullable(prop: Any) -> bool:
    """Whether null is one of the values that the specification names."""
    if isinstance(prop, UnionProperty):
        return any(is_nullable(part) for part in prop.inner_properties)
    return isinstance(prop, NoneProperty | kinds.AnyProperty)


# --------------------------------------------------------------------------------------------------------- generate


def check_versions(pyproject: Path = ROOT / "pyproject.toml") -> None:
    """Refuse any other generator or formatter than the pinned ones: their output differs."""
    required = tomllib.loads(pyproject.read_text())["project"]["optional-dependencies"]["dev"]
    for name in PINNED:
        installed = importlib.metadata.version(name)
        if f"{name}=={installed}" not in required:
            pinned = [line for line in required if re.match(rf"{name}\b", line)]
            raise RegenError(f"{name} {installed} is installed, but pyproject.toml asks for {pinned}: run `make install`")


def read_spec(path: Path) -> dict[str, Any]:
    """Load and validate a specification."""
    document: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    validate(document)
    return document


def build_package(spec: Path, package: Path) -> list[str]:
    """Generate the package of one specification. Returns what was dropped and why."""
    document = read_spec(spec)
    preparation = Preparation(document)
    config = Config.from_sources(
        ConfigFile.load_from_path(CONFIG), MetaType.NONE, document_source=spec, file_encoding="utf-8", overwrite=False, output_path=package
    )
    data = GeneratorData.from_dict(preparation.document, config=config)
    problems = [data] if not isinstance(data, GeneratorData) else data.errors
    raise_problems(spec, problems)
    code = Code(preparation.document, data, config)
    code.check_complete()
    data.models = code.classes
    project = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    project.env.globals.update(code=code, exports=list(code.exports.items()))
    with contextlib.redirect_stdout(io.StringIO()):
        raise_problems(spec, project.build())
    render = project.env.get_template
    for name in ("base", "calls", "lazy"):
        (package / f"{name}.py").write_text(render(f"{name}.py.jinja").render())
    (package / "unions.py").write_text(render("unions.py.jinja").render(unions=code.unions))
    (package / "schemas.py").write_text(render("schemas.py.jinja").render(schemas=repr(body_schemas(document))))
    for name, annotation in code.aliases.items():
        description = reflow(code.components[code.component_of[name]].get("description", ""))
        content = render("alias.py.jinja").render(
            name=name, annotation=annotation, description=description, imports=code.names_in(annotation, without=name)
        )
        (package / "models" / f"{code.exports[name]}.py").write_text(content)
    return [f"{spec.name}: dropped {count} {what}" for what, count in sorted(preparation.dropped.items())]


def raise_problems(spec: Path, problems: Iterable[Any]) -> None:
    """Fail on anything that the generator complains about."""
    texts = [f"{problem.header}\n{problem.detail or ''}".strip() for problem in problems]
    if texts:
        raise RegenError(f"{spec.name}: the generator warns:\n" + "\n".join(texts))


def ruff(*arguments: str, folder: Path) -> None:
    """Run ruff without any configuration."""
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache", "--quiet"]
    options = ["--line-length", "120", "--target-version", "py311"]
    done = subprocess.run([*command, *options, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RegenError(f"ruff {arguments[0]} failed on the generated code:\n{done.stdout}{done.stderr}")


def mark(package: Path, sources: str) -> None:
    """Put the marker into every file."""
    marker = f"# Generated by scripts/regen.py from {sources}; do not edit.\n"
    for path in package.rglob("*.py"):
        path.write_text(marker + path.read_text())
    (package / "py.typed").write_text(marker)


def generate(specs: Sequence[Path], out: Path) -> None:
    """Generate `smooch_api` for these specifications into an empty folder."""
    out.mkdir(parents=True)
    (out / "__init__.py").write_text('"""The generated clients, one package for each version of the API."""\n')
    mark(out, "spec/")
    for spec in specs:
        package = out / spec.stem
        for line in build_package(spec, package):
            print(line)
        ruff("check", "--fix", "--select", "F,I,UP", folder=package)
        ruff("format", folder=package)
        mark(package, f"spec/{spec.name}")


def differences(expected: Path, actual: Path) -> list[str]:
    """Files that differ, are missing or too many, compared both ways."""

    def files(folder: Path) -> set[str]:
        paths = folder.rglob("*") if folder.exists() else ()
        return {str(path.relative_to(folder)) for path in paths if path.is_file() and "__pycache__" not in path.parts}

    ours, theirs = files(expected), files(actual)
    return sorted(
        [f"missing: {name}" for name in ours - theirs]
        + [f"not generated: {name}" for name in theirs - ours]
        + [f"differs: {name}" for name in ours & theirs if not filecmp.cmp(expected / name, actual / name, shallow=False)]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything would change")
    parser.add_argument("--out", type=Path, default=ROOT / "generated", help="folder of smooch_api")
    options = parser.parse_args(arguments)
    target = options.out / "smooch_api"
    try:
        check_versions()
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / "smooch_api"
            generate(sorted((ROOT / "spec").glob("v*.yaml")), fresh)
            if options.check:
                changes = differences(fresh, target)
                print(*(f"{line}; run `make regen`" for line in changes), sep="\n", end="\n" * bool(changes))
                return bool(changes)
            if target.exists():
                shutil.rmtree(target)
            shutil.copytree(fresh, target)
    except RegenError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
