"""What an access token belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import INTEGRATION
from . import wire
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import JsonObject


@registry.handles("getTokenInfo", INTEGRATION | {"app"})
def get_token_info(call: Call) -> JsonObject:
    """GET /v2/tokenInfo."""
    return {"app": wire.app_with_subdomain(call.app)}
