# Derived from tests/_async/test_v1_conversation.py by scripts/unasync.py; edit that file.
"""Messages, files and activity: the v1 client against the sandbox."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from smooch_api.v1 import models
from support.scripted_server import ScriptedServer, answer

from smooch.errors import BadRequest, ConversationFull, InvalidInput, NotFound, PayloadTooLarge, ServerError
from smooch.sandbox import Sandbox
from smooch.v1 import Smooch

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PICTURE = "https://media.example/cat.png"
LINK = {"type": "link", "text": "More", "uri": "https://example.com/more"}
BUTTONS = [
    LINK,
    {"type": "postback", "text": "Take it", "payload": "MUG", "metadata": {"size": 3}},
    {"type": "buy", "text": "Buy", "amount": 1500, "currency": "usd"},
    {"type": "webview", "text": "Open", "uri": "https://example.com/w", "fallback": "https://example.com/f"},
]
REPLIES = [
    {"type": "reply", "text": "Small", "payload": "S", "iconUrl": PICTURE},
    {"type": "locationRequest", "text": "Send my place"},
]
ITEM = {"title": "Mug", "description": "350 ml", "mediaUrl": PICTURE, "actions": [LINK, {"type": "share"}]}
FIELD = {"type": "text", "name": "name", "label": "Name"}

MESSAGES: dict[str, tuple[dict[str, Any], type[Any]]] = {
    "text": ({"type": "text", "text": "Hi"}, models.TextMessage),
    "text with metadata": ({"type": "text", "text": "Hi", "metadata": {"agent": 7, "vip": True}}, models.TextMessage),
    "text with buttons": ({"type": "text", "text": "Hi", "actions": BUTTONS}, models.TextMessage),
    "text with replies": ({"type": "text", "text": "Size?", "actions": REPLIES}, models.TextMessage),
    "buttons alone": ({"type": "text", "actions": [LINK]}, models.TextMessage),
    "image": ({"type": "image", "mediaUrl": PICTURE, "text": "a cat", "actions": [LINK]}, models.ImageMessage),
    "file": ({"type": "file", "mediaUrl": "https://media.example/a.pdf"}, models.FileMessage),
    "carousel": (
        {"type": "carousel", "items": [ITEM] * 10, "displaySettings": {"imageAspectRatio": "square"}},
        models.CarouselMessage,
    ),
    "list": ({"type": "list", "items": [ITEM], "actions": [LINK]}, models.ListMessage),
    "location": (
        {"type": "location", "coordinates": {"lat": 43.65, "long": -79.38}, "location": {"name": "Toronto"}},
        models.LocationMessage,
    ),
    "form": (
        {
            "type": "form",
            "blockChatInput": True,
            "fields": [
                FIELD,
                {"type": "email", "name": "mail", "label": "E-mail"},
                {"type": "select", "name": "size", "label": "Size", "options": [{"name": "m", "label": "Medium"}]},
            ],
        },
        models.FormMessage,
    ),
}


@pytest.fixture(autouse=True)
def user(api: Smooch) -> str:
    api.precreate_user("b6518")
    return "b6518"


def sent(sandbox: Sandbox) -> Any:
    return sandbox.requests[-1].json


# Posting


def test_post_message_starts_the_conversation_and_returns_the_message_typed_and_as_json(api: Smooch) -> None:
    posted = api.post_message("b6518", "Is Smooch any good?", False)
    assert posted.status_code == 201
    assert isinstance(posted.parsed, models.MessageResponse)
    message = posted.parsed.message
    assert isinstance(message, models.TextMessage)
    assert (message.text, message.role) == ("Is Smooch any good?", "appUser")
    assert posted.json()["message"]["received"] == message.received
    assert posted.json()["conversation"]["_id"] == posted.parsed.conversation.id  # type: ignore[union-attr]


def test_the_author_follows_from_sent_by_maker_or_the_role(api: Smooch, sandbox: Sandbox) -> None:
    api.post_message("b6518", "Hi")
    assert sent(sandbox) == {"role": "appUser", "type": "text", "text": "Hi"}
    api.post_message("b6518", "Hi", True)
    assert sent(sandbox) == {"role": "appMaker", "type": "text", "text": "Hi"}
    api.post_message("b6518", {"role": "appMaker", "text": "Hi", "name": "Desk"})
    assert sent(sandbox) == {"role": "appMaker", "type": "text", "text": "Hi", "name": "Desk"}
    api.post_message("b6518", models.MessagePost(role="appMaker", type_="text", text="Hi"))
    assert sent(sandbox) == {"role": "appMaker", "type": "text", "text": "Hi"}
    roles = [message.role for message in api.iter_messages("b6518")]
    assert roles == ["appMaker", "appMaker", "appMaker", "appUser"]


@pytest.mark.parametrize("name", MESSAGES)
def test_each_type_is_sent_unchanged_and_returned_as_its_class(
    api: Smooch, api_v1_1: Smooch, sandbox: Sandbox, name: str
) -> None:
    message, expected = MESSAGES[name]
    for client in (api, api_v1_1):
        for body in (message, models.MessagePost.from_dict({"role": "appMaker", **message})):
            posted = client.post_message("b6518", body, True)
            assert sent(sandbox) == {"role": "appMaker", **message}
            assert isinstance(posted.parsed.message, expected)
            assert posted.parsed.message.to_dict() == posted.json()["message"]
            for key in message.keys() - {"actions", "items", "fields"}:
                assert posted.json()["message"][key] == message[key]
    got = api.get_messages("b6518")
    assert isinstance(got.parsed.messages, list)
    assert [type(each) for each in got.parsed.messages] == [expected] * 4


def test_a_whatsapp_message_is_sent_without_a_type(api_v1_1: Smooch, sandbox: Sandbox) -> None:
    message = {"messageSchema": "whatsapp", "message": {"type": "hsm", "hsm": {"element_name": "sent"}}}
    for body in (message, models.MessagePost.from_dict({"role": "appMaker", **message})):
        posted = api_v1_1.post_message("b6518", body, True)
        assert sent(sandbox) == {"role": "appMaker", **message}
        assert isinstance(posted.parsed.message, models.TextMessage)
    with pytest.raises(InvalidInput, match="message is missing"):
        api_v1_1.post_message("b6518", {"messageSchema": "whatsapp"}, True)


def test_an_unknown_type_is_sent_unchanged(api: Smooch, sandbox: Sandbox) -> None:
    message = {"type": "sticker", "pack": {"id": 3, "tags": ["cat", None]}, "role": "appMaker"}
    for body in (message, models.MessagePost.from_dict(message)):
        with pytest.raises(BadRequest):
            api.post_message("b6518", body)
        assert sent(sandbox) == message


def test_texts_of_all_kinds_are_kept(api: Smooch) -> None:
    texts = ["ü ß 漢字 😀", "<b>&amp;</b>", '"quotes" \\ / \t\n end', "\x00\x7f\u2028", "x" * 4096, " spaces "]
    for text in texts:
        posted = api.post_message("b6518", text)
        assert posted.parsed.message.text == text
    assert [message.text for message in api.iter_messages("b6518", after=0)] == texts


def test_a_full_conversation_raises_its_own_error_until_messages_are_deleted() -> None:
    with Sandbox(max_messages=2) as sandbox:
        with Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
            api.precreate_user("b6518")
            for text in ("one", "two"):
                api.post_message("b6518", text)
            with pytest.raises(ConversationFull) as caught:
                api.post_message("b6518", "three")
            assert "delete_messages" in str(caught.value)
            api.delete_messages("b6518")
            assert (api.post_message("b6518", "three")).status_code == 201


def test_a_message_that_is_too_large_is_refused_by_the_api(api: Smooch) -> None:
    with pytest.raises(PayloadTooLarge):
        api.post_message("b6518", "x" * 200_000)


# Files


class Pathlike:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> str:
        return str(self._path)


def media(message: Any) -> bytes:
    """Fetch the file that a message shows, as a browser does."""
    with httpx.Client() as client:
        return (client.get(message.media_url)).content


@pytest.mark.parametrize("sent_by_maker", [False, True])
def test_an_image_is_posted_in_one_call(api: Smooch, sandbox: Sandbox, sent_by_maker: bool) -> None:
    before = len(sandbox.requests)
    posted = api.post_media("b6518", ("cat.png", PNG), sent_by_maker)
    assert [request.path for request in sandbox.requests[before:]] == ["/v1/appusers/b6518/images"]
    assert posted.status_code == 201
    message = posted.parsed.message
    assert isinstance(message, models.ImageMessage)
    assert (message.role, message.media_type) == ("appMaker" if sent_by_maker else "appUser", "image/png")
    assert media(message) == PNG


def test_another_file_is_uploaded_and_then_posted(
    api: Smooch, api_v1_1: Smooch, sandbox: Sandbox
) -> None:
    for client, prefix in ((api, "/v1"), (api_v1_1, f"/v1.1/apps/{sandbox.app_id}")):
        before = len(sandbox.requests)
        posted = client.post_media("b6518", ("report ü.pdf", b"%PDF"), True)
        upload, post = sandbox.requests[before:]
        assert (upload.method, upload.path) == ("POST", f"{prefix}/attachments")
        assert upload.query == {"access": "public", "for": "message"}
        assert post.path == f"{prefix}/appusers/b6518/messages"
        assert post.json == {
            "role": "appMaker",
            "type": "file",
            "mediaUrl": posted.parsed.message.media_url,
            "mediaType": "application/pdf",
        }
        message = posted.parsed.message
        assert isinstance(message, models.FileMessage)
        assert (message.role, message.media_type) == ("appMaker", "application/pdf")
        assert media(message) == b"%PDF"


def test_every_kind_of_file_argument_arrives_whole(api: Smooch, tmp_path: Path) -> None:
    for name in ("cat.png", "notes.bin"):
        path = tmp_path / name
        path.write_bytes(PNG)
        header = io.BytesIO(b"header" + PNG)
        header.seek(6)
        with path.open("rb") as opened:
            for source in (path, str(path), Pathlike(path), (name, PNG), opened, header):
                posted = api.post_media("b6518", source)
                assert media(posted.parsed.message) == PNG
            assert not opened.closed


def test_a_pipe_arrives_whole(api: Smooch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as source:
        with os.fdopen(writer, "wb") as sink:
            sink.write(b"from a pipe" * 1000)
        posted = api.post_media("b6518", source)
    assert media(posted.parsed.message) == b"from a pipe" * 1000


def test_a_retry_sends_the_file_from_its_start(
    connect: Callable[..., Smooch], sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "big.png"
    path.write_bytes(PNG * 1000)
    for source in (path, ("big.png", PNG * 1000)):
        sandbox.fail(status=429, headers={"Retry-After": "0"}, path="/images")
        posted = connect(retries=1).post_media("b6518", source)
        assert media(posted.parsed.message) == PNG * 1000


def test_the_largest_file_is_sent_and_one_byte_more_is_refused(
    api: Smooch, api_v1_1: Smooch, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "big.png"
    path.write_bytes(b"a" * 10_485_760)
    posted = api.post_media("b6518", path)
    assert len(media(posted.parsed.message)) == 10_485_760
    before = len(sandbox.requests)
    path.write_bytes(b"a" * 10_485_761)
    with pytest.raises(InvalidInput, match="larger than the 10,485,760 bytes"):
        api.post_media("b6518", path)
    with path.open("wb") as file:
        file.truncate(52_428_801)
    with pytest.raises(InvalidInput, match="larger than the 52,428,800 bytes"):
        api_v1_1.post_media("b6518", path)
    assert len(sandbox.requests) == before


def test_a_file_that_the_api_finds_too_large_raises_its_error(api_v1_1: Smooch) -> None:
    with pytest.raises(PayloadTooLarge):
        api_v1_1.post_media("b6518", ("big.png", b"a" * 11_000_000))


def test_a_file_is_deleted_if_its_message_is_refused(api: Smooch, sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    with pytest.raises(NotFound) as caught:
        api.post_media("nobody", ("a.pdf", b"%PDF"))
    assert caught.value.url.endswith("/appusers/nobody/messages")
    _, post, removal = sandbox.requests[before:]
    assert removal.path == "/v1/attachments/remove"
    assert removal.json == {"mediaUrl": post.json["mediaUrl"]}
    with httpx.Client() as client:
        assert (client.get(post.json["mediaUrl"])).status_code == 404


@pytest.mark.parametrize("status", [400, 429])
def test_the_refusal_of_the_message_is_raised_even_if_the_deletion_fails_too(
    api: Smooch, sandbox: Sandbox, status: int
) -> None:
    sandbox.fail(status=status, path="/messages")
    sandbox.fail(status=500, path="/attachments/remove")
    with pytest.raises(Exception, match=f"^{status} ") as caught:
        api.post_media("b6518", ("a.pdf", b"%PDF"))
    assert getattr(caught.value, "url", "").endswith("/messages")
    assert sandbox.requests[-1].path == "/v1/attachments/remove"


def test_a_file_is_kept_if_its_message_may_have_been_posted(api: Smooch, sandbox: Sandbox) -> None:
    sandbox.fail(status=504, path="/messages")
    with pytest.raises(ServerError):
        api.post_media("b6518", ("a.pdf", b"%PDF"))
    assert sandbox.requests[-1].path == "/v1/appusers/b6518/messages"
    with httpx.Client() as client:
        assert (client.get(sandbox.requests[-1].json["mediaUrl"])).content == b"%PDF"


def test_nothing_is_posted_if_the_upload_fails(api: Smooch, sandbox: Sandbox) -> None:
    sandbox.fail(status=402, path="/attachments")
    with pytest.raises(Exception, match=r"^402 "):
        api.post_media("b6518", ("a.pdf", b"%PDF"))
    assert sandbox.requests[-1].path == "/v1/attachments"


# Reading


@pytest.fixture
def long(api: Smooch, user: str) -> list[Any]:
    """250 messages, oldest first."""
    return [(api.post_message(user, f"text {number}")).parsed.message for number in range(250)]


def test_get_messages_returns_the_newest_hundred_and_a_next_link(api: Smooch, long: list[Any]) -> None:
    newest = api.get_messages("b6518")
    assert newest.status_code == 200
    assert isinstance(newest.parsed, models.GetMessagesResponse)
    assert newest.parsed.messages == long[-100:]
    assert newest.json()["messages"] == [message.to_dict() for message in long[-100:]]
    assert isinstance(newest.parsed.next_, str)
    followed = api.ask(newest.parsed.next_)
    assert followed.parsed["messages"] == [message.to_dict() for message in long[-200:-100]]
    last = api.get_messages("b6518", before=long[50].received)
    assert last.parsed.messages == long[:50]
    assert not last.parsed.next_


def test_before_and_after_exclude_their_instant(api: Smooch, long: list[Any]) -> None:
    middle = long[120].received
    assert (api.get_messages("b6518", middle)).parsed.messages == long[20:120]
    assert (api.get_messages("b6518", None, middle)).parsed.messages == long[121:221]
    assert (api.get_messages("b6518", after=long[-1].received)).parsed.messages == []
    assert (api.get_messages("b6518", before=0)).parsed.messages == []


def test_an_instant_is_a_number_or_digits_or_a_datetime(
    api: Smooch, long: list[Any], sandbox: Sandbox
) -> None:
    middle = long[120].received
    expected = (api.get_messages("b6518", before=middle)).json()
    moment = datetime.fromtimestamp(middle, UTC)
    for instant in (middle, repr(middle), moment):
        assert (api.get_messages("b6518", before=instant)).json() == expected
        assert float(sandbox.requests[-1].query["before"]) == pytest.approx(middle, abs=1e-6)


def test_iter_messages_reads_all_pages_in_both_directions(
    api: Smooch, api_v1_1: Smooch, long: list[Any], sandbox: Sandbox
) -> None:
    for client in (api, api_v1_1):
        before = len(sandbox.requests)
        assert [message for message in client.iter_messages("b6518")] == long[::-1]
        assert len(sandbox.requests) - before == 3
        assert [message for message in client.iter_messages("b6518", after=0)] == long
        middle = long[120].received
        assert [message for message in client.iter_messages("b6518", before=middle)] == long[:120][::-1]
        assert [message for message in client.iter_messages("b6518", after=middle)] == long[121:]


def test_a_page_is_fetched_only_when_needed(api: Smooch, long: list[Any], sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    walk = api.iter_messages("b6518")
    assert len(sandbox.requests) == before
    seen = 0
    for _ in walk:
        seen += 1
        assert len(sandbox.requests) - before == 1
        if seen == 100:
            break
    assert len(sandbox.requests) - before == 1


def test_messages_posted_during_an_iteration_do_not_disturb_it(api: Smooch, long: list[Any]) -> None:
    seen = []
    for message in api.iter_messages("b6518"):
        seen.append(message)
        if len(seen) % 90 == 0:
            api.post_message("b6518", "one more")
    assert seen == long[::-1]


def test_messages_of_the_same_instant_are_all_returned_in_both_directions() -> None:
    messages = [
        {
            "_id": f"{number:024x}",
            "role": "appUser",
            "type": "text",
            "text": str(number),
            "received": 1.5 + number // 40,
        }
        for number in range(240)
    ]

    def respond(request: Any) -> bytes:
        query = httpx.URL(request.target).params
        if "after" in query:
            api_v1_1 = [each for each in messages if each["received"] > float(query["after"])]
            page, more = api_v1_1[:80], len(api_v1_1) > 80
            link = f"http://elsewhere.example/?after={page[-1]['received']}"
        else:
            older = [each for each in messages if each["received"] < float(query.get("before", 99))]
            page, more = older[-80:], len(older) > 80
            link = f"http://elsewhere.example/?before={page[0]['received']}"
        return answer(body={"messages": page, **({"next": link} if more else {})})

    with ScriptedServer(respond) as server:
        with Smooch("app_1", "secret", base_url=server.url) as api:
            back = [message.text for message in api.iter_messages("b6518")]
            forward = [message.text for message in api.iter_messages("b6518", after=0)]
    assert forward == [str(number) for number in range(240)]
    assert back == forward[::-1]
    assert len(server.requests) == 6
    assert all(server.url.endswith(request.headers["host"]) for request in server.requests)


def test_an_empty_conversation_yields_nothing_and_a_missing_one_is_not_found(api: Smooch) -> None:
    def walk() -> list[Any]:
        return [message for message in api.iter_messages("b6518")]

    for call in (walk, lambda: api.get_messages("b6518"), lambda: api.mark_read("b6518")):
        with pytest.raises(NotFound) as caught:
            call()
        assert "no conversation before the first message" in str(caught.value) or call is walk
    api.post_message("b6518", "Hi")
    deleted = api.delete_messages("b6518")
    assert (deleted.status_code, deleted.json()) == (200, {})
    assert isinstance(deleted.parsed, models.EmptyResponse)
    assert walk() == []


def test_mark_read_sets_the_unread_count_to_zero(api: Smooch) -> None:
    for expected in (1, 2):
        posted = api.post_message("b6518", "Hi", True)
        assert posted.json()["conversation"]["unreadCount"] == expected
    read = api.mark_read("b6518")
    assert (read.status_code, read.json()) == (200, {})
    assert isinstance(read.parsed, models.EmptyResponse)
    assert (api.get_messages("b6518")).json()["conversation"]["unreadCount"] == 0


def test_send_activity_reports_typing_and_reading(
    api: Smooch, api_v1_1: Smooch, sandbox: Sandbox
) -> None:
    api.post_message("b6518", "Hi", True)
    response = api.send_activity("b6518")
    assert response.status_code == 200
    assert isinstance(response.parsed, models.ActivityResponse)
    assert sandbox.requests[-1].path == "/v1/appusers/b6518/conversation/activity"
    assert sent(sandbox) == {"type": "typing:start", "role": "appMaker"}
    api.send_activity("b6518", "typing:stop", name="Ana", avatar_url=PICTURE)
    assert sent(sandbox) == {"type": "typing:stop", "role": "appMaker", "name": "Ana", "avatarUrl": PICTURE}
    api_v1_1.send_activity("b6518", "conversation:read")
    assert sent(sandbox) == {"type": "conversation:read", "role": "appUser"}
    assert (api.get_messages("b6518")).json()["conversation"]["unreadCount"] == 0


# Invalid input


def walked(messages: Iterator[Any]) -> list[Any]:
    return [message for message in messages]


REFUSED: list[tuple[str, Callable[[Smooch], Any]]] = [
    ("user_id", lambda api: api.post_message("", "Hi")),
    ("user_id", lambda api: api.post_message(6518, "Hi")),
    ("user_id", lambda api: api.post_message("..", "Hi")),
    ("message", lambda api: api.post_message("b6518", "")),
    ("message", lambda api: api.post_message("b6518", " ")),
    ("message", lambda api: api.post_message("b6518", None)),
    ("message", lambda api: api.post_message("b6518", "\ud800")),
    ("message.role", lambda api: api.post_message("b6518", {"text": "Hi", "role": "whisper"})),
    ("message.role", lambda api: api.post_message("b6518", {"text": "Hi", "role": "appUser"}, True)),
    ("message.role", lambda api: api.post_message("b6518", {"text": "Hi", "actions": [LINK]})),
    ("message.mediaUrl", lambda api: api.post_message("b6518", {"type": "image"})),
    ("message.mediaUrl", lambda api: api.post_message("b6518", {"type": "file", "mediaUrl": "a.pdf"})),
    ("message.items", lambda api: api.post_message("b6518", {"type": "carousel"})),
    ("message.items", lambda api: api.post_message("b6518", {"type": "list", "items": [ITEM] * 11}, True)),
    ("message.items[0].actions", lambda api: api.post_message("b6518", {"type": "list", "items": [{"title": "a"}]})),
    ("message.coordinates", lambda api: api.post_message("b6518", {"type": "location"})),
    (
        "message.coordinates.lat",
        lambda api: api.post_message("b6518", {"type": "location", "coordinates": {"lat": 91, "long": 0}}),
    ),
    ("message.fields", lambda api: api.post_message("b6518", {"type": "form"})),
    (
        "message.actions[0].uri",
        lambda api: api.post_message("b6518", {"text": "a", "actions": [{**LINK, "uri": 5}]}, True),
    ),
    (
        "message.metadata.at",
        lambda api: api.post_message("b6518", {"text": "a", "metadata": {"at": datetime.now(UTC)}}),
    ),
    (
        "message.actions[0].type",
        lambda api: api.post_message("b6518", {"text": "a", "actions": [{"text": "Look"}]}, True),
    ),
    (
        "message.items[0].actions[0].type",
        lambda api: api.post_message(
            "b6518", {"type": "list", "items": [ITEM | {"actions": [{"text": "Look"}]}]}, True
        ),
    ),
    ("message.at", lambda api: api.post_message("b6518", {"text": "a", "at": datetime.now(UTC)})),
    ("message.n", lambda api: api.post_message("b6518", {"text": "a", "n": float("nan")})),
    ("user_id", lambda api: api.post_media("", ("a.png", PNG))),
    ("file_path", lambda api: api.post_media("b6518", "/no/such/file.png")),
    ("file_path", lambda api: api.post_media("b6518", "/")),
    ("file_path", lambda api: api.post_media("b6518", ("a.png", b""))),
    ("file_path", lambda api: api.post_media("b6518", ("a.png", "text"))),
    ("file_path", lambda api: api.post_media("b6518", io.StringIO("text"))),
    ("file_path", lambda api: api.post_media("b6518", PNG)),
    ("file_path", lambda api: api.post_media("b6518", ("a.png", bytes(10_485_761)))),
    ("user_id", lambda api: api.get_messages("")),
    ("before", lambda api: api.get_messages("b6518", 1, 2)),
    ("before", lambda api: api.get_messages("b6518", "yesterday")),
    ("before", lambda api: api.get_messages("b6518", datetime.fromisoformat("2026-01-01"))),
    ("after", lambda api: api.get_messages("b6518", after=-1)),
    ("after", lambda api: api.get_messages("b6518", after=float("nan"))),
    ("user_id", lambda api: walked(api.iter_messages(".."))),
    ("before", lambda api: walked(api.iter_messages("b6518", before=1, after=2))),
    ("user_id", lambda api: api.delete_messages("")),
    ("user_id", lambda api: api.mark_read(None)),
    ("user_id", lambda api: api.send_activity("")),
    ("activity.type", lambda api: api.send_activity("b6518", "dancing")),
    ("activity.name", lambda api: api.send_activity("b6518", name=5)),
    ("activity.avatarUrl", lambda api: api.send_activity("b6518", avatar_url="ana.png")),
]


@pytest.mark.parametrize(("field", "call"), REFUSED)
def test_bad_input_names_its_field_and_nothing_is_sent(
    api: Smooch, sandbox: Sandbox, field: str, call: Callable[[Smooch], Any]
) -> None:
    before = len(sandbox.requests)
    with pytest.raises(InvalidInput) as caught:
        call(api)
    assert caught.value.field == field
    assert len(sandbox.requests) == before
