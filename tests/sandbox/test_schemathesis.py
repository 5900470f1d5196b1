"""Generated requests, valid and invalid, against every operation of both specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

from smooch.sandbox import _spec

from .contract import SPEC, SPEC_V2, assert_response_within_spec
from .v2.api import WEBHOOK, Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from smooch.sandbox import Sandbox

CALMLY = hypothesis.settings(
    phases=[hypothesis.Phase.generate],
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)


def for_requests(node: Any) -> Any:
    """The document that the server checks requests by, without conditions and security: they slow down the examples.

    A condition only ever refuses more, so that what is invalid without it is invalid with it.
    """
    if isinstance(node, list):
        return [for_requests(each) for each in node if not is_left_out(each)]
    if not isinstance(node, dict):
        return node
    kept = {name: for_requests(value) for name, value in node.items() if name != "security"}
    if "x-extensible-enum" in kept:
        kept["enum"] = kept.pop("x-extensible-enum")
    if kept.get("allOf") == []:
        del kept["allOf"]
    return kept


def is_left_out(node: Any) -> bool:
    if not isinstance(node, dict):
        return False
    name = str(node.get("$ref", "")).rpartition("/")[2]
    return "if" in node or (name.startswith("Unknown") and name != "UnknownMessage")


SCHEMAS = {name: schemathesis.openapi.from_dict(for_requests(_spec.load(name).document)) for name in ("v1", "v2")}
CASES = [
    (name, operation.id, mode)
    for name, spec in (("v1", SPEC), ("v2", SPEC_V2))
    for operation in spec.operations.values()
    for mode in GenerationMode
    # where there are only ids to send, nothing is invalid
    if operation.body or operation.query or mode is GenerationMode.POSITIVE
]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def ids(sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> dict[str, str]:
    """Ids of existing records, by the name of the path parameter."""
    api = Api(sandbox, connect(f"/v2/apps/{sandbox.app_id}"))
    v1 = connect("/v1.1")
    user = v1.post("/init", json={"userId": "u", "device": {"id": "d", "platform": "web"}}).json()["appUser"]["_id"]
    sandbox.authenticate_user(user, zendesk_id="7")
    conversation = api.conversation(user)
    board, integration = api.switchboard(), f"/integrations/{api.integration()}"
    template = {"name": "hours", "message": {"role": "appMaker", "type": "text", "text": "Nine to six."}}
    return {
        "appId": sandbox.app_id,
        "userId": user,
        "zendeskId": "7",
        "deviceId": "d",
        "clientId": api.client.get(f"/users/{user}/clients").json()["clients"][0]["id"],
        "conversationId": conversation,
        "messageId": api.post(conversation)["id"],
        "switchboardId": board.rpartition("/")[2],
        "switchboardIntegrationId": api.switchboard_integration(board, "bot", integrationId=sandbox.integration_id),
        "integrationId": integration.rpartition("/")[2],
        "webhookId": api.create(f"{integration}/webhooks", "webhook", WEBHOOK)["id"],
        "keyId": api.create(f"{integration}/keys", "key", {"displayName": "k"})["id"],
        "templateId": v1.post("/templates", json=template).json()["template"]["_id"],
    }


@pytest.mark.parametrize(("version", "operation_id", "mode"), CASES)
def test_responses_to_generated_requests_match_the_spec_and_bad_bodies_are_refused(
    sandbox: Sandbox,
    session: requests.Session,
    ids: dict[str, str],
    version: str,
    operation_id: str,
    mode: GenerationMode,
) -> None:
    operation = (SPEC if version == "v1" else SPEC_V2).operations[operation_id]
    prefix = f"/v1.1/apps/{sandbox.app_id}" if operation.in_app else {"v1": "/v1.1", "v2": ""}[version]
    keys = (sandbox.account_key_id, sandbox.account_secret)
    if operation_id in ("getTokenInfo", "revokeAccess"):
        keys = (sandbox.integration_key_id, sandbox.integration_secret)

    @hypothesis.given(SCHEMAS[version].find_operation_by_id(operation_id).as_strategy(generation_mode=mode))
    @CALMLY
    def run(case: schemathesis.Case) -> None:
        case.path_parameters = {name: ids.get(name, value) for name, value in case.path_parameters.items()}
        request = case.as_transport_kwargs(base_url=sandbox.url + prefix)
        answer = session.request(**request, auth=keys, timeout=5, allow_redirects=False)
        assert answer.status_code < 500, answer.text
        assert_response_within_spec(answer.request.method, urlsplit(answer.request.url).path, answer)
        # all that a form can hold is text, so that a wrong type is none on the wire
        if has_bad_body(case) and operation.media_type == "application/json":
            assert answer.status_code == 400, answer.text

    run()


def has_bad_body(case: schemathesis.Case) -> bool:
    body = case.meta.components.get(ParameterLocation.BODY)
    return body is not None and body.mode is GenerationMode.NEGATIVE
