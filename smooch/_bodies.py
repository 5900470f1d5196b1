"""From what callers pass to what the API takes: checked, and never changed behind their backs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar, cast

import httpx
from smooch_api import Response
from smooch_api.v1 import models

from . import _schema
from .errors import InvalidInput, unreadable

if TYPE_CHECKING:
    from smooch_api import File
    from smooch_api.v1.models import (
        AppUserLink,
        AppUserPreCreate,
        AppUserUpdate,
        AttachmentRemove,
        AttachmentUpload,
        ConversationActivity,
        ImageUpload,
        InitRequest,
        MessagePost,
        WebhookCreate,
        WebhookUpdate,
    )

    from ._http import Settings


Role: TypeAlias = Literal["appMaker", "appUser"]


class Model(Protocol):
    """A generated model."""

    def to_dict(self) -> dict[str, Any]:
        """In wire form."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Any:
        """From wire form."""


M = TypeVar("M", bound=Model)


def check_id(value: object, field: str) -> str:
    """Refuse what cannot be an id, or would point to another path."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{field} must be a non-empty string, not {_schema.shown(value, field)}", field)
    if value in (".", ".."):
        raise InvalidInput(f"{field} must not be {value!r}: as a part of a path that means another path", field)
    return check_text(value, field)


def check_text(value: str, field: str) -> str:
    """Refuse a text that has no UTF-8."""
    if _schema.is_broken(value):
        raise InvalidInput(
            f"{field} holds half of a surrogate pair, which no request can carry: {_schema.shown(value, field)}", field
        )
    return value


def body(model: type[M], data: M | Mapping[str, Any], field: str) -> M:
    """`data` as a model, checked against the specification."""
    wire = wire_form(model, data, field)
    _checker().check(model.__name__, wire, field)
    return data if isinstance(data, model) else cast("M", model.from_dict(wire))


@cache
def _checker() -> _schema.Checker:
    from smooch_api.v1.schemas import SCHEMAS

    return _schema.Checker(SCHEMAS)


def wire_form(model: type[Model], data: object, field: str, name: str | None = None) -> dict[str, Any]:
    """`data`, a model or a mapping, as it will be sent; `name` is what errors call the model."""
    if isinstance(data, model):
        try:
            return data.to_dict()
        except RecursionError:
            raise _schema.too_deep(field) from None
    if isinstance(data, Mapping):
        return dict(data)
    raise InvalidInput(f"{field} must be a mapping or {name or model.__name__}, not {type(data).__name__}", field)


def author(*, sent_by_maker: bool) -> Role:
    """Who is speaking."""
    return "appMaker" if sent_by_maker else "appUser"


def message_post(message: str | MessagePost | Mapping[str, Any], *, sent_by_maker: bool) -> MessagePost:
    """A message as the API takes it; a role that the message names itself is kept."""
    role = author(sent_by_maker=sent_by_maker)
    if isinstance(message, str):
        if not message.strip():
            raise InvalidInput("message must not be empty", "message")
        return models.MessagePost(role=role, type_="text", text=check_text(message, "message"))
    named = message.get("role", role) if isinstance(message, Mapping) else getattr(message, "role", role)
    if sent_by_maker and named != role:
        raise InvalidInput(
            f"message.role is {named!r}, but sent_by_maker says {role!r}: give one of them", "message.role"
        )
    if isinstance(message, Mapping):
        message = {"role": role, **message}
        if "type" not in message and isinstance(message.get("text"), str) and not message.keys() & _NOT_OF_TEXT:
            message["type"] = "text"
    return body(models.MessagePost, message, "message")


_NOT_OF_TEXT = frozenset({"mediaUrl", "items", "coordinates", "fields"})


def init_request(data: Mapping[str, Any]) -> InitRequest:
    """A user and the device it writes from."""
    return body(models.InitRequest, data, "init")


def profile(
    user_id: str,
    given_name: str | None,
    surname: str | None,
    email: str | None,
    signed_up_at: str | None,
    properties: Mapping[str, Any] | None,
) -> AppUserPreCreate:
    """A new user's profile, of what is known."""
    known = {
        "userId": user_id,
        "givenName": given_name,
        "surname": surname,
        "email": email,
        "signedUpAt": signed_up_at,
        "properties": properties,
    }
    return body(models.AppUserPreCreate, {name: value for name, value in known.items() if value is not None}, "profile")


def user_update(data: AppUserUpdate | Mapping[str, Any]) -> AppUserUpdate:
    """What changes in a user's profile."""
    return body(models.AppUserUpdate, data, "data")


def image_upload(source: File, role: Role) -> ImageUpload:
    """An image as a message."""
    return models.ImageUpload(source=source, role=role)


def attachment_upload(source: File) -> AttachmentUpload:
    """A file to be sent later."""
    return models.AttachmentUpload(source=source)


def attachment_remove(media_url: str) -> AttachmentRemove:
    """A file that nobody needs any more."""
    return models.AttachmentRemove(media_url=media_url)


def activity(type_: str, **author: str | None) -> ConversationActivity:
    """An activity by whoever it can come from: only users read, only the business's typing is told to the API."""
    role = "appUser" if type_ == "conversation:read" else "appMaker"
    data = {"type": type_, "role": role, **{key: value for key, value in author.items() if value is not None}}
    return body(models.ConversationActivity, data, "activity")


def link(channel: str, entity: Mapping[str, Any], *, skip_confirmation: bool, api_version: str) -> AppUserLink:
    """A channel and what identifies the user there; how to skip the confirmation depends on the API's version."""
    if not isinstance(entity, Mapping):
        raise InvalidInput(
            f"entity must be a mapping such as {{'phoneNumber': '+15145550101'}}, not {type(entity).__name__}", "entity"
        )
    data = {"type": check_id(channel, "channel"), **entity}
    if api_version == "v1":
        data.setdefault("skipConfirmation", skip_confirmation)
    elif skip_confirmation:
        data.setdefault("confirmation", {"type": "immediate"})
    return body(models.AppUserLink, data, "entity")


def webhook_create(target: str, triggers: tuple[str, ...]) -> WebhookCreate:
    """A new webhook."""
    return models.WebhookCreate(target=target, triggers=list(triggers))


def webhook_update(target: str, triggers: tuple[str, ...]) -> WebhookUpdate:
    """A webhook's new target and triggers."""
    return models.WebhookUpdate(target=target, triggers=list(triggers))


def instants(before: Instant | None, after: Instant | None) -> dict[str, str]:
    """One end of a page of messages."""
    if before is not None and after is not None:
        raise InvalidInput("before and after exclude each other: give one of them", "before")
    given = {"before": before, "after": after}
    return {name: _seconds(value, name) for name, value in given.items() if value is not None}


Instant: TypeAlias = float | int | str | datetime
"""Unix seconds, as a number or in digits, or a datetime with a timezone."""


_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


def _seconds(value: Instant, field: str) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidInput(f"{field} has no timezone: which instant is {value}?", field)
        value = value.timestamp()
    text = value if isinstance(value, str) else _digits(value)
    if not _SECONDS.fullmatch(text):
        raise InvalidInput(f"{field} must be Unix seconds or a datetime, not {_schema.shown(value, field)}", field)
    return text


def _digits(value: object) -> str:
    """A number as the API reads it, without an exponent; nothing for what is no instant."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        return ""
    text = str(int(value)) if isinstance(value, int) else repr(float(value))
    return f"{value:f}" if "e" in text else text


def check_endpoint(endpoint: str, settings: Settings) -> str:
    """A path of the API; an absolute address only if it is one of this API."""
    if not isinstance(endpoint, str) or not endpoint.strip("/"):
        shown = _schema.shown(endpoint, "endpoint")
        raise InvalidInput(f"endpoint must be a path such as appusers/b6518, not {shown}", "endpoint")
    path = check_text(endpoint, "endpoint").partition("?")[0]
    if "://" in path and not endpoint.startswith(f"{str(settings.version_url).rstrip('/')}/"):
        raise InvalidInput(f"{endpoint} is not an address of {settings.version_url}", "endpoint")
    if path.startswith("//") or {".", ".."} & set(path.split("/")):
        raise InvalidInput(
            f"endpoint must not begin with // or hold . or .. as a part, as {endpoint!r} does", "endpoint"
        )
    if "#" in endpoint:
        raise InvalidInput(
            f"endpoint must not hold #, as {endpoint!r} does: write %23 if it is part of an id", "endpoint"
        )
    return endpoint


def plain_request(method: str, endpoint: str, data: Any, files: Mapping[str, Any] | None) -> dict[str, Any]:
    """What httpx takes for a call of any path."""
    if not isinstance(method, str) or method.upper() not in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        shown = _schema.shown(method, "method")
        raise InvalidInput(f"method must be get, head, post, put, patch or delete, not {shown}", "method")
    if files:
        return {"data": data or None, "files": files}
    if method.upper() in ("GET", "HEAD", "DELETE"):
        # httpx would have these in place of the query that the address may have already.
        return {"params": httpx.QueryParams(endpoint.partition("?")[2]).merge(data)} if data else {}
    if data is None:
        return {}
    _schema.check_json(data, "data")
    return {"json": data}


def plain_response(response: httpx.Response) -> Response[Any]:
    """An answer of any path; its plain JSON is what is parsed."""
    try:
        parsed = json.loads(response.content) if response.content else None
    except (ValueError, RecursionError) as error:
        raise unreadable(response, error) from error
    return Response(status_code=response.status_code, content=response.content, headers=response.headers, parsed=parsed)
