"""Request bodies of API v2 as TypedDicts, named like the models."""

from smooch_api.v2.dicts import *  # noqa: F403
