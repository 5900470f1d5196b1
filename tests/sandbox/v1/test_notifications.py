"""Notifications of v1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .records import create

if TYPE_CHECKING:
    import httpx


def test_notifications_get_a_uuid_and_need_an_integration(client: httpx.Client) -> None:
    integration = create(client, "/integrations", {"type": "telegram", "token": "t"})["_id"]
    body = {
        "destination": {"integrationId": integration, "destinationId": "1416"},
        "author": {"role": "appMaker"},
        "message": {"type": "text", "text": "On its way."},
    }
    assert create(client, "/notifications", body)["_id"].count("-") == 4
    body["destination"]["integrationId"] = "nope"
    assert client.post("/notifications", json=body).status_code == 404
    assert client.post("/notifications", json={**body, "author": {"role": "appUser"}}).status_code == 400
