# Derived from tests/_async/test_v2_messages.py by scripts/unasync.py; edit that file.
"""Messages, files and what is refused before anything is sent, by the v2 facade against the sandbox."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime, timedelta, timezone
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
    UnreadableResponse,
)
from smooch.sandbox import Sandbox
from smooch.v2 import Smooch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = "5d8cff3cd55b040010928b5b"
PICTURE = "https://media.example/cat.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LINK = {"type": "link", "text": "More", "uri": "https://example.com/more"}
ITEM = {"title": "Mug", "actions": [LINK]}
FIELD = {"type": "text", "name": "name", "label": "Name?", "text": "Ana"}


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Smooch]:
    with Smooch(sandbox.key_id, sandbox.secret, sandbox.app_id, base_url=sandbox.url, retries=0) as client:
        yield client


@pytest.fixture
def user(api: Smooch) -> models.User:
    return api.users.create("b6518", profile={"givenName": "Ana"})


@pytest.fixture
def conversation_id(api: Smooch, user: models.User) -> str:
    return (api.conversations.create(user_id=user.id)).id


# Users


def test_get_or_create_user_makes_a_user_once_and_leaves_it_alone_after(api: Smooch) -> None:
    made = api.users.get_or_create("u-77", profile={"givenName": "Ana"})
    found = api.users.get_or_create("u-77", profile={"givenName": "Eva"})
    assert found.id == made.id
    assert isinstance(found.profile, models.Profile)
    assert found.profile.given_name == "Ana"
    with pytest.raises(Conflict):
        api.users.create("u-77")


def test_get_or_create_user_does_not_take_the_api_s_own_id_of_another_for_the_business_s() -> None:
    other = {"user": {"id": "u-77", "externalId": "b6518"}}
    with Peer(script(answer(409, {"errors": [{"code": "conflict", "title": "Taken"}]}), answer(200, other))) as peer:
        with Smooch("app_5a", "secret", APP, base_url=peer.url) as api:
            with pytest.raises(Conflict, match="Taken"):
                api.users.get_or_create("u-77")
        assert [request.method for request in peer.requests] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (datetime(2026, 3, 2, 10, 15, 30, 120_999, timezone(timedelta(hours=2))), "2026-03-02T08:15:30.120Z"),
        (datetime(2026, 3, 2, tzinfo=UTC), "2026-03-02T00:00:00.000Z"),
        ("2026-03-02T08:15:30+02:00", "2026-03-02T08:15:30+02:00"),
    ],
)
def test_a_time_is_sent_in_utc_and_a_text_as_it_is(
    api: Smooch, sandbox: Sandbox, given: Any, sent: str
) -> None:
    user = api.users.create("u-77", signed_up_at=given)
    assert sandbox.requests[-1].json["signedUpAt"] == user.signed_up_at == sent
    api.users.update("u-77", {"signedUpAt": sent})


def test_what_is_refused_shows_no_secret_and_little_of_anything(api: Smooch) -> None:
    twilio = {"type": "twilio", "accountSid": "a", "phoneNumberSid": "p"}
    user = api.users.create("u-77", profile={"givenName": "Hush"})
    for call in (
        lambda: api.integrations.create({**twilio, "authToken": {"x": "Hush"}}),
        lambda: api.integrations.create({**twilio, "authToken": ["Hush"]}),
        lambda: api.integrations.create({"type": "custom", "webhooks": {"secret": "Hush"}}),
        lambda: api.integrations.create({"type": "mailgun", "apiKey": 77775555}),
        lambda: api.users.get({"name": "Hush"}),  # type: ignore[arg-type]
        lambda: api.users.get(user),  # type: ignore[arg-type]
        lambda: api.messages.post_text("c1", "Hi", author=user.profile),  # type: ignore[arg-type]
        lambda: api.messages.post_carousel("c1", "long " * 10_000),  # type: ignore[arg-type]
        lambda: api.messages.post_text("c1", {"a": "Hush"}),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidInput) as caught:
            call()
        assert "Hush" not in str(caught.value)
        assert "7777" not in str(caught.value)
        assert len(str(caught.value)) < 250


@pytest.mark.parametrize("email", ["", " ", None, 5])
def test_an_email_is_needed_to_find_users_by(api: Smooch, email: Any) -> None:
    with pytest.raises(InvalidInput, match="email"):
        api.users.find_by_email(email)


# Messages


def test_who_speaks_is_the_business_or_a_user(
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


def test_a_type_that_nobody_has_heard_of_reaches_the_wire_unchanged(api: Smooch, sandbox: Sandbox) -> None:
    content = {"type": "sticker", "pack": {"id": 3, "tags": ["cat", None]}, "actions": [{"type": "wave", "times": 3}]}
    whole = {"author": {"type": "business"}, "content": content}
    for given in (content, models.UnknownMessage.from_dict(content), whole, models.MessagePost.from_dict(whole)):
        with pytest.raises(BadRequest):
            api.messages.post("c1", given)
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
def test_what_is_said_twice_must_agree(api: Smooch, message: Any, options: Any, field: str) -> None:
    with pytest.raises(InvalidInput, match=f"{field} is given twice"):
        api.messages.post("c1", message, **options)


MESSAGE = models.Message(id="1", author=models.Author(type_="user"), content=models.TextMessage(text="Hi"))
LOOP: dict[str, Any] = {}
LOOP["again"] = LOOP


def loop() -> models.UserUpdate:
    update = models.UserUpdate()
    update["again"] = update
    return update


LONG = "x" * 4097
BIG = {"note": "x" * 4086}
"""One byte above the limit, as JSON."""

REFUSED: dict[str, tuple[Any, str, str]] = {
    "a text that is empty": (lambda api: api.messages.post_text("c1", " "), "text", "must not be empty"),
    "a message that is empty": (lambda api: api.messages.post("c1", ""), "text", "must not be empty"),
    "nothing to say": (
        lambda api: api.messages.post_text("c1"),
        "message.content",
        "needs text or actions or htmlText",
    ),
    "no content": (lambda api: api.messages.post("c1", {"content": None}), "message.content", "must be an object"),
    "content of no type": (lambda api: api.messages.post("c1", {"text": "Hi"}), "message.content.type", "is missing"),
    "a type that is no text": (
        lambda api: api.messages.post("c1", {"type": 5}),
        "message.content.type",
        "must be a string, not 5",
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
        "must be a text, a content such as TextMessage, a MessagePost or a mapping in wire form, not User",
    ),
    "a message that came": (
        lambda api: api.messages.post("c1", MESSAGE),
        "message",
        "not Message; what a message says is its content",
    ),
    "a message that is a list": (lambda api: api.messages.post("c1", [ITEM]), "message", "must be a text"),
    "a long text": (
        lambda api: api.messages.post_text("c1", LONG),
        "message.content.text",
        "takes 4096 characters at most, not 4097",
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
    "a user without an id": (
        lambda api: api.messages.post_text("c1", "a", author={"type": "user"}),
        "message.author",
        "needs userId or userExternalId where type is 'user'",
    ),
    "a business with an id": (
        lambda api: api.messages.post_text("c1", "a", author={"type": "business", "userId": "u"}),
        "message.author.userId",
        "must be left out unless type is 'user'",
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
    "what holds itself": (
        lambda api: api.messages.post_text("c1", "a", override={"line": {"payload": LOOP}}),
        "message",
        "holds itself, or is nested too deeply",
    ),
    "a model that holds itself": (lambda api: api.users.update("u", loop()), "data", "holds itself"),
    "Python's name in a mapping": (
        lambda api: api.users.create(profile={"given_name": "Ana"}),
        "user.profile.given_name",
        "is not a field: did you mean givenName?",
    ),
    "Python's name in a change": (
        lambda api: api.conversations.update("c1", {"display_name": "a"}),
        "data.display_name",
        "did you mean displayName?",
    ),
    "Python's name of a type": (
        lambda api: api.messages.post("c1", {"type": "text", "text": "a", "type_": "text"}),
        "message.content.type_",
        "did you mean type?",
    ),
    "an id that is a path": (lambda api: api.users.create(".."), "external_id", "must not be '..'"),
    "a time that is none": (
        lambda api: api.users.create(signed_up_at="yesterday"),
        "user.signedUpAt",
        "must be a time in ISO 8601 with its zone, such as 2026-03-02T08:15:30.120Z, not 'yesterday'",
    ),
    "a time without zone": (
        lambda api: api.users.create(signed_up_at=datetime(2026, 3, 2)),  # noqa: DTZ001
        "signed_up_at",
        "has no timezone",
    ),
    "a time without zone in a change": (
        lambda api: api.users.update("u", {"signedUpAt": "2026-03-02T08:15:30"}),
        "data.signedUpAt",
        "must be a time",
    ),
    "a participant with two ids": (
        lambda api: api.conversations.create(participants=[{"userId": "u", "userExternalId": "b"}]),
        "conversation.participants[0]",
        "holds userId and userExternalId, which exclude each other",
    ),
    "a switchboard integration by id and type": (
        lambda api: api.switchboard_integrations.create("s", "bot", integration_id="i", integration_type="custom"),
        "integration",
        "holds integrationId and integrationType, which exclude each other",
    ),
    "a type of integration that is a number": (lambda api: api.integrations.list(5), "types", "not 5"),
    "types of integrations that are none": (
        lambda api: api.integrations.list([None]),
        "types",
        "must be a non-empty string, not None",
    ),
    "a trigger of v1 in a new webhook": (
        lambda api: api.webhooks.create("https://a.example", "*"),
        "triggers",
        "no trigger '*'",
    ),
    "a webhook without a trigger": (
        lambda api: api.webhooks.update("w", {"triggers": []}),
        "data.triggers",
        "must name one trigger at least",
    ),
    "a webhook without an address": (
        lambda api: api.webhooks.update("w", models.WebhookUpdate(target="a.example")),
        "data.target",
        "must be a full address",
    ),
    "large metadata": (
        lambda api: api.messages.post_text("c1", "a", metadata=BIG),
        "message.metadata",
        "takes 4,096 bytes of JSON at most, not 4,097",
    ),
    "large metadata of a user": (lambda api: api.users.create(metadata=BIG), "user.metadata", "takes 4,096 bytes"),
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
        "takes 102,400 bytes of JSON at most, not 102,5",
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
        "must be an address",
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
    "a user who types": (
        lambda api: api.activities.send("c1", author={"type": "user", "userId": "u"}),
        "activity.type",
        "must be 'conversation:read' where author.type is 'user', not 'typing:start'",
    ),
    "another id": (lambda api: api.messages.post_text("..", "a"), "conversation_id", "must not be '..'"),
    "no id": (lambda api: api.users.get(None), "user_id", "must be a non-empty string"),
    "two ids": (
        lambda api: api.conversations.create(user_id="u", user_external_id="b"),
        "user_id",
        "exactly one of user_id, user_external_id, not 2",
    ),
    "an id and participants": (
        lambda api: api.conversations.create(user_id="u", participants=[{"userId": "u"}]),
        "participants",
        "either the id of one user or participants",
    ),
    "nobody": (
        lambda api: api.conversations.create(),
        "user_id",
        "give user_id, user_external_id or participants",
    ),
    "nobody to leave": (lambda api: api.participants.leave("c1"), "user_id", "exactly one of"),
    "a group that subscribes nobody": (
        lambda api: api.conversations.create(type_="sdkGroup", user_id="u"),
        "conversation.participants[0].subscribeSDKClient",
        "is missing",
    ),
    "a channel of nobody": (
        lambda api: api.conversations.post_conversion_events("c1", "line", []),
        "channel",
        "must be one of messenger, instagram, whatsapp, not 'line'",
    ),
    "a trigger of v1": (lambda api: api.webhooks.ensure("*", "https://a.example"), "trigger", "no trigger '*'"),
    "a phone number of no country": (
        lambda api: api.clients.create(
            "u", {"type": "whatsapp", "integrationId": "i", "phoneNumber": "555"}, conversation_id="c"
        ),
        "client.matchCriteria.phoneNumber",
        "must look like",
    ),
    "a channel that is not named": (
        lambda api: api.clients.create("u", {"integrationId": "i", "phoneNumber": "+1 555"}, conversation_id="c"),
        "client.matchCriteria.type",
        "is missing",
    ),
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
    "a colour that is none": (
        lambda api: api.integrations.update("i1", models.WebIntegrationUpdate(brand_color="#0099ff")),
        "data.brandColor",
        "must look like",
    ),
    "no integration": (
        lambda api: api.integrations.create([]),
        "data",
        "must be a mapping or IntegrationCreate, not list",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_api_would_refuse_is_refused_before_it_is_sent(
    api: Smooch, sandbox: Sandbox, name: str
) -> None:
    call, field, words = REFUSED[name]
    with pytest.raises(InvalidInput) as caught:
        call(api)
    assert caught.value.field == field
    assert words in str(caught.value)
    assert sandbox.requests == []


def test_conversion_events_are_a_list_or_the_whole_object_of_meta() -> None:
    event = {"event_name": "Purchase", "event_time": 1752161233}
    whole = {"data": [event], "test_event_code": "TEST1", "partner_agent": "shop"}
    with Peer(script(answer(200, {"conversionEvents": {"datasetId": 1, "eventsReceived": 1}}))) as peer:
        with Smooch("app_5a", "secret", APP, base_url=peer.url) as api:
            api.conversations.post_conversion_events("c1", "instagram", [event])
            api.conversations.post_conversion_events("c1", "whatsapp", whole)
        assert [request.json() for request in peer.requests] == [
            {"instagram": {"payload": {"data": [event]}}},
            {"whatsapp": {"payload": whole}},
        ]


def test_what_just_fits_is_sent(api: Smooch, conversation_id: str) -> None:
    fits = {"note": "x" * 4084}
    message = api.messages.post_text(conversation_id, "ü" * 4096, metadata=fits)
    assert isinstance(message.content, models.TextMessage)
    assert (message.content.text, message.metadata) == ("ü" * 4096, fits)


def test_an_option_that_no_message_has_is_an_error_of_the_program(api: Smooch) -> None:
    with pytest.raises(TypeError, match="'colour'"):
        api.messages.post_text("c1", "Hi", colour="red")  # type: ignore[call-arg]


def test_a_full_conversation_is_its_own_error_and_deleting_makes_room() -> None:
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


def test_of_several_messages_the_last_is_returned_and_of_none_there_is_an_error() -> None:
    def posted(*texts: str) -> bytes:
        messages = [{"id": text, "content": {"type": "text", "text": text}} for text in texts]
        return answer(201, {"messages": messages})

    with Peer(script(posted("Hello", "template"), posted())) as peer:
        with Smooch("app_5a", "secret", APP, base_url=peer.url) as api:
            assert (api.messages.post_text("c1", "Hello %((template:a))%")).id == "template"
            with pytest.raises(UnreadableResponse, match="do not simply repeat it") as caught:
                api.messages.post_text("c1", "Hello")
            assert (caught.value.status_code, caught.value.method) == (201, "POST")
            assert caught.value.url == f"{peer.url}{peer.requests[-1].target}"
        assert len(peer.requests) == 2


def test_a_message_is_not_sent_twice() -> None:
    with Peer(lambda _: [5.0]) as peer:
        with Smooch("app_5a", "secret", APP, base_url=peer.url, timeout=0.1) as api:
            with pytest.raises(RequestTimeout, match="may have taken effect"):
                api.messages.post_text("c1", "Hello")
        assert len(peer.requests) == 1


# Files


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


def test_an_uploaded_image_can_say_all_that_an_image_can(
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


def test_bytes_are_uploaded_under_the_name_that_is_told(api: Smooch, sandbox: Sandbox) -> None:
    attachment = api.attachments.upload(PNG, mime_type="image/png")
    assert attachment.media_type == "image/png"
    assert b'filename="file.png"' in sandbox.requests[-1].body
    attachment = api.attachments.upload(PNG, filename="cat.png")
    assert attachment.media_type == "image/png"


def test_an_upload_gives_an_address_that_can_be_deleted(api: Smooch) -> None:
    attachment = api.attachments.upload(("cat.png", PNG))
    assert attachment.media_type == "image/png"
    assert isinstance(attachment.media_url, str)
    api.attachments.delete(attachment.media_url)
    with pytest.raises(NotFound):
        api.attachments.delete(attachment.media_url)


def test_a_file_above_the_limit_is_refused_before_it_is_sent(
    api: Smooch, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _files.LIMITS["/v2"] == 50 * 1024 * 1024
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    with path.open("rb") as opened:
        for source in (path, opened):
            with pytest.raises(InvalidInput, match="larger than the 52,428,800 bytes"):
                api.attachments.upload(source)
    monkeypatch.setitem(_files.LIMITS, "/v2", 3)
    with pytest.raises(InvalidInput, match="larger than"):
        api.attachments.upload(("a.txt", b"1234"))
    for wrong in (tmp_path / "nowhere", ("a.txt", b""), io.StringIO("text"), 7):
        with pytest.raises(InvalidInput):
            api.messages.post_media("c1", wrong)  # type: ignore[arg-type]
    assert sandbox.requests == []


def test_a_message_that_cannot_be_is_found_before_the_upload(api: Smooch, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidInput, match="metadata"):
        api.messages.post_media("c1", ("cat.png", PNG), metadata=BIG)
    assert sandbox.requests == []


UPLOADED = answer(201, {"attachment": {"mediaUrl": PICTURE, "mediaType": "image/png"}})


@pytest.mark.parametrize(
    ("status", "expected", "removed"), [(400, BadRequest, True), (403, Forbidden, True), (500, ServerError, False)]
)
def test_a_file_whose_message_was_refused_is_removed_again(
    status: int, expected: type[Exception], removed: bool
) -> None:
    with Peer(script(UPLOADED, answer(status, {}), answer(404, {}))) as peer:
        with Smooch("app_5a", "secret", APP, base_url=peer.url, retries=0) as api:
            with pytest.raises(expected):
                api.messages.post_media("c1", ("cat.png", PNG))
        last = peer.requests[-1]
        assert len(peer.requests) == 2 + removed
        assert last.target.endswith("/attachments/remove") is removed
        assert not removed or last.json() == {"mediaUrl": PICTURE}


def test_an_upload_without_an_address_is_an_error() -> None:
    with Peer(script(answer(201, {"attachment": {}}))) as peer:
        with Smooch("app_5a", "secret", APP, base_url=peer.url) as api:
            with pytest.raises(UnreadableResponse, match="the call took effect"):
                api.messages.post_media("c1", ("cat.png", PNG))
        assert len(peer.requests) == 1
