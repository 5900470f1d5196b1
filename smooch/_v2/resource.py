"""The base of all resources: one part of the API, reached through a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .bodies import BodyBuilder, require_app_id

if TYPE_CHECKING:
    from smooch_api import Client

    from . import config


class Resource:
    """One part of the API; a client creates its resources when it is constructed."""

    __slots__ = ("_bodies", "_raw", "_settings")

    def __init__(self, raw: Client, settings: config.Settings) -> None:
        self._raw = raw
        self._settings = settings
        self._bodies = BodyBuilder(check=settings.check)

    def _app_id(self, app_id: str | None = None) -> str:
        """Return the app of a call: `app_id`, or else the client's own."""
        return require_app_id(self._settings.app_id) if app_id is None else app_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}(app_id={self._settings.app_id!r}, base_url={str(self._settings.root)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} belongs to a client with open connections: copy neither of them")
