"""The menu of an app and of an integration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .records import create

if TYPE_CHECKING:
    import httpx


LINK = {"type": "link", "text": "Site", "uri": "https://shop.example"}


def test_an_integration_shows_the_menu_of_the_app_until_it_has_its_own(client: httpx.Client) -> None:
    integration = create(client, "/integrations", {"type": "telegram", "token": "t"})["_id"]
    path = f"/integrations/{integration}/menu"
    assert client.get(path).json() == {"menu": {"items": []}}
    of_app = client.put("/menu", json={"items": [LINK], "settings": {"inputEnabled": False}}).json()
    assert of_app["menu"]["items"][0].items() >= LINK.items()
    assert client.get(path).json() == client.get("/menu").json() == of_app
    own = client.post(path, json={"items": [LINK | {"text": "Own"}]})
    assert own.status_code == 201
    assert client.get(path).json() == own.json() != of_app
    assert client.delete(path).json() == {}
    assert client.get(path).json() == of_app
    assert client.delete("/menu").json() == {"menu": {"items": []}}


def test_every_entry_gets_an_id(client: httpx.Client) -> None:
    (entry,) = client.put("/menu", json={"items": [{"type": "submenu", "text": "More", "items": [LINK]}]}).json()[
        "menu"
    ]["items"]
    assert entry["_id"] != entry["items"][0]["_id"]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [LINK] * 6,
        [{"type": "call", "text": "x"}],
        [{"type": "link", "text": "x"}],
        [{"type": "submenu", "text": "x"}],
    ],
)
def test_an_invalid_menu_gives_400(client: httpx.Client, items: list[Any]) -> None:
    assert client.put("/menu", json={"items": items}).status_code == 400
