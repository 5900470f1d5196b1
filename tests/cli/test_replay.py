"""`smooch replay`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.replayed_bot import running_bot
from support.scripted_server import ScriptedServer, answer

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .conftest import Shell


def test_differences_are_shown_and_can_be_accepted(shell: Shell, sandbox: Sandbox) -> None:
    lines: list[dict[str, Any]] = [
        {"from": "user", "message": {"type": "text", "text": "Hi"}},
        {"from": "business", "message": {"type": "text", "text": "Hello"}},
    ]
    file = shell.folder / "ana.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with running_bot(sandbox, shell.folder, "You said") as url:
        run = shell.run("replay", "ana.jsonl", "--bot", url)
        assert run.status == 1
        assert '-business says {"text": "Hello", "type": "text"}' in run.stdout
        assert '+business says {"text": "You said: Hi", "type": "text"}' in run.stdout
        assert shell.run("replay", "ana.jsonl", "--bot", url, "--update").status == 0
        run = shell.run("replay", "ana.jsonl", "--bot", url)
        assert (run.status, run.stdout) == (0, "")


@pytest.mark.parametrize(
    ("text", "arguments", "status", "named"),
    [
        ("{}", [], 2, "line 1"),
        ("", [], 2, "no webhook of the sandbox"),
        ("", ["--base-url", "http://127.0.0.1:1"], 3, "127.0.0.1:1"),
        ("", ["--base-url", ""], 2, "no sandbox is named"),
    ],
)
def test_a_wrong_transcript_bot_or_sandbox_is_named(
    shell: Shell, text: str, arguments: list[str], status: int, named: str
) -> None:
    (shell.folder / "ana.jsonl").write_text(text)
    run = shell.run(*arguments, "replay", "ana.jsonl", "--bot", "http://127.0.0.1:9/")
    assert run.status == status
    assert named in run.stderr


def test_another_server_is_no_sandbox(shell: Shell) -> None:
    (shell.folder / "ana.jsonl").write_text("")
    with ScriptedServer(lambda _: answer(200)) as server:
        run = shell.run("--base-url", server.url, "replay", "ana.jsonl", "--bot", "http://127.0.0.1:9/")
    assert (run.status, "is not a sandbox" in run.stderr) == (2, True)
