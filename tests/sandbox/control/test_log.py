"""Requests, deliveries, faults and the stream of events by the control API."""

from __future__ import annotations

import itertools
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.scripted_server import answer

from smooch.sandbox import Sandbox
from smooch.sandbox import _log as log_module
from smooch.sandbox.control import sandbox as sandbox_module
from smooch.sandbox.control.api import handlers, load_spec

from ..targets import posts, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.scripted_server import ScriptedServer

PAGE = {"Origin": "https://shop.example"}


@contextmanager
def stream(sandbox: Sandbox, **options: Any) -> Iterator[Iterator[tuple[str, str, Any]]]:
    """The events of a sandbox: id, type and data."""

    def events(response: httpx.Response) -> Iterator[tuple[str, str, Any]]:
        fields: dict[str, str] = {}
        for line in response.iter_lines():
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
                fields = {}

    with httpx.stream("GET", f"{sandbox.url}/_sandbox/events", timeout=10, **options) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events(response)


def next_of(events: Iterator[tuple[str, str, Any]], kind: str) -> Any:
    return next(data for _, type_, data in events if type_ == kind)


def test_every_operation_of_the_description_has_a_handler() -> None:
    assert set(handlers) == set(load_spec().operations)


def test_the_description_is_served(control: httpx.Client) -> None:
    assert control.get("/openapi.yaml").text.startswith("openapi: 3.1.0")


def test_ids_and_secrets_can_be_read(sandbox: Sandbox, control: httpx.Client) -> None:
    body = control.get("").json()
    assert (body["url"], body["appId"], body["keyId"]) == (sandbox.url, sandbox.app_id, sandbox.key_id)
    keys = [("keyId", "secret"), ("accountKeyId", "accountSecret"), ("integrationKeyId", "integrationSecret")]
    for key_id, secret in keys:
        path = f"{sandbox.url}/v2/apps/{sandbox.app_id}/users/x"
        assert httpx.get(path, auth=(body[key_id], body[secret])).status_code == 404


class TestAccess:
    @pytest.mark.parametrize("headers", [PAGE, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
    def test_pages_of_other_sites_get_nothing(
        self, sandbox: Sandbox, control: httpx.Client, headers: dict[str, str]
    ) -> None:
        for method, path in [("GET", ""), ("GET", "/users"), ("POST", "/users/ana/say"), ("GET", "/events")]:
            response = control.request(method, path, headers=headers, json={"content": "Hi"})
            assert response.status_code == 403
            assert "access-control-allow-origin" not in response.headers
        assert control.get("/users").json()["users"] == []

    def test_a_preflight_is_refused(self, control: httpx.Client) -> None:
        headers = {**PAGE, "Access-Control-Request-Method": "POST"}
        assert control.options("/users/ana/say", headers=headers).status_code == 403

    def test_its_own_page_may_call_it(self, sandbox: Sandbox, control: httpx.Client) -> None:
        headers = {"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"}
        assert control.post("/users/ana/say", json={"content": "Hi"}, headers=headers).status_code == 201

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
    def test_another_host_is_refused(self, control: httpx.Client, host: str) -> None:
        assert control.get("/users", headers={"Host": host}).status_code == 403

    def test_errors_are_plain(self, control: httpx.Client) -> None:
        assert control.get("/nothing").json()["error"]["code"] == "not_found"
        assert control.put("/users").json()["error"]["code"] == "method_not_allowed"
        bad = control.post("/users/ana/say", content=b"{")
        assert (bad.status_code, bad.json()["error"]["code"]) == (400, "bad_request")
        large = control.post("/users/ana/say", content=bytes(51 * 1024 * 1024))
        assert large.status_code == 413

    def test_a_bug_is_logged_and_gives_500(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setitem(handlers, "getSandbox", lambda call: 1 / 0)
        response = httpx.get(f"{sandbox.url}/_sandbox")
        assert (response.status_code, response.json()["error"]["code"]) == (500, "internal_error")
        assert "ZeroDivisionError" in caplog.text

    def test_a_deleted_app_gives_404(self, sandbox: Sandbox, control: httpx.Client, account: httpx.Client) -> None:
        account.delete(f"/apps/{sandbox.app_id}")
        assert control.get("/users").json()["error"] == {"code": "not_found", "description": "App not found"}

    def test_control_calls_are_neither_recorded_nor_hit_by_faults(
        self, sandbox: Sandbox, control: httpx.Client
    ) -> None:
        sandbox.fail(times=1)
        assert control.get("/users").status_code == 200
        assert sandbox.requests == []


class TestRequests:
    def test_have_status_and_time(self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client) -> None:
        client.get("/appusers/ana?x=1")
        client.post("/appusers", json={"userId": "ana"})
        first, second = control.get("/requests").json()["requests"]
        assert "body" not in control.get(f"/requests/{first['id']}").json()["request"]
        assert (first["method"], first["path"], first["query"], first["status"]) == (
            "GET",
            "/v1/appusers/ana",
            {"x": "1"},
            404,
        )
        assert (second["status"], second["milliseconds"] > 0) == (201, True)
        detail = control.get(f"/requests/{second['id']}").json()["request"]
        assert detail["body"] == {"userId": "ana"}
        assert detail["responseBody"]["appUser"]["userId"] == "ana"
        assert detail["headers"]["authorization"].startswith("Basic ")
        recorded = sandbox.requests[1]
        assert (recorded.status, recorded.response_json) == (201, detail["responseBody"])
        assert control.get("/requests/0").status_code == 404

    def test_have_the_errors_of_validation(self, control: httpx.Client, client: httpx.Client) -> None:
        client.post("/appusers", json={})
        (request,) = control.get("/requests").json()["requests"]
        detail = control.get(f"/requests/{request['id']}").json()["request"]
        assert "userId" in detail["responseBody"]["error"]["description"]

    def test_are_paged(self, control: httpx.Client, client: httpx.Client) -> None:
        for _ in range(5):
            client.get("/webhooks")
        page = control.get("/requests", params={"limit": 2}).json()
        assert (len(page["requests"]), page["hasMore"]) == (2, True)
        older = control.get("/requests", params={"before": page["requests"][0]["id"]}).json()
        assert (len(older["requests"]), older["hasMore"]) == (3, False)

    def test_one_without_response_has_no_status(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client
    ) -> None:
        sandbox.drop()
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/webhooks")
        (request,) = control.get("/requests").json()["requests"]
        assert "status" not in request

    def test_bodies_that_are_not_json_are_text(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client
    ) -> None:
        client.post("/appusers", content=b"\xff{")
        (request,) = control.get("/requests").json()["requests"]
        assert control.get(f"/requests/{request['id']}").json()["request"]["body"] == "�{"


class TestDeliveries:
    def test_have_their_attempts(self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client) -> None:
        with target(answer(503), answer(200)) as receiver:
            webhook = client.post("/webhooks", json={"target": receiver.url}).json()["webhook"]
            sandbox.say("ana", "Hi")
            assert control.post("/deliveries/wait", json={}).json() == {"isIdle": True}
            (delivery,) = control.get("/deliveries").json()["deliveries"]
            assert (delivery["trigger"], delivery["target"]) == ("message:appUser", receiver.url)
            assert (delivery["webhookId"], delivery["version"]) == (webhook["_id"], "v1")
            assert [(each["number"], each["status"]) for each in delivery["attempts"]] == [(1, 503), (2, 200)]
            assert delivery["state"] == "succeeded"
            detail = control.get(f"/deliveries/{delivery['id']}").json()["delivery"]
            assert detail["body"] == posts(receiver)[0].json()
            assert control.get("/deliveries/nope").status_code == 404

    @pytest.mark.parametrize(("status", "attempts"), [(400, 1), (500, 5)])
    def test_fail_for_good(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client, status: int, attempts: int
    ) -> None:
        with target(answer(status)) as receiver:
            client.post("/webhooks", json={"target": receiver.url})
            sandbox.say("ana", "Hi")
            control.post("/deliveries/wait", json={})
            (delivery,) = control.get("/deliveries").json()["deliveries"]
            assert (delivery["state"], len(delivery["attempts"])) == ("failed", attempts)

    def test_can_be_sent_once_more(self, sandbox: Sandbox, control: httpx.Client, receiver: ScriptedServer) -> None:
        sandbox.open_chat("ana")
        control.post("/deliveries/wait", json={})
        sent = posts(receiver)
        delivery = control.get("/deliveries").json()["deliveries"][-1]
        again = control.post(f"/deliveries/{delivery['id']}/redeliver")
        assert again.status_code == 202
        control.post("/deliveries/wait", json={})
        assert len(posts(receiver)) == len(sent) + 1
        assert posts(receiver)[-1].body in [request.body for request in sent]
        visible = control.get("/deliveries").json()["deliveries"][-1]
        assert [each["status"] for each in visible["attempts"]] == [200, 200]

    def test_custom_events_are_delivered(self, control: httpx.Client, receiver: ScriptedServer) -> None:
        event = {"trigger": "order:shipped", "number": 7}
        (delivery,) = control.post("/deliveries", json={"event": event}).json()["deliveries"]
        control.post("/deliveries/wait", json={})
        (sent,) = posts(receiver)
        assert (delivery["trigger"], sent.json()["number"]) == ("order:shipped", 7)

    def test_waiting_ends_in_time(self, control: httpx.Client, client: httpx.Client) -> None:
        with target((30, answer(200))) as receiver:
            client.post("/webhooks", json={"target": receiver.url})
            control.post("/users/ana/say", json={"content": "Hi"})
            assert control.post("/deliveries/wait", json={"timeout": 0.05}).json() == {"isIdle": False}
            (delivery,) = control.get("/deliveries").json()["deliveries"]
            (attempt,) = delivery["attempts"] or [{}]
            assert delivery["state"] == "active"
            assert "status" not in attempt
            control.post("/reset")

    def test_are_listed_in_the_order_of_their_start(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client
    ) -> None:
        with target((0.2, answer(200)), answer(200)) as slow:
            client.post("/webhooks", json={"target": slow.url})
            first, second = sandbox.say("ana", "1"), sandbox.say("ana", "2")
            sandbox.wait_for_deliveries()
            assert [each.json["messages"][0]["_id"] for each in sandbox.deliveries] == [first, second]

    def test_waiting_ones_are_cancelled_when_the_webhook_is_deleted(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client
    ) -> None:
        with target() as receiver:
            webhook = client.post("/webhooks", json={"target": receiver.url}).json()["webhook"]["_id"]
            sandbox.reorder_deliveries()
            sandbox.say("ana", "Held until the next one")
            client.delete(f"/webhooks/{webhook}")
            client.post("/webhooks", json={"target": receiver.url})
            sandbox.say("ana", "Hi")
            sandbox.wait_for_deliveries()
            held, sent = control.get("/deliveries").json()["deliveries"]
            assert (held["state"], held["attempts"], sent["state"]) == ("cancelled", [], "succeeded")


class TestFaults:
    KINDS = [  # noqa: RUF012
        {"kind": "fail", "times": 1, "status": 503, "headers": {"Retry-After": "1"}, "path": "/webhooks", "body": "{}"},
        {"kind": "delay", "times": 2, "seconds": 0.5, "method": "GET"},
        {"kind": "drop", "times": 1, "afterProcessing": True},
        {"kind": "garble", "times": 1},
        {"kind": "duplicateDeliveries", "times": 1, "trigger": "message:*"},
        {"kind": "reorderDeliveries", "times": 2},
        {"kind": "delayDeliveries", "times": 1, "seconds": 1},
        {"kind": "dropDeliveries", "times": 1},
        {"kind": "failChannel", "times": 1, "channel": "twilio", "code": "unauthorized", "message": "no"},
    ]

    def test_are_added_listed_and_deleted(self, control: httpx.Client) -> None:
        for fault in self.KINDS:
            assert control.post("/faults", json=fault).status_code == 201
        listed = control.get("/faults").json()["faults"]
        assert [{**visible, **fault} == visible for fault, visible in zip(self.KINDS, listed, strict=True)] == [
            True
        ] * 9
        assert control.delete("/faults").json() == {}
        assert control.get("/faults").json() == {"faults": []}

    def test_are_the_same_as_those_of_the_sandbox(self, sandbox: Sandbox, control: httpx.Client) -> None:
        control.post("/faults", json={"kind": "fail"})
        control.post("/faults", json={"kind": "reorderDeliveries"})
        listed = control.get("/faults").json()
        control.delete("/faults")
        sandbox.fail()
        sandbox.reorder_deliveries()
        assert control.get("/faults").json() == listed

    def test_are_applied(self, control: httpx.Client, client: httpx.Client) -> None:
        control.post("/faults", json={"kind": "fail", "status": 503, "body": {"a": 1}, "path": "/webhooks"})
        failed = httpx.get(str(client.base_url) + "webhooks", auth=client.auth)
        assert (failed.status_code, failed.json()) == (503, {"a": 1})
        assert control.get("/faults").json() == {"faults": []}

    @pytest.mark.parametrize(
        "fault",
        [
            {},
            {"kind": "explode"},
            {"kind": "fail", "times": 0},
            {"kind": "fail", "status": 99},
            {"kind": "fail", "tims": 1},
        ],
    )
    def test_unknown_ones_are_refused(self, control: httpx.Client, fault: dict[str, Any]) -> None:
        assert control.post("/faults", json=fault).status_code == 400

    def test_a_field_of_another_kind_is_refused(self, control: httpx.Client) -> None:
        refused = control.post("/faults", json={"kind": "fail", "trigger": "*"})
        assert refused.status_code == 400
        assert "trigger: is not a field of fail" in refused.json()["error"]["description"]


class TestEvents:
    def test_each_step_of_a_conversation_is_an_event(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client, receiver: ScriptedServer
    ) -> None:
        with stream(sandbox) as events:
            message_id = sandbox.say("ana", "Hi")
            added = next_of(events, "message")
            assert (added["message"]["id"], added["message"]["content"]["text"]) == (message_id, "Hi")
            posted = next_of(events, "delivery")
            assert posted["state"] == "active"
            while posted["state"] == "active":
                posted = next_of(events, "delivery")
            assert posted["state"] == "succeeded"
            sandbox.set_typing("ana")
            typing = next_of(events, "typing")
            assert (typing["author"], typing["isTyping"]) == ("user", True)
            client.post("/appusers/ana/conversation/activity", json={"role": "appMaker", "type": "typing:start"})
            assert next_of(events, "typing")["author"] == "business"
            action = {"type": "postback", "text": "Go", "payload": "GO"}
            body = {"role": "appMaker", "type": "text", "text": "?", "actions": [action]}
            client.post("/appusers/ana/messages", json=body)
            button = next_of(events, "message")["message"]["content"]["actions"][0]
            sandbox.click("ana", button["id"])
            assert next_of(events, "click")["action"]["id"] == button["id"]
            client.post("/appusers/ana/conversation/read")
            assert next_of(events, "conversation")["participants"][0]["unreadCount"] == 0
            client.delete("/appusers/ana")
            assert next_of(events, "userRemoved")

    def test_a_request_is_an_event_at_its_start_and_end(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with stream(sandbox) as events:
            sandbox.delay(0.1)
            client.get("/webhooks")
            first, second = next_of(events, "request"), next_of(events, "request")
            assert ("status" in first, second["status"]) == (False, 200)
            assert first["id"] == second["id"]

    @pytest.mark.parametrize(
        ("change", "kind"),
        [
            (lambda sandbox, client: sandbox.fail(), "faults"),
            (lambda sandbox, client: sandbox.reset(), "reset"),
            (lambda sandbox, client: client.put("/appusers/ana", json={"givenName": "Ana"}), "refresh"),
            (lambda sandbox, client: client.delete("/appusers/ana/messages"), "refresh"),
            (lambda sandbox, client: sandbox.authenticate_user("ana", email="a@x.org"), "user"),
            (lambda sandbox, client: client.post("/appusers", json={"userId": "bob"}), "refresh"),
        ],
    )
    def test_every_change_is_an_event(
        self, sandbox: Sandbox, client: httpx.Client, change: Callable[[Sandbox, httpx.Client], Any], kind: str
    ) -> None:
        sandbox.say("ana", "Hi")
        with stream(sandbox) as events:
            change(sandbox, client)
            next_of(events, kind)

    def test_mergers_and_removed_conversations_are_events(
        self, sandbox: Sandbox, client: httpx.Client, v2: httpx.Client
    ) -> None:
        users = [client.post("/appusers", json={"userId": name}).json()["appUser"]["_id"] for name in ("ana", "bob")]
        sandbox.open_chat("ana")
        body = {"type": "personal", "participants": [{"userId": users[0]}]}
        second = v2.post("/conversations", json=body).json()["conversation"]["id"]
        with stream(sandbox) as events:
            client.post("/appusers/merge", json={"surviving": {"_id": users[0]}, "discarded": {"_id": users[1]}})
            assert next_of(events, "refresh") == {}
            v2.delete(f"/conversations/{second}")
            assert next_of(events, "conversationRemoved") == {"id": second}

    def test_reading_is_not_an_event(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with stream(sandbox) as events:
            client.get("/webhooks")
            sandbox.say("ana", "Hi")
            kinds = []
            for _, kind, _ in events:
                kinds.append(kind)
                if kind == "message":
                    break
            assert "refresh" not in kinds

    def test_a_channel_reports_what_it_delivered(
        self, sandbox: Sandbox, control: httpx.Client, client: httpx.Client
    ) -> None:
        control.post("/users", json={"externalId": "ana", "channel": "whatsapp"})
        control.post("/users/ana/open", json={})
        with stream(sandbox) as events:
            posted = client.post("/appusers/ana/messages", json={"role": "appMaker", "type": "text", "text": "Hi"})
            sent, read = next_of(events, "messageDelivery"), next_of(events, "messageDelivery")
        assert (sent["channel"], sent["outcome"], read["outcome"]) == ("whatsapp", "channel", "user")
        assert sent["messageId"] == posted.json()["message"]["_id"]

    def test_other_apps_and_control_that_fails_are_no_events(
        self, sandbox: Sandbox, account: httpx.Client, v2: httpx.Client
    ) -> None:
        other = account.post("/apps", json={"name": "Other"}).json()["app"]["_id"]
        account.post(f"/apps/{other}/appusers", json={"userId": "eve"})
        sandbox.open_chat("ana")
        (conversation,) = v2.get("/conversations", params={"filter[userExternalId]": "ana"}).json()["conversations"]
        v2.post("/switchboards")
        with stream(sandbox) as events:
            body = {"role": "appUser", "type": "text", "text": "Hi"}
            assert account.post(f"/apps/{other}/appusers/eve/messages", json=body).status_code == 201
            assert v2.post(f"/conversations/{conversation['id']}/acceptControl", json={}).status_code == 400
            sandbox.say("ana", "Hi")
            kinds = [kind for _, kind, _ in itertools.islice(events, 5)]
        assert kinds == ["request"] * 4 + ["message"]

    def test_comments_keep_an_idle_stream_open(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sandbox_module, "KEEP_ALIVE", 0.01)
        with httpx.stream("GET", f"{sandbox.url}/_sandbox/events", timeout=10) as response:
            assert list(itertools.islice(response.iter_lines(), 3))[2] == ": keep-alive"

    def test_the_stream_continues_where_a_list_ended(self, sandbox: Sandbox, control: httpx.Client) -> None:
        sandbox.say("ana", "1")
        last = control.get("/users").json()["lastEventId"]
        sandbox.say("ana", "2")
        for options in ({"params": {"after": last}}, {"headers": {"Last-Event-ID": last}}):
            with stream(sandbox, **options) as events:
                event_id, kind, data = next(events)
                assert (kind, data["message"]["content"]["text"]) == ("message", "2")
                assert event_id == control.get("").json()["lastEventId"]

    @pytest.mark.parametrize("after", ["x", "1.1", "", "{run}.999999", "{run}.x", "{run}.-1"])
    def test_an_unknown_last_event_tells_the_page_to_read_the_lists_again(
        self, sandbox: Sandbox, control: httpx.Client, after: str
    ) -> None:
        run = control.get("").json()["lastEventId"].partition(".")[0]
        with stream(sandbox, params={"after": after.format(run=run)}) as events:
            if after:
                assert next(events)[1] == "refresh"
            sandbox.say("ana", "Hi")
            next_of(events, "message")

    def test_dropped_events_are_not_missed_silently(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(log_module, "KEPT_ENTRIES", 5)
        with Sandbox() as sandbox:
            first = httpx.get(f"{sandbox.url}/_sandbox").json()["lastEventId"]
            for _ in range(3):
                sandbox.say("ana", "Hi")
            with stream(sandbox, params={"after": first}) as events:
                assert next(events)[1] == "refresh"

    def test_two_watchers_get_the_same_events(self, sandbox: Sandbox) -> None:
        seen: list[list[Any]] = [[], []]

        def watch(number: int, ready: threading.Event) -> None:
            with stream(sandbox) as events:
                ready.set()
                for event in events:
                    seen[number].append(event)
                    if event[1] == "reset":
                        return

        signals = [threading.Event(), threading.Event()]
        threads = [threading.Thread(target=watch, args=(n, signals[n])) for n in range(2)]
        for thread, ready in zip(threads, signals, strict=True):
            thread.start()
            assert ready.wait(10)
        for number in range(50):
            sandbox.say("ana", str(number))
        sandbox.reset()
        for thread in threads:
            thread.join(10)
        assert [(event[0], event[1]) for event in seen[0]] == [(event[0], event[1]) for event in seen[1]]
        assert sum(event[1] == "message" for event in seen[0]) == 50

    def test_stopping_does_not_wait_for_watchers(self) -> None:
        sandbox = Sandbox().start()
        with stream(sandbox) as events:
            sandbox.say("ana", "Hi")
            next_of(events, "message")
            sandbox.stop()


def test_reset(sandbox: Sandbox, control: httpx.Client, client: httpx.Client) -> None:
    control.post("/users/ana/say", json={"content": "Hi"})
    client.get("/webhooks")
    control.post("/faults", json={"kind": "fail"})
    assert control.post("/reset").json() == {}
    for name in ("users", "conversations", "requests", "deliveries", "faults"):
        assert control.get(f"/{name}").json()[name] == []
