"""Request bodies of API v1 and v1.1 as TypedDicts, named like the models."""

from smooch_api.v1.dicts import *  # noqa: F403
