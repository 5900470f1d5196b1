# Derived from tests/_async/test_v1_users.py by scripts/unasync.py; edit that file.
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
    from smooch.v1 import Smooch

PHONE = {"phoneNumber": "+15145550101"}


def test_init_user_creates_a_user_once_and_finds_it_by_id_and_by_device(api: Smooch) -> None:
    created = api.init_user("b6518", "device-webapp-b6518")
    assert created.status_code == 200
    assert isinstance(created.parsed, models.InitResponse)
    user = created.parsed.app_user
    assert created.json()["appUser"]["_id"] == user.id
    assert (user.user_id, user.conversation_started) == ("b6518", False)
    assert [(client.id, client.platform) for client in user.clients or []] == [("device-webapp-b6518", "other")]
    again = api.init_user("b6518", "device-webapp-b6518")
    other_device = api.init_user("b6518", "phone", platform="ios")
    assert again.parsed.app_user.id == other_device.parsed.app_user.id == user.id
    assert {client.platform for client in other_device.parsed.app_user.clients or []} == {"other", "ios"}


def test_init_user_sends_the_fields_of_the_api(api: Smooch, sandbox: Sandbox) -> None:
    api.init_user("b6518", "d1", platform="web")
    request = sandbox.requests[-1]
    assert (request.method, request.path) == ("POST", "/v1/init")
    assert request.json == {"device": {"id": "d1", "platform": "web"}, "userId": "b6518"}


def test_precreate_user_takes_a_profile_and_refuses_an_id_that_is_taken(
    api: Smooch, sandbox: Sandbox
) -> None:
    created = api.precreate_user(
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
        api.precreate_user("b6518")
    assert sandbox.requests[-1].json == {"userId": "b6518"}
    with pytest.raises(InvalidInput) as caught:
        api.precreate_user("b6518", properties={"nested": {"a": 1}})
    assert caught.value.field == "profile.properties.nested"


def test_get_user_finds_by_either_id(api: Smooch) -> None:
    created = api.precreate_user("b6518", given_name="Ana")
    by_own_id = api.get_user("b6518")
    by_api_id = api.get_user(created.parsed.app_user.id)
    assert by_own_id.status_code == 200
    assert isinstance(by_own_id.parsed, models.AppUserResponse)
    assert by_own_id.json() == by_api_id.json() == created.json()
    with pytest.raises(NotFound) as caught:
        api.get_user("b6519")
    assert caught.value.status_code == 404


def test_update_user_changes_the_given_fields_and_merges_properties(api: Smooch, sandbox: Sandbox) -> None:
    api.precreate_user("b6518", given_name="Ana", properties={"a": 1, "b": 2})
    data = {"surname": "Roy", "properties": {"b": 3}, "credentialRequired": True}
    changed = api.update_user("b6518", data)
    assert changed.status_code == 200
    assert isinstance(changed.parsed, models.AppUserResponse)
    user = changed.json()["appUser"]
    assert (user["givenName"], user["surname"], user["properties"]) == ("Ana", "Roy", {"a": 1, "b": 3})
    assert sandbox.requests[-1].method == "PUT"
    assert sandbox.requests[-1].json == data
    by_model = api.update_user("b6518", models.AppUserUpdate(surname="Li"))
    assert by_model.parsed.app_user.surname == "Li"
    assert sandbox.requests[-1].json == {"surname": "Li"}


def test_delete_user_deletes_the_conversation_too(api: Smooch) -> None:
    api.init_user("b6518", "d1")
    api.post_message("b6518", "Hi")
    deleted = api.delete_user("b6518")
    assert (deleted.status_code, deleted.json()) == (200, {})
    assert isinstance(deleted.parsed, models.EmptyResponse)
    for call in (api.get_user, api.get_messages, api.delete_user):
        with pytest.raises(NotFound):
            call("b6518")


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
def test_every_id_reaches_its_own_user(api: Smooch, sandbox: Sandbox, user_id: str) -> None:
    api.precreate_user("other")
    created = api.init_user(user_id, "d1")
    assert created.parsed.app_user.user_id == user_id
    got = api.get_user(user_id)
    assert got.json() == {"appUser": created.json()["appUser"]}
    assert sandbox.requests[-1].path == f"/v1/appusers/{quote(user_id, safe='')}"
    api.update_user(user_id, {"givenName": "Ana"})
    api.post_message(user_id, "Hi")
    api.post_media(user_id, ("cat.png", b"png"))
    api.mark_read(user_id)
    assert len([message for message in api.iter_messages(user_id)]) == 2
    api.delete_messages(user_id)
    api.delete_user(user_id)
    assert (api.get_user("other")).status_code == 200


def test_an_unconfirmed_channel_is_pending_and_a_confirmed_one_is_a_client(api: Smooch) -> None:
    api.init_user("b6518", "d1")
    pending = api.link_user_to_channel("b6518", "twilio", PHONE)
    assert pending.status_code == 200
    assert isinstance(pending.parsed, models.AppUserResponse)
    user = pending.json()["appUser"]
    assert [client["platform"] for client in user["pendingClients"]] == ["twilio"]
    assert [client["platform"] for client in user["clients"]] == ["other"]
    linked = api.link_user_to_channel("b6518", "twilio", PHONE, True)
    user = linked.json()["appUser"]
    assert user["pendingClients"] == []
    assert {client["platform"] for client in user["clients"]} == {"other", "twilio"}


def test_links_are_sent_in_the_form_of_each_version(
    api: Smooch, api_v1_1: Smooch, sandbox: Sandbox
) -> None:
    api.precreate_user("b6518")
    mail = {"address": "ana@example.com", "subject": "Hello"}
    api.link_user_to_channel("b6518", "mailgun", mail)
    assert sandbox.requests[-1].path == "/v1/appusers/b6518/channels"
    assert sandbox.requests[-1].json == {"type": "mailgun", **mail, "skipConfirmation": False}
    api_v1_1.link_user_to_channel("b6518", "mailgun", mail)
    assert sandbox.requests[-1].path == f"/v1.1/apps/{sandbox.app_id}/appusers/b6518/channels"
    assert sandbox.requests[-1].json == {"type": "mailgun", **mail}
    linked = api_v1_1.link_user_to_channel("b6518", "twilio", PHONE, skip_confirmation=True)
    assert sandbox.requests[-1].json == {"type": "twilio", **PHONE, "confirmation": {"type": "immediate"}}
    assert [client.platform for client in linked.parsed.app_user.clients or []] == ["twilio"]
    prompt = {**PHONE, "confirmation": {"type": "prompt"}}
    api_v1_1.link_user_to_channel("b6518", "twilio", prompt, skip_confirmation=True)
    assert sandbox.requests[-1].json == {"type": "twilio", **prompt}


def test_unlinking_removes_linked_and_pending_channels(api: Smooch) -> None:
    api.precreate_user("b6518")
    for skip in (True, False):
        api.link_user_to_channel("b6518", "twilio", PHONE, skip)
        unlinked = api.unlink_user_from_channel("b6518", "twilio")
        assert (unlinked.status_code, unlinked.json()) == (200, {})
        user = (api.get_user("b6518")).json()["appUser"]
        assert user["clients"] == user["pendingClients"] == []
    with pytest.raises(BadRequest, match="no channel"):
        api.unlink_user_from_channel("b6518", "twilio")


def test_other_invalid_links_are_refused_by_the_api(api: Smooch) -> None:
    api.precreate_user("b6518")
    with pytest.raises(BadRequest):
        api.link_user_to_channel("b6518", "twilio", {"phoneNumber": "+1 two three"})


REFUSED: list[tuple[str, Callable[[Smooch], Any]]] = [
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
def test_bad_input_names_its_field_and_nothing_is_sent(
    api: Smooch, sandbox: Sandbox, field: str, call: Callable[[Smooch], Any]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        call(api)
    assert caught.value.field == field
    assert field in str(caught.value)
    assert sandbox.requests == []
