"""WhatsApp deployments: unregistered → pending (a code was sent) → registered → integrated."""

from __future__ import annotations

from .. import _ids
from .._auth import ACCOUNT
from .._call import Call, get_or_404
from .._entities import Deployment, JsonObject
from .._errors import bad_request, conflict
from . import serialize
from ._registry import registry

SELF_HOSTED = ("baseUrl", "username", "password")


@registry.handles("createDeployment", ACCOUNT)
def create_deployment(call: Call) -> JsonObject:
    """POST /whatsapp/deployments."""
    body = call.body
    missing = [name for name in SELF_HOSTED if name not in body]
    if body["hosting"] == "self" and missing:
        raise bad_request(f"body: hosting self needs {', '.join(missing)}")
    deployment = Deployment(
        id=_ids.object_id(),
        owner=call.account.id,
        hosting=body["hosting"],
        status="unregistered",
        settings={name: body[name] for name in (*SELF_HOSTED, "callbackUrl") if name in body},
        callback_secret=_ids.webhook_secret() if "callbackUrl" in body else None,
    )
    call.store.deployments[deployment.id] = deployment
    return {"deployment": serialize.deployment(deployment)}


@registry.handles("listDeployments", ACCOUNT)
def list_deployments(call: Call) -> JsonObject:
    """GET /whatsapp/deployments."""
    return {"deployments": [serialize.deployment(deployment) for deployment in _list_own(call).values()]}


@registry.handles("getDeployment", ACCOUNT)
def get_deployment(call: Call) -> JsonObject:
    """GET /whatsapp/deployments/{deploymentId}."""
    return {"deployment": serialize.deployment(_find_deployment(call))}


@registry.handles("deleteDeployment", ACCOUNT)
def delete_deployment(call: Call) -> None:
    """DELETE /whatsapp/deployments/{deploymentId}."""
    deployment = _find_deployment(call)
    if deployment.status == "integrated":
        raise conflict("An integration uses the deployment: delete the integration first")
    del call.store.deployments[deployment.id]


@registry.handles("activatePhoneNumber", ACCOUNT)
def activate_phone_number(call: Call) -> JsonObject:
    """POST /whatsapp/deployments/{deploymentId}/activate."""
    deployment = _find_deployment(call)
    if deployment.status not in ("unregistered", "pending"):
        raise conflict(f"The deployment is {deployment.status} already")
    deployment.status = "pending"
    deployment.phone_number = call.body["phoneNumber"]
    return {"deployment": serialize.deployment(deployment)}


@registry.handles("confirmCode", ACCOUNT)
def confirm_code(call: Call) -> JsonObject:
    """Confirm the code; any code that is not empty is right."""
    deployment = _find_deployment(call)
    if deployment.status != "pending":
        raise conflict(f"The deployment is {deployment.status}, it needs no code")
    if not call.body["code"]:
        raise bad_request("body code: must not be empty")
    deployment.status = "registered"
    return {"deployment": serialize.deployment(deployment)}


def _find_deployment(call: Call) -> Deployment:
    return get_or_404(_list_own(call), call.params["deploymentId"], "Deployment")


def _list_own(call: Call) -> dict[str, Deployment]:
    return {key: each for key, each in call.store.deployments.items() if each.owner == call.account.id}
