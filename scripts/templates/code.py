"""Python code of operations and models, for the templates."""

from __future__ import annotations

import re
import textwrap
from functools import cached_property
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, NamedTuple

from openapi_python_client.parser import properties as kinds
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.schemas import Class
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.strings import PythonIdentifier, in_double_quote_literal, safe_for_docstring, snake_case
from specification import RegenError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi_python_client.config import Config
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.openapi import Endpoint
    from specification import Specification

RESERVED_PROPERTIES = {"additional_properties", "from_dict", "to_dict"}
RESERVED_PARAMETERS = {"body", "client"}


class Union(NamedTuple):
    """A component that is a union of several models."""

    name: str
    snake_name: str
    """The name as part of the names of its readers."""
    members: tuple[str, ...]
    known: tuple[str, ...]
    """Members without the catch-all."""
    variants: str
    """Arguments of `Variants`; "" if the members have no tag."""
    choices: str
    """Arguments of `first_of` otherwise."""


class Attribute(NamedTuple):
    """An attribute, as the template of its model needs it."""

    name: str
    key: str
    declaration: str
    description: str
    field: str
    required: bool
    expected: bool
    """Whether the attribute is typed as required although the field may be missing."""
    nullable: bool
    """Whether the attribute is None if the field is null; otherwise it is UNSET."""
    constant: Any
    """The only value of a required field, or None."""
    reader: str
    """Code of the reader of its value; "" if the value is kept unchanged."""
    reader_definition: str
    """Code that creates the reader once per module; "" if the reader needs no arguments."""


class Dict(NamedTuple):
    """A request body, or a part of one, as a dict."""

    name: str
    description: str
    keys: dict[str, str]
    """Annotations by key."""


class Operation(NamedTuple):
    """An operation, as its template needs it beside the endpoint."""

    keywords: list[Any]
    imports: list[tuple[str, str]]
    response: Class
    reader: str


class Code:
    """Python code for one specification."""

    def __init__(self, specification: Specification, data: GeneratorData, config: Config) -> None:
        self._specification = specification
        self._config = config
        self._models = {str(model.class_info.name): model for model in data.models}
        self._enums = data.enums
        self._component_of = {str(self._class(name).name): name for name in specification.schemas}
        self._endpoints = [each for tag in data.endpoint_collections_by_tag.values() for each in tag.endpoints]
        self._operation_ids = {PythonIdentifier(name, config.field_prefix): name for name in specification.operations}
        self.unions = [union for name in specification.schemas if (union := self._union(name))]
        self._union_of = {frozenset(union.members): union for union in reversed(self.unions)}

    # Models, aliases and enums

    @cached_property
    def classes(self) -> list[kinds.ModelProperty]:
        """Models that get a class."""
        mixins = self._specification.mixins
        return [
            model
            for name, model in self._models.items()
            if not self._is_free_form(model) and self._component_of.get(name) not in mixins
        ]

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Code of the type aliases by name: unions and free-form objects."""
        free_form = {
            name: self._mapping(model)
            for name, model in self._models.items()
            if name in self._component_of and self._is_free_form(model)
        }
        return {**free_form, **{union.name: " | ".join(union.members) for union in self.unions}}

    @cached_property
    def exports(self) -> dict[str, str]:
        """Modules of all names in `models`, by name."""
        infos = [item.class_info for item in [*self.classes, *self._enums]] + list(map(self._class, self.aliases))
        return dict(sorted((str(info.name), str(info.module_name)) for info in infos))

    @cached_property
    def _responses(self) -> set[str]:
        """Names of the models that are response bodies."""
        return {
            str(response.prop.class_info.name)
            for endpoint in self._endpoints
            for response in endpoint.responses
            if isinstance(response.prop, kinds.ModelProperty)
        }

    def _class(self, name: str) -> Class:
        return Class.from_string(string=name, config=self._config)

    def _is_free_form(self, prop: kinds.ModelProperty) -> bool:
        name = prop.class_info.name
        return not list_properties(self._models[name]) and name not in self._responses

    def names_in(self, code: str, *, without: str = "") -> list[tuple[str, str]]:
        """Return the names from `models` that a piece of code uses, with their modules."""
        words = set(re.findall(r"\w+", code)) - {without}
        return [(name, module) for name, module in self.exports.items() if name in words]

    # Unions

    def _union(self, component: str) -> Union | None:
        members = [str(self._class(member).name) for member in self._specification.list_choices(component)]
        if len(members) < 2 or not all(member in self._models for member in members):
            return None
        name = str(self._class(component).name)
        tag, variants = self._variants(component, members)
        known = tuple(variants.values()) or tuple(members)
        choices = ", ".join(f"_base.model(_models, {member!r})" for member in members)
        arguments = ", ".join(map(repr, [tag, variants, *members[len(known) :]])) if variants else ""
        return Union(name, snake_case(name), tuple(members), known, arguments, choices)

    def _variants(self, component: str, members: list[str]) -> tuple[str, dict[str, str]]:
        """Return the tag of a union and its members by tag; only the last member may lack it, as catch-all."""
        tags = [self._tags(member) for member in members]
        tag = next((tag for tag in tags[0] if all(tag in others for others in tags[:-1])), None)
        if tag is None:
            untagged = [member for member, values in zip(members[:-1], tags, strict=False) if not values]
            problem = f"{component}: {', '.join(untagged)} must require a tag with one value, as other variants do"
            refuse_if(any(tags) and untagged, f"{problem}; only the last variant may have none")
            return "", {}
        known = members if tag in tags[-1] else members[:-1]
        variants = {values[tag]: member for member, values in zip(known, tags, strict=False)}
        if len(variants) != len(known):
            raise RegenError(f"{component}: two variants have the same {tag}")
        return tag, variants

    def _tags(self, name: str) -> dict[str, str]:
        return {
            get_wire_name(prop): value
            for prop in self._models[name].required_properties or []
            if isinstance(value := find_single_value(prop), str)
        }

    @cached_property
    def _readers_of_tagged(self) -> set[str]:
        return {f"_unions.read_{union.snake_name}" for union in self.unions if union.variants}

    def _named_union(self, parts: Iterable[Any]) -> Union | None:
        names = (part.class_info.name if isinstance(part, kinds.ModelProperty) else "" for part in parts)
        return self._union_of.get(frozenset(names))

    # Types

    def annotation(self, prop: Any, *, lenient: bool = False) -> str:
        """Return the type of a property that is present; with `lenient`, enums allow unknown values."""
        match prop:
            case kinds.ModelProperty():
                name = str(prop.class_info.name)
                return name if name in self.exports else self._mapping(self._models[name])
            case ListProperty():
                return f"list[{self.annotation(prop.inner_property, lenient=lenient)}]"
            case UnionProperty():
                return self._union_annotation(prop, lenient=lenient)
            case kinds.LiteralEnumProperty():
                is_open = lenient and len(prop.values) > 1
                return prop.class_info.name + f" | {prop.value_type.__name__}" * is_open
            case _:
                return str(prop.get_type_string(no_optional=True).as_unembedded_code())

    def _union_annotation(self, prop: UnionProperty, *, lenient: bool) -> str:
        inner = drop_null(prop)
        union = self._named_union(inner)
        choices = [union.name] if union else [self.annotation(part, lenient=lenient) for part in inner]
        null = ["None"] * (len(inner) < len(prop.inner_properties))
        return " | ".join(dict.fromkeys(choices + null))

    def _mapping(self, model: kinds.ModelProperty) -> str:
        values = self.annotation(model.additional_properties) if model.additional_properties else "Any"
        return "dict[str, Any]" if values == "Any" else f"Mapping[str, {values}]"

    def literal(self, enum: kinds.LiteralEnumProperty) -> str:
        """Return the type of an enum."""
        return f"Literal[{', '.join(map(repr, sorted(enum.values)))}]"

    # Readers

    def reader(self, prop: Any) -> str:
        """Code of the reader of a property; "" if its value is kept unchanged."""
        match prop:
            case kinds.ModelProperty():
                return (
                    "_base.as_object"
                    if self._is_free_form(prop)
                    else f"_base.model(_models, {str(prop.class_info.name)!r})"
                )
            case ListProperty():
                inner = self.reader(prop.inner_property)
                if inner in self._readers_of_tagged:
                    return f"{inner}_list"
                return f"_base.list_of({inner})" if inner else "_base.as_list"
            case UnionProperty():
                return self._union_reader(prop)
        value = find_single_value(prop)
        return "" if value is None else f"_base.exactly({value!r})"

    def _direct_reader(self, prop: Any) -> str:
        """Code of the reader of a model, for a function that runs when the model may be imported."""
        is_class = isinstance(prop, kinds.ModelProperty) and not self._is_free_form(prop)
        return f"_models.{prop.class_info.name}.from_dict" if is_class else ""

    def _union_reader(self, prop: UnionProperty) -> str:
        inner = drop_null(prop)
        union = self._named_union(inner)
        if union:
            return f"_unions.read_{union.snake_name}"
        readers = [code for part in inner if (code := self.reader(part))]
        refuse_if(
            readers and len(inner) > 1, f"{get_wire_name(prop)}: a union that contains objects and is no component"
        )
        return "".join(readers)

    # Models

    def imports(self, model: kinds.ModelProperty) -> list[tuple[str, str]]:
        """Names from `models` in the types of a model, with their modules."""
        return self.names_in(" ".join(map(self.annotation, list_properties(model))), without=model.class_info.name)

    def attributes(self, model: kinds.ModelProperty) -> list[Attribute]:
        """All attributes of a model, required ones first."""
        return [self._attribute(prop, model) for prop in list_properties(model)]

    def _attribute(self, prop: Any, model: kinds.ModelProperty) -> Attribute:
        name, key = str(prop.python_name), get_wire_name(prop)
        refuse_if(name in RESERVED_PROPERTIES, f"{model.class_info.name}.{name}: all models have a member of this name")
        schema = self._schema(prop, model)
        is_expected = bool(schema.get("x-expected"))
        constant = find_single_value(prop) if prop.required else None
        reader = "" if constant is not None else self._direct_reader(prop) or self.reader(prop)
        is_nullable = is_null_allowed(prop) or is_expected
        values = ", ".join(f"`{value}`" for value in schema.get("x-extensible-enum", []))
        refuse_if(reader and prop.required and is_nullable, f"{model.class_info.name}.{key}: a required object or null")
        needs_definition = "(" in reader
        flags = {
            "nested": reader,
            "required": prop.required,
            "nullable": is_nullable,
            "secret": schema.get("format") == "password",
        }
        arguments = [repr(key), repr(name), *(f"{flag}=True" for flag, is_set in flags.items() if is_set)]
        return Attribute(
            name=name,
            key=key,
            declaration=self._declaration(prop, model, is_expected=is_expected),
            description=reflow(f"{schema.get('description', '')}\n\n{f'Known values: {values}.' if values else ''}"),
            field=f"_base.Field({', '.join(arguments)})",
            required=prop.required,
            expected=is_expected,
            nullable=is_nullable,
            constant=constant,
            reader=f"_read_{name.rstrip('_')}" if needs_definition else reader,
            reader_definition=reader if needs_definition else "",
        )

    def _declaration(self, prop: Any, model: kinds.ModelProperty, *, is_expected: bool) -> str:
        name = str(prop.python_name)
        is_received = self._component_of[model.class_info.name] not in self._specification.request_only
        annotation = self.annotation(prop, lenient=is_received)
        if prop.default is not None:
            return f"{name}: {annotation} = {prop.default.python_code.as_unembedded_code()}"
        if is_expected:
            return f"{name}: {annotation} = _base.EXPECTED"
        return f"{name}: {annotation}" if prop.required else f"{name}: {annotation} | Unset = UNSET"

    def describe(self, item: Any) -> str:
        """Return the docstring of a class or enum."""
        return reflow(item.description.get_untrusted_value()) if item.description else ""

    def describe_alias(self, name: str) -> str:
        """Return the docstring of a type alias."""
        return reflow(self._specification.schemas[self._component_of[name]].get("description", ""))

    def _schema(self, prop: Any, model: kinds.ModelProperty) -> dict[str, Any]:
        """Return the schema of a property, from the description as it was written."""
        name = model.class_info.name
        refuse_if(name not in self._component_of, f"{name}: an object with properties that is no component")
        return self._specification.collect_properties(self._component_of[name])[get_wire_name(prop)]

    # Dicts

    @cached_property
    def dicts(self) -> list[Dict]:
        """The models in JSON request bodies, as dicts."""
        dicts = []
        for model in (self._models[name] for name in self.dict_names if name not in self.dict_aliases):
            keys = {get_wire_name(prop): self._dict_annotation(prop) for prop in list_properties(model)}
            odd = [key for key in keys if not key.isidentifier() or iskeyword(key)]
            refuse_if(odd, f"{model.class_info.name}: keys of a body that are no Python names: {', '.join(odd)}")
            dicts.append(Dict(str(model.class_info.name), self.describe(model), keys))
        return dicts

    @cached_property
    def dict_aliases(self) -> dict[str, str]:
        """Annotations of the unions in JSON request bodies, without their catch-alls."""
        return {union.name: " | ".join(union.known) for union in self.unions if union.name in self.dict_names}

    @cached_property
    def dict_names(self) -> list[str]:
        """Models and unions that are, or are part of, a JSON request body, sorted."""
        parts = {union.name: " ".join(union.known) for union in self.unions}
        for model in self.classes:
            parts[str(model.class_info.name)] = " ".join(map(self.annotation, list_properties(model)))
        bodies = [body for endpoint in self._endpoints for body in endpoint.bodies if body.body_type == "json"]
        waiting = [self.annotation(body.prop) for body in bodies]
        names: set[str] = set()
        while waiting:
            used = {name for name, _ in self.names_in(waiting.pop())} & parts.keys() - names
            names |= used
            waiting += map(parts.__getitem__, used)
        return sorted(names)

    def _dict_annotation(self, prop: Any) -> str:
        annotation = self._with_dicts(self.annotation(prop))
        return annotation if find_single_value(prop) is None or not prop.required else f"Required[{annotation}]"

    def _with_dicts(self, annotation: str) -> str:
        """Return an annotation that allows a dict beside each model."""

        def both(match: re.Match[str]) -> str:
            name = match[0]
            dicts = f" | {name} | PlainDict" * (name in self.dict_names)
            return (f"_models.{name}" if name in self.exports else name) + dicts

        return re.sub(r"(?<![\"'\w])[A-Za-z]\w*", both, annotation)

    # Operations

    def operation(self, endpoint: Endpoint) -> Operation:
        """Return an operation as its template needs it."""
        name = endpoint.name
        refuse_if(endpoint.header_parameters or endpoint.cookie_parameters, f"{name}: header and cookie parameters")
        for prop in endpoint.path_parameters + endpoint.query_parameters:
            refuse_if(prop.python_name in RESERVED_PARAMETERS, f"{name}: a parameter named {prop.python_name}")
        refuse_if(len(endpoint.bodies) > 1, f"{name}: more than one kind of body")
        responses = {response.prop.get_type_string(): response.prop for response in endpoint.responses}
        refuse_if(len(responses) != 1, f"{name}: {len(responses)} kinds of success, instead of one")
        (prop,) = responses.values()
        refuse_if(not isinstance(prop, kinds.ModelProperty), f"{name}: a response that is no object")
        response = prop.class_info
        keywords = [*(body.prop for body in endpoint.bodies), *endpoint.query_parameters]
        code = " ".join(map(self.annotation, [*endpoint.path_parameters, *keywords]))
        empty = "" if list_properties(self._models[response.name]) else ", may_be_empty=True"
        return Operation(
            keywords=keywords,
            imports=self.names_in(code, without=response.name),
            response=response,
            reader=f"_calls.from_json({response.name}.from_dict{empty})",
        )

    def argument(self, prop: Any) -> str:
        """Return the code of a parameter of an operation."""
        return f"{prop.python_name}: {self.annotation(prop)}" + " | Unset = UNSET" * (not prop.required)

    def url(self, endpoint: Endpoint) -> str:
        """Return the code of the URL of an operation."""
        path = in_double_quote_literal(endpoint.path)
        for prop in endpoint.path_parameters:
            refuse_if(
                not isinstance(prop, StringProperty),
                f"{endpoint.name}: path parameter {get_wire_name(prop)} is not a string",
            )
            segment = f"_calls.path_segment({str(prop.python_name)!r}, {prop.python_name})"
            path = path.replace(f"{{{prop.python_name}}}", f"{{{segment}}}")
        return f'f"{path}"' if endpoint.path_parameters else f'"{path}"'

    def body(self, endpoint: Endpoint) -> str:
        """Return the code of the item of `_get_kwargs` that holds the body."""
        body = endpoint.bodies[0]
        codes = {"json": '"json": _base.dump(body)', "files": "**_calls.multipart(body)"}
        refuse_if(body.body_type not in codes, f"{endpoint.name}: a body of {body.content_type.get_untrusted_value()}")
        code = codes[body.body_type]
        return code if body.prop.required else f"**({{}} if isinstance(body, Unset) else {{{code}}})"

    def query_argument(self, endpoint: Endpoint, prop: Any) -> str:
        """Return the code of an argument of `_calls.query`."""
        name, value = get_wire_name(prop), str(prop.python_name)
        declared = self._specification.find_parameter(self._operation_ids[endpoint.name], name)
        is_object = isinstance(prop, kinds.ModelProperty)
        refuse_if(
            is_object != (declared.get("style") == "deepObject"),
            f"{endpoint.name}: {name} is an object without style deepObject, or the reverse",
        )
        if is_object:
            return f"*_calls.deep_object({name!r}, {value})"
        if isinstance(prop, ListProperty) and declared.get("explode") is False:
            return f"_calls.comma_separated({name!r}, {value})"
        return f"({name!r}, {value})"

    def describe_operation(self, endpoint: Endpoint) -> str:
        """Return the docstring of an operation."""
        operation_id = self._operation_ids[endpoint.name]
        path, operation = self._specification.operations[operation_id]
        deprecated = ", deprecated" * operation.get("deprecated", False)
        arguments = [
            f"\n    {prop.python_name}: {' '.join(text.split())}"
            for prop in endpoint.path_parameters + endpoint.query_parameters
            if (text := self._specification.find_parameter(operation_id, get_wire_name(prop)).get("description"))
        ]
        parts = [
            operation.get("summary", ""),
            f"`{endpoint.method.upper()} {path}`, {operation_id}{deprecated}.",
            operation.get("description", ""),
            "".join(["Args:", *arguments]) if arguments else "",
        ]
        return reflow("\n\n".join(parts))

    # Completeness

    def check_complete(self) -> None:
        """Raise RegenError if the generator silently left out an operation or a property."""
        missing = self._specification.calls - {self._operation_ids[endpoint.name] for endpoint in self._endpoints}
        for component in self._specification.schemas:
            model = self._models.get(str(self._class(component).name))
            names = {get_wire_name(prop) for prop in list_properties(model)} if model else set()
            described = self._specification.collect_properties(component).keys() | self._specification.collect_required(
                component
            )
            missing |= {f"{component}.{key}" for key in described - names}
        refuse_if(missing, f"the generator leaves out {', '.join(sorted(missing))}")


def refuse_if(problem: object, what: str) -> None:
    """Raise RegenError if there is a problem: the templates have no code for it."""
    if problem:
        raise RegenError(f"not supported: {what}")


def get_wire_name(prop: Any) -> str:
    """Return the name of a property in JSON."""
    return str(prop.name.get_untrusted_value())


def list_properties(model: kinds.ModelProperty) -> list[Any]:
    """Return the properties of a model, required ones first."""
    return [*(model.required_properties or []), *(model.optional_properties or [])]


def find_single_value(prop: Any) -> Any:
    """Return the only value that a property allows, or None."""
    if isinstance(prop, ConstProperty):
        return prop.value.raw_value
    if isinstance(prop, kinds.LiteralEnumProperty) and len(prop.values) == 1:
        return next(iter(prop.values))
    return None


def drop_null(prop: UnionProperty) -> list[Any]:
    """Return the choices of a union without null."""
    return [part for part in prop.inner_properties if not isinstance(part, NoneProperty)]


def is_null_allowed(prop: Any) -> bool:
    """Whether the specification allows null."""
    if isinstance(prop, UnionProperty):
        return any(map(is_null_allowed, prop.inner_properties))
    return isinstance(prop, NoneProperty | kinds.AnyProperty)


def reflow(text: str) -> str:
    """Fill the paragraphs of a docstring; lists, code and indented text stay unchanged."""
    paragraphs = [part.strip("\n") for part in re.split(r"\n\s*\n", text) if part.strip()]
    verbatim = re.compile(r"^(?:[-*|]|```|\s)", re.MULTILINE)
    filled = [part if verbatim.search(part) else textwrap.fill(part, 112) for part in paragraphs]
    return str(safe_for_docstring("\n\n".join(filled)))
