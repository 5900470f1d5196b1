"""OpenAPI 3 schemas by what they say, not by how: references and combinations resolved, one level at a time.

`const`, a one-value `enum` and a discriminator are the same, so are `nullable` and null, `x-extensible-enum` and `enum`.
Descriptions, examples, titles and defaults do not count.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Schema: TypeAlias = dict[str, Any]

LIMITS = (
    *("minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
)
NO_LIMITS = {("minLength", 0), ("minItems", 0), ("minProperties", 0), ("uniqueItems", False), ("format", "password")}
"""Limits that limit nothing; `password` only says what not to show."""
UNIONS = ("oneOf", "anyOf")
FLAGS = {"nullable", "readOnly", "writeOnly", "deprecated"}
VALUES = ("enum", "const", "x-extensible-enum")
OBJECTS = {"properties", "required", "additionalProperties", "discriminator"}
MEANING = {"$ref", "allOf", *UNIONS, "type", "items", *VALUES, *OBJECTS, *FLAGS, *LIMITS}
CONDITIONS = {
    "not",
    "if",
    "then",
    "else",
    "required",
    "properties",
    "minProperties",
    "maxProperties",
    "dependentRequired",
}


class UnreadableDescription(Exception):
    """A description is not what it should be; says why."""


class Variant(NamedTuple):
    """One of the schemas of a union, and what it may be known by."""

    schema: Schema
    tag: str | None = None
    name: str | None = None
    title: str | None = None


@dataclass(eq=False)
class Shape:
    """What a schema says."""

    types: frozenset[str] = frozenset()
    nullable: bool | None = None
    values: frozenset[str] | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: Schema | None = None
    others: Schema | bool = True
    """What fields that are not named may be."""
    variants: tuple[Variant, ...] = ()
    tag: str | None = None
    has_heirs: bool = False
    """Whether the variants inherit from this schema: it is no union for them."""
    read_only: bool = False
    write_only: bool = False
    deprecated: bool = False

    def brief(self) -> str:
        """The type in a word."""
        return "|".join(sorted(self.types)) or "any"


class Description:
    """A description of an API whose schemas are read as shapes."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._shapes: dict[int, tuple[Schema, Shape]] = {}
        self._merged: dict[int, tuple[Shape, Shape]] = {}
        self._open: set[int] = set()

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow `$ref` to what it stands for."""
        followed: set[str] = set()
        while "$ref" in node:
            reference = str(node["$ref"])
            if reference in followed:
                raise UnreadableDescription(f"{reference} refers to itself")
            followed.add(reference)
            node = self._target(reference)
        return node

    def shape(self, schema: Schema) -> Shape:
        """What a schema says; the same object for the same schema, so that recursion can be seen."""
        known = self._shapes.get(id(schema))
        if known:
            return known[1]
        if id(schema) in self._open:
            return own_shape(schema)
        self._open.add(id(schema))
        shape = self._combined(schema)
        self._open.remove(id(schema))
        self._shapes[id(schema)] = (schema, shape)
        return shape

    def merged(self, shape: Shape) -> Shape:
        """The shape without variants: all that any of them may be."""
        if not shape.variants:
            return shape
        if id(shape) not in self._merged:
            either = self._either([self.shape(variant.schema) for variant in shape.variants])
            self._merged[id(shape)] = (shape, replace(either, nullable=shape.nullable))
        return self._merged[id(shape)][1]

    def _target(self, reference: str) -> dict[str, Any]:
        node = referent(self.document, reference)
        if not isinstance(node, dict):
            raise UnreadableDescription(f"{reference} leads nowhere")
        return node

    def _combined(self, schema: Schema) -> Shape:
        own = {key: value for key, value in schema.items() if key in MEANING - {"$ref", "allOf"}}
        parts = [{"$ref": schema["$ref"]}] if "$ref" in schema else []
        parts += [part for part in schema.get("allOf", []) if part.keys() & MEANING]
        if not own and len(parts) == 1:
            return self.shape(self._target(parts[0]["$ref"]) if "$ref" in schema else parts[0])
        for part in parts:
            if self.shape(part).variants and not self.shape(part).has_heirs:
                return self._extended(part, own, [other for other in parts if other is not part])
        result = own_shape(own)
        for part in parts:
            result = self._both(result, self.shape(part))
        for key in UNIONS:
            if key in own:
                result = self._chosen(result, own[key], own.get("discriminator", {}))
        if not result.variants and own.get("discriminator", {}).get("mapping"):
            heirs = (Variant(referred(target), tag) for tag, target in own["discriminator"]["mapping"].items())
            result = replace(result, variants=tuple(heirs), tag=own["discriminator"]["propertyName"], has_heirs=True)
        return replace(result, nullable=bool(own["nullable"])) if "nullable" in own else result

    def _extended(self, union: Schema, own: Schema, parts: list[Schema]) -> Shape:
        """A union, and what all of its variants have besides."""
        shape, flags = self.shape(union), own_shape(own)
        shared = [part for part in [own, *parts] if part.keys() & MEANING - FLAGS]
        extended = (item._replace(schema={"allOf": [item.schema, *shared]}) for item in shape.variants)
        return replace(
            shape,
            variants=tuple(extended) if shared else shape.variants,
            nullable=bool(own["nullable"]) if "nullable" in own else shape.nullable,
            read_only=shape.read_only or flags.read_only,
            write_only=shape.write_only or flags.write_only,
            deprecated=shape.deprecated or flags.deprecated,
        )

    def _both(self, left: Shape, right: Shape) -> Shape:
        """What two schemas say together."""
        nullable = [shape.nullable for shape in (left, right) if shape.nullable is not None]
        fields = {**left.fields, **right.fields}
        for name in left.fields.keys() & right.fields.keys():
            if self.shape(left.fields[name]) is not self.shape(right.fields[name]):
                fields[name] = {"allOf": [left.fields[name], right.fields[name]]}
        return Shape(
            types=narrowed(left.types, right.types) or frozenset(),
            nullable=all(nullable) if nullable else None,
            values=narrowed(left.values, right.values),
            limits={**left.limits, **right.limits},
            fields=fields,
            required=left.required | right.required,
            items=right.items or left.items,
            others=left.others if right.others is True else right.others,
            read_only=left.read_only or right.read_only,
            write_only=left.write_only or right.write_only,
            deprecated=left.deprecated or right.deprecated,
        )

    def _either(self, shapes: Sequence[Shape]) -> Shape:
        """What a value may be that fits any of these schemas."""
        names = dict.fromkeys(name for shape in shapes for name in shape.fields)
        objects = [shape for shape in shapes if "object" in shape.types] or shapes
        types = [shape.types for shape in shapes]
        values = [shape.values for shape in shapes if shape.values is not None]
        limits = shapes[0].limits.items() if shapes else ()
        return Shape(
            types=frozenset().union(*types) if all(types) else frozenset(),
            nullable=any(shape.nullable for shape in shapes),
            values=frozenset().union(*values) if len(values) == len(shapes) else None,
            limits={key: value for key, value in limits if all(shape.limits.get(key) == value for shape in shapes)},
            fields={name: self._any_of([shape.fields.get(name) for shape in shapes]) or {} for name in names},
            required=frozenset.intersection(*(shape.required for shape in objects)),
            items=self._any_of([shape.items for shape in shapes]),
        )

    def _any_of(self, schemas: list[Schema | None]) -> Schema | None:
        different = list({id(self.shape(schema)): schema for schema in schemas if schema is not None}.values())
        return {"anyOf": different} if len(different) > 1 else next(iter(different), None)

    def _chosen(self, base: Shape, members: list[Schema], discriminator: Mapping[str, Any]) -> Shape:
        """A schema with one of these besides."""
        if base.fields and all(member.keys() <= CONDITIONS for member in members):
            return base
        choices = [member for member in members if not is_null(member)]
        shapes = [self.shape(member) for member in choices]
        if len(choices) == 1:
            result = self._both(base, shapes[0])
            result = replace(result, variants=shapes[0].variants, tag=shapes[0].tag, has_heirs=shapes[0].has_heirs)
        elif all("object" in shape.types for shape in shapes):
            result = self._union(base, choices, discriminator)
        else:
            result = self._both(base, self._either(shapes))
        nullable = len(choices) < len(members) or any(shape.nullable for shape in shapes)
        return replace(result, nullable=nullable and base.nullable is not False)

    def _union(self, base: Shape, members: list[Schema], discriminator: Mapping[str, Any]) -> Shape:
        shared = {"type": "object", "properties": base.fields, "required": sorted(base.required)}
        mapping = {str(target).rpartition("/")[2]: tag for tag, target in discriminator.get("mapping", {}).items()}
        variants: list[Variant] = []
        for member in members:
            shape, name = self.shape(member), component(member)
            if shape.variants and not shape.has_heirs:
                variants += shape.variants
            else:
                schema = {"allOf": [member, shared]} if base.fields else member
                variants.append(Variant(schema, mapping.get(name or ""), name, self.resolve(member).get("title")))
        tag = discriminator.get("propertyName") or self._tag(variants)
        if tag:
            known = [item for item in variants if not self._is_catch_all(item, tag)]
            variants = [item._replace(tag=item.tag or self._label(item, tag)) for item in known]
        return replace(base, types=base.types or frozenset({"object"}), variants=tuple(variants), tag=tag)

    def _tag(self, variants: list[Variant]) -> str | None:
        """The property that has one value of its own in each variant but a catch-all."""

        def tells(variant: Variant, name: str) -> bool:
            declared = self.shape(variant.schema).fields.get(name, {})
            return self._constant(declared) is not None or self._is_catch_all(variant, name)

        names = self.shape(variants[0].schema).fields if variants else ()
        return next((name for name in names if all(tells(variant, name) for variant in variants)), None)

    def _is_catch_all(self, variant: Variant, tag: str) -> bool:
        return "not" in self.resolve(self.shape(variant.schema).fields.get(tag, {}))

    def _label(self, variant: Variant, tag: str) -> str | None:
        declared = self.shape(variant.schema).fields.get(tag, {})
        default = self.resolve(declared).get("default")
        return self._constant(declared) or (default if isinstance(default, str) else variant.name)

    def _constant(self, schema: Schema) -> str | None:
        """The one value that a schema allows; looks into no unions, which may lead back to where this is asked."""
        for part in [schema, *schema.get("allOf", [])]:
            values = own_shape(self.resolve(part)).values
            if values and len(values) == 1:
                return next(iter(values))
        return None


def own_shape(schema: Schema) -> Shape:
    """What the keywords of a schema itself say, without what it refers to or is combined of."""
    declared = schema.get("type", [])
    types = {declared} if isinstance(declared, str) else set(declared)
    nullable = "null" in types if types else None
    if not types:
        types = {"object"} if "properties" in schema else {"array"} if "items" in schema else set()
    fields = {name: part if isinstance(part, dict) else {} for name, part in schema.get("properties", {}).items()}
    listed = schema.get("required", [])
    # Not valid, and found in the wild: a property that says `required: true` of itself.
    marked = [name for name, part in fields.items() if part.get("required") is True]
    others = schema.get("additionalProperties", True)
    return Shape(
        types=frozenset(types - {"null"}),
        nullable=False if nullable is None and types else nullable,
        values=values_of(schema),
        limits=limits_of(schema),
        fields=fields,
        required=frozenset([*(listed if isinstance(listed, list) else []), *marked]),
        items=schema.get("items"),
        others=True if others == {} else others,
        read_only=bool(schema.get("readOnly")),
        write_only=bool(schema.get("writeOnly")),
        deprecated=bool(schema.get("deprecated")),
    )


def values_of(schema: Schema) -> frozenset[str] | None:
    """The values that a schema lists, null aside."""
    listed = next((schema[key] for key in VALUES if key in schema), None)
    values = [listed] if "const" in schema and "enum" not in schema else listed
    return None if values is None else frozenset(text(value) for value in values if value is not None)


def limits_of(schema: Schema) -> dict[str, Any]:
    """The limits that a schema sets, in the form of OpenAPI 3.1."""
    found = {key: schema[key] for key in LIMITS if key in schema}
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(found.get(exclusive), bool) and found.pop(exclusive) and inclusive in found:
            found[exclusive] = found.pop(inclusive)
    return {key: value for key, value in found.items() if (key, value) not in NO_LIMITS}


def is_null(schema: Schema) -> bool:
    """Whether null is all that a schema allows."""
    return schema.get("type") in ("null", ["null"]) or schema.get("enum") == [None]


def narrowed(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    """What two lists allow together; one that is missing or empty allows all."""
    return left & right if left and right else left or right


def component(schema: Schema) -> str | None:
    """Name of the component that a schema stands for: by `$ref`, or by the only part of a combination, null aside."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    parts = [part for key in ("allOf", *UNIONS) for part in schema.get(key, []) if not is_null(part)]
    return component(parts[0]) if len(parts) == 1 else None


def referent(document: dict[str, Any], reference: str) -> Any:
    """What a reference inside a document leads to, None if nowhere."""
    if not reference.startswith("#/"):
        return None
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, dict) else None
    return node


def referred(target: str) -> Schema:
    """The schema that a mapping names, by reference or by the name of a component."""
    return {"$ref": target if "/" in target else f"#/components/schemas/{target}"}


def text(value: Any) -> str:
    """A value in words."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
