# Derived from tests/_async/v2/test_users.py by scripts/unasync.py; edit that file.
"""Users: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v2 import models
from support.scripted_server import ScriptedServer, answer, script

from smooch.errors import Conflict, InvalidInput, NotFound
from smooch.v2 import Smooch

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .calls import Call, Refusal
    from .conftest import Keys

BIG = {"note": "x" * 4086}
"""One byte above the limit, as JSON."""
APP = "5d8cff3cd55b040010928b5b"


def loop() -> models.UserUpdate:
    update = models.UserUpdate()
    update["again"] = update
    return update


CALLS: dict[str, Call] = {
    "create": (
        lambda api: api.users.create(
            "u-77",
            profile=models.Profile(given_name="Ana"),
            metadata={"tier": "gold"},
            signed_up_at="2020-05-21T15:53:30.197Z",
            to_be_retained=True,
            brand_id="94",
        ),
        "createUser POST /users",
        {
            "externalId": "u-77",
            "profile": {"givenName": "Ana"},
            "metadata": {"tier": "gold"},
            "signedUpAt": "2020-05-21T15:53:30.197Z",
            "toBeRetained": True,
            "brandId": "94",
        },
        models.User,
    ),
    "create, nothing known": (lambda api: api.users.create(), "createUser POST /users", {}, models.User),
    "get": (
        lambda api: api.users.get("u/77", brand_id="94"),
        "getUser GET /users/u/77?brandId=94",
        None,
        models.User,
    ),
    "get_or_create": (
        lambda api: api.users.get_or_create("u-77", profile={"surname": "Roy"}),
        "createUser POST /users",
        {"externalId": "u-77", "profile": {"surname": "Roy"}},
        models.User,
    ),
    "find_by_email": (
        lambda api: api.users.find_by_email("sue+a@example.org", brand_id="94"),
        "listUsers GET /users?filter[identities.email]=sue+a@example.org&brandId=94",
        None,
        [models.User],
    ),
    "update": (
        lambda api: api.users.update("u-77", {"profile": {"givenName": None}, "metadata": None}),
        "updateUser PATCH /users/u-77",
        {"profile": {"givenName": None}, "metadata": None},
        models.User,
    ),
    "update, by keywords": (
        lambda api: api.users.update(
            "u-77",
            profile={"givenName": None},
            metadata=None,
            signed_up_at=datetime(2020, 5, 21, 15, 53, 30, 197_000, UTC),
            to_be_retained=False,
            brand_id="94",
        ),
        "updateUser PATCH /users/u-77?brandId=94",
        {
            "profile": {"givenName": None},
            "metadata": None,
            "signedUpAt": "2020-05-21T15:53:30.197Z",
            "toBeRetained": False,
        },
        models.User,
    ),
    "update, typed": (
        lambda api: api.users.update("u-77", models.UserUpdate(to_be_retained=True)),
        "updateUser PATCH /users/u-77",
        {"toBeRetained": True},
        models.User,
    ),
    "delete": (lambda api: api.users.delete("u-77"), "deleteUser DELETE /users/u-77", None, None),
    "delete_personal_information": (
        lambda api: api.users.delete_personal_information("u-77"),
        "deleteUserPersonalInformation DELETE /users/u-77/personalinformation",
        None,
        models.User,
    ),
    "sync": (
        lambda api: api.users.sync("35436", surviving_zendesk_id="35437"),
        "syncUser POST /users/35436/sync",
        {"survivingZendeskId": "35437"},
        models.User,
    ),
}


REFUSED: dict[str, Refusal] = {
    "a model that contains itself": (lambda api: api.users.update("u", loop()), "data", "contains itself"),
    "Python's name in a mapping": (
        lambda api: api.users.create(profile={"given_name": "Ana"}),
        "user.profile.given_name",
        "is not a field: did you mean givenName?",
    ),
    "an id that is a path": (lambda api: api.users.create(".."), "external_id", "must not be '..'"),
    "a change given twice": (
        lambda api: api.users.update("u", {"metadata": {"a": 1}}, metadata={"a": 2}),
        "data",
        "pass either data or the fields to change, not both",
    ),
    "a field of v1": (
        lambda api: api.users.update("u", {"properties": {"a": 1}}),
        "data.properties",
        "is not a field: did you mean metadata?",
    ),
    "a field of the profile beside it": (
        lambda api: api.users.update("u", {"givenName": "Ana"}),
        "data.givenName",
        "is not a field: did you mean profile.givenName?",
    ),
    "a misspelt field": (
        lambda api: api.users.create(profile={"givenNam": "Ana"}),
        "user.profile.givenNam",
        "is not a field: did you mean givenName?",
    ),
    "a field that nobody knows": (
        lambda api: api.users.update("u", {"colour": "red"}),
        "data.colour",
        "is not a field: the fields are metadata, profile, signedUpAt, toBeRetained",
    ),
    "no change": (lambda api: api.users.update("u"), "data", "nothing to change"),
    "a change of what is no profile": (
        lambda api: api.users.update("u", profile="Ana"),
        "user.profile",
        "must be an object",
    ),
    "a change to a time without zone": (
        lambda api: api.users.update("u", signed_up_at=datetime(2026, 3, 2)),  # noqa: DTZ001
        "signed_up_at",
        "needs a timezone",
    ),
    "a time that is none": (
        lambda api: api.users.create(signed_up_at="yesterday"),
        "user.signedUpAt",
        "must be a time in ISO 8601 with its zone, such as 2026-03-02T08:15:30.120Z, got 'yesterday'",
    ),
    "a time without zone": (
        lambda api: api.users.create(signed_up_at=datetime(2026, 3, 2)),  # noqa: DTZ001
        "signed_up_at",
        "needs a timezone",
    ),
    "a time without zone in a change": (
        lambda api: api.users.update("u", {"signedUpAt": "2026-03-02T08:15:30"}),
        "data.signedUpAt",
        "must be a time",
    ),
    "large metadata of a user": (lambda api: api.users.create(metadata=BIG), "user.metadata", "takes 4,096 bytes"),
    "no id": (lambda api: api.users.get(None), "user_id", "must be a non-empty string"),
}


def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    user = api.users.create("b6518", profile={"givenName": "Ana"}, metadata={"tier": "gold"})
    assert (api.users.get("b6518")) == (api.users.get(user.id)) == user
    assert api.users.get_or_create("b6518") == user
    changed = api.users.update(user.id, models.UserUpdate(profile=models.Profile(surname="Roy")))
    assert isinstance(changed.profile, models.Profile)
    assert (changed.profile.given_name, changed.profile.surname) == ("Ana", "Roy")

    assert api.users.find_by_email("ana@example.org") == []
    sandbox.authenticate_user("b6518", email="ana@example.org", zendesk_id="35436")
    assert [one.id for one in api.users.find_by_email("ana@example.org")] == [user.id]
    assert (api.users.sync("35436")).id == user.id

    erased = api.users.delete_personal_information(user.id)
    assert (erased.id, erased.metadata or {}) == (user.id, {})
    api.users.delete("b6518")
    with pytest.raises(NotFound):
        api.users.get("b6518")


def test_get_or_create_creates_a_user_once_and_then_returns_it_unchanged(api: Smooch) -> None:
    created = api.users.get_or_create("u-77", profile={"givenName": "Ana"})
    existing = api.users.get_or_create("u-77", profile={"givenName": "Eva"})
    assert existing.id == created.id
    assert isinstance(existing.profile, models.Profile)
    assert existing.profile.given_name == "Ana"
    with pytest.raises(Conflict):
        api.users.create("u-77")


def test_get_or_create_refuses_an_external_id_that_is_the_id_of_another_user() -> None:
    other = {"user": {"id": "u-77", "externalId": "b6518"}}
    with ScriptedServer(
        script(answer(409, {"errors": [{"code": "conflict", "title": "Taken"}]}), answer(200, other))
    ) as server:
        with Smooch("app_5a", "secret", APP, base_url=server.url) as api:
            with pytest.raises(Conflict, match="Taken"):
                api.users.get_or_create("u-77")
        assert [request.method for request in server.requests] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (datetime(2026, 3, 2, 10, 15, 30, 120_999, timezone(timedelta(hours=2))), "2026-03-02T08:15:30.120Z"),
        (datetime(2026, 3, 2, tzinfo=UTC), "2026-03-02T00:00:00.000Z"),
        ("2026-03-02T08:15:30+02:00", "2026-03-02T08:15:30+02:00"),
    ],
)
def test_datetimes_are_sent_in_utc_and_texts_unchanged(
    api: Smooch, sandbox: Sandbox, given: Any, sent: str
) -> None:
    user = api.users.create("u-77", signed_up_at=given)
    assert sandbox.requests[-1].json["signedUpAt"] == user.signed_up_at == sent
    api.users.update("u-77", {"signedUpAt": sent})


@pytest.mark.parametrize("email", ["", " ", None, 5])
def test_find_by_email_needs_an_email(api: Smooch, email: Any) -> None:
    with pytest.raises(InvalidInput, match="email"):
        api.users.find_by_email(email)
