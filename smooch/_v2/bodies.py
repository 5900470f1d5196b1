"""From what callers of v2 pass to what the API takes: checked, and never changed behind their backs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, TypeVar, cast, get_args

import httpx
from smooch_api import UNSET, File, Unset
from smooch_api.base import Model
from smooch_api.v2 import models

from .. import _bodies, _schema, _webhook_plan
from ..errors import InvalidInput, unreadable
from . import paging

if TYPE_CHECKING:
    from smooch_api import Response

    from .._files import Upload
    from .._webhook_plan import Options
    from . import config

MAX_JSON = 102_400
"""Bytes that a JSON body may have: 100 kB."""

MAX_METADATA = 4096
"""Bytes of JSON that metadata may have: 4 kB."""

_PLAIN = (str, int, float, bytes, bytearray, type(None))

M = TypeVar("M", bound=Model)
Wire: TypeAlias = Mapping[str, Any]
Metadata: TypeAlias = Mapping[str, str | float | bool]
"""Flat: texts, numbers and truth values; 4 kB of JSON at most."""

AuthorLike: TypeAlias = "Literal['business'] | models.User | models.AuthorPost | Wire"
"""The business; a user as it came from the API; or anybody, in detail."""

MessageLike: TypeAlias = "str | models.MessagePost | models.Content | Wire"
"""A text; the content of a message; or a whole message."""

ConversionChannel: TypeAlias = Literal["messenger", "instagram", "whatsapp"]
"""A channel of Meta."""


class MessageOptions(TypedDict, total=False):
    """What can be said of a message of any type."""

    author: AuthorLike
    """`business`, unless told."""
    metadata: Metadata | None
    destination: models.Destination | Wire | None
    """One channel to send to."""
    override: models.MessageOverride | Wire | None
    """What to send in place of the message on some channels, in their own form."""
    schema: str | None
    """`whatsapp` when the content is in the form of WhatsApp."""
    block_chat_input: bool | None
    """Whether the user can write nothing while this is the latest message."""


def body(model: type[M], data: object, field: str) -> M:
    """`data` as a model, checked against the specification and the API's limits."""
    wire = _checked(model.__name__, _bodies.wire_form(model, data, field), field)
    return data if isinstance(data, model) else model.from_dict(wire)


def update(model: type[M], data: object, field: str, **fields: Any) -> M:
    """Return an update as a model: `data`, or the fields that are not UNSET; `field` is what errors call those."""
    named = {name: value for name, value in fields.items() if value is not UNSET}
    if data is not None and named:
        raise InvalidInput("pass either data or the fields to change, not both", "data")
    if data is None and not named:
        raise InvalidInput("nothing to change: pass data, or fields as keyword arguments", "data")
    return body(model, named, field) if data is None else body(model, data, "data")


def _checked(name: str, data: Wire, field: str) -> dict[str, Any]:
    wire = plain(data, field)
    _checker().check(name, wire, field, max_json=MAX_JSON)
    return cast("dict[str, Any]", wire)


@cache
def _checker() -> _schema.Checker:
    from smooch_api.v2.schemas import SCHEMAS

    return _schema.Checker(SCHEMAS, limits={"Metadata": MAX_METADATA})


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are there."""
    return {name: value for name, value in fields.items() if value is not None}


def optional(value: str | None, field: str) -> str | Unset:
    """A parameter that may be left out."""
    return UNSET if value is None else _bodies.check_id(value, field)


def plain(value: Any, field: str) -> Any:
    """What may hold models, in wire form."""
    try:
        return _plain(value)
    except RecursionError:
        raise _schema.too_deep(field) from None


def _plain(value: Any) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Model):
        return _plain(value.to_dict())
    if isinstance(value, _schema.OBJECT):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return value


# Users and clients


def user_create(
    external_id: str | None,
    profile: models.Profile | Wire | None,
    metadata: Metadata | None,
    signed_up_at: str | datetime | None,
    to_be_retained: bool | None,
    brand_id: str | None,
) -> models.UserCreate:
    """A new user, of what is known."""
    data = given(
        externalId=None if external_id is None else _bodies.check_id(external_id, "external_id"),
        profile=profile,
        metadata=metadata,
        signedUpAt=_time(signed_up_at, "signed_up_at"),
        toBeRetained=to_be_retained,
        brandId=brand_id,
    )
    return body(models.UserCreate, data, "user")


def user_update(
    data: models.UserUpdate | Wire | None,
    profile: models.Profile | Wire | Unset,
    metadata: Metadata | Unset | None,
    signed_up_at: str | datetime | Unset,
    to_be_retained: bool | Unset,
) -> models.UserUpdate:
    """Return what changes in a user."""
    return update(
        models.UserUpdate,
        data,
        "user",
        profile=profile,
        metadata=metadata,
        signedUpAt=_time(signed_up_at, "signed_up_at"),
        toBeRetained=to_be_retained,
    )


def _time(value: Any, field: str) -> Any:
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise InvalidInput(f"{field} has no timezone: which instant is {value}?", field)
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user_filter(email: str) -> models.UserListFilter:
    """Who has this address."""
    if not isinstance(email, str) or not email.strip():
        raise InvalidInput(f"email must be an address, not {_schema.shown(email, 'email')}", "email")
    return models.UserListFilter.from_dict({"identities.email": _bodies.check_text(email, "email")})


def client_create(
    match_criteria: models.MatchCriteria | Wire,
    conversation_id: str,
    confirmation: str | models.ClientConfirmation | Wire,
) -> models.ClientCreate:
    """A channel to reach a user on."""
    data = {
        "matchCriteria": match_criteria,
        "confirmation": {"type": confirmation} if isinstance(confirmation, str) else confirmation,
        "target": {"conversationId": conversation_id},
    }
    return body(models.ClientCreate, data, "client")


# Conversations


def one_of(field: str, **ids: str | None) -> dict[str, str]:
    """The one id that is given; `field` is what the error names."""
    named = {name: _bodies.check_id(value, name) for name, value in ids.items() if value is not None}
    if len(named) != 1:
        raise InvalidInput(f"give exactly one of {', '.join(ids)}, not {len(named)}", field)
    return {_WIRE_IDS[name]: value for name, value in named.items()}


_WIRE_IDS = {"user_id": "userId", "user_external_id": "userExternalId", "participant_id": "participantId"}


def conversation_filter(user_id: str | None, user_external_id: str | None) -> models.ConversationListFilter:
    """Whose conversations."""
    ids = one_of("user_id", user_id=user_id, user_external_id=user_external_id)
    return models.ConversationListFilter.from_dict(ids)


def conversation_create(
    type_: str,
    user_id: str | None,
    user_external_id: str | None,
    participants: Iterable[models.ParticipantCreate | Wire] | None,
    **fields: Any,
) -> models.ConversationCreate:
    """A new conversation with one user, or with those listed."""
    if user_id is not None or user_external_id is not None:
        if participants is not None:
            raise InvalidInput("give either the id of one user or participants", "participants")
        participants = [one_of("user_id", user_id=user_id, user_external_id=user_external_id)]
    elif participants is None and type_ == "personal":
        raise InvalidInput("with whom? give user_id, user_external_id or participants", "user_id")
    data = given(type=type_, participants=participants, **fields)
    return body(models.ConversationCreate, data, "conversation")


def conversion_events(channel: ConversionChannel, events: Iterable[Wire] | Wire) -> models.ConversionEventsPost:
    """What a user did, for a channel of Meta: the events, or the whole object that holds them as `data`."""
    if channel not in get_args(ConversionChannel):
        allowed = ", ".join(get_args(ConversionChannel))
        raise InvalidInput(f"channel must be one of {allowed}, not {_schema.shown(channel, 'channel')}", "channel")
    payload = events if isinstance(events, Mapping) else {"data": events}
    return body(models.ConversionEventsPost, {channel: {"payload": payload}}, "events")


# Messages


def content(type_: str, **fields: Any) -> dict[str, Any]:
    """The content of a message: always an object, with what is given."""
    return {"type": type_, **given(**fields)}


def text_content(**fields: Any) -> dict[str, Any]:
    """The content of a text."""
    text = fields.get("text")
    if isinstance(text, str) and not text.strip():
        raise InvalidInput("text must not be empty", "text")
    return content("text", **fields)


def location_content(lat: float, long: float, name: str | None, address: str | None) -> dict[str, Any]:
    """The content of a place."""
    place = given(name=name, address=address)
    return content("location", coordinates={"lat": lat, "long": long}, location=place or None)


def media_content(url: str, *, is_image: bool, **fields: Any) -> dict[str, Any]:
    """The content of a message with an image or another file."""
    if fields.get("actions") is not None and not is_image:
        raise InvalidInput("of uploaded files only images can have actions", "actions")
    return content("image" if is_image else "file", mediaUrl=url, **fields)


def message_post(message: MessageLike, options: MessageOptions) -> models.MessagePost:
    """A message as the API takes it; what it says itself and what the options say must agree."""
    for name in options.keys() - MessageOptions.__annotations__.keys():
        raise TypeError(f"a message has no option {name!r}")
    extra = given(**options)
    data = _message(message)
    if (blocks := extra.pop("block_chat_input", None)) is not None:
        content = _bodies.wire_form(Model, data["content"], "message.content", "Content")
        data["content"] = _joined(content, {"blockChatInput": blocks}, "message.content")
    if "author" in extra:
        extra["author"] = author(extra["author"])
    elif "author" not in data:
        extra["author"] = author("business")
    return body(models.MessagePost, _joined(data, extra, "message"), "message")


def _message(message: MessageLike) -> dict[str, Any]:
    if isinstance(message, str):
        return {"content": text_content(text=message)}
    if not isinstance(message, Mapping | models.MessagePost) and not isinstance(message, models.Content):
        received = "; what a message says is its content" if isinstance(message, models.Message) else ""
        raise InvalidInput(
            "message must be a text, a content such as TextMessage, a MessagePost or a mapping in wire form, "
            f"not {type(message).__name__}{received}",
            "message",
        )
    wire = _bodies.wire_form(Model, message, "message")
    return wire if "content" in wire else {"content": wire}


def _joined(wire: dict[str, Any], extra: dict[str, Any], field: str) -> dict[str, Any]:
    for name, value in extra.items():
        if name in wire and plain(wire[name], field) != plain(value, field):
            raise InvalidInput(f"{field}.{name} is given twice, and not the same: leave one out", f"{field}.{name}")
    return {**wire, **extra}


def last_message(answer: Response[models.MessagePostResponse], settings: config.Settings, path: str) -> models.Message:
    """The message that was posted to a path; of several the last, since those before it are text around a template."""
    found = paging.records(answer.parsed.messages)
    if not found:
        request = httpx.Request("POST", settings.join(path))
        response = httpx.Response(answer.status_code, content=answer.content, request=request)
        raise unreadable(response, ValueError("there is no message in it"))
    return found[-1]


def author(who: AuthorLike) -> dict[str, Any]:
    """Who speaks or acts."""
    if isinstance(who, models.User):
        return {"type": "user", "userId": who.id}
    if isinstance(who, models.AuthorPost | Mapping):
        return cast("dict[str, Any]", plain(who, "author"))
    if who != "business":
        raise InvalidInput(
            "author must be 'business', a User, an AuthorPost or a mapping such as "
            f"{{'type': 'user', 'userExternalId': 'b6518'}}, not {_schema.shown(who, 'author')}",
            "author",
        )
    return {"type": "business"}


def activity(type_: str, who: AuthorLike) -> models.ActivityPost:
    """Something that somebody does."""
    return body(models.ActivityPost, {"type": type_, "author": author(who)}, "activity")


def attachment_upload(upload: Upload) -> models.AttachmentUpload:
    """A file to be sent later."""
    source = File(payload=upload.content, file_name=upload.name, mime_type=upload.mime_type)
    return models.AttachmentUpload(source=source)


# Integrations and webhooks


def integration_create(data: models.IntegrationCreate | Wire) -> models.IntegrationCreate:
    """A new integration, of whatever type."""
    from smooch_api.v2.unions import read_integration_create

    wire = _checked("IntegrationCreate", _bodies.wire_form(Model, data, "data", "IntegrationCreate"), "data")
    return data if isinstance(data, Model) else read_integration_create(wire)


def integration_update(data: models.IntegrationUpdate | Wire) -> models.IntegrationUpdate:
    """What changes in an integration."""
    from smooch_api.v2.unions import read_integration_update

    wire = _bodies.wire_form(Model, data, "data", "IntegrationUpdate")
    kind = type(data).__name__
    # Wire form does not tell the type of the integration, a class does.
    wire = _checked(kind if kind.endswith("IntegrationUpdate") else "IntegrationUpdate", wire, "data")
    return data if isinstance(data, Model) else read_integration_update(wire)


def integration_filter(types: str | Iterable[str]) -> models.IntegrationListFilter:
    """Integrations of some types, or all of them."""
    if isinstance(types, Mapping | bytes) or not isinstance(types, Iterable):
        raise InvalidInput(f"types must be a type or a list of them, not {_schema.shown(types, 'types')}", "types")
    names = [_bodies.check_id(name, "types") for name in ([types] if isinstance(types, str) else types)]
    return models.IntegrationListFilter.from_dict({"types": ",".join(names)} if names else {})


def webhook_options(include_full_user: bool | None, include_full_source: bool | None) -> Options:
    """What is said of how a webhook's deliveries look."""
    return given(includeFullUser=include_full_user, includeFullSource=include_full_source)


def webhook_create(target: str, triggers: tuple[str, ...], options: Options) -> models.WebhookCreate:
    """A new webhook."""
    return body(models.WebhookCreate, {"target": target, "triggers": triggers, **options}, "webhook")


def webhook_changes(
    data: models.WebhookUpdate | Wire | None,
    target: str | Unset,
    triggers: str | Iterable[str] | Unset,
    include_full_user: bool | Unset,
    include_full_source: bool | Unset,
) -> models.WebhookUpdate:
    """Return what changes in a webhook."""
    changes = update(
        models.WebhookUpdate,
        data,
        "webhook",
        target=target if target is UNSET else _webhook_plan.check_target(target),
        triggers=triggers if triggers is UNSET else check_triggers(triggers, "triggers"),
        includeFullUser=include_full_user,
        includeFullSource=include_full_source,
    )
    if not isinstance(changes.target, Unset):
        _webhook_plan.check_target(changes.target, "data.target")
    if not isinstance(changes.triggers, Unset):
        check_triggers(changes.triggers, "data.triggers")
    return changes


def webhook_update(target: str, triggers: tuple[str, ...], options: Options) -> models.WebhookUpdate:
    """A webhook's new target and triggers."""
    return body(models.WebhookUpdate, {"target": target, "triggers": triggers, **options}, "webhook")


def webhooks_by_id(answer: models.WebhookListResponse) -> dict[str, models.Webhook]:
    """The webhooks that v2 events go to; those of the other versions carry none of v2's triggers."""
    found = paging.records(answer.webhooks)
    return {webhook.id: webhook for webhook in found if webhook.version in (UNSET, "v2")}


def hook(webhook: models.Webhook) -> _webhook_plan.Hook:
    """A webhook as the plan sees it."""
    options = webhook_options(bool(webhook.include_full_user), bool(webhook.include_full_source))
    return _webhook_plan.Hook(webhook.id, webhook.target, tuple(webhook.triggers), webhook.secret or "", options)


def check_triggers(triggers: object, field: str) -> tuple[str, ...]:
    """One trigger or several, none of them `*`, which is v1's."""
    names = _webhook_plan.check_triggers(triggers, field)
    if "*" in names:
        raise InvalidInput("v2 has no trigger '*': name each one", field)
    return names
