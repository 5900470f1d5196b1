"""WhatsApp deployments of v1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .records import create

if TYPE_CHECKING:
    import httpx

    from smooch.sandbox import Sandbox

ACTIVATE = {"phoneNumber": "+14165550123", "verifiedNameCertificate": "c", "method": "sms"}


def test_deployments_go_from_unregistered_to_integrated_and_back(
    sandbox: Sandbox, account: httpx.Client, client: httpx.Client
) -> None:
    body = {"hosting": "smooch", "callbackUrl": "https://x.example"}
    deployment = create(account, "/whatsapp/deployments", body)
    assert (deployment["status"], len(deployment["callbackSecret"])) == ("unregistered", 40)
    path = f"/whatsapp/deployments/{deployment['_id']}"
    integration = {"type": "whatsapp", "deploymentId": deployment["_id"]}
    assert account.post(f"{path}/code/confirm", json={"code": "1"}).status_code == 409
    assert client.post("/integrations", json=integration).status_code == 400
    assert account.post(f"{path}/activate", json=ACTIVATE).json()["deployment"]["status"] == "pending"
    assert account.post(f"{path}/code/confirm", json={"code": ""}).status_code == 400
    confirmed = account.post(f"{path}/code/confirm", json={"code": "408212"}).json()["deployment"]
    assert (confirmed["status"], confirmed["phoneNumber"]) == ("registered", "+14165550123")
    created = create(client, "/integrations", integration)
    used = account.get(path).json()["deployment"]
    assert (used["status"], used["integrationId"], used["appId"]) == ("integrated", created["_id"], sandbox.app_id)
    assert account.delete(path).status_code == 409
    assert account.post(f"{path}/activate", json=ACTIVATE).status_code == 409
    client.delete(f"/integrations/{created['_id']}")
    assert account.get(path).json()["deployment"]["status"] == "registered"
    assert account.delete(path).json() == {}
    assert account.get(path).status_code == 404
    assert account.get("/whatsapp/deployments").json() == {"deployments": []}


def test_self_hosting_needs_a_url_and_hides_the_password(account: httpx.Client) -> None:
    assert account.post("/whatsapp/deployments", json={"hosting": "self"}).status_code == 400
    body = {"hosting": "self", "baseUrl": "https://wa.example", "username": "admin", "password": "s3cret"}
    deployment = create(account, "/whatsapp/deployments", body)
    assert deployment["baseUrl"] == "https://wa.example"
    assert "password" not in deployment
