from __future__ import annotations

from typing import TYPE_CHECKING

from .records import create

if TYPE_CHECKING:
    import httpx


MESSAGE = {"role": "appMaker", "type": "text", "text": "Nine to six."}


def test_are_kept_as_posted_under_a_name_of_their_own(client: httpx.Client) -> None:
    made = create(client, "/templates", {"name": "hours", "message": MESSAGE})
    assert made == {"_id": made["_id"], "name": "hours", "message": MESSAGE}
    assert client.post("/templates", json={"name": "hours", "message": MESSAGE}).status_code == 409
    other = create(client, "/templates", {"name": "other", "message": MESSAGE})
    assert client.put(f"/templates/{other['_id']}", json={"name": "hours"}).status_code == 409
    changed = client.put(f"/templates/{made['_id']}", json={"name": "hours", "message": {**MESSAGE, "text": "?"}})
    assert changed.json()["template"] == made | {"message": {**MESSAGE, "text": "?"}}
    assert client.delete(f"/templates/{made['_id']}").json() == {}
    assert [each["name"] for each in client.get("/templates").json()["templates"]] == ["other"]
