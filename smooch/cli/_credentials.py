"""Read the credentials of the command from options, a file and the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs
from dotenv import dotenv_values

from ..errors import InvalidInput
from ._accounts import ClassicAccount, V2Account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ._accounts import Account

ApiVersion: TypeAlias = Literal["v1", "v1.1", "v2"]

_CLASSIC = ("key_id", "secret", "app_id", "region", "base_url")
_V2 = (*_CLASSIC, "subdomain", "token")


@attrs.frozen
class Credentials:
    """Credentials of the caller, and the server. `settings` maps names such as `SMOOCH_KEY_ID` to values."""

    version: ApiVersion
    settings: Mapping[str, str] = attrs.field(repr=False)

    @classmethod
    def read(cls, version: ApiVersion | None, options: Mapping[str, str | None], env_file: Path | None) -> Credentials:
        """Combine the sources: an option wins over the file, and the file over the environment."""
        settings = {name: value for name, value in os.environ.items() if name.startswith("SMOOCH_")}
        if env_file is not None:
            if not env_file.is_file():
                raise InvalidInput(f"--env-file: there is no file {env_file}", "env_file")
            settings |= {name: value for name, value in dotenv_values(env_file).items() if value is not None}
        settings |= {f"SMOOCH_{name.upper()}": value for name, value in options.items() if value is not None}
        version = version or settings.get("SMOOCH_API_VERSION") or "v2"  # type: ignore[assignment]
        if version not in ("v1", "v1.1", "v2"):
            raise InvalidInput(f"SMOOCH_API_VERSION must be v1, v1.1 or v2, got {version!r}", "api_version")
        return cls(version, settings)

    def get(self, name: str) -> str | None:
        """Return the value of a constructor argument such as `key_id`; None if it is not set."""
        return self.settings.get(f"SMOOCH_{name.upper()}") or None

    def require_key(self) -> tuple[str, str]:
        """Return key id and secret. InvalidInput names the variable that is missing."""
        for name in ("key_id", "secret"):
            if self.get(name) is None:
                option = "" if name == "secret" else "; or pass --key-id"
                raise InvalidInput(f"SMOOCH_{name.upper()} is not set{option}", name)
        return str(self.get("key_id")), str(self.get("secret"))

    def connect(self, **options: Any) -> Account:
        """Open a client of the chosen version. InvalidInput names the variable that is missing."""
        names = _V2 if self.version == "v2" else _CLASSIC
        arguments = {name: value for name in names if (value := self.get(name)) is not None}
        if "token" not in arguments:
            self.require_key()
        if self.version == "v2":
            return V2Account.open(**arguments, **options)
        return ClassicAccount.open(**arguments, api_version=self.version, **options)
