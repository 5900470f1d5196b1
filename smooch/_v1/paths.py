"""Which paths of API v1 belong to the account and which to one app.

Decided by the servers that spec/v1.yaml gives them.
"""

from __future__ import annotations

import re

from smooch_api.v1.paths import PATHS_WITH_OWN_SERVERS

_ROOTS = tuple(f"{path}/" for path in PATHS_WITH_OWN_SERVERS if "{" not in path)
_ACCOUNT_PATH = re.compile("|".join(re.sub(r"{\w+}", "[^/]+", path) for path in PATHS_WITH_OWN_SERVERS))


def is_relative_to_version(path: str) -> bool:
    """Whether a path is relative to the version of the API; all others are relative to one app."""
    return f"/{path.partition('?')[0].strip('/')}/".startswith(_ROOTS)


def needs_account_key(path: str) -> bool:
    """Whether an operation has a path that the key of an app may not call."""
    return _ACCOUNT_PATH.fullmatch(path) is not None
