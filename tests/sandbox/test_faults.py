"""Faults on request: `fail`, `drop`, `delay` and `garble`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from .contract import CONNECTION_CLOSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smooch.sandbox import Sandbox

MESSAGES = "/appusers/u/messages"
HI = {"role": "appUser", "type": "text", "text": "Hi"}


@pytest.fixture
def plain(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client that does not check responses, because faults are outside the specification."""
    with httpx.Client(base_url=f"{sandbox.url}/v1", auth=(sandbox.key_id, sandbox.secret), timeout=5) as client:
        client.post("/appusers", json={"userId": "u"})
        yield client


def texts(client: httpx.Client) -> list[str]:
    response = client.get(MESSAGES)
    return [message["text"] for message in response.json().get("messages", [])]


class TestFail:
    def test_sends_the_given_response_and_changes_nothing(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.fail(times=2, status=429, headers={"Retry-After": "1"})
        for _ in range(2):
            response = plain.post(MESSAGES, json=HI)
            assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
            assert set(response.json()["error"]) == {"code", "description"}
        assert texts(plain) == []

    def test_is_500_once_by_default(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.fail()
        assert [plain.get("/webhooks").status_code for _ in range(2)] == [500, 200]

    @pytest.mark.parametrize(
        ("body", "sent"), [(b"\xff\x00", b"\xff\x00"), ("<html>", b"<html>"), ({"a": [1]}, b'{"a": [1]}'), (b"", b"")]
    )
    def test_sends_any_body(self, sandbox: Sandbox, plain: httpx.Client, body: Any, sent: bytes) -> None:
        sandbox.fail(status=503, body=body, headers={"Content-Type": "text/html"})
        response = plain.get("/webhooks")
        assert (response.status_code, response.content) == (503, sent)
        assert response.headers.get_list("content-type") == ["text/html"]

    @pytest.mark.parametrize("status", [302, 418, 520, 599])
    def test_sends_any_status(self, sandbox: Sandbox, plain: httpx.Client, status: int) -> None:
        sandbox.fail(status=status)
        assert plain.get("/webhooks").status_code == status

    def test_comes_before_the_check_of_credentials(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.fail(status=502)
        assert plain.get("/webhooks", auth=("no", "no")).status_code == 502

    @pytest.mark.parametrize("wrong", [{"times": 0}, {"status": 99}, {"status": 600}])
    def test_invalid_faults_are_refused(self, sandbox: Sandbox, wrong: dict[str, int]) -> None:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            sandbox.fail(**wrong)
        with pytest.raises(TypeError):
            sandbox.fail(429)  # type: ignore[misc]


class TestChoice:
    def test_by_method(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.fail(method="POST")
        assert plain.get("/webhooks").status_code == 200
        assert plain.post(MESSAGES, json=HI).status_code == 500

    @pytest.mark.parametrize("path", ["/messages", "/appusers/*/messages", "/v1/appusers/u/messages", "*/mess*"])
    def test_by_the_end_of_the_path(self, sandbox: Sandbox, plain: httpx.Client, path: str) -> None:
        sandbox.fail(path=path)
        assert plain.get("/webhooks").status_code == 200
        assert plain.get(MESSAGES).status_code == 500

    def test_faults_are_used_in_the_order_of_their_creation(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.fail(status=503)
        sandbox.fail(status=504, path="/webhooks")
        sandbox.fail(status=502)
        assert [plain.get(path).status_code for path in ("/menu", "/menu", "/webhooks")] == [503, 502, 504]

    def test_reset_forgets_them(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.fail(times=5)
        sandbox.reset()
        assert plain.get("/webhooks").status_code == 200


class TestDrop:
    def test_closes_the_connection_before_the_request_is_handled(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.drop(method="POST")
        with pytest.raises(CONNECTION_CLOSED):
            plain.post(MESSAGES, json=HI)
        assert texts(plain) == []

    def test_or_after_the_request_is_handled(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.drop(method="POST", after_processing=True)
        with pytest.raises(CONNECTION_CLOSED):
            plain.post(MESSAGES, json=HI)
        assert texts(plain) == ["Hi"]

    def test_is_not_logged_by_the_server(
        self, sandbox: Sandbox, plain: httpx.Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        sandbox.drop()
        with pytest.raises(CONNECTION_CLOSED):
            plain.get("/webhooks")
        assert plain.get("/webhooks").status_code == 200
        assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []

    def test_leaves_other_connections_alone(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        own = plain.get("/webhooks").extensions["network_stream"].get_extra_info("client_addr")
        sandbox.drop()
        with httpx.Client() as other, pytest.raises(CONNECTION_CLOSED):
            other.get(f"{sandbox.url}/v1/webhooks")
        assert plain.get("/webhooks").extensions["network_stream"].get_extra_info("client_addr") == own

    def test_is_recorded_like_any_request(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.drop()
        with pytest.raises(CONNECTION_CLOSED):
            plain.post(MESSAGES, json=HI)
        assert sandbox.requests[-1].json == HI


class TestDelay:
    def test_delays_the_response_but_not_the_effect(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.delay(30, method="POST")
        with pytest.raises(httpx.ReadTimeout):
            plain.post(MESSAGES, json=HI, timeout=0.05)
        assert texts(plain) == ["Hi"]

    def test_sends_the_response_in_the_end(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.delay(0.05)
        assert plain.get("/webhooks").json() == {"webhooks": []}


class TestGarble:
    def test_truncates_the_response(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.garble()
        response = plain.post(MESSAGES, json=HI)
        assert response.status_code == 201
        with pytest.raises(json.JSONDecodeError):
            response.json()
        assert texts(plain) == ["Hi"]

    def test_or_sends_the_given_bytes(self, sandbox: Sandbox, plain: httpx.Client) -> None:
        sandbox.garble(body="<html>")
        response = plain.get("/webhooks")
        assert (response.status_code, response.text) == (200, "<html>")
        assert plain.get("/webhooks").json() == {"webhooks": []}
