"""Every field that the specification allows in a body is in the response, or the body is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..bodies import JsonObject, bodies, body_component, hidden, lost, replace
from ..contract import SPEC_V2 as SPEC

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from .records import Records

NOT_IN_RESPONSE = hidden(SPEC) | {
    "participants",  # listed by another call
    "subscribeSDKClient",  # gives the user a client
    "markdownText",  # stored as htmlText
    "destination",  # for the delivery, as are the next two
    "override",
    "schema",
}
LOCAL_ID = "u-77"
RESPONDER = "desk"


def participant_ids(records: Records, path: str) -> JsonObject:
    return {"userId": records.api.user(externalId=LOCAL_ID), "userExternalId": LOCAL_ID}


def author_ids(records: Records, path: str) -> JsonObject:
    participants = records.app.get(path.replace("/messages", "/participants")).json()["participants"]
    user = records.app.get(f"/users/{participants[0]['userId']}").json()["user"]
    destination = {"integrationType": "none"}
    return {"userId": user["id"], "userExternalId": user["externalId"], "destination": destination}


def switchboard_ids(records: Records, path: str) -> JsonObject:
    board = "/".join(path.split("/")[:3])
    integration, following = records.api.integration(), records.api.switchboard_integration(board, "following")
    return {"integrationId": integration, "integrationType": "custom", "nextSwitchboardIntegrationId": following}


def responder_ids(records: Records) -> JsonObject:
    responder = records.api.switchboard_integration(records.api.switchboard(), RESPONDER)
    return {"defaultResponderId": responder, "integrationOrder": [records.api.integration()]}


def no_ids(records: Records, path: str) -> JsonObject:
    return {}


# path and record of each operation, and the values of fields that must be the id of something
CASES: dict[str, tuple[Callable[[Records], str], str, Callable[[Records, str], JsonObject]]] = {
    "createUser": (lambda records: "/users", "user", no_ids),
    "updateUser": (lambda records: records.user, "user", no_ids),
    "createConversation": (lambda records: "/conversations", "conversation", participant_ids),
    "updateConversation": (lambda records: records.conversation, "conversation", no_ids),
    "joinConversation": (lambda records: f"{records.group}/join", "participant", participant_ids),
    "postMessage": (lambda records: f"{records.conversation}/messages", "messages", author_ids),
    "createAppKey": (lambda records: f"/v2/apps/{records.api.sandbox.app_id}/keys", "key", no_ids),
    "createCustomIntegrationKey": (lambda records: f"{records.integration}/keys", "key", no_ids),
    "createIntegration": (
        lambda records: "/integrations",
        "integration",
        lambda records, path: responder_ids(records),
    ),
    "createWebhook": (lambda records: f"{records.integration}/webhooks", "webhook", no_ids),
    "updateWebhook": (
        lambda records: records.webhook,
        "webhook",
        lambda records, path: {"target": "https://a.example"},
    ),
    "updateSwitchboard": (
        lambda records: records.api.switchboard(),
        "switchboard",
        lambda records, path: {"defaultSwitchboardIntegrationId": records.api.switchboard_integration(path, "desk")},
    ),
    "createSwitchboardIntegration": (
        lambda records: f"{records.api.switchboard()}/switchboardIntegrations",
        "switchboardIntegration",
        switchboard_ids,
    ),
    "updateSwitchboardIntegration": (
        lambda records: records.switchboard_integration,
        "switchboardIntegration",
        switchboard_ids,
    ),
    "createApp": (lambda records: "/v2/apps", "app", lambda records, path: {"multiConvoEnabled": True}),
    "updateApp": (
        lambda records: f"/v2/apps/{records.api.sandbox.app_id}",
        "app",
        lambda records, path: {"multiConvoEnabled": True},
    ),
}
ACTIONS = {
    *("leaveConversation", "postActivity", "passControl", "offerControl", "acceptControl", "releaseControl"),
    *("createClient", "syncUser", "downloadMessageRef", "postConversionEvents", "getToken", "deleteAttachment"),
}
"""Operations whose bodies are instructions, not records."""
TYPES = sorted(
    name.removesuffix("IntegrationUpdate")
    for name in SPEC.document["components"]["schemas"]
    if name.endswith("IntegrationUpdate") and name not in ("IntegrationUpdate", "SwitchboardIntegrationUpdate")
)


def test_every_body_is_tested_or_an_action() -> None:
    json = {name for name, each in SPEC.operations.items() if each.media_type == "application/json"}
    assert json - ACTIONS == CASES.keys() | {"updateIntegration"}


def record(records: Records, method: str, path: str, body: JsonObject, name: str) -> JsonObject:
    client: httpx.Client = records.account if path.startswith("/v2") else records.app
    response = client.request(method, path, json=body)
    assert response.status_code in (200, 201), response.text
    value = response.json()[name]
    stored: JsonObject = value[0] if isinstance(value, list) else value
    return stored


def missing(body: JsonObject, stored: JsonObject) -> list[str]:
    if stored.get("defaultResponder", {}).get("name") == RESPONDER:  # without its id
        stored = {**stored, "defaultResponderId": body["defaultResponderId"]}
    return [path for path in lost(body, stored) if not set(path.split(".")) & NOT_IN_RESPONSE - {"defaultResponderId"}]


@pytest.mark.parametrize(
    ("operation_id", "body"),
    [
        pytest.param(name, body, id=f"{name}-{index}")
        for name in CASES
        for index, body in enumerate(bodies(SPEC, body_component(SPEC, name)))
    ],
)
def test_a_read_shows_every_field(records: Records, operation_id: str, body: JsonObject) -> None:
    find_path, name, ids = CASES[operation_id]
    path = find_path(records)
    body = replace(body, ids(records, path))
    if body.get("type") == "sdkGroup":
        body["participants"] = body["participants"][:1]
    assert missing(body, record(records, SPEC.operations[operation_id].method, path, body, name)) == []


@pytest.mark.parametrize("type_", TYPES)
def test_a_read_shows_every_changed_field_of_an_integration(records: Records, type_: str) -> None:
    ids = responder_ids(records)
    create = SPEC.document["components"]["schemas"][f"{type_}IntegrationCreate"]["examples"][0]
    path = f"/integrations/{record(records, 'POST', '/integrations', create, 'integration')['id']}"
    for body in bodies(SPEC, f"{type_}IntegrationUpdate"):
        changes = replace(body, ids)
        assert missing(changes, record(records, "PATCH", path, changes, "integration")) == []


def test_a_field_of_another_type_of_integration_is_refused(records: Records) -> None:
    response = records.app.patch(records.integration, json={"brandColor": "0af"})
    assert response.status_code == 400
    assert "brandColor" in response.json()["errors"][0]["title"]
