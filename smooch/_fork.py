"""What a forked child must not take over: sockets and files that its parent uses, locks and threads that it has not got."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class _Inherited(Protocol):
    def _start_anew(self) -> None:
        """Drop, in a child process, what belongs to its parent."""


_inherited: weakref.WeakSet[_Inherited] = weakref.WeakSet()


def start_anew_in_children(one: _Inherited) -> None:
    """Have an object start anew in each child process, for as long as it lives."""
    _inherited.add(one)


def _start_all_anew() -> None:
    for one in list(_inherited):
        one._start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_all_anew)
