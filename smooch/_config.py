"""From constructor arguments and environment variables to settings, refused early where they cannot work."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import httpx

from . import _bodies, _http, _numbers
from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

API_VERSIONS = ("v1", "v1.1")

_ENVIRONMENT = {
    "SMOOCH_KEY_ID": "key_id",
    "SMOOCH_SECRET": "secret",
    "SMOOCH_APP_ID": "app_id",
    "SMOOCH_API_VERSION": "api_version",
    "SMOOCH_REGION": "region",
    "SMOOCH_BASE_URL": "base_url",
}
_VERSION = re.compile(r"v[0-9.]+")


def settings(
    key_id: str,
    *,
    app_id: str | None,
    api_version: str,
    region: str,
    base_url: str | None,
    timeout: float | httpx.Timeout,
    deadline: float | None,
    retries: int,
    max_connections: int,
) -> _http.Settings:
    """What a classic client calls.

    Raises:
        InvalidInput: a value is unknown, or does not go with another.
    """
    if api_version not in API_VERSIONS:
        raise InvalidInput(f"api_version must be one of {', '.join(API_VERSIONS)}, not {api_version!r}", "api_version")
    if api_version == "v1.1" and app_id is None:
        raise InvalidInput("api_version v1.1 needs app_id: its paths begin with /v1.1/apps/{appId}", "app_id")
    return _http.Settings(
        root=_root(region, base_url),
        prefix=f"/{api_version}",
        app_id=None if app_id is None else quote(_bodies.check_id(app_id, "app_id"), safe=""),
        scope="account" if key_id.startswith(("act_", "svc_")) else "app",
        **patience({"timeout": timeout, "deadline": deadline, "retries": retries, "max_connections": max_connections}),
    )


def from_environment(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The constructor's arguments: `options`, and what the environment names besides.

    Raises:
        InvalidInput: names the variable that is missing.
    """
    arguments = {**named(_ENVIRONMENT, environment), **options}
    for name in ("SMOOCH_KEY_ID", "SMOOCH_SECRET"):
        if _ENVIRONMENT[name] not in arguments:
            raise InvalidInput(f"the environment variable {name} is not set", name)
    return arguments


def named(names: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The arguments that the environment names; what is empty is not there."""
    return {argument: environment[name] for name, argument in names.items() if environment.get(name)}


_S = TypeVar("_S", bound=_http.Settings)


def with_options(settings: _S, options: Mapping[str, Any]) -> _S:
    """The settings with another timeout, deadline or number of retries.

    Raises:
        TypeError: there is no option of this name.
    """
    import attrs

    for name in options.keys() - {"timeout", "deadline", "retries"}:
        raise TypeError(f"with_options() takes timeout, deadline and retries, not {name!r}")
    return attrs.evolve(settings, **patience(options))


def patience(options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings for how long calls may take and how often they are tried.

    Raises:
        InvalidInput: a value is none.
    """
    changes: dict[str, Any] = {}
    if "timeout" in options:
        changes["timeout"] = _timeout(options["timeout"])
    if "deadline" in options:
        changes["deadline"] = None if options["deadline"] is None else _numbers.seconds(options["deadline"], "deadline")
    if "retries" in options:
        changes["retries"] = _numbers.count(options["retries"], "retries", 0)
    if "max_connections" in options:
        changes["max_connections"] = _numbers.count(options["max_connections"], "max_connections", 1)
    return changes


def _root(region: str, base_url: str | None) -> httpx.URL:
    root = regional(region)
    return root if base_url is None else root_of(base_url)


def regional(region: str) -> httpx.URL:
    """Address of a region's API."""
    if region not in _http.REGIONS:
        raise InvalidInput(f"region must be one of {', '.join(_http.REGIONS)}, not {region!r}", "region")
    return httpx.URL(_http.REGIONS[region])


def root_of(base_url: str) -> httpx.URL:
    """Address of an API that is in none of the usual places."""
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidInput(f"base_url is not an address: {error}", "base_url") from None
    if url.query or url.fragment or url.userinfo:
        raise InvalidInput("base_url must have no user, query or fragment", "base_url")
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidInput(f"base_url must be an address such as https://api.smooch.io, not {base_url!r}", "base_url")
    if url.scheme == "http" and url.host.rstrip(".").endswith((".smooch.io", ".zendesk.com")):
        raise InvalidInput(f"base_url would send the key where all can read it: write https://{url.host}", "base_url")
    if _VERSION.fullmatch(last := url.path.rstrip("/").rpartition("/")[2]):
        raise InvalidInput(f"base_url is what comes before the version: leave /{last} out", "base_url")
    return url


def _timeout(value: float | httpx.Timeout) -> httpx.Timeout:
    if isinstance(value, httpx.Timeout):
        return value
    seconds = _numbers.seconds(value, "timeout")
    return httpx.Timeout(seconds, connect=min(seconds, 5.0))
