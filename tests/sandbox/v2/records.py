"""Clients of a sandbox for v2, and properties that create the records operations need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from .api import WEBHOOK, Api

if TYPE_CHECKING:
    import httpx

PNG = {"source": ("a.png", b"\x89PNG", "image/png")}
APPLE = {"interactiveDataRef": {"url": "https://a.example", "bid": "b", "key": "k", "signature": "s", "owner": "o"}}
REDIRECT = {"response_type": "code", "redirect_uri": "https://shop.example/back", "state": "s"}


@attrs.frozen
class Records:
    """Clients below the app (`app`; `bot` with the integration key) and the root; each property creates a record."""

    api: Api
    app: httpx.Client
    bot: httpx.Client
    root: httpx.Client
    account: httpx.Client

    @property
    def user(self) -> str:
        return f"/users/{self.api.user()}"

    @property
    def conversation(self) -> str:
        return f"/conversations/{self.api.conversation()}"

    @property
    def second_conversation(self) -> str:
        user = self.api.user()
        self.api.conversation(user)
        return f"/conversations/{self.api.conversation(user)}"

    @property
    def group(self) -> str:
        return f"/conversations/{self.api.group(self.api.user())}"

    @property
    def message(self) -> str:
        conversation = self.api.conversation()
        return f"/conversations/{conversation}/messages/{self.api.post(conversation)['id']}"

    @property
    def media_url(self) -> str:
        return self.app.post("/attachments", params={"access": "public"}, files=PNG).json()["attachment"]["mediaUrl"]

    @property
    def device(self) -> str:
        user = self.user
        body = {"userId": "sdk", "device": {"id": "d" * 24, "platform": "web"}}
        created = self.root.post("/v1.1/init", json=body, headers={"x-note": user}).json()["appUser"]["_id"]
        return f"/users/{created}/devices/{'d' * 24}"

    @property
    def link(self) -> tuple[str, dict[str, Any]]:
        user = self.api.user()
        body = self.api.link_body(user, self.api.integration("twilio"), "prompt", phoneNumber="+1 416-555-0123")
        return f"/users/{user}/clients", body

    @property
    def client(self) -> str:
        path, body = self.link
        return f"{path}/{self.api.create(path, 'client', body)['id']}"

    @property
    def app_key(self) -> str:
        path = f"/v2/apps/{self.api.sandbox.app_id}/keys"
        return f"{path}/{self.account.post(path, json={'displayName': 'k'}).json()['key']['id']}"

    @property
    def integration(self) -> str:
        return f"/integrations/{self.api.integration()}"

    @property
    def integration_key(self) -> str:
        path = f"{self.integration}/keys"
        return f"{path}/{self.api.create(path, 'key', {'displayName': 'k'})['id']}"

    @property
    def webhook(self) -> str:
        path = f"{self.integration}/webhooks"
        return f"{path}/{self.api.create(path, 'webhook', WEBHOOK)['id']}"

    @property
    def switchboard_integration(self) -> str:
        board = self.api.switchboard()
        return f"{board}/switchboardIntegrations/{self.api.switchboard_integration(board, 'bot')}"

    @property
    def controlled(self) -> str:
        self.api.switchboard_integration(self.api.switchboard(), "bot")
        return self.conversation

    @property
    def offered(self) -> str:
        conversation = self.controlled
        self.app.post(f"{conversation}/offerControl", json={"switchboardIntegration": "bot"})
        return conversation

    @property
    def redirect(self) -> dict[str, str]:
        return {**REDIRECT, "client_id": self.api.sandbox.oauth_client_id}

    @property
    def token_request(self) -> dict[str, str]:
        code = self.root.get("/oauth/authorize", params=self.redirect).next_request.url.params["code"]
        sandbox = self.api.sandbox
        client = {"client_id": sandbox.oauth_client_id, "client_secret": sandbox.oauth_client_secret}
        return {"grant_type": "authorization_code", **client, "code": code}

    def synced_user(self) -> str:
        user = self.api.user()
        self.api.sandbox.authenticate_user(user, zendesk_id="35436")
        return "/users/35436/sync"
