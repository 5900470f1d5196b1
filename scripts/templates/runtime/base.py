"""Base class of the models: parses JSON objects and serializes them again without loss.

- Unknown fields, unexpected nulls, and values that are no object or list where one is required are kept unchanged in
  `additional_properties`. Their attribute is UNSET, and `to_dict` writes them back.
- Strings, numbers and booleans are neither checked nor converted.
- A list element that cannot be parsed, null included, stays at its index unchanged.
- The tag of an object selects its class in a union; an unknown tag, or an object that its class cannot parse, gives the
  catch-all class of the union.
- Parsing fails only if a required field is missing, or is no object or list where one is required. A field with
  `x-expected` is typed as required but may be missing (UNSET) or null (None): one missing field must not lose a record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeAlias

from attrs import define, field

from .errors import WrongShape
from .types import UNSET

if TYPE_CHECKING:
    from types import ModuleType

Reader: TypeAlias = Callable[[Any], Any]

EXPECTED: Any = UNSET
"""Default of an attribute whose field is marked with `x-expected`."""

_new = object.__new__
_SECRET = re.compile("secret|token|password|key", re.IGNORECASE)


class Field(NamedTuple):
    """Mapping of a JSON field to an attribute."""

    key: str
    name: str
    read: Reader | None = None
    """Parses the value; None keeps it unchanged."""
    required: bool = False
    nullable: bool = False
    secret: bool = False


class Wire:
    """All fields of a model, each with its index in the list of attribute values."""

    __slots__ = ("blank", "names", "nested", "nullable", "plain", "required", "secret")

    def __init__(self, *fields: Field) -> None:
        places = {field: place for place, field in enumerate(fields)}
        self.names = [(field.name, field.key, field.read is None) for field in fields]
        self.blank: list[Any] = [UNSET] * len(fields)
        self.plain = {field.key: place for field, place in places.items() if field.read is None}
        self.nested = {field.key: (place, field.read) for field, place in places.items() if field.read is not None}
        self.nullable = {
            field.key: place
            for field, place in places.items()
            if field.nullable or (field.required and field.read is None)
        }
        self.required = {place: field.key for field, place in places.items() if field.required}
        self.secret = {field.name for field in fields if field.secret}


@define(eq=False, kw_only=True, repr=False)
class Model:
    """Base of all models."""

    _wire: ClassVar[Wire]
    additional_properties: dict[str, Any] = field(factory=dict)
    """JSON fields without an attribute; serialized with the others."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Parse a JSON object. Raises WrongShape, a ValueError, if a required field is missing."""
        if not (isinstance(src_dict, (dict, Mapping))):
            raise WrongShape(f"{cls.__name__} must be an object, not {type(src_dict).__name__}")
        wire = cls._wire
        plain, nested = wire.plain, wire.nested
        values = wire.blank.copy()
        rest: dict[str, Any] = {}
        for key, value in src_dict.items():
            if value is None:
                if key in wire.nullable:
                    values[wire.nullable[key]] = None
                else:
                    rest[key] = None
            elif key in plain:
                values[plain[key]] = value
            elif key in nested:
                place, read = nested[key]
                try:
                    values[place] = read(value)
                except WrongShape as reason:
                    if place in wire.required:
                        raise WrongShape(f"{cls.__name__}: {key}: {reason}") from None
                    rest[key] = value
            else:
                rest[key] = value
        for place in wire.required:
            if values[place] is UNSET:
                raise WrongShape(f"{cls.__name__} needs {wire.required[place]}")
        # `__init__` with keywords and defaults would take most of the time.
        self = _new(cls)
        self.additional_properties = rest
        self._fill(values)
        return self

    def _fill(self, values: list[Any]) -> None:
        """Set all attributes, in the order of the fields."""

    def to_dict(self) -> dict[str, Any]:
        """Serialize to a JSON object."""
        result = dict(self.additional_properties)
        for name, key, is_plain in self._wire.names:
            value = getattr(self, name)
            if value is not UNSET:
                result[key] = value if is_plain else dump(value)
        return result

    @property
    def additional_keys(self) -> list[str]:
        """Names of the JSON fields without an attribute."""
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.additional_properties == other.additional_properties and all(
            getattr(self, name) == getattr(other, name) for name, *_ in self._wire.names
        )

    def __repr__(self) -> str:
        values = [(name, getattr(self, name)) for name, *_ in self._wire.names]
        shown = [
            f"{name}={'***' if name in self._wire.secret else _shown(value)}"
            for name, value in values
            if value is not UNSET
        ]
        if self.additional_properties:
            shown.append(f"additional_properties={_shown(self.additional_properties)}")
        return f"{type(self).__name__}({', '.join(shown)})"


def _shown(value: Any) -> str:
    """`repr` of a value; in plain objects the names of fields tell which values are secret."""
    if isinstance(value, dict):
        items = (f"{key!r}: {'***' if _SECRET.search(str(key)) else _shown(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return repr(value)


def dump(value: Any) -> Any:
    """Serialize a value that may be a model or a list of models."""
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, list):
        return [dump(element) for element in value]
    return value


def model(models: ModuleType, name: str) -> Reader:
    """Return a reader for a model, which is imported when the first object is parsed."""
    parse: Reader | None = None

    def read(value: Any) -> Any:
        nonlocal parse
        if parse is None:
            parse = getattr(models, name).from_dict
        return parse(value)

    return read


def tagged(models: ModuleType, tag: str, variants: Mapping[str, str], otherwise: str | None = None) -> Reader:
    """Return a reader for a union whose tag selects the model; each model is imported when its tag is first met."""
    readers = _Readers(models, variants)
    catch_all = None if otherwise is None else model(models, otherwise)

    def read(value: Any) -> Any:
        try:
            parse: Reader | None = readers[value[tag]]
        except (KeyError, TypeError):
            parse = None
        if parse is not None:
            try:
                return parse(value)
            except WrongShape:
                if catch_all is None:
                    raise
        if catch_all is None:
            raise WrongShape(f"{tag} is none of {', '.join(variants)}")
        return catch_all(value)

    return read


class _Readers(dict[str, Reader]):
    """Readers of models by tag."""

    def __init__(self, models: ModuleType, names: Mapping[str, str]) -> None:
        super().__init__()
        self._models = models
        self._names = names

    def __missing__(self, tag: str) -> Reader:
        parse: Reader = getattr(self._models, self._names[tag]).from_dict
        self[tag] = parse
        return parse


def first_of(*readers: Reader, scalars: bool = False) -> Reader:
    """Return a reader that tries several in order; with `scalars`, other scalar values are kept unchanged."""

    def read(value: Any) -> Any:
        for reader in readers:
            try:
                return reader(value)
            except WrongShape:
                continue
        if scalars and not isinstance(value, dict | list):
            return value
        raise WrongShape(f"{type(value).__name__} is none of the choices")

    return read


def list_of(read: Reader) -> Reader:
    """Return a reader for a list; elements that cannot be parsed are kept unchanged."""

    def element(value: Any) -> Any:
        try:
            return read(value)
        except WrongShape:
            return value

    def read_list(value: Any) -> Any:
        if not isinstance(value, list):
            raise WrongShape(f"must be a list, not {type(value).__name__}")
        try:
            return [read(item) for item in value]
        except WrongShape:
            return [element(item) for item in value]

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
