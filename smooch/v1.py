"""API v1 and v1.1: `Smooch`, `AsyncSmooch`, and the models of the generated client as `models`."""

from smooch_api.v1 import models

from ._async.v1 import AsyncSmooch
from ._sync.v1 import Smooch

__all__ = ["AsyncSmooch", "Smooch", "models"]
