"""One interface to v1, v1.1 and v2 for the commands; values are JSON objects as the API sends them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from .. import v2
    from ..v1 import Smooch

JSON: TypeAlias = dict[str, Any]


class ClassicAccount:
    """API v1 and v1.1."""

    def __init__(self, api: Smooch) -> None:
        self.api = api

    def get_user(self, user_id: str) -> JSON:
        """GET /appusers/{userId}."""
        return self.api.get_user(user_id).parsed.app_user.to_dict()

    def create_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON:
        """POST /appusers."""
        response = self.api.precreate_user(
            user_id,
            given_name=profile.get("givenName"),
            surname=profile.get("surname"),
            email=profile.get("email"),
            properties=metadata or None,
        )
        return response.parsed.app_user.to_dict()

    def update_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON:
        """PUT /appusers/{userId}."""
        changes = {**profile, **({"properties": metadata} if metadata else {})}
        return self.api.update_user(user_id, changes).parsed.app_user.to_dict()

    def delete_user(self, user_id: str) -> None:
        """DELETE /appusers/{userId}."""
        self.api.delete_user(user_id)

    def send_text(self, user_id: str, text: str, *, as_business: bool) -> JSON:
        """POST /appusers/{userId}/messages."""
        return self.api.post_message(user_id, text, as_business).parsed.message.to_dict()

    def send_file(self, user_id: str, file: Path, *, as_business: bool) -> JSON:
        """Upload a file and post it."""
        return self.api.post_media(user_id, file, as_business).parsed.message.to_dict()

    def latest_messages(self, user_id: str, limit: int) -> list[JSON]:
        """Return the newest messages, oldest first."""
        return [message.to_dict() for message in islice(self.api.iter_messages(user_id), limit)][::-1]

    def message_history(self, user_id: str, after: Mapping[str, JSON]) -> Iterator[tuple[str, JSON]]:
        """Yield all messages, oldest first, with "" for the one conversation of a v1 user."""
        last = after.get("", {})
        # `after` is exclusive, and messages may share an instant: read the last instant again.
        start = max(0.0, last.get("received", 0.0) - 0.001)
        is_new = not last
        for message in self.api.iter_messages(user_id, after=start):
            wire = message.to_dict()
            if is_new or wire["received"] > last["received"]:
                is_new = True
                yield "", wire
            elif wire["_id"] == last["_id"]:
                is_new = True

    def list_webhooks(self, integration_id: str) -> list[JSON]:
        """GET /webhooks."""
        return list(self.api.get_webhooks().json()["webhooks"])

    def ensure_webhook(self, target: str, triggers: Sequence[str], integration_id: str) -> JSON:
        """Ensure that one webhook delivers the triggers to the target."""
        webhook_id, secret = self.api.ensure_webhook_exist(triggers, target)
        return {"_id": webhook_id, "target": target, "triggers": list(triggers), "secret": secret}

    def delete_webhook(self, webhook_id: str, integration_id: str) -> None:
        """DELETE /webhooks/{webhookId}."""
        self.api.delete_webhook(webhook_id)


class V2Account:
    """API v2."""

    def __init__(self, api: v2.Smooch) -> None:
        self.api = api

    def get_user(self, user_id: str) -> JSON:
        """GET /v2/apps/{appId}/users/{userIdOrExternalId}."""
        return self.api.users.get(user_id).to_dict()

    def create_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON:
        """POST /v2/apps/{appId}/users."""
        return self.api.users.create(user_id, profile=profile or None, metadata=metadata or None).to_dict()

    def update_user(self, user_id: str, profile: JSON, metadata: JSON) -> JSON:
        """PATCH /v2/apps/{appId}/users/{userIdOrExternalId}."""
        changes: JSON = {name: value for name, value in (("profile", profile), ("metadata", metadata)) if value}
        return self.api.users.update(user_id, changes).to_dict()

    def delete_user(self, user_id: str) -> None:
        """DELETE /v2/apps/{appId}/users/{userIdOrExternalId}."""
        self.api.users.delete(user_id)

    def send_text(self, user_id: str, text: str, *, as_business: bool) -> JSON:
        """Post a text to the user's default conversation."""
        user = self.api.users.get(user_id)
        conversation = self.api.conversations.get_or_create_default(user)
        message = self.api.messages.post_text(conversation.id, text, author="business" if as_business else user)
        return message.to_dict()

    def send_file(self, user_id: str, file: Path, *, as_business: bool) -> JSON:
        """Upload a file and post it to the user's default conversation."""
        user = self.api.users.get(user_id)
        conversation = self.api.conversations.get_or_create_default(user)
        message = self.api.messages.post_media(conversation.id, file, author="business" if as_business else user)
        return message.to_dict()

    def latest_messages(self, user_id: str, limit: int) -> list[JSON]:
        """Return the newest messages of the user's default conversation, oldest first."""
        user = self.api.users.get(user_id)
        for conversation in self.api.conversations.list(user_id=user.id):
            if conversation.is_default:
                newest = self.api.messages.list(conversation.id, limit=limit)
                return [message.to_dict() for message in newest][::-1]
        return []

    def message_history(self, user_id: str, after: Mapping[str, JSON]) -> Iterator[tuple[str, JSON]]:
        """Yield all messages of the user, conversation by conversation, oldest first."""
        user = self.api.users.get(user_id)
        for conversation in self.api.conversations.list(user_id=user.id):
            last = after.get(conversation.id, {}).get("id")
            for message in self.api.messages.list(conversation.id, newest_first=False, after=last):
                yield conversation.id, message.to_dict()

    def list_webhooks(self, integration_id: str) -> list[JSON]:
        """GET /v2/apps/{appId}/integrations/{integrationId}/webhooks."""
        return [webhook.to_dict() for webhook in self.api.webhooks.list(integration_id=integration_id)]

    def ensure_webhook(self, target: str, triggers: Sequence[str], integration_id: str) -> JSON:
        """Ensure that one webhook of the integration delivers the triggers to the target."""
        return self.api.webhooks.ensure(target, triggers, integration_id=integration_id).to_dict()

    def delete_webhook(self, webhook_id: str, integration_id: str) -> None:
        """DELETE /v2/apps/{appId}/integrations/{integrationId}/webhooks/{webhookId}."""
        self.api.webhooks.delete(webhook_id, integration_id=integration_id)


Account: TypeAlias = ClassicAccount | V2Account
