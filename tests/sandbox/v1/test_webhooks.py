"""Webhooks of v1 and v1.1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

TARGET = "https://bot.example/hook"


def test_a_webhook_has_a_secret_that_can_be_read_again(client: httpx.Client) -> None:
    webhook = client.post("/webhooks", json={"target": TARGET, "triggers": ["postback"]}).json()["webhook"]
    assert re.fullmatch("[0-9a-f]{24}", webhook["_id"])
    assert re.fullmatch("[0-9a-f]{40}", webhook["secret"])
    assert (webhook["target"], webhook["triggers"]) == (TARGET, ["postback"])
    assert client.get(f"/webhooks/{webhook['_id']}").json()["webhook"] == webhook
    assert client.get("/webhooks").json() == {"webhooks": [webhook]}


def test_message_is_the_default_trigger(client: httpx.Client) -> None:
    assert client.post("/webhooks", json={"target": TARGET}).json()["webhook"]["triggers"] == ["message"]


def test_v1_1_shows_the_version_that_created_it(connect: Callable[..., httpx.Client]) -> None:
    v1, v1_1 = connect("/v1"), connect("/v1.1")
    assert "version" not in v1.post("/webhooks", json={"target": TARGET}).json()["webhook"]
    created = v1_1.post("/webhooks", json={"target": TARGET, "includeClient": True}).json()["webhook"]
    assert (created["version"], created["includeClient"], created["includeFullAppUser"]) == ("v1.1", True, False)
    assert [webhook["version"] for webhook in v1_1.get("/webhooks").json()["webhooks"]] == ["v1", "v1.1"]


def test_an_update_replaces_the_given_fields_only(client: httpx.Client) -> None:
    webhook = client.post("/webhooks", json={"target": TARGET, "triggers": ["postback"]}).json()["webhook"]
    path = f"/webhooks/{webhook['_id']}"
    changed = client.put(path, json={"triggers": ["message:appUser", "message:appUser"]}).json()["webhook"]
    assert changed == webhook | {"triggers": ["message:appUser"]}
    moved = client.put(path, json={"target": "http://localhost:9/x"}).json()["webhook"]
    assert moved == changed | {"target": "http://localhost:9/x"}


def test_a_deleted_webhook_is_gone(client: httpx.Client) -> None:
    path = f"/webhooks/{client.post('/webhooks', json={'target': TARGET}).json()['webhook']['_id']}"
    assert client.delete(path).json() == {}
    for method in ("GET", "PUT", "DELETE"):
        assert client.request(method, path, json={}).status_code == 404


def test_an_app_has_ten_webhooks_at_most(client: httpx.Client) -> None:
    for number in range(10):
        assert client.post("/webhooks", json={"target": f"{TARGET}/{number}"}).status_code == 201
    assert client.post("/webhooks", json={"target": TARGET}).status_code == 400
    assert len(client.get("/webhooks").json()["webhooks"]) == 10


BAD: list[dict[str, Any]] = [
    {"target": "bot.example/hook"},
    {"target": "ftp://bot.example"},
    {"target": "https://"},
    {"target": "http://:80/"},
    {"target": "http://[::1/"},
    {"target": "http://127.0.0.1:99999/"},
    {"target": ""},
    {"target": TARGET, "triggers": []},
    {"target": TARGET, "triggers": [""]},
    {"target": TARGET, "triggers": ["message:appuser"]},
    {"target": TARGET, "triggers": "message"},
    {"target": TARGET, "includeClient": "yes"},
]


@pytest.mark.parametrize("body", BAD)
def test_an_invalid_body_gives_400_and_changes_nothing(client: httpx.Client, body: dict[str, Any]) -> None:
    webhook = client.post("/webhooks", json={"target": TARGET}).json()["webhook"]
    assert client.post("/webhooks", json=body).status_code == 400
    assert client.put(f"/webhooks/{webhook['_id']}", json=body).status_code == 400
    assert client.get("/webhooks").json() == {"webhooks": [webhook]}


def test_a_lone_surrogate_in_the_target_gives_400(client: httpx.Client) -> None:
    assert client.post("/webhooks", content=b'{"target": "https://bot.example/\\ud800"}').status_code == 400


def test_the_target_is_required(client: httpx.Client) -> None:
    assert client.post("/webhooks", json={"triggers": ["message"]}).status_code == 400
