# Derived from tests/_async/test_redaction.py by scripts/unasync.py; edit that file.
"""Exceptions hold no secrets: neither in their text, pickle and causes nor in the variables of the traceback."""

from __future__ import annotations

import json
import pickle
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from smooch_api.v1.models import AuthCodeResponse
from support.scripted_server import ScriptedServer, answer, script

from smooch import auth, errors, v1, v2
from smooch.v1 import Smooch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY_ID = "app_5a1b2c3d4e5f60718293a4b5"
SECRET = 'hunter22/"that nobody\\ must see'
CODE = "code-658965"
TESTS = Path(__file__).parent.parent


def locals_of(error: BaseException) -> list[Any]:
    """The local variables in an exception's traceback, without those of the tests themselves."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return [
        value
        for frame in frames
        if not Path(frame.f_code.co_filename).is_relative_to(TESTS)
        for value in frame.f_locals.values()
    ]


def reachable_texts(value: Any, seen: set[int]) -> Iterator[str | bytes]:
    """Every text that can be reached from a value; modules, classes and functions are left out."""
    if isinstance(value, str | bytes):
        yield value
    if id(value) in seen or value is None or isinstance(value, str | bytes | int | float | type | ModuleType):
        return
    seen.add(id(value))
    parts: list[Any] = []
    if isinstance(value, BaseException):
        parts += [*value.args, value.__cause__, value.__context__]
    if isinstance(value, dict):
        parts += [*value, *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts += value
    parts += getattr(value, "__dict__", {}).values()
    parts += [getattr(value, name, None) for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
    for part in parts:
        if not callable(part):
            yield from reachable_texts(part, seen)


def assert_hidden(error: BaseException, *secrets: str) -> None:
    texts = [str(error), repr(error), "".join(traceback.format_exception(error)), *map(repr, locals_of(error))]
    if isinstance(error, errors.SmoochError):
        texts.append(repr(pickle.dumps(error)))
    for secret in secrets:
        spellings = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]}
        for text in texts:
            assert not [spelling for spelling in spellings if spelling in text], text
        for text in reachable_texts(error, set()):
            reachable = text if isinstance(text, str) else text.decode("latin-1")
            assert not [spelling for spelling in spellings if spelling in reachable], reachable[:200]


ECHO = {
    "error": {"code": "unauthorized", "description": f"bad: client_secret={SECRET}"},
    "client_secret": SECRET,
    "code": CODE,
}
ANSWERS: dict[str, Any] = {
    "refusal": answer(401, {"errors": [{"code": "unauthorized", "title": "No"}]}),
    "refusal that echoes": answer(400, {**ECHO, "code": CODE}),
    "server error": answer(500, b"<html>"),
    "lost": None,
    "cut off": [answer(200, b'{"access_token": "')[:-2], None],
    "no JSON": answer(200, json.dumps(ECHO).encode() + b"!"),
    "no token": answer(200, b"[]"),
    "late": [30.0, answer(200)],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_failed_code_exchange_holds_neither_code_nor_secret(name: str) -> None:
    with ScriptedServer(script(ANSWERS[name])) as server:
        with pytest.raises(errors.SmoochError) as caught:
            v2.Smooch.exchange_code(
                CODE, client_id="5e4f", client_secret=SECRET, base_url=server.url, retries=0, deadline=0.5
            )
        assert server.requests[0].json()["client_secret"] == SECRET
    assert_hidden(caught.value, SECRET, CODE)


def test_an_error_hides_a_token_echoed_by_the_server() -> None:
    def echo(request: Any) -> bytes:
        token = request.headers["authorization"]
        body = {"error": {"code": "unauthorized", "description": f"No {token}"}, "seen": token, "raw": f"x{token[7:]}y"}
        return answer(401, body, X_Echo=token)

    with ScriptedServer(echo) as server:
        with Smooch(KEY_ID, SECRET, base_url=server.url, retries=0) as api:
            with pytest.raises(errors.Unauthorized) as caught:
                api.get_user("b6518")
        token = server.requests[0].headers["authorization"].removeprefix("Bearer ")
    assert_hidden(caught.value, token, token.rpartition(".")[2])
    assert caught.value.response.json()["seen"] == "[token]"
    assert caught.value.code == "unauthorized"


def test_the_rest_of_request_and_response_is_kept() -> None:
    body = {"error": {"code": "bad_request", "description": "no such field"}, "field": "ö"}
    with ScriptedServer(script(answer(400, body, Date="Mon, 02 Mar 2026 08:15:30 GMT", X_Request="r1"))) as server:
        with Smooch(KEY_ID, SECRET, base_url=server.url, retries=0) as api:
            with pytest.raises(errors.BadRequest) as caught:
                api.post_message("b6518", {"text": "Hi ö", "metadata": {"session_token": "s3cr3t", "code": "7"}})
    response = caught.value.response
    assert response.json() == body
    assert (response.headers["X-Request"], response.headers["Content-Type"]) == ("r1", "application/json")
    assert (response.request.method, str(response.request.url)) == ("POST", f"{server.url}/v1/appusers/b6518/messages")
    sent = json.loads(response.request.content)
    assert sent["text"] == "Hi ö"
    assert sent["metadata"] == {"session_token": "[secret]", "code": "7"}
    assert response.elapsed.total_seconds() > 0


INVALID: dict[str, Callable[[], Any]] = {
    "region": lambda: Smooch(KEY_ID, SECRET, region="mars"),  # type: ignore[arg-type]
    "secret": lambda: Smooch(KEY_ID, SECRET + "\n"),
    "account": lambda: Smooch("", SECRET),
    "v2 region": lambda: v2.Smooch(KEY_ID, SECRET, "5a"),
    "v2 scope": lambda: v2.Smooch("key", SECRET, "5a", region="us"),
    "v2 secret and token": lambda: v2.Smooch(secret=SECRET, token=SECRET, region="us"),
    "v2 token": lambda: v2.Smooch(token=SECRET, region="us"),
    "from_env": lambda: Smooch.from_env(key_id=KEY_ID, secret=SECRET, api_version="v3"),  # type: ignore[arg-type]
    "v2 from_env": lambda: v2.Smooch.from_env(key_id=KEY_ID, secret=SECRET, app_id="5a", subdomain="a b"),
    "app_token": lambda: auth.app_token(KEY_ID, SECRET, expires_in=-1),
    "user_token": lambda: auth.user_token(KEY_ID, SECRET, ""),
    "jwt_for_user": lambda: v1.Smooch.jwt_for_user(KEY_ID, SECRET, ""),
    "v2 jwt_for_user": lambda: v2.jwt_for_user(KEY_ID, SECRET, ""),
    "v2 method": lambda: v2.Smooch.jwt_for_user(KEY_ID, SECRET, "b", expires_in=-1),
    "basic": lambda: auth.BasicAuth("", SECRET, url=httpx.URL("https://example.com")),
    "token auth": lambda: auth.TokenAuth("", SECRET, scope="app", url=httpx.URL("https://example.com")),
}


@pytest.mark.parametrize("name", INVALID)
def test_a_refused_argument_leaves_no_secret_in_the_traceback(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOOCH_SECRET", SECRET)
    with pytest.raises(errors.InvalidInput) as caught:
        INVALID[name]()
    assert_hidden(caught.value, SECRET)


def test_an_error_about_a_missing_variable_shows_no_other_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMOOCH_KEY_ID", raising=False)
    monkeypatch.setenv("SMOOCH_SECRET", SECRET)
    for client in (Smooch, v2.Smooch):
        with pytest.raises(errors.InvalidInput, match="SMOOCH_KEY_ID") as caught:
            client.from_env()
        assert_hidden(caught.value, SECRET)


LONG = "x" * 10_000_000
PASSWORD = "hunter22hunter22"
VALUES: dict[str, Callable[[Smooch, v2.Smooch], Any]] = {
    "target": lambda api, _: api.make_webhook(f"https://ana:{PASSWORD}@exa mple.com/", "message"),
    "target without its host": lambda api, _: api.make_webhook(f"https://ana:{PASSWORD}/hook", "message"),
    "target with a slash": lambda api, _: api.make_webhook(f"ftp://ana:{PASSWORD}/a@example.com", "message"),
    "target with a token": lambda api, _: api.make_webhook(f"ftp://a.example/?token={PASSWORD}", "message"),
    "target of v2": lambda _, api: api.webhooks.create(f"ftp://ana:{PASSWORD}@a.example", "conversation:message"),
    "change of v2": lambda _, api: api.webhooks.update("w", target=f"ftp://ana:{PASSWORD}@a.example"),
    "ensure": lambda api, _: api.ensure_webhook_exist("message", f"ana:{PASSWORD}@a.example"),
    "endpoint": lambda api, _: api.ask(f"https://ana:{PASSWORD}@a.example/v1/appusers"),
    "long target": lambda api, _: api.make_webhook(LONG, "message"),
    "long triggers": lambda api, _: api.make_webhook("https://a.example", LONG + " "),
    "long id": lambda api, _: api.get_user(LONG + "\ud800"),
    "long text": lambda api, _: api.post_message("b", {"text": LONG, "type": "location"}),
    "long type": lambda api, _: api.post_message("b", {"text": "a", "role": LONG}),
    "long key": lambda _, api: api.users.create("b", metadata={LONG: []}),  # type: ignore[dict-item]
    "long key that is no JSON": lambda api, _: api.ask("menu", {LONG: object()}, "post"),
    "long endpoint": lambda api, _: api.ask(f"//{LONG}"),
    "long method": lambda api, _: api.ask("menu", None, LONG),
    "long file": lambda api, _: api.post_media("b", LONG),
    "long file name": lambda api, _: api.post_media("b", (LONG, b"")),
    "long mime type": lambda _, api: api.attachments.upload(b"a", mime_type=LONG),
    "long channel": lambda _, api: api.conversations.post_conversion_events("c", LONG, []),  # type: ignore[arg-type]
    "long author": lambda _, api: api.messages.post_text("c", "a", author=LONG),  # type: ignore[arg-type]
    "long email": lambda _, api: api.users.find_by_email(LONG + "\ud800"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_refused_value_is_shown_shortened_and_without_its_password(name: str) -> None:
    with (
        Smooch(KEY_ID, SECRET, base_url="http://127.0.0.1:9") as api,
        v2.Smooch(KEY_ID, SECRET, "5a", base_url="http://127.0.0.1:9") as newer,
    ):
        with pytest.raises(errors.InvalidInput) as caught:
            VALUES[name](api, newer)
    assert PASSWORD not in str(caught.value)
    assert len(str(caught.value)) + len(caught.value.field) < 800


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": f"https://ana:{PASSWORD}@a.example"},
        {"base_url": f"https://ana:{PASSWORD}"},
        {"base_url": LONG},
        {"region": LONG},
        {"api_version": LONG},
        {"deadline": LONG},
        {"timeout": LONG},
        {"retries": LONG},
        {"app_id": "\ud800" + LONG},
    ],
)
def test_a_refused_option_is_shown_shortened_and_without_its_password(options: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        Smooch(KEY_ID, SECRET, **options)
    assert PASSWORD not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_login_codes_are_hidden() -> None:
    assert "Hq0bR4xT" not in repr(AuthCodeResponse.from_dict({"authCode": "Hq0bR4xT"}))


def test_a_half_built_client_has_a_repr() -> None:
    for client in (Smooch, v2.Smooch):
        assert repr(object.__new__(client)) == "<Smooch without a connection>"
