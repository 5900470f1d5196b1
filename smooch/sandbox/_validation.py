"""Checks requests against the spec. A problem is a 400 that names the place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from jsonschema.exceptions import best_match

from ._errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.protocols import Validator
    from starlette.datastructures import QueryParams

    from ._spec import Operation, Parameter

_LONGEST = 300
_CONDITIONS = frozenset({"if", "then", "else", "not"})
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d+)?")


def json_type(media_type: str) -> None:
    """400 unless the Content-Type of a body is that of JSON."""
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise bad_request(f"Content-Type {media_type!r}: has to be application/json")


def json_body(data: bytes) -> Any:
    """`data` as JSON."""
    if not data.strip():
        raise bad_request("The request body is missing")
    try:
        return json.loads(data, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise bad_request("The request body is nested too deeply") from None
    except ValueError as error:
        raise bad_request(f"The request body is no JSON: {error}") from None


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if abs(number) != float("inf") else _no_number(text)


def check(validator: Validator, instance: Any, where: str) -> None:
    """400 unless `instance` is valid."""
    if validator.is_valid(instance):
        return
    errors = list(validator.iter_errors(instance))
    # what is wrong in itself says more than what does not go together
    plain = [error for error in errors if _CONDITIONS.isdisjoint(error.absolute_schema_path)]
    error = best_match(plain or errors)
    path = error.json_path.removeprefix("$").removeprefix(".")
    place = f"{where} {path}".rstrip()
    raise bad_request(f"{place}: {error.message}"[:_LONGEST])


def query(operation: Operation, given: QueryParams) -> dict[str, Any]:
    """The operation's query parameters, converted as their schemas say; others are ignored."""
    values = {}
    for parameter in operation.query:
        value = _deep(parameter, given) if parameter.deep else _flat(parameter, given)
        if value is not None:
            check(parameter.validator, value, f"query parameter {parameter.name}")
            values[parameter.name] = value
        elif parameter.required:
            raise bad_request(f"query parameter {parameter.name}: is required")
    return values


def _flat(parameter: Parameter, given: QueryParams) -> Any:
    texts = given.getlist(parameter.name)
    if not texts:
        return None
    if parameter.schema.get("type") == "array":
        return texts if parameter.explode else [item for text in texts for item in text.split(",") if item]
    return _converted(parameter.schema, texts)


def _deep(parameter: Parameter, given: QueryParams) -> dict[str, Any] | None:
    if parameter.name in given:
        raise bad_request(f"query parameter {parameter.name}: is an object, write {parameter.name}[…]")
    properties = parameter.schema["properties"]
    value = {
        name: _converted(schema, given.getlist(key))
        for name, schema in properties.items()
        if (key := f"{parameter.name}[{name}]") in given
    }
    return value or None


def _converted(schema: Mapping[str, Any], texts: list[str]) -> Any:
    match schema.get("type"):
        case "integer" if _INTEGER.fullmatch(texts[-1]):
            return int(texts[-1])
        case "number" if _NUMBER.fullmatch(texts[-1]):
            return float(texts[-1])
        case "boolean" if texts[-1] in ("true", "false"):
            return texts[-1] == "true"
    return texts[-1]


def form(operation: Operation, fields: Mapping[str, str], files: Mapping[str, object]) -> None:
    """Check a multipart form; a file counts as a string, as the spec has it."""
    if operation.body is not None:
        check(operation.body, {**fields, **dict.fromkeys(files, "")}, "form")
