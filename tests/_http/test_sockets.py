"""The socket code that both kinds of connections use."""

from __future__ import annotations

import select
import socket

import pytest

from smooch._http import sockets


@pytest.mark.parametrize("has_poll", [True, False])
def test_a_socket_is_readable_with_data_at_its_end_and_when_closed(
    has_poll: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_poll:  # as on Windows
        monkeypatch.delattr(select, "poll", raising=False)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not sockets.is_readable(ours)
        theirs.send(b"a")
        assert sockets.is_readable(ours)
        ours.recv(1)
        assert not sockets.is_readable(ours)
        theirs.close()
        assert sockets.is_readable(ours)
        ours.close()
        assert sockets.is_readable(ours)


def test_each_address_gets_its_share_of_the_time_that_is_left() -> None:
    assert list(sockets.share_timeout("ab", None)) == [("a", None), ("b", None)]
    (first, half), (second, rest) = sockets.share_timeout("ab", 100.0)
    assert (first, second) == ("a", "b")
    assert half is not None
    assert rest is not None
    assert 0 < half <= 50 < rest <= 100
    with pytest.raises(TimeoutError, match="connecting took too long"):
        next(sockets.share_timeout("ab", 0))
