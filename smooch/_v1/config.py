"""Build the settings of a v1 client from constructor arguments and environment variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs

from .. import _checks, _http
from ..errors import InvalidInput
from .hints import find_hint
from .paths import is_relative_to_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

API_VERSIONS = ("v1", "v1.1")

_VARIABLES = {
    "SMOOCH_KEY_ID": "key_id",
    "SMOOCH_SECRET": "secret",
    "SMOOCH_APP_ID": "app_id",
    "SMOOCH_API_VERSION": "api_version",
    "SMOOCH_REGION": "region",
    "SMOOCH_BASE_URL": "base_url",
}


@attrs.frozen(kw_only=True)
class Settings(_http.Settings):
    """Connection settings of a v1 or v1.1 client; contains no secrets."""

    @property
    def base_url(self) -> httpx.URL:
        """URL that the app's paths are relative to."""
        return self.version_url if self.app_id is None else self.join(f"apps/{self.app_id}")

    def locate(self, url: httpx.URL | str) -> httpx.URL | str:
        """Return the URL of a path: account-level paths start at the version, all others at the app."""
        if self.app_id is not None and isinstance(url, str) and is_relative_to_version(url):
            return self.join(url)
        return url

    def find_hint(self, response: httpx.Response) -> str:
        """Return what to do about an error response, or "" where the cause is not known."""
        return find_hint(self, response)


def build_settings(
    key_id: str,
    *,
    app_id: str | None,
    api_version: str,
    region: str,
    base_url: str | None,
    max_connections: int,
    max_response_bytes: int,
    **call_options: Any,
) -> Settings:
    """Return the settings of a client.

    Raises:
        InvalidInput: a value is unknown, or contradicts another.
    """
    if api_version not in API_VERSIONS:
        redacted = _checks.redacted_repr(api_version, "api_version")
        raise InvalidInput(f"api_version must be one of {', '.join(API_VERSIONS)}, got {redacted}", "api_version")
    if api_version == "v1.1" and app_id is None:
        raise InvalidInput("api_version v1.1 needs app_id: its paths begin with /v1.1/apps/{appId}", "app_id")
    root = _checks.check_region(region)
    return Settings(
        root=root if base_url is None else _checks.check_base_url(base_url),
        prefix=f"/{api_version}",
        app_id=None if app_id is None else quote(_checks.check_id(app_id, "app_id"), safe=""),
        scope="account" if key_id.startswith(("act_", "svc_")) else "app",
        max_connections=_checks.check_count(max_connections, "max_connections"),
        max_response_bytes=_checks.check_count(max_response_bytes, "max_response_bytes"),
        **_checks.validate_call_options(call_options),
    )


def read_environment(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the constructor's arguments: `options`, and what the environment sets besides.

    Raises:
        InvalidInput: names the variable that is missing.
    """
    arguments = {**_checks.read_variables(_VARIABLES, environment), **options}
    for name in ("SMOOCH_KEY_ID", "SMOOCH_SECRET"):
        if _VARIABLES[name] not in arguments:
            raise InvalidInput(f"the environment variable {name} is not set", name)
    return arguments
