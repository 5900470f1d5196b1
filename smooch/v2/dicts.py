"""The request bodies of API v2 as dicts: TypedDicts of the same names as the models, for annotations."""

from smooch_api.v2.dicts import *  # noqa: F403
