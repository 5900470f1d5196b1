"""Read the answers of a form response into a dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias


class _Model(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


Answer: TypeAlias = str | list[str]


def form_answers(response: _Model | Mapping[str, Any]) -> dict[str, Answer]:
    """Return the answers of a form response by the names of their fields.

    Pass the content of a v2 message, a message of v1.1, or the JSON of either. The answer of a select field is a list of
    the names of the chosen options. Fields without a name, or with an answer of another kind, are left out; everything
    else than a form response gives an empty dict.
    """
    raw = response if isinstance(response, Mapping) else response.to_dict()
    fields = raw.get("fields")
    if raw.get("type") != "formResponse" or not isinstance(fields, list):
        return {}
    pairs = ((field.get("name"), _read_answer(field)) for field in fields if isinstance(field, dict))
    return {name: answer for name, answer in pairs if isinstance(name, str) and answer is not None}


def _read_answer(field: dict[str, Any]) -> Answer | None:
    kind = field.get("type")
    answer = field.get(kind) if isinstance(kind, str) else None
    if isinstance(answer, list):
        names = (option.get("name") for option in answer if isinstance(option, dict))
        return [name for name in names if isinstance(name, str)]
    return answer if isinstance(answer, str) else None
