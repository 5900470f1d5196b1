"""Bring OpenAPI 3 schemas into a normal form: resolve references and combinations level by level.

Different spellings become equal: `const`, a one-value `enum` and a discriminator; `nullable` and null; `x-extensible-enum` and `enum`.
Titles, descriptions and examples are left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Schema: TypeAlias = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Keys of a path that are operations."""
STRING_LIMITS = ("minLength", "maxLength", "pattern", "format")
NUMBER_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
ARRAY_LIMITS = ("minItems", "maxItems", "uniqueItems")
OBJECT_LIMITS = ("minProperties", "maxProperties")
LIMITS = (*STRING_LIMITS, *NUMBER_LIMITS, *ARRAY_LIMITS, *OBJECT_LIMITS, "default")
LIMITED_TYPES = {
    **dict.fromkeys(STRING_LIMITS, frozenset({"string"})),
    **dict.fromkeys(NUMBER_LIMITS, frozenset({"number", "integer"})),
    **dict.fromkeys(ARRAY_LIMITS, frozenset({"array"})),
    **dict.fromkeys(OBJECT_LIMITS, frozenset({"object"})),
}
"""The types that a limit applies to; it does not restrict values of other types."""
NO_LIMITS = {("minLength", 0), ("minItems", 0), ("minProperties", 0), ("uniqueItems", False), ("format", "password")}
"""Limits without effect; `password` only tells programs to hide the value."""
UNIONS = ("oneOf", "anyOf")
FLAGS = {"nullable", "readOnly", "writeOnly", "deprecated"}
VALUES = ("enum", "const", "x-extensible-enum")
OBJECTS = {"properties", "required", "additionalProperties", "discriminator"}
MEANING = {"$ref", "allOf", *UNIONS, "type", "items", *VALUES, *OBJECTS, *FLAGS, *LIMITS}
CONDITIONS = ("not", "if", "then", "else", "dependentRequired")
CHOICE_CONDITIONS = {*CONDITIONS, "required", "properties", "minProperties", "maxProperties"}
"""Keywords of choices that restrict the surrounding object and add no fields."""
TEXTS = {"title", "description", "summary", "example", "examples", "externalDocs", "$comment"}


class UnreadableDescription(Exception):
    """A description cannot be read; the text says why."""


class Variant(NamedTuple):
    """One schema of a union, identified by its tag's value, component name or title."""

    schema: Schema
    tag: str | None = None
    name: str | None = None
    title: str | None = None


@dataclass(eq=False)
class Shape:
    """The normal form of one schema."""

    types: frozenset[str] = frozenset()
    nullable: bool | None = None
    values: frozenset[str] | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    """Limits, and the default."""
    conditions: frozenset[str] = frozenset()
    """Rules such as `if`, `then` and `not`, each as one line of YAML."""
    fields: dict[str, Schema] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    """Map inherited fields to the component that they come from."""
    required: frozenset[str] = frozenset()
    items: Schema | None = None
    others: Schema | bool = True
    """Schema of the fields that are not named."""
    variants: tuple[Variant, ...] = ()
    union: str = "anyOf"
    """The keyword that joins the variants."""
    tag: str | None = None
    """Name of the field whose value selects the variant."""
    has_subtypes: bool = False
    """Whether the variants inherit from this schema, which is then no union for them."""
    read_only: bool = False
    write_only: bool = False
    deprecated: bool = False

    def brief(self) -> str:
        """Return the types in one word."""
        return "|".join(sorted(self.types)) or "any"


class Description:
    """An OpenAPI document whose schemas are read as shapes."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._shapes: dict[int, tuple[Schema, Shape]] = {}
        self._merged: dict[int, tuple[Shape, Shape]] = {}
        self._in_progress: set[int] = set()

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow `$ref` until an object without one."""
        followed: set[str] = set()
        while "$ref" in node:
            reference = str(node["$ref"])
            if reference in followed:
                raise UnreadableDescription(f"{reference} refers to itself")
            followed.add(reference)
            node = self._target(reference)
        return node

    def shape(self, schema: Schema) -> Shape:
        """Return the shape of a schema: the same object for the same schema, so recursion is detectable."""
        known = self._shapes.get(id(schema))
        if known:
            return known[1]
        if id(schema) in self._in_progress:
            return read_own_shape(schema)
        self._in_progress.add(id(schema))
        shape = self._combine(schema)
        self._in_progress.remove(id(schema))
        self._shapes[id(schema)] = (schema, shape)
        return shape

    def merge_variants(self, shape: Shape) -> Shape:
        """Return one shape that values of any variant match."""
        if not shape.variants:
            return shape
        if id(shape) not in self._merged:
            either = self._unite([self.shape(variant.schema) for variant in shape.variants], shape.union)
            limits = {**either.limits, **shape.limits}
            conditions = either.conditions | shape.conditions
            merged = replace(either, nullable=shape.nullable, limits=limits, conditions=conditions)
            self._merged[id(shape)] = (shape, merged)
        return self._merged[id(shape)][1]

    def _target(self, reference: str) -> dict[str, Any]:
        node = resolve_pointer(self.document, reference)
        if not isinstance(node, dict):
            raise UnreadableDescription(f"{reference} is not part of the description")
        return node

    def _combine(self, schema: Schema) -> Shape:
        own = {key: value for key, value in schema.items() if key in MEANING - {"$ref", "allOf"}}
        conditions = frozenset(iter_conditions(schema))
        parts = [{"$ref": schema["$ref"]}] if "$ref" in schema else []
        parts += [part for part in schema.get("allOf", []) if part.keys() & MEANING and not is_condition(part)]
        if not own and not conditions and len(parts) == 1:
            return self.shape(self._target(parts[0]["$ref"]) if "$ref" in schema else parts[0])
        for part in parts:
            if self.shape(part).variants and not self.shape(part).has_subtypes:
                shape = self._extend_union(part, own, [other for other in parts if other is not part])
                return replace(shape, conditions=shape.conditions | conditions)
        result = replace(read_own_shape(own), conditions=conditions)
        for part in parts:
            result = self._intersect(result, self._inherit(part))
        for key in UNIONS:
            if key in own:
                result = self._apply_choices(result, key, own[key], own.get("discriminator", {}))
        if not own.keys() & set(UNIONS) and own.get("discriminator", {}).get("mapping"):
            subtypes = (Variant(to_reference(target), tag) for tag, target in own["discriminator"]["mapping"].items())
            result = replace(
                result, variants=tuple(subtypes), tag=own["discriminator"]["propertyName"], has_subtypes=True
            )
        return replace(result, nullable=bool(own["nullable"])) if "nullable" in own else result

    def _inherit(self, part: Schema) -> Shape:
        """Return the shape of a part; its fields have the referenced component as origin."""
        shape, name = self.shape(part), find_component(part)
        return replace(shape, origins={**dict.fromkeys(shape.fields, name), **shape.origins}) if name else shape

    def _extend_union(self, union: Schema, own: Schema, parts: list[Schema]) -> Shape:
        """Return a union with further fields in each variant."""
        shape, flags = self.shape(union), read_own_shape(own)
        shared = [part for part in [own, *parts] if part.keys() & MEANING - FLAGS - {"default"}]
        extended = [item._replace(schema={"allOf": [item.schema, *shared]}) for item in shape.variants]
        if shape.tag:
            extended = [item for item in extended if not self._is_impossible(item, shape.tag)]
        return replace(
            shape,
            variants=tuple(extended) if shared else shape.variants,
            nullable=bool(own["nullable"]) if "nullable" in own else shape.nullable,
            limits={**shape.limits, **({"default": flags.limits["default"]} if "default" in flags.limits else {})},
            read_only=shape.read_only or flags.read_only,
            write_only=shape.write_only or flags.write_only,
            deprecated=shape.deprecated or flags.deprecated,
        )

    def _intersect(self, left: Shape, right: Shape) -> Shape:
        """Return the shape of values that match both."""
        nullable = [shape.nullable for shape in (left, right) if shape.nullable is not None]
        fields = {**left.fields, **right.fields}
        origins = {**left.origins, **right.origins}
        for name in left.fields.keys() & right.fields.keys():
            fields[name] = self._all_of(left.fields[name], right.fields[name])
            origins.pop(name, None)
        others = [shape.others for shape in (left, right) if shape.others is not True]
        items = [shape.items for shape in (left, right) if shape.items is not None]
        return Shape(
            types=intersect_values(left.types, right.types) or frozenset(),
            nullable=all(nullable) if nullable else None,
            values=intersect_values(left.values, right.values),
            limits=intersect_limits(left.limits, right.limits),
            conditions=left.conditions | right.conditions,
            fields=fields,
            origins=origins,
            required=left.required | right.required,
            items=self._all_of(*items) if items else None,
            others=False if False in others else self._all_of(*others) if others else True,
            read_only=left.read_only or right.read_only,
            write_only=left.write_only or right.write_only,
            deprecated=left.deprecated or right.deprecated,
        )

    def _unite(self, shapes: Sequence[Shape], union: str) -> Shape:
        """Return the shape of values that match any of these; other facts become a condition."""
        names = dict.fromkeys(name for shape in shapes for name in shape.fields)
        objects = [shape for shape in shapes if "object" in shape.types] or shapes
        types = [shape.types for shape in shapes]
        valued = frozenset().union(*(shape.types for shape in shapes if shape.values is not None))
        listed = all(shape.values is not None or (shape.types and not shape.types & valued) for shape in shapes)
        values = [shape.values for shape in shapes if shape.values is not None]
        others = objects[0].others if all(shape.others == objects[0].others for shape in objects) else True
        either = Shape(
            types=frozenset().union(*types) if all(types) else frozenset(),
            nullable=any(shape.nullable for shape in shapes),
            values=frozenset().union(*values) if values and listed else None,
            limits=find_shared_limits(shapes),
            conditions=frozenset.intersection(*(shape.conditions for shape in shapes)),
            fields={name: self._any_of([shape.fields.get(name) for shape in shapes]) or {} for name in names},
            required=frozenset.intersection(*(shape.required for shape in objects)),
            items=self._any_of([shape.items for shape in shapes]),
            others=others,
            deprecated=all(shape.deprecated for shape in shapes),
        )
        lost = [find_lost_facts(shape, either) for shape in shapes]
        return replace(either, conditions=either.conditions | {to_yaml_line({union: lost})}) if any(lost) else either

    def _all_of(self, *schemas: Any) -> Schema:
        different = list({id(self.shape(schema)): schema for schema in schemas}.values())
        return {"allOf": different} if len(different) > 1 else different[0]

    def _any_of(self, schemas: list[Schema | None]) -> Schema | None:
        different = list({id(self.shape(schema)): schema for schema in schemas if schema is not None}.values())
        return {"anyOf": different} if len(different) > 1 else next(iter(different), None)

    def _apply_choices(self, base: Shape, union: str, members: list[Schema], discriminator: Mapping[str, Any]) -> Shape:
        """Return the shape of values that match `base` and one of the members."""
        if base.fields and all(member.keys() <= CHOICE_CONDITIONS for member in members):
            return replace(base, conditions=base.conditions | {to_yaml_line({union: members})})
        choices = [member for member in members if not is_null(member)]
        shapes = [self.shape(member) for member in choices]
        if len(choices) == 1 and not discriminator:
            result = self._intersect(base, shapes[0])
            result = replace(
                result, variants=shapes[0].variants, tag=shapes[0].tag, has_subtypes=shapes[0].has_subtypes
            )
        elif all("object" in shape.types for shape in shapes):
            result = self._build_union(replace(base, union=union), choices, discriminator)
        else:
            result = self._intersect(base, self._unite(shapes, union))
        nullable = len(choices) < len(members) or any(shape.nullable for shape in shapes)
        return replace(result, nullable=nullable and base.nullable is not False)

    def _build_union(self, base: Shape, members: list[Schema], discriminator: Mapping[str, Any]) -> Shape:
        shared: Schema = {"type": "object", "properties": base.fields, "required": sorted(base.required)}
        if base.others is not True:
            shared["additionalProperties"] = base.others
        mapping = {}
        for tag, target in discriminator.get("mapping", {}).items():
            self.resolve(to_reference(target))
            mapping[str(target).rpartition("/")[2]] = tag
        variants: list[Variant] = []
        for member in members:
            shape, name = self.shape(member), find_component(member)
            if shape.variants and not shape.has_subtypes:
                variants += shape.variants
            else:
                is_extended = base.fields or base.required or base.others is not True
                schema = {"allOf": [member, shared]} if is_extended else member
                variants.append(Variant(schema, mapping.get(name or ""), name, self.resolve(member).get("title")))
        tag = discriminator.get("propertyName") or self._tag(variants)
        if tag:
            known = [item for item in variants if not self._is_catch_all(item, tag)]
            variants = [item._replace(tag=item.tag or self._label(item, tag)) for item in known]
        return replace(base, types=base.types or frozenset({"object"}), variants=tuple(variants), tag=tag)

    def _tag(self, variants: list[Variant]) -> str | None:
        """Return the field that has a different constant in each variant except a catch-all."""

        def is_tag_of(variant: Variant, name: str) -> bool:
            declared = self.shape(variant.schema).fields.get(name, {})
            return self._constant(declared) is not None or self._is_catch_all(variant, name)

        names = self.shape(variants[0].schema).fields if variants else ()
        return next((name for name in names if all(is_tag_of(variant, name) for variant in variants)), None)

    def _is_catch_all(self, variant: Variant, tag: str) -> bool:
        return "not" in self.resolve(self.shape(variant.schema).fields.get(tag, {}))

    def _is_impossible(self, variant: Variant, tag: str) -> bool:
        """Whether the tag can have no value."""
        return self.shape(self.shape(variant.schema).fields.get(tag, {})).values == frozenset()

    def _label(self, variant: Variant, tag: str) -> str | None:
        declared = self.shape(variant.schema).fields.get(tag, {})
        default = self.resolve(declared).get("default")
        return self._constant(declared) or (default if isinstance(default, str) else variant.name)

    def _constant(self, schema: Schema) -> str | None:
        """Return the only value that a schema allows; unions are ignored, as they may be recursive."""
        for part in [schema, *schema.get("allOf", [])]:
            values = read_own_shape(self.resolve(part)).values
            if values and len(values) == 1:
                return next(iter(values))
        return None


def read_own_shape(schema: Schema) -> Shape:
    """Return the shape of a schema's own keywords, without references and combinations."""
    declared = schema.get("type", [])
    types = {declared} if isinstance(declared, str) else set(declared)
    nullable = "null" in types if types else None
    if not types:
        types = {"object"} if "properties" in schema else {"array"} if "items" in schema else set()
    fields = {name: part if isinstance(part, dict) else {} for name, part in schema.get("properties", {}).items()}
    listed = schema.get("required", [])
    # Invalid, but the vendor's files have it: a property with `required: true` in its own schema.
    marked = [name for name, part in fields.items() if part.get("required") is True]
    others = schema.get("additionalProperties", True)
    return Shape(
        types=frozenset(types - {"null"}),
        nullable=False if nullable is None and types else nullable,
        values=read_values(schema),
        limits=read_limits(schema),
        fields=fields,
        required=frozenset([*(listed if isinstance(listed, list) else []), *marked]),
        items=schema.get("items"),
        others=True if others == {} else others,
        read_only=bool(schema.get("readOnly")),
        write_only=bool(schema.get("writeOnly")),
        deprecated=bool(schema.get("deprecated")),
    )


def read_values(schema: Schema) -> frozenset[str] | None:
    """Return the values that a schema lists, without null."""
    listed = next((schema[key] for key in VALUES if key in schema), None)
    values = [listed] if "const" in schema and "enum" not in schema else listed
    return None if values is None else frozenset(to_text(value) for value in values if value is not None)


def read_limits(schema: Schema) -> dict[str, Any]:
    """Return the limits of a schema in the form of OpenAPI 3.1, and its default as text."""
    limits = {key: schema[key] for key in LIMITS if key in schema}
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(limits.get(exclusive), bool) and limits.pop(exclusive) and inclusive in limits:
            limits[exclusive] = limits.pop(inclusive)
    if "default" in limits:
        limits["default"] = to_text(limits["default"])
    return {key: value for key, value in limits.items() if (key, value) not in NO_LIMITS}


def intersect_limits(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Return the limits of values that respect both."""
    both = {**left, **right}
    for key in left.keys() & right.keys():
        if key.startswith(("max", "exclusiveMax")):
            both[key] = min(left[key], right[key])
        elif key.startswith(("min", "exclusiveMin")):
            both[key] = max(left[key], right[key])
        elif key in {"pattern", "format", "multipleOf"} and left[key] != right[key]:
            both[key] = f"{to_text(left[key])} and {to_text(right[key])}"
    return both


def find_shared_limits(shapes: Sequence[Shape]) -> dict[str, Any]:
    """Return the limits that are equal in all shapes that they apply to."""
    keys = dict.fromkeys(key for shape in shapes for key in shape.limits)
    shared = {}
    for key in keys:
        limited = LIMITED_TYPES.get(key, frozenset())
        affected = [
            shape.limits.get(key) for shape in shapes if not limited or not shape.types or shape.types & limited
        ]
        if affected and all(value is not None and value == affected[0] for value in affected):
            shared[key] = affected[0]
    return shared


def is_only_value(shape: Shape) -> bool:
    """Whether the default is the only allowed value, such as a variant's tag, and so adds nothing."""
    return shape.values == frozenset({shape.limits.get("default")})


def find_lost_facts(shape: Shape, either: Shape) -> Schema:
    """Return, as a schema, the facts of a shape that are missing in the shape of its union."""
    limits = {key: value for key, value in shape.limits.items() if key not in either.limits}
    if is_only_value(shape):
        limits.pop("default", None)
    facts: dict[str, Any] = {
        "required": sorted(shape.required - either.required),
        "enum": sorted(shape.values) if shape.values is not None and either.values is None else None,
        "additionalProperties": shape.others if shape.others != either.others else None,
        "conditions": sorted(shape.conditions - either.conditions),
        **limits,
    }
    return {key: value for key, value in facts.items() if value not in (None, [])}


def iter_conditions(schema: Schema) -> Iterable[str]:
    """Yield the conditions of a schema, and those of `allOf` parts that hold only conditions."""
    own = {key: schema[key] for key in CONDITIONS if key in schema}
    if own.get("if") in (True, {}, {"type": "object"}) and "then" in own:
        del own["if"]
        own |= own.pop("then")
    if own:
        yield to_yaml_line(own)
    for part in schema.get("allOf", []):
        if is_condition(part) or not part.keys() & MEANING:
            yield from iter_conditions(part) if part.keys() & set(CONDITIONS) else [to_yaml_line(part)]


def is_condition(schema: Schema) -> bool:
    """Whether a schema holds only conditions, its own or those of fields and elements."""
    own = schema.keys() - TEXTS
    parts = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    if not own <= {*CONDITIONS, "properties", "items"} or not all(isinstance(part, dict) for part in parts):
        return False
    return bool(own & set(CONDITIONS) or parts) and all(map(is_condition, parts))


def to_yaml_line(value: Any) -> str:
    """Return a part of a schema as one line of YAML, without titles, descriptions and examples."""
    return yaml.dump(strip_texts(value), Dumper=yaml.CSafeDumper, default_flow_style=True, width=1_000_000).strip()


def strip_texts(value: Any, *, is_schema: bool = True) -> Any:
    """Return a copy without titles, descriptions and examples; lists of strings are sorted."""
    if isinstance(value, list):
        copies = [strip_texts(item) for item in value]
        return sorted(copies, key=to_text) if all(isinstance(item, str) for item in copies) else copies
    if not isinstance(value, dict):
        return value
    named = {"properties", "dependentRequired"}
    return {
        key: strip_texts(item, is_schema=not (is_schema and key in named))
        for key, item in value.items()
        if not is_schema or key not in TEXTS
    }


def is_null(schema: Schema) -> bool:
    """Whether a schema allows nothing but null."""
    return schema.get("type") in ("null", ["null"]) or schema.get("enum") == [None]


def intersect_values(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    """Return the values that both lists allow; a missing or empty list allows all."""
    return left & right if left and right else left or right


def find_component(schema: Schema) -> str | None:
    """Return the component that a schema stands for: its `$ref`, or that of its only part except null."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    parts = [part for key in ("allOf", *UNIONS) for part in schema.get(key, []) if not is_null(part)]
    return find_component(parts[0]) if len(parts) == 1 else None


def resolve_pointer(document: dict[str, Any], reference: str) -> Any:
    """Return the object that a `$ref` inside a document points to; None if it does not exist."""
    if not reference.startswith("#/"):
        return None
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, dict) else None
    return node


def to_reference(target: str) -> Schema:
    """Return the `$ref` for the target of a discriminator's mapping: a reference or a component name."""
    return {"$ref": target if "/" in target else f"#/components/schemas/{target}"}


def to_text(value: Any) -> str:
    """Return a value as text: a string unchanged, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
