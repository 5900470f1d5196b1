"""A client of a sandbox's app for v2, with methods that create the records tests need."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    import httpx

    from smooch.sandbox import Sandbox

BUSINESS = {"type": "business"}
TEXT = {"type": "text", "text": "Hi"}
WEBHOOK = {"target": "https://bot.example/hook", "triggers": ["conversation:message"]}


def error(response: httpx.Response) -> tuple[int, str]:
    """Status and code of an error response that holds one error."""
    (only,) = response.json()["errors"]
    return response.status_code, only["code"]


@attrs.frozen(eq=False)
class Api:
    sandbox: Sandbox
    client: httpx.Client
    _numbers: itertools.count[int] = attrs.Factory(itertools.count)

    def create(self, path: str, name: str, body: Any = None) -> Any:
        response = self.client.post(path, json=body)
        assert response.status_code == 201, response.text
        return response.json()[name]

    def user(self, **fields: Any) -> str:
        return self.create("/users", "user", {"externalId": f"u-{next(self._numbers)}", **fields})["id"]

    def conversation(self, *user_ids: str, **fields: Any) -> str:
        users = user_ids or (self.user(),)
        body = {"type": "personal", "participants": [{"userId": each} for each in users], **fields}
        return self.create("/conversations", "conversation", body)["id"]

    def group(self, *user_ids: str) -> str:
        participants = [{"userId": each, "subscribeSDKClient": False} for each in user_ids]
        return self.create("/conversations", "conversation", {"type": "sdkGroup", "participants": participants})["id"]

    def post(self, conversation_id: str, content: Any = TEXT, author: Any = BUSINESS, **fields: Any) -> Any:
        body = {"author": author, "content": content, **fields}
        (message,) = self.create(f"/conversations/{conversation_id}/messages", "messages", body)
        return message

    def integration(self, type_: str = "custom", **fields: Any) -> str:
        required = {"custom": {"webhooks": [WEBHOOK]}, "telegram": {"token": "t"}}
        required["twilio"] = {"accountSid": "AC1", "authToken": "t", "phoneNumberSid": "PN1"}
        body = {"type": type_, **required.get(type_, {}), **fields}
        return self.create("/integrations", "integration", body)["id"]

    def link_body(
        self,
        user: str,
        twilio: str,
        confirmation: str = "immediate",
        *,
        conversation: str | None = None,
        **criteria: Any,
    ) -> dict[str, Any]:
        """The body that links a phone to a user, by default in a new conversation."""
        return {
            "matchCriteria": {"type": "twilio", "integrationId": twilio, "phoneNumber": "+14165550123", **criteria},
            "confirmation": {"type": confirmation},
            "target": {"conversationId": conversation or self.conversation(user)},
        }

    def link(self, user: str, twilio: str, *confirmation: str, **options: Any) -> dict[str, Any]:
        body = self.link_body(user, twilio, *confirmation, **options)
        client: dict[str, Any] = self.create(f"/users/{user}/clients", "client", body)
        return client

    def switchboard(self) -> str:
        return f"/switchboards/{self.create('/switchboards', 'switchboard')['id']}"

    def switchboard_integration(self, board: str, name: str, **fields: Any) -> str:
        body = {"name": name, **(fields or {"integrationId": self.integration()})}
        return self.create(f"{board}/switchboardIntegrations", "switchboardIntegration", body)["id"]
