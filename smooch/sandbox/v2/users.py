"""Users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ANY_KEY
from .._errors import not_found
from ..store import users
from . import _metadata, serialize
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import JsonObject, User

_PROFILE = {
    "givenName": "given_name",
    "surname": "surname",
    "email": "email",
    "avatarUrl": "avatar_url",
    "locale": "locale",
}


@registry.handles("createUser", ANY_KEY)
def create_user(call: Call) -> JsonObject:
    """POST /v2/apps/{appId}/users."""
    metadata = _metadata.merge(None, call.body, "User")
    user = users.create(call.app, external_id=call.body.get("externalId"), brand_id=call.body.get("brandId"))
    user.properties = metadata or {}
    _update(user, call.body)
    return {"user": serialize.user(user)}


@registry.handles("listUsers", ANY_KEY)
def list_users(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/users."""
    email, brand_id = call.query["filter"]["identities.email"], call.query.get("brandId")
    matching = [
        user
        for user in call.app.users.values()
        if _has_email(user, email) and (brand_id is None or user.brand_id == brand_id)
    ]
    return {"users": [serialize.user(user) for user in matching]}


@registry.handles("getUser", ANY_KEY)
def get_user(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/users/{userId}."""
    return {"user": serialize.user(call.user)}


@registry.handles("updateUser", ANY_KEY)
def update_user(call: Call) -> JsonObject:
    """PATCH /v2/apps/{appId}/users/{userId}."""
    user = call.user
    user.properties = _metadata.merge(user.properties, call.body, "User") or {}
    _update(user, call.body)
    return {"user": serialize.user(user)}


@registry.handles("deleteUser", ANY_KEY)
def delete_user(call: Call) -> None:
    """DELETE /v2/apps/{appId}/users/{userId}."""
    users.delete(call.app, call.user)


@registry.handles("deleteUserPersonalInformation", ANY_KEY)
def delete_user_personal_information(call: Call) -> JsonObject:
    """DELETE /v2/apps/{appId}/users/{userId}/personalinformation."""
    user = call.user
    users.delete_personal_information(user)
    return {"user": serialize.user(user)}


@registry.handles("syncUser", ANY_KEY, without_body=True)
def sync_user(call: Call) -> JsonObject:
    """Merge with the surviving user; otherwise do nothing, since there is no Zendesk Support."""
    app, zendesk_id = call.app, call.params["zendeskId"]
    user = app.find_user_by_zendesk_id(zendesk_id)
    if user is None:
        raise not_found("User")
    surviving_id = call.body.get("survivingZendeskId", zendesk_id)
    surviving = app.find_user_by_zendesk_id(surviving_id)
    if surviving is None:
        user.zendesk_id = surviving_id
        users.record_update(app, user)
        return {"user": serialize.user(user)}
    if surviving is not user:
        users.merge(app, surviving, user)
    return {"user": serialize.user(surviving)}


def _update(user: User, body: JsonObject) -> None:
    for name, attribute in _PROFILE.items():
        if name in body.get("profile", {}):
            setattr(user, attribute, body["profile"][name])
    user.signed_up = body.get("signedUpAt", user.signed_up)
    user.to_be_retained = body.get("toBeRetained", user.to_be_retained)


def _has_email(user: User, email: str) -> bool:
    return any(each["type"] == "email" and each["value"].lower() == email.lower() for each in user.identities)
