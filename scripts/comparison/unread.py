"""Find the keywords of a description that the comparison does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shapes import CONDITIONS, MEANING, METHODS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

ANNOTATIONS = TEXTS | {
    "tags",
    *("termsOfService", "contact", "license", "xml"),
    *(
        "x-logo",
        "x-resourceId",
        "x-displayName",
        "x-tagGroups",
        "x-zendesk-owner",
        "x-zoas-docs",
        "x-zoas-lint-defaults",
    ),
    "x-expected",
}
"""Keywords for people or for our generator. `tags` are names of modules, which are ours."""

NOTHING: dict[str, Any] = {}
SCHEMA: dict[str, Any] = {
    **dict.fromkeys([*MEANING, *CONDITIONS], NOTHING),
    "properties": {"*": NOTHING},
}
SCHEMA["properties"]["*"] = SCHEMA
for keyword in ("items", "additionalProperties", "allOf", "oneOf", "anyOf"):
    SCHEMA[keyword] = SCHEMA
HEADER: dict[str, Any] = {
    **dict.fromkeys(["required", "deprecated", "allowEmptyValue", "allowReserved", "style", "explode"], NOTHING),
    "schema": SCHEMA,
}
ENCODING = {
    **dict.fromkeys(["contentType", "style", "explode", "allowReserved"], NOTHING),
    "headers": {"*": HEADER},
}
CONTENT = {"*": {"schema": SCHEMA, "encoding": {"*": ENCODING}}}
HEADER["content"] = CONTENT
PARAMETER = {**HEADER, "name": NOTHING, "in": NOTHING}
BODY = {"required": NOTHING, "content": CONTENT}
RESPONSE = {"headers": {"*": HEADER}, "content": CONTENT}
SERVER = {"url": NOTHING, "variables": NOTHING}
OPERATION = {
    **dict.fromkeys(["operationId", "deprecated", "security"], NOTHING),
    "servers": SERVER,
    "parameters": PARAMETER,
    "requestBody": BODY,
    "responses": {"*": RESPONSE},
}
PATH = {**dict.fromkeys(METHODS, OPERATION), "servers": SERVER, "parameters": PARAMETER}
DOCUMENT = {
    **dict.fromkeys(["openapi", "info", "security"], NOTHING),
    "servers": SERVER,
    "paths": {"*": PATH},
    "webhooks": {"*": PATH},
    "x-webhooks": {"*": PATH},
    "components": {
        "schemas": {"*": SCHEMA},
        "parameters": {"*": PARAMETER},
        "headers": {"*": HEADER},
        "requestBodies": {"*": BODY},
        "responses": {"*": RESPONSE},
        "securitySchemes": NOTHING,
        "examples": NOTHING,
    },
}
"""The keywords that the comparison reads, by the object that they stand in; `*` is any name."""


def find_unread(node: Any, keywords: dict[str, Any] = DOCUMENT, place: str = "") -> Iterator[str]:
    """Yield the places of keywords that are neither compared nor annotations."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from find_unread(item, keywords, f"{place}[{index}]")
    elif isinstance(node, bool) and keywords is SCHEMA and not place.endswith(".additionalProperties"):
        yield place
    elif isinstance(node, dict) and keywords and "$ref" not in node:
        for key, value in node.items():
            inner = f"{place}.{key}".lstrip(".")
            if "*" in keywords:
                yield from find_unread(value, keywords["*"], inner)
            elif key in keywords:
                yield from find_unread(value, keywords[key], inner)
            elif key not in ANNOTATIONS:
                yield inner


def count_texts(node: Any) -> int:
    """Count the titles, descriptions and examples of a description."""
    if isinstance(node, list):
        return sum(map(count_texts, node))
    if not isinstance(node, dict):
        return 0
    return sum(1 if key in TEXTS and isinstance(item, str) else count_texts(item) for key, item in node.items())
