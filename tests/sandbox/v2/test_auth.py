"""Authentication of v2: keys, scopes and OAuth."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from .api import BUSINESS, TEXT, WEBHOOK, Api, error

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from smooch.sandbox import Sandbox

pytestmark = pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")

KEYS = ("app", "account", "integration")
# the status that each key gets, in the order of KEYS
TABLE: dict[tuple[str, str], tuple[int, int, int]] = {
    ("GET", "/v2/apps"): (403, 200, 403),
    ("POST", "/v2/apps"): (403, 400, 403),
    ("GET", "/v2/apps/{app}"): (200, 200, 403),
    ("DELETE", "/v2/apps/{app}"): (403, 200, 403),
    ("GET", "/v2/apps/{app}/keys"): (403, 200, 403),
    ("GET", "/v2/apps/{app}/conversations"): (400, 400, 400),
    ("GET", "/v2/apps/{app}/conversations/x/messages"): (404, 404, 404),
    ("GET", "/v2/apps/{app}/users"): (400, 400, 400),
    ("GET", "/v2/apps/{app}/users/x"): (404, 404, 404),
    ("POST", "/v2/apps/{app}/conversations/x/passControl"): (400, 400, 400),
    ("POST", "/v2/apps/{app}/attachments/remove"): (400, 400, 400),
    ("GET", "/v2/apps/{app}/integrations"): (200, 200, 403),
    ("GET", "/v2/apps/{app}/integrations/{integration}"): (200, 200, 403),
    ("GET", "/v2/apps/{app}/integrations/{integration}/keys"): (200, 200, 403),
    ("GET", "/v2/apps/{app}/integrations/{integration}/webhooks"): (200, 200, 200),
    ("GET", "/v2/apps/{app}/switchboards"): (200, 200, 403),
    ("POST", "/v2/apps/{app}/switchboards"): (201, 201, 403),
    ("GET", "/v2/tokenInfo"): (200, 403, 200),
    ("DELETE", "/oauth/authorization"): (403, 403, 200),
}


def pair(sandbox: Sandbox, scope: str) -> tuple[str, str]:
    return {
        "app": (sandbox.key_id, sandbox.secret),
        "account": (sandbox.account_key_id, sandbox.account_secret),
        "integration": (sandbox.integration_key_id, sandbox.integration_secret),
    }[scope]


def bearer(sandbox: Sandbox, key_scope: str, **claims: Any) -> dict[str, str]:
    key_id, secret = pair(sandbox, key_scope)
    token = jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key_id})
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("way", ["basic", "jwt"])
@pytest.mark.parametrize("scope", KEYS)
@pytest.mark.parametrize(("method", "path"), TABLE)
def test_each_kind_of_key_has_its_scope(
    sandbox: Sandbox, connect: Callable[..., httpx.Client], method: str, path: str, scope: str, way: str
) -> None:
    options = (
        {"auth": pair(sandbox, scope)}
        if way == "basic"
        else {"auth": None, "headers": bearer(sandbox, scope, scope=scope)}
    )
    response = connect("", **options).request(
        method, path.format(app=sandbox.app_id, integration=sandbox.integration_id)
    )
    assert response.status_code == TABLE[method, path][KEYS.index(scope)], response.text


@pytest.mark.parametrize(
    ("key", "claims"),
    [
        ("app", {"scope": "user", "external_id": "u"}),
        ("app", {"scope": "account"}),
        ("app", {"scope": "integration"}),
        ("integration", {"scope": "app"}),
        ("account", {"scope": "app"}),
        ("app", {"scope": "app", "exp": 1}),
        ("app", {}),
    ],
)
def test_invalid_tokens_are_refused(
    sandbox: Sandbox, connect: Callable[..., httpx.Client], key: str, claims: dict[str, Any]
) -> None:
    response = connect("", auth=None, headers=bearer(sandbox, key, **claims)).get(f"/v2/apps/{sandbox.app_id}/users/u")
    assert error(response) == (401, "unauthorized")


def test_the_user_tokens_of_v1_do_not_open_v2(sandbox: Sandbox, api: Api, connect: Callable[..., httpx.Client]) -> None:
    api.create("/users", "user", {"externalId": "u"})
    client = connect("", auth=None, headers=bearer(sandbox, "app", scope="appUser", userId="u"))
    assert error(client.get(f"/v2/apps/{sandbox.app_id}/users/u")) == (403, "forbidden")
    assert client.get("/v1/appusers/u").status_code == 200


def test_missing_credentials_give_the_errors_of_the_api(sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> None:
    response = connect("", auth=None).get(f"/v2/apps/{sandbox.app_id}")
    assert (response.status_code, response.json()) == (
        401,
        {"errors": [{"code": "unauthorized", "title": "Authorization is required"}]},
    )


def test_integration_keys_open_nothing_of_v1(sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> None:
    client = connect("/v1.1", auth=pair(sandbox, "integration"))
    assert client.get("/appusers/u").status_code == 403


def test_keys_open_no_other_app(sandbox: Sandbox, account: httpx.Client, connect: Callable[..., httpx.Client]) -> None:
    other = account.post("/v2/apps", json={"displayName": "Other"}).json()["app"]["id"]
    for scope in ("app", "integration"):
        response = connect("", auth=pair(sandbox, scope)).get(f"/v2/apps/{other}/users/u")
        assert error(response) == (403, "forbidden")
    assert error(account.get(f"/v2/apps/{other}/users/u")) == (404, "user_not_found")
    assert error(account.get(f"/v2/apps/{'0' * 24}/users/u")) == (404, "app_not_found")


def test_an_integration_key_works_with_users_and_conversations(api: Api, bot: httpx.Client) -> None:
    user = bot.post("/users", json={"externalId": "u"}).json()["user"]["id"]
    body = {"type": "personal", "participants": [{"userId": user}]}
    conversation = bot.post("/conversations", json=body).json()["conversation"]["id"]
    posted = bot.post(f"/conversations/{conversation}/messages", json={"author": BUSINESS, "content": TEXT})
    assert posted.status_code == 201


class TestOAuth:
    BACK = "https://shop.example/back?a=1"

    @pytest.fixture
    def secrets(self, sandbox: Sandbox) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "client_id": sandbox.oauth_client_id,
            "client_secret": sandbox.oauth_client_secret,
        }

    def code(self, client: httpx.Client, client_id: str) -> str:
        query = {"client_id": client_id, "response_type": "code", "redirect_uri": self.BACK}
        response = client.get("/oauth/authorize", params={**query, "state": "s&t"})
        location = response.next_request.url  # type: ignore[union-attr]
        assert (location.host, location.params["a"], location.params["state"]) == ("shop.example", "1", "s&t")
        assert str(location) in response.text
        return location.params["code"]

    @pytest.fixture
    def token(self, browser: httpx.Client, secrets: dict[str, str]) -> str:
        body = {**secrets, "code": self.code(browser, secrets["client_id"])}
        answer = browser.post("/oauth/token", json=body).json()
        assert answer["token_type"] == "Bearer"
        access_token: str = answer["access_token"]
        return access_token

    @pytest.fixture
    def browser(self, connect: Callable[..., httpx.Client]) -> httpx.Client:
        return connect("", auth=None)

    def test_a_code_can_be_used_once_and_by_its_client_only(
        self, browser: httpx.Client, secrets: dict[str, str]
    ) -> None:
        code = self.code(browser, secrets["client_id"])
        wrong = browser.post("/oauth/token", json={**secrets, "code": code, "client_id": "other"})
        assert error(wrong) == (401, "unauthorized")
        assert browser.post("/oauth/token", json={**secrets, "code": code}).status_code == 200
        assert error(browser.post("/oauth/token", json={**secrets, "code": code})) == (400, "bad_request")

    @pytest.mark.parametrize("secret", ["", "s", "ü", "\ud800"])
    def test_a_wrong_secret_gives_no_token(self, browser: httpx.Client, secrets: dict[str, str], secret: str) -> None:
        code = self.code(browser, secrets["client_id"])
        body = json.dumps({**secrets, "code": code, "client_secret": secret})
        headers = {"content-type": "application/json"}
        assert error(browser.post("/oauth/token", content=body, headers=headers)) == (401, "unauthorized")
        assert browser.post("/oauth/token", json={**secrets, "code": code}).status_code == 200

    def test_a_form_is_read_unless_it_has_too_many_fields(self, browser: httpx.Client, secrets: dict[str, str]) -> None:
        form = {**secrets, "code": self.code(browser, secrets["client_id"])}
        refused = browser.post("/oauth/token", data={**form, **{f"field{number}": "x" for number in range(100)}})
        assert error(refused) == (400, "bad_request")
        assert browser.post("/oauth/token", data=form).status_code == 200

    @pytest.mark.parametrize("client_id", ["shop", "custom", ""])
    def test_an_unknown_client_gets_no_code_and_no_token(self, browser: httpx.Client, client_id: str) -> None:
        query = {"client_id": client_id, "response_type": "code", "redirect_uri": self.BACK}
        assert error(browser.get("/oauth/authorize", params=query)) == (400, "bad_request")
        body = {"grant_type": "authorization_code", "client_id": client_id, "client_secret": "s", "code": "c"}
        assert error(browser.post("/oauth/token", json=body)) == (401, "unauthorized")

    def test_without_an_app_there_is_no_token(
        self, sandbox: Sandbox, browser: httpx.Client, account: httpx.Client, secrets: dict[str, str]
    ) -> None:
        body = {**secrets, "code": self.code(browser, secrets["client_id"])}
        account.delete(f"/v2/apps/{sandbox.app_id}")
        assert error(browser.post("/oauth/token", json=body)) == (404, "app_not_found")

    def test_a_repeated_redirect_uri_must_be_the_same(self, browser: httpx.Client, secrets: dict[str, str]) -> None:
        body = {**secrets, "code": self.code(browser, secrets["client_id"])}
        other = browser.post("/oauth/token", json={**body, "redirect_uri": "https://other.example/back"})
        assert error(other) == (400, "bad_request")
        assert browser.post("/oauth/token", json={**body, "redirect_uri": self.BACK}).status_code == 200

    def test_a_reset_invalidates_codes_and_keeps_the_client(
        self, sandbox: Sandbox, browser: httpx.Client, secrets: dict[str, str]
    ) -> None:
        code = self.code(browser, secrets["client_id"])
        sandbox.reset()
        assert error(browser.post("/oauth/token", json={**secrets, "code": code})) == (400, "bad_request")
        assert sandbox.oauth_client_id == secrets["client_id"]
        code = self.code(browser, secrets["client_id"])
        assert browser.post("/oauth/token", json={**secrets, "code": code}).status_code == 200

    def test_the_token_has_integration_scope(self, sandbox: Sandbox, browser: httpx.Client, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        app = browser.get("/v2/tokenInfo", headers=headers).json()["app"]
        assert (app["id"], app["subdomain"]) == (sandbox.app_id, "sandbox")
        path = f"/v2/apps/{sandbox.app_id}"
        assert browser.post(f"{path}/integrations/me/webhooks", json=WEBHOOK, headers=headers).status_code == 201
        assert browser.get(f"{path}/switchboards", headers=headers).status_code == 403

    @pytest.mark.usefixtures("token")
    def test_the_integration_has_the_client_id_as_its_type(self, api: Api) -> None:
        partner = api.sandbox.oauth_client_id
        listed = api.client.get("/integrations", params={"filter[types]": partner}).json()["integrations"]
        assert [each["type"] for each in listed] == [partner]
        assert api.switchboard_integration(api.switchboard(), "shop", integrationType=partner)

    def test_a_revoked_token_is_refused(self, api: Api, browser: httpx.Client, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        assert browser.delete("/oauth/authorization", headers=headers).status_code == 200
        assert error(browser.get("/v2/tokenInfo", headers=headers)) == (401, "unauthorized")
        assert (
            api.client.get("/integrations", params={"filter[types]": api.sandbox.oauth_client_id}).json()[
                "integrations"
            ]
            == []
        )

    def test_v1_sends_a_form_and_gets_a_token_for_users_and_its_own_webhooks(
        self, sandbox: Sandbox, browser: httpx.Client, secrets: dict[str, str], connect: Callable[..., httpx.Client]
    ) -> None:
        form = {**secrets, "code": self.code(browser, secrets["client_id"])}
        assert error(browser.post("/oauth/token", data={**form, "grant_type": "password"})) == (400, "bad_request")
        token = browser.post("/oauth/token", data=form).json()["access_token"]
        app, partner = connect("/v1"), connect("/v1", auth=None, headers={"Authorization": f"Bearer {token}"})
        app.post("/webhooks", json={"target": "https://app.example/hook"})
        own = partner.post("/webhooks", json={"target": "https://partner.example/hook"}).json()["webhook"]["_id"]
        assert [each["_id"] for each in partner.get("/webhooks").json()["webhooks"]] == [own]
        assert [each["target"] for each in app.get("/webhooks").json()["webhooks"]] == ["https://app.example/hook"]
        assert partner.post("/appusers", json={"userId": "ana"}).status_code == 201
        message = {"role": "appMaker", "type": "text", "text": "Hi"}
        assert partner.post("/appusers/ana/messages", json=message).status_code == 201
        for path in ("/menu", "/integrations", "/templates"):
            assert partner.get(path).status_code == 403
        assert browser.delete("/oauth/authorization", headers=partner.headers).status_code == 200
        assert app.get("/webhooks").json()["webhooks"][0]["target"] == "https://app.example/hook"
        assert partner.get("/webhooks").status_code == 401

    def test_revoking_removes_the_integration_from_the_switchboard(
        self, api: Api, browser: httpx.Client, token: str
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        board = api.switchboard()
        shop = api.switchboard_integration(board, "shop", integrationType=api.sandbox.oauth_client_id)
        bot = api.switchboard_integration(
            board, "bot", integrationId=api.sandbox.integration_id, nextSwitchboardIntegrationId=shop
        )
        api.client.patch(board, json={"enabled": True, "defaultSwitchboardIntegrationId": shop})
        conversation = api.conversation()
        assert browser.delete("/oauth/authorization", headers=headers).status_code == 200
        assert api.client.get("/switchboards").json()["switchboards"] == [
            {"id": board.rpartition("/")[2], "enabled": False}
        ]
        (remaining,) = api.client.get(f"{board}/switchboardIntegrations").json()["switchboardIntegrations"]
        assert remaining["id"] == bot
        assert "nextSwitchboardIntegrationId" not in remaining
        visible = api.client.get(f"/conversations/{conversation}").json()["conversation"]
        assert "activeSwitchboardIntegration" not in visible

    @pytest.mark.parametrize(
        "query",
        [
            {"response_type": "code"},
            {"client_id": "{partner}"},
            {"client_id": "{partner}", "response_type": "token"},
            {"client_id": "{partner}", "response_type": "code", "redirect_uri": "javascript:alert(1)"},
            {"client_id": "{partner}", "response_type": "code", "redirect_uri": "https://a.example/\r\nx: y"},
            {"client_id": "{partner}", "response_type": "code", "redirect_uri": "https://[a.example"},
        ],
    )
    def test_bad_queries_are_refused(self, sandbox: Sandbox, browser: httpx.Client, query: dict[str, str]) -> None:
        query = {name: value.format(partner=sandbox.oauth_client_id) for name, value in query.items()}
        assert error(browser.get("/oauth/authorize", params=query)) == (400, "bad_request")


def test_a_revoked_token_may_work_for_a_while(sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> None:
    headers = bearer(sandbox, "integration", scope="integration", exp=time.time() + 60)
    assert connect("", auth=None, headers=headers).get("/v2/tokenInfo").status_code == 200
