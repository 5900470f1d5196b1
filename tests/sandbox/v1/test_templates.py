"""Stored message templates of v1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .records import create

if TYPE_CHECKING:
    import httpx


MESSAGE = {"role": "appMaker", "type": "text", "text": "Nine to six."}


def test_templates_are_stored_as_posted_under_their_name(client: httpx.Client) -> None:
    created = create(client, "/templates", {"name": "hours", "message": MESSAGE})
    assert created == {"_id": created["_id"], "name": "hours", "message": MESSAGE}
    assert client.post("/templates", json={"name": "hours", "message": MESSAGE}).status_code == 409
    other = create(client, "/templates", {"name": "other", "message": MESSAGE})
    assert client.put(f"/templates/{other['_id']}", json={"name": "hours"}).status_code == 409
    changed = client.put(f"/templates/{created['_id']}", json={"name": "hours", "message": {**MESSAGE, "text": "?"}})
    assert changed.json()["template"] == created | {"message": {**MESSAGE, "text": "?"}}
    assert client.delete(f"/templates/{created['_id']}").json() == {}
    assert [each["name"] for each in client.get("/templates").json()["templates"]] == ["other"]
