"""The table of faults: the outcome of a call for each fault of network, server or caller.

`scripts/faults_table.py` writes a part of it into smooch/README.md.
"""

from __future__ import annotations

import gzip
from asyncio import CancelledError
from email.utils import formatdate
from itertools import chain, repeat
from time import sleep, time
from typing import TYPE_CHECKING, Any, Literal

import attrs

from smooch.errors import (
    APIError,
    ConnectionFailed,
    DeadlineExceeded,
    PayloadTooLarge,
    RateLimited,
    RequestTimeout,
    ServerError,
    Unauthorized,
    UnreadableResponse,
)
from support.scripted_server import RESET, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

METHODS = ("GET", "PUT", "DELETE", "POST", "upload")
VERSIONS = ("v1", "v2")
TRANSPORTS = ("sync", "async", "aiohttp")

Sent = Literal["once", "twice", "repeated"]
"""The number of attempts; a retried request is sent as often as `retries` allows."""
Limit = Literal["", "pool", "connect", "write", "read", "deadline"]
"""The option that ends each attempt or the whole call; "" if the server or the caller ends it."""


@attrs.frozen
class Outcome:
    """The outcome of a call for a fault."""

    error: type[BaseException] | None
    """The exception that the call raises; None if it succeeds."""
    sent: Sent = "once"
    says: str = ""
    """A part of the exception's text."""


@attrs.frozen(kw_only=True)
class Fault:
    """A row of the table: a fault, and the outcome of each cell."""

    name: str
    words: str
    """The fault in the words of the guide; "" if another row has them."""
    outcomes: Mapping[str, Outcome]
    """Outcome by method."""
    answers: Callable[[bytes], Any] | None = None
    """Makes the server's faulty answer from a good one; None if the test causes the fault in another way."""
    first: Callable[[bytes], Any] | None = None
    """Makes the answer to an earlier call over the same connection."""
    reads: Literal["request", "head", "nothing"] = "request"
    """The part of the request that the server reads before it answers."""
    limit: Limit = ""
    waits: tuple[float, float] = (0.0, 1.0)
    """The least and the most seconds that a call waits before a retry."""
    differs: Mapping[frozenset[str], Outcome | str] = attrs.field(factory=dict)
    """Other outcomes, or reasons why there is none, by method, version or transport."""

    def outcome(self, method: str, version: str, transport: str) -> Outcome | str:
        """Return the outcome of a cell, or the reason why it has none."""
        cell = {method, version, transport}
        return next((one for where, one in self.differs.items() if where <= cell), self.outcomes[method])


NOT_SENT = "nothing was sent"
MAY_HAVE = "it may have taken effect"
TOOK_EFFECT = "the call took effect"


def same(error: type[BaseException] | None, sent: Sent = "once", says: str = "") -> dict[str, Outcome]:
    """The same outcome for all methods."""
    return dict.fromkeys(METHODS, Outcome(error, sent, says))


def unless_it_may_have_arrived(error: type[BaseException], says: str = "") -> dict[str, Outcome]:
    """The request is retried unless it is a POST."""
    once, repeated = Outcome(error, "once", says), Outcome(error, "repeated")
    return {**dict.fromkeys(("GET", "PUT", "DELETE"), repeated), **dict.fromkeys(("POST", "upload"), once)}


def unreadable() -> dict[str, Outcome]:
    """The response means success, but its body cannot be read."""
    return {**same(UnreadableResponse, says=TOOK_EFFECT), "GET": Outcome(UnreadableResponse)}


def late() -> dict[str, Outcome]:
    """The deadline passes after the request was sent."""
    return {**same(DeadlineExceeded), **dict.fromkeys(("POST", "upload"), Outcome(DeadlineExceeded, says=MAY_HAVE))}


def in_hours(hours: float) -> str:
    return formatdate(time() + hours * 3600, usegmt=True)


def trickle(head: bytes, piece: bytes) -> Iterator[bytes | float]:
    return chain([head], chain.from_iterable(repeat((piece, 0.05), 1200)))


def then_reset(refusal: bytes) -> Iterator[bytes | None]:
    """Refuse a request and close the connection soon afterwards; unread bytes turn that into a reset."""
    yield refusal
    sleep(0.05)
    yield None


HANG = 60.0
"""Seconds that a server is silent: long enough to notice a call without a limit."""
BOMB = gzip.compress(bytes(1 << 25))
UNPARSED = {frozenset({"v2", "PUT"}): Outcome(None)}
"""v2 has no operation with PUT, and a response to any other path is not parsed."""
SMALL_REQUESTS = {
    frozenset({method}): "the operating system takes so small a request at once"
    for method in METHODS
    if method != "upload"
}
FOREIGN = answer(body={"user": {"id": "somebody else"}, "appUser": {"_id": "somebody else"}})

FAULTS = [
    Fault(
        name="refused",
        words="connection refused",
        outcomes=same(ConnectionFailed, "repeated", NOT_SENT),
    ),
    Fault(
        name="DNS",
        words="host name not found",
        outcomes=same(ConnectionFailed, "repeated", NOT_SENT),
    ),
    Fault(
        name="TLS: not trusted",
        words="certificate not trusted",
        outcomes=same(ConnectionFailed, "repeated", NOT_SENT),
    ),
    Fault(
        name="TLS: none",
        words="no TLS",
        outcomes=same(ConnectionFailed, "repeated", NOT_SENT),
    ),
    Fault(
        name="no free connection",
        words="no free connection within {pool}",
        outcomes=same(RequestTimeout, "repeated", "no free connection"),
        limit="pool",
        differs={frozenset({"aiohttp"}): Outcome(RequestTimeout, "repeated", NOT_SENT)},
    ),
    Fault(
        name="connect hang",
        words="no connection within {connect}",
        outcomes=same(RequestTimeout, "repeated", NOT_SENT),
        limit="connect",
    ),
    Fault(
        name="handshake hang",
        words="no TLS handshake within {connect}",
        outcomes=same(RequestTimeout, "repeated", NOT_SENT),
        limit="connect",
    ),
    Fault(
        name="connect hang until the deadline",
        words="",
        outcomes=same(DeadlineExceeded, says=NOT_SENT),
        limit="deadline",
    ),
    Fault(
        name="reset before the request was read",
        words="connection lost before the response",
        outcomes=unless_it_may_have_arrived(ConnectionFailed, MAY_HAVE),
        answers=lambda _: RESET,
        reads="nothing",
    ),
    Fault(
        name="reset after the request was read",
        words="",
        outcomes=unless_it_may_have_arrived(ConnectionFailed, MAY_HAVE),
        answers=lambda _: RESET,
    ),
    Fault(
        name="closed after the request was read",
        words="",
        outcomes=unless_it_may_have_arrived(ConnectionFailed, MAY_HAVE),
        answers=lambda _: None,
    ),
    Fault(
        name="idle connection reset as the request comes",
        words="",
        outcomes=unless_it_may_have_arrived(ConnectionFailed, MAY_HAVE),
        first=lambda fine: fine,
        answers=lambda _: RESET,
    ),
    Fault(
        name="half a head",
        words="",
        outcomes=unless_it_may_have_arrived(ConnectionFailed, MAY_HAVE),
        answers=lambda fine: [fine[:20], None],
    ),
    Fault(
        name="half an answer",
        words="connection lost amid the response",
        outcomes={
            **unless_it_may_have_arrived(UnreadableResponse, TOOK_EFFECT),
            **dict.fromkeys(("PUT", "DELETE"), Outcome(UnreadableResponse, "repeated", TOOK_EFFECT)),
        },
        answers=lambda fine: [fine[:-9], None],
    ),
    Fault(
        name="no answer",
        words="no response within {read} (`timeout`)",
        outcomes=unless_it_may_have_arrived(RequestTimeout, MAY_HAVE),
        answers=lambda _: [HANG],
        limit="read",
    ),
    Fault(
        name="half an answer, then none",
        words="no more of it within {read}",
        outcomes=unless_it_may_have_arrived(RequestTimeout, MAY_HAVE),
        answers=lambda fine: [fine[:-9], HANG],
        limit="read",
    ),
    Fault(
        name="sending hangs",
        words="",
        outcomes=same(RequestTimeout, says=MAY_HAVE),
        limit="write",
        differs={
            **SMALL_REQUESTS,
            frozenset(
                {"aiohttp"}
            ): "the write timeout does not count: if the server stops reading, the deadline ends the call",
        },
    ),
    Fault(
        name="sending hangs until the deadline",
        words="",
        outcomes=late(),
        limit="deadline",
        differs=SMALL_REQUESTS,
    ),
    Fault(
        name="no answer until the deadline",
        words="no whole response within {deadline} (`deadline`)",
        outcomes=late(),
        first=lambda fine: fine,
        answers=lambda _: [HANG],
        limit="deadline",
    ),
    Fault(
        name="trickle",
        words="however it trickles",
        outcomes=late(),
        first=lambda fine: fine,
        answers=lambda _: trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "),
        limit="deadline",
    ),
    Fault(
        name="429",
        words="429",
        outcomes=same(RateLimited, "repeated"),
        answers=lambda _: answer(429),
    ),
    Fault(
        name="429 with seconds",
        words="",
        outcomes=same(RateLimited, "repeated"),
        answers=lambda _: answer(429, Retry_After="2"),
        waits=(2.0, 2.0),
    ),
    Fault(
        name="429 with a date",
        words="",
        outcomes=same(RateLimited, "repeated"),
        answers=lambda _: answer(429, Retry_After=formatdate(time() + 14, usegmt=True)),
        waits=(1.0, 14.0),
    ),
    Fault(
        name="429 with too long a wait",
        words="429 that asks for a wait of more than 30 s",
        outcomes=same(RateLimited, says="429"),
        answers=lambda _: answer(429, Retry_After="31"),
    ),
    Fault(
        name="429 with a date too far off",
        words="",
        outcomes=same(RateLimited, says="429"),
        answers=lambda _: answer(429, Retry_After=in_hours(1)),
    ),
    Fault(
        name="401 with a wrong clock",
        words="401 because the clocks differ",
        outcomes=same(Unauthorized, "twice"),
        answers=lambda _: answer(401, Date=in_hours(5)),
    ),
    Fault(
        name="401 with the right clock",
        words="401 otherwise",
        outcomes=same(Unauthorized),
        answers=lambda _: answer(401, Date=in_hours(0)),
    ),
    *(
        Fault(
            name=str(status),
            words=str(status),
            outcomes=unless_it_may_have_arrived(ServerError, str(status)),
            answers=lambda _, status=status: answer(status),
        )
        for status in (502, 503, 504)
    ),
    *(
        Fault(
            name=str(status),
            words=str(status) if status == 500 else "any other 5xx",
            outcomes=same(ServerError, says=str(status)),
            answers=lambda _, status=status: answer(status),
        )
        for status in (500, 520)
    ),
    Fault(
        name="HTML",
        words="success with HTML instead of JSON",
        outcomes=unreadable(),
        answers=lambda _: answer(body=b"<html><title>Welcome</title></html>", Content_Type="text/html"),
        differs=UNPARSED,
    ),
    Fault(
        name="empty",
        words="with no body where one is due",
        outcomes=unreadable(),
        answers=lambda _: answer(body=b""),
        differs={**UNPARSED, frozenset({"DELETE"}): Outcome(None)},
    ),
    Fault(
        name="wrong JSON",
        words="with JSON of another kind",
        outcomes=unreadable(),
        answers=lambda _: answer(body=[5]),
        differs=UNPARSED,
    ),
    Fault(
        name="gzip bomb",
        words="with more than {max_response_bytes} (`max_response_bytes`)",
        outcomes=unreadable(),
        answers=lambda _: answer(body=BOMB, Content_Encoding="gzip"),
    ),
    Fault(
        name="3xx",
        words="redirect",
        outcomes=same(APIError, says="redirects are not followed"),
        answers=lambda _: answer(307, Location="/elsewhere"),
    ),
    Fault(
        name="early 413",
        words="413",
        outcomes=same(PayloadTooLarge),
        answers=lambda _: answer(413, Connection="close"),
        reads="head",
    ),
    Fault(
        name="early 413, then reset",
        words="",
        outcomes=same(PayloadTooLarge),
        answers=lambda _: then_reset(answer(413, Connection="close")),
        reads="head",
    ),
    Fault(
        name="cancel",
        words="task cancelled",
        outcomes=same(CancelledError),
        answers=lambda _: [HANG],
        differs={frozenset({"sync"}): "a thread cannot be cancelled"},
    ),
    Fault(
        name="SIGINT",
        words="Ctrl-C",
        outcomes=same(KeyboardInterrupt),
        answers=lambda _: [HANG],
    ),
    Fault(
        name="idle connection closed",
        words="idle connection closed by the server",
        outcomes=same(None),
        first=lambda fine: [fine, None],
        answers=lambda fine: fine,
    ),
    Fault(
        name="surplus bytes",
        words="surplus bytes after the response",
        outcomes=same(None),
        answers=lambda fine: fine + FOREIGN,
    ),
    Fault(
        name="fork",
        words="process forked",
        outcomes=same(None),
    ),
    Fault(
        name="loop after loop",
        words="one event loop after another",
        outcomes=same(None),
        differs={frozenset({"sync"}): "calls from threads know no event loop"},
    ),
]
