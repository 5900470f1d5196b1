"""Socket code that connections for threads and for asyncio share."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")


def share_timeout(addresses: Sequence[T], timeout: float | None) -> Iterator[tuple[T, float | None]]:
    """Yield each address of a host with its share of the timeout, so that a dead one leaves time for others.

    Raises:
        TimeoutError: there is no time left.
    """
    end = None if timeout is None else time.monotonic() + timeout
    for position, address in enumerate(addresses):
        remaining = None if end is None else end - time.monotonic()
        if remaining is not None and remaining <= 0:
            raise TimeoutError("connecting took too long")
        yield address, None if remaining is None else remaining / (len(addresses) - position)


def is_readable(sock: Any) -> bool:
    """Whether a socket has bytes to read, is at its end, or is closed."""
    if sock.fileno() < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([sock], [], [], 0)[0])
