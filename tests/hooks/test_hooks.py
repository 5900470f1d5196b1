"""Tools that hook into httpx see every attempt of our clients, and can answer in place of the server.

Run by `make test-hooks`, which installs them in an environment of their own.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.scripted_server import ScriptedServer, answer, script

from smooch import AsyncSmooch, Smooch, errors

respx = pytest.importorskip("respx", reason="make test-hooks installs it")
trio = pytest.importorskip("trio")
vcr = pytest.importorskip("vcr")
httpx_instrumentation = pytest.importorskip("opentelemetry.instrumentation.httpx")
trace = pytest.importorskip("opentelemetry.sdk.trace")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = ("app_5a1b", "a secret that nobody must see")
API = "https://api.smooch.io/v1"
USER = {"appUser": {"_id": "5a1b2c3d4e5f60718293a4b5"}}
MESSAGE = {"message": {"_id": "5a", "type": "text", "role": "appMaker", "text": "Hi", "received": 1.5}}


def call_sync(method: str, *arguments: Any, **options: Any) -> Any:
    with Smooch(*KEY, **options) as api:
        return getattr(api, method)(*arguments)


def call_async(method: str, *arguments: Any, **options: Any) -> Any:
    async def call() -> Any:
        async with AsyncSmooch(*KEY, **options) as api:
            return await getattr(api, method)(*arguments)

    return asyncio.run(call())


Call = "Callable[..., Any]"


@pytest.fixture(params=[call_sync, call_async], ids=["sync", "async"])
def call(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    async def sleep(_: float) -> None: ...

    monkeypatch.setattr("smooch._sync.http.sleep", lambda _: None)
    monkeypatch.setattr("smooch._async.http.async_sleep", sleep)
    function: Callable[..., Any] = request.param
    return function


# respx


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_respx_answers_in_place_of_the_server(call: Callable[..., Any], using: str) -> None:
    with respx.mock(using=using) as router:
        post = router.post(f"{API}/appusers/b6518/messages").respond(201, json=MESSAGE)
        assert call("post_message", "b6518", "Hi").parsed.message.id == "5a"
        assert post.call_count == 1
        assert post.calls[0].request.headers["Authorization"].startswith("Bearer ey")


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_respx_sees_every_attempt(call: Callable[..., Any], using: str) -> None:
    with respx.mock(using=using) as router:
        get = router.get(f"{API}/appusers/b6518")
        get.side_effect = [httpx.Response(503), httpx.ConnectError("refused"), httpx.Response(200, json=USER)]
        assert call("get_user", "b6518").parsed.app_user.id == USER["appUser"]["_id"]
        assert get.call_count == 3


def test_respx_can_fail_in_place_of_the_network(call: Callable[..., Any]) -> None:
    with respx.mock() as router:
        router.post(f"{API}/appusers/b6518/messages").mock(side_effect=httpx.ReadTimeout("slow"))
        with pytest.raises(errors.RequestTimeout, match="may have taken effect"):
            call("post_message", "b6518", "Hi")


# pytest-httpx


def test_pytest_httpx_answers_in_place_of_the_server(call: Callable[..., Any], httpx_mock: Any) -> None:
    httpx_mock.add_response(method="GET", url=f"{API}/appusers/b6518", json=USER)
    assert call("get_user", "b6518").parsed.app_user.id == USER["appUser"]["_id"]


def test_pytest_httpx_sees_every_attempt(call: Callable[..., Any], httpx_mock: Any) -> None:
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "1"})
    httpx_mock.add_response(status_code=201, json=MESSAGE)
    assert call("post_message", "b6518", "Hi").status_code == 201
    assert len(httpx_mock.get_requests()) == 2


def test_pytest_httpx_can_fail_in_place_of_the_network(call: Callable[..., Any], httpx_mock: Any) -> None:
    httpx_mock.add_exception(httpx.ConnectTimeout("slow"), is_reusable=True)
    with pytest.raises(errors.RequestTimeout, match="nothing was sent"):
        call("post_message", "b6518", "Hi")
    assert len(httpx_mock.get_requests()) == 4


# vcrpy


def test_vcrpy_records_and_replays_every_attempt(call: Callable[..., Any], tmp_path: Path) -> None:
    cassette = str(tmp_path / "cassette.yaml")
    with ScriptedServer(script(answer(503), answer(200, USER))) as server:
        with vcr.use_cassette(cassette):
            recorded = call("get_user", "b6518", base_url=server.url)
        assert len(server.requests) == 2
    with vcr.use_cassette(cassette, record_mode="none", allow_playback_repeats=False) as tape:
        replayed = call("get_user", "b6518", base_url=server.url)
        assert tape.play_count == 2
    assert replayed.json() == recorded.json() == USER


# OpenTelemetry


@pytest.fixture
def spans() -> Iterator[tuple[Any, Any]]:
    exporter = memory.InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    yield exporter, provider
    provider.shutdown()


def test_opentelemetry_has_a_span_for_every_attempt(call: Callable[..., Any], spans: tuple[Any, Any]) -> None:
    exporter, provider = spans
    instrumentor = httpx_instrumentation.HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with ScriptedServer(script(answer(429), answer(201, MESSAGE))) as server:
            assert call("post_message", "b6518", "Hi", base_url=server.url).status_code == 201
    finally:
        instrumentor.uninstrument()
    finished = exporter.get_finished_spans()
    assert [span.attributes["http.status_code"] for span in finished] == [429, 201]
    assert all(len(request.headers["traceparent"]) == 55 for request in server.requests)


def test_opentelemetry_can_instrument_one_client(spans: tuple[Any, Any]) -> None:
    exporter, provider = spans
    with ScriptedServer(script(answer(503), answer(200, USER))) as server, Smooch(*KEY, base_url=server.url) as api:
        httpx_instrumentation.HTTPXClientInstrumentor.instrument_client(
            api.raw.get_httpx_client(), tracer_provider=provider
        )
        api.get_user("b6518")
    assert len(exporter.get_finished_spans()) == 2


# logging, trio


def test_no_log_of_any_library_shows_the_token(call: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer(script(answer(503), answer(200, USER))) as server:
        call("get_user", "b6518", base_url=server.url)
    token = server.requests[0].headers["authorization"].removeprefix("Bearer ")
    assert "GET /v1/appusers/b6518 200" in caplog.text
    assert token not in caplog.text


def test_trio_is_refused_before_anything_is_opened() -> None:
    async def call() -> None:
        async with AsyncSmooch(*KEY, base_url=server.url) as api:
            await api.post_message("b6518", "Hi")

    with ScriptedServer(script(answer(201, MESSAGE))) as server:
        with pytest.raises(errors.InvalidInput, match="needs a running asyncio event loop"):
            trio.run(call)
        assert server.connections == 0


def test_the_sync_client_works_in_a_thread_of_trio() -> None:
    async def call() -> Any:
        return await trio.to_thread.run_sync(lambda: call_sync("post_message", "b6518", "Hi", base_url=server.url))

    with ScriptedServer(script(answer(201, MESSAGE))) as server:
        assert trio.run(call).status_code == 201
