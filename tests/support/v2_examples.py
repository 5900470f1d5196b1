"""Responses for a server of API v2: for each operation, the longest example from the specification."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from support.scripted_server import Request, answer

SPEC = yaml.load((Path(__file__).resolve().parents[2] / "spec" / "v2.yaml").read_bytes(), yaml.CSafeLoader)
APP = "5d8cff3cd55b040010928b5b"


def schema(name: str) -> dict[str, Any]:
    component: dict[str, Any] = SPEC["components"]["schemas"][name]
    return component


class Operation:
    """An operation of the specification, with the example that is its response."""

    def __init__(self, path: str, method: str, described: dict[str, Any]) -> None:
        self.id: str = described["operationId"]
        self.method = method.upper()
        self.path = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
        self.status, success = next((int(code), one) for code, one in described["responses"].items() if code < "4")
        self.body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if "application/json" in success["content"]:
            name = success["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            self.example = max(schema(name)["examples"], key=lambda one: len(json.dumps(one)))


OPERATIONS = [
    Operation(path, method, described)
    for path, item in SPEC["paths"].items()
    for method, described in item.items()
    if method in ("get", "post", "patch", "put", "delete")
]


def operation_of(method: str, path: str) -> Operation:
    """The operation that a request calls."""
    return next(one for one in OPERATIONS if one.method == method and one.path.fullmatch(path))


def respond(request: Request) -> bytes:
    """Answer a request with the example of its operation; a list ends after two pages."""
    called = operation_of(request.method, request.target.partition("?")[0])
    example = called.example
    if called.id in ("listConversations", "listApps") and ("after" in request.target or "before" in request.target):
        example = {**example, "meta": {"hasMore": False}}
    return answer(called.status, example)


def line_of(request: Request) -> str:
    """Operation, method and target of a request in one line; the path of the app is left out."""
    target = unquote(request.target.replace("+", " "))
    below = target.removeprefix(f"/v2/apps/{APP}")
    if below == target and target.startswith("/v2/apps"):
        below = ".." + target.removeprefix("/v2/apps")
    called = operation_of(request.method, request.target.partition("?")[0])
    return f"{called.id} {request.method} {below}"
