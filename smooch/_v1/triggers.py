"""The triggers of v1 and v1.1: the names of the events that webhooks can receive."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from .. import _checks

KnownTrigger: TypeAlias = Literal[
    "*",
    "appUser:delete",
    "client:add",
    "client:remove",
    "conversation:read",
    "conversation:referral",
    "conversation:start",
    "delivery:failure",
    "delivery:success",
    "link:failure",
    "link:match",
    "link:success",
    "merge:appUser",
    "message",
    "message:appMaker",
    "message:appUser",
    "message:delivery:channel",
    "message:delivery:failure",
    "message:delivery:user",
    "notification:delivery:channel",
    "notification:delivery:failure",
    "notification:delivery:user",
    "notification:match:failure",
    "payment:success",
    "postback",
    "typing:appUser",
]
Trigger: TypeAlias = KnownTrigger | str
"""A trigger: one that this version of the library knows, or a newer one."""

KNOWN = frozenset[str](get_args(KnownTrigger))
_V2_TRIGGERS = MappingProxyType(
    {
        "conversation:create": "conversation:start",
        "conversation:message": "message:appUser",
        "conversation:message:delivery:channel": "message:delivery:channel",
        "conversation:message:delivery:failure": "message:delivery:failure",
        "conversation:message:delivery:user": "message:delivery:user",
        "conversation:postback": "postback",
        "conversation:typing": "typing:appUser",
        "user:merge": "merge:appUser",
        "user:remove": "appUser:delete",
    }
)
"""Maps triggers of v2 to the triggers of v1 that take their place."""


def check_triggers(triggers: object, field: str, *, check: bool) -> tuple[str, ...]:
    """Return one trigger or several as a tuple without repetitions.

    Refuses misspelt names and those of v2.

    Without `check` every name is taken.
    """
    names = _checks.check_triggers(triggers, field)
    if check:
        _checks.refuse_misspelt(names, KNOWN, _V2_TRIGGERS, field)
    return names
