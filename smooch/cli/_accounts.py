"""One interface to v1, v1.1 and v2 for the commands; values are JSON objects as the API sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import httpx

JSON = dict[str, Any]


class Account(Protocol):
    """Interface of an API version for the commands."""

    version: str
    url: str

    def get_user(self, user_id: str) -> JSON: ...
    def create_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON: ...
    def update_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON: ...
    def delete_user(self, user_id: str) -> None: ...
    def send_text(self, user_id: str, text: str, *, as_business: bool) -> JSON: ...
    def send_file(self, user_id: str, file: Path, *, as_business: bool) -> JSON: ...
    def latest_messages(self, user_id: str, limit: int) -> list[JSON]: ...
    def message_history(self, user_id: str, after: Mapping[str, JSON]) -> Iterator[tuple[str, JSON]]: ...
    def list_webhooks(self, integration_id: str) -> list[JSON]: ...
    def ensure_webhook(self, target: str, triggers: Sequence[str], integration_id: str) -> JSON: ...
    def delete_webhook(self, webhook_id: str, integration_id: str) -> None: ...
    def call(self, method: str, path: str, data: Any) -> httpx.Response: ...
    def close(self) -> None: ...


class ClassicAccount:
    """API v1 and v1.1."""

    def __init__(self, api: Any, version: str) -> None:
        self._api = api
        self.version = version
        self.url = str(api.raw.get_httpx_client().base_url)

    @classmethod
    def open(cls, **options: Any) -> Self:
        """Connect with the arguments of `smooch.Smooch`."""
        from ..v1 import Smooch

        return cls(Smooch(**options), options["api_version"])

    def get_user(self, user_id: str) -> JSON:
        """GET /appusers/{userId}."""
        return _read_part(self._api.get_user(user_id).json(), "appUser")

    def create_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON:
        """POST /appusers."""
        response = self._api.precreate_user(
            user_id,
            given_name=profile.get("givenName"),
            surname=profile.get("surname"),
            email=profile.get("email"),
            properties=metadata or None,
        )
        return _read_part(response.json(), "appUser")

    def update_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON:
        """PUT /appusers/{userId}."""
        changes = {**profile, **({"properties": metadata} if metadata else {})}
        return _read_part(self._api.update_user(user_id, changes).json(), "appUser")

    def delete_user(self, user_id: str) -> None:
        """DELETE /appusers/{userId}."""
        self._api.delete_user(user_id)

    def send_text(self, user_id: str, text: str, *, as_business: bool) -> JSON:
        """POST /appusers/{userId}/messages."""
        return _read_part(self._api.post_message(user_id, text, as_business).json(), "message")

    def send_file(self, user_id: str, file: Path, *, as_business: bool) -> JSON:
        """Upload a file and post it."""
        return _read_part(self._api.post_media(user_id, file, as_business).json(), "message")

    def latest_messages(self, user_id: str, limit: int) -> list[JSON]:
        """Return the newest messages, oldest first."""
        from itertools import islice

        return [message.to_dict() for message in islice(self._api.iter_messages(user_id), limit)][::-1]

    def message_history(self, user_id: str, after: Mapping[str, JSON]) -> Iterator[tuple[str, JSON]]:
        """Yield all messages, oldest first, with "" for the one conversation of a v1 user."""
        last = after.get("", {})
        # `after` is exclusive, and messages may share an instant: read the last instant again.
        start = max(0.0, last.get("received", 0.0) - 0.001)
        is_new = not last
        for message in self._api.iter_messages(user_id, after=start):
            wire = message.to_dict()
            if is_new or wire["received"] > last["received"]:
                is_new = True
                yield "", wire
            elif wire["_id"] == last["_id"]:
                is_new = True

    def list_webhooks(self, integration_id: str) -> list[JSON]:
        """GET /webhooks."""
        return list(self._api.get_webhooks().json()["webhooks"])

    def ensure_webhook(self, target: str, triggers: Sequence[str], integration_id: str) -> JSON:
        """Ensure that one webhook delivers the triggers to the target."""
        webhook_id, secret = self._api.ensure_webhook_exist(triggers, target)
        return {"_id": webhook_id, "target": target, "triggers": list(triggers), "secret": secret}

    def delete_webhook(self, webhook_id: str, integration_id: str) -> None:
        """DELETE /webhooks/{webhookId}."""
        self._api.delete_webhook(webhook_id)

    def call(self, method: str, path: str, data: Any) -> httpx.Response:
        """Call any path below the version or the app."""
        return _send_request(self._api, method, path, data)

    def close(self) -> None:
        """Close all connections."""
        self._api.close()


class V2Account:
    """API v2."""

    version = "v2"

    def __init__(self, api: Any) -> None:
        self._api = api
        self.url = str(api.raw.get_httpx_client().base_url)

    @classmethod
    def open(cls, **options: Any) -> Self:
        """Connect with the arguments of `smooch.v2.Smooch`."""
        from ..v2 import Smooch

        return cls(Smooch(**options))

    def get_user(self, user_id: str) -> JSON:
        """GET /v2/apps/{appId}/users/{userIdOrExternalId}."""
        return dict(self._api.users.get(user_id).to_dict())

    def create_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON:
        """POST /v2/apps/{appId}/users."""
        return dict(self._api.users.create(user_id, profile=profile or None, metadata=metadata or None).to_dict())

    def update_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON:
        """PATCH /v2/apps/{appId}/users/{userIdOrExternalId}."""
        changes = {name: value for name, value in (("profile", profile), ("metadata", metadata)) if value}
        return dict(self._api.users.update(user_id, changes).to_dict())

    def delete_user(self, user_id: str) -> None:
        """DELETE /v2/apps/{appId}/users/{userIdOrExternalId}."""
        self._api.users.delete(user_id)

    def send_text(self, user_id: str, text: str, *, as_business: bool) -> JSON:
        """Post a text to the user's default conversation."""
        user, conversation = self._get_conversation(user_id)
        author = "business" if as_business else user
        return dict(self._api.messages.post_text(conversation.id, text, author=author).to_dict())

    def send_file(self, user_id: str, file: Path, *, as_business: bool) -> JSON:
        """Upload a file and post it to the user's default conversation."""
        user, conversation = self._get_conversation(user_id)
        author = "business" if as_business else user
        return dict(self._api.messages.post_media(conversation.id, file, author=author).to_dict())

    def latest_messages(self, user_id: str, limit: int) -> list[JSON]:
        """Return the newest messages of the user's default conversation, oldest first."""
        user = self._api.users.get(user_id)
        for conversation in self._api.conversations.list(user_id=user.id):
            if conversation.is_default:
                newest = self._api.messages.list(conversation.id, limit=limit)
                return [message.to_dict() for message in newest][::-1]
        return []

    def message_history(self, user_id: str, after: Mapping[str, JSON]) -> Iterator[tuple[str, JSON]]:
        """Yield all messages of the user, conversation by conversation, oldest first."""
        user = self._api.users.get(user_id)
        for conversation in self._api.conversations.list(user_id=user.id):
            last = after.get(conversation.id, {}).get("id")
            for message in self._api.messages.list(conversation.id, newest_first=False, after=last):
                yield conversation.id, message.to_dict()

    def list_webhooks(self, integration_id: str) -> list[JSON]:
        """GET /v2/apps/{appId}/integrations/{integrationId}/webhooks."""
        return [webhook.to_dict() for webhook in self._api.webhooks.list(integration_id=integration_id)]

    def ensure_webhook(self, target: str, triggers: Sequence[str], integration_id: str) -> JSON:
        """Ensure that one webhook of the integration delivers the triggers to the target."""
        return dict(self._api.webhooks.ensure(target, triggers, integration_id=integration_id).to_dict())

    def delete_webhook(self, webhook_id: str, integration_id: str) -> None:
        """DELETE /v2/apps/{appId}/integrations/{integrationId}/webhooks/{webhookId}."""
        self._api.webhooks.delete(webhook_id, integration_id=integration_id)

    def call(self, method: str, path: str, data: Any) -> httpx.Response:
        """Call any path below `/v2`; `{appId}` stands for the client's app."""
        return _send_request(self._api, method, path, data)

    def close(self) -> None:
        """Close all connections."""
        self._api.close()

    def _get_conversation(self, user_id: str) -> tuple[Any, Any]:
        user = self._api.users.get(user_id)
        return user, self._api.conversations.get_or_create_default(user)


def _read_part(body: Any, name: str) -> JSON:
    return dict(body[name])


def _send_request(api: Any, method: str, path: str, data: Any) -> httpx.Response:
    options = {} if data is None else {"json": data}
    response: httpx.Response = api.raw.get_httpx_client().request(method, path, **options)
    return response
