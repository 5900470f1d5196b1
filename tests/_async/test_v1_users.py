"""Users and their channels: the v1 client against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from smooch_api.v1 import models

from smooch.errors import BadRequest, Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from smooch.sandbox import Sandbox
    from smooch.v1 import AsyncSmooch

pytestmark = pytest.mark.anyio

PHONE = {"phoneNumber": "+15145550101"}


async def test_init_user_creates_a_user_once_and_finds_it_by_id_and_by_device(api: AsyncSmooch) -> None:
    created = await api.init_user("b6518", "device-webapp-b6518")
    assert created.status_code == 200
    assert isinstance(created.parsed, models.InitResponse)
    user = created.parsed.app_user
    assert created.json()["appUser"]["_id"] == user.id
    assert (user.user_id, user.conversation_started) == ("b6518", False)
    assert [(client.id, client.platform) for client in user.clients or []] == [("device-webapp-b6518", "other")]
    again = await api.init_user("b6518", "device-webapp-b6518")
    other_device = await api.init_user("b6518", "phone", platform="ios")
    assert again.parsed.app_user.id == other_device.parsed.app_user.id == user.id
    assert {client.platform for client in other_device.parsed.app_user.clients or []} == {"other", "ios"}


async def test_init_user_sends_the_fields_of_the_api(api: AsyncSmooch, sandbox: Sandbox) -> None:
    await api.init_user("b6518", "d1", platform="web")
    request = sandbox.requests[-1]
    assert (request.method, request.path) == ("POST", "/v1/init")
    assert request.json == {"device": {"id": "d1", "platform": "web"}, "userId": "b6518"}


async def test_precreate_user_takes_a_profile_and_refuses_an_id_that_is_taken(
    api: AsyncSmooch, sandbox: Sandbox
) -> None:
    created = await api.precreate_user(
        "b6518",
        given_name="Ana",
        surname="Roy",
        email="ana@example.com",
        signed_up_at="2015-12-24T15:15:47.990Z",
        properties={"vip": True, "orders": 3, "city": "Montréal"},
    )
    assert created.status_code == 201
    assert isinstance(created.parsed, models.AppUserResponse)
    user = created.parsed.app_user
    assert (user.given_name, user.surname, user.email) == ("Ana", "Roy", "ana@example.com")
    assert user.signed_up_at == "2015-12-24T15:15:47.990Z"
    assert created.json()["appUser"]["properties"] == {"vip": True, "orders": 3, "city": "Montréal"}
    with pytest.raises(Conflict):
        await api.precreate_user("b6518")
    assert sandbox.requests[-1].json == {"userId": "b6518"}
    with pytest.raises(InvalidInput) as caught:
        await api.precreate_user("b6518", properties={"nested": {"a": 1}})
    assert caught.value.field == "profile.properties.nested"


async def test_get_user_finds_by_either_id(api: AsyncSmooch) -> None:
    created = await api.precreate_user("b6518", given_name="Ana")
    by_own_id = await api.get_user("b6518")
    by_api_id = await api.get_user(created.parsed.app_user.id)
    assert by_own_id.status_code == 200
    assert isinstance(by_own_id.parsed, models.AppUserResponse)
    assert by_own_id.json() == by_api_id.json() == created.json()
    with pytest.raises(NotFound) as caught:
        await api.get_user("b6519")
    assert caught.value.status_code == 404


async def test_update_user_changes_the_given_fields_and_merges_properties(api: AsyncSmooch, sandbox: Sandbox) -> None:
    await api.precreate_user("b6518", given_name="Ana", properties={"a": 1, "b": 2})
    data = {"surname": "Roy", "properties": {"b": 3}, "credentialRequired": True}
    changed = await api.update_user("b6518", data)
    assert changed.status_code == 200
    assert isinstance(changed.parsed, models.AppUserResponse)
    user = changed.json()["appUser"]
    assert (user["givenName"], user["surname"], user["properties"]) == ("Ana", "Roy", {"a": 1, "b": 3})
    assert sandbox.requests[-1].method == "PUT"
    assert sandbox.requests[-1].json == data
    by_model = await api.update_user("b6518", models.AppUserUpdate(surname="Li"))
    assert by_model.parsed.app_user.surname == "Li"
    assert sandbox.requests[-1].json == {"surname": "Li"}


async def test_delete_user_deletes_the_conversation_too(api: AsyncSmooch) -> None:
    await api.init_user("b6518", "d1")
    await api.post_message("b6518", "Hi")
    deleted = await api.delete_user("b6518")
    assert (deleted.status_code, deleted.json()) == (200, {})
    assert isinstance(deleted.parsed, models.EmptyResponse)
    for call in (api.get_user, api.get_messages, api.delete_user):
        with pytest.raises(NotFound):
            await call("b6518")


UNUSUAL_IDS = [
    "a/b",
    "ü",
    "a b",
    "?",
    "a?b=c",
    "#",
    "a#b",
    "%2F",
    "%",
    "+",
    "a&b",
    "...",
    "😀",
    "x" * 300,
    "a;b",
    ":",
    "@",
]


@pytest.mark.parametrize("user_id", UNUSUAL_IDS, ids=lambda user_id: user_id[:10])
async def test_every_id_reaches_its_own_user(api: AsyncSmooch, sandbox: Sandbox, user_id: str) -> None:
    await api.precreate_user("other")
    created = await api.init_user(user_id, "d1")
    assert created.parsed.app_user.user_id == user_id
    got = await api.get_user(user_id)
    assert got.json() == {"appUser": created.json()["appUser"]}
    assert sandbox.requests[-1].path == f"/v1/appusers/{quote(user_id, safe='')}"
    await api.update_user(user_id, {"givenName": "Ana"})
    await api.post_message(user_id, "Hi")
    await api.post_media(user_id, ("cat.png", b"png"))
    await api.mark_read(user_id)
    assert len([message async for message in api.iter_messages(user_id)]) == 2
    await api.delete_messages(user_id)
    await api.delete_user(user_id)
    assert (await api.get_user("other")).status_code == 200


async def test_an_unconfirmed_channel_is_pending_and_a_confirmed_one_is_a_client(api: AsyncSmooch) -> None:
    await api.init_user("b6518", "d1")
    pending = await api.link_user_to_channel("b6518", "twilio", PHONE)
    assert pending.status_code == 200
    assert isinstance(pending.parsed, models.AppUserResponse)
    user = pending.json()["appUser"]
    assert [client["platform"] for client in user["pendingClients"]] == ["twilio"]
    assert [client["platform"] for client in user["clients"]] == ["other"]
    linked = await api.link_user_to_channel("b6518", "twilio", PHONE, True)
    user = linked.json()["appUser"]
    assert user["pendingClients"] == []
    assert {client["platform"] for client in user["clients"]} == {"other", "twilio"}


async def test_links_are_sent_in_the_form_of_each_version(
    api: AsyncSmooch, api_v1_1: AsyncSmooch, sandbox: Sandbox
) -> None:
    await api.precreate_user("b6518")
    mail = {"address": "ana@example.com", "subject": "Hello"}
    await api.link_user_to_channel("b6518", "mailgun", mail)
    assert sandbox.requests[-1].path == "/v1/appusers/b6518/channels"
    assert sandbox.requests[-1].json == {"type": "mailgun", **mail, "skipConfirmation": False}
    await api_v1_1.link_user_to_channel("b6518", "mailgun", mail)
    assert sandbox.requests[-1].path == f"/v1.1/apps/{sandbox.app_id}/appusers/b6518/channels"
    assert sandbox.requests[-1].json == {"type": "mailgun", **mail}
    linked = await api_v1_1.link_user_to_channel("b6518", "twilio", PHONE, skip_confirmation=True)
    assert sandbox.requests[-1].json == {"type": "twilio", **PHONE, "confirmation": {"type": "immediate"}}
    assert [client.platform for client in linked.parsed.app_user.clients or []] == ["twilio"]
    prompt = {**PHONE, "confirmation": {"type": "prompt"}}
    await api_v1_1.link_user_to_channel("b6518", "twilio", prompt, skip_confirmation=True)
    assert sandbox.requests[-1].json == {"type": "twilio", **prompt}


async def test_unlinking_removes_linked_and_pending_channels(api: AsyncSmooch) -> None:
    await api.precreate_user("b6518")
    for skip in (True, False):
        await api.link_user_to_channel("b6518", "twilio", PHONE, skip)
        unlinked = await api.unlink_user_from_channel("b6518", "twilio")
        assert (unlinked.status_code, unlinked.json()) == (200, {})
        user = (await api.get_user("b6518")).json()["appUser"]
        assert user["clients"] == user["pendingClients"] == []
    with pytest.raises(BadRequest, match="no channel"):
        await api.unlink_user_from_channel("b6518", "twilio")


async def test_other_invalid_links_are_refused_by_the_api(api: AsyncSmooch) -> None:
    await api.precreate_user("b6518")
    with pytest.raises(BadRequest):
        await api.link_user_to_channel("b6518", "twilio", {"phoneNumber": "+1 two three"})


REFUSED: list[tuple[str, Callable[[AsyncSmooch], Any]]] = [
    ("user_id", lambda api: api.init_user("", "d1")),
    ("user_id", lambda api: api.init_user(6518, "d1")),
    ("device_id", lambda api: api.init_user("b6518", "")),
    ("device_id", lambda api: api.init_user("b6518", None)),
    ("init.device.platform", lambda api: api.init_user("b6518", "d1", platform="amiga")),
    ("user_id", lambda api: api.precreate_user("")),
    ("profile.givenName", lambda api: api.precreate_user("b6518", given_name=5)),
    ("profile.properties", lambda api: api.precreate_user("b6518", properties=["vip"])),
    ("profile.properties.tags", lambda api: api.precreate_user("b6518", properties={"tags": ["vip"]})),
    ("user_id", lambda api: api.get_user("")),
    ("user_id", lambda api: api.get_user(".")),
    ("user_id", lambda api: api.get_user("..")),
    ("user_id", lambda api: api.get_user(None)),
    ("user_id", lambda api: api.get_user(b"b6518")),
    ("user_id", lambda api: api.get_user("\ud800")),
    ("user_id", lambda api: api.update_user("", {})),
    ("data", lambda api: api.update_user("b6518", None)),
    ("data.givenName", lambda api: api.update_user("b6518", {"givenName": None})),
    ("data.properties.a", lambda api: api.update_user("b6518", {"properties": {"a": {}}})),
    ("data.unknown", lambda api: api.update_user("b6518", {"unknown": float("nan")})),
    ("data.given_name", lambda api: api.update_user("b6518", {"given_name": "Ana"})),
    ("user_id", lambda api: api.delete_user("..")),
    ("user_id", lambda api: api.link_user_to_channel("", "twilio", PHONE)),
    ("channel", lambda api: api.link_user_to_channel("b6518", "", PHONE)),
    ("entity", lambda api: api.link_user_to_channel("b6518", "twilio", "+15145550101")),
    ("entity.phoneNumber", lambda api: api.link_user_to_channel("b6518", "twilio", {"phoneNumber": "5145550101"})),
    ("entity.skipConfirmation", lambda api: api.link_user_to_channel("b6518", "twilio", PHONE, "yes")),
    ("user_id", lambda api: api.unlink_user_from_channel("", "twilio")),
    ("channel", lambda api: api.unlink_user_from_channel("b6518", "..")),
]


@pytest.mark.parametrize(("field", "call"), REFUSED)
async def test_bad_input_names_its_field_and_nothing_is_sent(
    api: AsyncSmooch, sandbox: Sandbox, field: str, call: Callable[[AsyncSmooch], Any]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await call(api)
    assert caught.value.field == field
    assert field in str(caught.value)
    assert sandbox.requests == []
