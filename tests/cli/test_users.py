"""`smooch users`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Shell

EVERY_VERSION = pytest.mark.parametrize("version", ["v1", "v1.1", "v2"])


@EVERY_VERSION
def test_a_user_is_created_shown_changed_and_deleted(shell: Shell, version: str) -> None:
    def users(*arguments: str) -> dict[str, object]:
        run = shell.run("--api", version, "users", *arguments, "--json")
        assert (run.status, run.stderr) == (0, "")
        user: dict[str, object] = run.json()
        return user

    def given_name(user: dict[str, object]) -> object:
        profile = user.get("profile", user)
        assert isinstance(profile, dict)
        return profile["givenName"]

    values = "metadata" if version == "v2" else "properties"
    created = users("create", "a/n ü", "--given-name", "Ana", "--metadata", '{"vip": true}')
    assert given_name(created) == "Ana"
    assert created[values] == {"vip": True}
    assert users("get", "a/n ü") == created
    assert given_name(users("update", "a/n ü", "--given-name", "Anna")) == "Anna"
    assert shell.run("--api", version, "users", "delete", "a/n ü", "--yes").status == 0
    assert shell.run("--api", version, "users", "get", "a/n ü").status == 1


def test_a_user_is_shown_as_lines_without_json(shell: Shell) -> None:
    run = shell.run("users", "create", "ana", "--surname", "[red]Ruiz[/red]")
    assert "externalId" in run.stdout
    assert "[red]Ruiz[/red]" in run.stdout


def test_a_missing_user_is_an_error_of_one_line(shell: Shell) -> None:
    run = shell.run("users", "get", "nobody")
    assert run.status == 1
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert "user_not_found" in run.stderr


def test_nothing_is_deleted_without_confirmation(shell: Shell) -> None:
    shell.run("users", "create", "ana")
    assert shell.run("users", "delete", "ana", stdin="n\n").status == 1
    assert shell.run("users", "get", "ana").status == 0
    assert shell.run("users", "delete", "ana", stdin="y\n").status == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["update", "ana"], "--given-name"),
        (["create", "ana", "--metadata", "{"], "--metadata must be JSON"),
        (["create", "ana", "--metadata", "[1]"], "JSON object"),
        (["create", "ana", "--metadata", '{"a": {}}'], "metadata"),
        (["get", ""], "user_id"),
        (["get", ".."], "user_id"),
        (["get"], "USER"),
    ],
)
def test_wrong_usage_exits_with_2_and_sends_nothing(shell: Shell, arguments: list[str], named: str) -> None:
    run = shell.run("users", *arguments)
    assert run.status == 2
    assert named in run.stderr
