"""Shorthand in texts becomes buttons, pictures and templates, in every version of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from smooch import errors
from smooch.sandbox import Sandbox, _shorthand
from smooch.v1 import Smooch
from smooch.v2 import Smooch as SmoochV2

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = {
    "role": "appMaker",
    "type": "text",
    "text": "Welcome!",
    "actions": [{"type": "reply", "text": "Hi", "payload": "H"}],
}
TEMPLATES = {"greeting": TEMPLATE}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", {"text": "plain"}),
        (
            "Look: %[Shop](https://example.com/a?b=1)",
            {"text": "Look:", "actions": [{"type": "link", "text": "Shop", "uri": "https://example.com/a?b=1"}]},
        ),
        (
            "Sure? %[Yes](reply:YES) %[No](reply:NO)",
            {
                "text": "Sure?",
                "actions": [
                    {"type": "reply", "text": "Yes", "payload": "YES"},
                    {"type": "reply", "text": "No", "payload": "NO"},
                ],
            },
        ),
        ("%[Go](postback:GO 1) on", {"text": "on", "actions": [{"type": "postback", "text": "Go", "payload": "GO 1"}]}),
        ("Where? %[Here](location)", {"text": "Where?", "actions": [{"type": "locationRequest", "text": "Here"}]}),
        ("$[Pay](12.50) now", {"text": "now", "actions": [{"type": "buy", "text": "Pay", "amount": 1250}]}),
        ("![](http://example.com/a.jpg)", {"type": "image", "mediaUrl": "http://example.com/a.jpg"}),
        (
            "A mug ![](https://example.com/a.jpg) %[Buy](postback:B)",
            {
                "type": "image",
                "mediaUrl": "https://example.com/a.jpg",
                "text": "A mug",
                "actions": [{"type": "postback", "text": "Buy", "payload": "B"}],
            },
        ),
        (
            "&((namespace=[[ns]] template=[[t]] fallback=[[Your order]] language=[[en]] body_text=[[x]]))&",
            {"text": "Your order"},
        ),
        ("100% [sure](https://example.com)", {"text": "100% [sure](https://example.com)"}),
        ("%[No end](https://example.com", {"text": "%[No end](https://example.com"}),
        ("%[Bad](javascript:alert(1))", {"text": "%[Bad](javascript:alert(1))"}),
        ("%((template:unknown))%", {"text": "%((template:unknown))%"}),
        ("&((no fields))&", {"text": "&((no fields))&"}),
    ],
)
def test_one_message(text: str, expected: dict[str, Any]) -> None:
    assert _shorthand.expand({"type": "text", "text": text}, TEMPLATES) == [{"type": "text", **expected}]


@pytest.mark.parametrize("form", ["%((template:greeting))%", "%{{template:greeting}}%", "%((template: greeting))%"])
def test_a_template_and_the_text_around_it(form: str) -> None:
    post = {"type": "text", "text": f"Before {form} after %[Yes](reply:Y)", "role": "appMaker", "name": "Ana"}
    before, template, after = _shorthand.expand(post, TEMPLATES)
    assert before == {"type": "text", "text": "Before", "role": "appMaker", "name": "Ana"}
    assert template == {**TEMPLATE, "name": "Ana"}
    assert after["text"] == "after"
    assert after["actions"][0]["payload"] == "Y"
    assert _shorthand.expand({"type": "text", "text": form}, TEMPLATES) == [TEMPLATE]


@pytest.fixture(params=["v1", "v1.1"])
def classic(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Smooch]:
    with Smooch(
        sandbox.key_id, sandbox.secret, app_id=sandbox.app_id, base_url=sandbox.url, api_version=request.param
    ) as api:
        yield api


@pytest.fixture
def v2(sandbox: Sandbox) -> Iterator[SmoochV2]:
    with SmoochV2(sandbox.key_id, sandbox.secret, sandbox.app_id, base_url=sandbox.url) as api:
        yield api


def make_template(api: Smooch) -> None:
    api.ask("templates", {"name": "greeting", "message": TEMPLATE}, "post")


def test_the_classic_api_returns_extra_messages(classic: Smooch, sandbox: Sandbox) -> None:
    make_template(classic)
    sandbox.say("ana", "Hello? %((template:greeting))%")
    body = classic.post_message("ana", "One moment. %((template:greeting))% Back soon.", True).json()
    assert body["message"]["text"] == "One moment."
    assert [message["text"] for message in body["extraMessages"]] == ["Welcome!", "Back soon."]
    assert body["extraMessages"][0]["actions"][0]["text"] == "Hi"
    texts = [message["text"] for message in classic.get_messages("ana").json()["messages"]]
    assert texts == ["Hello? %((template:greeting))%", "One moment.", "Welcome!", "Back soon."]
    assert "extraMessages" not in classic.post_message("ana", "plain", True).json()


def test_the_classic_api_makes_carousels_of_texts(classic: Smooch, sandbox: Sandbox) -> None:
    sandbox.say("ana", "Hi")
    card = classic.post_message("ana", "A mug ![](https://example.com/a.jpg) %[Buy](postback:B)", True).json()[
        "message"
    ]
    assert (card["type"], card["mediaUrl"], card["text"]) == ("image", "https://example.com/a.jpg", "A mug")
    assert card["actions"][0]["payload"] == "B"
    sandbox.click("ana", "Buy")


def test_nothing_is_sent_if_one_part_is_refused(classic: Smooch, sandbox: Sandbox) -> None:
    make_template(classic)
    sandbox.say("ana", "Hi")
    with pytest.raises(errors.BadRequest):
        classic.post_message("ana", "%((template:greeting))% %[A](reply:A) %[B](https://example.com)", True)
    assert len(classic.get_messages("ana").json()["messages"]) == 1


@pytest.mark.parametrize("field", ["text", "htmlText", "markdownText"])
def test_v2_returns_several_messages(v2: SmoochV2, sandbox: Sandbox, field: str) -> None:
    with Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as classic:
        make_template(classic)
    sandbox.say("ana", "Hi")
    conversation = v2.conversations.list(user_external_id="ana").first()
    assert conversation is not None
    response = httpx.post(
        f"{sandbox.url}/v2/apps/{sandbox.app_id}/conversations/{conversation.id}/messages",
        json={
            "author": {"type": "business"},
            "content": {"type": "text", field: "One moment. %((template:greeting))% %[Shop](https://example.com)"},
        },
        auth=(sandbox.key_id, sandbox.secret),
    )
    assert response.status_code == 201
    first, template, last = response.json()["messages"]
    assert first["content"]["text"] == "One moment."
    assert template["content"]["actions"][0]["type"] == "reply"
    assert last["content"]["actions"][0]["uri"] == "https://example.com"
    assert [message.id for message in v2.messages.list(conversation.id, limit=3)][::-1] == [
        message["id"] for message in (first, template, last)
    ]


def test_a_missing_user_has_its_own_error_code(classic: Smooch) -> None:
    with pytest.raises(errors.NotFound) as caught:
        classic.get_user("nobody")
    assert caught.value.code == "user_not_found"
