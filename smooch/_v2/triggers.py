"""The triggers of v2: the names of the events that webhooks can receive."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from .. import _checks
from ..errors import InvalidInput

KnownTrigger: TypeAlias = Literal[
    "client:add",
    "client:remove",
    "client:update",
    "conversation:create",
    "conversation:join",
    "conversation:leave",
    "conversation:message",
    "conversation:message:delivery:channel",
    "conversation:message:delivery:failure",
    "conversation:message:delivery:user",
    "conversation:postback",
    "conversation:read",
    "conversation:referral",
    "conversation:remove",
    "conversation:typing",
    "passthrough:messaging",
    "switchboard:acceptControl",
    "switchboard:acceptControl:failure",
    "switchboard:offerControl",
    "switchboard:offerControl:failure",
    "switchboard:passControl",
    "switchboard:passControl:failure",
    "switchboard:releaseControl",
    "user:merge",
    "user:remove",
    "user:update",
]
Trigger: TypeAlias = KnownTrigger | str
"""A trigger: one that this version of the library knows, or a newer one."""

KNOWN = frozenset[str](get_args(KnownTrigger))
_V1_TRIGGERS = MappingProxyType(
    {
        "appUser:delete": "user:remove",
        "conversation:start": "conversation:create",
        "delivery:failure": "conversation:message:delivery:failure",
        "delivery:success": "conversation:message:delivery:channel",
        "merge:appUser": "user:merge",
        "message": "conversation:message",
        "message:appMaker": "conversation:message",
        "message:appUser": "conversation:message",
        "message:delivery:channel": "conversation:message:delivery:channel",
        "message:delivery:failure": "conversation:message:delivery:failure",
        "message:delivery:user": "conversation:message:delivery:user",
        "postback": "conversation:postback",
        "typing:appUser": "conversation:typing",
    }
)
"""Maps triggers of v1 to the triggers of v2 that take their place."""


def check_triggers(triggers: object, field: str, *, check: bool) -> tuple[str, ...]:
    """Return one trigger or several as a tuple without repetitions.

    Refuses misspelt names and those of v1.

    Without `check` every name is taken.
    """
    names = _checks.check_triggers(triggers, field)
    if check:
        if "*" in names:
            raise InvalidInput(f"{field} must list each trigger: v2 has no '*'", field)
        _checks.refuse_misspelt(names, KNOWN, _V1_TRIGGERS, field)
    return names
