"""Attachments and uploaded images of v1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from smooch.sandbox import Sandbox

MEGABYTE = 1024 * 1024


def upload(client: httpx.Client, name: str, data: bytes, media_type: str | None = None) -> dict[str, str]:
    files = {"source": (name, data, media_type) if media_type else (name, data)}
    response = client.post("/attachments", params={"access": "public"}, files=files)
    assert response.status_code == 201, response.text
    stored: dict[str, str] = response.json()
    return stored


@pytest.mark.parametrize("name", ["a.pdf", "a b.pdf", "ünï.pdf", "../../a.pdf", "50%.pdf", "q?.pdf", "..", "a#b.pdf"])
def test_a_file_can_be_fetched_again_without_credentials(sandbox: Sandbox, client: httpx.Client, name: str) -> None:
    data = bytes(range(256))
    stored = upload(client, name, data, "application/pdf")
    assert stored["mediaUrl"].startswith(sandbox.url)
    assert stored["mediaType"] == "application/pdf"
    fetched = httpx.get(stored["mediaUrl"])
    assert (fetched.status_code, fetched.content) == (200, data)
    assert fetched.headers["content-type"] == "application/pdf"


def test_a_missing_media_type_is_guessed(client: httpx.Client) -> None:
    assert upload(client, "a.png", b"x", "application/octet-stream")["mediaType"] == "image/png"
    assert upload(client, "a", b"x", "application/octet-stream")["mediaType"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "media_type", "is_image"),
    [
        ("a.png", "image/png", True),
        ("a.svg", "image/svg+xml", False),
        ("a.html", "text/html; charset=utf-8", False),
        ("a.pdf", "application/pdf", False),
    ],
)
def test_a_browser_runs_no_code_of_a_file(client: httpx.Client, name: str, media_type: str, is_image: bool) -> None:
    headers = httpx.get(upload(client, name, b"<script>alert(1)</script>", media_type)["mediaUrl"]).headers
    assert headers["content-type"] == media_type
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"].split("; ")
    assert headers.get("content-disposition") == (None if is_image else "attachment")


@pytest.mark.parametrize("part", ["text/html\x01", "text/\x7f", "text/ht\tml", "\xfc/\xfc", "text", "a/b; \x02=1"])
def test_an_invalid_media_type_is_replaced_by_a_guess(client: httpx.Client, part: str) -> None:
    form = f'--x\r\nContent-Disposition: form-data; name="source"; filename="a.pdf"\r\nContent-Type: {part}\r\n\r\nx\r\n--x--'
    response = client.post(
        "/attachments?access=public",
        content=form.encode("latin-1"),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert response.json()["mediaType"] == "application/pdf"
    fetched = httpx.get(response.json()["mediaUrl"])
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "application/pdf")


def test_a_removed_file_is_gone(client: httpx.Client) -> None:
    url = upload(client, "a b.txt", b"x")["mediaUrl"]
    assert client.post("/attachments/remove", json={"mediaUrl": url}).json() == {}
    assert httpx.get(url).status_code == 404
    assert client.post("/attachments/remove", json={"mediaUrl": url}).status_code == 404


def test_only_the_app_itself_can_remove_a_file(sandbox: Sandbox, client: httpx.Client, account: httpx.Client) -> None:
    url = upload(client, "a.txt", b"x")["mediaUrl"]
    other = account.post("/apps", json={"name": "Other"}).json()["app"]["_id"]
    assert account.post(f"/apps/{other}/attachments/remove", json={"mediaUrl": url}).status_code == 404
    assert httpx.get(url).status_code == 200


def test_a_file_has_ten_megabytes_at_most(client: httpx.Client) -> None:
    assert upload(client, "a.bin", bytes(10 * MEGABYTE))
    for size in (10 * MEGABYTE + 1, 30 * MEGABYTE):
        response = client.post("/attachments?access=public", files={"source": ("a.bin", bytes(size))})
        assert (response.status_code, response.json()["error"]["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize("query", ["", "?access=private", "?access=public&for=profit"])
def test_an_invalid_query_gives_400(client: httpx.Client, query: str) -> None:
    assert client.post(f"/attachments{query}", files={"source": ("a", b"x")}).status_code == 400


@pytest.mark.parametrize("name", ["appUserId", "userId"])
def test_the_user_of_an_attachment_must_exist(client: httpx.Client, name: str) -> None:
    response = client.post(f"/attachments?access=public&{name}=nobody", files={"source": ("a", b"x")})
    assert response.status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        {"json": {"source": "x"}},
        {"data": {"source": "x"}},
        {"files": {"other": ("a", b"x")}},
        {"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
        {"content": b""},
    ],
)
def test_a_form_without_the_file_gives_400(client: httpx.Client, content: dict[str, object]) -> None:
    assert client.post("/attachments?access=public", **content).status_code == 400


@pytest.mark.parametrize("path", ["images", "conversation/images"])
def test_an_uploaded_image_becomes_a_message(client: httpx.Client, path: str) -> None:
    client.post("/appusers", json={"userId": "u"})
    answer = client.post(
        f"/appusers/u/{path}", data={"role": "appUser"}, files={"source": ("a.png", b"PNG", "image/png")}
    )
    assert answer.status_code == 201
    message = answer.json()["message"]
    assert (message["type"], message["role"], message["mediaType"]) == ("image", "appUser", "image/png")
    assert message["text"] == message["mediaUrl"]
    assert httpx.get(message["mediaUrl"]).content == b"PNG"


def test_an_image_needs_a_role_and_a_user(client: httpx.Client) -> None:
    client.post("/appusers", json={"userId": "u"})
    files = {"source": ("a.png", b"PNG", "image/png")}
    assert client.post("/appusers/u/images", files=files).status_code == 400
    assert client.post("/appusers/u/images", data={"role": "robot"}, files=files).status_code == 400
    assert client.post("/appusers/x/images", data={"role": "appUser"}, files=files).status_code == 404


def test_only_the_business_posts_its_images(
    sandbox: Sandbox, client: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    client.post("/appusers", json={"userId": "u"})
    image = {"data": {"role": "appMaker"}, "files": {"source": ("a.png", b"PNG", "image/png")}}
    user = connect(auth=None, headers={"app-token": sandbox.app_token})
    assert user.post("/appusers/u/images", **image).status_code == 403
    assert client.post("/appusers/u/images", **image).json()["message"]["role"] == "appMaker"


def test_files_are_only_fetched(sandbox: Sandbox, client: httpx.Client) -> None:
    url = upload(client, "a.txt", b"abc")["mediaUrl"]
    head = httpx.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "3", b"")
    assert httpx.delete(url).status_code == 405
    assert httpx.get(f"{sandbox.url}/media/nothing").json()["error"]["code"] == "not_found"
