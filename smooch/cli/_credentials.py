"""Read the credentials of the command from options, a file and the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import attrs
from dotenv import dotenv_values

from ..errors import InvalidInput
from ._accounts import ClassicAccount, V2Account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ._accounts import Account

_SHARED = ("key_id", "secret", "app_id", "region", "base_url")


@attrs.frozen
class Credentials:
    """Credentials of the caller, and the server. `settings` maps names such as `SMOOCH_KEY_ID` to values."""

    settings: Mapping[str, str] = attrs.field(repr=False)

    @classmethod
    def read(cls, options: Mapping[str, str | None], env_file: Path | None) -> Credentials:
        """Combine the sources: an option wins over the file, and the file over the environment."""
        settings = {name: value for name, value in os.environ.items() if name.startswith("SMOOCH_")}
        if env_file is not None:
            if not env_file.is_file():
                raise InvalidInput(f"--env-file: there is no file {env_file}", "env_file")
            settings |= {name: value for name, value in dotenv_values(env_file).items() if value is not None}
        settings |= {f"SMOOCH_{name.upper()}": value for name, value in options.items() if value is not None}
        credentials = cls(settings)
        if credentials.version not in ("v1", "v1.1", "v2"):
            raise InvalidInput(f"SMOOCH_API_VERSION must be v1, v1.1 or v2, got {credentials.version!r}", "api_version")
        return credentials

    @property
    def version(self) -> str:
        """Version of the API: `v1`, `v1.1` or `v2`."""
        return self.get("api_version") or "v2"

    def get(self, name: str) -> str | None:
        """Return the value of a constructor argument such as `key_id`; None if it is not set."""
        return self.settings.get(f"SMOOCH_{name.upper()}") or None

    def require_key(self) -> tuple[str, str]:
        """Return key id and secret. InvalidInput says which is missing."""
        key_id, secret = self.get("key_id"), self.get("secret")
        if key_id is None:
            raise InvalidInput("the key id is missing", "key_id")
        if secret is None:
            raise InvalidInput("the secret is missing", "secret")
        return key_id, secret

    def connect(self) -> Account:
        """Open a client of the chosen version. InvalidInput says what is missing."""
        if self.version != "v2":
            from .. import v1

            self.require_key()
            return ClassicAccount(v1.Smooch(**self._select("api_version")))
        from .. import v2

        if self.get("token") is None:
            self.require_key()
        return V2Account(v2.Smooch(**self._select("subdomain", "token")))

    def _select(self, *further: str) -> dict[str, Any]:
        return {name: value for name in (*_SHARED, *further) if (value := self.get(name)) is not None}
