# Derived from tests/_async/v2/test_client.py by scripts/unasync.py; edit that file.
"""The v2 client: construction, credentials, copying and closing, the OAuth flow."""

from __future__ import annotations

import copy
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
from smooch_api.v2.api import oauth, users
from smooch_api.v2.models import TokenRequest
from support.scripted_server import Request, ScriptedServer, answer
from support.v2_examples import APP, SPEC

from smooch import errors, v2
from smooch._v2.resource import Resource
from smooch.errors import InvalidInput
from smooch.v2 import BRIDGE, Smooch

from .calls import CODE_EXCHANGE, CREDENTIALS, SECRET, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Iterator


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


@pytest.mark.parametrize("way", CREDENTIALS)
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
    assert call_everywhere(Recorder(), **options, **CREDENTIALS[way]) == {
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


def test_app_id_is_the_argument_of_raw_operations(server: ScriptedServer, api: Smooch) -> None:
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


def test_a_closed_client_refuses_calls(server: ScriptedServer) -> None:
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
    assert request.json() == CODE_EXCHANGE
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
