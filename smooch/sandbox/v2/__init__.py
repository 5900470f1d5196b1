"""API v2: one module per tag of spec/v2.yaml, one function per operation."""

from __future__ import annotations

from . import (  # noqa: F401 - they register their handlers
    activities,
    app_keys,
    apps,
    attachments,
    clients,
    conversations,
    devices,
    integration_keys,
    integrations,
    messages,
    oauth,
    participants,
    switchboard_actions,
    switchboard_integrations,
    switchboards,
    users,
    webhooks,
)
from ._registry import registry
from .deliveries import serialize_delivery
from .serialize import error_body

MAX_FILE_BYTES = 50 * 1024 * 1024

__all__ = ["MAX_FILE_BYTES", "error_body", "registry", "serialize_delivery"]
