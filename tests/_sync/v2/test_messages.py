# Derived from tests/_async/v2/test_messages.py by scripts/unasync.py; edit that file.
"""Messages: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v2 import models
from support.scripted_server import ScriptedServer, answer, script

from smooch.errors import (
    BadRequest,
    ConversationFull,
    Forbidden,
    InvalidInput,
    RequestTimeout,
    ServerError,
    UnreadableResponse,
)
from smooch.sandbox import Sandbox
from smooch.v2 import Smooch

from .calls import Call, Refusal, every

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Keys

LINK = {"type": "link", "text": "More", "uri": "https://example.com/more"}
ITEM = {"title": "Mug", "actions": [LINK]}
HELLO = {"type": "text", "text": "Hello!"}
PICTURE = "https://media.example/cat.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
FIELD = {"type": "text", "name": "name", "label": "Name?", "text": "Ana"}
RECEIVED = models.Message(id="1", author=models.Author(type_="user"), content=models.TextMessage(text="Hi"))
LOOP: dict[str, Any] = {}
LOOP["again"] = LOOP
LONG = "x" * 4097
BIG = {"note": "x" * 4086}
"""One byte above the limit, as JSON."""
APP = "5d8cff3cd55b040010928b5b"
BUSINESS = {"type": "business"}


def posted(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"author": BUSINESS, "content": content, **more}


CALLS: dict[str, Call] = {
    "post": (
        lambda api: api.messages.post("c1", "Hello!"),
        "postMessage POST /conversations/c1/messages",
        posted(HELLO),
        models.Message,
    ),
    "post_text": (
        lambda api: api.messages.post_text(
            "c1", "Small", payload="S", author=models.User(id="u1"), metadata={"lang": "en"}, block_chat_input=True
        ),
        "postMessage POST /conversations/c1/messages",
        {
            "author": {"type": "user", "userId": "u1"},
            "content": {"type": "text", "text": "Small", "payload": "S", "blockChatInput": True},
            "metadata": {"lang": "en"},
        },
        models.Message,
    ),
    "post_text, rich and with buttons": (
        lambda api: api.messages.post_text(
            "c1",
            markdown_text="# Hello!",
            actions=[LINK, models.ReplyAction(text="Hi", payload="HI")],
            author=models.AuthorPost(type_="business", subtypes=["AI"]),
            destination=models.Destination(integration_type="whatsapp"),
            override={"whatsapp": {"payload": {"type": "text", "text": {"body": "Hi"}}}},
        ),
        "postMessage POST /conversations/c1/messages",
        {
            "author": {"type": "business", "subtypes": ["AI"]},
            "content": {
                "type": "text",
                "markdownText": "# Hello!",
                "actions": [LINK, {"type": "reply", "text": "Hi", "payload": "HI"}],
            },
            "destination": {"integrationType": "whatsapp"},
            "override": {"whatsapp": {"payload": {"type": "text", "text": {"body": "Hi"}}}},
        },
        models.Message,
    ),
    "post_image": (
        lambda api: api.messages.post_image(
            "c1", "https://media.example/a.png", text="A cat", alt_text="cat", actions=[LINK]
        ),
        "postMessage POST /conversations/c1/messages",
        posted(
            {
                "type": "image",
                "mediaUrl": "https://media.example/a.png",
                "text": "A cat",
                "altText": "cat",
                "actions": [LINK],
            }
        ),
        models.Message,
    ),
    "post_file": (
        lambda api: api.messages.post_file("c1", "https://media.example/a.pdf", html_text="<b>FAQ</b>"),
        "postMessage POST /conversations/c1/messages",
        posted({"type": "file", "mediaUrl": "https://media.example/a.pdf", "htmlText": "<b>FAQ</b>"}),
        models.Message,
    ),
    "post_carousel": (
        lambda api: api.messages.post_carousel("c1", [ITEM], display_settings={"imageAspectRatio": "square"}),
        "postMessage POST /conversations/c1/messages",
        posted({"type": "carousel", "items": [ITEM], "displaySettings": {"imageAspectRatio": "square"}}),
        models.Message,
    ),
    "post_list": (
        lambda api: api.messages.post_list(
            "c1", [models.MessageItem(title="Mug", actions=[models.LinkAction.from_dict(LINK)])], actions=[LINK]
        ),
        "postMessage POST /conversations/c1/messages",
        posted({"type": "list", "items": [ITEM], "actions": [LINK]}),
        models.Message,
    ),
    "post_form": (
        lambda api: api.messages.post_form(
            "c1",
            [models.FormMessageField(type_="email", name="mail", label="E-mail")],
            text="One question:",
            block_chat_input=True,
        ),
        "postMessage POST /conversations/c1/messages",
        posted(
            {
                "type": "form",
                "fields": [{"type": "email", "name": "mail", "label": "E-mail"}],
                "text": "One question:",
                "blockChatInput": True,
            }
        ),
        models.Message,
    ),
    "post_location": (
        lambda api: api.messages.post_location("c1", 45.5, -73.6, name="Zendesk"),
        "postMessage POST /conversations/c1/messages",
        posted({"type": "location", "coordinates": {"lat": 45.5, "long": -73.6}, "location": {"name": "Zendesk"}}),
        models.Message,
    ),
    "post_template": (
        lambda api: api.messages.post_template("c1", {"name": "hello_world", "language": {"code": "en_US"}}),
        "postMessage POST /conversations/c1/messages",
        posted(
            {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}, schema="whatsapp"
        ),
        models.Message,
    ),
    "post_media": (
        lambda api: api.messages.post_media("c1", ("mug.jpeg", b"jpeg"), text="A mug", alt_text="mug"),
        (
            "uploadAttachment POST /attachments?access=public&for=message&conversationId=c1\n"
            "postMessage POST /conversations/c1/messages"
        ),
        posted(
            {
                "type": "image",
                "mediaUrl": "https://example.zendesk.com/sc/attachments/v2/01JK/mug.jpeg",
                "text": "A mug",
                "altText": "mug",
            }
        ),
        models.Message,
    ),
    "list": (
        lambda api: api.messages.list("c1"),
        "listMessages GET /conversations/c1/messages?page[size]=100",
        None,
        [models.Message],
    ),
    "delete": (
        lambda api: api.messages.delete("c1", "m1"),
        "deleteMessage DELETE /conversations/c1/messages/m1",
        None,
        None,
    ),
    "delete_all": (
        lambda api: api.messages.delete_all("c1"),
        "deleteAllMessages DELETE /conversations/c1/messages",
        None,
        None,
    ),
}


REFUSED: dict[str, Refusal] = {
    "a text that is empty": (lambda api: api.messages.post_text("c1", " "), "text", "must not be empty"),
    "a message that is empty": (lambda api: api.messages.post("c1", ""), "text", "must not be empty"),
    "nothing to say": (
        lambda api: api.messages.post_text("c1"),
        "message.content",
        "needs text or actions or htmlText",
    ),
    "a misspelt field of an action": (
        lambda api: api.messages.post_text(
            "c1", "a", actions=[{"type": "link", "text": "b", "url": "https://a.example"}]
        ),
        "message.content.actions[0].url",
        "is not a field: did you mean uri?",
    ),
    "a misspelt field of a content": (
        lambda api: api.messages.post("c1", {"type": "image", "mediaURL": "https://a.example/a.png"}),
        "message.content.mediaURL",
        "is not a field: did you mean mediaUrl?",
    ),
    "a field of the content beside it": (
        lambda api: api.messages.post("c1", {"content": {"type": "text", "text": "a"}, "role": "appMaker"}),
        "message.role",
        "is not a field: did you mean author?",
    ),
    "no content": (lambda api: api.messages.post("c1", {"content": None}), "message.content", "must be an object"),
    "content of no type": (lambda api: api.messages.post("c1", {"text": "Hi"}), "message.content.type", "is missing"),
    "a type that is no text": (
        lambda api: api.messages.post("c1", {"type": 5}),
        "message.content.type",
        "must be a string, got 5",
    ),
    "answers to a form, which only the web client sends": (
        lambda api: api.messages.post("c1", {"type": "formResponse", "fields": [FIELD]}),
        "message.content.type",
        "must not be 'formResponse'",
    ),
    "no message": (lambda api: api.messages.post("c1", None), "message", "must be a text, a content such as"),
    "a user in place of a message": (
        lambda api: api.messages.post("c1", models.User(id="u")),
        "message",
        "must be a text, a content such as TextMessage, a MessagePost or a mapping in wire form, got User",
    ),
    "a message that came": (
        lambda api: api.messages.post("c1", RECEIVED),
        "message",
        "got Message; pass its content",
    ),
    "a message that is a list": (lambda api: api.messages.post("c1", [ITEM]), "message", "must be a text"),
    "a long text": (
        lambda api: api.messages.post_text("c1", LONG),
        "message.content.text",
        "takes 4096 characters at most, got 4097",
    ),
    "long HTML": (
        lambda api: api.messages.post_text("c1", html_text=LONG),
        "message.content.htmlText",
        "takes 4096 characters",
    ),
    "two rich texts": (
        lambda api: api.messages.post_text("c1", html_text="a", markdown_text="a"),
        "message.content",
        "holds htmlText and markdownText, which exclude each other",
    ),
    "a business with an id": (
        lambda api: api.messages.post_text("c1", "a", author={"type": "business", "userId": "u"}),
        "message.author.userId",
        "must be left out where type is 'business'",
    ),
    "half of a character": (
        lambda api: api.messages.post_text("c1", "a", metadata={"ok": "a", "note": "\ud83d"}),
        "message.metadata.note",
        "it holds half of a surrogate pair",
    ),
    "a number without end": (
        lambda api: api.messages.post_text("c1", "a", metadata={"n": math.inf}),
        "message.metadata.n",
        "cannot be written as JSON: it is inf",
    ),
    "a number with many digits": (
        lambda api: api.messages.post_text("c1", "a", metadata={"n": 10**5000}),
        "message.metadata.n",
        "it has too many digits",
    ),
    "what contains itself": (
        lambda api: api.messages.post_text("c1", "a", override={"line": {"payload": LOOP}}),
        "message",
        "contains itself, or is nested too deeply",
    ),
    "Python's name of a type": (
        lambda api: api.messages.post("c1", {"type": "text", "text": "a", "type_": "text"}),
        "message.content.type_",
        "did you mean type?",
    ),
    "large metadata": (
        lambda api: api.messages.post_text("c1", "a", metadata=BIG),
        "message.metadata",
        "takes 4,096 bytes of JSON at most, got 4,097",
    ),
    "large metadata of a button": (
        lambda api: api.messages.post_text("c1", "a", actions=[{**LINK, "metadata": BIG}]),
        "message.content.actions[0].metadata",
        "takes 4,096 bytes",
    ),
    "metadata with depth": (
        lambda api: api.messages.post_text("c1", "a", metadata={"a": {"b": 1}}),
        "message.metadata.a",
        "must be a string or a number or true or false",
    ),
    "much JSON": (
        lambda api: api.messages.post_text("c1", "a", override={"line": {"payload": {"a": "x" * 102_400}}}),
        "message",
        "takes 102,400 bytes of JSON at most, got 102,5",
    ),
    "no items": (lambda api: api.messages.post_carousel("c1", []), "message.content.items", "needs 1 items or more"),
    "many items": (
        lambda api: api.messages.post_list("c1", [ITEM] * 11),
        "message.content.items",
        "takes 10 items at most",
    ),
    "one item": (lambda api: api.messages.post_list("c1", ITEM), "message.content.items", "must be a list"),
    "no address": (
        lambda api: api.messages.post_image("c1", "cat.png"),
        "message.content.mediaUrl",
        "must be a URL with a scheme",
    ),
    "coordinates that are none": (
        lambda api: api.messages.post_location("c1", float("nan"), 7),
        "message.content.coordinates.lat",
        "cannot be written as JSON: it is nan",
    ),
    "a template for a channel that has none": (
        lambda api: api.messages.post_template("c1", {}, schema="line"),
        "message.schema",
        "must be 'whatsapp'",
    ),
    "another id": (lambda api: api.messages.post_text("..", "a"), "conversation_id", "must not be '..'"),
    "a button without a type": (
        lambda api: api.messages.post_text("c1", "a", actions=[{"text": "b", "uri": "https://a.example"}]),
        "message.content.actions[0].type",
        "is missing",
    ),
    "a button of an item without a type": (
        lambda api: api.messages.post_carousel("c1", [{"title": "a", "actions": [{"text": "b", "payload": "c"}]}]),
        "message.content.items[0].actions[0].type",
        "is missing",
    ),
}


def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    user = api.users.create("ana")
    conversation_id = (api.conversations.create(user_id=user.id)).id
    posted = [
        api.messages.post(conversation_id, "One", author=user),
        api.messages.post_text(conversation_id, "Two", actions=[models.ReplyAction(text="Hi", payload="HI")]),
        api.messages.post_image(conversation_id, "https://media.example/a.png"),
        api.messages.post_file(conversation_id, "https://media.example/a.pdf", alt_text="FAQ"),
        api.messages.post_carousel(conversation_id, [ITEM]),
        api.messages.post_list(conversation_id, [ITEM], actions=[LINK]),
        api.messages.post_form(conversation_id, [{"type": "email", "name": "mail", "label": "E-mail"}]),
        api.messages.post_location(conversation_id, 45.5, -73.6, name="Zendesk"),
        api.messages.post_template(conversation_id, {"name": "hello_world", "language": {"code": "en_US"}}),
        api.messages.post_media(conversation_id, ("cat.png", PNG)),
    ]
    kinds = [type(message.content).__name__.removesuffix("Message").lower() for message in posted]
    assert kinds == ["text", "text", "image", "file", "carousel", "list", "form", "location", "template", "image"]
    assert [one.id for one in every(api.messages.list(conversation_id))] == [one.id for one in posted[::-1]]
    api.activities.send(conversation_id)
    with api.activities.typing(conversation_id):
        pass
    api.activities.mark_read(conversation_id, author=user)
    attachment = api.attachments.upload(("cat.png", PNG), conversation_id=conversation_id)
    api.attachments.delete(str(attachment.media_url))
    api.messages.delete(conversation_id, posted[0].id)
    api.messages.delete_all(conversation_id)
    assert [one for one in api.messages.list(conversation_id) if not one.deleted] == []


def test_the_author_is_the_business_or_a_user(
    api: Smooch, sandbox: Sandbox, user: models.User, conversation_id: str
) -> None:
    external = {"type": "user", "userExternalId": "b6518"}
    for author, sent, kind in [
        ("business", {"type": "business"}, "business"),
        (user, {"type": "user", "userId": user.id}, "user"),
        (models.AuthorPost(type_="user", user_external_id="b6518"), external, "user"),
        (external, external, "user"),
    ]:
        message = api.messages.post_text(conversation_id, "Hi", author=author)
        assert sandbox.requests[-1].json["author"] == sent
        assert isinstance(message.author, models.Author)
        assert message.author.type_ == kind
    for wrong in ("user", "b6518", 7, None):
        with pytest.raises(InvalidInput, match="author"):
            api.activities.send(conversation_id, author=wrong)  # type: ignore[arg-type]


def test_a_message_is_a_text_a_content_or_a_whole_message(
    api: Smooch, sandbox: Sandbox, conversation_id: str
) -> None:
    content = {"type": "text", "text": "Hi"}
    whole = {"author": {"type": "business", "displayName": "Robin"}, "content": content}
    for message in ("Hi", content, models.TextMessage(text="Hi"), {"content": content}):
        api.messages.post(conversation_id, message)
        assert sandbox.requests[-1].json == {"author": {"type": "business"}, "content": content}
    for message in (whole, models.MessagePost.from_dict(whole), {**whole, "content": models.TextMessage(text="Hi")}):
        api.messages.post(conversation_id, message, metadata={"a": 1}, block_chat_input=True)
        posted = sandbox.requests[-1].json
        assert posted == {**whole, "content": {**content, "blockChatInput": True}, "metadata": {"a": 1}}


def test_messages_of_unknown_types_are_sent_unchanged(api: Smooch, sandbox: Sandbox) -> None:
    content = {"type": "sticker", "pack": {"id": 3, "tags": ["cat", None]}, "actions": [{"type": "wave", "times": 3}]}
    whole = {"author": {"type": "business"}, "content": content}
    for message in (content, models.UnknownMessage.from_dict(content), whole, models.MessagePost.from_dict(whole)):
        with pytest.raises(BadRequest):
            api.messages.post("c1", message)
        assert sandbox.requests[-1].json == whole


def test_unknown_fields_of_received_models_are_sent_back(
    api: Smooch, sandbox: Sandbox, conversation_id: str
) -> None:
    fields = {"type": "text", "text": "Hi", "actions": [{**LINK, "size": "new"}], "mood": {"calm": True}}
    received = models.Message.from_dict({"id": "m1", "content": fields})
    whole = models.MessagePost.from_dict({"author": {"type": "business"}, "content": fields})
    for message in (received.content, {"content": received.content}, whole):
        for options in ({}, {"block_chat_input": True}):
            api.messages.post(conversation_id, message, **options)
            expected = fields | ({"blockChatInput": True} if options else {})
            assert sandbox.requests[-1].json["content"] == expected
    with pytest.raises(InvalidInput, match=r"message\.content\.mood is not a field"):
        api.messages.post(conversation_id, fields)


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
def test_options_that_contradict_the_message_are_refused(
    api: Smooch, message: Any, options: Any, field: str
) -> None:
    with pytest.raises(InvalidInput, match=f"{field} is given twice"):
        api.messages.post("c1", message, **options)


def test_text_and_metadata_of_maximum_size_are_sent(api: Smooch, conversation_id: str) -> None:
    metadata = {"note": "x" * 4084}
    message = api.messages.post_text(conversation_id, "ü" * 4096, metadata=metadata)
    assert isinstance(message.content, models.TextMessage)
    assert (message.content.text, message.metadata) == ("ü" * 4096, metadata)


def test_an_unknown_option_raises_type_error(api: Smooch) -> None:
    with pytest.raises(TypeError, match="unknown message option 'colour': pass any of author, metadata, "):
        api.messages.post_text("c1", "Hi", colour="red")  # type: ignore[call-arg]


def test_a_full_conversation_raises_its_own_error_until_messages_are_deleted() -> None:
    with Sandbox(max_messages=2) as sandbox:
        with Smooch(sandbox.key_id, sandbox.secret, sandbox.app_id, base_url=sandbox.url) as api:
            user = api.users.create("b6518")
            conversation = api.conversations.create(user_id=user.id)
            for text in ("one", "two"):
                api.messages.post_text(conversation.id, text)
            with pytest.raises(ConversationFull, match="delete_all"):
                api.messages.post_text(conversation.id, "three")
            api.messages.delete_all(conversation.id)
            api.messages.post_text(conversation.id, "three")
            assert [message.id for message in api.messages.list(conversation.id)] != []


def test_post_returns_the_last_of_several_messages_and_fails_without_any() -> None:
    def with_texts(*texts: str) -> bytes:
        messages = [{"id": text, "content": {"type": "text", "text": text}} for text in texts]
        return answer(201, {"messages": messages})

    with ScriptedServer(script(with_texts("Hello", "template"), with_texts())) as server:
        with Smooch("app_5a", "secret", APP, base_url=server.url) as api:
            assert (api.messages.post_text("c1", "Hello %((template:a))%")).id == "template"
            with pytest.raises(UnreadableResponse, match="do not simply repeat it") as caught:
                api.messages.post_text("c1", "Hello")
            assert (caught.value.status_code, caught.value.method) == (201, "POST")
            assert caught.value.url == f"{server.url}{server.requests[-1].target}"
        assert len(server.requests) == 2


def test_a_message_is_not_sent_twice() -> None:
    with ScriptedServer(lambda _: [5.0]) as server:
        with Smooch("app_5a", "secret", APP, base_url=server.url, timeout=0.1) as api:
            with pytest.raises(RequestTimeout, match="may have taken effect"):
                api.messages.post_text("c1", "Hello")
        assert len(server.requests) == 1


def test_a_file_is_uploaded_and_posted_in_one_call(
    api: Smooch, sandbox: Sandbox, conversation_id: str, tmp_path: Path
) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    with path.open("rb") as file:
        for source in (path, str(path), ("cat.png", PNG), file):
            message = api.messages.post_media(conversation_id, source, text="A cat")
            assert isinstance(message.content, models.ImageMessage)
            assert (message.content.text, message.content.media_type) == ("A cat", "image/png")
            upload = sandbox.requests[-2]
            assert upload.query == {"access": "public", "for": "message", "conversationId": conversation_id}
    report = api.messages.post_media(conversation_id, ("report", b"%PDF"), mime_type="application/pdf")
    assert isinstance(report.content, models.FileMessage)
    assert report.content.media_type == "application/pdf"


def test_post_media_takes_the_fields_of_images_and_files(
    api: Smooch, sandbox: Sandbox, conversation_id: str
) -> None:
    api.messages.post_media(
        conversation_id, PNG, mime_type="IMAGE/PNG", markdown_text="*A cat*", actions=(each for each in [LINK])
    )
    content = sandbox.requests[-1].json["content"]
    assert content.pop("mediaUrl").startswith(sandbox.url)
    assert content == {"type": "image", "markdownText": "*A cat*", "actions": [LINK]}
    api.messages.post_media(conversation_id, ("a.pdf", b"%PDF"), html_text="<b>Terms</b>", filename="terms.pdf")
    assert sandbox.requests[-1].json["content"]["htmlText"] == "<b>Terms</b>"
    assert b'filename="terms.pdf"' in sandbox.requests[-2].body
    before = len(sandbox.requests)
    for wrong in ("text/plain\r\nX-Evil: 1", "notamime", "", 5):
        with pytest.raises(InvalidInput, match="mime_type must be a type such as image/png"):
            api.messages.post_media(conversation_id, ("a.txt", b"a"), mime_type=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="only images can have actions"):
        api.messages.post_media(conversation_id, ("a.pdf", b"%PDF"), actions=[LINK])
    assert len(sandbox.requests) == before


def test_an_invalid_message_is_refused_before_the_upload(api: Smooch, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidInput, match="metadata"):
        api.messages.post_media("c1", ("cat.png", PNG), metadata=BIG)
    assert sandbox.requests == []


UPLOADED = answer(201, {"attachment": {"mediaUrl": PICTURE, "mediaType": "image/png"}})


@pytest.mark.parametrize(
    ("status", "expected", "removed"), [(400, BadRequest, True), (403, Forbidden, True), (500, ServerError, False)]
)
def test_a_file_is_deleted_if_its_message_is_refused(
    status: int, expected: type[Exception], removed: bool
) -> None:
    with ScriptedServer(script(UPLOADED, answer(status, {}), answer(404, {}))) as server:
        with Smooch("app_5a", "secret", APP, base_url=server.url, retries=0) as api:
            with pytest.raises(expected):
                api.messages.post_media("c1", ("cat.png", PNG))
        last = server.requests[-1]
        assert len(server.requests) == 2 + removed
        assert last.target.endswith("/attachments/remove") is removed
        assert not removed or last.json() == {"mediaUrl": PICTURE}


def test_an_upload_without_a_url_is_unreadable() -> None:
    with ScriptedServer(script(answer(201, {"attachment": {}}))) as server:
        with Smooch("app_5a", "secret", APP, base_url=server.url) as api:
            with pytest.raises(UnreadableResponse, match="the call took effect"):
                api.messages.post_media("c1", ("cat.png", PNG))
        assert len(server.requests) == 1
