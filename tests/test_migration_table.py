"""The README's table for users of the vendor's SDK: it has every operation, and every call in it can be made."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from smooch import v2

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
SPEC = yaml.load((ROOT / "spec" / "v2.yaml").read_bytes(), yaml.CSafeLoader)
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = re.search(r"^### From sunshine-conversations-client .*?(?=^## )", README, re.DOTALL | re.MULTILINE)
ROWS = re.findall(r"^\| `(\w+)\.(\w+)` \| (.+) \|$", SECTION[0] if SECTION else "", re.MULTILINE)

TAGS_OF_GROUP = {
    "CustomIntegrationApiKeysApi": {"integration_keys"},
    "OAuthEndpointsApi": {"oauth"},
}
"""Where the SDK's name of a group is not ours."""


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


OPERATIONS = {
    snake_case(operation["operationId"]): operation["tags"][0]
    for path in SPEC["paths"].values()
    for method, operation in path.items()
    if method in ("get", "post", "patch", "delete")
}


API = v2.Smooch(token="never-sent", app_id="5d", base_url="http://127.0.0.1:1")


def calls(cell: str) -> list[ast.Call]:
    """The calls of a cell, in which `{…}` and `…` stand for any value."""
    codes = [code.replace("{…}", "...").replace("…", "...") for code in re.findall(r"`([\w.]+\([^`]*)`", cell)]
    expressions = [ast.parse(code, mode="eval").body for code in codes]
    return [each for each in expressions if isinstance(each, ast.Call)]


def function(call: ast.Call) -> Callable[..., Any]:
    """The method of a resource or of the client, or the function of the module."""
    found: Callable[..., Any]
    match call.func:
        case ast.Attribute(value=ast.Name(id=resource), attr=name):
            found = getattr(getattr(API, resource), name)
        case ast.Name(id=name):
            found = getattr(API, name, None) or getattr(v2, name)
        case _:
            raise AssertionError(ast.unparse(call))
    return found


def arguments(call: ast.Call) -> dict[str, ast.expr]:
    """What each parameter would get."""
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    return inspect.signature(function(call)).bind(*call.args, **named).arguments


def test_every_operation_has_one_row_and_there_is_no_other() -> None:
    assert sorted(name for _, name, _ in ROWS) == sorted(OPERATIONS)


each_row = pytest.mark.parametrize(("group", "name", "cell"), ROWS, ids=[name for _, name, _ in ROWS])


@each_row
def test_a_row_names_the_group_of_its_operation(group: str, name: str, cell: str) -> None:
    assert OPERATIONS[name] in TAGS_OF_GROUP.get(group, {snake_case(group.removesuffix("Api"))})


@each_row
def test_what_takes_its_place_can_be_called_so(group: str, name: str, cell: str) -> None:
    assert calls(cell)
    for call in calls(cell):
        for parameter, value in arguments(call).items():
            assert not isinstance(value, ast.Name) or value.id in (parameter, "user")


@each_row
def test_what_takes_its_place_makes_this_call(group: str, name: str, cell: str) -> None:
    operation = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    assert re.search(rf"\b{operation}\b", inspect.getdoc(function(calls(cell)[0])) or "")
