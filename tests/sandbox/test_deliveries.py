"""How deliveries are sent: attempts, waits, faults on request. Their bodies: test_delivered_events.py."""

from __future__ import annotations

import itertools
import os
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from support.scripted_server import ScriptedServer, answer, full_backlog, script, unused_port, wait_until

from smooch.sandbox import Sandbox
from smooch.webhooks import UnknownTypeEvent, parse

from .contract import checked_client
from .targets import posts, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.scripted_server import Request


def listen(client: httpx.Client, url: str, *triggers: str) -> dict[str, str]:
    body = {"target": f"{url}/hook", "triggers": triggers or ["message:appUser"]}
    created: dict[str, str] = client.post("/webhooks", json=body).json()["webhook"]
    return created


def caller(sandbox: Sandbox, prefix: str = "/v1") -> httpx.Client:
    return checked_client(sandbox.url + prefix, sandbox.key_id, sandbox.secret, trust_env=False)


def statuses(sandbox: Sandbox) -> list[int | None]:
    sandbox.wait_for_deliveries()
    return [attempt.status for attempt in sandbox.deliveries]


def texts(receiver: ScriptedServer) -> list[str]:
    return [request.json()["messages"][0]["text"] for request in posts(receiver)]


def test_a_delivery_is_a_post_with_the_secret(sandbox: Sandbox, client: httpx.Client) -> None:
    with target() as receiver:
        webhook = listen(client, receiver.url)
        before = time.time()
        sandbox.say("ana", "Grüße")
        assert statuses(sandbox) == [200]
    (request,) = receiver.requests
    assert (request.method, request.target) == ("POST", "/hook")
    assert request.headers["x-api-key"] == webhook["secret"]
    assert request.headers["content-type"] == "application/json"
    (attempt,) = sandbox.deliveries
    assert (attempt.number, attempt.trigger, attempt.webhook_id) == (1, "message:appUser", webhook["_id"])
    assert before <= attempt.at <= time.time()
    assert attempt.seconds >= 0
    assert attempt.target == webhook["target"]
    assert attempt.json == request.json()
    assert attempt.json["messages"][0]["text"] == "Grüße"
    assert webhook["secret"] not in repr(attempt)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406])
def test_responses_that_rule_out_a_retry_end_the_attempts(sandbox: Sandbox, client: httpx.Client, status: int) -> None:
    with target(answer(status)) as receiver:
        listen(client, receiver.url)
        sandbox.say("ana", "Hi")
        assert statuses(sandbox) == [status]


@pytest.mark.parametrize("status", [302, 405, 410, 429, 500, 503])
def test_every_other_failure_is_retried_until_success(sandbox: Sandbox, client: httpx.Client, status: int) -> None:
    with target(answer(status), answer(status), answer(204)) as receiver:
        listen(client, receiver.url)
        sandbox.say("ana", "Hi")
        assert statuses(sandbox) == [status, status, 204]
    assert len({request.body for request in receiver.requests}) == 1
    assert [attempt.number for attempt in sandbox.deliveries] == [1, 2, 3]
    assert len({attempt.delivery_id for attempt in sandbox.deliveries}) == 1


def test_a_delivery_fails_after_five_attempts_with_doubling_waits(sandbox: Sandbox, client: httpx.Client) -> None:
    with target(answer(500)) as receiver:
        listen(client, receiver.url)
        sandbox.say("ana", "Hi")
        assert statuses(sandbox) == [500] * 5
    waits = [later.at - earlier.at - earlier.seconds for earlier, later in itertools.pairwise(sandbox.deliveries)]
    # the clock can only make them longer
    assert all(wait >= least for wait, least in zip(waits, [0.059, 0.119, 0.239, 0.479], strict=True))


def test_a_refused_connection_is_retried(sandbox: Sandbox, client: httpx.Client) -> None:
    listen(client, f"http://127.0.0.1:{unused_port()}")
    sandbox.say("ana", "Hi")
    assert statuses(sandbox) == [None] * 5
    assert all("ConnectError" in str(attempt.error) for attempt in sandbox.deliveries)


def test_a_closed_connection_is_retried(sandbox: Sandbox, client: httpx.Client) -> None:
    with target(None, answer(200)) as receiver:
        listen(client, receiver.url)
        sandbox.say("ana", "Hi")
        assert statuses(sandbox) == [None, 200]
    assert "RemoteProtocolError" in str(sandbox.deliveries[0].error)


def test_a_late_response_is_retried() -> None:
    with (
        target((3, answer(200)), answer(200)) as receiver,
        Sandbox(delivery_timeout=0.2) as sandbox,
        caller(sandbox) as client,
    ):
        listen(client, receiver.url)
        sandbox.say("ana", "Hi")
        assert statuses(sandbox) == [None, 200]
        assert sandbox.deliveries[0].error == "no response within 0.2 s"


def test_a_slow_target_delays_no_other(sandbox: Sandbox, client: httpx.Client) -> None:
    with target((60, answer(200))) as slow, target() as quick:
        listen(client, slow.url)
        listen(client, quick.url)
        for number in range(30):
            sandbox.say("ana", str(number))
        wait_until(lambda: len(posts(quick)) == 30)
        assert {attempt.target for attempt in sandbox.deliveries} == {f"{quick.url}/hook"}
        sandbox.reset()


def test_a_deleted_webhook_gets_no_further_attempts(sandbox: Sandbox, client: httpx.Client) -> None:
    with target(answer(500)) as receiver:
        webhook = listen(client, receiver.url)
        sandbox.say("ana", "Hi")
        wait_until(lambda: bool(sandbox.deliveries))
        client.delete(f"/webhooks/{webhook['_id']}")
        seen = len(statuses(sandbox))
    assert seen < 5


def test_waiting_deliveries_of_a_deleted_webhook_are_dropped(sandbox: Sandbox, client: httpx.Client) -> None:
    is_deleted = threading.Event()

    def respond(request: Request) -> bytes:
        assert request.method == "HEAD" or is_deleted.wait(60)
        return answer(200)

    with ScriptedServer(respond) as receiver:
        webhook = listen(client, receiver.url)
        for number in range(60):
            sandbox.say("ana", str(number))
        wait_until(lambda: len(posts(receiver)) == 20)
        client.delete(f"/webhooks/{webhook['_id']}")
        is_deleted.set()
        assert len(statuses(sandbox)) == len(posts(receiver)) == 20


def test_webhooks_of_a_deleted_app_get_no_further_attempts(
    sandbox: Sandbox, connect: Callable[..., httpx.Client]
) -> None:
    account = connect("/v1", auth=(sandbox.account_key_id, sandbox.account_secret))
    app = account.post("/apps", json={"name": "x"}).json()["app"]["_id"]
    with target(answer(500)) as receiver:
        listen_path = f"/apps/{app}/webhooks"
        account.post(listen_path, json={"target": receiver.url, "triggers": ["message"]})
        account.post(f"/apps/{app}/appusers", json={"userId": "ana"})
        body = {"role": "appUser", "type": "text", "text": "Hi"}
        account.post(f"/apps/{app}/appusers/ana/messages", json=body)
        wait_until(lambda: bool(sandbox.deliveries))
        account.delete(f"/apps/{app}")
        assert len(statuses(sandbox)) < 5


def test_an_attempt_goes_to_the_current_target_of_the_webhook(sandbox: Sandbox, client: httpx.Client) -> None:
    with target(answer(500)) as old, target() as new:
        webhook = listen(client, old.url)
        sandbox.say("ana", "Hi")
        wait_until(lambda: bool(sandbox.deliveries))
        client.put(f"/webhooks/{webhook['_id']}", json={"target": new.url})
        assert statuses(sandbox)[-1] == 200
        assert [attempt.target for attempt in sandbox.deliveries[:1]] == [f"{old.url}/hook"]
        assert sandbox.deliveries[-1].target == new.url
    assert texts(new) == ["Hi"]


def test_reset_and_stop_cancel_running_deliveries(sandbox: Sandbox, client: httpx.Client) -> None:
    with target((30, answer(200))) as receiver:
        listen(client, receiver.url)
        sandbox.say("ana", "Hi")
        wait_until(lambda: bool(posts(receiver)))
        with pytest.raises(TimeoutError, match="deliveries are still active"):
            sandbox.wait_for_deliveries(0.05)
        sandbox.reset()
        assert statuses(sandbox) == []
        with Sandbox() as other, caller(other) as client:
            listen(client, receiver.url)
            other.say("ana", "Hi")
            wait_until(lambda: len(posts(receiver)) == 2)
        assert other.deliveries == []
        with pytest.raises(RuntimeError, match="not running"):
            other.wait_for_deliveries()


def test_a_webhook_can_be_waited_for(sandbox: Sandbox, client: httpx.Client) -> None:
    with pytest.raises(TimeoutError, match=r"no webhook was created within 0\.05 s"):
        sandbox.wait_for_webhook(timeout=0.05)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(sandbox.wait_for_webhook, target) for target in (None, "https://b.example/hook")]
        for url in ("https://a.example", "https://b.example"):
            listen(client, url)
        assert [each.result() for each in waiting] == ["https://a.example/hook", "https://b.example/hook"]
    with pytest.raises(TimeoutError, match=r"no webhook with the target https://c\.example/hook was created"):
        sandbox.wait_for_webhook("https://c.example/hook", timeout=0.05)


def test_it_delivers_after_a_restart() -> None:
    sandbox = Sandbox()
    with target((0.3, answer(200))) as receiver:
        with sandbox, caller(sandbox) as client:
            listen(client, receiver.url)
            for number in range(30):
                sandbox.say("ana", str(number))
            assert statuses(sandbox) == [200] * 30
        with sandbox:
            for number in range(30):
                sandbox.say("ana", str(number))
            assert statuses(sandbox) == [200] * 60


def test_a_reset_is_complete_while_users_write(sandbox: Sandbox, client: httpx.Client) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            sandbox.say("ana", "Hi")

    with target(answer(500)) as receiver, ThreadPoolExecutor(2) as threads:
        writers = [threads.submit(write) for _ in range(2)]
        for _ in range(10):
            listen(client, receiver.url)
            wait_until(lambda: bool(sandbox.deliveries))
            sandbox.reset()
            time.sleep(0.02)
            assert sandbox.deliveries == []
        stop.set()
        for writer in writers:
            writer.result()


def test_no_cookies_are_kept(sandbox: Sandbox, client: httpx.Client) -> None:
    with target(answer(200, Set_Cookie="session=1; Path=/")) as first, target() as second:
        listen(client, first.url)
        sandbox.say("ana", "Hi")
        sandbox.wait_for_deliveries()
        listen(client, second.url)
        sandbox.say("ana", "again")
        sandbox.wait_for_deliveries()
    assert not any("cookie" in request.headers for request in [*first.requests, *second.requests])


@pytest.mark.parametrize(
    "reply",
    [
        answer(200, b"no gzip", Content_Encoding="gzip"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", None),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", 1, b"late"),
    ],
    ids=["broken", "cut off", "slow"],
)
def test_the_body_of_the_response_does_not_matter(reply: Any) -> None:
    with target(reply) as receiver, Sandbox(delivery_timeout=0.3) as sandbox, caller(sandbox) as client:
        listen(client, receiver.url)
        sandbox.say("ana", "Hi")
        assert statuses(sandbox) == [200]
        assert sandbox.deliveries[0].error is None


def test_a_password_in_the_target_is_not_shown(
    sandbox: Sandbox, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "smooch.sandbox")
    with target() as receiver:
        listen(client, receiver.url.replace("//", "//bob:hunter2@"))
        sandbox.say("ana", "Hi")
        assert statuses(sandbox) == [200]
        assert receiver.requests[0].headers["authorization"].startswith("Basic ")
    assert "bob" in repr(sandbox.deliveries)
    assert "hunter2" not in repr(sandbox.deliveries) + caplog.text


def test_it_trusts_certificate_authorities_of_the_environment(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem")
    code = """
from smooch import Smooch
from smooch.sandbox import Sandbox
with Sandbox() as sandbox, Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
    api.make_webhook("{url}/hook", "message")
    sandbox.say("ana", "Hi")
    sandbox.wait_for_deliveries()
    print([attempt.status for attempt in sandbox.deliveries])
"""
    with ScriptedServer(script(answer(200)), tls) as receiver:
        run = subprocess.run(
            [sys.executable, "-c", code.format(url=receiver.url)],
            env={**os.environ, "SSL_CERT_FILE": str(tmp_path / "authority.pem")},
            capture_output=True,
            text=True,
        )
    assert run.stdout == "[200]\n", run.stderr


def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    with target() as receiver, Sandbox() as sandbox, caller(sandbox) as client:
        listen(client, receiver.url)
        sandbox.say("ana", "Hi")
        assert statuses(sandbox) == [200]


def test_several_webhooks_get_the_same_event(sandbox: Sandbox, client: httpx.Client) -> None:
    with target() as first, target() as second:
        secrets = {listen(client, receiver.url)["secret"] for receiver in (first, second)}
        sandbox.say("ana", "Hi")
        assert statuses(sandbox) == [200, 200]
    assert {receiver.requests[0].headers["x-api-key"] for receiver in (first, second)} == secrets
    assert texts(first) == texts(second) == ["Hi"]


class TestProbes:
    @pytest.fixture
    def prober(self) -> Iterator[Sandbox]:
        with Sandbox(probe_targets=True, delivery_timeout=0.5) as sandbox:
            yield sandbox

    @pytest.mark.parametrize("status", [200, 404, 500])
    def test_a_target_that_responds_is_accepted(self, prober: Sandbox, status: int) -> None:
        with target(answer(status)) as receiver, caller(prober, "") as client:
            body = {"target": f"{receiver.url}/hook"}
            assert client.post("/v1/webhooks", json=body).status_code == 201
        assert [(request.method, request.target) for request in receiver.requests] == [("HEAD", "/hook")]

    def test_a_target_that_does_not_respond_is_refused(self, prober: Sandbox) -> None:
        custom = f"/v2/apps/{prober.app_id}/integrations"
        with full_backlog() as silent, caller(prober, "") as client:
            for url in (f"http://127.0.0.1:{unused_port()}/hook", f"{silent}/hook"):
                refused = client.post("/v1/webhooks", json={"target": url})
                assert refused.status_code == 400
                assert f"{url} does not answer" in refused.json()["error"]["description"]
                body = {"target": url, "triggers": ["conversation:message"]}
                path = f"{custom}/{prober.integration_id}/webhooks"
                assert client.post(path, json=body).status_code == 400
                integration = {"type": "custom", "displayName": "bot", "webhooks": [body]}
                assert client.post(custom, json=integration).status_code == 400
            assert client.get("/v1/webhooks").json()["webhooks"] == []
            assert len(client.get(custom).json()["integrations"]) == 1

    def test_stop_ends_a_probe(self) -> None:
        with full_backlog() as silent, ThreadPoolExecutor(1) as threads:
            with Sandbox(probe_targets=True) as sandbox, caller(sandbox) as client:
                asked = threads.submit(client.post, "/webhooks", json={"target": f"{silent}/hook"})
                wait_until(lambda: bool(sandbox.requests))
            assert isinstance(asked.exception(), httpx.TransportError)

    def test_by_default_nothing_is_probed(self, sandbox: Sandbox, client: httpx.Client) -> None:
        body = {"target": f"http://127.0.0.1:{unused_port()}/hook"}
        assert client.post("/webhooks", json=body).status_code == 201


class TestFaults:
    def test_duplicates(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with target() as receiver:
            listen(client, receiver.url)
            sandbox.duplicate_deliveries(2)
            for text in "abc":
                sandbox.say("ana", text)
            assert statuses(sandbox) == [200] * 5
        assert sorted(texts(receiver)) == list("aabbc")

    def test_duplicates_come_at_the_same_time(self, sandbox: Sandbox, client: httpx.Client) -> None:
        both = threading.Barrier(2, timeout=5)

        def meet(_: Request) -> bytes:
            both.wait()
            return answer(200)

        with ScriptedServer(meet) as receiver:
            listen(client, receiver.url)
            sandbox.duplicate_deliveries()
            sandbox.say("ana", "a")
            assert statuses(sandbox) == [200, 200]

    def test_reordering(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with target() as receiver:
            listen(client, receiver.url)
            sandbox.reorder_deliveries(3)
            for text in "ab":
                sandbox.say("ana", text)
            assert statuses(sandbox) == []
            sandbox.say("ana", "c")
            sandbox.wait_for_deliveries()
            sandbox.say("ana", "d")
            assert statuses(sandbox) == [200] * 4
        assert texts(receiver) == list("cbad")

    def test_delays(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with target() as receiver:
            listen(client, receiver.url)
            sandbox.delay_deliveries(0.2)
            sandbox.say("ana", "a")
            sandbox.say("ana", "b")
            assert statuses(sandbox) == [200, 200]
        assert texts(receiver) == ["b", "a"]

    def test_losses(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with target() as receiver:
            listen(client, receiver.url)
            sandbox.drop_deliveries()
            sandbox.say("ana", "a")
            sandbox.say("ana", "b")
            assert statuses(sandbox) == [None, 200]
        assert texts(receiver) == ["b"]
        assert sandbox.deliveries[0].error == "lost on request"

    def test_a_trigger_selects_deliveries(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with target() as receiver:
            listen(client, receiver.url, "*")
            sandbox.drop_deliveries(5, trigger="client:*")
            sandbox.drop_deliveries(trigger="message:appUser")
            sandbox.say("ana", "a")
            sandbox.say("ana", "b")
            sandbox.wait_for_deliveries()
        assert texts(receiver) == ["b"]

    def test_they_need_a_number(self, sandbox: Sandbox) -> None:
        for ask in (sandbox.duplicate_deliveries, sandbox.drop_deliveries, sandbox.reorder_deliveries):
            with pytest.raises(ValueError, match="times"):
                ask(0)
            for wrong in (1.5, "2"):
                with pytest.raises(TypeError, match="times"):
                    ask(wrong)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="seconds"):
            sandbox.delay_deliveries(-1)

    def test_reset_forgets_them(self, sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> None:
        sandbox.drop_deliveries(5)
        sandbox.reset()
        with target() as receiver:
            listen(connect(), receiver.url)
            sandbox.say("ana", "a")
            assert statuses(sandbox) == [200]


@pytest.mark.parametrize("option", ["retry_speedup", "delivery_timeout"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_invalid_options_are_refused(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=option):
        Sandbox(**{option: value})  # type: ignore[arg-type]


class TestOwnEvents:
    """`deliver` sends events that no action of the sandbox causes."""

    def test_of_v2_go_to_webhooks_of_v2_whatever_their_triggers(self, sandbox: Sandbox, client: httpx.Client) -> None:
        path = f"{sandbox.url}/v2/apps/{sandbox.app_id}/integrations/me/webhooks"
        auth = (sandbox.integration_key_id, sandbox.integration_secret)
        with target() as receiver, target() as other:
            listen(client, other.url)
            body = {"target": receiver.url, "triggers": ["conversation:message"]}
            webhook = httpx.post(path, json=body, auth=auth).json()["webhook"]
            sandbox.deliver({"type": "order:shipped", "payload": {"number": 7}})
            sandbox.wait_for_deliveries()
            (request,) = posts(receiver)
            assert posts(other) == []
            assert request.headers["x-api-key"] == webhook["secret"]
            sent = request.json()
            assert sent["app"] == {"id": sandbox.app_id}
            assert sent["webhook"] == {"id": webhook["id"], "version": "v2"}
            (event,) = sent["events"]
            assert (event["type"], event["payload"]) == ("order:shipped", {"number": 7})
            (parsed,) = parse(sent).events
            assert isinstance(parsed, UnknownTypeEvent)

    def test_of_v1_go_to_webhooks_of_v1(self, sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> None:
        with target() as old, target() as new:
            listen(connect("/v1"), old.url)
            listen(connect("/v1.1"), new.url)
            sandbox.deliver({"trigger": "order:shipped", "number": 7})
            sandbox.wait_for_deliveries()
            ((by_v1,), (by_v1_1,)) = (posts(receiver) for receiver in (old, new))
            shared = {"trigger": "order:shipped", "app": {"_id": sandbox.app_id}, "number": 7}
            assert (by_v1.json(), by_v1_1.json()) == (shared, {**shared, "version": "v1.1"})

    def test_are_retried_and_hit_by_faults_like_others(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with target(answer(503), answer(200)) as receiver:
            listen(client, receiver.url)
            sandbox.drop_deliveries(trigger="order:*")
            for _ in range(2):
                sandbox.deliver({"trigger": "order:shipped"})
                sandbox.wait_for_deliveries()
            assert statuses(sandbox) == [None, 503, 200]

    def test_need_a_webhook_and_a_type(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with pytest.raises(LookupError, match="no webhook of v2"):
            sandbox.deliver({"type": "order:shipped"})
        with pytest.raises(LookupError, match=r"no webhook of v1 or v1\.1"):
            sandbox.deliver({"trigger": "order:shipped"})
        for event in ({}, {"type": 7}, {"payload": {}}):
            with pytest.raises(ValueError, match="must have a string in type"):
                sandbox.deliver(event)
