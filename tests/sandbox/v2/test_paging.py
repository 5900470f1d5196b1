"""Pages of v2: cursors, limits and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .api import Api, error

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


def lists(api: Api, account: httpx.Client) -> dict[str, tuple[httpx.Client, str, dict[str, str], list[str]]]:
    """Lists of seven records: client, path, filter and ids in order."""
    user = api.user()
    conversations = [api.conversation(user) for _ in range(7)]
    group = api.group(*(api.user() for _ in range(7)))
    telegrams = [api.integration("telegram") for _ in range(7)]
    twilio = api.integration("twilio")
    clients = [api.link(user, twilio, conversation=conversations[0])["id"] for _ in range(7)]
    apps = [account.post("/v2/apps", json={"displayName": "A"}).json()["app"]["id"] for _ in range(6)]
    participants = api.client.get(f"/conversations/{group}/participants").json()["participants"]
    return {
        "conversations": (api.client, "/conversations", {"filter[userId]": user}, conversations),
        "participants": (api.client, f"/conversations/{group}/participants", {}, [each["id"] for each in participants]),
        "integrations": (api.client, "/integrations", {"filter[types]": "telegram"}, telegrams),
        "clients": (api.client, f"/users/{user}/clients", {}, clients),
        "apps": (account, "/v2/apps", {}, [api.sandbox.app_id, *apps]),
    }


@pytest.mark.parametrize("name", ["conversations", "participants", "integrations", "clients", "apps"])
def test_pages_follow_each_other_in_both_directions(api: Api, account: httpx.Client, name: str) -> None:
    client, path, query, ids = lists(api, account)[name]

    def page(**cursor: str) -> tuple[list[str], dict[str, Any], dict[str, str]]:
        asked = {f"page[{key}]": value for key, value in cursor.items()}
        answer = client.get(path, params={**query, "page[size]": "3", **asked}).json()
        return [each["id"] for each in answer[name]], answer["meta"], answer.get("links", {})

    first, meta, links = page()
    assert (first, meta) == (ids[:3], {"hasMore": True, "afterCursor": ids[2]})
    assert set(links) == {"next"}
    second, meta, links = page(after=ids[2])
    assert (second, meta) == (ids[3:6], {"hasMore": True, "afterCursor": ids[5], "beforeCursor": ids[3]})
    assert [each["id"] for each in client.get(links["next"]).json()[name]] == ids[6:]
    assert [each["id"] for each in client.get(links["prev"]).json()[name]] == ids[:3]
    last, meta, links = page(after=ids[5])
    assert (last, meta) == (ids[6:], {"hasMore": False, "beforeCursor": ids[6]})
    assert set(links) == {"prev"}
    back, meta, _ = page(before=ids[6])
    assert (back, meta["hasMore"]) == (ids[3:6], True)
    back, meta, _ = page(before=ids[3])
    assert (back, meta) == (ids[:3], {"hasMore": False, "afterCursor": ids[2]})
    assert page(before=ids[0])[:2] == ([], {"hasMore": False})


def test_links_name_the_brand_of_the_user(api: Api) -> None:
    user = api.user(externalId="ana", brandId="7")
    conversation, twilio = api.conversation(user), api.integration("twilio")
    clients = [api.link(user, twilio, conversation=conversation)["id"] for _ in range(2)]
    first = api.client.get("/users/ana/clients", params={"brandId": "7", "page[size]": "1"}).json()
    second = api.client.get(first["links"]["next"]).json()
    assert [each["id"] for each in second["clients"]] == clients[1:]
    assert api.client.get(second["links"]["prev"]).json()["clients"] == first["clients"]


def test_a_page_has_25_records_by_default(api: Api) -> None:
    user = api.user()
    for _ in range(26):
        api.conversation(user)
    answer = api.client.get("/conversations", params={"filter[userId]": user}).json()
    assert (len(answer["conversations"]), answer["meta"]["hasMore"]) == (25, True)


def test_a_whole_list_has_no_links(api: Api) -> None:
    answer = api.client.get("/conversations", params={"filter[userId]": api.user()}).json()
    assert answer == {"conversations": [], "meta": {"hasMore": False}}


def test_a_cursor_outlives_its_record(api: Api) -> None:
    user = api.user()
    ids = [api.conversation(user) for _ in range(4)]
    api.client.delete(f"/conversations/{ids[2]}")
    query = {"filter[userId]": user, "page[after]": ids[2]}
    assert [each["id"] for each in api.client.get("/conversations", params=query).json()["conversations"]] == ids[3:]
    query = {"filter[userId]": user, "page[before]": ids[2]}
    assert [each["id"] for each in api.client.get("/conversations", params=query).json()["conversations"]] == ids[:2]


@pytest.mark.parametrize(
    "query",
    [
        {"page[after]": "5" * 24, "page[before]": "5" * 24},
        {"page[after]": "5"},
        {"page[size]": "0"},
        {"page[size]": "101"},
        {"page[size]": "ten"},
        {"page": "2"},
    ],
)
def test_bad_pages_are_refused(api: Api, query: dict[str, str]) -> None:
    assert error(api.client.get("/integrations", params=query)) == (400, "bad_request")
    assert error(api.client.get(f"/conversations/{api.conversation()}/messages", params=query)) == (400, "bad_request")


class TestMessages:
    @pytest.fixture
    def messages(self, api: Api) -> tuple[str, list[str]]:
        conversation = api.conversation()
        return f"/conversations/{conversation}/messages", [api.post(conversation)["id"] for _ in range(230)]

    def test_the_newest_page_comes_first_and_pages_go_back(
        self, api: Api, messages: tuple[str, list[str]], connect: Callable[..., httpx.Client]
    ) -> None:
        path, ids = messages
        newest = api.client.get(path, params={"page[size]": "7"}).json()
        assert [each["id"] for each in newest["messages"]] == ids[130:]
        assert newest["meta"] == {"hasMore": True, "beforeCursor": ids[130]}
        middle = api.client.get(newest["links"]["prev"]).json()
        assert [each["id"] for each in middle["messages"]] == ids[30:130]
        assert middle["meta"] == {"hasMore": True, "beforeCursor": ids[30], "afterCursor": ids[129]}
        oldest = api.client.get(path, params={"page[before]": ids[30]}).json()
        assert [each["id"] for each in oldest["messages"]] == ids[:30]
        assert oldest["meta"] == {"hasMore": False, "afterCursor": ids[29]}

    def test_after_goes_forward(self, api: Api, messages: tuple[str, list[str]]) -> None:
        path, ids = messages
        page = api.client.get(path, params={"page[after]": ids[99]}).json()
        assert [each["id"] for each in page["messages"]] == ids[100:200]
        assert page["meta"] == {"hasMore": True, "beforeCursor": ids[100], "afterCursor": ids[199]}
        last = api.client.get(page["links"]["next"]).json()
        assert [each["id"] for each in last["messages"]] == ids[200:]
        assert last["meta"] == {"hasMore": False, "beforeCursor": ids[200]}


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ({"filter": '{"userId": "ana"}'}, "filter[userId]=ana"),
        ({"filter[userId]": "ana", "page": '{"size": 5, "after": "x"}'}, "page[size]=5&page[after]=x"),
    ],
)
def test_json_text_is_refused_with_the_client_that_sends_it_and_the_right_form(
    api: Api, query: dict[str, str], form: str
) -> None:
    response = api.client.get("/conversations", params=query)
    assert error(response) == (400, "bad_request")
    title = response.json()["errors"][0]["title"]
    assert form in title
    assert "version 17 of the vendor's Python SDK" in title


@pytest.mark.parametrize("text", ["x", "{}", "[1]", "7", "[" * 3000])
def test_text_in_place_of_an_object_is_refused_with_the_right_form(api: Api, text: str) -> None:
    response = api.client.get("/conversations", params={"filter": text})
    assert error(response) == (400, "bad_request")
    assert "filter[…]" in response.json()["errors"][0]["title"]
