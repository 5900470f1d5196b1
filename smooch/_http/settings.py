"""Connection settings of a client and their defaults."""

from __future__ import annotations

import sys

import attrs
import httpx

from .._version import __version__
from . import hints, paths

REGIONS = {"us": "https://api.smooch.io", "eu-1": "https://api.eu-1.smooch.io"}
"""Base URL of each region's API, without version."""

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
DEADLINE = 60.0
RETRIES = 3
MAX_CONNECTIONS = 100

HEADERS = {
    "Accept": "application/json",
    "User-Agent": f"smooch-python/{__version__} httpx/{httpx.__version__} python/{sys.version_info.major}.{sys.version_info.minor}",
}


@attrs.frozen(kw_only=True)
class Settings:
    """Connection settings of a client; contains no secrets."""

    root: httpx.URL
    """Base URL of the API, without version."""
    prefix: str
    """Path of the version, such as `/v1.1`."""
    app_id: str | None
    scope: str
    timeout: httpx.Timeout
    deadline: float | None
    retries: int
    max_connections: int = MAX_CONNECTIONS

    @property
    def base_url(self) -> httpx.URL:
        """URL that the app's paths are relative to."""
        return self.version_url if self.app_id is None else self.join(f"apps/{self.app_id}")

    @property
    def version_url(self) -> httpx.URL:
        """URL that account-level paths are relative to."""
        return self.root.copy_with(path=self.root.path.rstrip("/") + self.prefix)

    def join(self, path: str) -> httpx.URL:
        """Address of an account-level path."""
        return httpx.URL(f"{self.version_url}/{path.lstrip('/')}")

    def locate(self, url: httpx.URL | str) -> httpx.URL | str:
        """Address of a path of the specification: account-level paths start at the version, all others at the app."""
        if self.app_id is not None and isinstance(url, str) and paths.ACCOUNT_PATH.match(url):
            return self.join(url)
        return url

    def hint(self, response: httpx.Response) -> str:
        """What to do about an error response, where the cause is known."""
        return hints.hint(response, root=self.root, version_url=self.version_url, scope=self.scope, app_id=self.app_id)
