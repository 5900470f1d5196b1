"""The union of all events; a module of its own, since importing it loads every event class."""

from __future__ import annotations

from typing import TypeAlias

from smooch_api.v1 import models as v1
from smooch_api.v2 import models as v2

WebhookEvent: TypeAlias = v1.Event | v2.Event
"""An event of any version: v1, v1.1 or v2."""
