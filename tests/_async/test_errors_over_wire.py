"""Every kind of response, or its absence, raises the right exception, and no exception shows a secret."""

from __future__ import annotations

import copy
import gzip
import json
import logging
import pickle
import time
import traceback
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest
from smooch_api.v1.api import app_users, conversations
from smooch_api.v1.models import MessagePost
from support.concurrency import async_wait_until
from support.scripted_server import ScriptedServer, answer, script, silent_server, unused_port

from smooch import errors
from smooch.v1 import AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

KEY_ID = "app_5a1b2c3d4e5f60718293a4b5"
SECRET = "5nQ-a-secret-that-nobody-must-see"


def connect(url: str, **options: Any) -> AsyncSmooch:
    return AsyncSmooch(KEY_ID, SECRET, base_url=url, **{"retries": 0, **options})


HI = MessagePost(role="appUser", type_="text", text="Hi")
CALLS: dict[str, Callable[[AsyncSmooch], Any]] = {
    "facade": lambda api: api.get_user("b6518"),
    "facade post": lambda api: api.post_message("b6518", "Hi"),
    "raw": lambda api: app_users.get_app_user.asyncio_detailed("b6518", client=api.raw),
    "raw post": lambda api: conversations.post_message.asyncio_detailed("b6518", client=api.raw, body=HI),
    "raw httpx": lambda api: api.raw.get_async_httpx_client().request("GET", "/appusers/b6518"),
}


async def failure(call: Callable[[AsyncSmooch], Any], answered: Any, **options: Any) -> Any:
    with ScriptedServer(script(answered)) as server:
        async with connect(server.url, **options) as api:
            with pytest.raises(errors.SmoochError) as caught:
                await call(api)
    assert len(server.requests) == 1
    return caught.value


MESSAGE = {
    "_id": "5a1b2c3d4e5f60718293a4b5",
    "type": "text",
    "role": "appUser",
    "text": "Hi",
    "received": 1512345678.123,
}
FINE = {"appUser": {"_id": "5a"}, "message": MESSAGE}


# Error responses

STATUSES: dict[int, type[errors.APIError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    402: errors.PaymentRequired,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.PayloadTooLarge,
    423: errors.ConversationFull,
    429: errors.RateLimited,
    **dict.fromkeys(
        (300, 301, 302, 303, 305, 307, 308, 399, 405, 408, 410, 415, 418, 422, 431, 451, 499), errors.APIError
    ),
    **dict.fromkeys((500, 501, 502, 503, 504, 505, 520, 599, 600, 999), errors.ServerError),
}

JSON_V1 = {"error": {"code": "some_code", "description": "Some description."}}
JSON_V2 = {"errors": [{"code": "some_code", "title": "Some description."}, {"code": "other", "title": "More."}]}

BODIES: dict[str, Any] = {
    "v1": {"body": JSON_V1},
    "v1 typed wrongly": {"body": JSON_V1, "Content_Type": "text/html"},
    "v1 zipped": {"body": gzip.compress(json.dumps(JSON_V1).encode()), "Content_Encoding": "gzip"},
    "v2": {"body": JSON_V2},
    "html": {"body": b"<html><head><title>Bad\n Gateway</title></head><body>nginx", "Content_Type": "text/html"},
    "html typed wrongly": {"body": b"<p>Some text"},
    "empty": {"body": b""},
    "text": {"body": b"Some text", "Content_Type": "text/plain"},
    "half a JSON": {"body": json.dumps(JSON_V1).encode()[:-5]},
    "binary": {"body": bytes(range(256)) * 10, "Content_Type": "application/octet-stream"},
    "not UTF-8": {"body": '{"error": {"code": "é"}}'.encode("latin-1")},
    "another charset": {"body": b"Some text", "Content_Type": "text/plain; charset=none-such"},
    "huge": {"body": b"Some text " * 300_000},
    "huge description": {"body": {"error": {"code": "some_code", "description": "Some text " * 100_000}}},
    "deep": {"body": b"[" * 100_000},
    "not zipped as it says": {"body": b"Some text", "Content_Encoding": "gzip"},
    "null": {"body": b"null"},
    "list": {"body": b"[5]"},
    "error is a text": {"body": {"error": "Some text"}},
    "error is null": {"body": {"error": None}},
    "no errors": {"body": {"errors": []}},
    "strange errors": {"body": {"errors": [None, 5, "x"]}},
    "strange error": {"body": {"error": {"code": 5, "description": ["x"]}}},
    "error of others": {"body": {"message": "Some text"}},
}


@pytest.mark.parametrize("status", STATUSES)
async def test_each_status_raises_its_class_whatever_the_body_is(status: int) -> None:
    with ScriptedServer(script(*[answer(status, **body) for body in BODIES.values()])) as server:
        async with connect(server.url) as api:
            for turn, name in enumerate(BODIES, start=status):
                with pytest.raises(errors.SmoochError) as caught:
                    await list(CALLS.values())[turn % len(CALLS)](api)
                error: Any = caught.value
                assert type(error) is STATUSES[status], name
                assert error.status_code == error.response.status_code == status
                assert str(error).startswith(f"{status} ")
                assert len(str(error)) < 2000
                assert all(isinstance(text, str) for text in (error.code, error.description, error.hint))
    assert len(server.requests) == len(BODIES)


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
@pytest.mark.parametrize(
    "pieces",
    [
        [answer(409, JSON_V1)[:-9], None],
        [answer(409, JSON_V1).partition(b"\r\n\r\n")[0] + b"\r\n\r\n", None],
        [b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n{", None],
    ],
)
async def test_a_truncated_error_response_raises_the_class_of_its_status(
    call: Callable[[AsyncSmooch], Any], pieces: Any
) -> None:
    error = await failure(call, pieces)
    assert type(error) is errors.Conflict


async def test_status_304_is_an_error() -> None:
    error = await failure(CALLS["facade"], b"HTTP/1.1 304 Not Modified\r\n\r\n")
    assert (type(error), error.status_code) == (errors.APIError, 304)


async def test_an_error_response_without_content_length_is_read() -> None:
    error = await failure(CALLS["facade"], [b"HTTP/1.1 400 No\r\n\r\n" + json.dumps(JSON_V1).encode(), None])
    assert (error.code, error.description) == ("some_code", "Some description.")


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
async def test_an_error_has_request_response_code_and_description(call: Callable[[AsyncSmooch], Any]) -> None:
    error = await failure(call, answer(400, JSON_V1))
    assert (error.code, error.description) == ("some_code", "Some description.")
    assert error.errors == ({"code": "some_code", "description": "Some description."},)
    assert error.response.json() == JSON_V1
    assert error.method in ("GET", "POST")
    assert error.url == str(error.response.request.url)
    assert f"400 some_code for {error.method} {error.url}: Some description." in str(error)
    assert error.__cause__ is error.__context__ is None


async def test_an_error_has_all_errors_of_a_v2_response() -> None:
    error = await failure(CALLS["facade"], answer(400, JSON_V2))
    assert (error.code, error.description) == ("some_code", "Some description.")
    assert [one["code"] for one in error.errors] == ["some_code", "other"]
    assert [one["title"] for one in error.errors] == ["Some description.", "More."]


@pytest.mark.parametrize(("header", "seconds"), [("120", 120.0), ("0.5", 0.5), ("soon", None), (None, None)])
async def test_rate_limited_has_the_seconds_of_retry_after(header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"Retry_After": header}
    error = await failure(CALLS["facade post"], answer(429, JSON_V1, **headers))
    assert type(error) is errors.RateLimited
    assert error.retry_after == seconds


async def test_the_description_of_an_html_error_is_its_title() -> None:
    error = await failure(CALLS["facade"], answer(502, **BODIES["html"]))
    assert error.description == "Bad Gateway"
    assert str(error).endswith("Bad Gateway")


# Other responses


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 226, 299])
@pytest.mark.parametrize("call", [CALLS[name] for name in ("facade", "raw")])
async def test_every_status_below_300_is_a_success(call: Callable[[AsyncSmooch], Any], status: int) -> None:
    with ScriptedServer(script(answer(status, {"appUser": {"_id": "5a"}}))) as server:
        async with connect(server.url) as api:
            response = await call(api)
    assert response.status_code == status
    assert response.parsed.app_user.id == "5a"


async def test_informational_responses_are_skipped() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    with ScriptedServer(script(early + answer(body={"appUser": {"_id": "5a"}}))) as server:
        async with connect(server.url) as api:
            assert (await api.get_user("b6518")).status_code == 200


async def test_an_unrequested_protocol_switch_is_an_error() -> None:
    await failure(CALLS["facade"], b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")


UNREADABLE: dict[str, Any] = {
    "html": {"body": b"<html><title>Welcome", "Content_Type": "text/html"},
    "empty": {"body": b""},
    "half a JSON": {"body": b'{"appUser": {"_id": "5'},
    "binary": {"body": bytes(range(256))},
    "not UTF-8": {"body": '{"appUser": {"_id": "é"}}'.encode("latin-1")},
    "deep": {"body": b'{"appUser": ' * 100_000},
    "not zipped as it says": {"body": b'{"appUser": {}}', "Content_Encoding": "gzip"},
    "null": {"body": b"null"},
    "list": {"body": b"[]"},
    "text": {"body": b'"text"'},
    "no user": {"body": {}},
    "a user that is a number": {"body": {"appUser": 5, "message": 5}},
    "a user without id": {"body": {"appUser": {}, "message": []}},
}


@pytest.mark.parametrize("body", UNREADABLE)
@pytest.mark.parametrize("call", [CALLS[name] for name in CALLS if name != "raw httpx"])
async def test_an_unreadable_success_is_reported_as_a_success(call: Callable[[AsyncSmooch], Any], body: str) -> None:
    error = await failure(call, answer(201, **UNREADABLE[body]), retries=3)
    assert type(error) is errors.UnreadableResponse
    assert (error.status_code, error.hint) == (201, "")
    assert ("the call took effect" in str(error)) is (error.method == "POST")
    assert len(str(error)) < 1000
    assert error.response.content == answer(201, **UNREADABLE[body]).partition(b"\r\n\r\n")[2]
    assert f"{error.method} {error.url}" in str(error)


@pytest.mark.parametrize("name", [name for name in CALLS if "post" in name])
async def test_a_truncated_success_is_reported_as_a_success_and_not_retried(name: str) -> None:
    error = await failure(CALLS[name], [answer(201, {"message": {}})[:-5], None], retries=3)
    assert type(error) is errors.UnreadableResponse
    assert error.response.content == b'{"message"'
    assert "the call took effect" in str(error)


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
async def test_a_success_without_the_expected_content_is_unreadable(call: Callable[[AsyncSmooch], Any]) -> None:
    with ScriptedServer(script(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        async with connect(server.url) as api:
            if call is CALLS["raw httpx"]:
                assert (await call(api)).status_code == 204
            else:
                with pytest.raises(errors.UnreadableResponse, match="empty"):
                    await call(api)


async def test_ask_accepts_an_empty_response_but_not_invalid_json() -> None:
    with ScriptedServer(
        script(b"HTTP/1.1 204 No Content\r\n\r\n", answer(body=b"<p>"), answer(body=b"[" * 100_000))
    ) as server:
        async with connect(server.url) as api:
            assert (await api.ask("menu")).parsed is None
            for _ in range(2):
                with pytest.raises(errors.UnreadableResponse):
                    await api.ask("menu")


# No response


async def test_connection_failed_says_whether_the_request_may_have_arrived() -> None:
    async with connect(f"http://127.0.0.1:{unused_port()}") as api:
        with pytest.raises(errors.ConnectionFailed, match="nothing was sent") as caught:
            await api.post_message("b6518", "Hi")
    assert (caught.value.method, caught.value.url.endswith("/v1/appusers/b6518/messages")) == ("POST", True)
    error = await failure(CALLS["facade post"], None)
    assert type(error) is errors.ConnectionFailed
    assert "it may have taken effect" in str(error)
    assert isinstance(error.__cause__, httpx.TransportError)


# Secrets

LEAKY: dict[str, Any] = {
    "refusal": answer(401, JSON_V1, WWW_Authenticate="Bearer"),
    "redirect": answer(307, JSON_V1, Location="/v1/elsewhere"),
    "unreadable": answer(200, b"<html>"),
    "cut off": [answer(200, {"appUser": {}})[:-5], None],
    "dropped": None,
    "garbage": b"\x00\x01\x02\r\n\r\n",
    "stalled": [20.0],
    "trickling": [b"HTTP/1.1 200 ", *[b"O", 0.05] * 400],
}


def everything_about(error: BaseException) -> str:
    """The text that a log, debugger or error tracker would keep, with the variables of every function."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    texts = [text for one in chain for text in (str(one), repr(one), repr(one.args), repr(vars(one)))]
    return "\n".join([*texts, *traceback.TracebackException.from_exception(error, capture_locals=True).format()])


@pytest.mark.parametrize("fault", LEAKY)
@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
async def test_no_error_or_log_shows_the_token(
    call: Callable[[AsyncSmooch], Any], fault: str, caplog: pytest.LogCaptureFixture, waits: list[float]
) -> None:
    caplog.set_level(logging.DEBUG)
    timeout = httpx.Timeout(5.0, read=0.2)
    with ScriptedServer(script(LEAKY[fault])) as server:
        async with connect(server.url, timeout=timeout, deadline=0.5, retries=1) as api:
            if call is CALLS["raw httpx"] and fault == "unreadable":
                await call(api)
                about = pickled = ""
            else:
                with pytest.raises(errors.SmoochError) as caught:
                    await call(api)
                about = everything_about(caught.value)
                pickled = pickle.dumps(caught.value).decode("latin-1")
    logged = caplog.text + "".join(repr(record.__dict__) for record in caplog.records)
    assert "127.0.0.1" in logged
    token = server.requests[0].headers["authorization"].removeprefix("Bearer ")
    for text in (about, pickled, logged):
        assert SECRET not in text
        for part in token.split(".")[1:]:
            assert part not in text


async def test_exceptions_of_the_caller_keep_their_variables() -> None:
    def fail(order: str) -> int:
        return int(order)

    with ScriptedServer(script(None)) as server:
        async with connect(server.url) as api:
            try:
                fail("x12")
            except ValueError as handled:
                with pytest.raises(errors.ConnectionFailed) as caught:
                    await api.get_user("b6518")
                *_, (frame, _) = traceback.walk_tb(handled.__traceback__)
                assert frame.f_locals == {"order": "x12"}
    about = everything_about(caught.value)
    assert server.requests[0].headers["authorization"].rpartition(".")[2] not in about


async def test_a_half_sent_request_shows_no_token() -> None:
    with silent_server() as url:
        async with connect(url, timeout=httpx.Timeout(5.0, write=0.2)) as api:
            with pytest.raises(errors.RequestTimeout) as caught:
                await api.post_media("b6518", ("cat.png", bytes(9_900_000)))
            about = everything_about(caught.value)
            token = api._auth._token()
    for part in token.split(".")[1:]:
        assert part not in about


async def test_a_request_stopped_by_the_deadline_shows_no_token(longest_waits: None) -> None:
    with ScriptedServer(script(answer(429))) as server:
        async with connect(server.url, deadline=0.3, retries=3) as api:
            with pytest.raises(errors.DeadlineExceeded) as caught:
                await api.get_user("b6518")
            about = everything_about(caught.value)
    for part in server.requests[0].headers["authorization"].split(".")[1:]:
        assert part not in about


async def test_credentials_echoed_by_the_api_are_hidden_in_errors() -> None:
    def respond(request: Any) -> bytes:
        echo = f"bad header {request.headers['authorization']} or secret {SECRET}"
        return answer(400, {"errors": [{"code": echo, "description": echo}] * 2})

    with ScriptedServer(respond) as server:
        async with connect(server.url) as api:
            with pytest.raises(errors.BadRequest) as caught:
                await api.get_user("b6518")
    error = caught.value
    token = server.requests[0].headers["authorization"].removeprefix("Bearer ")
    for text in (str(error), repr(error), repr(error.args), error.code, error.description, repr(error.errors)):
        assert SECRET not in text
        assert token not in text
    assert "bad header" in str(error)


async def test_an_unreadable_response_shows_no_secret_that_it_holds() -> None:
    for body in (b'{"webhook": {"secret": "88cb7f6d"', b'{"key":{"secret":"88cb7f6d', b'{"secret" : "88\\"cb7f6d"} {'):
        error = await failure(CALLS["facade post"], answer(201, body))
        assert "cb7f6d" not in str(error)
        assert "secret" in str(error)


@pytest.mark.parametrize("fault", LEAKY)
async def test_an_error_can_be_pickled_and_copied(fault: str, waits: list[float]) -> None:
    with ScriptedServer(script(LEAKY[fault])) as server:
        async with connect(server.url, timeout=httpx.Timeout(5.0, read=0.2), deadline=0.5) as api:
            with pytest.raises(errors.SmoochError) as caught:
                await api.get_user("b6518")
    error: Any = caught.value
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert (str(twin), twin.args, twin.method, twin.url) == (str(error), error.args, error.method, error.url)
        if isinstance(error, errors.APIError):
            assert (twin.status_code, twin.code, twin.description) == (error.status_code, error.code, error.description)
            assert (twin.hint, twin.errors, twin.response.json()) == (error.hint, error.errors, error.response.json())


# Clock skew


async def test_a_clock_that_is_hours_off_costs_one_more_request_but_no_error() -> None:
    def respond(request: Any) -> bytes:
        now = time.time() + 5 * 3600
        token = request.headers["authorization"].removeprefix("Bearer ")
        expires = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})["exp"]
        date = formatdate(now, usegmt=True)
        return answer(401, JSON_V1, Date=date) if expires < now else answer(201, FINE, Date=date)

    image = bytes(range(256)) * 300
    with ScriptedServer(respond) as server:
        async with connect(server.url) as api:
            assert (await api.post_media("b6518", ("cat.png", image))).status_code == 201
            assert [image in request.body for request in server.requests] == [True, True]
            assert (await api.get_user("b6518")).status_code == 201
            assert (await CALLS["raw post"](api)).status_code == 201
            assert len(server.requests) == 4
        assert server.connections == 1


async def test_a_rejected_key_is_tried_at_most_twice() -> None:
    with ScriptedServer(script(answer(401, JSON_V1, Date=formatdate(time.time() - 7200, usegmt=True)))) as server:
        async with connect(server.url) as api:
            for tries in (2, 3, 4):
                with pytest.raises(errors.Unauthorized):
                    await api.get_user("b6518")
                await async_wait_until(lambda tries=tries: len(server.requests) == tries)
