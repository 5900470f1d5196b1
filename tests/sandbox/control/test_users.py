"""End users by the control API: users, messages, clicks, forms, activities and transcripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx
    from support.scripted_server import ScriptedServer

    from smooch.sandbox import Sandbox

FORM = {
    "role": "appMaker",
    "type": "form",
    "fields": [
        {"type": "text", "name": "name", "label": "Name", "maxSize": 20},
        {"type": "email", "name": "mail", "label": "E-mail"},
        {"type": "select", "name": "size", "label": "Size", "options": [{"name": "s", "label": "Small"}]},
    ],
}


def say(control: httpx.Client, content: Any = "Hi", user: str = "ana", **fields: Any) -> dict[str, Any]:
    response = control.post(f"/users/{user}/say", json={"content": content, **fields})
    assert response.status_code == 201, response.text
    return response.json()


class TestUsers:
    def test_are_listed_with_clients(self, control: httpx.Client, v2: httpx.Client) -> None:
        user = v2.post("/users", json={"externalId": "bob", "profile": {"givenName": "Bob"}}).json()["user"]
        say(control)
        bob, ana = control.get("/users").json()["users"]
        assert bob == {**user, "name": "Bob", "clients": []}
        assert (ana["externalId"], [each["type"] for each in ana["clients"]]) == ("ana", ["web"])
        assert control.get("/users/bob").json() == {"user": bob}
        assert control.get("/users/eve").json()["error"] == {"code": "not_found", "description": "User not found"}

    @pytest.mark.parametrize("channel", ["web", "ios", "whatsapp", "fax"])
    def test_can_be_added_on_any_channel(self, control: httpx.Client, v2: httpx.Client, channel: str) -> None:
        body = {"externalId": "ana", "givenName": "Ana", "surname": "Ruiz", "email": "a@x.org", "channel": channel}
        added = control.post("/users", json=body).json()["user"]
        assert [each["type"] for each in added["clients"]] == [channel]
        assert added["profile"] == {"givenName": "Ana", "surname": "Ruiz", "email": "a@x.org"}
        assert v2.get("/users/ana").json()["user"]["id"] == added["id"]
        assert say(control)["message"]["source"]["type"] == channel
        assert control.post("/users", json=body).status_code == 409

    def test_a_channel_belongs_to_an_integration_if_there_is_one(
        self, control: httpx.Client, client: httpx.Client
    ) -> None:
        created = client.post("/integrations", json={"type": "telegram", "token": "t"}).json()["integration"]["_id"]
        (added,) = control.post("/users", json={"channel": "telegram"}).json()["user"]["clients"]
        assert added["integrationId"] == created

    def test_can_be_anonymous(self, control: httpx.Client) -> None:
        added = control.post("/users", json={}).json()["user"]
        assert "externalId" not in added
        assert say(control, user=added["id"])["message"]["author"]["userId"] == added["id"]


class TestSay:
    def test_a_text(self, control: httpx.Client, v2: httpx.Client) -> None:
        posted = say(control)
        (message,) = v2.get(f"/conversations/{posted['conversationId']}/messages").json()["messages"]
        assert posted["message"] == message
        assert message["content"] == {"type": "text", "text": "Hi"}

    def test_a_message_of_v1(self, control: httpx.Client) -> None:
        message = say(control, {"type": "image", "mediaUrl": "https://x.example/a.png"})["message"]
        assert message["content"]["mediaType"] == "image/png"

    def test_a_message_of_v2(self, control: httpx.Client, client: httpx.Client) -> None:
        content = {"type": "image", "mediaUrl": "https://x.example/a.png", "altText": "A cup"}
        message = say(control, {"content": content, "metadata": {"a": 1}, "author": {"displayName": "A"}})["message"]
        assert message["content"].items() >= content.items()
        assert (message["metadata"], message["author"]["displayName"]) == ({"a": 1}, "A")
        assert message["source"]["type"] == "web"
        assert client.get("/appusers/ana/messages").json()["messages"][0]["mediaUrl"] == content["mediaUrl"]
        reply = say(control, {"content": {"type": "text", "text": "Yes", "payload": "YES"}})["message"]
        assert reply["content"] == {"type": "text", "text": "Yes", "payload": "YES"}

    def test_a_file_that_was_uploaded(self, control: httpx.Client) -> None:
        headers = {"content-type": "image/png"}
        file = control.post("/files", params={"name": "a b.png"}, content=b"PNG", headers=headers).json()
        assert (file["mediaType"], file["mediaSize"]) == ("image/png", 3)
        message = say(control, {"content": {"type": "image", "mediaUrl": file["mediaUrl"]}})["message"]
        assert (message["content"]["altText"], message["content"]["mediaSize"]) == ("a b.png", 3)
        assert control.get(file["mediaUrl"]).content == b"PNG"

    def test_in_another_conversation_and_from_another_channel(self, control: httpx.Client, v2: httpx.Client) -> None:
        user = control.post("/users", json={"externalId": "ana", "channel": "whatsapp"}).json()["user"]["id"]
        say(control)
        body = {"type": "personal", "participants": [{"userId": user}]}
        other = v2.post("/conversations", json=body).json()["conversation"]["id"]
        posted = say(control, conversationId=other, channel="whatsapp")
        assert (posted["conversationId"], posted["message"]["source"]["type"]) == (other, "whatsapp")

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({}, 400),
            ({"content": 7}, 400),
            ({"content": "Hi", "chanel": "web"}, 400),
            ({"content": {"type": "image"}}, 400),
            ({"content": {"content": {"type": "image"}}}, 400),
            ({"content": "Hi", "conversationId": "nope"}, 404),
            ({"content": "Hi", "channel": "fax"}, 404),
        ],
    )
    def test_invalid_messages_are_refused(self, control: httpx.Client, body: dict[str, Any], status: int) -> None:
        assert control.post("/users/ana/say", json=body).status_code == status
        assert control.get("/users").json()["users"] == []


class TestClick:
    def test_by_text_payload_or_id(self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client) -> None:
        posted = say(control)
        action = {"type": "postback", "text": "Take it", "payload": "TAKE"}
        item = {"title": "Mug", "actions": [action]}
        body = {"role": "appMaker", "type": "carousel", "items": [item, item]}
        client.post("/appusers/ana/messages", json=body)
        path = f"/conversations/{posted['conversationId']}/messages"
        carousel = control.get(path).json()["messages"][1]
        first, second = (each["actions"][0]["id"] for each in carousel["content"]["items"])
        assert first != second
        for name in ("Take it", "TAKE", second):
            assert control.post("/users/ana/click", json={"action": name}).json() == {}
        clicks = control.get(path).json()["clicks"]
        assert [each["action"]["id"] for each in clicks] == [first, first, second]
        assert {(each["conversationId"], each["messageId"]) for each in clicks} == {
            (posted["conversationId"], carousel["id"])
        }
        missing = control.post("/users/ana/click", json={"action": "Leave it"})
        assert missing.status_code == 404
        assert "there are: 'Take it', 'Take it'" in missing.json()["error"]["description"]

    def test_invalid_clicks_are_refused(self, control: httpx.Client, client: httpx.Client) -> None:
        say(control)
        link = {"type": "link", "text": "Site", "uri": "https://x.example"}
        client.post("/appusers/ana/messages", json={"role": "appMaker", "type": "text", "text": "x", "actions": [link]})
        assert control.post("/users/ana/click", json={"action": "Site"}).status_code == 400


class TestForms:
    VALUES = {"name": "Ana", "mail": "ana@x.org", "size": "Small"}  # noqa: RUF012

    def test_are_filled_in_and_then_submitted(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client, v2: httpx.Client
    ) -> None:
        conversation = say(control)["conversationId"]
        form = client.post("/appusers/ana/messages", json=FORM).json()["message"]
        submitted = control.post("/users/ana/submit", json={"values": self.VALUES})
        assert submitted.status_code == 201, submitted.text
        message = submitted.json()["message"]
        assert message["content"]["textFallback"] == "Name: Ana\nE-mail: ana@x.org\nSize: Small"
        assert message["content"]["fields"][2]["select"] == [{"name": "s", "label": "Small"}]
        assert message["quotedMessage"]["message"]["id"] == form["_id"]
        _, visible, _ = v2.get(f"/conversations/{conversation}/messages").json()["messages"]
        assert visible["content"]["submitted"] is True
        again = control.post("/users/ana/submit", json={"values": self.VALUES})
        assert (again.status_code, again.json()["error"]["code"]) == (404, "not_found")

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"name": None}, "needs a value for its field 'name'"),
            ({"nme": "Ana"}, "no field 'nme'"),
            ({"name": ""}, "1 to 20 characters"),
            ({"name": "x" * 21}, "1 to 20 characters"),
            ({"mail": "ana"}, "an email address"),
            ({"size": "Large"}, "no option 'Large'; there are: 's'"),
            ({"size": ["s", "l"]}, "no option 'l'"),
            ({"mail": ["a@x.org"]}, "must be a string"),
        ],
    )
    def test_a_wrong_value_is_named(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client, change: dict[str, Any], word: str
    ) -> None:
        say(control)
        client.post("/appusers/ana/messages", json=FORM)
        values = {name: value for name, value in (self.VALUES | change).items() if value is not None}
        refused = control.post("/users/ana/submit", json={"values": values})
        assert refused.status_code == 400
        assert word in refused.json()["error"]["description"]
        with pytest.raises(ValueError, match=word.partition("'")[0].strip()):
            sandbox.submit_form("ana", values)
        assert sandbox.submit_form("ana", self.VALUES)

    def test_the_newest_open_one_is_used(self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client) -> None:
        say(control)
        first, second = (client.post("/appusers/ana/messages", json=FORM).json()["message"]["_id"] for _ in range(2))
        for form in (second, first):
            sandbox.submit_form("ana", self.VALUES)
            messages = client.get("/appusers/ana/messages").json()["messages"]
            assert messages[-1]["quotedMessage"]["content"]["_id"] == form

    def test_a_user_without_one_gets_an_error(self, sandbox: Sandbox) -> None:
        with pytest.raises(LookupError, match="no user 'ana'"):
            sandbox.submit_form("ana", {})
        sandbox.say("ana", "Hi")
        with pytest.raises(LookupError, match="no form"):
            sandbox.submit_form("ana", {})

    def test_a_response_by_v1_submits_the_form_too(self, sandbox: Sandbox, client: httpx.Client) -> None:
        sandbox.say("ana", "Hi")
        form = client.post("/appusers/ana/messages", json=FORM).json()["message"]
        fields = [{"type": "text", "name": "name", "label": "Name", "text": "Ana"}]
        quoted = {"type": "message", "content": {"_id": form["_id"], "type": "form", "role": "appMaker"}}
        body = {"role": "appUser", "type": "formResponse", "fields": fields, "quotedMessage": quoted}
        assert client.post("/appusers/ana/messages", json=body).status_code == 201
        assert client.get("/appusers/ana/messages").json()["messages"][1]["submitted"] is True


def test_typing_reading_and_opening(sandbox: Sandbox, control: httpx.Client, receiver: ScriptedServer) -> None:
    assert control.post("/users/ana/open", json={"referral": "spring"}).json() == {}
    assert control.post("/users/ana/type", json={}).json() == {}
    assert control.post("/users/ana/type", json={"isTyping": False}).json() == {}
    assert control.post("/users/ana/read", json={}).json() == {}
    sandbox.wait_for_deliveries()
    triggers = {request.json()["trigger"]: request.json() for request in receiver.requests if request.method == "POST"}
    assert triggers["conversation:start"]["referral"] == {"code": "spring"}
    assert "conversation:read" in triggers
    assert control.post("/users/eve/read", json={}).status_code == 404
    assert control.post("/users/eve/type", json={"conversationId": "nope"}).status_code == 404


def test_unread_messages_are_counted_until_they_are_read(control: httpx.Client, client: httpx.Client) -> None:
    conversation = say(control)["conversationId"]
    client.post("/appusers/ana/messages", json={"role": "appMaker", "type": "text", "text": "Hello"})

    def unread() -> int:
        (visible,) = control.get("/conversations").json()["conversations"]
        assert (visible["id"], visible["messageCount"], visible["lastMessage"]["content"]["text"]) == (
            conversation,
            2,
            "Hello",
        )
        (participant,) = visible["participants"]
        return participant["unreadCount"]

    assert unread() == 1
    control.post("/users/ana/read", json={"conversationId": conversation})
    assert unread() == 0


def test_messages_are_read_by_page(control: httpx.Client) -> None:
    for number in range(7):
        conversation = say(control, str(number))["conversationId"]
    path = f"/conversations/{conversation}/messages"

    def page(**query: Any) -> tuple[list[str], bool]:
        body = control.get(path, params=query).json()
        return [each["content"]["text"] for each in body["messages"]], body["hasMore"]

    newest = control.get(path, params={"limit": 3}).json()["messages"]
    assert page(limit=3) == (["4", "5", "6"], True)
    assert page(limit=3, before=newest[0]["id"]) == (["1", "2", "3"], True)
    assert page(before=newest[0]["id"]) == (["0", "1", "2", "3"], False)
    assert page() == ([str(number) for number in range(7)], False)
    assert control.get(path, params={"before": "nope"}).status_code == 404
    assert control.get(path, params={"limit": 0}).status_code == 400
    assert control.get("/conversations/nope/messages").status_code == 404


class TestTranscript:
    def test_has_messages_and_clicks_without_ids(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client
    ) -> None:
        file = control.post("/files", params={"name": "a.png"}, content=b"PNG").json()["mediaUrl"]
        say(control, {"type": "image", "mediaUrl": file})
        action = {"type": "postback", "text": "Go", "payload": "GO"}
        body = {"role": "appMaker", "type": "text", "text": "Shall I?", "actions": [action]}
        client.post("/appusers/ana/messages", json=body)
        control.post("/users/ana/click", json={"action": "Go"})
        text = control.get("/users/ana/transcript").text
        lines = [json.loads(line) for line in text.splitlines()]
        assert [(line["from"], *(set(line) - {"at", "from"})) for line in lines] == [
            ("user", "message"),
            ("business", "message"),
            ("user", "click"),
        ]
        assert lines[0]["message"] == {"type": "image", "mediaUrl": "sandbox:a.png", "mediaType": "image/png"}
        assert lines[1]["message"]["actions"][0].items() >= action.items()
        assert lines[2]["click"] == action
        assert lines[0]["at"] == 0 <= lines[1]["at"] <= lines[2]["at"]
        assert sandbox.transcript("ana") == text

    def test_needs_a_conversation(self, control: httpx.Client) -> None:
        assert control.get("/users/ana/transcript").status_code == 404
        conversation = say(control)["conversationId"]
        other = control.get("/users/ana/transcript", params={"conversationId": "x"})
        assert other.status_code == 404
        assert control.get("/users/ana/transcript", params={"conversationId": conversation}).text
