"""The union of all events. Who asks for it at run time loads every class of both versions, so it has its own module."""

from __future__ import annotations

from typing import TypeAlias

from smooch_api.v1 import models as v1
from smooch_api.v2 import models as v2

WebhookEvent: TypeAlias = v1.WebhookEvent | v2.WebhookEvent
"""What a delivery of any version tells: an event of v1 and v1.1, or one of v2."""
