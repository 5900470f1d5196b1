"""The same calls by the v1 client and by its raw client, and responses that suit all of them."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v1.api import app_users, conversations
from smooch_api.v1.models import AppUserUpdate, MessagePost
from support.scripted_server import answer

from smooch.v1 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE = {
    "_id": "5a1b2c3d4e5f60718293a4b5",
    "type": "text",
    "role": "appUser",
    "text": "Hi",
    "received": 1512345678.123,
}
FINE = answer(body={"appUser": {"_id": "5a1b2c3d4e5f60718293a4b5"}, "message": MESSAGE})


def connect(url: str, **options: Any) -> AsyncSmooch:
    return AsyncSmooch("app_5a1b", "a secret that nobody must see", base_url=url, **options)


FACADE: dict[str, Callable[[AsyncSmooch], Any]] = {
    "GET": lambda api: api.get_user("b6518"),
    "PUT": lambda api: api.update_user("b6518", {"givenName": "Ana"}),
    "DELETE": lambda api: api.delete_user("b6518"),
    "POST": lambda api: api.post_message("b6518", "Hi"),
    "HEAD": lambda api: api.ask("appusers/b6518", method="head"),
    "PATCH": lambda api: api.ask("appusers/b6518", {"givenName": "Ana"}, "patch"),
}
HI = MessagePost(role="appUser", type_="text", text="Hi")
RAW: dict[str, Callable[[AsyncSmooch], Any]] = {
    "GET": lambda api: app_users.get_app_user.asyncio_detailed("b6518", client=api.raw),
    "PUT": lambda api: app_users.update_app_user.asyncio_detailed(
        "b6518", client=api.raw, body=AppUserUpdate(given_name="Ana")
    ),
    "DELETE": lambda api: app_users.delete_app_user.asyncio_detailed("b6518", client=api.raw),
    "POST": lambda api: conversations.post_message.asyncio_detailed("b6518", client=api.raw, body=HI),
}
CALLS = [
    *(pytest.param(method, call, id=f"{method}-facade") for method, call in FACADE.items()),
    *(pytest.param(method, call, id=f"{method}-raw") for method, call in RAW.items()),
]
HARMLESS = {"GET", "HEAD", "PUT", "DELETE"}

MANY = 400
"""Pauses of 0.05 s: they last long enough to show that a call has no deadline, and then end."""


def trickle(piece: bytes, head: bytes = b"", tail: bytes = b"") -> list[bytes | float]:
    """A response that sends a piece every 0.05 s, between its head and its tail."""
    return [head, *chain.from_iterable(repeat((piece, 0.05), MANY)), tail]


TRICKLES = {
    "nothing for a while": [2.0, FINE],
    "status line": trickle(b"O", head=b"HTTP/1.1 200 ", tail=b"\r\nContent-Length: 0\r\n\r\n"),
    "headers": trickle(b"X-Y: z\r\n", head=b"HTTP/1.1 200 OK\r\n", tail=b"Content-Length: 0\r\n\r\n"),
    "100 Continue": trickle(b"HTTP/1.1 100 Continue\r\n\r\n", tail=FINE),
    "body": trickle(b" ", head=b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MANY + 2), tail=b"{}"),
    "chunked body": trickle(b"1\r\n \r\n", head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "first half of the body": [FINE[:-9], 2.0, FINE[-9:]],
    "body of an error": trickle(b" ", head=b"HTTP/1.1 503 No\r\nContent-Length: %d\r\n\r\n" % MANY),
}
