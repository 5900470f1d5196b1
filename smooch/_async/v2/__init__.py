"""The client of API v2 and its resources."""

from .activities import AsyncActivities
from .app_keys import AsyncAppKeys
from .apps import AsyncApps
from .attachments import AsyncAttachments
from .client import AsyncSmooch
from .clients import AsyncClients
from .conversations import AsyncConversations
from .devices import AsyncDevices
from .integration_keys import AsyncIntegrationKeys
from .integrations import AsyncIntegrations
from .messages import AsyncMessages
from .oauth import AsyncOAuth
from .participants import AsyncParticipants
from .switchboard_actions import AsyncSwitchboardActions
from .switchboard_integrations import AsyncSwitchboardIntegrations
from .switchboards import AsyncSwitchboards
from .users import AsyncUsers
from .webhooks import AsyncWebhooks

__all__ = [
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
    "AsyncParticipants",
    "AsyncSmooch",
    "AsyncSwitchboardActions",
    "AsyncSwitchboardIntegrations",
    "AsyncSwitchboards",
    "AsyncUsers",
    "AsyncWebhooks",
]
