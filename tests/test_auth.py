"""Sign tokens, send them to the right host, and correct the clock."""

from __future__ import annotations

import copy
import pickle
import threading
import time
import warnings
from base64 import b64encode
from datetime import timedelta
from email.utils import formatdate
from typing import Any

import httpx
import jwt
import pytest
from support.concurrency import together

from smooch.auth import BasicAuth, BearerAuth, OriginBoundAuth, TokenAuth, app_token, user_token
from smooch.errors import InvalidInput
from smooch.v1 import AsyncSmooch, Smooch
from smooch.v2 import Smooch as SmoochV2

KEY_ID = "app_5a1b2c3d4e5f60718293a4b5"
SECRET = "5nQ_a secret that nobody must see"
NOW = 1_700_000_000.75


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    return decoded


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", lambda: clock.now)
    return clock


class Clock:
    now = NOW


# Tokens


@pytest.mark.parametrize("secret", [SECRET, "short", "ünïcode-secret-ünïcode-secret-ü", "x" * 200, "-\\\"'{}"])
def test_tokens_equal_those_of_the_classic_wrapper_byte_for_byte(secret: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        app = jwt.encode({"scope": "app"}, secret, algorithm="HS256", headers={"kid": KEY_ID})
        user = jwt.encode({"scope": "appUser", "userId": "b6ö"}, secret, algorithm="HS256", headers={"kid": KEY_ID})
    assert app_token(KEY_ID, secret) == app
    assert user_token(KEY_ID, secret, "b6ö") == user
    assert Smooch.jwt_for_user(KEY_ID, secret, "b6ö") == user
    assert AsyncSmooch.jwt_for_user(KEY_ID, secret, "b6ö") == user
    with Smooch(KEY_ID, secret) as api:
        assert api.user_jwt("b6ö") == user


def test_the_header_names_the_key() -> None:
    for token in (app_token(KEY_ID, SECRET), user_token(KEY_ID, SECRET, "b6518")):
        assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": KEY_ID}


def test_tokens_never_expire_by_default() -> None:
    assert claims(app_token(KEY_ID, SECRET)) == {"scope": "app"}
    assert claims(user_token(KEY_ID, SECRET, "b6518")) == {"scope": "appUser", "userId": "b6518"}


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (60, 61),
        (0.2, 1),
        (0.5, 2),
        (90.5, 92),
        (timedelta(hours=1), 3601),
        (timedelta(milliseconds=1500), 3),
        (1e9, 1e9 + 1),
    ],
)
def test_tokens_can_expire(expires_in: float | timedelta, seconds: int, clock: Clock) -> None:
    with Smooch(KEY_ID, SECRET) as api:
        for token in (
            app_token(KEY_ID, SECRET, expires_in=expires_in),
            user_token(KEY_ID, SECRET, "b6518", expires_in=expires_in),
            api.user_jwt("b6518", expires_in=expires_in),
            Smooch.jwt_for_user(KEY_ID, SECRET, "b6518", expires_in=expires_in),
        ):
            expires = claims(token)["exp"]
            assert isinstance(expires, int)
            assert expires == int(NOW) + seconds


@pytest.mark.parametrize(
    "expires_in", [0, -1, -0.5, float("nan"), float("inf"), True, "60", timedelta(0), timedelta(seconds=-1), [60]]
)
def test_an_invalid_expiry_is_refused(expires_in: Any) -> None:
    for sign in (lambda **o: app_token(KEY_ID, SECRET, **o), lambda **o: user_token(KEY_ID, SECRET, "b6518", **o)):
        with pytest.raises(InvalidInput, match="expires_in") as caught:
            sign(expires_in=expires_in)
        assert caught.value.field == "expires_in"


@pytest.mark.parametrize("user_id", [5, 6518.0, None, "", b"b6518", True, ["b6518"], object()])
def test_a_user_is_a_non_empty_string(user_id: Any) -> None:
    with Smooch(KEY_ID, SECRET) as api:
        for sign in (
            lambda: user_token(KEY_ID, SECRET, user_id),
            lambda: Smooch.jwt_for_user(KEY_ID, SECRET, user_id),
            lambda: api.user_jwt(user_id),
        ):
            with pytest.raises(InvalidInput, match="user_id must be a non-empty string") as caught:
                sign()
            assert caught.value.field == "user_id"


@pytest.mark.parametrize("bad", ["", " ", None, 5, b"bytes"])
def test_a_key_is_two_non_empty_strings(bad: Any) -> None:
    makers = (app_token, lambda *key: user_token(*key, "b6518"), Smooch, AsyncSmooch)
    for make in makers:
        with pytest.raises(InvalidInput, match="key_id"):
            make(bad, SECRET)
        with pytest.raises(InvalidInput, match="secret"):
            make(KEY_ID, bad)


@pytest.mark.parametrize("end", ["\n", " ", "\r\n", "\u00a0"])
def test_a_key_with_a_space_or_line_break_is_refused(end: str) -> None:
    for make in (app_token, Smooch, lambda *key: SmoochV2(*key, "5a", region="us")):
        for key, field in (((KEY_ID + end, SECRET), "key_id"), ((KEY_ID, SECRET + end), "secret")):
            with pytest.raises(InvalidInput, match=f"{field} begins or ends with a space or a line break") as caught:
                make(*key)
            assert caught.value.field == field
            assert SECRET not in str(caught.value)
    with pytest.raises(InvalidInput, match="secret begins or ends with a space"):
        Smooch(KEY_ID, end + SECRET)


def test_short_secrets_of_old_accounts_give_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app_token(KEY_ID, "k")
        user_token(KEY_ID, "k", "b6518")
        signed(TokenAuth(KEY_ID, "k", scope="app", url=API))


def test_the_scope_can_be_the_account() -> None:
    assert claims(app_token("act_5a", SECRET, scope="account")) == {"scope": "account"}


# Signing requests

API = httpx.URL("https://api.smooch.io")


def signed(auth: TokenAuth, url: str = "https://api.smooch.io/v1/menu") -> str | None:
    request = next(auth.auth_flow(httpx.Request("GET", url)))
    header = request.headers.get("Authorization")
    return None if header is None else header.removeprefix("Bearer ")


@pytest.mark.parametrize(
    ("key_id", "scope"), [("app_5a", "app"), ("act_5a", "account"), ("svc_5a", "account"), ("5a1b2c3d", "app")]
)
def test_the_scope_follows_from_the_kind_of_key(key_id: str, scope: str) -> None:
    with Smooch(key_id, SECRET, app_id="5a") as api:
        token = signed(api._auth)
    assert token is not None
    assert claims(token)["scope"] == scope


def test_requests_carry_a_token_that_expires_in_an_hour(clock: Clock) -> None:
    token = signed(TokenAuth(KEY_ID, SECRET, scope="app", url=API))
    assert token is not None
    assert claims(token) == {"scope": "app", "exp": int(NOW + 3600)}
    assert jwt.get_unverified_header(token)["kid"] == KEY_ID


def test_a_token_is_reused_for_half_of_its_lifetime(clock: Clock) -> None:
    auth = TokenAuth(KEY_ID, SECRET, scope="app", url=API)
    first = signed(auth)
    clock.now = NOW + 1799
    assert signed(auth) == first
    clock.now = NOW + 1801
    second = signed(auth)
    assert second is not None
    assert claims(second)["exp"] == int(NOW + 1801 + 3600)
    clock.now = NOW + 1801 + 1799
    assert signed(auth) == second


def test_a_clock_set_back_makes_no_token_everlasting(clock: Clock) -> None:
    auth = TokenAuth(KEY_ID, SECRET, scope="app", url=API)
    signed(auth)
    clock.now = NOW - 86_400
    token = signed(auth)
    assert token is not None
    assert claims(token)["exp"] == int(clock.now + 3600)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.eu-1.smooch.io/v1/menu",
        "http://api.smooch.io/v1/menu",
        "https://api.smooch.io:8443/v1/menu",
        "https://api.smooch.io.example.com/v1/menu",
        "https://example.com/api.smooch.io",
        "https://api.smooch.io@example.com/",
    ],
)
def test_no_other_host_gets_a_token(url: str) -> None:
    assert signed(TokenAuth(KEY_ID, SECRET, scope="app", url=API), url) is None


@pytest.mark.parametrize(
    "url", ["https://api.smooch.io:443/v1/menu", "https://API.SMOOCH.IO/", "https://u:p@api.smooch.io/"]
)
def test_the_same_host_in_another_spelling_gets_a_token(url: str) -> None:
    assert signed(TokenAuth(KEY_ID, SECRET, scope="app", url=API), url) is not None


# Clock skew


def unauthorized_response(date: str | None) -> httpx.Response:
    return httpx.Response(401, headers={} if date is None else {"Date": date})


@pytest.mark.parametrize("hours", [-23, -2, -0.6, 0.6, 2, 23])
def test_a_rejected_request_is_repeated_once_with_the_clock_of_the_api(hours: float, clock: Clock) -> None:
    auth = TokenAuth(KEY_ID, SECRET, scope="app", url=API)
    flow = auth.auth_flow(httpx.Request("POST", "https://api.smooch.io/v1/menu"))
    first = next(flow).headers["Authorization"]
    there = NOW + hours * 3600
    second = flow.send(unauthorized_response(formatdate(there, usegmt=True))).headers["Authorization"]
    assert second != first
    assert abs(claims(second.removeprefix("Bearer "))["exp"] - (there + 3600)) <= 1
    with pytest.raises(StopIteration):
        flow.send(unauthorized_response(formatdate(there, usegmt=True)))
    assert "Bearer " + (signed(auth) or "") == second


@pytest.mark.parametrize(
    "date",
    [
        None,
        "",
        "soon",
        formatdate(NOW, usegmt=True),
        formatdate(NOW + 1700, usegmt=True),
        formatdate(NOW - 1700),
        formatdate(NOW + 24 * 3600 + 1, usegmt=True),
        formatdate(NOW - 24 * 3600 - 1, usegmt=True),
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Wed, 99",
    ],
)
def test_a_rejected_request_is_not_repeated_when_the_clocks_agree(date: str | None, clock: Clock) -> None:
    auth = TokenAuth(KEY_ID, SECRET, scope="app", url=API)
    flow = auth.auth_flow(httpx.Request("POST", "https://api.smooch.io/v1/menu"))
    next(flow)
    with pytest.raises(StopIteration):
        flow.send(unauthorized_response(date))


@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500])
def test_only_a_401_corrects_the_clock(status: int, clock: Clock) -> None:
    auth = TokenAuth(KEY_ID, SECRET, scope="app", url=API)
    flow = auth.auth_flow(httpx.Request("GET", "https://api.smooch.io/v1/menu"))
    next(flow)
    with pytest.raises(StopIteration):
        flow.send(httpx.Response(status, headers={"Date": formatdate(NOW + 86_400, usegmt=True)}))


def test_requests_rejected_together_are_all_repeated_once(clock: Clock) -> None:
    auth = TokenAuth(KEY_ID, SECRET, scope="app", url=API)
    date = formatdate(NOW + 86_400, usegmt=True)
    flows = [auth.auth_flow(httpx.Request("POST", "https://api.smooch.io/v1/menu")) for _ in range(3)]
    refused = [next(flow).headers["Authorization"] for flow in flows]
    repeated = [flow.send(unauthorized_response(date)).headers["Authorization"] for flow in flows]
    assert len(set(refused)) == len(set(repeated)) == 1
    assert set(refused).isdisjoint(repeated)


def test_threads_that_sign_at_once_all_get_a_valid_token(clock: Clock) -> None:
    auth = TokenAuth(KEY_ID, SECRET, scope="app", url=API)
    barrier = threading.Barrier(16)

    def sign_often() -> set[str | None]:
        barrier.wait()
        tokens = set()
        for step in range(200):
            clock.now = NOW + step * 60
            tokens.add(signed(auth))
        return tokens

    for tokens in together(*[sign_often] * 16):
        assert isinstance(tokens, set)
        for token in tokens:
            assert token is not None
            assert claims(token)["scope"] == "app"


# Secrets


def test_no_text_shows_the_secret() -> None:
    auth = TokenAuth(KEY_ID, SECRET, scope="app", url=API)
    token = signed(auth) or ""
    with Smooch(KEY_ID, SECRET) as api:
        objects = (auth, api, api.raw, api._settings, api.raw.get_httpx_client(), AsyncSmooch(KEY_ID, SECRET))
        for text in [text for one in objects for text in (repr(one), str(one), f"{one}")]:
            assert SECRET not in text
            assert token.rpartition(".")[2] not in text
    assert repr(api) == f"Smooch('{KEY_ID}', base_url='https://api.smooch.io/v1')"


@pytest.mark.parametrize("cls", [Smooch, AsyncSmooch])
def test_a_client_can_be_neither_pickled_nor_copied(cls: type[Smooch | AsyncSmooch]) -> None:
    api = cls(KEY_ID, SECRET)
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="holds a secret"):
            duplicate(api)
        with pytest.raises(TypeError, match="secrets"):
            duplicate(api.raw)


def test_the_signer_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(TokenAuth(KEY_ID, SECRET, scope="app", url=API))


# Keys and tokens sent as they are


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (BasicAuth(KEY_ID, SECRET, url=API), f"Basic {b64encode(f'{KEY_ID}:{SECRET}'.encode()).decode()}"),
        (BearerAuth("a.b.c", url=API), "Bearer a.b.c"),
        (BearerAuth("a.b.c", url=API, also=httpx.URL("https://bridge.example/sc/v2/tokenInfo")), "Bearer a.b.c"),
    ],
)
def test_fixed_credentials_are_sent_to_their_own_server_only(auth: OriginBoundAuth, header: str) -> None:
    def sent_to(url: str) -> str | None:
        return next(auth.auth_flow(httpx.Request("GET", url))).headers.get("Authorization")

    assert sent_to("https://api.smooch.io/v2/apps") == header
    for elsewhere in ("http://api.smooch.io/", "https://api.smooch.io:8443/", "https://example.com/api.smooch.io"):
        assert sent_to(elsewhere) is None
    expected = header if auth.authenticates(httpx.URL("https://bridge.example/sc/v2/tokenInfo")) else None
    assert sent_to("https://bridge.example/sc/v2/tokenInfo") == expected
    for near in ("https://bridge.example/sc/v2/apps", "https://bridge.example/sc/v2/tokenInfo/x"):
        assert sent_to(near) is None
    assert SECRET not in repr(auth)
    assert "a.b.c" not in repr(auth)
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(auth)


@pytest.mark.parametrize("token", ["", " ", "a b", "a\r\nHost: example.com", "ü", None, 7])
def test_a_token_that_fits_no_header_is_refused_without_showing_it(token: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        BearerAuth(token, url=API)
    assert caught.value.field == "token"
    assert not token or token == " " or str(token) not in str(caught.value)
