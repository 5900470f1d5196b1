"""Host and Origin headers, CORS, and the prefix /sc."""

from __future__ import annotations

import base64
import socket
from typing import TYPE_CHECKING

import httpx
import jwt
import pytest

from smooch.sandbox import Sandbox

from .contract import checked_client

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = {"Origin": "https://shop.example"}
ALLOW = "access-control-allow-origin"

pytestmark = pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")


def status(sandbox: Sandbox, *hosts: str) -> int:
    """Return the status of a request with these Host headers."""
    port = int(sandbox.url.rpartition(":")[2])
    key = base64.b64encode(f"{sandbox.key_id}:{sandbox.secret}".encode()).decode()
    lines = ["GET /v1/webhooks HTTP/1.1", *(f"Host: {host}" for host in hosts), f"Authorization: Basic {key}"]
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        return int(connection.makefile("rb").readline().split()[1])


def user_token(sandbox: Sandbox, user_id: str = "ana") -> dict[str, str]:
    claims = {"scope": "appUser", "userId": user_id}
    return {"Authorization": f"Bearer {jwt.encode(claims, sandbox.secret, headers={'kid': sandbox.key_id})}"}


class TestHost:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "LOCALHOST", "[::1]", "[::1]:1"])
    def test_names_of_this_machine_are_allowed(self, sandbox: Sandbox, host: str) -> None:
        assert status(sandbox, host) == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:8000",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "127.0.0.1:x",
            "[::2]",
            "",
        ],
    )
    def test_any_other_is_refused(self, sandbox: Sandbox, host: str) -> None:
        before = len(sandbox.requests)
        assert status(sandbox, host) == 403
        assert len(sandbox.requests) == before

    def test_a_host_is_required(self, sandbox: Sandbox) -> None:
        assert status(sandbox) in (400, 403)
        assert status(sandbox, "127.0.0.1", "evil.example") in (400, 403)

    def test_more_can_be_allowed(self) -> None:
        with Sandbox(allowed_hosts=["Bot.test", "[fe80::1]"]) as sandbox:
            assert status(sandbox, "bot.test:80") == status(sandbox, "[FE80::1]") == status(sandbox, "localhost") == 200
            assert status(sandbox, "xbot.test") == 403

    @pytest.mark.parametrize("host", ["http://bot.test", "a b", "", "*"])
    def test_only_host_names_can_be_allowed(self, host: str) -> None:
        with pytest.raises(ValueError, match="allowed_hosts"):
            Sandbox(allowed_hosts=[host])


class TestOtherOrigins:
    @pytest.mark.parametrize("version", ["/v1", "/v1.1"])
    def test_an_app_token_and_a_jwt_of_a_user_are_allowed(
        self, sandbox: Sandbox, connect: Callable[..., httpx.Client], version: str
    ) -> None:
        browser = connect(version, auth=None, headers=PAGE)
        body = {"device": {"id": "d", "platform": "web"}}
        started = browser.post("/init", json=body, headers={"app-token": sandbox.app_token})
        assert (started.status_code, started.headers[ALLOW]) == (200, "*")
        user = started.json()["appUser"]["_id"]
        message = {"role": "appUser", "type": "text", "text": "Hi"}
        app_token = {"app-token": sandbox.app_token}
        posted = browser.post(f"/appusers/{user}/messages", json=message, headers=app_token)
        assert (posted.status_code, posted.headers[ALLOW]) == (201, "*")
        missing = browser.get("/appusers/ana", headers=user_token(sandbox))
        assert (missing.status_code, missing.headers[ALLOW]) == (404, "*")

    def test_wrong_credentials_of_a_user_are_named(self, connect: Callable[..., httpx.Client]) -> None:
        response = connect(auth=None, headers=PAGE).get("/appusers/ana", headers={"app-token": "x"})
        assert (response.status_code, response.headers[ALLOW]) == (401, "*")

    @pytest.mark.parametrize("origin", ["https://shop.example", "null", "http://localhost:1", "https://127.0.0.1"])
    def test_app_and_account_keys_are_refused_and_change_nothing(
        self, sandbox: Sandbox, connect: Callable[..., httpx.Client], origin: str
    ) -> None:
        for auth in ((sandbox.key_id, sandbox.secret), (sandbox.account_key_id, sandbox.account_secret)):
            browser = connect(f"/v1.1/apps/{sandbox.app_id}", auth=auth, headers={"Origin": origin})
            refused = browser.post("/appusers", json={"userId": "u"})
            assert (refused.status_code, ALLOW in refused.headers) == (403, False)
            refused = browser.get("/webhooks")
            assert (refused.status_code, ALLOW in refused.headers) == (403, False)
        assert connect().get("/appusers/u").status_code == 404

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v2/apps/{app}"),
            ("POST", "/oauth/token"),
            ("GET", "/oauth/authorize"),
            ("GET", "/media/x"),
            ("GET", "/"),
        ],
    )
    def test_everything_else_is_refused(
        self, sandbox: Sandbox, connect: Callable[..., httpx.Client], method: str, path: str
    ) -> None:
        browser = connect("", headers=PAGE)
        response = browser.request(method, path.format(app=sandbox.app_id))
        assert (response.status_code, ALLOW in response.headers) == (403, False)

    def test_the_sandbox_itself_is_the_same_origin(self, sandbox: Sandbox, client: httpx.Client) -> None:
        response = client.get("/webhooks", headers={"Origin": sandbox.url})
        assert (response.status_code, ALLOW in response.headers) == (200, False)

    def test_pages_see_faults_too(self, sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> None:
        sandbox.fail(status=503)
        response = connect(auth=None, headers=PAGE).get("/appusers/ana", headers=user_token(sandbox))
        assert (response.status_code, response.headers[ALLOW]) == (503, "*")


class TestPreflight:
    def ask(self, sandbox: Sandbox, method: str, path: str, **headers: str) -> httpx.Response:
        asked = {**PAGE, "Access-Control-Request-Method": method, **headers}
        return httpx.options(sandbox.url + path, headers=asked)

    def test_calls_of_end_users_are_permitted(self, sandbox: Sandbox) -> None:
        path = "/v1.1/apps/x/appusers/ana/messages"
        requested = {"Access-Control-Request-Headers": "app-token,content-type"}
        response = self.ask(sandbox, "POST", path, **requested)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers[ALLOW] == "*"
        assert response.headers["access-control-allow-methods"] == "POST"
        assert response.headers["access-control-allow-headers"] == "app-token,content-type"

    @pytest.mark.parametrize(
        ("method", "path"),
        [("DELETE", "/v1/appusers/ana"), ("GET", "/v1/webhooks"), ("GET", "/v2/apps/x/users/u"), ("GET", "/nothing")],
    )
    def test_calls_of_the_business_are_not(self, sandbox: Sandbox, method: str, path: str) -> None:
        response = self.ask(sandbox, method, path)
        assert (response.status_code, ALLOW in response.headers) == (403, False)

    def test_a_preflight_does_not_use_up_a_fault(self, sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> None:
        sandbox.fail(status=503)
        assert self.ask(sandbox, "GET", "/v1/appusers/ana").status_code == 204
        assert connect().get("/appusers/ana").status_code == 503


class TestPrefix:
    def test_paths_below_sc_work_as_without_it(self, sandbox: Sandbox) -> None:
        with checked_client(f"{sandbox.url}/sc", sandbox.key_id, sandbox.secret) as client:
            user = client.post(f"/v2/apps/{sandbox.app_id}/users", json={"externalId": "ana"})
            assert user.status_code == 201
            assert client.get("/v1.1/appusers/ana").json()["appUser"]["_id"] == user.json()["user"]["id"]
            assert client.get("/v2/apps/x").json()["errors"][0]["code"] == "forbidden"
            query = {"client_id": sandbox.oauth_client_id, "response_type": "code", "redirect_uri": "https://a.example"}
            code = client.get("/oauth/authorize", params=query).next_request.url.params["code"]  # type: ignore[union-attr]
            secrets = {"client_id": sandbox.oauth_client_id, "client_secret": sandbox.oauth_client_secret}
            token = client.post("/oauth/token", json={**secrets, "grant_type": "authorization_code", "code": code})
            assert token.json()["token_type"] == "Bearer"
            assert client.get("/sc/v1.1/appusers/ana").status_code == 404

    def test_links_keep_the_prefix(self, sandbox: Sandbox) -> None:
        with checked_client(f"{sandbox.url}/sc/v2/apps/{sandbox.app_id}", sandbox.key_id, sandbox.secret) as client:
            users = [client.post("/users", json={"externalId": str(n)}).json()["user"]["id"] for n in range(2)]
            for user in users[:1] * 2:
                body = {"type": "personal", "participants": [{"userId": user}]}
                assert client.post("/conversations", json=body).status_code == 201
            page = client.get("/conversations", params={"filter[userId]": users[0], "page[size]": 1}).json()
            link = page["links"]["next"]
            assert link.startswith(f"{sandbox.url}/sc/v2/")
            meta = client.get(link).json()["meta"]
            assert (meta["hasMore"], set(meta)) == (False, {"hasMore", "beforeCursor"})

    def test_requests_show_the_path_as_it_was_sent(self, sandbox: Sandbox, client: httpx.Client) -> None:
        httpx.get(f"{sandbox.url}/sc/v1/webhooks", auth=client.auth)
        assert sandbox.requests[-1].path == "/sc/v1/webhooks"
