"""Every field that the specification allows in a body is stored, or the body is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..bodies import JsonObject, additions, bodies, body_component, hidden, lost
from ..contract import SPEC
from .api import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smooch.sandbox import Sandbox

VERSIONS = {"v1": "/v1", "v1.1": "/v1.1/apps/{app_id}"}
NOT_IN_RESPONSE = hidden(SPEC) | {
    "_id",  # the server's to give
    "destination",  # for the delivery, as are the next two
    "override",
    "messageSchema",
    "message",  # of a message: in the format of the channel, where it is not stored
}

# path, and name of the record in the response
APP: dict[str, tuple[Callable[[Api], str], str]] = {
    "preCreateAppUser": (lambda api: "/appusers", "appUser"),
    "updateAppUser": (lambda api: api.user, "appUser"),
    "updateDevice": (lambda api: f"{api.user}/devices/d-1", "device"),
    "createWebhook": (lambda api: "/webhooks", "webhook"),
    "updateWebhook": (lambda api: api.webhook, "webhook"),
    "createIntegration": (lambda api: "/integrations", "integration"),
    "updateIntegration": (lambda api: api.integration, "integration"),
    "createMessageTemplate": (lambda api: f"{api.whatsapp}/messageTemplates", "messageTemplate"),
    "updateIntegrationProfile": (lambda api: f"{api.whatsapp}/profile", "profile"),
    "createIntegrationMenu": (lambda api: f"{api.integration}/menu", "menu"),
    "updateIntegrationMenu": (lambda api: f"{api.integration}/menu", "menu"),
    "updateMenu": (lambda api: "/menu", "menu"),
    "createTemplate": (lambda api: "/templates", "template"),
    "updateTemplate": (lambda api: api.template, "template"),
}
ACCOUNT: dict[str, tuple[Callable[[Api], str], str]] = {
    "createApp": (lambda api: "/apps", "app"),
    "updateApp": (lambda api: f"/apps/{api.app_id}", "app"),
    "createSecretKey": (lambda api: f"/apps/{api.app_id}/keys", "key"),
    "createServiceAccount": (lambda api: "/serviceaccounts", "serviceAccount"),
    "updateServiceAccount": (lambda api: api.service_account, "serviceAccount"),
    "createServiceAccountKey": (lambda api: f"{api.service_account}/keys", "key"),
    "createDeployment": (lambda api: "/whatsapp/deployments", "deployment"),
}
ACTIONS = {
    *("initAppUser", "mergeUsers", "linkAppUser", "registerPushToken", "postEvent", "conversationActivity"),
    *("postPostback", "removeAttachment", "activatePhoneNumber", "confirmCode", "postNotification"),
}
"""Operations whose bodies are instructions, not records."""


@pytest.fixture
def api(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Api]:
    with Api(sandbox, VERSIONS[request.param]) as api:
        yield api


def test_every_body_is_tested_or_an_action() -> None:
    json = {name for name, each in SPEC.operations.items() if each.media_type == "application/json"}
    assert json - ACTIONS == APP.keys() | ACCOUNT.keys() | {"postMessage", "postConversationMessage"}


@pytest.mark.parametrize(
    ("api", "operation_id", "body"),
    [
        pytest.param(version, operation_id, body, id=f"{version}-{operation_id}-{index}")
        for version in VERSIONS
        for operation_id in APP | ACCOUNT
        for index, body in enumerate(bodies(SPEC, body_component(SPEC, operation_id), version))
    ],
    indirect=["api"],
)
def test_a_read_shows_every_field(api: Api, operation_id: str, body: JsonObject) -> None:
    find_path, name = (APP | ACCOUNT)[operation_id]
    client = api.app if operation_id in APP else api.account
    if "deploymentId" in body:
        body = {**body, "deploymentId": api.deployment_id}
    path, method = find_path(api), SPEC.operations[operation_id].method
    response = client.request(method, path, json=body)
    assert response.status_code in (200, 201), response.text
    stored = response.json().get(name) or client.get(path).json()[name]
    assert [path for path in lost(body, stored) if path.split(".")[-1] not in NOT_IN_RESPONSE] == []


@pytest.mark.parametrize(
    ("api", "body"),
    [
        pytest.param(version, body, id=f"{version}-{field}-{index}")
        for version in VERSIONS
        for index, (field, body) in enumerate(additions(SPEC, "MessagePost", version))
    ],
    indirect=["api"],
)
def test_a_message_shows_every_field_of_its_type_and_others_are_refused(api: Api, body: JsonObject) -> None:
    if "destination" in body:
        body = {**body, "destination": {"integrationType": "twilio"}}
    response = api.app.post(f"{api.user_on_twilio}/messages", json=body)
    if response.status_code == 400:
        assert "is not a field of a message of" in response.json()["error"]["description"]
    else:
        stored = response.json()["message"]
        assert [
            path for path in lost(body, stored) if not {path.split(".")[0], path.split(".")[-1]} & NOT_IN_RESPONSE
        ] == []


def test_a_message_goes_to_its_destination(sandbox: Sandbox) -> None:
    with Api(sandbox, "/v1") as api:
        user = api.user_on_twilio
        body = {"role": "appMaker", "type": "text", "text": "Hi"}
        for destination, status in (
            ({"integrationType": "twilio"}, 201),
            ({"integrationType": "telegram"}, 400),
            ({"integrationId": api.integration.rpartition("/")[2]}, 400),
            ({"integrationId": "x"}, 400),
        ):
            response = api.app.post(f"{user}/messages", json={**body, "destination": destination})
            assert response.status_code == status, response.text


def test_an_image_shows_every_field_of_its_form(sandbox: Sandbox) -> None:
    form = dict.fromkeys(("role", "name", "text", "payload", "mediaType"), "a text")
    form |= {
        "role": "appUser",
        "email": "ana@example.org",
        "avatarUrl": "https://a.example/a.png",
        "mediaType": "image/x",
    }
    with Api(sandbox, "/v1") as api:
        response = api.app.post(f"{api.user}/images", data=form, files={"source": ("a.png", b"PNG", "image/png")})
    assert list(lost(form, response.json()["message"])) == []
