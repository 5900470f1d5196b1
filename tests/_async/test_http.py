"""Logs, headers, URLs, redirects, proxies, and streams of the raw client."""

from __future__ import annotations

import logging
import re
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from support.scripted_server import (
    ScriptedServer,
    answer,
    connect_proxy,
    script,
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
    SmoochError,
)

from .calls import FACADE, FINE, RAW, TRICKLES, connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from smooch.v1 import AsyncSmooch

pytestmark = pytest.mark.anyio

# Logs


def log_lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "smooch"]


async def test_attempts_and_retries_are_logged(waits: list[float], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "smooch")
    with ScriptedServer(script(answer(429, Retry_After="2"), None, FINE, answer(404))) as server:
        async with connect(server.url) as api:
            await api.ask("appusers/b6518", {"q": "a secret of the query"})
            with pytest.raises(NotFound):
                await api.post_message("b6518", "a secret of the body")
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


async def test_logs_hide_secrets_in_paths(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "smooch")
    with ScriptedServer(script(FINE)) as server:
        async with connect(server.url) as api:
            await api.get_user("eyJhbGciOi.eyJzY29w.c2ln")
            await api.ask("appusers/a secret that nobody must see")
    assert [line.partition(" in ")[0] for _, line in log_lines(caplog)] == [
        "GET /v1/appusers/[token] 200",
        "GET /v1/appusers/[secret] 200",
    ]


# Headers, URLs and redirects


async def test_every_request_has_our_user_agent() -> None:
    with ScriptedServer(script(FINE)) as server:
        async with connect(server.url) as api:
            await FACADE["POST"](api)
            await RAW["POST"](api)
    for request in server.requests:
        assert request.headers["user-agent"].startswith("smooch-python/")
        assert request.headers["accept"] == "application/json"
        assert request.headers["authorization"].startswith("Bearer ey")
        assert request.headers["content-type"] == "application/json"


async def test_no_cookie_is_kept() -> None:
    with ScriptedServer(script(answer(body={"appUser": {"_id": "1"}}, Set_Cookie="balancer=7; Path=/"))) as server:
        async with connect(server.url) as api:
            await api.get_user("b6518")
            await api.get_user("b6518")
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
async def test_account_paths_start_at_the_version(path: str, target: str) -> None:
    with ScriptedServer(script(answer())) as server:
        async with connect(server.url + "/root", app_id="5a", api_version="v1.1") as api:
            await api.ask(path)
            await api.raw.get_async_httpx_client().request("GET", path)
    assert [request.target for request in server.requests] == ["/root" + target] * 2


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.get_user("x" * 70_000),
        lambda api: api.ask("appusers/a\nb"),
        lambda api: api.ask("appusers", {"filter": "x" * 70_000}),
        lambda api: api.raw.get_async_httpx_client().request("GET", "/" + "x" * 70_000),
    ],
)
async def test_invalid_urls_are_refused_before_anything_is_sent(call: Callable[[AsyncSmooch], Any]) -> None:
    with ScriptedServer(script(FINE)) as server:
        async with connect(server.url) as api:
            with pytest.raises(InvalidInput):
                await call(api)
        assert server.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_error_and_is_not_followed(status: int) -> None:
    with (
        ScriptedServer(script(FINE)) as elsewhere,
        ScriptedServer(script(answer(status, Location=elsewhere.url + "/x"))) as server,
    ):
        async with connect(server.url) as api:
            with pytest.raises(APIError, match="redirects are not followed") as caught:
                await api.post_message("b6518", "Hi")
    assert caught.value.status_code == status
    assert elsewhere.requests == []


async def test_a_redirect_without_a_location_is_an_error_and_is_not_retried() -> None:
    with ScriptedServer(script(answer(302, Location="https://[::bad/"))) as server:
        async with connect(server.url) as api:
            with pytest.raises(SmoochError, match="location"):
                await api.get_user("b6518")
        assert len(server.requests) == 1


async def test_another_host_never_gets_the_token() -> None:
    with (
        ScriptedServer(script(FINE)) as elsewhere,
        ScriptedServer(script(answer(307, Location=elsewhere.url + "/x"))) as server,
    ):
        async with connect(server.url) as api:
            raw = api.raw.get_async_httpx_client()
            await raw.request("POST", "/appusers", json={}, follow_redirects=True)
            await raw.request("GET", elsewhere.url)
            await raw.request("GET", elsewhere.url.replace("127.0.0.1", "localhost"))
    assert [("authorization" in request.headers) for request in server.requests] == [True]
    assert [("authorization" in request.headers) for request in elsewhere.requests] == [False] * 3


# Proxies


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script(FINE)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with connect("http://api.smooch.example") as api:
            await api.get_user("b6518")
    [request] = proxy.requests
    assert request.target == "http://api.smooch.example/v1/appusers/b6518"
    assert request.headers["host"] == "api.smooch.example"


async def test_the_proxy_of_the_environment_needs_no_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script(FINE)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))
        async with connect("http://api.smooch.example") as api:
            assert (await api.get_user("b6518")).status_code == 200


async def test_a_secure_connection_is_tunnelled_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script(answer(403))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with connect("https://api.smooch.example") as api:
            with pytest.raises(ConnectionFailed, match="403"):
                await api.get_user("b6518")
    [request] = proxy.requests
    assert (request.method, request.target) == ("CONNECT", "api.smooch.example:443")
    assert "authorization" not in request.headers


@pytest.mark.parametrize("is_proxy_secure", [False, True])
async def test_a_secure_server_is_reached_through_a_proxy(
    is_proxy_secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = httpx.create_ssl_context()
    authority.configure_trust(context)
    large = answer(body={"appUser": {"_id": "5a", "givenName": "x" * 300_000}})
    until_its_end = [b'HTTP/1.1 200 OK\r\n\r\n{"appUser": {"_id": "5b"}}', None]
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(theirs)
    with (
        connect_proxy(theirs if is_proxy_secure else None) as (proxy, targets),
        ScriptedServer(script(large, large, until_its_end), tls=theirs) as server,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with connect(server.url, ssl_context=context) as api:
            assert len((await api.get_user("b6518")).content) > 300_000
            image = bytes(range(256)) * 1000
            await api.ask("appusers", {"data": image.hex()}, "post")
            assert (await api.get_user("b6518")).parsed.app_user.id == "5b"
        assert targets == [server.url.removeprefix("https://")]
        assert server.connections == 1
        assert server.requests[1].json()["data"] == image.hex()


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "example.com,127.0.0.1", "127.0.0.1:PORT"])
async def test_the_environment_can_exempt_a_host_from_the_proxy(exempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(script(FINE)) as server:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{unused_port()}")
        monkeypatch.setenv("NO_PROXY", exempt.replace("PORT", server.url.rpartition(":")[2]))
        async with connect(server.url) as api:
            assert (await api.get_user("b6518")).status_code == 200


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
async def test_an_invalid_environment_variable_is_named(
    variable: str, value: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    connections.tls_context.cache_clear()
    try:
        with pytest.raises(InvalidInput, match=named) as caught:
            async with connect("http://api.smooch.example") as api:
                await api.get_user("b6518")
        assert caught.value.field == named.split()[0]
    finally:
        connections.tls_context.cache_clear()


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", ".example"])
async def test_an_invalid_host_name_is_a_failed_connection(host: str) -> None:
    async with connect("http://api.smooch.example", retries=0) as api:
        with pytest.raises(ConnectionFailed, match="nothing was sent"):
            await api.raw.get_async_httpx_client().request("GET", f"http://{host}/")


# Streams of the raw client


async def test_a_response_can_be_streamed() -> None:
    with ScriptedServer(script([FINE[:-9], 0.05, FINE[-9:]])) as server:
        async with connect(server.url) as api:
            raw = api.raw.get_async_httpx_client()
            async with raw.stream("GET", "/appusers/b6518") as response:
                assert await response.aread() == FINE.partition(b"\r\n\r\n")[2]


async def test_a_response_knows_its_connection() -> None:
    with ScriptedServer(script(FINE)) as server:
        async with connect(server.url) as api:
            raw = api.raw.get_async_httpx_client()
            async with raw.stream("GET", "/appusers/b6518") as response:
                get_info = response.extensions["network_stream"].get_extra_info
                sock = get_info("socket")
                assert server.url == "http://{}:{}".format(*get_info("server_addr"))
                assert get_info("client_addr") == sock.getsockname()
                assert get_info("ssl_object") is None
                assert get_info("weather") is None


async def test_a_streamed_error_response_raises_the_same_error() -> None:
    bad_request = answer(400, {"error": {"code": "bad_request", "description": "No."}})
    with ScriptedServer(script(bad_request)) as server:
        async with connect(server.url) as api:
            with pytest.raises(BadRequest, match="No") as caught:
                async with api.raw.get_async_httpx_client().stream("GET", "/appusers/b6518"):
                    pass
    assert caught.value.code == "bad_request"


async def test_a_streamed_response_ends_at_the_deadline() -> None:
    with ScriptedServer(script(TRICKLES["headers"])) as server:
        async with connect(server.url, deadline=0.3) as api:
            with pytest.raises(DeadlineExceeded):
                async with api.raw.get_async_httpx_client().stream("GET", "/appusers/b6518"):
                    pass


# Building requests


@pytest.mark.parametrize(
    "own", [{}, {"X-Trace": "7"}, {"Host": "api.example", "Content-Type": "application/vnd.api+json"}]
)
@pytest.mark.parametrize("method", ["get", "post", "PUT", "patch", "DELETE"])
@pytest.mark.parametrize("data", [{"text": "Grüße", "items": [1.5, None]}, {}, [], "x", None])
async def test_a_request_is_the_same_as_that_of_httpx(own: dict[str, str], data: Any, method: str) -> None:
    async with connect("https://api.smooch.example:8443") as api:
        client = api.raw.get_async_httpx_client()
        client.headers.update(own)
        ours = client.build_request(method, "/appusers/ü/messages", json=data, params={"a": "1"})
        async with httpx.AsyncClient(base_url=client.base_url, headers=client.headers, timeout=client.timeout) as bare:
            del bare.headers["Connection"]
            theirs = bare.build_request(method, "/appusers/ü/messages", json=data, params={"a": "1"})
    assert (ours.method, ours.url, ours.content) == (theirs.method, theirs.url, theirs.content)
    assert sorted(ours.headers.raw) == sorted(theirs.headers.raw)
    assert ours.extensions == theirs.extensions
    assert isinstance(ours.stream, httpx.ByteStream)


async def test_json_cannot_hold_a_nan() -> None:
    async with connect("https://api.smooch.example") as api:
        with pytest.raises(ValueError, match="JSON compliant"):
            api.raw.get_async_httpx_client().build_request("post", "/appusers", json={"a": float("nan")})
