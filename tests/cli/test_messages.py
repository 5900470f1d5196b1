"""`smooch send`, `smooch messages` and `smooch export`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .conftest import Shell

EVERY_VERSION = pytest.mark.parametrize("version", ["v1", "v1.1", "v2"])


@EVERY_VERSION
def test_texts_and_files_are_sent_and_shown(shell: Shell, sandbox: Sandbox, version: str) -> None:
    sandbox.say("ana", "Hi")
    assert shell.run("--api", version, "send", "ana", "Hello", "--as-business").status == 0
    (shell.folder / "note.txt").write_text("a note")
    sent = shell.run("--api", version, "send", "ana", "--file", "note.txt", "--as-business", "--json").json_lines()
    assert len(sent) == 1
    assert "note.txt" in json.dumps(sent)
    output_lines = shell.run("--api", version, "messages", "ana").stdout.splitlines()
    assert [line.split()[2] for line in output_lines if line.startswith("20")] == (
        ["user", "business", "business"] if version == "v2" else ["appUser", "appMaker", "appMaker"]
    )
    lines = shell.run("--api", version, "messages", "ana", "--all", "--json").json_lines()
    assert len(lines) == 3


def test_the_user_is_the_default_author(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.say("ana", "Hi")
    (sent,) = shell.run("send", "ana", "me again", "--json").json_lines()
    assert sent["author"]["type"] == "user"


def test_only_the_newest_messages_are_shown_without_all(shell: Shell, sandbox: Sandbox) -> None:
    for number in range(25):
        sandbox.say("ana", f"message {number}")
    lines = shell.run("messages", "ana", "--json").json_lines()
    assert [line["content"]["text"] for line in lines] == [f"message {number}" for number in range(5, 25)]


def test_a_user_without_a_conversation_has_no_messages(shell: Shell) -> None:
    shell.run("users", "create", "ana")
    run = shell.run("messages", "ana", "--json")
    assert (run.status, run.stdout) == (0, "")


def test_a_send_without_content_or_with_a_missing_file_is_wrong_usage(shell: Shell) -> None:
    assert "pass a text" in shell.run("send", "ana").stderr
    assert shell.run("send", "ana").status == 2
    assert shell.run("send", "ana", "--file", "missing.png").status == 2


def test_a_file_that_was_sent_is_shown_even_if_the_text_after_it_fails(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.say("ana", "Hi")
    (shell.folder / "note.txt").write_text("a note")
    run = shell.run("send", "ana", "x" * 5000, "--file", "note.txt", "--json")
    assert (run.status, len(run.json_lines())) == (2, 1)


@EVERY_VERSION
def test_an_export_continues_where_an_earlier_one_stopped(shell: Shell, sandbox: Sandbox, version: str) -> None:
    for number in range(130):
        sandbox.say("ana", f"message {number}")
    file = shell.folder / "ana.jsonl"
    run = shell.run("--api", version, "export", "ana", "-o", "ana.jsonl")
    assert run.status == 0
    assert run.stdout == ""
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) == 130
    # As after a crash: some lines are missing, and the last one is incomplete.
    file.write_bytes(b"".join(lines[:70]) + lines[70][:20])
    sandbox.say("ana", "message 130")
    assert shell.run("--api", version, "export", "ana", "-o", "ana.jsonl").status == 0
    messages = [json.loads(line)["message"] for line in file.read_text().splitlines()]
    texts = [message.get("content", message)["text"] for message in messages]
    assert texts == [f"message {number}" for number in range(131)]
    assert shell.run("--api", version, "export", "ana", "-o", "ana.jsonl").status == 0
    assert len(file.read_text().splitlines()) == 131


def test_many_users_are_exported_and_a_missing_one_is_named(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.say("ana", "Hi")
    sandbox.say("bob", "Hey")
    run = shell.run("export", "--all", "-o", "all.jsonl", stdin="ana\nnobody\nbob\n")
    assert run.status == 0
    assert "nobody" in run.stderr
    lines = (shell.folder / "all.jsonl").read_text().splitlines()
    assert [json.loads(line)["user"] for line in lines] == ["ana", "bob"]
    (shell.folder / "ids.txt").write_text("bob\n\n")
    assert shell.run("export", "--all", "--users", "ids.txt", "-o", "bob.jsonl").status == 0
    assert (shell.folder / "bob.jsonl").read_text() == lines[1] + "\n"
    assert shell.run("export", "nobody", "-o", "nobody.jsonl").status == 1


@pytest.mark.parametrize("text", ["my notes\n", "my notes", '{"notes": 1}'])
def test_an_export_leaves_other_files_alone(shell: Shell, sandbox: Sandbox, text: str) -> None:
    sandbox.say("ana", "Hi")
    file = shell.folder / "notes.txt"
    file.write_text(text)
    run = shell.run("export", "ana", "-o", "notes.txt")
    assert run.status == 2
    assert "line 1" in run.stderr
    assert file.read_text() == text


@pytest.mark.parametrize("arguments", [["-o", "x"], ["ana", "--all", "-o", "x"], ["--all", "-o", "x"], ["ana"]])
def test_an_export_needs_users_and_a_file(shell: Shell, arguments: list[str]) -> None:
    assert shell.run("export", *arguments).status == 2
