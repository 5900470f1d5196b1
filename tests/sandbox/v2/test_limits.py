"""Limits of v2: sizes, settings, errors, and the reset."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .api import BUSINESS, TEXT, Api, error

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from smooch.sandbox import Sandbox

KB = 1024


def test_a_full_conversation_is_locked_until_its_messages_are_deleted(make_api: Callable[..., Api]) -> None:
    api = make_api(max_messages=3)
    conversation = api.conversation()
    for _ in range(3):
        api.post(conversation)
    path = f"/conversations/{conversation}/messages"
    locked = api.client.post(path, json={"author": BUSINESS, "content": TEXT})
    assert error(locked) == (423, "locked")
    assert "Message limit of 3 per conversation reached" in locked.json()["errors"][0]["title"]
    assert api.client.delete(path).status_code == 200
    api.post(conversation)


def sized(size: int) -> bytes:
    text = json.dumps({"externalId": "u", "note": ""})
    return json.dumps({"externalId": "u", "note": "x" * (size - len(text))}).encode()


@pytest.mark.parametrize(("size", "status"), [(100 * KB, 201), (100 * KB + 1, 413)])
def test_json_has_100_kb_at_most(api: Api, size: int, status: int) -> None:
    response = api.client.post("/users", content=sized(size), headers={"content-type": "application/json"})
    assert response.status_code == status
    if status == 413:
        assert error(response) == (413, "payload_too_large")


@pytest.mark.parametrize(("extra", "status"), [(0, 201), (1, 413)])
def test_a_file_has_50_mb_at_most(api: Api, extra: int, status: int) -> None:
    files = {"source": ("a.bin", bytes(50 * KB * KB + extra))}
    response = api.client.post("/attachments", params={"access": "public"}, files=files, timeout=30)
    assert response.status_code == status


def metadata(size: int) -> dict[str, str]:
    return {"k": "x" * (size - len(json.dumps({"k": ""}, separators=(",", ":"))))}


@pytest.mark.parametrize(("size", "is_good"), [(4096, True), (4097, False)])
def test_metadata_has_4_kb_at_most(api: Api, size: int, is_good: bool) -> None:
    body, conversation = {"metadata": metadata(size)}, f"/conversations/{api.conversation()}"
    api.switchboard_integration(api.switchboard(), "bot")
    answers = [
        api.client.post("/users", json=body),
        api.client.patch(f"/users/{api.user()}", json=body),
        api.client.patch(conversation, json=body),
        api.client.patch("", json=body),
        api.client.post(f"{conversation}/messages", json={"author": BUSINESS, "content": TEXT, **body}),
        api.client.post(f"{conversation}/passControl", json={"switchboardIntegration": "bot", **body}),
    ]
    assert [each.is_success for each in answers] == [is_good] * 6
    if not is_good:
        assert {error(each) for each in answers} == {(400, "bad_request")}


@pytest.mark.parametrize("value", [{"nested": {}}, {"list": []}, {"nothing": None}])
def test_metadata_is_flat(api: Api, value: dict[str, Any]) -> None:
    assert error(api.client.post("/users", json={"metadata": value})) == (400, "bad_request")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b'{"a":NaN}', b"\xff"])
def test_a_body_that_is_no_json_object_is_a_bad_request(api: Api, body: bytes) -> None:
    answer = api.client.post("/users", content=body, headers={"content-type": "application/json"})
    assert error(answer) == (400, "bad_request")


@pytest.mark.parametrize(
    ("media_type", "status"),
    [("application/json", 201), ("Application/JSON; charset=utf-8", 201), ("text/plain", 400), ("", 400)],
)
def test_json_needs_its_content_type(api: Api, media_type: str, status: int) -> None:
    headers = {"content-type": media_type} if media_type else None
    answer = api.client.post("/users", content=b'{"externalId": "u"}', headers=headers)
    assert answer.status_code == status
    if status == 400:
        assert error(answer) == (400, "bad_request")


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/v2/nothing", (404, "not_found")),
        ("GET", "/oauth/nothing", (404, "not_found")),
        ("PUT", "/v2/apps", (405, "method_not_allowed")),
    ],
)
def test_unknown_paths_have_errors_of_v2(
    connect: Callable[..., httpx.Client], method: str, path: str, answer: tuple[int, str]
) -> None:
    assert error(connect("").request(method, path)) == answer


def test_faults_have_errors_of_v2(sandbox: Sandbox, api: Api) -> None:
    sandbox.fail(status=429, headers={"Retry-After": "1"}, path="/users/*")
    answer = api.client.get("/users/x")
    assert (error(answer), answer.headers["retry-after"]) == ((429, "too_many_requests"), "1")


def test_settings_that_depend_on_others_are_checked(account: httpx.Client) -> None:
    for name in ("endSessionEnabled", "disableConversationReopen"):
        body = {"displayName": "A", "settings": {name: True}}
        assert error(account.post("/v2/apps", json=body)) == (400, "bad_request")
        body["settings"]["multiConvoEnabled"] = True  # type: ignore[index]
        assert account.post("/v2/apps", json=body).status_code == 201


def test_apps_are_filtered_by_service_account(account: httpx.Client, connect: Callable[..., httpx.Client]) -> None:
    service = account.post("/v1.1/serviceaccounts", json={"name": "export"}).json()["serviceAccount"]["_id"]
    key = account.post(f"/v1.1/serviceaccounts/{service}/keys", json={"name": "k"}).json()["key"]
    own = connect("", auth=(key["_id"], key["secret"])).post("/v2/apps", json={"displayName": "Own"}).json()["app"]
    listed = account.get("/v2/apps", params={"filter[serviceAccountId]": service}).json()["apps"]
    assert [app["id"] for app in listed] == [own["id"]]
    assert error(account.get("/v2/apps", params={"filter[serviceAccountId]": "x"})) == (403, "forbidden")


def test_resetting_keeps_ids_and_forgets_the_rest(sandbox: Sandbox, api: Api, bot: httpx.Client) -> None:
    api.switchboard()
    user = api.user()
    sandbox.reset()
    assert error(api.client.get(f"/users/{user}")) == (404, "user_not_found")
    assert api.client.get("/switchboards").json()["switchboards"] == []
    assert bot.get("/integrations/me/webhooks").json() == {"webhooks": []}
