"""The request bodies of API v1 and v1.1 as dicts: TypedDicts of the same names as the models, for annotations."""

from smooch_api.v1.dicts import *  # noqa: F403
