"""Apps of v1, their keys and SDK ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .records import create

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from smooch.sandbox import Sandbox


def test_pages_by_limit_and_offset(sandbox: Sandbox, account: httpx.Client) -> None:
    created = [create(account, "/apps", {"name": f"app {number}"})["_id"] for number in range(30)]
    everything = [sandbox.app_id, *created]

    def page(**query: int) -> tuple[list[str], bool, int]:
        answer = account.get("/apps", params=query).json()
        return [app["_id"] for app in answer["apps"]], answer["hasMore"], answer["offset"]

    assert page() == (everything[:25], True, 0)
    assert page(offset=25) == (everything[25:], False, 25)
    assert page(limit=31) == (everything, False, 0)
    assert page(limit=30) == (everything[:30], True, 0)
    assert page(offset=100) == ([], False, 100)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=1.5", "offset=-1", "limit="])
def test_an_invalid_page_gives_400(account: httpx.Client, query: str) -> None:
    assert account.get(f"/apps?{query}").status_code == 400


def test_an_update_adds_to_the_settings(sandbox: Sandbox, account: httpx.Client) -> None:
    body = {"settings": {"echoPostback": True}, "metadata": {"a": 1}}
    app = account.put(f"/apps/{sandbox.app_id}", json=body).json()["app"]
    assert app["settings"] == {"maskCreditCardNumbers": True, "useAnimalNames": True, "echoPostback": True}
    assert (app["metadata"], app["appToken"]) == ({"a": 1}, sandbox.app_token)


def test_a_deleted_app_is_gone(account: httpx.Client) -> None:
    app_id = create(account, "/apps", {"name": "Gone"})["_id"]
    assert account.delete(f"/apps/{app_id}").json() == {}
    assert account.get(f"/apps/{app_id}").status_code == 404


def test_apps_do_not_share_data(sandbox: Sandbox, account: httpx.Client) -> None:
    other = create(account, "/apps", {"name": "Other"})["_id"]
    for app_id in (sandbox.app_id, other):
        create(account, f"/apps/{app_id}/appusers", {"userId": "u"})
    assert account.delete(f"/apps/{other}/appusers/u").status_code == 200
    assert account.get(f"/apps/{sandbox.app_id}/appusers/u").status_code == 200


def test_keys_are_listed_with_their_secrets_ten_at_most(sandbox: Sandbox, account: httpx.Client) -> None:
    path = f"/apps/{sandbox.app_id}/keys"
    created = [create(account, path, {"name": f"k{number}"}) for number in range(9)]
    assert all(len(key["secret"]) == 24 for key in created)
    assert account.get(path).json()["keys"][1:] == created
    assert account.post(path, json={"name": "one too many"}).status_code == 400
    assert account.get(f"{path}/{sandbox.account_key_id}").status_code == 404


def test_sdk_ids_are_ids_of_integrations_and_stay(connect: Callable[..., httpx.Client]) -> None:
    client = connect("/v1.1")
    ids = client.get("/sdks").json()
    assert client.get("/sdks").json() == ids
    assert {each["_id"] for each in client.get("/integrations").json()["integrations"]} == set(ids.values())
