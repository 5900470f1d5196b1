"""Requests of old, odd and faulty clients, and what the sandbox records of requests."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..contract import SPEC

if TYPE_CHECKING:
    from collections.abc import Callable

    from smooch.sandbox import Sandbox


class TestRecording:
    def test_records_requests_as_they_arrived(self, sandbox: Sandbox, client: httpx.Client) -> None:
        client.post("/appusers?a=1&b=%20x", json={"userId": "ü"}, headers={"X-Tag": "7"})
        (request,) = sandbox.requests
        assert (request.method, request.path, request.query) == ("POST", "/v1/appusers", {"a": "1", "b": " x"})
        assert request.headers["x-tag"] == request.headers["X-Tag"] == "7"
        assert request.json == json.loads(request.body) == {"userId": "ü"}

    def test_keeps_the_path_as_it_was_sent(self, sandbox: Sandbox, client: httpx.Client) -> None:
        client.get("/appusers/a%2Fb")
        assert sandbox.requests[-1].path == "/v1/appusers/a%2Fb"

    def test_a_body_that_is_no_json_has_no_json(self, sandbox: Sandbox, client: httpx.Client) -> None:
        client.post("/appusers", content=b"{")
        assert (sandbox.requests[-1].body, sandbox.requests[-1].json) == (b"{", None)

    def test_never_prints_credentials(self, sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> None:
        headers = {"Authorization": "Bearer t0ps3cret", "app-token": "t0ps3cret"}
        connect(auth=None, headers=headers).get("/webhooks")
        (request,) = sandbox.requests
        assert request.headers["authorization"] == "Bearer t0ps3cret"
        assert "t0ps3cret" not in f"{request!r} {request.headers!r} {sandbox.requests}"

    def test_is_a_copy_of_the_list(self, sandbox: Sandbox, client: httpx.Client) -> None:
        before = sandbox.requests
        client.get("/webhooks")
        assert (len(before), len(sandbox.requests)) == (0, 1)


class TestOldClients:
    @pytest.fixture
    def headers(self, sandbox: Sandbox) -> dict[str, str]:
        with pytest.warns(jwt.InsecureKeyLengthWarning):
            token = jwt.encode({"scope": "app"}, sandbox.secret, headers={"kid": sandbox.key_id})
        return {"Authorization": f"Bearer {token}", "content-type": "application/json"}

    @pytest.fixture
    def ask(self, sandbox: Sandbox, headers: dict[str, str]) -> Callable[..., requests.Response]:
        def call(method: str, path: str, data: Any) -> requests.Response:
            body = json.dumps(data) if method in ("post", "put") else data
            return requests.request(method, f"{sandbox.url}/v1/{path}", headers=headers, data=body, timeout=5)

        return call

    def test_the_calls_of_the_old_wrapper_work_as_they_are(
        self, sandbox: Sandbox, headers: dict[str, str], ask: Callable[..., requests.Response]
    ) -> None:
        calls: list[tuple[str, str, Any, int]] = [
            ("post", "init", {"device": {"id": "d", "platform": "other"}, "userId": "u"}, 200),
            ("post", "appusers", {"userId": "v"}, 201),
            ("get", "appusers/u", {}, 200),
            ("put", "appusers/u", {"credentialRequired": True, "properties": {"number": "213123"}}, 200),
            ("post", "appusers/u/conversation/messages", {"text": "Hi", "role": "appUser"}, 201),
            ("post", "appusers/u/conversation/messages", {"text": "Hi", "role": "appMaker"}, 201),
            (
                "post",
                "appusers/u/channels",
                {"type": "twilio", "skipConfirmation": True, "phoneNumber": "+14165550123"},
                200,
            ),
            ("delete", "appusers/u/channels/twilio", {}, 200),
            ("post", "webhooks", {"target": "http://example.com/callback", "triggers": ["message:appMaker"]}, 201),
            ("get", "webhooks", {}, 200),
        ]
        for method, path, data, status in calls:
            response = ask(method, path, data)
            assert response.status_code == status, response.text
        webhook = ask("get", "webhooks", {}).json()["webhooks"][0]["_id"]
        assert ask("put", f"webhooks/{webhook}", {"target": "http://example.com/x", "triggers": ["*"]}).ok
        assert ask("delete", f"webhooks/{webhook}", {"type": "form"}).status_code == 200
        image = requests.post(
            f"{sandbox.url}/v1/appusers/u/conversation/images",
            headers={"Authorization": headers["Authorization"]},
            data={"role": "appUser"},
            files={"source": ("a.png", b"PNG")},
            timeout=5,
        )
        assert image.status_code == 201

    @pytest.mark.parametrize(
        "media_type", ["application/json; charset=utf-8", "text/plain", "", "a/b/c", "APPLICATION/JSON"]
    )
    def test_json_is_read_under_any_content_type(self, client: httpx.Client, media_type: str) -> None:
        response = client.post("/appusers", content=b'{"userId": "u"}', headers={"Content-Type": media_type})
        assert response.status_code == 201

    @pytest.mark.parametrize("content", [b"{}", b"a=1", b"{", b"\xff"])
    def test_bodies_of_get_and_delete_are_ignored(self, client: httpx.Client, content: bytes) -> None:
        client.post("/appusers", json={"userId": "u"})
        assert client.request("GET", "/appusers/u", content=content).status_code == 200
        assert client.request("DELETE", "/appusers/u", content=content).status_code == 200

    @pytest.mark.parametrize("path", ["/appUsers/u", "/AppUsers/u/", "/appusers/u/"])
    def test_literals_match_in_any_case_and_with_a_trailing_slash(self, client: httpx.Client, path: str) -> None:
        client.post("/appUsers", json={"userId": "u"})
        assert client.get(path).status_code == 200

    def test_ids_do_not_match_in_any_case(self, client: httpx.Client) -> None:
        client.post("/appusers", json={"userId": "u"})
        assert client.get("/appusers/U").status_code == 404


class TestBadRequests:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b" ",
            b"{",
            b"{'userId': 'u'}",
            b"\xff\xfe",
            b'{"userId": "u", "properties": {"a": NaN}}',
            b'{"userId": "u", "properties": {"a": 1e999}}',
            b"[" * 50000,
            b'{"userId": "u", "properties": {"a": ' + b"9" * 5000 + b"}}",
            b"null",
            b"[]",
            b'"u"',
            b"1",
        ],
    )
    def test_a_body_that_is_no_json_object_gives_400(self, client: httpx.Client, content: bytes) -> None:
        response = client.post("/appusers", content=content)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")

    def test_json_may_have_a_hundred_kilobytes(self, client: httpx.Client) -> None:
        def body(size: int) -> bytes:
            start = b'{"userId": "u", "x": "'
            return start + b"x" * (size - len(start) - 2) + b'"}'

        for size in (100 * 1024 + 1, 5_000_000):
            response = client.post("/appusers", content=body(size))
            assert (response.status_code, response.json()["error"]["code"]) == (413, "payload_too_large")
        assert client.post("/appusers", content=body(100 * 1024)).status_code == 201

    @pytest.mark.parametrize("path", ["", "/", "/nothing", "/appusers/u/nothing", "//webhooks", "/v2x/webhooks"])
    def test_an_unknown_path_gives_404(self, client: httpx.Client, path: str) -> None:
        response = client.get(path)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")

    def test_a_path_outside_the_versions_gives_404(self, sandbox: Sandbox) -> None:
        for path in ("/v3/webhooks", "/%00", "/nothing"):
            assert httpx.get(sandbox.url + path).status_code == 404

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", "/webhooks", "GET, POST"),
            ("POST", "/appusers/u", "DELETE, GET, PUT"),
            ("OPTIONS", "/init", "POST"),
            ("PATCH", "/menu", "DELETE, GET, PUT"),
            ("TRACE", "/menu", "DELETE, GET, PUT"),
            ("BREW", "/init", "POST"),
        ],
    )
    def test_another_method_gives_405(self, client: httpx.Client, method: str, path: str, allowed: str) -> None:
        response = client.request(method, path)
        assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")
        assert response.headers["allow"] == allowed

    def test_head_gives_405_without_a_body(self, client: httpx.Client) -> None:
        response = client.head("/webhooks")
        assert (response.status_code, response.content) == (405, b"")

    def test_a_lone_surrogate_does_not_break_the_answer(self, client: httpx.Client) -> None:
        client.post("/appusers", json={"userId": "u"})
        body = b'{"role": "appUser", "type": "text", "text": "a\\ud800b"}'
        assert client.post("/appusers/u/messages", content=body).status_code == 201
        assert client.get("/appusers/u/messages").json()["messages"][0]["text"] == "a?b"

    def test_a_client_that_disconnects_during_its_body_does_no_harm(
        self, sandbox: Sandbox, client: httpx.Client
    ) -> None:
        host, port = sandbox.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /v1/appusers HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert client.get("/webhooks").status_code == 200


def any_json() -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    names = st.sampled_from(
        sorted(
            {
                name
                for schema in SPEC.document["components"]["schemas"].values()
                for name in schema.get("properties", {})
            }
        )
    )
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5), max_leaves=12
    )


WITH_BODY = sorted(
    (operation.method.upper(), operation.path) for operation in SPEC.operations.values() if operation.body is not None
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=st.sampled_from(WITH_BODY), body=any_json())
def test_no_body_makes_the_sandbox_fail(
    sandbox: Sandbox, connect: Callable[..., httpx.Client], call: tuple[str, str], body: Any
) -> None:
    method, path = call
    is_account = path.startswith(("/apps", "/serviceaccounts", "/whatsapp"))
    auth = (sandbox.account_key_id, sandbox.account_secret) if is_account else (sandbox.key_id, sandbox.secret)
    client = connect(auth=auth)
    filled = path.replace("{appId}", sandbox.app_id).replace("{userId}", "u")
    for name in ("integrationId", "webhookId", "templateId", "deviceId", "serviceAccountId", "deploymentId"):
        filled = filled.replace(f"{{{name}}}", "0" * 24)
    response = client.request(method, filled, content=json.dumps(body).encode())
    assert response.status_code < 500
