"""Messages and conversations of v1: types, authors, activity and pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from smooch.sandbox import Sandbox
from smooch.sandbox._clock import to_iso, to_seconds

from ..contract import checked_client

if TYPE_CHECKING:
    from collections.abc import Callable


OBJECT_ID = re.compile("[0-9a-f]{24}")
ACTIONS = [
    {"type": "postback", "text": "Take it", "payload": "MUG"},
    {"type": "link", "text": "Look", "uri": "https://shop.example/mug"},
]
ITEMS = [{"title": "Red mug", "description": "350 ml", "mediaUrl": "https://x.example/m.png", "actions": ACTIONS}]


@pytest.fixture(autouse=True)
def user(client: httpx.Client) -> None:
    client.post("/appusers", json={"userId": "u", "givenName": "Ana", "surname": "Roy"})


def post(client: httpx.Client, **message: Any) -> dict[str, Any]:
    response = client.post("/appusers/u/messages", json={"role": "appMaker", **message})
    assert response.status_code == 201, response.text
    posted: dict[str, Any] = response.json()["message"]
    return posted


def post_refused(client: httpx.Client, **message: Any) -> str:
    response = client.post("/appusers/u/messages", json={"role": "appMaker", **message})
    assert response.status_code == 400, response.text
    error: dict[str, str] = response.json()["error"]
    assert error["code"] == "bad_request"
    return error["description"]


class TestKinds:
    def test_text(self, client: httpx.Client) -> None:
        message = post(
            client, type="text", text="Hi", metadata={"a": 1}, name="Desk", avatarUrl="https://x.example/a.png"
        )
        assert OBJECT_ID.fullmatch(message["_id"])
        assert isinstance(message["received"], float)
        assert message["source"] == {"type": "api"}
        assert message["authorId"]
        assert message["actions"] == []
        assert (message["text"], message["metadata"], message["name"]) == ("Hi", {"a": 1}, "Desk")

    def test_a_missing_type_is_inferred_for_old_clients(self, client: httpx.Client) -> None:
        assert post(client, text="Hi")["type"] == "text"
        assert post(client, mediaUrl="https://x.example/a.png")["type"] == "image"
        assert post(client, items=ITEMS)["type"] == "carousel"
        assert post(client, coordinates={"lat": 1, "long": 2})["type"] == "location"

    def test_a_whatsapp_message_is_stored_as_a_text(self, client: httpx.Client) -> None:
        template = {"type": "hsm", "hsm": {"namespace": "shop", "element_name": "sent"}}
        message = post(client, messageSchema="whatsapp", message=template, metadata={"a": 1})
        assert (message["type"], message["metadata"]) == ("text", {"a": 1})
        assert "WhatsApp" in message["text"]
        assert not {"messageSchema", "message"} & message.keys()

    def test_actions_get_ids(self, client: httpx.Client) -> None:
        actions = post(client, type="text", text="Pick", actions=ACTIONS)["actions"]
        assert [action.pop("_id") for action in actions] != []
        assert actions == ACTIONS

    def test_a_buy_action_is_offered_with_a_checkout(self, client: httpx.Client) -> None:
        buy = {"type": "buy", "text": "Pay", "amount": 450, "currency": "EUR"}
        (action,) = post(client, type="text", text="Bill", actions=[buy])["actions"]
        assert (action["state"], action["currency"]) == ("offered", "eur")
        assert action["uri"].endswith(f"/checkout/{action['_id']}")

    def test_image_and_file_get_a_media_type(self, client: httpx.Client) -> None:
        assert post(client, type="image", mediaUrl="https://x.example/a.png")["mediaType"] == "image/png"
        assert post(client, type="file", mediaUrl="https://x.example/a.pdf?x=1")["mediaType"] == "application/pdf"
        assert post(client, type="file", mediaUrl="https://x.example/a")["mediaType"] == "application/octet-stream"
        message = post(client, type="file", mediaUrl="https://x.example/a", mediaType="text/x")
        assert message["mediaType"] == "text/x"

    def test_carousel_and_list_get_ids_and_a_text(self, client: httpx.Client) -> None:
        for kind in ("carousel", "list"):
            message = post(client, type=kind, items=ITEMS)
            assert message["text"] == "Red mug\n350 ml"
            (item,) = message["items"]
            assert OBJECT_ID.fullmatch(item["_id"])
            assert item["mediaType"] == "image/png"
            assert all(OBJECT_ID.fullmatch(action["_id"]) for action in item["actions"])

    def test_a_location_gets_a_text(self, client: httpx.Client) -> None:
        message = post(client, type="location", coordinates={"lat": 43.65, "long": -79.38}, location={"name": "Hall"})
        assert "43.65,-79.38" in message["text"]
        assert message["location"] == {"name": "Hall"}

    def test_a_form_is_not_submitted_and_its_fields_get_ids(self, client: httpx.Client) -> None:
        fields = [{"type": "email", "name": "mail", "label": "E-mail"}]
        message = post(client, type="form", fields=fields, blockChatInput=True)
        assert message["submitted"] is False
        assert OBJECT_ID.fullmatch(message["fields"][0]["_id"])

    def test_a_form_response_gets_a_text(self, client: httpx.Client) -> None:
        fields = [
            {"type": "email", "name": "mail", "label": "E-mail", "email": "a@x.org"},
            {"type": "select", "name": "size", "label": "Size", "select": [{"name": "m", "label": "Medium"}]},
        ]
        quoted = {"type": "message", "content": {"_id": "1", "type": "form", "role": "appMaker"}}
        message = post(client, role="appUser", type="formResponse", fields=fields, quotedMessage=quoted)
        assert message["textFallback"] == "E-mail: a@x.org\nSize: Medium"

    def test_card_numbers_are_masked_unless_the_app_turns_it_off(
        self, sandbox: Sandbox, client: httpx.Client, account: httpx.Client
    ) -> None:
        text = "4111 1111 1111 1111 or 4111111111111112 or +14165550123"
        assert post(client, text=text)["text"] == "XXXX XXXX XXXX 1111 or 4111111111111112 or +14165550123"
        account.put(f"/apps/{sandbox.app_id}", json={"settings": {"maskCreditCardNumbers": False}})
        assert post(client, text=text)["text"] == text


class TestAuthors:
    def test_a_user_speaks_under_its_name_and_id(self, client: httpx.Client) -> None:
        user = client.get("/appusers/u").json()["appUser"]
        message = post(client, role="appUser", text="Hi")
        assert (message["authorId"], message["name"]) == (user["_id"], "Ana Roy")

    def test_an_anonymous_user_is_named_after_an_animal(
        self, sandbox: Sandbox, client: httpx.Client, account: httpx.Client
    ) -> None:
        user = client.post("/init", json={"device": {"id": "d", "platform": "web"}}).json()["appUser"]["_id"]
        body = {"role": "appUser", "text": "Hi"}
        first = client.post(f"/appusers/{user}/messages", json=body).json()["message"]["name"]
        assert re.fullmatch("[A-Z][a-z]+ [A-Z][a-z]+", first)
        assert client.post(f"/appusers/{user}/messages", json=body).json()["message"]["name"] == first
        account.put(f"/apps/{sandbox.app_id}", json={"settings": {"useAnimalNames": False}})
        assert "name" not in client.post(f"/appusers/{user}/messages", json=body).json()["message"]

    def test_the_business_has_an_opaque_id_by_email_and_a_gravatar(self, client: httpx.Client) -> None:
        first, second = post(client, text="1", email="a@x.org"), post(client, text="2", email="a@x.org")
        other = post(client, text="3", email="b@x.org")
        assert first["authorId"] == second["authorId"] != other["authorId"]
        assert re.fullmatch("[0-9A-Za-z]{22}", first["authorId"])
        assert first["avatarUrl"].startswith("https://www.gravatar.com/avatar/")
        assert "name" not in first


@pytest.mark.parametrize(
    "message",
    [
        {"role": "robot", "type": "text", "text": "x"},
        {"type": "text"},
        {"type": "text", "text": 7},
        {"type": "sticker", "text": "x"},
        {"type": "image"},
        {"type": "image", "mediaUrl": "no url"},
        {"type": "carousel", "items": []},
        {"type": "carousel", "items": ITEMS * 11},
        {"type": "list", "items": [{"title": "x", "actions": ACTIONS * 2}]},
        {"type": "location", "coordinates": {"lat": 91, "long": 0}},
        {"type": "form", "fields": [{"type": "date", "name": "d", "label": "D"}]},
        {"type": "form", "fields": [{"type": "text", "name": "d", "label": "D"}] * 2},
        {"type": "text", "text": "x", "metadata": {"a": {"b": 1}}},
        {"type": "text", "text": "x", "actions": [{"type": "call", "text": "x"}]},
        {"type": "text", "text": "x", "actions": [{"type": "link", "text": "x"}]},
        {"type": "text", "text": "x", "actions": [{"type": "share"}]},
        {"type": "text", "text": "x", "actions": [{"type": "reply", "text": "x", "payload": "x"}, ACTIONS[0]]},
        {
            "type": "text",
            "text": "x",
            "actions": [{"type": "webview", "text": "x", "uri": "a:b", "fallback": "a:b", "openOnReceive": True}] * 2,
        },
        {"type": "list", "items": [{"title": "x", "actions": [{"type": "reply", "text": "x", "payload": "x"}]}]},
        {"messageSchema": "whatsapp"},
        {"messageSchema": "line", "message": {}},
        {"type": "text", "text": "x", "message": {"type": "hsm"}},
        {"role": "appUser", "type": "text", "text": "x", "actions": ACTIONS},
        {"role": "appUser", "type": "text", "text": "x", "destination": {"integrationType": "twilio"}},
    ],
)
def test_a_message_that_breaks_a_rule_gives_400(client: httpx.Client, message: dict[str, Any]) -> None:
    post_refused(client, **message)
    assert client.get("/appusers/u/messages").status_code == 404


def test_an_error_names_the_field(client: httpx.Client) -> None:
    assert post_refused(client, type="carousel", items=[{"title": 5, "actions": ACTIONS}]).startswith(
        "body items[0].title:"
    )


class TestConversation:
    def test_a_user_without_messages_has_none(self, client: httpx.Client) -> None:
        for method, path in [
            ("GET", "messages"),
            ("DELETE", "messages"),
            ("GET", "conversation"),
            ("POST", "conversation/read"),
        ]:
            assert client.request(method, f"/appusers/u/{path}").status_code == 404
        body = {"role": "appMaker", "type": "typing:start"}
        assert client.post("/appusers/u/conversation/activity", json=body).status_code == 404
        assert client.get("/appusers/u").json()["appUser"]["conversationStarted"] is False
        post(client, text="Hi")
        assert client.get("/appusers/u").json()["appUser"]["conversationStarted"] is True

    def test_unread_counts_messages_of_the_business_until_they_are_read(self, client: httpx.Client) -> None:
        post(client, role="appUser", text="1")
        post(client, text="2")
        answer = client.post("/appusers/u/messages", json={"role": "appMaker", "text": "3"}).json()
        assert answer["conversation"]["unreadCount"] == 2
        assert client.post("/appusers/u/conversation/read").json() == {}
        assert client.get("/appusers/u/messages").json()["conversation"]["unreadCount"] == 0

    def test_reading_by_activity(self, client: httpx.Client) -> None:
        post(client, text="1")
        body = {"role": "appUser", "type": "conversation:read"}
        answer = client.post("/appusers/u/conversation/activity", json=body).json()
        assert answer["conversation"]["unreadCount"] == 0

    @pytest.mark.parametrize(
        "body", [{"role": "appUser", "type": "typing:start"}, {"role": "appMaker", "type": "x"}, {}]
    )
    def test_activity_that_does_not_fit_gives_400(self, client: httpx.Client, body: dict[str, str]) -> None:
        post(client, text="1")
        assert client.post("/appusers/u/conversation/activity", json=body).status_code == 400

    def test_one_message_is_deleted(self, client: httpx.Client) -> None:
        kept, gone = post(client, text="1"), post(client, text="2")
        assert client.delete(f"/appusers/u/messages/{gone['_id']}").json() == {}
        assert client.get("/appusers/u/messages").json()["messages"] == [kept]
        assert client.delete(f"/appusers/u/messages/{gone['_id']}").status_code == 404

    def test_all_messages_are_deleted_and_the_conversation_stays(self, client: httpx.Client) -> None:
        post(client, text="1")
        before = client.get("/appusers/u/messages").json()["conversation"]["_id"]
        assert client.delete("/appusers/u/messages").json() == {}
        assert client.get("/appusers/u/messages").json() == {
            "conversation": {"_id": before, "unreadCount": 0},
            "messages": [],
        }


class TestPaging:
    COUNT = 250

    @pytest.fixture(autouse=True)
    def history(self, sandbox: Sandbox, user: None) -> None:
        auth = (sandbox.key_id, sandbox.secret)
        with httpx.Client(base_url=f"{sandbox.url}/v1", auth=auth, verify=False) as unchecked:
            for number in range(self.COUNT):
                unchecked.post("/appusers/u/messages", json={"role": "appUser", "text": str(number)})

    @staticmethod
    def texts(answer: dict[str, Any]) -> list[int]:
        return [int(message["text"]) for message in answer["messages"]]

    def walk(self, client: httpx.Client, url: str) -> list[list[int]]:
        pages = []
        while url:
            answer = client.get(url).json()
            pages.append(self.texts(answer))
            url = answer.get("next", "")
        return pages

    def test_pages_hold_a_hundred_messages_and_next_leads_to_the_oldest(self, client: httpx.Client) -> None:
        newest, middle, oldest = self.walk(client, "/appusers/u/messages")
        assert newest == list(range(150, 250))
        assert middle == list(range(50, 150))
        assert oldest == list(range(50))

    def test_after_pages_forward(self, client: httpx.Client) -> None:
        newest = client.get("/appusers/u/messages").json()
        first = self.walk(client, newest["next"])[-1]
        assert first == list(range(50))
        assert [len(page) for page in self.walk(client, "/appusers/u/messages?after=0")] == [100, 100, 50]

    def test_before_and_after_are_exclusive(self, client: httpx.Client) -> None:
        messages = client.get("/appusers/u/messages").json()["messages"]
        at = messages[10]["received"]
        assert self.texts(client.get("/appusers/u/messages", params={"before": at}).json())[-1] == 159
        assert self.texts(client.get("/appusers/u/messages", params={"after": at}).json())[0] == 161

    def test_next_is_absolute_and_of_the_same_path(
        self, sandbox: Sandbox, connect: Callable[..., httpx.Client]
    ) -> None:
        for prefix in ("/v1", f"/v1.1/apps/{sandbox.app_id}"):
            following = connect(prefix).get("/appusers/u/messages").json()["next"]
            assert following.startswith(f"{sandbox.url}{prefix}/appusers/u/messages?before=")

    def test_the_last_page_has_no_next(self, client: httpx.Client) -> None:
        messages = client.get("/appusers/u/messages").json()["messages"]
        assert "next" not in client.get("/appusers/u/messages", params={"after": messages[0]["received"]}).json()
        exactly = client.get("/appusers/u/messages", params={"before": messages[-1]["received"] + 1}).json()
        assert len(exactly["messages"]) == 100
        assert "next" in exactly

    def test_no_two_messages_are_received_at_the_same_time(self, client: httpx.Client) -> None:
        received = [m["received"] for m in client.get("/appusers/u/conversation").json()["conversation"]["messages"]]
        assert received == sorted(set(received))
        assert len(received) == self.COUNT


@pytest.mark.parametrize("query", ["before=1&after=1", "before=x", "after=nan", "before=-1", "after="])
def test_an_invalid_page_gives_400(client: httpx.Client, query: str) -> None:
    post(client, text="Hi")
    assert client.get(f"/appusers/u/messages?{query}").status_code == 400


class TestBefore2017:
    def test_the_alias_returns_the_conversation_and_its_history(self, sandbox: Sandbox, client: httpx.Client) -> None:
        client.post("/appusers/u/conversation/messages", json={"role": "appUser", "text": "Is Smooch any good?"})
        response = client.post("/appusers/u/conversation/messages", json={"role": "appMaker", "text": "Yes!!!"})
        assert response.status_code == 201
        answer = response.json()
        user = client.get("/appusers/u").json()["appUser"]
        conversation = answer["conversation"]
        assert [message["text"] for message in conversation["messages"]] == ["Is Smooch any good?", "Yes!!!"]
        assert conversation["messages"][1] == answer["message"]
        assert conversation["appUsers"] == [user["_id"]]
        assert conversation["appMakers"] == [answer["message"]["authorId"]]
        assert conversation["appId"] == sandbox.app_id
        assert {"redirectFrom", "appMakerEmails", "__v", "createdAt", "_id"} <= set(conversation)

    def test_both_aliases_write_to_the_same_conversation(self, client: httpx.Client) -> None:
        client.post("/appusers/u/conversation/messages", json={"role": "appUser", "text": "old"})
        post(client, text="new")
        whole = client.get("/appusers/u/conversation").json()["conversation"]["messages"]
        assert whole == client.get("/appusers/u/messages").json()["messages"]


def test_a_full_conversation_gives_423_until_it_is_emptied() -> None:
    with (
        Sandbox(max_messages=3) as sandbox,
        checked_client(f"{sandbox.url}/v1", sandbox.key_id, sandbox.secret) as client,
    ):
        client.post("/appusers", json={"userId": "u"})
        for _ in range(3):
            post(client, text="x")
        response = client.post("/appusers/u/messages", json={"role": "appMaker", "text": "x"})
        assert (response.status_code, response.json()["error"]["code"]) == (423, "locked")
        client.delete("/appusers/u/messages")
        post(client, text="x")


def test_times_are_written_as_seconds_or_iso_8601() -> None:
    assert to_seconds(1450970238297) == 1450970238.297
    assert to_iso(1450970238297) == "2015-12-24T15:17:18.297Z"
    assert to_iso(1450970238007) == "2015-12-24T15:17:18.007Z"
