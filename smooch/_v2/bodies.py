"""Build and validate v2 request bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, TypeVar, cast, get_args

from smooch_api import UNSET, Unset
from smooch_api.base import Model
from smooch_api.v2 import models

from .. import _checks, _json, _schema, _webhook_reconciler
from .._json import drop_none
from ..errors import InvalidInput, error_from_invalid_response
from . import paging
from .triggers import check_triggers

if TYPE_CHECKING:
    from smooch_api import Response
    from smooch_api.v2 import dicts

    from .._webhook_reconciler import Options

MAX_JSON = 102_400
"""Maximum size of a JSON body, in bytes: 100 kB."""

MAX_METADATA = 4096
"""Maximum size of metadata, in bytes of JSON: 4 kB."""

RENAMED = {
    "_id": "id",
    "userId": "externalId",
    "properties": "metadata",
    "role": "author",
    "name": "displayName",
    "includeClient": "includeFullSource",
    "includeFullAppUser": "includeFullUser",
}
"""Fields of API v1 that v2 calls otherwise."""

_PLAIN = (str, int, float, bytes, bytearray, type(None))

M = TypeVar("M", bound=Model)
T = TypeVar("T")
Wire: TypeAlias = Mapping[str, Any]
Metadata: TypeAlias = Mapping[str, str | float | bool]
"""Flat mapping of strings, numbers and booleans; at most 4 kB of JSON."""

AuthorLike: TypeAlias = "Literal['business'] | models.User | models.AuthorPost | dicts.AuthorPost | dicts.PlainDict"
"""The business, a user as the API returned it, or an author in detail."""

MessageLike: TypeAlias = "str | models.MessagePost | models.Content | dicts.MessagePost | dicts.Content | Wire"
"""A text, the content of a message, or a whole message."""

ConversionChannel: TypeAlias = Literal["messenger", "instagram", "whatsapp"]
"""A channel of Meta."""


class MessageOptions(TypedDict, total=False):
    """Options of a message of any type."""

    author: AuthorLike
    """`business` by default."""
    metadata: Metadata | None
    destination: models.Destination | dicts.Destination | dicts.PlainDict | None
    """The one channel to send to."""
    override: models.MessageOverride | dicts.MessageOverride | dicts.PlainDict | None
    """Bodies that single channels get instead of the message, in their own format."""
    schema: str | None
    """`whatsapp` if the content is in WhatsApp's own format."""
    block_chat_input: bool | None
    """Whether the chat input is blocked while this is the latest message."""


class BodyBuilder:
    """Builds request bodies, and validates them unless `check` is false.

    They are in wire form, typed as their models, which generated code would only serialize again.
    """

    def __init__(self, *, check: bool) -> None:
        self._check = check

    def build_body(self, model: type[M], data: object, field: str) -> M:
        """Return `data`, validated against the specification and the API's limits."""
        return cast("M", self._validate(model.__name__, _schema.to_wire(model, data, field), field))

    def build_update(self, model: type[M], data: object, field: str, **fields: Any) -> M:
        """Return an update as a model: `data`, or the fields that are not UNSET.

        Errors call these fields `field`.
        """
        named = {name: value for name, value in fields.items() if value is not UNSET}
        if data is not None and named:
            raise InvalidInput("pass either data or the fields to change, not both", "data")
        if data is None and not named:
            raise InvalidInput("nothing to change: pass data, or fields as keyword arguments", "data")
        return self.build_body(model, named, field) if data is None else self.build_body(model, data, "data")

    def _validate(self, name: str, data: Wire, field: str) -> Any:
        wire = to_plain(data, field)
        if self._check:
            _validator().validate(name, wire, field, max_json=MAX_JSON)
        else:
            _json.check_json(wire, field)
        return wire

    def build_user(
        self,
        external_id: str | None,
        profile: models.Profile | Wire | None,
        metadata: Metadata | None,
        signed_up_at: str | datetime | None,
        to_be_retained: bool | None,
        brand_id: str | None,
    ) -> models.UserCreate:
        """Build the body that creates a user."""
        data = drop_none(
            externalId=None if external_id is None else _checks.check_id(external_id, "external_id"),
            profile=profile,
            metadata=metadata,
            signedUpAt=_format_time(signed_up_at, "signed_up_at"),
            toBeRetained=to_be_retained,
            brandId=brand_id,
        )
        return self.build_body(models.UserCreate, data, "user")

    def build_user_update(
        self,
        data: models.UserUpdate | Wire | None,
        profile: models.Profile | Wire | Unset,
        metadata: Metadata | Unset | None,
        signed_up_at: str | datetime | Unset,
        to_be_retained: bool | Unset,
    ) -> models.UserUpdate:
        """Build the body that updates a user."""
        return self.build_update(
            models.UserUpdate,
            data,
            "user",
            profile=profile,
            metadata=metadata,
            signedUpAt=_format_time(signed_up_at, "signed_up_at"),
            toBeRetained=to_be_retained,
        )

    def build_client(
        self,
        match_criteria: models.MatchCriteria | Wire,
        conversation_id: str,
        confirmation: str | models.ClientConfirmation | Wire,
    ) -> models.ClientCreate:
        """Build the body that adds a client (a channel) to a user."""
        data = {
            "matchCriteria": match_criteria,
            "confirmation": {"type": confirmation} if isinstance(confirmation, str) else confirmation,
            "target": {"conversationId": conversation_id},
        }
        return self.build_body(models.ClientCreate, data, "client")

    def build_conversation(
        self,
        type_: str,
        user_id: str | None,
        user_external_id: str | None,
        participants: Iterable[models.ParticipantCreate | Wire] | None,
        **fields: Any,
    ) -> models.ConversationCreate:
        """Build the body that creates a conversation with one user, or with the participants given."""
        if user_id is not None or user_external_id is not None:
            if participants is not None:
                raise InvalidInput("pass either the id of one user or participants, not both", "participants")
            participants = [exactly_one_id(user_id=user_id, user_external_id=user_external_id)]
        elif participants is None and type_ == "personal":
            raise InvalidInput("a personal conversation needs user_id, user_external_id or participants", "user_id")
        data = drop_none(type=type_, participants=participants, **fields)
        return self.build_body(models.ConversationCreate, data, "conversation")

    def build_conversion_events(
        self, channel: ConversionChannel, events: Iterable[Wire] | Wire
    ) -> models.ConversionEventsPost:
        """Build the body that reports events to a channel of Meta.

        `events` is a list, or a mapping that holds the list as `data`.
        """
        if channel not in get_args(ConversionChannel):
            allowed = ", ".join(get_args(ConversionChannel))
            raise InvalidInput(
                f"channel must be one of {allowed}, got {_checks.redacted_repr(channel, 'channel')}", "channel"
            )
        payload = events if isinstance(events, Mapping) else {"data": events}
        return self.build_body(models.ConversionEventsPost, {channel: {"payload": payload}}, "events")

    def build_message(self, message: MessageLike, options: MessageOptions) -> models.MessagePost:
        """Build the body that posts a message; message and options must not contradict each other."""
        for name in options.keys() - MessageOptions.__annotations__.keys():
            known = ", ".join(MessageOptions.__annotations__)
            raise TypeError(f"unknown message option {name!r}: pass any of {known}")
        extra = drop_none(**options)
        data = _message_to_wire(message)
        if (blocks := extra.pop("block_chat_input", None)) is not None:
            content = _schema.to_wire(Model, data["content"], "message.content", "Content")
            data["content"] = _merge(content, {"blockChatInput": blocks}, "message.content")
        if "author" in extra:
            extra["author"] = build_author(extra["author"])
        elif "author" not in data:
            extra["author"] = build_author("business")
        return self.build_body(models.MessagePost, _merge(data, extra, "message"), "message")

    def build_activity(self, type_: str, who: AuthorLike) -> models.ActivityPost:
        """Build the body that sends an activity."""
        return self.build_body(models.ActivityPost, {"type": type_, "author": build_author(who)}, "activity")

    def build_integration(self, data: models.IntegrationCreate | Wire) -> models.IntegrationCreate:
        """Build the body that creates an integration of any type."""
        wire = _schema.to_wire(Model, data, "data", "IntegrationCreate")
        return cast("models.IntegrationCreate", self._validate("IntegrationCreate", wire, "data"))

    def build_integration_update(self, data: models.IntegrationUpdate | Wire) -> models.IntegrationUpdate:
        """Build the body that updates an integration."""
        wire = _schema.to_wire(Model, data, "data", "IntegrationUpdate")
        kind = type(data).__name__
        # Wire form does not say the type of the integration, the class of a model does.
        name = kind if kind.endswith("IntegrationUpdate") else "IntegrationUpdate"
        return cast("models.IntegrationUpdate", self._validate(name, wire, "data"))

    def build_webhook(self, target: object, triggers: object, options: Options) -> models.WebhookCreate:
        """Build the body that creates a webhook."""
        names = check_triggers(triggers, "triggers", check=self._check)
        data = {"target": _checks.check_target(target), "triggers": names, **options}
        return self.build_body(models.WebhookCreate, data, "webhook")

    def build_webhook_update(
        self,
        data: models.WebhookUpdate | Wire | None,
        target: str | Unset = UNSET,
        triggers: str | Iterable[str] | Unset = UNSET,
        include_full_user: bool | Unset = UNSET,
        include_full_source: bool | Unset = UNSET,
    ) -> models.WebhookUpdate:
        """Build the body that updates a webhook."""
        changes = self.build_update(
            models.WebhookUpdate,
            data,
            "webhook",
            target=target if target is UNSET else _checks.check_target(target),
            triggers=triggers if triggers is UNSET else check_triggers(triggers, "triggers", check=self._check),
            includeFullUser=include_full_user,
            includeFullSource=include_full_source,
        )
        if self._check and data is not None:
            wire = cast("Wire", changes)
            if "target" in wire:
                _checks.check_target(wire["target"], "data.target")
            if "triggers" in wire:
                check_triggers(wire["triggers"], "data.triggers", check=True)
        return changes


@cache
def _validator() -> _schema.Validator:
    from smooch_api.v2.schemas import SCHEMAS

    return _schema.Validator(SCHEMAS, limits={"Metadata": MAX_METADATA}, closed=True, renamed=RENAMED)


def require_app_id(app_id: str | None) -> str:
    """Return the id of the client's app; refuse a client that was made for none."""
    if app_id is None:
        raise InvalidInput("this call needs an app: pass app_id=… to the client", "app_id")
    return app_id


def none_as_unset(value: str | None, field: str) -> str | Unset:
    """Return an optional parameter, checked, or UNSET for None."""
    return UNSET if value is None else _checks.check_id(value, field)


def to_plain(value: Any, field: str) -> Any:
    """Return a value that may hold models as plain dicts and lists."""
    try:
        return _convert_to_plain(value)
    except RecursionError:
        raise _json.nesting_error(field) from None


def _convert_to_plain(value: Any, *, of_model: bool = False) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Model):
        return _convert_to_plain(value.to_dict(), of_model=True)
    if isinstance(value, _schema.OBJECT):
        of_model = of_model or isinstance(value, _schema.ModelDict)
        plain = {key: _convert_to_plain(item, of_model=of_model) for key, item in value.items()}
        return _schema.ModelDict(plain) if of_model else plain
    if isinstance(value, Iterable):
        return [_convert_to_plain(item, of_model=of_model) for item in value]
    return value


# Users and clients


def _format_time(value: Any, field: str) -> Any:
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise InvalidInput(f"{field} needs a timezone, got {value}", field)
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def build_user_filter(email: str) -> models.UserListFilter:
    """Build the filter for users who have an email address."""
    if not isinstance(email, str) or not email.strip():
        raise InvalidInput(f"email must be an email address, got {_checks.redacted_repr(email, 'email')}", "email")
    return models.UserListFilter.from_dict({"identities.email": _checks.check_text(email, "email")})


# Conversations


def exactly_one_id(**ids: str | None) -> dict[str, str]:
    """Return the one id that is not None, under its wire name; errors name the first of them."""
    named = {name: _checks.check_id(value, name) for name, value in ids.items() if value is not None}
    if len(named) != 1:
        raise InvalidInput(f"pass exactly one of {', '.join(ids)}, got {len(named)}", next(iter(ids)))
    return {_WIRE_IDS[name]: value for name, value in named.items()}


_WIRE_IDS = {"user_id": "userId", "user_external_id": "userExternalId", "participant_id": "participantId"}


def build_conversation_filter(user_id: str | None, user_external_id: str | None) -> models.ConversationListFilter:
    """Build the filter for the conversations of one user."""
    ids = exactly_one_id(user_id=user_id, user_external_id=user_external_id)
    return models.ConversationListFilter.from_dict(ids)


# Messages


def build_content(type_: str, **fields: Any) -> dict[str, Any]:
    """Return the content of a message in wire form, without the fields that are None."""
    return {"type": type_, **drop_none(**fields)}


def build_text(**fields: Any) -> dict[str, Any]:
    """Return the content of a text message; an empty text is refused."""
    text = fields.get("text")
    if isinstance(text, str) and not text.strip():
        raise InvalidInput("text must not be empty", "text")
    return build_content("text", **fields)


def build_location(lat: float, long: float, name: str | None, address: str | None) -> dict[str, Any]:
    """Return the content of a location message."""
    place = drop_none(name=name, address=address)
    return build_content("location", coordinates={"lat": lat, "long": long}, location=place or None)


def build_media(url: str, *, is_image: bool, **fields: Any) -> dict[str, Any]:
    """Return the content of a message with an uploaded image or file."""
    if fields.get("actions") is not None and not is_image:
        raise InvalidInput("only images can have actions, other files cannot", "actions")
    return build_content("image" if is_image else "file", mediaUrl=url, **fields)


def _message_to_wire(message: MessageLike) -> dict[str, Any]:
    if isinstance(message, str):
        return {"content": build_text(text=message)}
    if not isinstance(message, Mapping | models.MessagePost) and not isinstance(message, models.Content):
        received = "; pass its content" if isinstance(message, models.Message) else ""
        raise InvalidInput(
            "message must be a text, a content such as TextMessage, a MessagePost or a mapping in wire form, "
            f"got {type(message).__name__}{received}",
            "message",
        )
    if isinstance(message, models.MessagePost):
        return cast("dict[str, Any]", to_plain(message, "message"))
    wire = _schema.to_wire(Model, message, "message")
    return wire if "content" in wire else {"content": wire}


def _merge(wire: dict[str, Any], extra: dict[str, Any], field: str) -> dict[str, Any]:
    for name, value in extra.items():
        if name in wire and to_plain(wire[name], field) != to_plain(value, field):
            raise InvalidInput(
                f"{field}.{name} is given twice, with different values: leave one out", f"{field}.{name}"
            )
    return type(wire)({**wire, **extra})


def get_last_message(response: Response[models.MessagePostResponse]) -> models.Message:
    """Return the last message of a response.

    A text with a template in shorthand becomes several messages.
    """
    messages = paging.drop_unreadable(response.parsed.messages)
    if not messages:
        raise error_from_invalid_response(response, "it contains no message", method="POST")
    return messages[-1]


def build_author(who: AuthorLike) -> dict[str, Any]:
    """Return the author of a message or an activity in wire form."""
    if isinstance(who, models.User):
        return {"type": "user", "userId": who.id}
    if isinstance(who, models.AuthorPost | Mapping):
        return cast("dict[str, Any]", to_plain(who, "author"))
    if who != "business":
        raise InvalidInput(
            "author must be 'business', a User, an AuthorPost or a mapping such as "
            f"{{'type': 'user', 'userExternalId': 'b6518'}}, got {_checks.redacted_repr(who, 'author')}",
            "author",
        )
    return {"type": "business"}


# Integrations and webhooks


def build_integration_filter(types: str | Iterable[str]) -> models.IntegrationListFilter:
    """Build the filter for integrations of some types, or of all."""
    if isinstance(types, Mapping | bytes) or not isinstance(types, Iterable):
        raise InvalidInput(
            f"types must be a type or a list of them, got {_checks.redacted_repr(types, 'types')}", "types"
        )
    names = [_checks.check_id(name, "types") for name in ([types] if isinstance(types, str) else types)]
    return models.IntegrationListFilter.from_dict({"types": ",".join(names)} if names else {})


def build_webhook_options(include_full_user: bool | None, include_full_source: bool | None) -> Options:
    """Return the delivery options of a webhook that are not None."""
    return drop_none(includeFullUser=include_full_user, includeFullSource=include_full_source)


def list_hooks(response: Response[models.WebhookListResponse]) -> list[_webhook_reconciler.Hook]:
    """Return the webhooks of version v2 in the form that the reconciler takes.

    Others receive no triggers of v2.

    Raises:
        UnreadableResponse: the triggers of a webhook are not strings.
    """
    hooks = [
        _webhook_reconciler.read_hook(
            response,
            id=webhook.id,
            target=webhook.target,
            triggers=webhook.triggers,
            secret=webhook.secret,
            options=build_webhook_options(bool(webhook.include_full_user), bool(webhook.include_full_source)),
            source=webhook,
        )
        for webhook in paging.drop_unreadable(response.parsed.webhooks)
        if webhook.version in (UNSET, "v2")
    ]
    return [hook for hook in hooks if hook is not None]
