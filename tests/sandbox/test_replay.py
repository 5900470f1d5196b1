"""Replay transcripts to a bot that runs in its own process."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.replayed_bot import running_bot

from smooch.sandbox import Sandbox, read_transcript, replay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def bot(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_bot(sandbox, tmp_path_factory.mktemp("bot"), "You said") as url:
        yield url


def wait_for_answers(sandbox: Sandbox, count: int) -> None:
    limit = time.monotonic() + 10
    while sandbox.transcript("ana").count('"from": "business"') < count:
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.fixture(scope="module")
def transcript(sandbox: Sandbox, bot: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded conversation with a text, a click, a form and a message without a response."""
    sandbox.say("ana", "Hi")
    wait_for_answers(sandbox, 2)
    sandbox.click("ana", "More")
    wait_for_answers(sandbox, 3)
    sandbox.say("ana", "silence")
    sandbox.say("ana", "order")
    wait_for_answers(sandbox, 4)
    sandbox.submit_form("ana", {"name": "Ana", "size": "l"})
    wait_for_answers(sandbox, 5)
    sandbox.say("ana", {"type": "image", "mediaUrl": "https://example.com/mug.png"})
    wait_for_answers(sandbox, 6)
    file = tmp_path_factory.mktemp("transcripts") / "ana.jsonl"
    file.write_text(sandbox.transcript("ana"), encoding="utf-8")
    return file


def test_the_same_bot_gives_no_diff(sandbox: Sandbox, transcript: Path) -> None:
    done = replay(transcript, sandbox)
    assert done.diff == ""
    assert len(done.actual) == 12
    assert replay(transcript, sandbox.url).diff == ""


def test_a_changed_answer_is_in_the_diff_and_can_be_accepted(
    sandbox: Sandbox, transcript: Path, tmp_path: Path
) -> None:
    lines = transcript.read_text(encoding="utf-8").replace("You said: Hi", "You wrote: Hi")
    changed = tmp_path / "changed.jsonl"
    changed.write_text(lines, encoding="utf-8")
    done = replay(changed, sandbox)
    assert '-business says {"text": "You wrote: Hi", "type": "text"}' in done.diff
    assert '+business says {"text": "You said: Hi", "type": "text"}' in done.diff
    assert done.diff.count("\n-") == 1
    done.save(changed)
    assert replay(changed, sandbox).diff == ""


def test_a_missing_answer_is_in_the_diff_after_the_timeout(sandbox: Sandbox, bot: str) -> None:
    expected: list[dict[str, Any]] = [
        {"from": "user", "message": {"type": "text", "text": "silence"}},
        {"from": "business", "message": {"type": "text", "text": "Hello?"}},
    ]
    done = replay(expected, sandbox, timeout=0.5)
    assert [line[0] for line in done.diff.splitlines()[3:]] == [" ", "-"]


def test_an_additional_answer_is_in_the_diff(sandbox: Sandbox, bot: str) -> None:
    done = replay([{"from": "user", "message": {"type": "text", "text": "Hi"}}], sandbox, quiet=0.6)
    assert '+business says {"actions"' in done.diff


def test_nothing_is_sent_without_a_line_of_the_user(sandbox: Sandbox) -> None:
    line = {"from": "business", "message": {"type": "text", "text": "Hello?"}}
    assert replay([line], sandbox).actual == []


def test_a_file_of_the_user_is_found_by_its_name(sandbox: Sandbox, bot: str, tmp_path: Path) -> None:
    uploaded = httpx.post(
        f"{sandbox.url}/_sandbox/files",
        params={"name": "mug.png"},
        headers={"content-type": "image/png"},
        content=b"\x89PNG",
    ).json()
    sandbox.say("bob", {"type": "image", "mediaUrl": uploaded["mediaUrl"], "mediaType": "image/png"})
    sandbox.wait_for_deliveries()
    file = tmp_path / "bob.jsonl"
    file.write_text(sandbox.transcript("bob").splitlines()[0] + "\n", encoding="utf-8")
    assert "sandbox:mug.png" in file.read_text()
    assert '"Nice picture"' in replay(file, sandbox).diff


def test_an_impossible_line_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_text('{"from": "user", "message": {"type": "text", "text": "Hi"}}\n{"from": "nobody"}\n')
    with pytest.raises(ValueError, match="line 2"):
        read_transcript(file)
    file.write_text("{not JSON\n")
    with pytest.raises(ValueError, match=r"wrong\.jsonl, line 1"):
        read_transcript(file)
    with pytest.raises(ValueError, match="the sandbox refused a line"):
        replay([{"from": "user", "click": {"type": "postback", "text": "Nothing", "payload": "X"}}], sandbox)


def test_lines_are_json_without_ids(transcript: Path) -> None:
    for line in map(json.loads, transcript.read_text(encoding="utf-8").splitlines()):
        assert set(line) <= {"at", "from", "message", "click"}
        assert "_id" not in json.dumps(line)
