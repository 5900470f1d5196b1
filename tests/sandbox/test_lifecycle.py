"""Start, stop and reset of the sandbox, and requests of many threads."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import attrs
import httpx
import pytest
import trustme

from smooch.sandbox import Sandbox, v1
from smooch.sandbox._server import listen

from .contract import CONNECTION_CLOSED

if TYPE_CHECKING:
    from pathlib import Path

THREADS = 64


def ask(sandbox: Sandbox, path: str = "/v1/webhooks") -> httpx.Response:
    return httpx.get(sandbox.url + path, auth=(sandbox.key_id, sandbox.secret), timeout=30)


class TestStartAndStop:
    def test_each_has_a_port_and_credentials_of_its_own(self) -> None:
        with Sandbox() as first, Sandbox() as second:
            assert first.url != second.url
            assert {first.key_id, first.secret, first.app_id}.isdisjoint({second.key_id, second.secret, second.app_id})
            assert ask(first).status_code == ask(second).status_code == 200
            assert httpx.get(f"{first.url}/v1/webhooks", auth=(second.key_id, second.secret)).status_code == 401

    def test_credentials_have_the_forms_of_the_api(self) -> None:
        sandbox = Sandbox()
        for prefix, key_id, secret in [
            ("app_", sandbox.key_id, sandbox.secret),
            ("act_", sandbox.account_key_id, sandbox.account_secret),
        ]:
            assert key_id.startswith(prefix)
            assert (len(key_id), len(secret)) == (28, 24)

    @pytest.mark.anyio
    async def test_works_in_async_code(self) -> None:
        async with Sandbox() as sandbox, httpx.AsyncClient() as client:
            answer = await client.get(f"{sandbox.url}/v1/webhooks", auth=(sandbox.key_id, sandbox.secret))
            assert answer.status_code == 200

    def test_stopping_frees_the_port_and_the_thread(self) -> None:
        before = threading.active_count()
        with Sandbox() as sandbox:
            port = int(sandbox.url.rpartition(":")[2])
        assert threading.active_count() == before
        with Sandbox(port=port) as again:
            assert again.url == f"http://127.0.0.1:{port}"

    def test_stopping_does_not_wait_for_clients(self) -> None:
        with ThreadPoolExecutor() as pool, Sandbox() as sandbox:
            sandbox.delay(60)
            waiting = pool.submit(ask, sandbox)
            while not sandbox.requests:
                time.sleep(0.01)
            sandbox.stop()
            with pytest.raises(CONNECTION_CLOSED):
                waiting.result()

    def test_can_be_started_again_with_its_state(self) -> None:
        sandbox = Sandbox()
        for _ in range(2):
            with sandbox:
                assert ask(sandbox).status_code == 200
        assert len(sandbox.requests) == 2

    def test_a_fault_waits_for_the_start(self) -> None:
        sandbox = Sandbox()
        sandbox.fail(status=503)
        with sandbox:
            assert [ask(sandbox).status_code for _ in range(2)] == [503, 200]

    def test_has_no_url_while_it_is_stopped(self) -> None:
        with pytest.raises(RuntimeError, match="not running"):
            _ = Sandbox().url

    def test_cannot_be_started_twice(self) -> None:
        with Sandbox() as sandbox, pytest.raises(RuntimeError, match="already"):
            sandbox.start()

    def test_stopping_twice_is_no_error(self) -> None:
        Sandbox().stop()

    def test_a_port_in_use_is_an_os_error(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
            Sandbox(port=taken.getsockname()[1]).start()

    def test_its_responses_are_sent_without_delay(self) -> None:
        # asyncio turns Nagle's algorithm off only for sockets that name the protocol
        with listen(0) as listener:
            assert listener.proto == socket.IPPROTO_TCP

    def test_a_wrong_certificate_is_an_error_at_the_start(self, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong.pem"
        wrong.write_text("no certificate")
        with pytest.raises(ssl.SSLError):
            Sandbox(certfile=wrong, keyfile=wrong).start()

    def test_speaks_https_with_a_certificate(self, tmp_path: Path) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        context = ssl.create_default_context()
        authority.configure_trust(context)
        certfile, keyfile = tmp_path / "cert.pem", tmp_path / "key.pem"
        certificate.cert_chain_pems[0].write_to_path(certfile)
        certificate.private_key_pem.write_to_path(keyfile)
        with Sandbox(certfile=certfile, keyfile=keyfile) as sandbox, httpx.Client(verify=context) as client:
            assert sandbox.url.startswith("https://127.0.0.1:")
            auth = (sandbox.key_id, sandbox.secret)
            assert client.get(f"{sandbox.url}/v1/webhooks", auth=auth).status_code == 200
            sandbox.drop()
            with pytest.raises(CONNECTION_CLOSED):
                client.get(f"{sandbox.url}/v1/webhooks", auth=auth)

    def test_its_repr_shows_the_address_and_no_secret(self) -> None:
        sandbox = Sandbox()
        assert repr(sandbox) == "<Sandbox stopped>"
        with sandbox:
            assert repr(sandbox) == f"<Sandbox {sandbox.url}>"

    def test_keeps_the_configured_number_of_requests(self) -> None:
        with Sandbox(keep_requests=2) as sandbox:
            for path in ("/1", "/2", "/3"):
                ask(sandbox, path)
            assert [request.path for request in sandbox.requests] == ["/2", "/3"]

    def test_its_app_has_the_given_name(self) -> None:
        with Sandbox(app_name="Harbour Coffee") as sandbox:
            auth = (sandbox.account_key_id, sandbox.account_secret)
            app = httpx.get(f"{sandbox.url}/v1/apps/{sandbox.app_id}", auth=auth).json()["app"]
        assert (app["name"], app["appToken"]) == ("Harbour Coffee", sandbox.app_token)


class TestReset:
    def test_forgets_everything_but_the_credentials(
        self, sandbox: Sandbox, client: httpx.Client, account: httpx.Client
    ) -> None:
        kept = (sandbox.url, sandbox.key_id, sandbox.secret, sandbox.app_id, sandbox.app_token)
        client.post("/appusers", json={"userId": "u"})
        client.post("/webhooks", json={"target": "https://bot.example"})
        media = client.post("/attachments?access=public", files={"source": ("a.txt", b"x")}).json()["mediaUrl"]
        other = account.post("/apps", json={"name": "Other"}).json()["app"]["_id"]
        sandbox.reset()
        assert sandbox.requests == []
        assert (sandbox.url, sandbox.key_id, sandbox.secret, sandbox.app_id, sandbox.app_token) == kept
        assert client.get("/appusers/u").status_code == 404
        assert client.get("/webhooks").json() == {"webhooks": []}
        assert httpx.get(media).status_code == 404
        assert account.get(f"/apps/{other}").status_code == 404

    def test_forgets_while_the_sandbox_is_stopped_too(self) -> None:
        sandbox = Sandbox()
        with sandbox:
            sandbox.say("ana", "Hi")
            ask(sandbox)
        sandbox.reset()
        assert sandbox.requests == []
        with sandbox:
            assert ask(sandbox, "/v1/appusers/ana").status_code == 404

    def test_restores_a_deleted_app_and_key(
        self, sandbox: Sandbox, client: httpx.Client, account: httpx.Client
    ) -> None:
        account.delete(f"/apps/{sandbox.app_id}")
        assert client.get("/webhooks").status_code == 401
        sandbox.reset()
        assert client.get("/webhooks").status_code == 200


def test_a_failure_of_the_sandbox_is_a_500_and_in_the_log(
    sandbox: Sandbox, client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = attrs.evolve(v1.registry["listWebhooks"], function=lambda call: {}["missing"])
    monkeypatch.setitem(v1.registry, "listWebhooks", broken)
    response = client.get("/webhooks")
    assert (response.status_code, response.json()["error"]["code"]) == (500, "internal_error")
    assert sandbox.requests[-1].status == 500
    assert "The sandbox failed on GET /v1/webhooks" in caplog.text
    assert "KeyError: 'missing'" in caplog.text


class TestConcurrency:
    def test_every_message_of_many_threads_arrives_once_and_in_order(
        self, sandbox: Sandbox, client: httpx.Client
    ) -> None:
        client.post("/appusers", json={"userId": "u"})
        auth = (sandbox.key_id, sandbox.secret)

        def post_ten(thread: int) -> None:
            with httpx.Client(base_url=f"{sandbox.url}/v1", auth=auth, timeout=30, verify=False) as own:
                for number in range(10):
                    body = {"role": "appUser", "type": "text", "text": f"{thread}.{number}"}
                    assert own.post("/appusers/u/messages", json=body).status_code == 201

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(post_ten, range(THREADS)))
        messages = client.get("/appusers/u/conversation").json()["conversation"]["messages"]
        assert sorted(m["text"] for m in messages) == sorted(f"{t}.{n}" for t in range(THREADS) for n in range(10))
        assert len({message["_id"] for message in messages}) == THREADS * 10
        received = [message["received"] for message in messages]
        assert received == sorted(set(received))
        ids = [message["_id"] for message in messages]
        assert ids == sorted(ids)

    def test_init_of_one_user_by_many_threads_creates_one_user(self, sandbox: Sandbox, client: httpx.Client) -> None:
        def init(number: int) -> str:
            body = {"device": {"id": f"d-{number}", "platform": "other"}, "userId": "u"}
            created = httpx.post(
                f"{sandbox.url}/v1/init", json=body, auth=(sandbox.key_id, sandbox.secret), timeout=30, verify=False
            )
            user_id: str = created.json()["appUser"]["_id"]
            return user_id

        with ThreadPoolExecutor(THREADS) as pool:
            assert len(set(pool.map(init, range(THREADS)))) == 1
        assert len(client.get("/appusers/u").json()["appUser"]["clients"]) == THREADS
