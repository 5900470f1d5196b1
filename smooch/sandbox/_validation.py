"""Validate requests against the spec; a 400 names the invalid field in its description."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from jsonschema.exceptions import best_match

from ._errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.protocols import Validator
    from starlette.datastructures import QueryParams

    from ._errors import ApiError
    from ._spec import Operation, Parameter

_LONGEST = 300
_MAX_FIELDS = 100
_CONDITIONS = frozenset({"if", "then", "else", "not"})
_INTEGER = re.compile(r"[+-]?\d{1,18}")


def check_json_type(media_type: str) -> None:
    """Raise a 400 unless the Content-Type of a body is application/json."""
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise bad_request(f"Content-Type {media_type!r}: must be application/json")


def parse_json_body(data: bytes) -> Any:
    """Parse a JSON body. 400 if it is not JSON."""
    if not data.strip():
        raise bad_request("The request body is missing")
    try:
        return json.loads(data, parse_constant=_refuse_constant, parse_float=_parse_finite)
    except RecursionError:
        raise bad_request("The request body is nested too deeply") from None
    except ValueError as error:
        raise bad_request(f"The request body is not JSON: {error}") from None


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _parse_finite(text: str) -> float:
    number = float(text)
    return number if abs(number) != float("inf") else _refuse_constant(text)


def parse_urlencoded_body(data: bytes) -> dict[str, str]:
    """Parse a urlencoded form; of a repeated field the last value counts. 400 for too many fields."""
    try:
        return dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise bad_request(f"The form has more than {_MAX_FIELDS} fields") from None


def check(validator: Validator, instance: Any, where: str) -> None:
    """Raise a 400 unless `instance` is valid."""
    if validator.is_valid(instance):
        return
    errors = list(validator.iter_errors(instance))
    # prefer the error of one field to one of a combination: it says more
    plain = [error for error in errors if _CONDITIONS.isdisjoint(error.absolute_schema_path)]
    error = best_match(plain or errors)
    path = error.json_path.removeprefix("$").removeprefix(".")
    place = f"{where} {path}".rstrip()
    raise bad_request(f"{place}: {error.message}"[:_LONGEST])


def parse_query(operation: Operation, given: QueryParams) -> dict[str, Any]:
    """Return the query parameters of an operation, converted to the types of their schemas."""
    values = {}
    for parameter in operation.query:
        value = _read_object(parameter, given) if parameter.is_object else _read_plain_value(parameter, given)
        if value is not None:
            check(parameter.validator, value, f"query parameter {parameter.name}")
            values[parameter.name] = value
        elif parameter.required:
            raise bad_request(f"query parameter {parameter.name}: is required")
    return values


def _read_plain_value(parameter: Parameter, given: QueryParams) -> Any:
    texts = given.getlist(parameter.name)
    if not texts:
        return None
    if parameter.schema.get("type") == "array":
        return [item for text in texts for item in text.split(",") if item]
    return _convert(parameter.schema, texts)


def _read_object(parameter: Parameter, given: QueryParams) -> dict[str, Any] | None:
    if parameter.name in given:
        raise _refuse_object(parameter.name, given[parameter.name])
    properties = parameter.schema["properties"]
    value = {
        name: _convert(schema, given.getlist(key))
        for name, schema in properties.items()
        if (key := f"{parameter.name}[{name}]") in given
    }
    return value or None


def _refuse_object(name: str, text: str) -> ApiError:
    """Return the error for an object that is not written with brackets, such as JSON text."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not fields:
        return bad_request(f"query parameter {name}: must be written with brackets, such as {name}[…]=…")
    example = "&".join(f"{name}[{key}]={value}" for key, value in fields.items())[:_LONGEST]
    return bad_request(
        f"query parameter {name}: must be written with brackets, {example}, and not as JSON: version 17 of the vendor's Python SDK sends JSON, versions"
        " up to 16 send brackets"
    )


def _convert(schema: Mapping[str, Any], texts: list[str]) -> Any:
    is_integer = schema.get("type") == "integer" and _INTEGER.fullmatch(texts[-1])
    return int(texts[-1]) if is_integer else texts[-1]
