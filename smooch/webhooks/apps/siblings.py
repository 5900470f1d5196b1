"""Detect other processes of the same server that receive deliveries of the same webhook, on Linux."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import threading

_sockets: dict[str, int] = {}
_lock = threading.Lock()


def has_sibling(secret: bytes) -> bool:
    """Return whether another process with the same parent was the first to claim this secret.

    The first one binds a socket without a file, which the kernel frees when the process ends. Workers of one server have
    one parent; two bots of one parent have different secrets, of which 16 bits of a digest are visible in the name.
    """
    if sys.platform != "linux":
        return False
    name = f"\0smooch-webhooks-{os.getuid()}-{os.getppid()}-{hashlib.sha256(secret).hexdigest()[:4]}"
    with _lock:
        if name in _sockets:
            return False
        one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            one.bind(name)
        except OSError:
            one.close()
            return True
        # Kept open for the life of the process, without an object that warns when it is collected.
        _sockets[name] = one.detach()
        return False


def _reset() -> None:
    """Drop the sockets of the parent in a child process: they still speak for the parent."""
    global _lock
    _lock = threading.Lock()
    for descriptor in _sockets.values():
        os.close(descriptor)
    _sockets.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset)
