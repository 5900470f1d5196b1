"""Base class of the models: parses JSON objects and serializes them again without loss.

- Unknown fields, unexpected nulls, and values that are not the required object or list are kept unchanged in
  `additional_properties`. Their attribute is UNSET, and `to_dict` writes them back.
- Strings, numbers and booleans are neither checked nor converted.
- A list element that cannot be parsed, null included, stays at its index unchanged.
- The tag of an object selects its class in a union; an unknown tag, or an object that its class cannot parse, gives the
  catch-all class of the union.
- Parsing fails only if a required field is missing, or is not the required object or list. A field with
  `x-expected` is typed as required but may be missing (UNSET) or null (None): one missing field must not lose a record.

A reader is a function that parses one JSON value, or raises WrongShape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeAlias, TypeVar

from attrs import define, field

from .errors import WrongShape
from .types import UNSET

if TYPE_CHECKING:
    from types import ModuleType

Reader: TypeAlias = Callable[[Any], Any]

EXPECTED: Any = UNSET
"""Default of an attribute whose field is marked with `x-expected`."""

_M = TypeVar("_M", bound="Model")

new: Callable[[type[_M]], _M] = object.__new__
"""Create an object without `__init__`, which would take most of the time of parsing."""

_SECRET = re.compile("secret|token|password|key", re.IGNORECASE)


class Field(NamedTuple):
    """Mapping of a JSON field to an attribute."""

    key: str
    name: str
    nested: bool = False
    """Whether the value is parsed further, as it holds objects or lists."""
    required: bool = False
    nullable: bool = False
    secret: bool = False


class Fields:
    """All fields of a model, indexed for parsing, serializing and `repr`."""

    __slots__ = ("by_key", "names", "required", "secret")

    def __init__(self, *fields: Field) -> None:
        self.by_key = {field.key: field for field in fields}
        self.names = [(field.name, field.key, field.nested) for field in fields]
        self.required = [field.key for field in fields if field.required]
        self.secret = {field.name for field in fields if field.secret}


@define(eq=False, kw_only=True, repr=False)
class Model:
    """Base class of the models."""

    _fields: ClassVar[Fields]
    # None if empty: an empty dict per object would take 10 % of the time of parsing.
    _rest: dict[str, Any] | None = field(default=None, alias="additional_properties")

    @property
    def additional_properties(self) -> dict[str, Any]:
        """JSON fields without an attribute; serialized with the others."""
        if self._rest is None:
            self._rest = {}
        return self._rest

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Parse a JSON object. Raises WrongShape, a ValueError, if a required field is missing."""
        raise NotImplementedError

    def _unparsed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the JSON fields that no attribute holds; set nullable attributes whose field is null to None."""
        rest: dict[str, Any] = {}
        for key, value in data.items():
            known = self._fields.by_key.get(key)
            if known is not None and known.nullable and value is None:
                setattr(self, known.name, None)
            elif known is None or getattr(self, known.name) is UNSET:
                rest[key] = value
        return rest

    def to_dict(self) -> dict[str, Any]:
        """Serialize to a JSON object."""
        result = dict(self._rest or {})
        for name, key, nested in self._fields.names:
            value = getattr(self, name)
            if value is not UNSET:
                result[key] = dump(value) if nested else value
        return result

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in (self._rest or {})

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return (self._rest or {}) == (other._rest or {}) and all(
            getattr(self, name) == getattr(other, name) for name, *_ in self._fields.names
        )

    def __repr__(self) -> str:
        values = [(name, getattr(self, name)) for name, *_ in self._fields.names]
        parts = [
            f"{name}={'***' if name in self._fields.secret else _redacted_repr(value)}"
            for name, value in values
            if value is not UNSET
        ]
        if self._rest:
            parts.append(f"additional_properties={_redacted_repr(self._rest)}")
        return f"{type(self).__name__}({', '.join(parts)})"


def _redacted_repr(value: Any) -> str:
    """Return the `repr` of a value; in plain objects fields with names such as `secret` are hidden."""
    if isinstance(value, dict):
        items = (
            f"{key!r}: {'***' if _SECRET.search(str(key)) else _redacted_repr(item)}" for key, item in value.items()
        )
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_redacted_repr, value))}]"
    return repr(value)


def dump(value: Any) -> Any:
    """Serialize a value that may be a model or a list of models."""
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, list):
        return [dump(element) for element in value]
    return value


# Called by the generated `from_dict` methods


def as_dict(cls: type[Model], data: Any) -> dict[str, Any]:
    """Return a mapping as a dict. Raises WrongShape for anything else."""
    if isinstance(data, Mapping):
        return dict(data)
    raise WrongShape(f"{cls.__name__} must be an object, not {type(data).__name__}")


def missing(cls: type[Model], data: Any, error: KeyError | TypeError) -> WrongShape:
    """Build the exception for a required field that is missing, or for data that is not an object."""
    if isinstance(data, Mapping):
        return WrongShape(f"{cls.__name__} needs {error.args[0]}")
    return WrongShape(f"{cls.__name__} must be an object, not {type(data).__name__}")


def unreadable(cls: type[Model], key: str, data: Mapping[str, Any], error: KeyError | WrongShape) -> WrongShape:
    """Build the exception for a required field that is missing, null, or not the required object or list."""
    if data.get(key) is None:
        return missing(cls, data, KeyError(key))
    return WrongShape(f"{cls.__name__}: {key}: {error}")


def unequal(cls: type[Model], key: str, constant: Any) -> WrongShape:
    """Build the exception for a field that does not have the only value allowed."""
    return WrongShape(f"{cls.__name__}: {key}: not {constant!r}")


# Readers


def model(models: ModuleType, name: str) -> Reader:
    """Return a reader for a model, which is imported when the first object is parsed."""
    parse: Reader | None = None

    def read(value: Any) -> Any:
        nonlocal parse
        if parse is None:
            parse = getattr(models, name).from_dict
        return parse(value)

    return read


class Variants(dict[str, Reader]):
    """Readers of the models of a union by tag; each model is imported when its tag first occurs."""

    def __init__(self, models: ModuleType, tag: str, names: Mapping[str, str], otherwise: str | None = None) -> None:
        super().__init__()
        self.tag = tag
        self._models = models
        self._names = names
        self._otherwise = otherwise

    def __missing__(self, tag: str) -> Reader:
        parse: Reader = getattr(self._models, self._names[tag]).from_dict
        self[tag] = parse
        return parse

    def read_otherwise(self, value: Any, reason: WrongShape | None = None) -> Any:
        """Parse an object with an unknown tag, or that its class cannot parse."""
        if self._otherwise is None:
            raise reason or WrongShape(f"{self.tag} is none of {', '.join(self._names)}")
        return getattr(self._models, self._otherwise).from_dict(value)


def tagged(variants: Variants) -> Reader:
    """Return a reader for a union."""
    tag = variants.tag

    def read(value: Any) -> Any:
        try:
            parse = variants[value[tag]]
        except (KeyError, TypeError):
            return variants.read_otherwise(value)
        try:
            return parse(value)
        except WrongShape as reason:
            return variants.read_otherwise(value, reason)

    return read


def list_of_tagged(variants: Variants) -> Reader:
    """Return a reader for a list of a union; elements that cannot be parsed are kept unchanged."""
    tag, read_any_list = variants.tag, list_of(tagged(variants))

    def read_list(values: Any) -> Any:
        if not isinstance(values, list):
            raise WrongShape(f"must be a list, not {type(values).__name__}")
        try:
            return [variants[value[tag]](value) for value in values]
        except (KeyError, TypeError, WrongShape):
            return read_any_list(values)

    return read_list


def first_of(*readers: Reader) -> Reader:
    """Return a reader that tries several in order."""

    def read(value: Any) -> Any:
        for reader in readers:
            try:
                return reader(value)
            except WrongShape:
                continue
        raise WrongShape(f"{type(value).__name__} is none of the choices")

    return read


def list_of(read: Reader) -> Reader:
    """Return a reader for a list; elements that cannot be parsed are kept unchanged."""

    def read_element(value: Any) -> Any:
        try:
            return read(value)
        except WrongShape:
            return value

    def read_list(values: Any) -> Any:
        if not isinstance(values, list):
            raise WrongShape(f"must be a list, not {type(values).__name__}")
        try:
            return [read(value) for value in values]
        except WrongShape:
            return [read_element(value) for value in values]

    return read_list


def exactly(constant: Any) -> Reader:
    """Return a reader that accepts this value only."""

    def read(value: Any) -> Any:
        if type(value) is not type(constant) or value != constant:
            raise WrongShape(f"not {constant!r}")
        return value

    return read


def as_list(value: Any) -> Any:
    """Return a list unchanged."""
    if not isinstance(value, list):
        raise WrongShape(f"must be a list, not {type(value).__name__}")
    return value


def as_object(value: Any) -> Any:
    """Return an object unchanged."""
    if not isinstance(value, dict):
        raise WrongShape(f"must be an object, not {type(value).__name__}")
    return value
