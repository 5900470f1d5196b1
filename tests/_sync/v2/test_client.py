# Derived from tests/_async/v2/test_client.py by scripts/unasync.py; edit that file.
"""The v2 client as a whole: construction, credentials, error responses, copying and closing, the OAuth flow."""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import pickle
import pydoc
import re
import subprocess
import sys
from base64 import b64decode, urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from smooch_api.v2 import models
from smooch_api.v2.api import oauth, users
from smooch_api.v2.models import TokenRequest
from support.scripted_server import Request, ScriptedServer, answer
from support.v2_examples import APP, OPERATIONS, SPEC, operation_of, schema

from smooch import errors, v2
from smooch._v2.resource import Resource
from smooch.errors import InvalidInput
from smooch.v2 import BRIDGE, Smooch

from .calls import Call, check_call

if TYPE_CHECKING:
    from collections.abc import Iterator, Iterator

    from smooch.sandbox import Sandbox

    from .conftest import Keys

SECRET = "a secret that nobody must see"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzY29wZSI6ImludGVncmF0aW9uIn0.3q2-7w"
USER = {"user": {"id": "u1"}}


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _: answer(200, USER)) as server:
        yield server


def claims_of(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    scheme, token = request.headers["authorization"].split()
    assert scheme == "Bearer"
    header, payload = (json.loads(urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    return header, payload


@pytest.mark.parametrize(
    ("key_id", "options", "scope"),
    [
        ("app_5a", {}, "app"),
        ("int_5a", {}, "integration"),
        ("act_5a", {}, "account"),
        ("svc_5a", {}, "account"),
        ("5a", {"scope": "app"}, "app"),
        ("app_5a", {"scope": "account"}, "account"),
    ],
)
def test_a_token_has_the_scope_of_its_key(
    server: ScriptedServer, key_id: str, options: dict[str, Any], scope: str
) -> None:
    with Smooch(key_id, SECRET, APP, base_url=server.url, **options) as api:
        api.users.get("u1")
    header, payload = claims_of(server.requests[-1])
    assert (header["kid"], payload["scope"]) == (key_id, scope)
    assert payload["exp"]


def test_basic_auth_sends_the_key_itself(server: ScriptedServer) -> None:
    with Smooch("app_5a", SECRET, APP, base_url=server.url, auth="basic") as api:
        api.users.get("u1")
    scheme, sent = server.requests[-1].headers["authorization"].split()
    assert (scheme, b64decode(sent).decode()) == ("Basic", f"app_5a:{SECRET}")


def test_an_access_token_is_sent_instead_of_a_key(server: ScriptedServer) -> None:
    with Smooch(token=TOKEN, app_id=APP, base_url=server.url) as api:
        api.users.get("u1")
    assert server.requests[-1].headers["authorization"] == f"Bearer {TOKEN}"


class Recorder(httpx.BaseTransport):
    """Responds in place of every server."""

    def __init__(self) -> None:
        self.seen: dict[str, str | None] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen[str(request.url)] = request.headers.get("Authorization")
        body = {**USER, "app": {"id": APP}, "access_token": "t"}
        return httpx.Response(200, json=body, request=request)


WAYS: dict[str, dict[str, Any]] = {
    "jwt": {"key_id": "app_5a", "secret": SECRET},
    "basic": {"key_id": "app_5a", "secret": SECRET, "auth": "basic"},
    "token": {"token": TOKEN},
}


def call_everywhere(recorder: Recorder, **options: Any) -> dict[str, bool]:
    """Return the URLs called, and whether each got the credentials."""
    with Smooch(app_id=APP, transport=recorder, **options) as api:
        api.users.get("u1")
        api.oauth.token_info()
        api.oauth.revoke_access()
        body = TokenRequest(code="1", client_id="c", client_secret="s")
        oauth.get_token.sync_detailed(client=api.raw, body=body)
        users.get_user.sync_detailed("other", "u1", client=api.raw)
        http = api.raw.get_httpx_client()
        http.get("https://media.example/a.png")
        http.get("https://oauth-bridge.zendesk.com/elsewhere")
        http.get("https://ana.zendesk.com.evil.example/sc/v2/apps")
    return {url: sent is not None for url, sent in recorder.seen.items()}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("options", "root", "bridge"),
    [
        ({"subdomain": "ana"}, "https://ana.zendesk.com/sc", BRIDGE),
        ({"subdomain": "Ana-2"}, "https://ana-2.zendesk.com/sc", BRIDGE),
        ({"region": "us"}, "https://api.smooch.io", BRIDGE),
        ({"region": "eu-1"}, "https://api.eu-1.smooch.io", BRIDGE),
        ({"base_url": "https://here.example/sc/"}, "https://here.example/sc", "https://here.example/sc"),
        ({"base_url": BRIDGE}, BRIDGE, BRIDGE),
    ],
)
def test_credentials_are_sent_to_the_own_host_and_tokens_to_the_bridge(
    way: str, options: dict[str, Any], root: str, bridge: str
) -> None:
    apart = root != bridge
    assert call_everywhere(Recorder(), **options, **WAYS[way]) == {
        f"{root}/v2/apps/{APP}/users/u1": True,
        f"{bridge}/v2/tokenInfo": not apart or way == "token",
        f"{root}/oauth/authorization": True,
        f"{bridge}/oauth/token": not apart,
        f"{root}/v2/apps/other/users/u1": True,
        "https://media.example/a.png": False,
        "https://oauth-bridge.zendesk.com/elsewhere": root == BRIDGE,
        "https://ana.zendesk.com.evil.example/sc/v2/apps": False,
    }


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, "subdomain"),
        ({"subdomain": "ana", "region": "us"}, "region"),
        ({"subdomain": "ana", "base_url": "https://here.example"}, "base_url"),
        ({"region": "us", "base_url": "https://here.example"}, "base_url"),
        ({"subdomain": ""}, "subdomain"),
        ({"subdomain": "ana.zendesk.com"}, "subdomain"),
        ({"subdomain": "ana/.evil.example"}, "subdomain"),
        ({"subdomain": "-ana"}, "subdomain"),
        ({"subdomain": "ana\n"}, "subdomain"),
        ({"subdomain": 5}, "subdomain"),
        ({"region": "eu"}, "region"),
        ({"base_url": "https://here.example/v2"}, "base_url"),
        ({"base_url": "https://ana:secret@here.example"}, "base_url"),
        ({"subdomain": "ana", "key_id": None}, "key_id"),
        ({"subdomain": "ana", "key_id": ""}, "scope"),
        ({"subdomain": "ana", "key_id": "", "scope": "app"}, "key_id"),
        ({"subdomain": "ana", "secret": None}, "secret"),
        ({"subdomain": "ana", "secret": " "}, "secret"),
        ({"subdomain": "ana", "app_id": None}, "app_id"),
        ({"subdomain": "ana", "app_id": ".."}, "app_id"),
        ({"subdomain": "ana", "key_id": "5a"}, "scope"),
        ({"subdomain": "ana", "key_id": "application"}, "scope"),
        ({"subdomain": "ana", "scope": "user"}, "scope"),
        ({"subdomain": "ana", "auth": "digest"}, "auth"),
        ({"subdomain": "ana", "token": TOKEN}, "token"),
        ({"subdomain": "ana", "token": TOKEN, "key_id": None}, "token"),
        ({"subdomain": "ana", "token": TOKEN, "secret": None}, "token"),
        ({"subdomain": "ana", "token": TOKEN, "key_id": None, "secret": None, "auth": "basic"}, "token"),
        ({"subdomain": "ana", "token": TOKEN, "key_id": None, "secret": None, "scope": "app"}, "token"),
        ({"subdomain": "ana", "token": "", "key_id": None, "secret": None}, "token"),
        ({"subdomain": "ana", "token": f"{TOKEN}\r\nHost: x", "key_id": None, "secret": None}, "token"),
        ({"subdomain": "ana", "timeout": 0}, "timeout"),
        ({"subdomain": "ana", "deadline": 0}, "deadline"),
        ({"subdomain": "ana", "retries": -1}, "retries"),
        ({"subdomain": "ana", "max_connections": 0}, "max_connections"),
    ],
)
def test_invalid_constructor_arguments_are_named(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Smooch(**{"key_id": "app_5a", "secret": SECRET, "app_id": APP} | options)
    assert caught.value.field == field
    assert field in str(caught.value)
    assert SECRET not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("options", [{"token": TOKEN}, {"key_id": "act_5a", "secret": SECRET}])
def test_some_credentials_need_an_app_id_only_for_calls_on_an_app(
    server: ScriptedServer, options: dict[str, Any]
) -> None:
    with Smooch(base_url=server.url, **options) as api:
        before = len(server.requests)
        with pytest.raises(InvalidInput, match="app_id"):
            api.users.get("u1")
        assert len(server.requests) == before
        users.get_user.sync_detailed(APP, "u1", client=api.raw)
        assert len(server.requests) == before + 1


ENVIRONMENT = {"SMOOCH_KEY_ID": "app_5a", "SMOOCH_SECRET": SECRET, "SMOOCH_APP_ID": APP, "SMOOCH_SUBDOMAIN": "ana"}


@pytest.mark.parametrize(
    ("environment", "options", "shown"),
    [
        ({}, {}, f"('app_5a', app_id='{APP}', base_url='https://ana.zendesk.com/sc')"),
        ({}, {"region": "us"}, f"('app_5a', app_id='{APP}', base_url='https://api.smooch.io')"),
        ({}, {"base_url": "https://a.example"}, f"('app_5a', app_id='{APP}', base_url='https://a.example')"),
        ({}, {"token": TOKEN}, f"(token='***', app_id='{APP}', base_url='https://ana.zendesk.com/sc')"),
        (
            {
                "SMOOCH_KEY_ID": "",
                "SMOOCH_SECRET": "",
                "SMOOCH_TOKEN": TOKEN,
                "SMOOCH_SUBDOMAIN": "",
                "SMOOCH_REGION": "us",
            },
            {},
            f"(token='***', app_id='{APP}', base_url='https://api.smooch.io')",
        ),
        (
            {"SMOOCH_KEY_ID": "", "SMOOCH_SECRET": "", "SMOOCH_TOKEN": TOKEN},
            {"key_id": "int_1", "secret": "s"},
            f"('int_1', app_id='{APP}', base_url='https://ana.zendesk.com/sc')",
        ),
        (
            {"SMOOCH_SUBDOMAIN": "", "SMOOCH_BASE_URL": "https://b.example"},
            {"app_id": "other"},
            "('app_5a', app_id='other', base_url='https://b.example')",
        ),
    ],
)
def test_from_env_reads_the_environment_and_options_take_precedence(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], options: dict[str, Any], shown: str
) -> None:
    for name, value in (ENVIRONMENT | environment).items():
        monkeypatch.setenv(name, value)
    with Smooch.from_env(**options) as api:
        assert repr(api) == f"{Smooch.__name__}{shown}"


@pytest.mark.parametrize("missing", ["SMOOCH_KEY_ID", "SMOOCH_SECRET"])
def test_a_missing_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in (ENVIRONMENT | {missing: ""}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=missing):
        Smooch.from_env()


@pytest.mark.parametrize(
    ("environment", "options", "named"),
    [
        ({"SMOOCH_TOKEN": TOKEN}, {}, ["SMOOCH_KEY_ID", "SMOOCH_TOKEN"]),
        ({"SMOOCH_TOKEN": TOKEN, "SMOOCH_KEY_ID": ""}, {}, ["SMOOCH_SECRET", "SMOOCH_TOKEN"]),
        ({"SMOOCH_TOKEN": TOKEN}, {"region": "us"}, ["SMOOCH_KEY_ID", "SMOOCH_TOKEN"]),
        ({"SMOOCH_REGION": "us"}, {}, ["SMOOCH_SUBDOMAIN", "SMOOCH_REGION"]),
        ({"SMOOCH_BASE_URL": "https://a.example"}, {"token": TOKEN}, ["SMOOCH_SUBDOMAIN", "SMOOCH_BASE_URL"]),
    ],
)
def test_contradicting_environment_variables_are_named(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], options: dict[str, str], named: list[str]
) -> None:
    for name, value in (ENVIRONMENT | environment).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=" and ".join(named)) as caught:
        Smooch.from_env(**options)
    assert caught.value.field == named[-1]
    assert TOKEN not in str(caught.value)


# Error responses


def refusing(status: int, body: Any, **headers: str) -> ScriptedServer:
    return ScriptedServer(lambda _: answer(status, body, **headers))


TWO = {"errors": [{"code": "bad_request", "title": "a is missing"}, {"code": "locked", "title": "b"}]}


def test_an_error_has_every_code_and_title() -> None:
    with refusing(400, TWO) as server:
        with Smooch("app_5a", SECRET, APP, base_url=server.url) as api:
            with pytest.raises(errors.BadRequest) as caught:
                api.users.get("u1")
    error = caught.value
    assert error.errors == tuple(TWO["errors"])
    assert (error.code, error.description, error.status_code) == ("bad_request", "a is missing", 400)
    assert str(error) == f"400 bad_request for GET {server.url}/v2/apps/{APP}/users/u1: a is missing; b"


def test_the_text_of_an_error_with_many_titles_is_clipped() -> None:
    with refusing(400, {"errors": [{"code": "c", "title": f"field {n} is missing"} for n in range(1000)]}) as server:
        with Smooch("app_5a", SECRET, APP, base_url=server.url) as api:
            with pytest.raises(errors.BadRequest, match="field 0 is missing; field 1 is missing; ") as caught:
                api.users.get("u1")
    assert len(caught.value.errors) == 1000
    assert len(str(caught.value)) < 1000


APP_KEY = {"key_id": "app_5a", "secret": SECRET}
INT_KEY = {"key_id": "int_5a", "secret": SECRET}
ACT_KEY = {"key_id": "act_5a", "secret": SECRET}
OAUTH = {"token": TOKEN}
EXCHANGED = {"code": "658965", "grant_type": "authorization_code", "client_id": "partner", "client_secret": SECRET}
NO_JSON = {"Content_Type": "text/html"}
TARGET = "https://example.com/hook"

HINTS: list[Any] = [
    (
        401,
        APP_KEY,
        lambda api: api.users.get("u"),
        {},
        "check key id and secret, and that the key belongs to http://127",
    ),
    (401, OAUTH, lambda api: api.users.get("u"), {}, "check that the access token is still valid"),
    (
        401,
        APP_KEY,
        lambda api: oauth.get_token.sync_detailed(client=api.raw, body=TokenRequest.from_dict(EXCHANGED)),
        {},
        "a code can be exchanged once",
    ),
    (401, APP_KEY, lambda api: api.oauth.token_info(), {}, "create the client with token="),
    (403, APP_KEY, lambda api: api.apps.create("Shop"), {}, "needs an account key"),
    (403, APP_KEY, lambda api: api.app_keys.list(), {}, "needs an account key"),
    (403, INT_KEY, lambda api: api.apps.delete(APP), {}, "credentials have scope integration"),
    (403, INT_KEY, lambda api: api.apps.get(), {}, "needs an app key (app_…) or an account key"),
    (403, OAUTH, lambda api: api.integration_keys.create("i1", "Bot"), {}, "needs an app key"),
    (403, INT_KEY, lambda api: api.switchboards.list(), {}, "needs an app key"),
    (403, INT_KEY, lambda api: api.webhooks.list(integration_id="i1"), {}, "integration_id='me'"),
    (403, INT_KEY, lambda api: api.webhooks.list(), {}, "check app_id"),
    (
        403,
        INT_KEY,
        lambda api: api.switchboard_actions.release_control("c1"),
        {},
        "only the one in control can release it",
    ),
    (403, APP_KEY, lambda api: api.switchboard_actions.release_control("c1"), {}, ""),
    (403, APP_KEY, lambda api: api.users.get("u"), {}, "check app_id: the client's credentials reach no other app"),
    (403, OAUTH, lambda api: api.users.get("u"), {}, "check app_id"),
    (403, ACT_KEY, lambda api: api.users.get("u"), {}, ""),
    (403, ACT_KEY, lambda api: api.apps.create("Shop"), {}, ""),
    (
        404,
        APP_KEY,
        lambda api: api.users.get("u"),
        NO_JSON,
        "this is not the API: check subdomain, region and base_url",
    ),
    (404, APP_KEY, lambda api: api.apps.get(), {}, "check app_id, and that the app is on http://127"),
    (404, APP_KEY, lambda api: api.webhooks.list(), {}, "integration_id='<its id>'"),
    (404, INT_KEY, lambda api: api.webhooks.list(), {}, ""),
    (404, APP_KEY, lambda api: api.users.get("u"), {}, ""),
    (413, APP_KEY, lambda api: api.users.get("u"), {}, "100 kB of JSON and files of 50 MB"),
    (
        423,
        APP_KEY,
        lambda api: api.messages.post_text("c1", "Hi"),
        {},
        "is full: messages.delete_all(conversation_id) makes",
    ),
    (429, APP_KEY, lambda api: api.users.get("u"), {}, "or longer each time where it is None"),
    (301, APP_KEY, lambda api: api.users.get("u"), {}, "redirects are not followed"),
    (400, APP_KEY, lambda api: api.users.get("u"), {}, ""),
    (
        400,
        INT_KEY,
        lambda api: api.webhooks.create(TARGET, "user:merge"),
        {},
        "may send the target a HEAD request first",
    ),
    (
        400,
        INT_KEY,
        lambda api: api.webhooks.update("w1", {"target": TARGET}),
        {},
        "may send the target a HEAD request first",
    ),
    (400, INT_KEY, lambda api: api.webhooks.update("w1", {"includeFullUser": True}), {}, ""),
    (400, INT_KEY, lambda api: api.webhooks.get("w1"), {}, ""),
]


@pytest.mark.parametrize(("status", "options", "call", "headers", "words"), HINTS)
def test_error_responses_come_with_a_hint(
    status: int, options: Any, call: Any, headers: dict[str, str], words: str
) -> None:
    with refusing(status, {"errors": [{"code": "c", "title": "t"}]}, **headers) as server:
        with Smooch(app_id=APP, base_url=server.url, retries=0, **options) as api:
            with pytest.raises(errors.APIError) as caught:
                call(api)
    assert words in caught.value.hint if words else caught.value.hint == ""
    assert caught.value.hint in str(caught.value)
    expected = {401: errors.Unauthorized, 403: errors.Forbidden, 404: errors.NotFound, 423: errors.ConversationFull}
    assert type(caught.value) is expected.get(status, type(caught.value))


@pytest.mark.parametrize(
    ("title", "is_hinted"),
    [
        ("Bad Request", True),
        ("target: https://bot.example does not answer a HEAD request", True),
        ("invalid target of the webhook", True),
        ("unknown trigger user:merge", False),
        ("An app can have 10 webhooks at most", False),
        ("limit reached", False),
    ],
)
def test_only_a_target_that_may_be_at_fault_is_hinted_at(title: str, is_hinted: bool) -> None:
    with refusing(400, {"errors": [{"code": "bad_request", "title": title}]}) as server:
        with Smooch(app_id=APP, base_url=server.url, retries=0, **INT_KEY) as api:
            with pytest.raises(errors.BadRequest) as caught:
                api.webhooks.create(TARGET, "user:merge")
    assert ("HEAD request first" in caught.value.hint) is is_hinted


def test_a_missing_app_hints_at_its_id_and_the_host() -> None:
    with refusing(404, {"errors": [{"code": "app_not_found", "title": "App not found"}]}) as server:
        with Smooch("app_5a", SECRET, APP, base_url=server.url) as api:
            with pytest.raises(errors.NotFound, match="of another account or region is not found"):
                api.users.get("u")


@pytest.mark.parametrize("way", WAYS)
def test_errors_show_no_credentials(way: str) -> None:
    def echo(request: Request) -> bytes:
        return answer(
            401, {"errors": [{"code": "unauthorized", "title": f"{SECRET} {request.headers['authorization']}"}]}
        )

    with ScriptedServer(echo) as server:
        with Smooch(app_id=APP, base_url=server.url, **WAYS[way]) as api:
            with pytest.raises(errors.Unauthorized) as caught:
                api.users.get("u")
    error = caught.value
    sent = server.requests[-1].headers["authorization"].split()[1]
    for text in (str(error), repr(error), error.description, repr(error.errors), repr(error.response.request.headers)):
        assert TOKEN not in text
        assert sent not in text
        assert way == "token" or SECRET not in text


def test_an_unreadable_success_says_that_the_call_took_effect() -> None:
    with ScriptedServer(lambda _: answer(201, b"{")) as server:
        with Smooch("app_5a", SECRET, APP, base_url=server.url) as api:
            with pytest.raises(errors.UnreadableResponse, match="took effect"):
                api.users.create("u-77")


# Copying and closing


@pytest.fixture
def api(server: ScriptedServer) -> Iterator[Smooch]:
    with Smooch("app_5a", SECRET, APP, base_url=server.url) as client:
        yield client


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_cannot_be_copied_or_pickled(api: Smooch, take: Any) -> None:
    with pytest.raises(TypeError, match="holds a secret"):
        take(api)
    with pytest.raises(TypeError):
        take(api._auth)


def test_with_options_shares_the_connections(server: ScriptedServer, api: Smooch) -> None:
    before = server.connections
    hurried = api.with_options(deadline=5, retries=0)
    api.users.get("u1")
    hurried.users.get("u1")
    assert server.connections == before + 1
    assert repr(hurried) == repr(api)
    with pytest.raises(TypeError, match="'region'"):
        api.with_options(region="us")


def test_every_tag_of_the_specification_is_a_resource_of_its_own_class(api: Smooch) -> None:
    resources = {name: value for name, value in vars(api).items() if isinstance(value, Resource)}
    assert set(resources) == {tag["name"] for tag in SPEC["tags"]}
    for name, resource in resources.items():
        assert type(resource) is getattr(v2, type(resource).__name__)
        assert type(resource).__module__.rpartition(".")[2] == name
        assert type(resource).__name__.removeprefix("Async").lower() == name.replace("_", "")
        assert (type(resource).__doc__ or "").count("\n") == 0


def test_plain_dicts_are_accepted_wherever_typed_ones_are(api: Smooch) -> None:
    for resource in (value for value in vars(api).values() if isinstance(value, Resource)):
        for name, method in inspect.getmembers(resource, inspect.ismethod):
            for argument, annotation in method.__annotations__.items():
                assert ("dicts." in annotation) == ("dicts.PlainDict" in annotation), f"{resource}.{name}: {argument}"


def test_help_has_a_line_for_each_resource_and_each_kind_of_key() -> None:
    help_text = pydoc.render_doc(Smooch, renderer=pydoc.plaintext)
    for name in (tag["name"] for tag in SPEC["tags"]):
        assert len(re.findall(rf"- `{name}`: \w", help_text)) == 1
    for prefix in ("app_", "int_", "act_", "svc_"):
        assert f"- `{prefix}…`, " in help_text


def test_app_id_is_what_raw_operations_take(server: ScriptedServer, api: Smooch) -> None:
    assert api.app_id == APP
    assert api.with_options(retries=0).app_id == APP
    with Smooch(token="token", base_url=server.url) as other:
        with pytest.raises(InvalidInput, match="pass app_id=… to the client") as caught:
            _ = other.app_id
    assert caught.value.field == "app_id"


def test_a_resource_shows_where_it_calls(server: ScriptedServer, api: Smooch) -> None:
    assert repr(api.users) == f"{type(api.users).__name__}(app_id='{APP}', base_url='{server.url}')"


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_resource_cannot_be_copied_without_its_client(api: Smooch, take: Any) -> None:
    with pytest.raises(TypeError, match="belongs to a client"):
        take(api.users)


def test_a_resource_keeps_its_client_alive(server: ScriptedServer) -> None:
    users = Smooch("app_5a", SECRET, APP, base_url=server.url).users
    assert (users.get("u1")).id == "u1"
    users._raw.get_httpx_client().close()


def test_a_closed_client_says_so(server: ScriptedServer) -> None:
    with Smooch("app_5a", SECRET, APP, base_url=server.url) as api:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        api.users.get("u1")


def test_repr_shows_no_secret(api: Smooch) -> None:
    for each in (api, api.raw, api._auth, api._settings):
        assert SECRET not in repr(each)


# The OAuth flow


def test_exchange_code_sends_no_credentials_and_errors_show_no_secrets() -> None:
    echo = ScriptedServer(
        lambda request: answer(400, {"errors": [{"code": "bad_request", "title": request.body.decode()}]})
    )
    with echo as server:
        with pytest.raises(errors.BadRequest) as caught:
            Smooch.exchange_code("658965", client_id="partner", client_secret=SECRET, base_url=server.url)
        [request] = server.requests
    assert (request.method, request.target) == ("POST", "/oauth/token")
    assert "authorization" not in request.headers
    assert request.json() == EXCHANGED
    assert "partner" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "658965" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"code": None}, "request.code"),
        ({"client_secret": None}, "request.client_secret"),
        ({"base_url": "partner"}, "base_url"),
        ({"deadline": 0}, "deadline"),
        ({"retries": -1}, "retries"),
    ],
)
def test_exchange_code_refuses_invalid_arguments(options: dict[str, Any], field: str) -> None:
    arguments = {"code": "658965", "client_id": "partner", "client_secret": SECRET, "base_url": "http://127.0.0.1:1"}
    with pytest.raises(InvalidInput) as caught:
        Smooch.exchange_code(**arguments | options)
    assert caught.value.field == field


def test_exchange_code_is_not_retried_since_the_code_may_be_used_up() -> None:
    with ScriptedServer(lambda _: answer(503, {})) as server:
        with pytest.raises(errors.ServerError):
            Smooch.exchange_code("658965", client_id="partner", client_secret=SECRET, base_url=server.url)
        assert len(server.requests) == 1


# The package


def test_the_package_loads_v2_when_it_is_first_used() -> None:
    program = "import smooch, sys; assert 'smooch.v2' not in sys.modules; print(smooch.v2.Smooch.__name__)"
    run = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == (Smooch.__name__, "")


# All calls

NOT_WRAPPED = {"authorize"}
"""Operations that only browsers call."""

NOT_A_CALL = {"close", "from_env", "with_options", "jwt_for_user"}


def methods_of(api: Smooch) -> set[str]:
    """The public methods of a client and of its resources."""
    own = {name for name in dir(api) if not name.startswith("_") and inspect.isroutine(getattr(api, name))}
    return own | {
        f"{name}.{method}"
        for name, resource in vars(api).items()
        if isinstance(resource, Resource)
        for method in dir(resource)
        if not method.startswith("_")
    }


def host_of(api: Smooch) -> str:
    return str(api.raw.get_httpx_client().base_url)


EXCHANGE: Call = (
    lambda api: api.exchange_code("658965", client_id="partner", client_secret="theirs", base_url=host_of(api)),
    "getToken POST /oauth/token",
    {"code": "658965", "grant_type": "authorization_code", "client_id": "partner", "client_secret": "theirs"},
    models.TokenResponse,
)


def test_exchange_code_sends_what_the_specification_describes(
    example_api: Smooch, example_server: ScriptedServer
) -> None:
    check_call(example_api, example_server, EXCHANGE, authorized=False)


TESTS = {tag["name"]: importlib.import_module(f".test_{tag['name']}", __package__) for tag in SPEC["tags"]}
"""The test modules of the resources."""


def test_every_method_and_every_operation_is_called(example_api: Smooch) -> None:
    calls = {
        f"{name}.{call.partition(',')[0]}": line
        for name, module in TESTS.items()
        for call, line in module.CALLS.items()
    }
    calls["exchange_code"] = EXCHANGE
    assert {name.partition(" ")[0] for name in calls} == methods_of(example_api) - NOT_A_CALL
    called = {line.partition(" ")[0] for _, lines, *_ in calls.values() for line in lines.splitlines()}
    assert called == {one.id for one in OPERATIONS} - NOT_WRAPPED
    assert len(OPERATIONS) == 68


STORIES = [module.story for module in TESTS.values() if hasattr(module, "story")]


def test_every_method_has_a_sandbox_test(keys: Keys) -> None:
    called = set(re.findall(r"\.((?:\w+\.)?\w+)\(", "".join(inspect.getsource(story) for story in STORIES)))
    assert methods_of(keys.app) - called == NOT_A_CALL


def test_the_sandbox_tests_call_every_operation(keys: Keys, sandbox: Sandbox) -> None:
    called = set()
    for story in STORIES:
        sandbox.reset()
        story(keys, sandbox)
        called |= {operation_of(request.method, request.path).id for request in sandbox.requests}
    assert called == {one.id for one in OPERATIONS}


def test_models_are_complete_and_without_their_envelope(example_api: Smooch) -> None:
    user = example_api.users.get("u-77")
    assert user.to_dict() == schema("UserResponse")["examples"][0]["user"]
    [webhook] = example_api.webhooks.list()
    assert webhook.to_dict() == schema("WebhookListResponse")["examples"][-1]["webhooks"][0]


def test_the_raw_client_uses_the_same_connections(
    example_api: Smooch, example_server: ScriptedServer
) -> None:
    response = users.get_user.sync_detailed(APP, "u-77", client=example_api.raw)
    assert isinstance(response.parsed.user, models.User)
    assert httpx.URL(example_server.url).port == example_api.raw.get_httpx_client().base_url.port


def test_invalid_input_errors_are_short_and_show_no_secrets(keys: Keys) -> None:
    api = keys.app
    twilio = {"type": "twilio", "accountSid": "a", "phoneNumberSid": "p"}
    user = api.users.create("u-77", profile={"givenName": "Hush"})
    for call in (
        lambda: api.integrations.create({**twilio, "authToken": {"x": "Hush"}}),
        lambda: api.integrations.create({**twilio, "authToken": ["Hush"]}),
        lambda: api.integrations.create({"type": "custom", "webhooks": {"secret": "Hush"}}),
        lambda: api.integrations.create({"type": "mailgun", "apiKey": 77775555}),
        lambda: api.users.get({"name": "Hush"}),  # type: ignore[arg-type]
        lambda: api.users.get(user),  # type: ignore[arg-type]
        lambda: api.messages.post_text("c1", "Hi", author=user.profile),  # type: ignore[arg-type]
        lambda: api.messages.post_carousel("c1", "long " * 10_000),  # type: ignore[arg-type]
        lambda: api.messages.post_text("c1", {"a": "Hush"}),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidInput) as caught:
            call()
        assert "Hush" not in str(caught.value)
        assert "7777" not in str(caught.value)
        assert len(str(caught.value)) < 250
