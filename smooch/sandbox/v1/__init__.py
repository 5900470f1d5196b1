"""API v1 and v1.1: one module per tag of spec/v1.yaml, one function per operation."""

from __future__ import annotations

from . import (  # noqa: F401 - they register their handlers
    app_users,
    apps,
    attachments,
    conversations,
    deployments,
    integrations,
    menu,
    notifications,
    service_accounts,
    templates,
    webhooks,
)
from ._registry import registry
from .deliveries import serialize_delivery
from .serialize import error_body

MAX_FILE_BYTES = 10 * 1024 * 1024

__all__ = ["MAX_FILE_BYTES", "error_body", "registry", "serialize_delivery"]
