"""A local Smooch API server for development and tests: `with Sandbox() as sandbox:`."""

from __future__ import annotations

try:
    from ._delivery import DeliveryAttempt
    from ._recording import RecordedRequest
    from ._replay import Replay, read_transcript, replay
    from ._sandbox import Sandbox
except ModuleNotFoundError as error:
    # the name makes `python -m smooch.sandbox` print this line in place of a traceback
    raise ImportError(
        f"smooch.sandbox needs {error.name}, which comes with an extra: pip install 'smooch-python[sandbox]'",
        name=__name__,
    ) from error

__all__ = ["DeliveryAttempt", "RecordedRequest", "Replay", "Sandbox", "read_transcript", "replay"]
