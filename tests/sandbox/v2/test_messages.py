"""Messages and attachments of v2, and their form in v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .api import BUSINESS, TEXT, Api, error

if TYPE_CHECKING:
    import httpx

LINK = {"type": "link", "text": "More", "uri": "https://shop.example"}
POSTBACK = {"type": "postback", "text": "Select", "payload": "TACOS"}
ITEM = {"title": "Tacos", "description": "Today", "actions": [POSTBACK, LINK]}
FIELD = {"type": "text", "name": "n", "label": "Name"}
PLACE = {"lat": 43.65, "long": -79.38}
FALLBACK = "1. Tacos\nToday\nMore: https://shop.example\n\n2. Tacos\nToday\nMore: https://shop.example"

# what is posted, and what the answer has beside it
CONTENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": ({"type": "text", "text": "Hi", "actions": [LINK]}, {}),
    "text of actions alone": ({"type": "text", "actions": [{"type": "reply", "text": "Yes", "payload": "y"}]}, {}),
    "html": ({"type": "text", "htmlText": "<b>A &amp; B</b>"}, {"text": "A & B"}),
    "image": (
        {"type": "image", "mediaUrl": "https://shop.example/tacos.png"},
        {"mediaType": "image/png", "altText": "tacos.png"},
    ),
    "file": (
        {"type": "file", "mediaUrl": "https://shop.example/a.pdf", "altText": "Bill"},
        {"mediaType": "application/pdf"},
    ),
    "carousel": ({"type": "carousel", "items": [ITEM, ITEM]}, {"text": FALLBACK}),
    "list": ({"type": "list", "items": [ITEM, ITEM], "actions": [LINK]}, {"text": FALLBACK}),
    "location": (
        {"type": "location", "coordinates": PLACE, "location": {"name": "Shop"}},
        {"text": "Location shared:\nhttps://maps.google.com/maps?q=43.65,-79.38"},
    ),
    "form": ({"type": "form", "fields": [FIELD], "blockChatInput": True, "text": "Please"}, {"submitted": False}),
}


def without_postback_uris(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_postback_uris(each) for name, each in value.items() if (name, each) != ("uri", "")}
    return [without_postback_uris(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CONTENTS)
def test_content_is_returned_with_the_fields_of_the_server(api: Api, case: str) -> None:
    posted, added = CONTENTS[case]
    conversation = api.conversation()
    message = api.post(conversation, posted)
    assert without_postback_uris(message["content"]) == posted | added
    assert api.client.get(f"/conversations/{conversation}/messages").json()["messages"] == [message]


def test_a_message_has_author_time_and_source(api: Api) -> None:
    author = {"type": "business", "displayName": "Steve", "avatarUrl": "https://a.example/s.png", "subtypes": ["AI"]}
    conversation = api.conversation()
    message = api.post(conversation, author=author, metadata={"a": 1})
    assert (message["author"], message["metadata"]) == (author, {"a": 1})
    assert message["source"] == {"type": "api:conversations"}
    assert (
        message["received"] == api.client.get(f"/conversations/{conversation}").json()["conversation"]["lastUpdatedAt"]
    )


def test_a_user_can_be_the_author_by_either_id(api: Api) -> None:
    user = api.user(externalId="u", profile={"givenName": "Ana"})
    conversation = api.conversation(user)
    for named in ({"userId": user}, {"userExternalId": "u"}):
        author = api.post(conversation, author={"type": "user", **named})["author"]
        assert author == {"type": "user", "userId": user, "displayName": "Ana"}


def test_an_author_without_id_is_the_only_user_of_the_conversation(api: Api) -> None:
    user = api.user()
    assert api.post(api.conversation(user), author={"type": "user"})["author"]["userId"] == user
    group = api.group(user, api.user())
    body = {"author": {"type": "user"}, "content": TEXT}
    assert error(api.client.post(f"/conversations/{group}/messages", json=body)) == (400, "bad_request")


@pytest.mark.parametrize(
    ("author", "answer"),
    [
        ({"type": "user", "userId": "x"}, (404, "user_not_found")),
        ({"type": "user", "userExternalId": "stranger"}, (400, "bad_request")),
        ({"type": "business", "userExternalId": "stranger"}, (400, "bad_request")),
        ({"type": "bot"}, (400, "bad_request")),
        ({"type": "business", "subtypes": ["bot"]}, (400, "bad_request")),
    ],
)
def test_bad_authors_are_refused(api: Api, author: dict[str, Any], answer: tuple[int, str]) -> None:
    api.create("/users", "user", {"externalId": "stranger"})
    body = {"author": author, "content": TEXT}
    assert error(api.client.post(f"/conversations/{api.conversation()}/messages", json=body)) == answer


@pytest.mark.parametrize(
    "content",
    [
        None,
        {"type": "text"},
        {"type": "text", "text": "x" * 4097},
        {"type": "text", "htmlText": "x", "markdownText": "x"},
        {"type": "text", "markdownText": "&" * 1000},
        {"type": "image"},
        {"type": "image", "mediaUrl": "https://a.example/a.png", "htmlText": "x", "markdownText": "x"},
        {"type": "carousel", "items": []},
        {"type": "carousel", "items": [ITEM] * 11},
        {"type": "carousel", "items": [{"title": "A", "actions": [{"type": "reply", "text": "x", "payload": "x"}]}]},
        {"type": "text", "text": "x", "actions": [LINK, {"type": "reply", "text": "x", "payload": "x"}]},
        {"type": "form", "fields": [FIELD, FIELD]},
        {"type": "form", "fields": []},
        {"type": "formResponse", "fields": [{**FIELD, "text": "Ana"}]},
        {"type": "template", "template": {"name": "n"}},
        {"type": "poll", "question": "?"},
        {"text": "Hi"},
    ],
)
def test_bad_content_is_refused(api: Api, content: Any) -> None:
    conversation = api.conversation()
    body = {"author": BUSINESS, "content": content}
    assert error(api.client.post(f"/conversations/{conversation}/messages", json=body)) == (400, "bad_request")
    assert api.client.get(f"/conversations/{conversation}/messages").json()["messages"] == []


def test_an_error_names_the_field(api: Api) -> None:
    body = {"author": BUSINESS, "content": {"type": "text", "text": "x", "actions": [{**LINK, "uri": 5}]}}
    refused = api.client.post(f"/conversations/{api.conversation()}/messages", json=body)
    assert refused.json()["errors"][0]["title"] == "body content.actions[0].uri: 5 is not of type 'string'"


def test_messages_that_quote_messages_are_read_in_linear_time(api: Api, v1: httpx.Client) -> None:
    api.user(externalId="u")
    quoted = {"_id": "5b0000000000000000000014", "role": "appUser", "authorId": "u", "received": 1.5, "type": "text"}
    post: dict[str, Any] = {**quoted, "text": 5}
    for _ in range(12):
        post = {**quoted, "text": "x", "quotedMessage": {"type": "message", "content": post}}
    refused = v1.post("/appusers/u/messages", json=post)
    assert refused.status_code == 400
    assert "5 is not of type 'string'" in refused.json()["error"]["description"]


@pytest.mark.parametrize("content", [{"type": "template", "template": {"name": "n"}}, {"type": "interactive", "a": 1}])
def test_with_schema_whatsapp_the_content_is_not_checked(api: Api, content: dict[str, Any]) -> None:
    assert api.post(api.conversation(), content, schema="whatsapp")["content"] == content


def test_markdown_is_kept_as_html(api: Api) -> None:
    content = api.post(api.conversation(), {"type": "text", "markdownText": "**Hi** <you>"})["content"]
    assert content == {
        "type": "text",
        "htmlText": "<p><strong>Hi</strong> &lt;you&gt;</p>",
        "text": "Hi <you>",
    }


def test_card_numbers_are_masked(api: Api) -> None:
    content = api.post(api.conversation(), {"type": "text", "text": "4111 1111 1111 1111"})["content"]
    assert content["text"] == "XXXX XXXX XXXX 1111"


class TestDestination:
    @pytest.mark.parametrize(
        "destination",
        [
            {"integrationType": "whatsapp"},
            {"integrationId": "x"},
            {},
            {"integrationId": "x", "integrationType": "none"},
        ],
    )
    def test_needs_a_client_of_the_user(self, api: Api, destination: dict[str, str]) -> None:
        body = {"author": BUSINESS, "content": TEXT, "destination": destination}
        assert error(api.client.post(f"/conversations/{api.conversation()}/messages", json=body))[0] == 400

    def test_none_only_stores(self, api: Api) -> None:
        assert api.post(api.conversation(), destination={"integrationType": "none"})

    def test_reaches_a_linked_channel(self, api: Api) -> None:
        user, twilio = api.user(), api.integration("twilio")
        api.link(user, twilio)
        (conversation,) = api.client.get("/conversations", params={"filter[userId]": user}).json()["conversations"]
        for destination in ({"integrationId": twilio}, {"integrationType": "twilio"}):
            assert api.post(conversation["id"], destination=destination)

    def test_is_for_personal_conversations_and_the_business(self, api: Api) -> None:
        user = api.user()
        body = {"author": BUSINESS, "content": TEXT, "destination": {"integrationType": "none"}}
        assert error(api.client.post(f"/conversations/{api.group(user)}/messages", json=body))[0] == 400
        body["author"] = {"type": "user", "userId": user}
        assert error(api.client.post(f"/conversations/{api.conversation(user)}/messages", json=body))[0] == 400


class TestDeleting:
    def test_one_message(self, api: Api) -> None:
        conversation = api.conversation()
        first, second = api.post(conversation), api.post(conversation)
        path = f"/conversations/{conversation}/messages"
        assert api.client.delete(f"{path}/{first['id']}").status_code == 200
        assert api.client.get(path).json()["messages"] == [second]
        assert error(api.client.delete(f"{path}/{first['id']}")) == (404, "not_found")

    def test_all_messages(self, api: Api) -> None:
        user = api.user()
        conversation = api.conversation(user)
        api.post(conversation)
        assert api.client.delete(f"/conversations/{conversation}/messages").status_code == 200
        assert api.client.get(f"/conversations/{conversation}/messages").json()["messages"] == []
        (participant,) = api.client.get(f"/conversations/{conversation}/participants").json()["participants"]
        assert participant["unreadCount"] == 0

    def test_unknown_conversations_are_not_found(self, api: Api) -> None:
        assert error(api.client.delete("/conversations/x/messages")) == (404, "conversation_not_found")
        assert error(api.client.delete("/conversations/x/messages/y")) == (404, "conversation_not_found")


class TestAttachments:
    PNG = {"source": ("tacos é.png", b"\x89PNG..", "image/png")}  # noqa: RUF012

    def upload(self, api: Api, **query: str) -> str:
        answer = api.client.post("/attachments", params={"access": "public", **query}, files=self.PNG)
        assert answer.json()["attachment"]["mediaType"] == "image/png"
        url: str = answer.json()["attachment"]["mediaUrl"]
        return url

    def test_a_message_knows_the_file(self, api: Api) -> None:
        content = api.post(api.conversation(), {"type": "image", "mediaUrl": self.upload(api)})["content"]
        assert (content["mediaType"], content["mediaSize"], content["altText"]) == ("image/png", 6, "tacos é.png")
        assert api.client.get(content["mediaUrl"]).content == b"\x89PNG.."

    def test_access_is_required_and_only_public(self, api: Api) -> None:
        for query in ({}, {"access": "private"}):
            assert error(api.client.post("/attachments", params=query, files=self.PNG)) == (400, "bad_request")

    def test_the_file_is_required(self, api: Api) -> None:
        answer = api.client.post("/attachments", params={"access": "public"}, files={"other": b"x"})
        assert error(answer) == (400, "bad_request")

    def test_deleting(self, api: Api) -> None:
        url = self.upload(api)
        assert api.client.post("/attachments/remove", json={"mediaUrl": url}).status_code == 200
        assert api.client.get(url).status_code == 404
        assert error(api.client.post("/attachments/remove", json={"mediaUrl": url})) == (404, "not_found")
        foreign = api.client.post("/attachments/remove", json={"mediaUrl": "https://a.example/a.png"})
        assert error(foreign) == (400, "bad_request")

    @pytest.mark.parametrize("what", ["message", "all", "conversation", "user"])
    def test_deleting_a_message_deletes_its_file(self, api: Api, what: str) -> None:
        user = api.user()
        api.conversation(user)
        conversation = api.conversation(user)
        url = self.upload(api, **{"for": "message", "conversationId": conversation})
        other = self.upload(api)
        message = api.post(conversation, {"type": "image", "mediaUrl": url})["id"]
        path = {
            "message": f"/conversations/{conversation}/messages/{message}",
            "all": f"/conversations/{conversation}/messages",
            "conversation": f"/conversations/{conversation}",
            "user": f"/users/{user}",
        }[what]
        assert api.client.delete(path).status_code == 200
        assert (api.client.get(url).status_code, api.client.get(other).status_code) == (404, 200)

    def test_the_conversation_must_exist(self, api: Api) -> None:
        query = {"access": "public", "for": "message", "conversationId": "x"}
        assert error(api.client.post("/attachments", params=query, files=self.PNG)) == (404, "conversation_not_found")


class TestSharedWithV1:
    def test_users_are_the_same(self, api: Api, v1: httpx.Client) -> None:
        v1.post("/appusers", json={"userId": "u", "givenName": "Ana", "properties": {"tier": "gold"}})
        user = api.client.get("/users/u").json()["user"]
        assert (user["externalId"], user["profile"], user["metadata"]) == ("u", {"givenName": "Ana"}, {"tier": "gold"})
        api.client.patch("/users/u", json={"profile": {"surname": "Ruiz"}, "metadata": {"tier": "silver"}})
        seen = v1.get("/appusers/u").json()["appUser"]
        assert (seen["_id"], seen["surname"], seen["properties"]) == (user["id"], "Ruiz", {"tier": "silver"})

    def test_the_conversation_of_v1_is_the_default_one(self, api: Api, v1: httpx.Client) -> None:
        user = api.user(externalId="u")
        posted = v1.post("/appusers/u/messages", json={"role": "appMaker", "type": "text", "text": "Hi"}).json()
        (conversation,) = api.client.get("/conversations", params={"filter[userId]": user}).json()["conversations"]
        assert (conversation["id"], conversation["isDefault"]) == (posted["conversation"]["_id"], True)
        assert (
            api.client.get(f"/conversations/{conversation['id']}/participants").json()["participants"][0]["unreadCount"]
            == 1
        )

    def test_messages_go_both_ways(self, api: Api, v1: httpx.Client) -> None:
        conversation = api.conversation(api.user(externalId="u"))
        own = [api.post(conversation, posted)["id"] for posted, _ in CONTENTS.values()]
        item = {"title": "Tacos", "actions": [{"type": "buy", "text": "Buy", "amount": 999}]}
        posts = [
            {"role": "appUser", "type": "text", "text": "Hi", "payload": "y"},
            {"role": "appMaker", "type": "carousel", "items": [item], "metadata": {"a": 1}},
            {"role": "appMaker", "type": "form", "fields": [{**FIELD, "placeholder": "Ana"}]},
        ]
        foreign = [v1.post("/appusers/u/messages", json=post).json()["message"]["_id"] for post in posts]
        by_v1 = v1.get("/appusers/u/messages").json()["messages"]
        by_v2 = api.client.get(f"/conversations/{conversation}/messages").json()["messages"]
        assert [each["_id"] for each in by_v1] == own + foreign == [each["id"] for each in by_v2]
        text, carousel, form = by_v2[-3:]
        assert (text["author"]["type"], text["content"]["payload"]) == ("user", "y")
        assert "_id" not in carousel["content"]["items"][0]["actions"][0]
        assert carousel["metadata"] == {"a": 1}
        assert form["content"]["fields"] == [{**FIELD, "placeholder": "Ana"}]

    def test_a_form_response_quotes_the_form(self, api: Api, v1: httpx.Client) -> None:
        conversation = api.conversation(api.user(externalId="u"))
        form = api.post(conversation, {"type": "form", "fields": [FIELD]})
        (by_v1,) = v1.get("/appusers/u/messages").json()["messages"]
        answer = {
            "role": "appUser",
            "type": "formResponse",
            "fields": [{**FIELD, "text": "Ana"}],
            "quotedMessage": {"type": "message", "content": {**by_v1, "source": {"type": "api"}}},
        }
        posted = v1.post("/appusers/u/messages", json=answer)
        assert posted.status_code == 201, posted.text
        response = api.client.get(f"/conversations/{conversation}/messages").json()["messages"][-1]
        form["content"]["submitted"] = True
        assert response["quotedMessage"] == {"type": "message", "message": form}
        assert (response["content"]["type"], response["content"]["textFallback"]) == ("formResponse", "Name: Ana")

    def test_reading_by_one_version_counts_in_the_other(self, api: Api, v1: httpx.Client) -> None:
        conversation = api.conversation(api.user(externalId="u"))
        api.post(conversation)
        assert v1.get("/appusers/u/messages").json()["conversation"]["unreadCount"] == 1
        v1.post("/appusers/u/conversation/read")
        (participant,) = api.client.get(f"/conversations/{conversation}/participants").json()["participants"]
        assert participant["unreadCount"] == 0
        assert "lastRead" in participant

    def test_merging_in_v1_keeps_the_data_of_v2(self, api: Api, v1: httpx.Client) -> None:
        first, second = api.user(), api.user()
        api.post(api.conversation(first), author={"type": "user", "userId": first})
        api.post(api.conversation(second), author={"type": "user", "userId": second})
        other = api.conversation(second)
        v1.post("/appusers/merge", json={"surviving": {"_id": first}, "discarded": {"_id": second}})
        conversations = api.client.get("/conversations", params={"filter[userId]": first}).json()["conversations"]
        assert [each["id"] for each in conversations][1:] == [other]
        messages = api.client.get(f"/conversations/{conversations[0]['id']}/messages").json()["messages"]
        assert [each["author"]["userId"] for each in messages] == [first, first]

    def test_integrations_are_the_same(self, api: Api, v1: httpx.Client) -> None:
        created = [api.integration("telegram"), api.integration("android", privateKey="hidden", serverKey="hidden")]
        created.append(
            v1.post("/integrations", json={"type": "wechat", "appId": "a", "appSecret": "hidden"}).json()[
                "integration"
            ]["_id"]
        )
        by_v1 = v1.get("/integrations")
        by_v2 = api.client.get("/integrations")
        assert [each["_id"] for each in by_v1.json()["integrations"]] == created
        assert [each["id"] for each in by_v2.json()["integrations"]] == [api.sandbox.integration_id, *created]
        assert "hidden" not in by_v1.text + by_v2.text


def test_null_content_is_named(api: Api) -> None:
    refused = api.client.post(
        f"/conversations/{api.conversation()}/messages", json={"author": BUSINESS, "content": None}
    )
    assert "body content: None is not" in refused.json()["errors"][0]["title"]
