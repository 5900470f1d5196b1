"""No field that the spec allows in a body is lost: the response has it, or the body is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..bodies import JsonObject, bodies, body_component, hidden, lost, replace
from ..contract import SPEC_V2 as SPEC

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from .world import World

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


def participant_ids(world: World, path: str) -> JsonObject:
    return {"userId": world.api.user(externalId=LOCAL_ID), "userExternalId": LOCAL_ID}


def author_ids(world: World, path: str) -> JsonObject:
    participants = world.app.get(path.replace("/messages", "/participants")).json()["participants"]
    user = world.app.get(f"/users/{participants[0]['userId']}").json()["user"]
    destination = {"integrationType": "none"}
    return {"userId": user["id"], "userExternalId": user["externalId"], "destination": destination}


def switchboard_ids(world: World, path: str) -> JsonObject:
    board = "/".join(path.split("/")[:3])
    integration, following = world.api.integration(), world.api.switchboard_integration(board, "following")
    return {"integrationId": integration, "integrationType": "custom", "nextSwitchboardIntegrationId": following}


def responder_ids(world: World) -> JsonObject:
    responder = world.api.switchboard_integration(world.api.switchboard(), RESPONDER)
    return {"defaultResponderId": responder, "integrationOrder": [world.api.integration()]}


def no_ids(world: World, path: str) -> JsonObject:
    return {}


# path and record of each operation, and the values of fields that must be the id of something
CASES: dict[str, tuple[Callable[[World], str], str, Callable[[World, str], JsonObject]]] = {
    "createUser": (lambda world: "/users", "user", no_ids),
    "updateUser": (lambda world: world.user, "user", no_ids),
    "createConversation": (lambda world: "/conversations", "conversation", participant_ids),
    "updateConversation": (lambda world: world.conversation, "conversation", no_ids),
    "joinConversation": (lambda world: f"{world.group}/join", "participant", participant_ids),
    "postMessage": (lambda world: f"{world.conversation}/messages", "messages", author_ids),
    "createAppKey": (lambda world: f"/v2/apps/{world.api.sandbox.app_id}/keys", "key", no_ids),
    "createCustomIntegrationKey": (lambda world: f"{world.integration}/keys", "key", no_ids),
    "createIntegration": (
        lambda world: "/integrations",
        "integration",
        lambda world, path: responder_ids(world),
    ),
    "createWebhook": (lambda world: f"{world.integration}/webhooks", "webhook", no_ids),
    "updateWebhook": (lambda world: world.webhook, "webhook", lambda world, path: {"target": "https://a.example"}),
    "updateSwitchboard": (
        lambda world: world.api.switchboard(),
        "switchboard",
        lambda world, path: {"defaultSwitchboardIntegrationId": world.api.switchboard_integration(path, "desk")},
    ),
    "createSwitchboardIntegration": (
        lambda world: f"{world.api.switchboard()}/switchboardIntegrations",
        "switchboardIntegration",
        switchboard_ids,
    ),
    "updateSwitchboardIntegration": (
        lambda world: world.switchboard_integration,
        "switchboardIntegration",
        switchboard_ids,
    ),
    "createApp": (lambda world: "/v2/apps", "app", lambda world, path: {"multiConvoEnabled": True}),
    "updateApp": (
        lambda world: f"/v2/apps/{world.api.sandbox.app_id}",
        "app",
        lambda world, path: {"multiConvoEnabled": True},
    ),
}
ACTIONS = {
    *("leaveConversation", "postActivity", "passControl", "offerControl", "acceptControl", "releaseControl"),
    *("createClient", "syncUser", "downloadMessageRef", "postConversionEvents", "getToken", "deleteAttachment"),
}
"""Operations whose bodies say what to do, and not what to keep."""
TYPES = sorted(
    name.removesuffix("IntegrationUpdate")
    for name in SPEC.document["components"]["schemas"]
    if name.endswith("IntegrationUpdate") and name not in ("IntegrationUpdate", "SwitchboardIntegrationUpdate")
)


def test_every_body_is_tested_or_an_action() -> None:
    json = {name for name, each in SPEC.operations.items() if each.media_type == "application/json"}
    assert json - ACTIONS == CASES.keys() | {"updateIntegration"}


def record(world: World, method: str, path: str, body: JsonObject, name: str) -> JsonObject:
    client: httpx.Client = world.account if path.startswith("/v2") else world.app
    response = client.request(method, path, json=body)
    assert response.status_code in (200, 201), response.text
    found = response.json()[name]
    shown: JsonObject = found[0] if isinstance(found, list) else found
    return shown


def missing(body: JsonObject, shown: JsonObject) -> list[str]:
    if shown.get("defaultResponder", {}).get("name") == RESPONDER:  # without its id
        shown = {**shown, "defaultResponderId": body["defaultResponderId"]}
    return [path for path in lost(body, shown) if not set(path.split(".")) & NOT_IN_RESPONSE - {"defaultResponderId"}]


@pytest.mark.parametrize(
    ("operation_id", "body"),
    [
        pytest.param(name, body, id=f"{name}-{index}")
        for name in CASES
        for index, body in enumerate(bodies(SPEC, body_component(SPEC, name)))
    ],
)
def test_a_read_shows_every_field(world: World, operation_id: str, body: JsonObject) -> None:
    find_path, name, ids = CASES[operation_id]
    path = find_path(world)
    body = replace(body, ids(world, path))
    if body.get("type") == "sdkGroup":
        body["participants"] = body["participants"][:1]
    assert missing(body, record(world, SPEC.operations[operation_id].method, path, body, name)) == []


@pytest.mark.parametrize("type_", TYPES)
def test_a_read_shows_every_changed_field_of_an_integration(world: World, type_: str) -> None:
    ids = responder_ids(world)
    create = SPEC.document["components"]["schemas"][f"{type_}IntegrationCreate"]["examples"][0]
    path = f"/integrations/{record(world, 'POST', '/integrations', create, 'integration')['id']}"
    for body in bodies(SPEC, f"{type_}IntegrationUpdate"):
        changes = replace(body, ids)
        assert missing(changes, record(world, "PATCH", path, changes, "integration")) == []


def test_a_field_of_another_type_of_integration_is_refused(world: World) -> None:
    response = world.app.patch(world.integration, json={"brandColor": "0af"})
    assert response.status_code == 400
    assert "brandColor" in response.json()["errors"][0]["title"]
