"""The apps mounted in web frameworks as their documentation says, and `receive` in their views."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import django.core.handlers.wsgi
import django.http
import django.test
import django.urls
import flask
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from smooch.webhooks import (
    MessageAppUser,
    TypingAppUser,
    WebhookRejected,
    WebhookUnreadable,
    asgi_app,
    receive,
    wsgi_app,
)

from .. import django_settings
from ..payloads import KEY, SECRET, message_delivery, to_json
from ..servers import serve_asgi, serve_wsgi

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it prefers another package to httpx
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request


class Shop:
    """A slow bot, which finishes only if the shutdown waits for it."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def answer(self, event: Any) -> None:
        await asyncio.sleep(0.1)
        self.answer_now(event)

    def answer_now(self, event: Any) -> None:
        match event:
            case MessageAppUser(messages=messages):
                self.asked += [message.text for message in messages]
            case TypingAppUser():
                raise AssertionError(event)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def check_statuses(url: str, http: Any = httpx) -> None:
    assert http.head(url).status_code == 200
    assert http.post(url, content=to_json(message_delivery())).status_code == 401
    assert http.post(url, content=b"{", headers=KEY).status_code == 400
    assert [http.post(url, content=to_json(message_delivery()), headers=KEY).status_code for _ in range(2)] == [
        200,
        200,
    ]


# Starlette; FastAPI's app is one


@pytest.mark.parametrize("place", [Route, Mount])
def test_starlette_mounts_the_app(shop: Shop, place: Any) -> None:
    hook = asgi_app(shop.answer, secret=SECRET)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await hook.aclose()

    app = Starlette(routes=[Route("/", PlainTextResponse("shop")), place("/hook", hook)], lifespan=lifespan)
    with serve_asgi(app) as url:
        check_statuses(f"{url}/hook" if place is Route else f"{url}/hook/")
        assert httpx.get(url).text == "shop"
    assert shop.asked == ["Is the shop open?"]


def test_starlettes_test_client_runs_the_app_alone(shop: Shop) -> None:
    with TestClient(asgi_app(shop.answer, secret=SECRET)) as client:
        check_statuses("/", client)
    assert shop.asked == ["Is the shop open?"]


def test_starlettes_test_client_without_a_lifespan_needs_await_handler(shop: Shop) -> None:
    client = TestClient(asgi_app(shop.answer, secret=SECRET, await_handler=True))
    check_statuses("/", client)
    assert shop.asked == ["Is the shop open?"]


def test_receive_works_in_a_starlette_view(shop: Shop) -> None:
    async def hook(request: Request) -> PlainTextResponse:
        try:
            delivery = receive(await request.body(), request.headers, SECRET)
        except WebhookRejected:
            return PlainTextResponse("", 401)
        for event in delivery:
            shop.answer_now(event)
        return PlainTextResponse("")

    client = TestClient(Starlette(routes=[Route("/hook", hook, methods=["POST"])]))
    assert client.post("/hook", content=to_json(message_delivery())).status_code == 401
    assert client.post("/hook", content=to_json(message_delivery()), headers=KEY).status_code == 200
    assert shop.asked == ["Is the shop open?"]


# Flask


@pytest.fixture
def flask_app() -> flask.Flask:
    app = flask.Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "shop")
    return app


class FlaskClient:
    """Flask's test client with the methods of httpx."""

    def __init__(self, app: flask.Flask) -> None:
        self._client = app.test_client()
        self.head = self._client.head
        self.get = self._client.get

    def post(self, url: str, content: bytes, headers: Any = None) -> Any:
        return self._client.post(url, data=content, headers=headers)


def test_flask_mounts_the_app(shop: Shop, flask_app: flask.Flask) -> None:
    hook = wsgi_app(shop.answer_now, secret=SECRET)
    flask_app.wsgi_app = DispatcherMiddleware(flask_app.wsgi_app, {"/hook": hook})  # type: ignore[method-assign]
    client = FlaskClient(flask_app)
    check_statuses("/hook", client)
    assert client.get("/").text == "shop"
    hook.close()
    assert shop.asked == ["Is the shop open?"]


def test_flask_serves_the_app_on_a_socket(shop: Shop, flask_app: flask.Flask) -> None:
    hook = wsgi_app(shop.answer_now, secret=SECRET)
    flask_app.add_url_rule("/hook", endpoint="hook", view_func=lambda: hook, methods=["HEAD", "POST"])
    with serve_wsgi(flask_app) as url:
        check_statuses(f"{url}/hook")
        assert httpx.get(url).text == "shop"
    hook.close()
    assert shop.asked == ["Is the shop open?"]


def test_receive_works_in_a_flask_view(shop: Shop, flask_app: flask.Flask) -> None:
    def hook() -> tuple[str, int]:
        try:
            delivery = receive(flask.request.get_data(), flask.request.headers, SECRET)
        except WebhookRejected:
            return "", 401
        for event in delivery:
            shop.answer_now(event)
        return "", 200

    flask_app.add_url_rule("/hook", view_func=hook, methods=["POST"])
    client = FlaskClient(flask_app)
    assert client.post("/hook", content=to_json(message_delivery())).status_code == 401
    assert client.post("/hook", content=to_json(message_delivery()), headers=KEY).status_code == 200
    assert shop.asked == ["Is the shop open?"]


# Django


class Urls:
    """A module of URLs for Django."""

    def __init__(self) -> None:
        self.urlpatterns = [django.urls.path("", lambda request: django.http.HttpResponse("shop"))]


@pytest.fixture
def urls() -> Iterator[Urls]:
    django_settings.configure()
    urls = Urls()
    with django.test.override_settings(ROOT_URLCONF=urls):
        yield urls
    django.urls.clear_url_caches()


def test_the_app_runs_beside_djangos_own_app(shop: Shop, urls: Urls) -> None:
    hook = wsgi_app(shop.answer_now, secret=SECRET)
    project = django.core.handlers.wsgi.WSGIHandler()

    def application(environ: Any, start_response: Any) -> Any:
        chosen = hook if environ["PATH_INFO"] == "/hook" else project
        return chosen(environ, start_response)

    with serve_wsgi(application) as url:
        check_statuses(f"{url}/hook")
        assert httpx.get(url).text == "shop"
    hook.close()
    assert shop.asked == ["Is the shop open?"]


def as_view(app: Any) -> Any:
    """The app as a Django view for `urlpatterns`."""

    def view(request: Any) -> django.http.HttpResponse:
        response = django.http.HttpResponse()

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            response.status_code = int(status.split()[0])
            for name, value in headers:
                response[name] = value

        response.content = b"".join(app(request.environ, start_response))
        return response

    view.csrf_exempt = True  # type: ignore[attr-defined]
    return view


def test_the_app_can_be_a_django_view(shop: Shop, urls: Urls) -> None:
    hook = wsgi_app(shop.answer_now, secret=SECRET)
    urls.urlpatterns.append(django.urls.path("hook", as_view(hook)))
    client = django.test.Client(enforce_csrf_checks=True)

    def post(key: str, body: bytes) -> int:
        status: int = client.post(
            "/hook", body, content_type="application/json", headers={"X-API-Key": key}
        ).status_code
        return status

    assert client.head("/hook").status_code == 200
    assert client.get("/hook").status_code == 405
    assert post("wrong", to_json(message_delivery())) == 401
    assert post(SECRET, b"{") == 400
    assert [post(SECRET, to_json(message_delivery())) for _ in range(2)] == [200, 200]
    hook.close()
    assert shop.asked == ["Is the shop open?"]


def test_receive_works_in_a_django_view(shop: Shop, urls: Urls) -> None:
    def hook(request: django.http.HttpRequest) -> django.http.HttpResponse:
        try:
            delivery = receive(request.body, request.headers, SECRET)
            assert receive(request.body, request.META, SECRET) == delivery
        except WebhookRejected:
            return django.http.HttpResponse(status=401)
        except WebhookUnreadable:
            return django.http.HttpResponse(status=400)
        for event in delivery:
            shop.answer_now(event)
        return django.http.HttpResponse()

    hook.csrf_exempt = True  # type: ignore[attr-defined]
    urls.urlpatterns.append(django.urls.path("hook", hook))
    client = django.test.Client(enforce_csrf_checks=True)
    options: dict[str, Any] = {"content_type": "application/json"}
    assert client.post("/hook", to_json(message_delivery()), **options).status_code == 401
    assert client.post("/hook", b"{", **options, headers=KEY).status_code == 400
    assert client.post("/hook", to_json(message_delivery()), **options, headers=KEY).status_code == 200
    assert shop.asked == ["Is the shop open?"]
