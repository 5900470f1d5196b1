"""Build and validate v1 request bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, cast
from urllib.parse import quote, unquote

import httpx
from smooch_api import Response
from smooch_api.base import Model
from smooch_api.v1 import models

from .. import _checks, _files, _json, _schema, _webhook_reconciler
from .._json import drop_none
from ..errors import InvalidInput, error_from_unreadable

if TYPE_CHECKING:
    from smooch_api.v1.models import (
        AppUserLink,
        ConversationActivity,
        MessagePost,
    )

    from .config import Settings

M = TypeVar("M", bound=Model)
Role: TypeAlias = Literal["appMaker", "appUser"]
Instant: TypeAlias = float | int | str | datetime
"""Unix seconds, as a number or in digits, or a datetime with a timezone."""

_NOT_OF_TEXT = frozenset({"mediaUrl", "items", "coordinates", "fields"})
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


class BodyBuilder:
    """Builds request bodies, and validates them unless `check` is false.

    They are in wire form, typed as their models, which generated code would only serialize again.
    """

    def __init__(self, *, check: bool) -> None:
        self._check = check

    def build_body(self, model: type[M], data: M | Mapping[str, Any], field: str) -> M:
        """Return `data`, validated against the specification."""
        wire = _schema.to_wire(model, data, field)
        if self._check:
            _validator().validate(model.__name__, wire, field)
        else:
            _json.check_json(wire, field)
        return cast("M", wire)

    def build_link(
        self, channel: str, entity: Mapping[str, Any], *, skip_confirmation: bool, api_version: str
    ) -> AppUserLink:
        """Build the body that links a user to a channel.

        v1 and v1.1 skip the confirmation in different ways.
        """
        if not isinstance(entity, Mapping):
            raise InvalidInput(
                f"entity must be a mapping such as {{'phoneNumber': '+15145550101'}}, got {type(entity).__name__}",
                "entity",
            )
        data = {"type": _checks.check_id(channel, "channel"), **entity}
        if api_version == "v1":
            data.setdefault("skipConfirmation", skip_confirmation)
        elif skip_confirmation:
            data.setdefault("confirmation", {"type": "immediate"})
        return self.build_body(models.AppUserLink, data, "entity")

    def build_message(self, message: str | MessagePost | Mapping[str, Any], *, sent_by_maker: bool) -> MessagePost:
        """Build the body that posts a message; a role in the message itself is kept."""
        role = choose_role(sent_by_maker=sent_by_maker)
        if isinstance(message, str):
            if not message.strip():
                raise InvalidInput("message must not be empty", "message")
            return models.MessagePost(role=role, type_="text", text=_checks.check_text(message, "message"))
        named = message.get("role", role) if isinstance(message, Mapping) else getattr(message, "role", role)
        if sent_by_maker and named != role:
            raise InvalidInput(
                f"message.role is {_checks.redacted_repr(named, 'message.role')}, but sent_by_maker means {role!r}: "
                "leave one out",
                "message.role",
            )
        if isinstance(message, Mapping):
            message = {"role": role, **message}
            if "type" not in message and isinstance(message.get("text"), str) and not message.keys() & _NOT_OF_TEXT:
                message["type"] = "text"
        return self.build_body(models.MessagePost, message, "message")

    def build_activity(
        self, type_: str, *, name: str | None = None, avatar_url: str | None = None
    ) -> ConversationActivity:
        """Build the body that sends an activity.

        Only users read, and only the business's typing is reported to the API.
        """
        role = "appUser" if type_ == "conversation:read" else "appMaker"
        data = {"type": type_, "role": role, **drop_none(name=name, avatarUrl=avatar_url)}
        return self.build_body(models.ConversationActivity, data, "activity")


@cache
def _validator() -> _schema.Validator:
    from smooch_api.v1.schemas import SCHEMAS

    return _schema.Validator(SCHEMAS)


# Conversation


def choose_role(*, sent_by_maker: bool) -> Role:
    """Return the role of a message's author."""
    return "appMaker" if sent_by_maker else "appUser"


def build_page_query(before: Instant | None, after: Instant | None) -> dict[str, str]:
    """Return the query of a page of messages, which has one end at most."""
    if before is not None and after is not None:
        raise InvalidInput("before and after exclude each other: pass one of them", "before")
    return {name: _format_seconds(value, name) for name, value in drop_none(before=before, after=after).items()}


def is_seconds(text: object) -> bool:
    """Whether a text is an instant in Unix seconds."""
    return isinstance(text, str) and _SECONDS.fullmatch(text) is not None


def _format_seconds(value: Instant, field: str) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidInput(f"{field} needs a timezone, got {value}", field)
        value = value.timestamp()
    text = value if isinstance(value, str) else _format_number(value)
    if not is_seconds(text):
        redacted = _checks.redacted_repr(value, field)
        raise InvalidInput(f"{field} must be Unix seconds or a datetime, got {redacted}", field)
    return text


def _format_number(value: object) -> str:
    """Return a number without exponent, as the API reads it; "" for a value that is not an instant."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        return ""
    text = str(int(value)) if isinstance(value, int) else repr(float(value))
    return f"{value:f}" if "e" in text else text


# Webhooks


def build_webhook_options(
    prefix: str, include_client: bool | None, include_full_app_user: bool | None
) -> _webhook_reconciler.Options:
    """Return the delivery options of a webhook that are not None; only v1.1 has them."""
    options = drop_none(includeClient=include_client, includeFullAppUser=include_full_app_user)
    if options and prefix == "/v1":
        field = "include_client" if "includeClient" in options else "include_full_app_user"
        raise InvalidInput(f"{field} needs api_version v1.1: deliveries of v1 cannot be chosen", field)
    return options


def list_hooks(response: Response[Any], prefix: str) -> list[_webhook_reconciler.Hook]:
    """Return the webhooks of v1 and v1.1 in the form that the reconciler takes.

    Raises:
        UnreadableResponse: the triggers of a webhook are not strings.
    """
    hooks = [
        _webhook_reconciler.read_hook(
            response,
            id=item.get("_id"),
            target=item.get("target"),
            triggers=item.get("triggers"),
            secret=item.get("secret"),
            options={name: bool(item.get(name)) for name in ("includeClient", "includeFullAppUser")},
            # The shape of deliveries is that of the version which made the webhook, for good.
            is_outdated=item.get("version") == "v1" and prefix != "/v1",
        )
        for item in response.json()["webhooks"]
        if isinstance(item, dict) and item.get("version") != "v2"
    ]
    return [hook for hook in hooks if hook is not None]


# Calls of any path


def check_endpoint(endpoint: str, settings: Settings) -> str:
    """Return a path of the API, or an absolute URL of this API.

    Other URLs are refused, so that no token is sent to another server.
    """
    redacted = _checks.redacted_repr(endpoint, "endpoint")
    if not isinstance(endpoint, str) or not endpoint.strip("/"):
        raise InvalidInput(f"endpoint must be a path such as appusers/b6518, got {redacted}", "endpoint")
    path = _checks.check_text(endpoint, "endpoint").partition("?")[0]
    if "://" in path and not endpoint.startswith(f"{str(settings.version_url).rstrip('/')}/"):
        raise InvalidInput(f"endpoint must be below {settings.version_url}, got {redacted}", "endpoint")
    if path.startswith("//") or {".", ".."} & {unquote(part) for part in path.split("/")}:
        raise InvalidInput(f"endpoint must not begin with // or hold the parts . or .., got {redacted}", "endpoint")
    for character in {"#", "\\"} & set(endpoint if "#" in endpoint else path):
        escaped = quote(character)
        raise InvalidInput(
            f"endpoint must not hold {character}, got {redacted}: write {escaped} if it is part of an id", "endpoint"
        )
    return endpoint


def build_request_options(method: str, endpoint: str, data: Any, files: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the options of httpx for a call of any path."""
    if not isinstance(method, str) or method.upper() not in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        redacted = _checks.redacted_repr(method, "method")
        raise InvalidInput(f"method must be get, head, post, put, patch or delete, got {redacted}", "method")
    if files:
        if data and not isinstance(data, Mapping):
            raise InvalidInput(f"data must be a mapping of form fields, got {type(data).__name__}", "data")
        return {"data": data or None, "files": _files.check_parts(files)}
    if method.upper() in ("GET", "HEAD", "DELETE"):
        return {"params": _build_query(endpoint, data)} if data else {}
    if data is None:
        return {}
    _json.check_json(data, "data")
    return {"json": data}


@contextmanager
def map_build_errors() -> Iterator[None]:
    """Raise InvalidInput for what httpx cannot build a request from."""
    try:
        yield
    except InvalidInput:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"no request can be built from data and files: {type(error).__name__}", "data") from None


def _build_query(endpoint: str, data: Any) -> httpx.QueryParams:
    # httpx would replace the query that the URL may have already.
    try:
        return httpx.QueryParams(endpoint.partition("?")[2]).merge(data)
    except (TypeError, ValueError, AttributeError):
        raise InvalidInput(f"data must be a mapping of query parameters, got {type(data).__name__}", "data") from None


def build_response(response: httpx.Response) -> Response[Any]:
    """Return the response of any path, with its JSON as `parsed`."""
    try:
        parsed = json.loads(response.content) if response.content else None
    except (ValueError, RecursionError) as error:
        raise error_from_unreadable(response, error) from error
    return Response(response.status_code, response.content, response.headers, parsed, response.url)
