"""The base of all resources: one part of the API, reached through a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..errors import InvalidInput
from .bodies import BodyBuilder

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
        """The app that a call concerns: `app_id`, or else the client's own."""
        if app_id is not None:
            return app_id
        if self._settings.app_id is None:
            raise InvalidInput("this call needs an app: pass app_id=… to the client", "app_id")
        return self._settings.app_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}(app_id={self._settings.app_id!r}, base_url={str(self._settings.root)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} belongs to a client with open connections: copy neither of them")
