"""`Sandbox(state=FILE)` keeps its records over a restart."""

from __future__ import annotations

import re
import resource
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.scripted_server import wait_until

from smooch.sandbox import Sandbox

from .targets import posts, target

if TYPE_CHECKING:
    from pathlib import Path

ACTION = {"type": "postback", "text": "Go", "payload": "GO"}
FORM = {"role": "appMaker", "type": "form", "fields": [{"type": "text", "name": "name", "label": "Name"}]}
MENU = {"items": [{"type": "submenu", "text": "More", "items": [ACTION]}]}
TEMPLATE = {"name": "hours", "message": {"role": "appMaker", "type": "text", "text": "Nine to six."}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.db"


def everything(sandbox: Sandbox) -> dict[str, Any]:
    """Everything that calls can read, by path."""
    app = f"/v2/apps/{sandbox.app_id}"
    key, account = (sandbox.key_id, sandbox.secret), (sandbox.account_key_id, sandbox.account_secret)
    read: dict[str, Any] = {}

    def get(path: str, auth: tuple[str, str] = key) -> Any:
        read[path] = httpx.get(sandbox.url + path, auth=auth).json()
        return read[path]

    for each in get("/_sandbox/conversations")["conversations"]:
        get(f"/_sandbox/conversations/{each['id']}/messages")
        get(f"{app}/conversations/{each['id']}/participants")
    for user in get("/_sandbox/users")["users"]:
        get(f"{app}/users/{user['id']}/clients")
        get(f"/v1.1/appusers/{user['id']}")
        if "externalId" in user:
            brand = f"?brandId={user['brandId']}" if "brandId" in user else ""
            assert get(f"{app}/users/{user['externalId']}{brand}")["user"]["id"] == user["id"]
    for integration in get(f"{app}/integrations")["integrations"]:
        get(f"/v1.1/apps/{sandbox.app_id}/integrations/{integration['id']}/menu")
        get(f"{app}/integrations/{integration['id']}/webhooks")
    for board in get(f"{app}/switchboards")["switchboards"]:
        get(f"{app}/switchboards/{board['id']}/switchboardIntegrations")
    for name in ("webhooks", "menu", "templates"):
        get(f"/v1.1/{name}")
    for name in ("apps", "serviceaccounts", "whatsapp/deployments", f"apps/{sandbox.app_id}/keys"):
        get(f"/v1.1/{name}", account)
    for body in read.values():
        body.pop("lastEventId", None)
    return read


def live(sandbox: Sandbox, target_url: str) -> str:
    """Create one record of every kind; returns the URL of a file."""
    key, account = (sandbox.key_id, sandbox.secret), (sandbox.account_key_id, sandbox.account_secret)
    v2 = f"/v2/apps/{sandbox.app_id}"

    def send(path: str, body: Any, auth: tuple[str, str] = key, method: str = "POST") -> Any:
        response = httpx.request(method, sandbox.url + path, json=body, auth=auth)
        assert response.is_success, response.text
        return response.json()

    ana = sandbox.add_user("ana", given_name="Ana", channel="whatsapp")
    sandbox.authenticate_user("ana", email="ana@x.org", zendesk_id="7")
    file = httpx.post(f"{sandbox.url}/_sandbox/files", params={"name": "a.png"}, content=b"\x00PNG").json()["mediaUrl"]
    sandbox.say("ana", {"type": "image", "mediaUrl": file})
    sandbox.say("bob", "Hi \ud83d \u0000")
    send("/v1/appusers/ana/messages", {"role": "appMaker", "type": "text", "text": "?", "actions": [ACTION]})
    sandbox.click("ana", "Go")
    send("/v1/appusers/ana/messages", FORM)
    sandbox.submit_form("ana", {"name": "Ana"})
    bob = send(f"{v2}/users", {"externalId": "brand", "brandId": "9", "metadata": {"a": 1}})["user"]["id"]
    group = {"type": "sdkGroup", "participants": [{"userId": each, "subscribeSDKClient": False} for each in (ana, bob)]}
    conversation = send(f"{v2}/conversations", group)["conversation"]["id"]
    telegram = send("/v1/integrations", {"type": "telegram", "token": "t"})["integration"]["_id"]
    send(f"/v1.1/integrations/{telegram}/menu", MENU)
    send("/v1.1/menu", MENU, method="PUT")
    send("/v1.1/templates", TEMPLATE)
    send("/v1.1/webhooks", {"target": target_url})
    integration = f"{v2}/integrations/{sandbox.integration_id}"
    send(f"{integration}/webhooks", {"target": target_url, "triggers": ["conversation:message"]})
    board = send(f"{v2}/switchboards", {})["switchboard"]["id"]
    bot = {"name": "bot", "integrationId": sandbox.integration_id}
    each = send(f"{v2}/switchboards/{board}/switchboardIntegrations", bot)["switchboardIntegration"]["id"]
    second = {"name": "desk", "integrationId": telegram, "nextSwitchboardIntegrationId": each}
    send(f"{v2}/switchboards/{board}/switchboardIntegrations", second)
    send(
        f"{v2}/switchboards/{board}",
        {"enabled": True, "defaultSwitchboardIntegrationId": each},
        method="PATCH",
    )
    send(f"{v2}/conversations/{conversation}/passControl", {"switchboardIntegration": "desk"})
    send("/v1.1/serviceaccounts", {"name": "Desk"}, account)
    send(f"/v1.1/apps/{sandbox.app_id}/keys", {"name": "Second"}, account)
    send("/v1.1/whatsapp/deployments", {"hosting": "smooch"}, account)
    return file


def test_every_record_is_restored(path: Path) -> None:
    with target() as receiver:
        with Sandbox(state=path) as first:
            file = live(first, receiver.url)
            before, ids = everything(first), (first.key_id, first.secret, first.app_id, first.app_token)
            url, oauth = first.url, (first.oauth_client_id, first.oauth_client_secret)
        with Sandbox(state=path) as second:
            assert (second.key_id, second.secret, second.app_id, second.app_token) == ids
            assert (second.url, (second.oauth_client_id, second.oauth_client_secret)) == (url, oauth)
            assert everything(second) == before
            assert httpx.get(file).content == b"\x00PNG"
            receiver.requests.clear()
            second.say("ana", "Again")
            second.click("ana", "Go")
            second.wait_for_deliveries()
            assert {request.json().get("trigger", "v2") for request in posts(receiver)} == {"message:appUser", "v2"}
            after = everything(second)
        with Sandbox(state=path) as third:
            assert everything(third) == after != before


def test_deletions_are_kept(path: Path) -> None:
    with target() as receiver:
        with Sandbox(state=path) as first:
            live(first, receiver.url)
        with Sandbox(state=path) as second:
            auth = (second.key_id, second.secret)
            for user in httpx.get(f"{second.url}/_sandbox/users").json()["users"]:
                httpx.delete(f"{second.url}/v1/appusers/{user['id']}", auth=auth)
            before = everything(second)
        with Sandbox(state=path) as third:
            assert everything(third) == before
            third.reset()
            empty = everything(third)
        with Sandbox(state=path) as fourth:
            assert everything(fourth) == empty
            assert empty["/_sandbox/users"] == {"users": []}
    with sqlite3.connect(path) as database:
        kinds = {kind for (kind,) in database.execute("SELECT kind FROM records")}
        assert database.execute("SELECT count(*) FROM files").fetchone() == (0,)
    database.close()
    assert kinds.isdisjoint({"User", "Message", "Conversation", "Client"})


def test_files_are_found_on_another_port(path: Path) -> None:
    with Sandbox(state=path) as first:
        live(first, "https://bot.example")
        port = int(first.url.rpartition(":")[2])
    with Sandbox(port=port), Sandbox(state=path) as second:
        assert second.url != f"http://127.0.0.1:{port}"
        (ana,) = (
            each
            for each in httpx.get(f"{second.url}/_sandbox/conversations").json()["conversations"]
            if each["isDefault"] and each["messageCount"] > 2
        )
        messages = httpx.get(f"{second.url}/_sandbox/conversations/{ana['id']}/messages").json()["messages"]
        url = messages[0]["content"]["mediaUrl"]
        assert url.startswith(second.url)
        assert httpx.get(url).content == b"\x00PNG"


def test_a_restarted_sandbox_continues(path: Path) -> None:
    sandbox = Sandbox(state=path)
    for number in range(3):
        with sandbox:
            sandbox.say("ana", str(number))
            (conversation,) = httpx.get(f"{sandbox.url}/_sandbox/conversations").json()["conversations"]
            assert conversation["messageCount"] == number + 1


def test_texts_of_users_are_never_taken_for_references(path: Path) -> None:
    with Sandbox(state=path) as first:
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as database:
            (marker,) = database.execute("SELECT marker FROM meta").fetchone()
        database.close()
        assert re.fullmatch("ref-[0-9a-f]{16}", marker)
        auth = (first.key_id, first.secret)
        user = f"{first.url}/v2/apps/{first.app_id}/users"
        metadata = {"ref": 1, "$ref": "#/1", "ref-0": 1}
        httpx.post(user, json={"externalId": "ana", "metadata": metadata}, auth=auth)
    with Sandbox(state=path) as second:
        assert httpx.get(f"{user}/ana", auth=auth).json()["user"]["metadata"] == metadata
        assert second.app_id == first.app_id


def test_it_is_saved_without_a_regular_stop(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"

    def texts() -> list[str]:
        for suffix in ("", "-journal"):
            (tmp_path / f"copy.db{suffix}").unlink(missing_ok=True)
            if (original := tmp_path / f"sandbox.db{suffix}").exists():
                shutil.copy(original, f"{copy}{suffix}")
        try:
            with Sandbox(state=copy) as other:
                conversations = httpx.get(f"{other.url}/_sandbox/conversations").json()["conversations"]
                return [each["lastMessage"]["content"]["text"] for each in conversations]
        except ValueError:  # copied in the middle of a write
            return []

    with Sandbox(state=path) as sandbox:
        sandbox.say("ana", "Hi")
        wait_until(lambda: texts() == ["Hi"])


def test_what_cannot_be_saved_is_logged_and_saved_later(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = "x" * 100_000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Sandbox(state=path) as sandbox:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
        try:
            sandbox.say("ana", text)
            wait_until(lambda: "The state of the sandbox cannot be saved" in caplog.text)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with Sandbox(state=path) as sandbox:
        assert text in sandbox.transcript("ana")


@pytest.mark.parametrize("content", [b"", b"x", b"not a database at all", b"SQLite format 3\x00" + bytes(100)])
def test_another_file_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    if content:
        with pytest.raises(ValueError, match=r"sandbox\.db is not the state of a sandbox"):
            Sandbox(state=path)
        assert path.read_bytes() == content
    else:
        Sandbox(state=path)


def test_a_database_of_something_else_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE x (y)")
    database.close()
    with pytest.raises(ValueError, match="is not the state of a sandbox"):
        Sandbox(state=path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE records SET fields = '{' WHERE kind = 'User'",
        "UPDATE records SET kind = 'Nothing' WHERE kind = 'User'",
        "DELETE FROM records WHERE kind = 'User'",
        "UPDATE records SET fields = '{}' WHERE kind = 'root'",
        "DROP TABLE files",
    ],
)
def test_a_damaged_file_is_refused(path: Path, damage: str) -> None:
    with Sandbox(state=path) as sandbox:
        sandbox.say("ana", "Hi")
    with sqlite3.connect(path) as database:
        database.execute(damage)
    database.close()
    with pytest.raises(ValueError, match=r"sandbox\.db (cannot be read|is not the state)"):
        Sandbox(state=path)


def test_a_later_format_is_refused(path: Path) -> None:
    Sandbox(state=path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE meta SET format = 99")
    database.close()
    with pytest.raises(ValueError, match="has format 99, this version of the sandbox reads 1"):
        Sandbox(state=path)


def test_a_field_that_an_older_version_did_not_save_has_its_default(path: Path) -> None:
    with Sandbox(state=path) as sandbox:
        sandbox.say("ana", "Hi")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE records SET fields = json_remove(fields, '$.identities', '$.locale')")
    database.close()
    with Sandbox(state=path) as sandbox:
        assert httpx.get(f"{sandbox.url}/_sandbox/users/ana").json()["user"]["identities"] == []


def test_only_one_sandbox_can_use_it(path: Path) -> None:
    with Sandbox(state=path), pytest.raises(ValueError, match=r"sandbox\.db is in use by another sandbox"):
        Sandbox(state=path)
    first, second = Sandbox(state=path), Sandbox(state=path)
    with first, pytest.raises(ValueError, match="in use"):
        second.start()
    with second:
        assert httpx.get(f"{second.url}/_sandbox").status_code == 200


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        Sandbox(state=tmp_path / "nowhere" / "x.db")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be opened: Is a directory"):
        Sandbox(state=tmp_path)
