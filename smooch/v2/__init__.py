"""API v2: `Smooch`, `AsyncSmooch`, their resources, and the generated `models`.

`dicts` has the request bodies as TypedDicts, for annotations: `data: dicts.UserUpdate = {"metadata": {"vip": True}}`.

The resources of a client, such as `api.users`, are classes of this module too (`Users`, `AsyncUsers`), for annotations.
`MessageOptions` types the keyword arguments of functions that pass them on to `messages.post_text` and the like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._sync.paging import Paged
from .._sync.v2 import (
    Activities,
    AppKeys,
    Apps,
    Attachments,
    Clients,
    Conversations,
    Devices,
    IntegrationKeys,
    Integrations,
    Messages,
    OAuth,
    Participants,
    Smooch,
    SwitchboardActions,
    SwitchboardIntegrations,
    Switchboards,
    Users,
    Webhooks,
)
from .._v2.bodies import MessageOptions
from .._v2.config import BRIDGE
from .._v2.tokens import Finding, authorize_url, inspect_user_jwt, jwt_for_user
from .._v2.triggers import Trigger
from . import models

if TYPE_CHECKING:
    from .._async.paging import AsyncPaged
    from .._async.v2 import (
        AsyncActivities,
        AsyncAppKeys,
        AsyncApps,
        AsyncAttachments,
        AsyncClients,
        AsyncConversations,
        AsyncDevices,
        AsyncIntegrationKeys,
        AsyncIntegrations,
        AsyncMessages,
        AsyncOAuth,
        AsyncParticipants,
        AsyncSmooch,
        AsyncSwitchboardActions,
        AsyncSwitchboardIntegrations,
        AsyncSwitchboards,
        AsyncUsers,
        AsyncWebhooks,
    )
    from . import dicts

__all__ = [
    "BRIDGE",
    "Activities",
    "AppKeys",
    "Apps",
    "AsyncActivities",
    "AsyncAppKeys",
    "AsyncApps",
    "AsyncAttachments",
    "AsyncClients",
    "AsyncConversations",
    "AsyncDevices",
    "AsyncIntegrationKeys",
    "AsyncIntegrations",
    "AsyncMessages",
    "AsyncOAuth",
    "AsyncPaged",
    "AsyncParticipants",
    "AsyncSmooch",
    "AsyncSwitchboardActions",
    "AsyncSwitchboardIntegrations",
    "AsyncSwitchboards",
    "AsyncUsers",
    "AsyncWebhooks",
    "Attachments",
    "Clients",
    "Conversations",
    "Devices",
    "Finding",
    "IntegrationKeys",
    "Integrations",
    "MessageOptions",
    "Messages",
    "OAuth",
    "Paged",
    "Participants",
    "Smooch",
    "SwitchboardActions",
    "SwitchboardIntegrations",
    "Switchboards",
    "Trigger",
    "Users",
    "Webhooks",
    "authorize_url",
    "dicts",
    "inspect_user_jwt",
    "jwt_for_user",
    "models",
]


def __getattr__(name: str) -> object:
    # asyncio takes longer to load than all the rest, and most programs use one of the two clients.
    if name == "AsyncPaged":
        from .._async.paging import AsyncPaged

        return AsyncPaged
    if name == "dicts":
        from importlib import import_module

        return import_module(f"{__name__}.dicts")
    if name in __all__:
        from .._async import v2

        return getattr(v2, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
