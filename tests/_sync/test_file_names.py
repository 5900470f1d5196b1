# Derived from tests/_async/test_file_names.py by scripts/unasync.py; edit that file.
"""Files whose names are not valid UTF-8, on a real file system and over a real socket."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from support.scripted_server import ScriptedServer, answer

from smooch import errors, v2
from smooch.v1 import Smooch

if TYPE_CHECKING:
    from pathlib import Path

MESSAGE = {"_id": "5a", "type": "image", "role": "appUser", "received": 1.5}
MESSAGE_V2 = {
    "id": "5a",
    "received": "2026-03-02T08:15:30.120Z",
    "author": {"type": "business"},
    "source": {"type": "api"},
}
BODY = {"message": MESSAGE, "messages": [MESSAGE_V2], "attachment": {"mediaUrl": "https://a.example/b"}}


def uploaded(call: Any) -> bytes:
    """Call with both clients and return the body of the first request."""
    with ScriptedServer(lambda _: answer(201, BODY)) as server:
        with (
            Smooch("app_5a", "a secret", base_url=server.url) as api,
            v2.Smooch("app_5a", "a secret", "5a", base_url=server.url) as newer,
        ):
            call(api, newer)
    return server.requests[0].body


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        (os.fsdecode(b"caf\xe9.png"), b"caf%E9.png"),
        (os.fsdecode(b"\xff\xfe \xe9.png"), b"%FF%FE %E9.png"),
        (os.fsdecode("café".encode() + b"\xe9.png"), "café%E9.png".encode()),
        ("half \ud83d.png", b"half ?.png"),
    ],
)
def test_a_name_that_is_not_utf_8_is_sent_escaped(name: str, escaped: bytes, tmp_path: Path) -> None:
    part = b'filename="' + escaped + b'"'
    for call in (
        lambda api, _: api.post_media("b6518", (name, b"png")),
        lambda _, api: api.attachments.upload((name, b"png")),
        lambda _, api: api.attachments.upload(b"png", filename=name),
    ):
        assert part in uploaded(call)
    if "\ud83d" not in name:
        (tmp_path / name).write_bytes(b"png")
        assert part in uploaded(lambda api, _: api.post_media("b6518", tmp_path / name))
        with (tmp_path / name).open("rb") as file:
            assert part in uploaded(lambda _, api: api.messages.post_media("c1", file))


def test_errors_about_such_a_file_can_be_printed(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    path.touch()
    for source in (path, path.with_name(os.fsdecode(b"\xe9")), (path.name, b"")):
        with pytest.raises(errors.InvalidInput) as caught:
            uploaded(lambda api, _, source=source: api.post_media("b6518", source))
        str(caught.value).encode()
