"""Reset objects after a fork.

A child process must not use its parent's sockets and files, and does not have its threads.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class _Resettable(Protocol):
    def _reset(self) -> None:
        """Drop, in a child process, what belongs to its parent."""


_objects: weakref.WeakSet[_Resettable] = weakref.WeakSet()


def reset_after_fork(obj: _Resettable) -> None:
    """Call the object's `_reset` in each child process, for as long as the object lives."""
    _objects.add(obj)


def _reset_all() -> None:
    for obj in list(_objects):
        obj._reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
