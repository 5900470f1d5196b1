# Derived from tests/_async/test_http.py by scripts/unasync.py; edit that file.
"""The HTTP core behind every call: retries, waits, timeouts, the deadline, requests, proxies and streams."""

from __future__ import annotations

import io
import logging
import re
import ssl
from email.utils import formatdate
from itertools import chain, repeat
from time import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from smooch_api import File
from smooch_api.v1.api import app_users, attachments, conversations
from smooch_api.v1.models import AppUserUpdate, AttachmentUpload, MessagePost
from support.concurrency import Background, together, wait_until
from support.scripted_server import (
    ScriptedServer,
    answer,
    connect_proxy,
    full_backlog,
    script,
    silent_server,
    unused_port,
)

from smooch._http import connections
from smooch.errors import (
    APIError,
    BadRequest,
    ConnectionFailed,
    DeadlineExceeded,
    InvalidInput,
    NotFound,
    RateLimited,
    RequestTimeout,
    ServerError,
    SmoochError,
)
from smooch.v1 import Smooch

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable
    from pathlib import Path

MESSAGE = {
    "_id": "5a1b2c3d4e5f60718293a4b5",
    "type": "text",
    "role": "appUser",
    "text": "Hi",
    "received": 1512345678.123,
}
FINE = answer(body={"appUser": {"_id": "5a1b2c3d4e5f60718293a4b5"}, "message": MESSAGE})


def connect(url: str, **options: Any) -> Smooch:
    return Smooch("app_5a1b", "a secret that nobody must see", base_url=url, **options)


FACADE: dict[str, Callable[[Smooch], Any]] = {
    "GET": lambda api: api.get_user("b6518"),
    "PUT": lambda api: api.update_user("b6518", {"givenName": "Ana"}),
    "DELETE": lambda api: api.delete_user("b6518"),
    "POST": lambda api: api.post_message("b6518", "Hi"),
    "HEAD": lambda api: api.ask("appusers/b6518", method="head"),
    "PATCH": lambda api: api.ask("appusers/b6518", {"givenName": "Ana"}, "patch"),
}
HI = MessagePost(role="appUser", type_="text", text="Hi")
RAW: dict[str, Callable[[Smooch], Any]] = {
    "GET": lambda api: app_users.get_app_user.sync_detailed("b6518", client=api.raw),
    "PUT": lambda api: app_users.update_app_user.sync_detailed(
        "b6518", client=api.raw, body=AppUserUpdate(given_name="Ana")
    ),
    "DELETE": lambda api: app_users.delete_app_user.sync_detailed("b6518", client=api.raw),
    "POST": lambda api: conversations.post_message.sync_detailed("b6518", client=api.raw, body=HI),
}
CALLS = [
    *(pytest.param(method, call, id=f"{method}-facade") for method, call in FACADE.items()),
    *(pytest.param(method, call, id=f"{method}-raw") for method, call in RAW.items()),
]
HARMLESS = {"GET", "HEAD", "PUT", "DELETE"}

REFUSED_FOR_NOW = {"429": answer(429), "429 html": answer(429, b"<p>Slow down", Content_Type="text/html")}
MAY_HAVE_ARRIVED = {
    "502": answer(502),
    "503": answer(503, b""),
    "504": answer(504, b"<html>", Content_Type="text/html"),
    "dropped before the answer": None,
    "dropped in the status line": [b"HTTP/1.1 2", None],
    "dropped in the headers": [b"HTTP/1.1 200 OK\r\nContent-Le", None],
    "dropped in the body": [FINE[:-9], None],
    "dropped in a chunk": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n{", None],
    "no answer in time": [60.0],
    "the body stops": [FINE[:-9], 60.0],
}
IN_THE_BODY = {"dropped in the body", "dropped in a chunk", "the body stops"}
NEVER = {str(status): answer(status) for status in (400, 401, 402, 403, 404, 408, 409, 413, 423, 500, 501, 520, 599)}
FAULTS = {**REFUSED_FOR_NOW, **MAY_HAVE_ARRIVED, **NEVER}


def is_repeated(method: str, fault: str) -> bool:
    return fault in REFUSED_FOR_NOW or (fault in MAY_HAVE_ARRIVED and method in HARMLESS)


@pytest.mark.parametrize(
    ("method", "call", "fault"),
    [
        pytest.param(*call.values, fault, id=f"{call.id}-{fault}")
        for call in CALLS
        for fault in FAULTS
        if call.id != "HEAD-facade" or fault not in IN_THE_BODY  # an answer to HEAD has no body
    ],
)
def test_only_safe_retries_are_made(
    method: str, call: Callable[[Smooch], Any], fault: str, waits: list[float]
) -> None:
    timeout = httpx.Timeout(30.0, read=0.4 if fault in ("no answer in time", "the body stops") else 30.0)
    with ScriptedServer(script(FAULTS[fault], FINE)) as server:
        with connect(server.url, timeout=timeout) as api:
            if is_repeated(method, fault):
                assert (call(api)).status_code == 200
                first, second = server.requests
                assert (second.method, second.target, second.body) == (method, first.target, first.body)
                assert len(waits) == 1
            else:
                with pytest.raises(SmoochError):
                    call(api)
                assert [request.method for request in server.requests] == [method]
                assert waits == []


@pytest.mark.parametrize(("method", "call"), CALLS)
def test_every_method_retries_a_refused_connection(
    method: str, call: Callable[[Smooch], Any], waits: list[float]
) -> None:
    with connect(f"http://127.0.0.1:{unused_port()}", retries=2) as api:
        with pytest.raises(ConnectionFailed, match="nothing was sent") as caught:
            call(api)
    assert len(waits) == 2
    assert (caught.value.method, caught.value.url.rpartition("/")[0][-12:]) != ("", "")
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


@pytest.mark.parametrize("retries", [0, 1, 3])
@pytest.mark.parametrize(
    ("call", "fault", "error"),
    [
        (FACADE["GET"], answer(503), ServerError),
        (FACADE["GET"], None, ConnectionFailed),
        (FACADE["GET"], [FINE[:-9], None], SmoochError),
        (FACADE["POST"], answer(429), RateLimited),
        (RAW["PUT"], answer(502), ServerError),
        (RAW["POST"], answer(429), RateLimited),
    ],
)
def test_retries_is_the_number_of_further_attempts(
    call: Callable[[Smooch], Any], fault: Any, error: type[SmoochError], retries: int, waits: list[float]
) -> None:
    with ScriptedServer(script(fault)) as server:
        with connect(server.url, retries=retries) as api:
            with pytest.raises(error):
                call(api)
        assert len(server.requests) == 1 + retries
    assert len(waits) == retries


def test_the_default_is_four_attempts(waits: list[float]) -> None:
    with ScriptedServer(script(answer(503))) as server:
        with connect(server.url) as api:
            with pytest.raises(ServerError):
                api.get_user("b6518")
        assert len(server.requests) == 4


def test_retries_can_be_set_for_one_call(waits: list[float]) -> None:
    with ScriptedServer(script(answer(503))) as server:
        with connect(server.url, retries=5) as api:
            with pytest.raises(ServerError):
                api.with_options(retries=0).get_user("b6518")
            assert len(server.requests) == 1
            with pytest.raises(ServerError):
                api.get_user("b6518")
            assert len(server.requests) == 1 + 6


def test_each_attempt_may_fail_in_another_way(waits: list[float]) -> None:
    with ScriptedServer(script(answer(503), None, answer(429), FINE)) as server:
        with connect(server.url) as api:
            assert (api.get_user("b6518")).status_code == 200
        assert len(server.requests) == 4


def test_a_response_that_allows_no_retry_ends_the_attempts(waits: list[float]) -> None:
    with ScriptedServer(script(answer(429), answer(503), FINE)) as server:
        with connect(server.url) as api:
            with pytest.raises(ServerError):
                api.post_message("b6518", "Hi")
        assert len(server.requests) == 2


# Waits


def dated(header: str) -> str:
    """Replace `in N s` by the HTTP date that lies N seconds ahead."""
    if header.startswith("in "):
        return formatdate(time() + int(header.split()[1]), usegmt=True)
    return header


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("2", 2.0, 2.0),
        ("0.25", 0.25, 0.25),
        (" 3 ", 3.0, 3.0),
        ("30", 30.0, 30.0),
        ("in 20 s", 1.0, 20.0),
        ("in -3600 s", 0.5, 0.5),
        ("0", 0.5, 0.5),
        ("-5", 0.5, 0.5),
        ("soon", 0.5, 0.5),
        ("nan", 0.5, 0.5),
        ("inf", 0.5, 0.5),
        ("Wed, 99 Nonember 2026", 0.5, 0.5),
        ("1e400", 0.5, 0.5),
        ("9" * 400, 0.5, 0.5),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", 0.5, 0.5),
        ("Mon, 01 Jan 2035 00:00:00 +9999999999", 0.5, 0.5),
    ],
)
@pytest.mark.parametrize(("call", "status"), [(FACADE["POST"], 429), (FACADE["GET"], 503), (RAW["DELETE"], 429)])
def test_retry_after_is_honoured(
    call: Callable[[Smooch], Any],
    status: int,
    header: str,
    least: float,
    most: float,
    waits: list[float],
    longest_waits: None,
) -> None:
    with ScriptedServer(script(answer(status, Retry_After=dated(header)), FINE)) as server:
        with connect(server.url) as api:
            assert (call(api)).status_code == 200
    [wait] = waits
    assert least <= wait <= most


def test_the_wait_takes_real_time() -> None:
    with ScriptedServer(script(answer(429, Retry_After="0.3"), FINE)) as server:
        with connect(server.url) as api:
            api.post_message("b6518", "Hi")
        first, second = server.requests
    assert second.at - first.at >= 0.3


@pytest.mark.parametrize("header", ["31", "3600", "in 3600 s", "1e9", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_no_single_wait_is_longer_than_half_a_minute(header: str, waits: list[float]) -> None:
    with ScriptedServer(script(answer(429, Retry_After=dated(header)), FINE)) as server:
        with connect(server.url) as api:
            with pytest.raises(RateLimited) as caught:
                api.get_user("b6518")
        assert len(server.requests) == 1
    assert waits == []
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 30


def test_the_waits_of_a_call_add_up_to_half_a_minute_at_most(waits: list[float]) -> None:
    with ScriptedServer(script(answer(429, Retry_After="12"))) as server:
        with connect(server.url) as api:
            with pytest.raises(RateLimited):
                api.post_message("b6518", "Hi")
        assert len(server.requests) == 3
    assert waits == [12.0, 12.0]


def test_there_is_no_wait_beyond_the_deadline(waits: list[float]) -> None:
    with ScriptedServer(script(answer(429, Retry_After="10"), FINE)) as server:
        with connect(server.url, deadline=9) as api:
            with pytest.raises(RateLimited):
                api.get_user("b6518")
            assert len(server.requests) == 1
    assert waits == []


def test_the_limit_of_the_waits_grows_exponentially(waits: list[float], longest_waits: None) -> None:
    with ScriptedServer(script(None)) as server:
        with connect(server.url, retries=5) as api:
            with pytest.raises(ConnectionFailed):
                api.get_user("b6518")
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_jitter_spreads_the_waits_down_to_zero(waits: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, _: low)
    with ScriptedServer(script(None, answer(503), FINE)) as server:
        with connect(server.url) as api:
            api.get_user("b6518")
    assert waits == [0.0, 0.0]


# What a retry sends


@pytest.mark.parametrize("fault", [answer(429), answer(429, b"x" * 300_000)])
def test_a_retry_sends_the_whole_body(fault: bytes, waits: list[float]) -> None:
    text = "ü" * 40_000
    with ScriptedServer(script(fault, FINE)) as server:
        with connect(server.url) as api:
            api.post_message("b6518", text)
        first, second = server.requests
    assert second.json()["text"] == text
    assert second.headers == first.headers


IMAGE = bytes(range(256)) * 1000


@pytest.mark.parametrize("kind", ["path", "pair", "file", "rest of a file"])
def test_a_retry_sends_the_whole_file(kind: str, tmp_path: Path, waits: list[float]) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(IMAGE)
    with path.open("r+b") as file, ScriptedServer(script(answer(429), answer(429), FINE)) as server:
        if kind == "rest of a file":
            file.write(b"only the rest is wanted")
            file.write(IMAGE)
            file.seek(23)
        source: Any = {"path": path, "pair": ("cat.png", IMAGE)}.get(kind, file)
        with connect(server.url) as api:
            api.post_media("b6518", source)
    assert [IMAGE in request.body for request in server.requests] == [True] * 3
    assert len({request.body for request in server.requests}) == 1
    assert b"only the rest" not in server.requests[0].body


def test_a_retry_of_the_raw_client_sends_the_whole_file(waits: list[float]) -> None:
    body = AttachmentUpload(source=File(io.BytesIO(IMAGE), file_name="cat.png", mime_type="image/png"))
    done = answer(201, {"mediaUrl": "https://example.com/cat.png", "mediaType": "image/png"})
    with ScriptedServer(script(answer(429), done)) as server:
        with connect(server.url) as api:
            attachments.upload_attachment.sync_detailed(client=api.raw, body=body, access="public")
    assert [IMAGE in request.body for request in server.requests] == [True, True]


def test_a_retry_uses_the_same_connection(waits: list[float]) -> None:
    with ScriptedServer(script(answer(503, b"x" * 200_000), answer(429), FINE)) as server:
        with connect(server.url) as api:
            api.get_user("b6518")
        assert server.connections == 1


def test_a_body_that_cannot_be_rewound_is_not_retried(waits: list[float]) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"{}"

    with ScriptedServer(script(answer(429), FINE)) as server:
        with connect(server.url) as api:
            with pytest.raises(RateLimited):
                api.raw.get_httpx_client().request("POST", "/appusers", content=pieces())
        assert len(server.requests) == 1


# Logs


def log_lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "smooch"]


def test_attempts_and_retries_are_logged(waits: list[float], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "smooch")
    with ScriptedServer(script(answer(429, Retry_After="2"), None, FINE, answer(404))) as server:
        with connect(server.url) as api:
            api.ask("appusers/b6518", {"q": "a secret of the query"})
            with pytest.raises(NotFound):
                api.post_message("b6518", "a secret of the body")
    expected = [
        ("DEBUG", r"GET /v1/appusers/b6518 429 in \d+ ms"),
        ("INFO", r"retry of GET /v1/appusers/b6518 in 2\.00 s after 429"),
        ("DEBUG", r"GET /v1/appusers/b6518 without a response in \d+ ms"),
        ("INFO", r"retry of GET /v1/appusers/b6518 in \d\.\d\d s after (RemoteProtocol|Read)Error"),
        ("DEBUG", r"GET /v1/appusers/b6518 200 in \d+ ms"),
        ("DEBUG", r"POST /v1/appusers/b6518/messages 404 in \d+ ms"),
    ]
    lines = log_lines(caplog)
    assert [level for level, _ in lines] == [level for level, _ in expected]
    assert [
        line for (_, line), (_, pattern) in zip(lines, expected, strict=True) if not re.fullmatch(pattern, line)
    ] == []


def test_logs_hide_secrets_in_paths(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "smooch")
    with ScriptedServer(script(FINE)) as server:
        with connect(server.url) as api:
            api.get_user("eyJhbGciOi.eyJzY29w.c2ln")
            api.ask("appusers/a secret that nobody must see")
    assert [line.partition(" in ")[0] for _, line in log_lines(caplog)] == [
        "GET /v1/appusers/[token] 200",
        "GET /v1/appusers/[secret] 200",
    ]


# Timeouts


def test_connecting_has_a_timeout(waits: list[float]) -> None:
    with full_backlog() as url:
        with connect(url, timeout=httpx.Timeout(30.0, connect=0.2), retries=1) as api:
            with pytest.raises(RequestTimeout, match="nothing was sent") as caught:
                api.post_message("b6518", "Hi")
    assert not isinstance(caught.value, DeadlineExceeded)
    assert isinstance(caught.value.__cause__, httpx.ConnectTimeout)
    assert len(waits) == 1


def test_the_tls_handshake_has_a_timeout() -> None:
    with silent_server() as url:
        with connect(url.replace("http:", "https:"), timeout=httpx.Timeout(30.0, connect=0.2), retries=0) as api:
            with pytest.raises(RequestTimeout, match="nothing was sent"):
                api.post_message("b6518", "Hi")


@pytest.mark.parametrize(("method", "call"), CALLS)
def test_reading_a_response_has_a_timeout(method: str, call: Callable[[Smooch], Any]) -> None:
    with ScriptedServer(script([60.0])) as server:
        with connect(server.url, timeout=httpx.Timeout(30.0, read=0.2), retries=0) as api:
            with pytest.raises(RequestTimeout) as caught:
                call(api)
            wait_until(lambda: len(server.requests) == 1)
    assert type(caught.value) is RequestTimeout
    assert ("it may have taken effect" in str(caught.value)) is (method not in HARMLESS)
    assert (caught.value.method, caught.value.url) == (method, server.url + server.requests[0].target)


def test_sending_has_a_timeout() -> None:
    with silent_server() as url:
        with connect(url, timeout=httpx.Timeout(30.0, write=0.2)) as api:
            with pytest.raises(RequestTimeout) as caught:
                api.post_media("b6518", ("cat.png", bytes(9_900_000)))
    assert isinstance(caught.value.__cause__, httpx.WriteTimeout)


# The deadline

MANY = 400
"""Pauses of 0.05 s: they last long enough to show that a call has no deadline, and then end."""


def trickle(piece: bytes, head: bytes = b"", tail: bytes = b"") -> list[bytes | float]:
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


@pytest.mark.parametrize("trickled", TRICKLES)
@pytest.mark.parametrize(("method", "call"), [("GET", FACADE["GET"]), ("POST", RAW["POST"])])
def test_a_trickling_response_ends_at_the_deadline(
    method: str, call: Callable[[Smooch], Any], trickled: str
) -> None:
    with ScriptedServer(script(TRICKLES[trickled])) as server:
        with connect(server.url, deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded, match=r"did not end within 0\.3 s") as caught:
                call(api)
        assert len(server.requests) == 1
    assert ("it may have taken effect" in str(caught.value)) is (method == "POST")
    assert (caught.value.method, caught.value.url) == (method, server.url + server.requests[0].target)


def test_without_a_deadline_a_trickling_response_is_read_to_its_end() -> None:
    with ScriptedServer(
        script([*trickle(b" ", b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n")[:41], b"{}"])
    ) as server:
        with connect(server.url, deadline=None, timeout=5) as api:
            assert (api.ask("appusers/b6518")).parsed == {}


def test_the_deadline_can_be_set_for_one_call() -> None:
    with ScriptedServer(script(TRICKLES["body"], FINE)) as server:
        with connect(server.url, deadline=None) as api:
            with pytest.raises(DeadlineExceeded):
                api.with_options(deadline=0.3).get_user("b6518")
            assert (api.get_user("b6518")).status_code == 200


def test_the_deadline_can_be_turned_off_for_one_call() -> None:
    with ScriptedServer(
        script([*trickle(b" ", b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n")[:41], b"{}"])
    ) as server:
        with connect(server.url, deadline=0.3) as api:
            assert (api.with_options(deadline=None).ask("appusers/b6518")).parsed == {}


def test_the_wait_for_a_retry_ends_at_the_deadline(longest_waits: None) -> None:
    with ScriptedServer(script(answer(503))) as server:
        with connect(server.url, deadline=0.8, retries=1000) as api:
            with pytest.raises(DeadlineExceeded):
                api.get_user("b6518")
        assert len(server.requests) == 2


def test_no_wait_is_longer_than_the_deadline_allows(waits: list[float], longest_waits: None) -> None:
    with ScriptedServer(script(answer(503))) as server:
        with connect(server.url, deadline=0.7) as api:
            with pytest.raises(ServerError):
                api.get_user("b6518")
    first, second, third = waits
    assert first == 0.5
    assert 0 < second <= 0.7
    assert 0 < third <= 0.7


def test_after_the_deadline_nothing_is_sent(longest_waits: None) -> None:
    with ScriptedServer(script(answer(429))) as server:
        with connect(server.url, deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded):
                api.post_message("b6518", "Hi")
            together(lambda: api.with_options(retries=0, deadline=5).ask("menu"))
        assert [request.method for request in server.requests] == ["POST", "GET"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_connecting_ends_at_the_deadline(method: str) -> None:
    with full_backlog() as url:
        with connect(url, deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded, match=r"; nothing was sent$"):
                FACADE[method](api)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_tls_handshake_ends_at_the_deadline(method: str) -> None:
    with silent_server() as url:
        with connect(url.replace("http:", "https:"), deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded, match=r"; nothing was sent$"):
                FACADE[method](api)


def test_waiting_for_a_proxy_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script([60.0])) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with connect("https://api.smooch.example", deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded, match=r"; nothing was sent$"):
                api.post_message("b6518", "Hi")


def test_sending_ends_at_the_deadline() -> None:
    with silent_server() as url:
        with connect(url, deadline=1.5) as api:
            with pytest.raises(DeadlineExceeded, match="may have taken effect"):
                api.post_media("b6518", ("cat.png", bytes(9_900_000)))


def test_waiting_for_a_connection_ends_at_the_deadline() -> None:
    with ScriptedServer(script([2.0, FINE])) as server:
        with connect(server.url, max_connections=1, retries=0) as api:
            running = Background(lambda: api.get_user("b6518"))
            wait_until(lambda: len(server.requests) == 1)
            with pytest.raises(DeadlineExceeded, match=r"; nothing was sent$"):
                api.with_options(deadline=0.3).post_message("b6518", "Hi")
            assert not running.done
            assert (running.outcome()).status_code == 200
        assert len(server.requests) == server.connections == 1


@pytest.mark.parametrize("trickled", TRICKLES)
def test_connections_work_after_a_deadline(trickled: str) -> None:
    with ScriptedServer(script(TRICKLES[trickled], FINE)) as server:
        with connect(server.url, max_connections=1) as api:
            with pytest.raises(DeadlineExceeded):
                api.with_options(deadline=0.2).get_user("b6518")
            outcomes = together(*[lambda: api.get_user("b6518")] * 3)
            assert [outcome.status_code for outcome in outcomes] == [200] * 3
        assert server.connections == 2


# Headers, URLs and redirects


def test_every_request_has_our_user_agent() -> None:
    with ScriptedServer(script(FINE)) as server:
        with connect(server.url) as api:
            FACADE["POST"](api)
            RAW["POST"](api)
    for request in server.requests:
        assert request.headers["user-agent"].startswith("smooch-python/")
        assert request.headers["accept"] == "application/json"
        assert request.headers["authorization"].startswith("Bearer ey")
        assert request.headers["content-type"] == "application/json"


def test_no_cookie_is_kept() -> None:
    with ScriptedServer(script(answer(body={"appUser": {"_id": "1"}}, Set_Cookie="balancer=7; Path=/"))) as server:
        with connect(server.url) as api:
            api.get_user("b6518")
            api.get_user("b6518")
    assert [request.headers.get("cookie") for request in server.requests] == [None, None]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("appusers/b6518", "/v1.1/apps/5a/appusers/b6518"),
        ("/appusers/b6518", "/v1.1/apps/5a/appusers/b6518"),
        ("apps", "/v1.1/apps"),
        ("/apps?limit=5", "/v1.1/apps?limit=5"),
        ("apps/5a/keys", "/v1.1/apps/5a/keys"),
        ("/serviceaccounts/7/keys", "/v1.1/serviceaccounts/7/keys"),
        ("whatsapp/deployments", "/v1.1/whatsapp/deployments"),
        ("appsettings", "/v1.1/apps/5a/appsettings"),
    ],
)
def test_account_paths_start_at_the_version(path: str, target: str) -> None:
    with ScriptedServer(script(answer())) as server:
        with connect(server.url + "/root", app_id="5a", api_version="v1.1") as api:
            api.ask(path)
            api.raw.get_httpx_client().request("GET", path)
    assert [request.target for request in server.requests] == ["/root" + target] * 2


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.get_user("x" * 70_000),
        lambda api: api.ask("appusers/a\nb"),
        lambda api: api.ask("appusers", {"filter": "x" * 70_000}),
        lambda api: api.raw.get_httpx_client().request("GET", "/" + "x" * 70_000),
    ],
)
def test_invalid_urls_are_refused_before_anything_is_sent(call: Callable[[Smooch], Any]) -> None:
    with ScriptedServer(script(FINE)) as server:
        with connect(server.url) as api:
            with pytest.raises(InvalidInput):
                call(api)
        assert server.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_is_not_followed(status: int) -> None:
    with (
        ScriptedServer(script(FINE)) as elsewhere,
        ScriptedServer(script(answer(status, Location=elsewhere.url + "/x"))) as server,
    ):
        with connect(server.url) as api:
            with pytest.raises(APIError, match="redirects are not followed") as caught:
                api.post_message("b6518", "Hi")
    assert caught.value.status_code == status
    assert elsewhere.requests == []


def test_a_redirect_without_a_location_is_an_error_and_is_not_retried() -> None:
    with ScriptedServer(script(answer(302, Location="https://[::bad/"))) as server:
        with connect(server.url) as api:
            with pytest.raises(SmoochError, match="location"):
                api.get_user("b6518")
        assert len(server.requests) == 1


def test_another_host_never_gets_the_token() -> None:
    with (
        ScriptedServer(script(FINE)) as elsewhere,
        ScriptedServer(script(answer(307, Location=elsewhere.url + "/x"))) as server,
    ):
        with connect(server.url) as api:
            raw = api.raw.get_httpx_client()
            raw.request("POST", "/appusers", json={}, follow_redirects=True)
            raw.request("GET", elsewhere.url)
            raw.request("GET", elsewhere.url.replace("127.0.0.1", "localhost"))
    assert [("authorization" in request.headers) for request in server.requests] == [True]
    assert [("authorization" in request.headers) for request in elsewhere.requests] == [False] * 3


# Proxies


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script(FINE)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with connect("http://api.smooch.example") as api:
            api.get_user("b6518")
    [request] = proxy.requests
    assert request.target == "http://api.smooch.example/v1/appusers/b6518"
    assert request.headers["host"] == "api.smooch.example"


def test_the_proxy_of_the_environment_needs_no_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script(FINE)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))
        with connect("http://api.smooch.example") as api:
            assert (api.get_user("b6518")).status_code == 200


def test_a_secure_connection_is_tunnelled_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script(answer(403))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with connect("https://api.smooch.example") as api:
            with pytest.raises(ConnectionFailed, match="403"):
                api.get_user("b6518")
    [request] = proxy.requests
    assert (request.method, request.target) == ("CONNECT", "api.smooch.example:443")
    assert "authorization" not in request.headers


@pytest.mark.parametrize("is_proxy_secure", [False, True])
def test_a_secure_server_is_reached_through_a_proxy(
    is_proxy_secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = httpx.create_ssl_context()
    authority.configure_trust(context)
    large = answer(body={"appUser": {"_id": "5a", "givenName": "x" * 300_000}})
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(theirs)
    with (
        connect_proxy(theirs if is_proxy_secure else None) as (proxy, targets),
        ScriptedServer(script(large), tls=theirs) as server,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with connect(server.url, ssl_context=context) as api:
            assert len((api.get_user("b6518")).content) > 300_000
            image = bytes(range(256)) * 1000
            api.ask("appusers", {"data": image.hex()}, "post")
        assert targets == [server.url.removeprefix("https://")]
        assert server.connections == 1
        assert server.requests[1].json()["data"] == image.hex()


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "example.com,127.0.0.1", "127.0.0.1:PORT"])
def test_the_environment_can_exempt_a_host_from_the_proxy(exempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script(FINE)) as server:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{unused_port()}")
        monkeypatch.setenv("NO_PROXY", exempt.replace("PORT", server.url.rpartition(":")[2]))
        with connect(server.url) as api:
            assert (api.get_user("b6518")).status_code == 200


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("HTTP_PROXY", "http://[::bad", "HTTP_PROXY"),
        ("http_proxy", "http://proxy:port", "HTTP_PROXY"),
        ("ALL_PROXY", "gopher://127.0.0.1", "ALL_PROXY"),
        ("ALL_PROXY", "http://", "ALL_PROXY"),
        ("ALL_PROXY", "socks5://127.0.0.1:1080", "ALL_PROXY names a SOCKS proxy"),
        ("SSL_CERT_FILE", "/nowhere.pem", "SSL_CERT_FILE"),
        ("SSL_CERT_FILE", __file__, "SSL_CERT_FILE"),
    ],
)
def test_an_invalid_environment_variable_is_named(
    variable: str, value: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    connections.tls_context.cache_clear()
    try:
        with pytest.raises(InvalidInput, match=named) as caught:
            with connect("http://api.smooch.example") as api:
                api.get_user("b6518")
        assert caught.value.field == named.split()[0]
    finally:
        connections.tls_context.cache_clear()


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", ".example"])
def test_an_invalid_host_name_is_a_failed_connection(host: str) -> None:
    with connect("http://api.smooch.example", retries=0) as api:
        with pytest.raises(ConnectionFailed, match="nothing was sent"):
            api.raw.get_httpx_client().request("GET", f"http://{host}/")


# Streams of the raw client


def test_a_response_can_be_streamed() -> None:
    with ScriptedServer(script([FINE[:-9], 0.05, FINE[-9:]])) as server:
        with connect(server.url) as api:
            raw = api.raw.get_httpx_client()
            with raw.stream("GET", "/appusers/b6518") as response:
                assert response.read() == FINE.partition(b"\r\n\r\n")[2]


def test_a_streamed_error_response_raises_the_same_error() -> None:
    bad_request = answer(400, {"error": {"code": "bad_request", "description": "No."}})
    with ScriptedServer(script(bad_request)) as server:
        with connect(server.url) as api:
            with pytest.raises(BadRequest, match="No") as caught:
                with api.raw.get_httpx_client().stream("GET", "/appusers/b6518"):
                    pass
    assert caught.value.code == "bad_request"


def test_a_streamed_response_ends_at_the_deadline() -> None:
    with ScriptedServer(script(TRICKLES["headers"])) as server:
        with connect(server.url, deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded):
                with api.raw.get_httpx_client().stream("GET", "/appusers/b6518"):
                    pass
