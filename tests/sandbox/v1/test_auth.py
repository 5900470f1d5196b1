"""Authentication of v1: keys, scopes, user tokens, app tokens and service accounts."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from smooch.sandbox import Sandbox

pytestmark = pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")


def token(sandbox: Sandbox, *, account: bool = False, **claims: Any) -> str:
    key_id, secret = (sandbox.account_key_id, sandbox.account_secret) if account else (sandbox.key_id, sandbox.secret)
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key_id})


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def basic(key_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key_id}:{secret}".encode()).decode()}


def rsa_token(sandbox: Sandbox) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return jwt.encode({"scope": "app"}, pem, algorithm="RS256", headers={"kid": sandbox.key_id})


def unsigned(sandbox: Sandbox, **header: Any) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return part({"alg": "none", "kid": sandbox.key_id, **header}) + "." + part({"scope": "app"}) + "."


def signed(sandbox: Sandbox, claims: bytes) -> str:
    return jwt.PyJWS().encode(claims, sandbox.secret, algorithm="HS256", headers={"kid": sandbox.key_id})


DEEP = b"[" * 3000 + b"]" * 3000

GOOD: dict[str, Callable[[Sandbox], dict[str, str]]] = {
    "app token": lambda s: bearer(token(s, scope="app")),
    "app token that lives on": lambda s: bearer(token(s, scope="app", exp=time.time() + 60)),
    "app token that is valid since a while": lambda s: bearer(token(s, scope="app", nbf=time.time() - 60)),
    "expiry that no clock has": lambda s: bearer(token(s, scope="app", exp=10**400)),
    "scheme in any case": lambda s: {"Authorization": "bEARER " + token(s, scope="app")},
    "key pair": lambda s: basic(s.key_id, s.secret),
}

BAD: dict[str, Callable[[Sandbox], dict[str, str]]] = {
    "nothing": lambda s: {},
    "empty header": lambda s: {"Authorization": ""},
    "another scheme": lambda s: {"Authorization": "Digest x"},
    "a token without scheme": lambda s: {"Authorization": token(s, scope="app")},
    "no token": lambda s: {"Authorization": "Bearer"},
    "no JWT": lambda s: bearer("abc.def.ghi"),
    "no JSON inside": lambda s: bearer("YQ.YQ.YQ"),
    "wrong secret": lambda s: bearer(jwt.encode({"scope": "app"}, "x" * 32, headers={"kid": s.key_id})),
    "no kid": lambda s: bearer(jwt.encode({"scope": "app"}, s.secret)),
    "unknown kid": lambda s: bearer(jwt.encode({"scope": "app"}, s.secret, headers={"kid": "app_" + "0" * 24})),
    "algorithm none": lambda s: bearer(unsigned(s)),
    "HS256 without signature": lambda s: bearer(unsigned(s, alg="HS256")),
    "HS512": lambda s: bearer(jwt.encode({"scope": "app"}, s.secret, algorithm="HS512", headers={"kid": s.key_id})),
    "RS256": lambda s: bearer(rsa_token(s)),
    "expired": lambda s: bearer(token(s, scope="app", exp=int(time.time()) - 1)),
    "expiry as text": lambda s: bearer(token(s, scope="app", exp="tomorrow")),
    "not valid yet": lambda s: bearer(token(s, scope="app", nbf=time.time() + 60)),
    "no expiry": lambda s: bearer(token(s, scope="app", exp=None)),
    "start that is no number": lambda s: bearer(token(s, scope="app", nbf=True)),
    **{
        f"{name} {value}": lambda s, name=name, value=value: bearer(token(s, scope="app", **{name: float(value)}))
        for name in ("exp", "nbf")
        for value in ("nan", "inf", "-inf")
    },
    "digits without end": lambda s: bearer(signed(s, b'{"scope":"app","exp":' + b"9" * 5000 + b"}")),
    "claims that are a list": lambda s: bearer(signed(s, b'["app"]')),
    "deep claims": lambda s: bearer(signed(s, DEEP)),
    "deep header": lambda s: bearer(base64.urlsafe_b64encode(DEEP).decode() + ".YQ.YQ"),
    "no scope": lambda s: bearer(token(s)),
    "unknown scope": lambda s: bearer(token(s, scope="user")),
    "account scope by an app key": lambda s: bearer(token(s, scope="account")),
    "app scope by an account key": lambda s: bearer(token(s, account=True, scope="app")),
    "appUser without userId": lambda s: bearer(token(s, scope="appUser")),
    "appUser with a number": lambda s: bearer(token(s, scope="appUser", userId=7)),
    "wrong key pair": lambda s: basic(s.key_id, "no"),
    "unknown key pair": lambda s: basic("app_0", s.secret),
    "key pair that is no base64": lambda s: {"Authorization": "Basic %%%"},
    "wrong app token": lambda s: {"app-token": "no"},
}


@pytest.mark.parametrize("case", GOOD)
def test_valid_credentials_are_accepted(sandbox: Sandbox, connect: Callable[..., httpx.Client], case: str) -> None:
    client = connect(auth=None, headers=GOOD[case](sandbox))
    assert client.get("/webhooks").status_code == 200


@pytest.mark.parametrize("case", BAD)
def test_bad_credentials_give_401(sandbox: Sandbox, connect: Callable[..., httpx.Client], case: str) -> None:
    response = connect(auth=None, headers=BAD[case](sandbox)).get("/appusers/u")
    assert response.status_code == 401, response.text
    assert response.json()["error"]["code"] == "unauthorized"


def test_missing_credentials_give_the_errors_of_the_api(connect: Callable[..., httpx.Client]) -> None:
    assert connect(auth=None).get("/webhooks").json() == {
        "error": {"code": "unauthorized", "description": "Authorization is required"}
    }


@pytest.mark.parametrize("path", ["/apps", "/apps/{app_id}", "/apps/{app_id}/keys", "/serviceaccounts"])
def test_an_app_key_is_refused_on_account_paths(sandbox: Sandbox, client: httpx.Client, path: str) -> None:
    response = client.get(path.format(app_id=sandbox.app_id))
    assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")


def test_an_account_key_needs_the_app_in_the_path(sandbox: Sandbox, account: httpx.Client) -> None:
    assert account.get("/webhooks").status_code == 403
    assert account.get(f"/apps/{sandbox.app_id}/webhooks").status_code == 200
    assert account.get("/apps/000000000000000000000000/webhooks").status_code == 404


def test_an_app_key_opens_no_other_app(client: httpx.Client, account: httpx.Client) -> None:
    other = account.post("/apps", json={"name": "Other"}).json()["app"]["_id"]
    assert client.get(f"/apps/{other}/webhooks").status_code == 403


def test_deleting_a_key_kills_its_tokens(sandbox: Sandbox, account: httpx.Client, connect: Callable[..., Any]) -> None:
    key = account.post(f"/apps/{sandbox.app_id}/keys", json={"name": "k"}).json()["key"]
    signed = account.get(f"/apps/{sandbox.app_id}/keys/{key['_id']}/jwt").json()["jwt"]
    client = connect(auth=None, headers=bearer(signed))
    assert jwt.decode(signed, key["secret"], algorithms=["HS256"]) == {"scope": "app"}
    assert client.get("/webhooks").status_code == 200
    account.delete(f"/apps/{sandbox.app_id}/keys/{key['_id']}")
    assert client.get("/webhooks").status_code == 401


def test_deleting_an_app_kills_its_keys(account: httpx.Client, connect: Callable[..., httpx.Client]) -> None:
    app_id = account.post("/apps", json={"name": "Other"}).json()["app"]["_id"]
    key = account.post(f"/apps/{app_id}/keys", json={"name": "k"}).json()["key"]
    client = connect(auth=(key["_id"], key["secret"]))
    assert client.get("/webhooks").status_code == 200
    account.delete(f"/apps/{app_id}")
    assert client.get("/webhooks").status_code == 401


class TestAppUserScope:
    @pytest.fixture
    def end_user(self, sandbox: Sandbox, client: httpx.Client, connect: Callable[..., httpx.Client]) -> httpx.Client:
        client.post("/appusers", json={"userId": "own"})
        client.post("/appusers", json={"userId": "other"})
        return connect(auth=None, headers=bearer(token(sandbox, scope="appUser", userId="own")))

    def test_a_user_reaches_its_own_data_by_either_id(self, end_user: httpx.Client) -> None:
        own = end_user.get("/appusers/own").json()["appUser"]["_id"]
        assert end_user.get(f"/appusers/{own}").status_code == 200

    @pytest.mark.parametrize("path", ["/appusers/other", "/appusers/nobody", "/appusers/other/messages"])
    def test_a_user_does_not_reach_data_of_others(self, end_user: httpx.Client, path: str) -> None:
        assert end_user.get(path).status_code == 403

    def test_a_user_does_not_reach_others_by_their_other_id(self, client: httpx.Client, end_user: httpx.Client) -> None:
        other = client.get("/appusers/other").json()["appUser"]["_id"]
        assert end_user.get(f"/appusers/{other}").status_code == 403

    def test_a_user_that_does_not_exist_yet_gets_404(
        self, sandbox: Sandbox, connect: Callable[..., httpx.Client]
    ) -> None:
        client = connect(auth=None, headers=bearer(token(sandbox, scope="appUser", userId="new")))
        assert client.get("/appusers/new").status_code == 404

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/appusers", {"userId": "x"}),
            ("DELETE", "/appusers/own", None),
            ("DELETE", "/appusers/own/profile", None),
            ("DELETE", "/appusers/own/messages", None),
            ("GET", "/webhooks", None),
            ("GET", "/menu", None),
            ("POST", "/appusers/own/messages", {"role": "appMaker", "type": "text", "text": "x"}),
            ("POST", "/appusers/own/conversation/activity", {"role": "appMaker", "type": "typing:start"}),
            (
                "POST",
                "/appusers/own/channels",
                {"type": "twilio", "phoneNumber": "+141655501", "skipConfirmation": True},
            ),
        ],
    )
    def test_paths_of_the_business_are_refused(self, end_user: httpx.Client, method: str, path: str, body: Any) -> None:
        assert end_user.request(method, path, json=body).status_code == 403

    def test_users_post_in_their_own_name(self, end_user: httpx.Client) -> None:
        body = {"role": "appUser", "type": "text", "text": "Hi"}
        assert end_user.post("/appusers/own/messages", json=body).status_code == 201

    def test_init_uses_the_user_of_the_token(self, end_user: httpx.Client) -> None:
        device = {"id": "d", "platform": "web"}
        assert end_user.post("/init", json={"device": device}).json()["appUser"]["userId"] == "own"
        assert end_user.post("/init", json={"device": device, "userId": "other"}).status_code == 403


class TestAppToken:
    @pytest.fixture
    def visitor(self, sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> httpx.Client:
        return connect(auth=None, headers={"app-token": sandbox.app_token})

    def test_allows_the_calls_of_end_users(self, visitor: httpx.Client) -> None:
        user = visitor.post("/init", json={"device": {"id": "d", "platform": "web"}}).json()["appUser"]["_id"]
        posted = visitor.post(f"/appusers/{user}/messages", json={"role": "appUser", "type": "text", "text": "Hi"})
        assert posted.status_code == 201
        assert visitor.get(f"/appusers/{user}/messages").status_code == 200

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [("GET", "/webhooks", None), ("GET", "/menu", None), ("POST", "/appusers", {"userId": "x"})],
    )
    def test_allows_no_other_calls(self, visitor: httpx.Client, method: str, path: str, body: Any) -> None:
        assert visitor.request(method, path, json=body).status_code == 403

    def test_cannot_post_as_the_business(self, visitor: httpx.Client) -> None:
        user = visitor.post("/init", json={"device": {"id": "d", "platform": "web"}}).json()["appUser"]["_id"]
        body = {"role": "appMaker", "type": "text", "text": "Hi"}
        assert visitor.post(f"/appusers/{user}/messages", json=body).status_code == 403

    def test_is_refused_once_the_user_has_used_a_jwt(
        self, sandbox: Sandbox, visitor: httpx.Client, client: httpx.Client, connect: Callable[..., httpx.Client]
    ) -> None:
        client.post("/appusers", json={"userId": "u"})
        assert visitor.get("/appusers/u").status_code == 200
        connect(auth=None, headers=bearer(token(sandbox, scope="appUser", userId="u"))).get("/appusers/u")
        assert visitor.get("/appusers/u").status_code == 401
        assert client.get("/appusers/u").json()["appUser"]["credentialRequired"] is True

    def test_is_refused_for_a_user_created_with_a_jwt(self, visitor: httpx.Client, client: httpx.Client) -> None:
        client.post("/appusers", json={"userId": "u", "credentialRequired": True})
        assert visitor.get("/appusers/u").status_code == 401


class TestServiceAccounts:
    def test_its_key_reaches_its_own_apps_only(
        self, sandbox: Sandbox, account: httpx.Client, connect: Callable[..., httpx.Client]
    ) -> None:
        service = account.post("/serviceaccounts", json={"name": "export"}).json()["serviceAccount"]["_id"]
        key = account.post(f"/serviceaccounts/{service}/keys", json={"name": "k"}).json()["key"]
        assert key["_id"].startswith("svc_")
        signed = account.get(f"/serviceaccounts/{service}/keys/{key['_id']}/jwt").json()["jwt"]
        robot = connect(auth=None, headers=bearer(signed))
        app_id = robot.post("/apps", json={"name": "Own"}).json()["app"]["_id"]
        assert [app["_id"] for app in robot.get("/apps").json()["apps"]] == [app_id]
        assert robot.get(f"/apps/{sandbox.app_id}").status_code == 404
        filtered = account.get("/apps", params={"serviceAccountId": service}).json()["apps"]
        assert [app["_id"] for app in filtered] == [app_id]

    def test_deleting_it_kills_its_keys(self, account: httpx.Client, connect: Callable[..., httpx.Client]) -> None:
        service = account.post("/serviceaccounts", json={"name": "export"}).json()["serviceAccount"]["_id"]
        key = account.post(f"/serviceaccounts/{service}/keys", json={"name": "k"}).json()["key"]
        account.delete(f"/serviceaccounts/{service}")
        assert account.get(f"/serviceaccounts/{service}").status_code == 404
        assert connect(auth=(key["_id"], key["secret"])).get("/apps").status_code == 401
