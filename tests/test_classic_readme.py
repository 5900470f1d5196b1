"""Programs written for the classic wrapper run unchanged, except for Python 3's print."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from smooch import _checks, _webhook_reconciler
from smooch.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

SESSION = """\
from smooch import Smooch
api = Smooch("KEY_ID", "SECRET")
user_id = "b6518"

r = api.init_user(user_id, "device-webapp-{0}".format(user_id))
print(r.json())

r = api.update_user(user_id, {"credentialRequired": True, "properties": {"number": "213123"}})
print(r.json())

r = api.post_message(user_id, "Is Smooch any good?", False)
print(r.json())

r = api.post_message(user_id, "Yes!!!", True)
print(r.json())

webhook_id, webhook_secret = api.ensure_webhook_exist("message:appMaker", "http://example.com/callbacksasd")
print(webhook_id)
print(webhook_secret)
"""

STATIC_TOKEN = """\
from smooch import Smooch
jwt_token = Smooch.jwt_for_user("KEY_ID", "SECRET", "userId")
"""

TOKEN = """\
from smooch import Smooch
api = Smooch("KEY_ID", "SECRET")
jwt_token = api.user_jwt("userId")
"""

USER = {"credentialRequired", "userId", "conversationStarted", "signedUpAt", "_id", "properties"}
MESSAGE = {"received", "text", "actions", "authorId", "role", "_id"}


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A sandbox that stands in for the API at the API's own URL."""
    monkeypatch.setattr(_webhook_reconciler, "SETTLING_SECONDS", 0.01)
    with Sandbox() as sandbox:
        monkeypatch.setitem(_checks.REGIONS, "us", sandbox.url)
        yield sandbox


@pytest.fixture
def run(sandbox: Sandbox) -> Any:
    """Run a program with a real key; returns its output and its names."""
    used: list[Any] = []

    def run(program: str) -> tuple[list[Any], dict[str, Any]]:
        printed: list[Any] = []
        names: dict[str, Any] = {"print": printed.append}
        program = program.replace("KEY_ID", sandbox.key_id).replace("SECRET", sandbox.secret)
        exec(program, names)
        used.append(names.get("api"))
        return printed, names

    yield run
    for api in filter(None, used):
        api.close()


def test_the_session_prints_the_documented_output(run: Callable[[str], Any]) -> None:
    (initialised, updated, asked, answered, webhook_id, webhook_secret), names = run(SESSION)
    assert initialised["app"].keys() >= {"apnEnabled", "hasIcon"}
    user = initialised["appUser"]
    assert user.keys() >= USER
    assert (user["userId"], user["conversationStarted"], user["properties"]) == ("b6518", False, {})
    assert re.fullmatch(r"[0-9a-f]{24}", user["_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", user["signedUpAt"])

    assert updated["appUser"].keys() >= USER
    assert updated["appUser"]["_id"] == user["_id"]
    assert updated["appUser"]["properties"] == {"number": "213123"}

    for posted, role, text in ((asked, "appUser", "Is Smooch any good?"), (answered, "appMaker", "Yes!!!")):
        assert posted["message"].keys() >= MESSAGE
        assert (posted["message"]["role"], posted["message"]["text"]) == (role, text)
        assert posted["message"]["actions"] == []
        assert isinstance(posted["message"]["received"], float)
        assert re.fullmatch(r"[0-9a-f]{24}", posted["conversation"]["_id"])
    assert asked["message"]["authorId"] == user["_id"]
    assert asked["message"]["name"]
    assert re.fullmatch(r"[0-9A-Za-z]{22}", answered["message"]["authorId"])

    assert re.fullmatch(r"[0-9a-f]{24}", webhook_id)
    assert re.fullmatch(r"[0-9a-f]{40}", webhook_secret)
    assert names["r"].status_code == 201


@pytest.mark.parametrize("program", [STATIC_TOKEN, TOKEN])
def test_tokens_for_users_work_as_documented(run: Callable[[str], Any], sandbox: Sandbox, program: str) -> None:
    token = run(program)[1]["jwt_token"]
    assert isinstance(token, str)
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    assert header == {"alg": "HS256", "typ": "JWT", "kid": sandbox.key_id}
    assert claims == {"scope": "appUser", "userId": "userId"}


def test_the_classic_methods_take_their_arguments_in_the_classic_order(
    run: Callable[[str], Any], tmp_path: Any, sandbox: Sandbox
) -> None:
    (tmp_path / "cat.png").write_bytes(b"png")
    printed, _ = run(f"""\
from smooch import Smooch
api = Smooch("KEY_ID", "SECRET")
try:
    api.get_user("b6518")
except Smooch.APIError as error:
    print(error.status_code)
api.precreate_user("b6518")
api.post_media("b6518", {str(tmp_path / "cat.png")!r}, True)
api.link_user_to_channel("b6518", "twilio", {{"phoneNumber": "+15145550101"}}, True)
webhook = api.make_webhook("http://example.com/one", ["postback"]).json()["webhook"]
api.update_webhook(webhook["_id"], "http://example.com/two", ["message"])
for hook in api.get_webhooks().json()["webhooks"]:
    print(hook["target"])
print(api.ask("appusers/b6518/channels", {{}}, "get").json())
api.delete_webhook(webhook["_id"])
api.delete_all_webhooks()
""")
    assert printed[:2] == [404, "http://example.com/two"]
    assert [channel["type"] for channel in printed[2]["channels"]] == ["twilio"]
