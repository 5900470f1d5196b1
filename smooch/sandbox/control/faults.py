"""Faults: requests, deliveries and messages that will fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from ..._json import drop_none
from .. import _faults
from .._engine import FaultsChanged
from .._errors import bad_request
from ._call import handles

if TYPE_CHECKING:
    from .._entities import JsonObject
    from ._call import ControlCall

_KINDS: dict[str, type[_faults.Fault]] = {
    "fail": _faults.Fail,
    "delay": _faults.Delay,
    "drop": _faults.Drop,
    "garble": _faults.Garble,
    "duplicateDeliveries": _faults.Duplicate,
    "reorderDeliveries": _faults.Reorder,
    "delayDeliveries": _faults.DelayDelivery,
    "dropDeliveries": _faults.Lose,
    "failChannel": _faults.ChannelFault,
}
_ATTRIBUTES = {"afterProcessing": "after_processing"}


@handles("listFaults")
def list_faults(call: ControlCall) -> JsonObject:
    """GET /_sandbox/faults."""
    queues: list[Any] = [call.engine.request_faults, call.engine.dispatcher.faults, call.app.channel_faults]
    return {"faults": [_serialize(fault) for queue in queues for fault in queue]}


@handles("addFault")
def add_fault(call: ControlCall) -> None:
    """POST /_sandbox/faults."""
    fields = {_ATTRIBUTES.get(name, name): value for name, value in call.body.items() if name != "kind"}
    kind = _KINDS[call.body["kind"]]
    if unknown := sorted(set(fields) - set(attrs.fields_dict(kind))):
        raise bad_request(f"body {unknown[0]}: is not a field of {call.body['kind']}")
    call.engine.add_fault(kind(**fields))


@handles("deleteFaults")
def delete_faults(call: ControlCall) -> None:
    """DELETE /_sandbox/faults."""
    call.engine.request_faults.clear()
    call.engine.dispatcher.faults.clear()
    call.app.channel_faults.clear()
    call.engine.log.append(FaultsChanged())


def _serialize(fault: _faults.Fault) -> JsonObject:
    kind = next(name for name, type_ in _KINDS.items() if type(fault) is type_)
    names = {attribute: name for name, attribute in _ATTRIBUTES.items()}
    fields = {names.get(name, name): value for name, value in attrs.asdict(fault).items()}
    if isinstance(fields.get("body"), bytes):
        fields["body"] = fields["body"].decode("utf-8", "replace")
    return {"kind": kind, **drop_none(**fields)}
