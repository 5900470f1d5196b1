"""The registry that all modules of this package add their handlers to."""

from __future__ import annotations

from .._registry import Registry

registry = Registry()
