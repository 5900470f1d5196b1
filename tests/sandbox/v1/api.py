"""Clients of a sandbox's app and account for v1, and properties that create the records operations need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..contract import checked_client

if TYPE_CHECKING:
    import httpx

    from smooch.sandbox import Sandbox

PREFIXES = ["/v1", "/v1.1", "/v1/apps/{app_id}", "/v1.1/apps/{app_id}"]
PNG = {"source": ("a.png", b"\x89PNG", "image/png")}
WEBHOOK = {"target": "https://bot.example/hook", "triggers": ["message:appUser"]}
MENU = {"items": [{"type": "submenu", "text": "More", "items": [{"type": "postback", "text": "A", "payload": "A"}]}]}
TEMPLATE = {"name": "hours", "message": {"role": "appMaker", "type": "text", "text": "Nine to six."}}
MESSAGE_TEMPLATE = {
    "name": "order_sent",
    "category": "ALERT_UPDATE",
    "language": "en_US",
    "components": [{"type": "BODY", "text": "Order {{1}} is on its way."}],
}


class Api:
    """Clients of the app, below one prefix, and of its account; each property creates a record and returns its path."""

    def __init__(self, sandbox: Sandbox, prefix: str) -> None:
        self.app_id = sandbox.app_id
        self.key_id = sandbox.key_id
        self.app = checked_client(sandbox.url + prefix.format(app_id=sandbox.app_id), sandbox.key_id, sandbox.secret)
        version = prefix.split("/")[1]
        self.account = checked_client(f"{sandbox.url}/{version}", sandbox.account_key_id, sandbox.account_secret)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *exception: object) -> None:
        self.app.close()
        self.account.close()

    @property
    def user(self) -> str:
        device = {"id": "d-1", "platform": "web"}
        user_id = self.app.post("/init", json={"userId": "u-1", "device": device}).json()["appUser"]["_id"]
        return f"/appusers/{user_id}"

    @property
    def talking_user(self) -> str:
        user = self.user
        self.app.post(f"{user}/messages", json={"role": "appUser", "type": "text", "text": "Hi"})
        return user

    @property
    def user_on_twilio(self) -> str:
        user, confirmation = self.user, {"type": "immediate"}
        body = {"type": "twilio", "phoneNumber": "+14165550123", "confirmation": confirmation}
        self.app.post(f"{user}/channels", json=body)
        return user

    @property
    def postback_button(self) -> str:
        actions = [{"type": "postback", "text": "Go", "payload": "GO"}]
        body = {"role": "appMaker", "type": "text", "text": "Pick", "actions": actions}
        posted = self.app.post(f"{self.user}/messages", json=body)
        return posted.json()["message"]["actions"][0]["_id"]

    @property
    def message(self) -> str:
        user = self.user
        posted = self.app.post(f"{user}/messages", json={"role": "appMaker", "type": "text", "text": "Hi"})
        return f"{user}/messages/{posted.json()['message']['_id']}"

    def create(self, path: str, name: str, body: dict[str, Any], client: httpx.Client | None = None) -> str:
        return f"{path}/{(client or self.app).post(path, json=body).json()[name]['_id']}"

    @property
    def webhook(self) -> str:
        return self.create("/webhooks", "webhook", WEBHOOK)

    @property
    def template(self) -> str:
        return self.create("/templates", "template", TEMPLATE)

    @property
    def service_account(self) -> str:
        return self.create("/serviceaccounts", "serviceAccount", {"name": "export"}, self.account)

    @property
    def service_account_key(self) -> str:
        return self.create(f"{self.service_account}/keys", "key", {"name": "k"}, self.account)

    @property
    def deployment(self) -> str:
        return self.create("/whatsapp/deployments", "deployment", {"hosting": "smooch"}, self.account)

    @property
    def activated_deployment(self) -> str:
        deployment = self.deployment
        body = {"phoneNumber": "+14165550123", "verifiedNameCertificate": "c", "method": "sms"}
        self.account.post(f"{deployment}/activate", json=body)
        return deployment

    @property
    def deployment_id(self) -> str:
        """Id of a deployment that is registered."""
        deployment = self.activated_deployment
        self.account.post(f"{deployment}/code/confirm", json={"code": "1"})
        return deployment.rpartition("/")[2]

    @property
    def whatsapp(self) -> str:
        body = {"type": "whatsapp", "deploymentId": self.deployment_id}
        return self.create("/integrations", "integration", body)

    @property
    def whatsapp_with_template(self) -> str:
        integration = self.whatsapp
        self.app.post(f"{integration}/messageTemplates", json=MESSAGE_TEMPLATE)
        return integration

    @property
    def integration(self) -> str:
        return self.create("/integrations", "integration", {"type": "telegram", "token": "t"})
