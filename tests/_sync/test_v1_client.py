# Derived from tests/_async/test_v1_client.py by scripts/unasync.py; edit that file.
"""The v1 client as a whole: every method in every mode and with every error, `ask`, construction, tokens, closing."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from smooch_api.v1 import models
from smooch_api.v1.api import apps, menu
from smooch_api.v1.models import AppCreate

import smooch
from smooch import errors
from smooch.v1 import Smooch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smooch.sandbox import Sandbox

HERE = "https://here.example/hook"
USER = "b6518"
PNG = ("cat.png", b"png")
PDF = ("report.pdf", b"%PDF")


def walk(api: Smooch, _: str) -> list[Any]:
    return [message for message in api.iter_messages(USER)]


CALLS: dict[str, Callable[[Smooch, str], Awaitable[Any]]] = {
    "init_user": lambda api, _: api.init_user(USER, "device"),
    "precreate_user": lambda api, _: api.precreate_user("new"),
    "get_user": lambda api, _: api.get_user(USER),
    "update_user": lambda api, _: api.update_user(USER, {"givenName": "Ana"}),
    "delete_user": lambda api, _: api.delete_user(USER),
    "link_user_to_channel": lambda api, _: api.link_user_to_channel(USER, "mailgun", {"address": "ana@example.com"}),
    "unlink_user_from_channel": lambda api, _: api.unlink_user_from_channel(USER, "twilio"),
    "post_message": lambda api, _: api.post_message(USER, "Hi"),
    "post_media": lambda api, _: api.post_media(USER, PNG),
    "post_media of a file": lambda api, _: api.post_media(USER, PDF),
    "get_messages": lambda api, _: api.get_messages(USER),
    "iter_messages": walk,
    "delete_messages": lambda api, _: api.delete_messages(USER),
    "mark_read": lambda api, _: api.mark_read(USER),
    "send_activity": lambda api, _: api.send_activity(USER),
    "get_webhooks": lambda api, _: api.get_webhooks(),
    "make_webhook": lambda api, _: api.make_webhook(HERE, "postback"),
    "update_webhook": lambda api, webhook_id: api.update_webhook(webhook_id, HERE, "postback"),
    "delete_webhook": lambda api, webhook_id: api.delete_webhook(webhook_id),
    "delete_all_webhooks": lambda api, _: api.delete_all_webhooks(),
    "ensure_webhook_exist": lambda api, _: api.ensure_webhook_exist("postback", HERE),
    "ask": lambda api, _: api.ask(f"appusers/{USER}/channels"),
}

ANSWERS: dict[str, tuple[int, str]] = {
    "init_user": (200, "InitResponse"),
    "precreate_user": (201, "AppUserResponse"),
    "get_user": (200, "AppUserResponse"),
    "update_user": (200, "AppUserResponse"),
    "delete_user": (200, "EmptyResponse"),
    "link_user_to_channel": (200, "AppUserResponse"),
    "unlink_user_from_channel": (200, "EmptyResponse"),
    "post_message": (201, "MessageResponse"),
    "post_media": (201, "MessageResponse"),
    "post_media of a file": (201, "MessageResponse"),
    "get_messages": (200, "GetMessagesResponse"),
    "delete_messages": (200, "EmptyResponse"),
    "mark_read": (200, "EmptyResponse"),
    "send_activity": (200, "ActivityResponse"),
    "get_webhooks": (200, "ListWebhooksResponse"),
    "make_webhook": (201, "WebhookResponse"),
    "update_webhook": (200, "WebhookResponse"),
    "delete_webhook": (200, "EmptyResponse"),
    "ask": (200, "dict"),
}

PREPARING = 4
"""The number of requests that the fixture `webhook_id` makes."""

NOT_A_CALL = {"close", "from_env", "with_options", "jwt_for_user", "user_jwt"}


@pytest.fixture
def webhook_id(api: Smooch) -> str:
    """The id of a webhook; there is also a user with a message and a linked channel."""
    api.init_user(USER, "device")
    api.post_message(USER, "Hi")
    api.link_user_to_channel(USER, "twilio", {"phoneNumber": "+15145550101"})
    created = api.make_webhook(HERE, "message")
    return created.parsed.webhook.id


def test_every_method_has_a_case_here() -> None:
    methods = {name for name, each in vars(Smooch).items() if inspect.isroutine(each) and not name.startswith("_")}
    assert {name.partition(" ")[0] for name in CALLS} == methods - NOT_A_CALL
    assert ANSWERS.keys() == CALLS.keys() - {"iter_messages", "delete_all_webhooks", "ensure_webhook_exist"}


MODES: dict[str, tuple[Callable[[Sandbox], dict[str, Any]], str]] = {
    "v1": (lambda _: {}, "/v1/"),
    "v1 with the app's id": (lambda sandbox: {"app_id": sandbox.app_id}, "/v1/apps/{}/"),
    "v1.1": (lambda sandbox: {"app_id": sandbox.app_id, "api_version": "v1.1"}, "/v1.1/apps/{}/"),
    "account key": (
        lambda sandbox: {
            "key_id": sandbox.account_key_id,
            "secret": sandbox.account_secret,
            "app_id": sandbox.app_id,
        },
        "/v1/apps/{}/",
    ),
    "account key and v1.1": (
        lambda sandbox: {
            "key_id": sandbox.account_key_id,
            "secret": sandbox.account_secret,
            "app_id": sandbox.app_id,
            "api_version": "v1.1",
        },
        "/v1.1/apps/{}/",
    ),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CALLS)
def test_every_method_works_in_every_mode(
    connect: Callable[..., Smooch], sandbox: Sandbox, webhook_id: str, name: str, mode: str
) -> None:
    options, prefix = MODES[mode]
    outcome = CALLS[name](connect(**options(sandbox)), webhook_id)
    requests = sandbox.requests[PREPARING:]
    assert requests
    assert all(request.path.startswith(prefix.format(sandbox.app_id)) for request in requests)
    match name:
        case "iter_messages":
            assert [type(message) for message in outcome] == [models.TextMessage]
        case "delete_all_webhooks":
            assert [(each.status_code, each.json()) for each in outcome] == [(200, {})]
        case "ensure_webhook_exist":
            hooks = (connect().get_webhooks()).parsed.webhooks
            hook = hooks[-1 if "v1.1" in mode else 0]  # v1.1 replaces the webhook that v1 created
            assert outcome == (hook.id, hook.secret)
        case _:
            assert (outcome.status_code, type(outcome.parsed).__name__) == ANSWERS[name]
            plain = outcome.parsed if name == "ask" else outcome.parsed.to_dict()
            assert plain == outcome.json()
            assert outcome.text.encode() == outcome.content
            assert (
                outcome.headers["Content-Type"] == outcome.headers["content-type"] == "application/json; charset=utf-8"
            )


REFUSALS: dict[int, type[errors.APIError]] = {
    302: errors.APIError,
    400: errors.BadRequest,
    401: errors.Unauthorized,
    402: errors.PaymentRequired,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.PayloadTooLarge,
    418: errors.APIError,
    423: errors.ConversationFull,
    429: errors.RateLimited,
    500: errors.ServerError,
    502: errors.ServerError,
    503: errors.ServerError,
    504: errors.ServerError,
    520: errors.ServerError,
}


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("name", CALLS)
def test_every_method_raises_the_class_of_the_status(
    api: Smooch, sandbox: Sandbox, webhook_id: str, name: str, status: int
) -> None:
    sandbox.fail(status=status, body={"error": {"code": "some_code", "description": "Some words"}})
    with pytest.raises(Smooch.APIError) as caught:
        CALLS[name](api, webhook_id)
    error = caught.value
    assert type(error) is REFUSALS[status]
    assert (error.status_code, error.code, error.description) == (status, "some_code", "Some words")
    assert error.response.json()["error"]["code"] == "some_code"
    assert str(error).startswith(f"{status} some_code for {error.method} {error.url}")
    [request] = sandbox.requests[PREPARING:]
    assert error.method == request.method
    assert httpx.URL(error.url).path == httpx.URL(request.path).path
    assert sandbox.secret not in f"{error} {error!r} {error.__cause__!r} {vars(error)}"


@pytest.mark.parametrize("name", CALLS)
def test_every_method_raises_connection_failed_without_a_response(
    api: Smooch, sandbox: Sandbox, webhook_id: str, name: str
) -> None:
    sandbox.drop()
    with pytest.raises(errors.ConnectionFailed) as caught:
        CALLS[name](api, webhook_id)
    assert not isinstance(caught.value, errors.RequestTimeout)
    assert caught.value.method == sandbox.requests[PREPARING].method
    sandbox.delay(5)
    with pytest.raises(errors.RequestTimeout) as caught:
        CALLS[name](api.with_options(timeout=0.05), webhook_id)
    assert not isinstance(caught.value, errors.DeadlineExceeded)
    sandbox.delay(5)
    with pytest.raises(errors.DeadlineExceeded):
        CALLS[name](api.with_options(deadline=0.05), webhook_id)


@pytest.mark.parametrize("name", CALLS)
def test_every_method_raises_unreadable_response_for_an_unreadable_success(
    api: Smooch, sandbox: Sandbox, webhook_id: str, name: str
) -> None:
    for body in (None, b"<html>", b"\xff", b"[1" if name == "ask" else b"[]"):
        sandbox.garble(body=body)
        with pytest.raises(errors.UnreadableResponse) as caught:
            CALLS[name](api, webhook_id)
        assert caught.value.status_code in (200, 201)
        if name in ("precreate_user", "delete_user", "unlink_user_from_channel", "delete_webhook"):
            break  # it took effect


@pytest.mark.parametrize("name", CALLS)
def test_every_method_raises_unauthorized_with_a_wrong_secret(
    connect: Callable[..., Smooch], webhook_id: str, name: str
) -> None:
    for options in ({"secret": "a wrong secret"}, {"key_id": "app_000000000000000000000000"}):
        with pytest.raises(errors.Unauthorized) as caught:
            CALLS[name](connect(**options), webhook_id)
        assert "check key id and secret" in str(caught.value)


def test_keys_that_reach_no_app_get_a_clear_error(connect: Callable[..., Smooch], sandbox: Sandbox) -> None:
    account = {"key_id": sandbox.account_key_id, "secret": sandbox.account_secret}
    with pytest.raises(errors.Forbidden, match="pass app_id"):
        connect(**account).get_user(USER)
    with pytest.raises(errors.Forbidden):
        connect(app_id="0" * 24).get_user(USER)
    with pytest.raises(errors.NotFound):
        connect(**account, app_id="0" * 24).get_user(USER)
    with pytest.raises(errors.Forbidden, match="account key"):
        apps.list_apps.sync_detailed(client=connect().raw)
    with pytest.raises(errors.Unauthorized, match=r"keys of integrations \(int_…\) are for smooch\.v2"):
        connect(key_id=sandbox.integration_key_id, secret=sandbox.integration_secret).get_user(USER)


# Any path


def test_ask_gets_with_a_query_and_follows_links_of_the_api(api: Smooch, sandbox: Sandbox) -> None:
    api.init_user(USER, "device")
    for number in range(101):
        api.post_message(USER, str(number))
    page = api.ask(f"appusers/{USER}/messages")
    assert page.status_code == 200
    assert page.parsed == page.json()
    assert len(page.parsed["messages"]) == 100
    rest = api.ask(page.parsed["next"])
    assert [message["text"] for message in rest.parsed["messages"]] == ["0"]
    assert sandbox.requests[-1].query == {"before": page.parsed["next"].partition("before=")[2]}
    after = rest.parsed["messages"][0]["received"]
    forward = api.ask(f"/appusers/{USER}/messages", {"after": after})
    assert len(forward.parsed["messages"]) == 100
    assert sandbox.requests[-1].query == {"after": str(after)}
    api.ask(f"appusers/{USER}/messages?before={after}", {"limit": [1, 2], "ü": "a&b"})
    assert sandbox.requests[-1].query == {"before": str(after), "limit": "2", "ü": "a&b"}


def test_ask_sends_json_with_the_other_methods(api: Smooch, sandbox: Sandbox) -> None:
    created = api.ask("appusers", {"userId": USER, "givenName": "Ana"}, "post")
    assert (created.status_code, created.parsed["appUser"]["givenName"]) == (201, "Ana")
    changed = api.ask(f"appusers/{USER}", {"surname": "Roy"}, method="PUT")
    assert changed.parsed["appUser"]["surname"] == "Roy"
    assert sandbox.requests[-1].headers["content-type"] == "application/json"
    deleted = api.ask(f"appusers/{USER}", method="delete")
    assert deleted.parsed == {}
    assert sandbox.requests[-1].body == b""


def test_ask_sends_files_and_fields_as_a_form(api: Smooch, sandbox: Sandbox) -> None:
    api.precreate_user(USER)
    files = {"source": ("cat.png", b"png", "image/png")}
    posted = api.ask(f"appusers/{USER}/images", {"role": "appMaker"}, "post", files)
    assert posted.parsed["message"]["role"] == "appMaker"
    uploaded = api.ask("attachments?access=public", None, "post", files)
    with httpx.Client() as client:
        for url in (posted.parsed["message"]["mediaUrl"], uploaded.parsed["mediaUrl"]):
            assert (client.get(url)).content == b"png"


def test_ask_reaches_account_paths_and_the_apps_own(
    connect: Callable[..., Smooch], sandbox: Sandbox
) -> None:
    account = connect(key_id=sandbox.account_key_id, secret=sandbox.account_secret, app_id=sandbox.app_id)
    listed = account.ask("apps")
    assert [app["_id"] for app in listed.parsed["apps"]] == [sandbox.app_id]
    assert sandbox.requests[-1].path == "/v1/apps"
    account.ask("webhooks")
    assert sandbox.requests[-1].path == f"/v1/apps/{sandbox.app_id}/webhooks"
    account.ask(f"{sandbox.url}/v1/apps/{sandbox.app_id}/menu")
    assert sandbox.requests[-1].path == f"/v1/apps/{sandbox.app_id}/menu"


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("endpoint", lambda api: api.ask("")),
        ("endpoint", lambda api: api.ask("https://elsewhere.example/v1/appusers/b6518")),
        ("endpoint", lambda api: api.ask("http://127.0.0.1:1/v1/appusers/b6518")),
        ("endpoint", lambda api: api.ask("appusers/../webhooks", method="delete")),
        ("endpoint", lambda api: api.ask("appusers/a#b", method="delete")),
        ("method", lambda api: api.ask("appusers/b6518", method="brew")),
        ("data.userId", lambda api: api.ask("appusers", {"userId": float("nan")}, "post")),
        ("data.userId", lambda api: api.ask("appusers", {"userId": object()}, "post")),
    ],
)
def test_ask_refuses_other_hosts_and_values_that_json_cannot_hold(
    api: Smooch, sandbox: Sandbox, field: str, call: Callable[[Smooch], Any]
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        call(api)
    assert caught.value.field == field
    assert sandbox.requests == []


def test_raw_is_the_generated_client_with_the_same_key(
    api: Smooch, connect: Callable[..., Smooch], sandbox: Sandbox
) -> None:
    current = menu.get_menu.sync_detailed(client=api.raw)
    assert current.parsed.menu.to_dict() == current.json()["menu"]
    assert sandbox.requests[-1].path == "/v1/menu"
    account = connect(key_id=sandbox.account_key_id, secret=sandbox.account_secret, app_id=sandbox.app_id)
    created = apps.create_app.sync_detailed(client=account.raw, body=AppCreate(name="Second"))
    assert created.parsed.app.name == "Second"
    assert sandbox.requests[-1].path == "/v1/apps"
    assert sandbox.secret not in repr(api.raw)


# Tokens


def test_user_tokens_give_access_to_their_own_user_only(api: Smooch, sandbox: Sandbox) -> None:
    api.init_user(USER, "device")
    api.init_user("other", "device2")
    static = Smooch.jwt_for_user(sandbox.key_id, sandbox.secret, USER)
    assert static == api.user_jwt(USER)
    with httpx.Client(base_url=f"{sandbox.url}/v1") as client:
        for token in (static, api.user_jwt(USER, expires_in=60)):
            headers = {"Authorization": f"Bearer {token}"}
            assert (client.get(f"appusers/{USER}", headers=headers)).status_code == 200
            assert (client.get("appusers/other", headers=headers)).status_code == 403


@pytest.mark.parametrize("user_id", ["", None, 6518, b"b6518"])
def test_user_tokens_need_a_text_as_id(sandbox: Sandbox, user_id: Any) -> None:
    with pytest.raises(errors.InvalidInput, match="user_id"):
        Smooch.jwt_for_user(sandbox.key_id, sandbox.secret, user_id)
    with pytest.raises(errors.InvalidInput, match="expires_in"):
        Smooch.jwt_for_user(sandbox.key_id, sandbox.secret, USER, expires_in=0)


# Construction and closing


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("key_id", {"key_id": ""}),
        ("key_id", {"key_id": None}),
        ("secret", {"secret": " "}),
        ("secret", {"secret": b"secret"}),
        ("api_version", {"api_version": "v3"}),
        ("app_id", {"api_version": "v1.1"}),
        ("app_id", {"app_id": ""}),
        ("region", {"region": "eu"}),
        ("base_url", {"base_url": "api.smooch.io"}),
        ("timeout", {"timeout": 0}),
        ("deadline", {"deadline": -1}),
        ("retries", {"retries": 1.5}),
        ("max_connections", {"max_connections": 0}),
    ],
)
def test_invalid_constructor_arguments_are_refused_at_once(field: str, options: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        Smooch(**{"key_id": "app_1", "secret": "geheim"} | options)
    assert caught.value.field == field
    assert isinstance(caught.value, ValueError)


def test_from_env_reads_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEY_ID", "SECRET", "APP_ID", "API_VERSION", "REGION", "BASE_URL"):
        monkeypatch.delenv(f"SMOOCH_{name}", raising=False)
    with pytest.raises(errors.InvalidInput, match="SMOOCH_KEY_ID"):
        Smooch.from_env()
    monkeypatch.setenv("SMOOCH_BASE_URL", sandbox.url)
    with Smooch.from_env(key_id=sandbox.key_id, secret=sandbox.secret) as api:
        api.get_webhooks()
    assert sandbox.requests[-1].path == "/v1/webhooks"
    monkeypatch.setenv("SMOOCH_KEY_ID", sandbox.key_id)
    monkeypatch.setenv("SMOOCH_SECRET", sandbox.secret)
    monkeypatch.setenv("SMOOCH_APP_ID", sandbox.app_id)
    monkeypatch.setenv("SMOOCH_API_VERSION", "v1.1")
    with Smooch.from_env(retries=0) as api:
        api.get_webhooks()
        sandbox.fail(status=503)
        with pytest.raises(errors.ServerError):
            api.get_webhooks()
    assert sandbox.requests[-1].path == f"/v1.1/apps/{sandbox.app_id}/webhooks"


def test_with_options_is_the_same_client_with_other_call_options(api: Smooch, sandbox: Sandbox) -> None:
    api.precreate_user(USER)
    with_retries = api.with_options(retries=2)
    assert type(with_retries) is type(api)
    sandbox.fail(times=2, status=429, headers={"Retry-After": "0"})
    assert (with_retries.get_user(USER)).status_code == 200
    sandbox.fail(status=429, headers={"Retry-After": "7"})
    with pytest.raises(errors.RateLimited) as caught:
        api.get_user(USER)
    assert caught.value.retry_after == 7
    assert with_retries.user_jwt(USER) == api.user_jwt(USER)
    with pytest.raises(errors.InvalidInput, match="timeout"):
        api.with_options(timeout=-1)
    with pytest.raises(TypeError, match="timeot"):
        api.with_options(timeot=5)


def test_leaving_the_with_block_closes_every_connection(sandbox: Sandbox) -> None:
    with Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
        assert (api.get_webhooks()).status_code == 200
        other = api.with_options(timeout=1)
    for closed in (api, other):
        with pytest.raises(Exception, match="closed"):
            closed.get_webhooks()
    api.close()


def test_a_custom_transport_is_used(sandbox: Sandbox) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"].startswith("Bearer ")
        return httpx.Response(200, json={"webhooks": []})

    with Smooch("app_1", "geheim", region="eu-1", transport=httpx.MockTransport(respond)) as api:
        answer = api.get_webhooks()
    assert answer.parsed.webhooks == []


def test_no_repr_shows_the_secret(api: Smooch, sandbox: Sandbox) -> None:
    for text in (repr(api), str(api), repr(api.raw), repr(vars(api))):
        assert sandbox.secret not in text
    assert repr(api) == f"Smooch('{sandbox.key_id}', base_url='{sandbox.url}/v1')"


def test_a_client_cannot_be_pickled_or_copied(api: Smooch) -> None:
    for copy_of in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="make a new one in each process"):
            copy_of(api)


def test_help_names_each_method_below_its_topic_and_each_kind_of_key() -> None:
    help_text = pydoc.render_doc(Smooch, renderer=pydoc.plaintext)
    topics = dict(re.findall(r"- ([A-Z][\w ]+): ([^-]*)", help_text.partition("Methods return")[0]))
    assert list(topics) == ["Users", "Conversation", "Webhooks", "Tokens", "Any other path"]
    named = {name for names in topics.values() for name in re.findall(r"`(\w+)`", names)}
    others = {"APIError", "close", "from_env", "with_options"}
    assert named - {"raw"} == {name for name in vars(Smooch) if not name.startswith("_")} - others
    for prefix in ("app_", "act_", "svc_", "int_"):
        assert f"- `{prefix}…`, " in help_text


def test_the_classic_error_name_is_the_base_of_all_error_responses() -> None:
    assert Smooch.APIError is errors.APIError is smooch.APIError
    assert issubclass(Smooch.APIError, errors.SmoochError)
