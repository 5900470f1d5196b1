# Derived from smooch/_async/v2/__init__.py by scripts/unasync.py; edit that file.
"""The client of API v2 and its resources."""

from .activities import Activities
from .app_keys import AppKeys
from .apps import Apps
from .attachments import Attachments
from .client import Smooch
from .clients import Clients
from .conversations import Conversations
from .devices import Devices
from .integration_keys import IntegrationKeys
from .integrations import Integrations
from .messages import Messages
from .oauth import OAuth
from .participants import Participants
from .switchboard_actions import SwitchboardActions
from .switchboard_integrations import SwitchboardIntegrations
from .switchboards import Switchboards
from .users import Users
from .webhooks import Webhooks

__all__ = [
    "Activities",
    "AppKeys",
    "Apps",
    "Attachments",
    "Clients",
    "Conversations",
    "Devices",
    "IntegrationKeys",
    "Integrations",
    "Messages",
    "OAuth",
    "Participants",
    "Smooch",
    "SwitchboardActions",
    "SwitchboardIntegrations",
    "Switchboards",
    "Users",
    "Webhooks",
]
