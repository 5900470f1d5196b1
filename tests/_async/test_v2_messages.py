"""Messages, files and what is refused before anything is sent, by the v2 facade against the sandbox."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from peer import Peer, answer, script
from smooch_api.v2 import models

from smooch import _files
from smooch.errors import (
    BadRequest,
    Conflict,
    ConversationFull,
    Forbidden,
    InvalidInput,
    NotFound,
    RequestTimeout,
    ServerError,
    SmoochError,
)
from smooch.sandbox import Sandbox
from smooch.v2 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

APP = "5d8cff3cd55b040010928b5b"
PICTURE = "https://media.example/cat.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LINK = {"type": "link", "text": "More", "uri": "https://example.com/more"}
ITEM = {"title": "Mug", "actions": [LINK]}
FIELD = {"type": "text", "name": "name", "label": "Name?", "text": "Ana"}


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[AsyncSmooch]:
    async with AsyncSmooch(sandbox.key_id, sandbox.secret, sandbox.app_id, base_url=sandbox.url, retries=0) as client:
        yield client


@pytest.fixture
async def user(api: AsyncSmooch) -> models.User:
    return await api.create_user("b6518", profile={"givenName": "Ana"})


@pytest.fixture
async def conversation_id(api: AsyncSmooch, user: models.User) -> str:
    return (await api.create_conversation(user_id=user.id)).id


# Users


async def test_get_or_create_user_makes_a_user_once_and_leaves_it_alone_after(api: AsyncSmooch) -> None:
    made = await api.get_or_create_user("u-77", profile={"givenName": "Ana"})
    found = await api.get_or_create_user("u-77", profile={"givenName": "Eva"})
    assert found.id == made.id
    assert isinstance(found.profile, models.Profile)
    assert found.profile.given_name == "Ana"
    with pytest.raises(Conflict):
        await api.create_user("u-77")


@pytest.mark.parametrize("email", ["", " ", None, 5])
async def test_an_email_is_needed_to_find_users_by(api: AsyncSmooch, email: Any) -> None:
    with pytest.raises(InvalidInput, match="email"):
        await api.find_users_by_email(email)


# Messages


async def test_who_speaks_is_the_business_or_a_user(
    api: AsyncSmooch, sandbox: Sandbox, user: models.User, conversation_id: str
) -> None:
    external = {"type": "user", "userExternalId": "b6518"}
    for author, sent, kind in [
        ("business", {"type": "business"}, "business"),
        (user, {"type": "user", "userId": user.id}, "user"),
        (models.AuthorPost(type_="user", user_external_id="b6518"), external, "user"),
        (external, external, "user"),
    ]:
        message = await api.post_text(conversation_id, "Hi", author=author)
        assert sandbox.requests[-1].json["author"] == sent
        assert isinstance(message.author, models.Author)
        assert message.author.type_ == kind
    for wrong in ("user", "b6518", 7, None):
        with pytest.raises(InvalidInput, match="author"):
            await api.send_activity(conversation_id, author=wrong)  # type: ignore[arg-type]


async def test_a_message_is_a_text_a_content_or_a_whole_message(
    api: AsyncSmooch, sandbox: Sandbox, conversation_id: str
) -> None:
    content = {"type": "text", "text": "Hi"}
    whole = {"author": {"type": "business", "displayName": "Robin"}, "content": content}
    for message in ("Hi", content, models.TextMessage(text="Hi"), {"content": content}):
        await api.post_message(conversation_id, message)
        assert sandbox.requests[-1].json == {"author": {"type": "business"}, "content": content}
    for message in (whole, models.MessagePost.from_dict(whole), {**whole, "content": models.TextMessage(text="Hi")}):
        await api.post_message(conversation_id, message, metadata={"a": 1}, block_chat_input=True)
        posted = sandbox.requests[-1].json
        assert posted == {**whole, "content": {**content, "blockChatInput": True}, "metadata": {"a": 1}}


async def test_a_type_that_nobody_has_heard_of_reaches_the_wire_unchanged(api: AsyncSmooch, sandbox: Sandbox) -> None:
    content = {"type": "sticker", "pack": {"id": 3, "tags": ["cat", None]}, "actions": [{"type": "wave", "times": 3}]}
    whole = {"author": {"type": "business"}, "content": content}
    for given in (content, models.UnknownMessage.from_dict(content), whole, models.MessagePost.from_dict(whole)):
        with pytest.raises(BadRequest):
            await api.post_message("c1", given)
        assert sandbox.requests[-1].json == whole


@pytest.mark.parametrize(
    ("message", "options", "field"),
    [
        (
            {"author": {"type": "business"}, "content": {"type": "text", "text": "a"}},
            {"author": {"type": "user"}},
            "author",
        ),
        ({"metadata": {"a": 1}, "content": {"type": "text", "text": "a"}}, {"metadata": {"a": 2}}, "metadata"),
        ({"type": "text", "text": "a", "blockChatInput": False}, {"block_chat_input": True}, "blockChatInput"),
    ],
)
async def test_what_is_said_twice_must_agree(api: AsyncSmooch, message: Any, options: Any, field: str) -> None:
    with pytest.raises(InvalidInput, match=f"{field} is given twice"):
        await api.post_message("c1", message, **options)


LONG = "x" * 4097
BIG = {"note": "x" * 4086}
"""One byte above the limit, as JSON."""

REFUSED: dict[str, tuple[Any, str, str]] = {
    "a text that is empty": (lambda api: api.post_text("c1", " "), "text", "must not be empty"),
    "a message that is empty": (lambda api: api.post_message("c1", ""), "text", "must not be empty"),
    "nothing to say": (lambda api: api.post_text("c1"), "message.content", "needs text or actions or htmlText"),
    "no content": (lambda api: api.post_message("c1", {"content": None}), "message.content", "must be an object"),
    "content of no type": (lambda api: api.post_message("c1", {"text": "Hi"}), "message.content.type", "is missing"),
    "a type that is no text": (
        lambda api: api.post_message("c1", {"type": 5}),
        "message.content.type",
        "must be a string, not 5",
    ),
    "answers to a form, which only the web client sends": (
        lambda api: api.post_message("c1", {"type": "formResponse", "fields": [FIELD]}),
        "message.content.type",
        "must not be 'formResponse'",
    ),
    "no message": (lambda api: api.post_message("c1", None), "message", "must be a text, a model or a mapping"),
    "a message that is a list": (lambda api: api.post_message("c1", [ITEM]), "message", "must be a text"),
    "a long text": (
        lambda api: api.post_text("c1", LONG),
        "message.content.text",
        "takes 4096 characters at most, not 4097",
    ),
    "long HTML": (lambda api: api.post_text("c1", html_text=LONG), "message.content.htmlText", "takes 4096 characters"),
    "two rich texts": (
        lambda api: api.post_text("c1", html_text="a", markdown_text="a"),
        "message.content",
        "must not be",
    ),
    "large metadata": (
        lambda api: api.post_text("c1", "a", metadata=BIG),
        "message.metadata",
        "takes 4,096 bytes of JSON at most, not 4,097",
    ),
    "large metadata of a user": (lambda api: api.create_user(metadata=BIG), "user.metadata", "takes 4,096 bytes"),
    "large metadata of a button": (
        lambda api: api.post_text("c1", "a", actions=[{**LINK, "metadata": BIG}]),
        "message.content.actions[0].metadata",
        "takes 4,096 bytes",
    ),
    "metadata with depth": (
        lambda api: api.post_text("c1", "a", metadata={"a": {"b": 1}}),
        "message.metadata.a",
        "must be a string or a number or true or false",
    ),
    "much JSON": (
        lambda api: api.post_text("c1", "a", override={"line": {"payload": {"a": "x" * 102_400}}}),
        "message",
        "takes 102,400 bytes of JSON at most, not 102,5",
    ),
    "no items": (lambda api: api.post_carousel("c1", []), "message.content.items", "needs 1 items or more"),
    "many items": (lambda api: api.post_list("c1", [ITEM] * 11), "message.content.items", "takes 10 items at most"),
    "one item": (lambda api: api.post_list("c1", ITEM), "message.content.items", "must be a list"),
    "no address": (lambda api: api.post_image("c1", "cat.png"), "message.content.mediaUrl", "must be an address"),
    "coordinates that are none": (
        lambda api: api.post_location("c1", float("nan"), 7),
        "message",
        "cannot be written as JSON",
    ),
    "a template for a channel that has none": (
        lambda api: api.post_template("c1", {}, schema="line"),
        "message.schema",
        "must be 'whatsapp'",
    ),
    "a user who types": (
        lambda api: api.send_activity("c1", author={"type": "user", "userId": "u"}),
        "activity.type",
        "must be 'conversation:read'",
    ),
    "another id": (lambda api: api.post_text("..", "a"), "conversation_id", "must not be '..'"),
    "no id": (lambda api: api.get_user(None), "user_id", "must be a non-empty string"),
    "two ids": (
        lambda api: api.create_conversation(user_id="u", user_external_id="b"),
        "user_id",
        "exactly one of user_id, user_external_id, not 2",
    ),
    "an id and participants": (
        lambda api: api.create_conversation(user_id="u", participants=[{"userId": "u"}]),
        "participants",
        "either the id of one user or participants",
    ),
    "nobody": (lambda api: api.create_conversation(), "conversation.participants", "is missing"),
    "nobody to leave": (lambda api: api.leave_conversation("c1"), "user_id", "exactly one of"),
    "a group that subscribes nobody": (
        lambda api: api.create_conversation(type_="sdkGroup", user_id="u"),
        "conversation.participants[0].subscribeSDKClient",
        "is missing",
    ),
    "a channel of nobody": (
        lambda api: api.post_conversion_events("c1", "line", []),
        "events",
        "needs messenger or instagram or whatsapp",
    ),
    "a trigger of v1": (lambda api: api.ensure_webhook_exist("*", "https://a.example"), "trigger", "no trigger '*'"),
    "a phone number of no country": (
        lambda api: api.create_client(
            "u", {"type": "whatsapp", "integrationId": "i", "phoneNumber": "555"}, conversation_id="c"
        ),
        "client.matchCriteria.phoneNumber",
        "must look like",
    ),
    "no integration": (lambda api: api.create_integration([]), "data", "must be a mapping"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_the_api_would_refuse_is_refused_before_it_is_sent(
    api: AsyncSmooch, sandbox: Sandbox, name: str
) -> None:
    call, field, words = REFUSED[name]
    with pytest.raises(InvalidInput) as caught:
        await call(api)
    assert caught.value.field == field
    assert words in str(caught.value)
    assert sandbox.requests == []


async def test_what_just_fits_is_sent(api: AsyncSmooch, conversation_id: str) -> None:
    fits = {"note": "x" * 4084}
    message = await api.post_text(conversation_id, "ü" * 4096, metadata=fits)
    assert isinstance(message.content, models.TextMessage)
    assert (message.content.text, message.metadata) == ("ü" * 4096, fits)


async def test_an_option_that_no_message_has_is_an_error_of_the_program(api: AsyncSmooch) -> None:
    with pytest.raises(TypeError, match="'colour'"):
        await api.post_text("c1", "Hi", colour="red")  # type: ignore[call-arg]


async def test_a_full_conversation_is_its_own_error_and_deleting_makes_room() -> None:
    with Sandbox(max_messages=2) as sandbox:
        async with AsyncSmooch(sandbox.key_id, sandbox.secret, sandbox.app_id, base_url=sandbox.url) as api:
            user = await api.create_user("b6518")
            conversation = await api.create_conversation(user_id=user.id)
            for text in ("one", "two"):
                await api.post_text(conversation.id, text)
            with pytest.raises(ConversationFull, match="delete_messages"):
                await api.post_text(conversation.id, "three")
            await api.delete_messages(conversation.id)
            await api.post_text(conversation.id, "three")
            assert [message.id async for message in api.list_messages(conversation.id)] != []


async def test_of_several_messages_the_last_is_returned_and_of_none_there_is_an_error() -> None:
    def posted(*texts: str) -> bytes:
        messages = [{"id": text, "content": {"type": "text", "text": text}} for text in texts]
        return answer(201, {"messages": messages})

    with Peer(script(posted("Hello", "template"), posted())) as peer:
        async with AsyncSmooch("app_5a", "secret", APP, base_url=peer.url) as api:
            assert (await api.post_text("c1", "Hello %((template:a))%")).id == "template"
            with pytest.raises(SmoochError, match="do not simply repeat it"):
                await api.post_text("c1", "Hello")
        assert len(peer.requests) == 2


async def test_a_message_is_not_sent_twice() -> None:
    with Peer(lambda _: [5.0]) as peer:
        async with AsyncSmooch("app_5a", "secret", APP, base_url=peer.url, timeout=0.1) as api:
            with pytest.raises(RequestTimeout, match="may have taken effect"):
                await api.post_text("c1", "Hello")
        assert len(peer.requests) == 1


# Files


async def test_a_file_is_uploaded_and_posted_in_one_call(
    api: AsyncSmooch, sandbox: Sandbox, conversation_id: str, tmp_path: Path
) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    with path.open("rb") as file:
        for source in (path, str(path), ("cat.png", PNG), file):
            message = await api.post_media(conversation_id, source, text="A cat")
            assert isinstance(message.content, models.ImageMessage)
            assert (message.content.text, message.content.media_type) == ("A cat", "image/png")
            upload = sandbox.requests[-2]
            assert upload.query == {"access": "public", "for": "message", "conversationId": conversation_id}
    report = await api.post_media(conversation_id, ("report", b"%PDF"), mime_type="application/pdf")
    assert isinstance(report.content, models.FileMessage)
    assert report.content.media_type == "application/pdf"


async def test_an_upload_gives_an_address_that_can_be_deleted(api: AsyncSmooch) -> None:
    attachment = await api.upload_attachment(("cat.png", PNG))
    assert attachment.media_type == "image/png"
    assert isinstance(attachment.media_url, str)
    await api.delete_attachment(attachment.media_url)
    with pytest.raises(NotFound):
        await api.delete_attachment(attachment.media_url)


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
                await api.upload_attachment(source)
    monkeypatch.setitem(_files.LIMITS, "/v2", 3)
    with pytest.raises(InvalidInput, match="larger than"):
        await api.upload_attachment(("a.txt", b"1234"))
    for wrong in (tmp_path / "nowhere", ("a.txt", b""), io.StringIO("text"), 7):
        with pytest.raises(InvalidInput):
            await api.post_media("c1", wrong)  # type: ignore[arg-type]
    assert sandbox.requests == []


async def test_a_message_that_cannot_be_is_found_before_the_upload(api: AsyncSmooch, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidInput, match="metadata"):
        await api.post_media("c1", ("cat.png", PNG), metadata=BIG)
    assert sandbox.requests == []


UPLOADED = answer(201, {"attachment": {"mediaUrl": PICTURE, "mediaType": "image/png"}})


@pytest.mark.parametrize(
    ("status", "expected", "removed"), [(400, BadRequest, True), (403, Forbidden, True), (500, ServerError, False)]
)
async def test_a_file_whose_message_was_refused_is_removed_again(
    status: int, expected: type[Exception], removed: bool
) -> None:
    with Peer(script(UPLOADED, answer(status, {}), answer(404, {}))) as peer:
        async with AsyncSmooch("app_5a", "secret", APP, base_url=peer.url, retries=0) as api:
            with pytest.raises(expected):
                await api.post_media("c1", ("cat.png", PNG))
        last = peer.requests[-1]
        assert len(peer.requests) == 2 + removed
        assert last.target.endswith("/attachments/remove") is removed
        assert not removed or last.json() == {"mediaUrl": PICTURE}


async def test_an_upload_without_an_address_is_an_error() -> None:
    with Peer(script(answer(201, {"attachment": {}}))) as peer:
        async with AsyncSmooch("app_5a", "secret", APP, base_url=peer.url) as api:
            with pytest.raises(SmoochError, match="did not say where it is"):
                await api.post_media("c1", ("cat.png", PNG))
        assert len(peer.requests) == 1
