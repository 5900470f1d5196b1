"""Connection settings of a client and their defaults."""

from __future__ import annotations

import sys

import attrs
import httpx

from .._version import __version__

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
DEADLINE = 60.0
RETRIES = 3
MAX_CONNECTIONS = 100
MAX_RESPONSE_BYTES = 32 * 1024 * 1024

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
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
    max_response_bytes: int = MAX_RESPONSE_BYTES
    check: bool = True
    """Whether request bodies are validated against the specification before they are sent."""

    @property
    def base_url(self) -> httpx.URL:
        """URL that the paths of the specification are relative to."""
        raise NotImplementedError

    @property
    def version_url(self) -> httpx.URL:
        """URL that account-level paths are relative to."""
        return self.root.copy_with(path=self.root.path.rstrip("/") + self.prefix)

    def join(self, path: str) -> httpx.URL:
        """Return the URL of an account-level path."""
        return httpx.URL(f"{self.version_url}/{path.lstrip('/')}")

    def locate(self, url: httpx.URL | str) -> httpx.URL | str:
        """Return the URL of a path of the specification."""
        raise NotImplementedError

    def find_hint(self, response: httpx.Response) -> str:
        """Return what to do about an error response, or "" where the cause is not known."""
        raise NotImplementedError
