"""Attachments: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from smooch_api.v2 import models

from smooch import _files
from smooch.errors import InvalidInput, NotFound, UnreadableResponse

if TYPE_CHECKING:
    from pathlib import Path

    from support.scripted_server import ScriptedServer

    from smooch.sandbox import Sandbox
    from smooch.v2 import AsyncSmooch

    from .calls import Call


pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


CALLS: dict[str, Call] = {
    "upload": (
        lambda api: api.attachments.upload(("mug", b"jpeg"), mime_type="image/jpeg"),
        "uploadAttachment POST /attachments?access=public&for=message",
        None,
        models.Attachment,
    ),
    "delete": (
        lambda api: api.attachments.delete("https://media.example/a.png"),
        "deleteAttachment POST /attachments/remove",
        {"mediaUrl": "https://media.example/a.png"},
        None,
    ),
}


async def test_bytes_are_uploaded_under_the_given_or_a_made_up_name(api: AsyncSmooch, sandbox: Sandbox) -> None:
    attachment = await api.attachments.upload(PNG, mime_type="image/png")
    assert attachment.media_type == "image/png"
    assert b'filename="file.png"' in sandbox.requests[-1].body
    attachment = await api.attachments.upload(PNG, filename="cat.png")
    assert attachment.media_type == "image/png"


async def test_an_uploaded_file_can_be_deleted_by_its_url(api: AsyncSmooch) -> None:
    attachment = await api.attachments.upload(("cat.png", PNG))
    assert attachment.media_type == "image/png"
    assert isinstance(attachment.media_url, str)
    await api.attachments.delete(attachment.media_url)
    with pytest.raises(NotFound):
        await api.attachments.delete(attachment.media_url)


@pytest.mark.parametrize("url", ["", "a.png", 5, None])
async def test_a_response_without_a_url_is_unreadable(api: AsyncSmooch, sandbox: Sandbox, url: object) -> None:
    sandbox.garble(body={"attachment": {"mediaUrl": url, "mediaType": "image/png"}})
    with pytest.raises(UnreadableResponse, match="its mediaUrl is not a URL"):
        await api.attachments.upload(("mug.png", b"png"))


async def test_a_file_above_the_limit_is_refused_before_it_is_sent(
    api: AsyncSmooch, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _files.LIMITS["/v2"] == 50 * 1024 * 1024
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    with path.open("rb") as opened:
        for source in (path, opened):
            with pytest.raises(InvalidInput, match="larger than the 52,428,800 bytes"):
                await api.attachments.upload(source)
    monkeypatch.setitem(_files.LIMITS, "/v2", 3)
    with pytest.raises(InvalidInput, match="larger than"):
        await api.attachments.upload(("a.txt", b"1234"))
    for wrong in (tmp_path / "nowhere", ("a.txt", b""), io.StringIO("text"), 7):
        with pytest.raises(InvalidInput):
            await api.messages.post_media("c1", wrong)  # type: ignore[arg-type]
    assert sandbox.requests == []


async def test_an_upload_carries_name_type_and_bytes(example_api: AsyncSmooch, example_server: ScriptedServer) -> None:
    await example_api.attachments.upload(("mug", b"jpeg bytes"), mime_type="image/jpeg")
    request = example_server.requests[-1]
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="source"; filename="mug"' in request.body
    assert b"Content-Type: image/jpeg" in request.body
    assert b"jpeg bytes" in request.body
