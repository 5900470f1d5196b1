"""Replay the user's messages of a transcript to a live bot, and compare the bot's answers."""

from __future__ import annotations

import difflib
import itertools
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import attrs
import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ._sandbox import Sandbox

QUIET_SECONDS = 0.3
TIMEOUT_SECONDS = 10.0
_POLL_SECONDS = 0.02

Line = dict[str, Any]


@attrs.frozen
class Replay:
    """Expected and actual lines of a transcript; `diff` is empty if they are equal."""

    expected: list[Line]
    actual: list[Line]

    @property
    def diff(self) -> str:
        """The differences in the form of `diff -u`; times are ignored."""
        expected, actual = map(_format_line, self.expected), map(_format_line, self.actual)
        return "\n".join(difflib.unified_diff(list(expected), list(actual), "transcript", "replay", lineterm=""))

    def save(self, path: Path) -> None:
        """Write the actual lines as the new transcript."""
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.actual), encoding="utf-8")


def read_transcript(path: Path) -> list[Line]:
    """Read a transcript. ValueError, with the line number, if a line cannot be read."""
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if (
            not isinstance(line, dict)
            or line.get("from") not in ("user", "business")
            or not {"message", "click"} & set(line)
        ):
            raise ValueError(f"{path}, line {number}: not a line of a transcript")
        lines.append(line)
    return lines


def replay(
    transcript: Path | list[Line],
    sandbox: Sandbox | str,
    *,
    quiet: float = QUIET_SECONDS,
    timeout: float = TIMEOUT_SECONDS,
) -> Replay:
    """Send the user's messages of a transcript as a new user, and wait for the bot's answers.

    The bot must be connected to the sandbox, which is a `Sandbox` or the URL of one. The bot's turn is over when as
    many messages as in the transcript have come, no delivery is under way, and nothing has come for `quiet` seconds;
    after `timeout` seconds the replay goes on without the messages that are missing.

    Raises:
        ValueError: a line cannot be read or replayed.
    """
    expected = transcript if isinstance(transcript, list) else read_transcript(transcript)
    url = sandbox if isinstance(sandbox, str) else sandbox.url
    with httpx.Client(base_url=f"{url.rstrip('/')}/_sandbox", timeout=timeout + 30) as client:
        user = _User(client, f"replay-{uuid.uuid4().hex[:12]}")
        answers = 0
        for line, following in _split_turns(expected):
            user.act(line)
            answers += following
            _wait_for_answers(user, answers, quiet, timeout)
        return Replay(expected, user.transcript())


def _split_turns(lines: list[Line]) -> Iterator[tuple[Line, int]]:
    """Yield each line of the user with the number of the bot's messages that follow it."""
    for index, line in enumerate(lines):
        if line["from"] == "user":
            following = itertools.takewhile(lambda each: each["from"] == "business", lines[index + 1 :])
            yield line, len(list(following))


def _wait_for_answers(user: _User, answers: int, quiet: float, timeout: float) -> None:
    limit = time.monotonic() + timeout
    seen, changed = -1, time.monotonic()
    while time.monotonic() < limit:
        user.wait_for_deliveries(limit - time.monotonic())
        count = user.count_answers()
        if count != seen:
            seen, changed = count, time.monotonic()
        elif count >= answers and time.monotonic() - changed >= quiet:
            return
        time.sleep(_POLL_SECONDS)


class _User:
    """An end user of the sandbox, by the control API."""

    def __init__(self, client: httpx.Client, external_id: str) -> None:
        self._client = client
        self._path = f"users/{external_id}"
        self._conversation_id: str | None = None

    def act(self, line: Line) -> None:
        """Write a message, tap a button or submit a form, as a line says."""
        if "click" in line:
            self._post(f"{self._path}/click", {"action": line["click"]["text"]})
            return
        content = line["message"]
        if content.get("type") == "formResponse":
            values = {field["name"]: _read_form_value(field) for field in content["fields"]}
            self._post(f"{self._path}/submit", {"values": values})
            return
        created = self._post(f"{self._path}/say", {"content": self._with_file(content)})
        self._conversation_id = created["conversationId"]

    def wait_for_deliveries(self, timeout: float) -> None:
        """Wait until no delivery is under way."""
        self._post("deliveries/wait", {"timeout": max(timeout, 0.001)})

    def count_answers(self) -> int:
        """Return how many messages the business has sent."""
        return sum(line["from"] == "business" for line in self.transcript())

    def transcript(self) -> list[Line]:
        """Return the conversation so far."""
        if self._conversation_id is None:
            return []
        response = self._client.get(f"{self._path}/transcript", params={"conversationId": self._conversation_id})
        response.raise_for_status()
        return [json.loads(line) for line in response.text.splitlines()]

    def _with_file(self, content: Line) -> Line:
        """Return content whose file is uploaded again, empty: the transcript has only its name."""
        url = str(content.get("mediaUrl", ""))
        if not url.startswith("sandbox:"):
            return content
        headers = {"content-type": content.get("mediaType", "application/octet-stream")}
        response = self._client.post("files", params={"name": url.partition(":")[2]}, headers=headers, content=b"\0")
        response.raise_for_status()
        return {**content, "mediaUrl": response.json()["mediaUrl"]}

    def _post(self, path: str, body: Line) -> Any:
        response = self._client.post(path, json=body)
        if response.status_code >= 400:
            raise ValueError(f"the sandbox refused a line: {response.json()['error']['description']}")
        return response.json()


def _read_form_value(field: Line) -> Any:
    if "select" in field:
        return [option["name"] for option in field["select"]]
    return next(field[name] for name in ("text", "email") if name in field)


def _format_line(line: Line) -> str:
    """Return one line of the diff: the author, and the content in a stable order."""
    content = line.get("message", line.get("click"))
    kind = "clicks" if "click" in line else "says"
    return f"{line['from']} {kind} {json.dumps(content, ensure_ascii=False, sort_keys=True)}"
