"""Build request bodies of v1, and parse the list of webhooks."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smooch_api import Response
from smooch_api.base import dump
from smooch_api.v1 import models

from smooch._v1 import bodies, config
from smooch._webhook_reconciler import Hook
from smooch.errors import InvalidInput, UnreadableResponse

BODIES = bodies.BodyBuilder(check=True)


def message(given: Any, *, sent_by_maker: bool = False) -> dict[str, Any]:
    return dump(BODIES.build_message(given, sent_by_maker=sent_by_maker))


def test_a_text_becomes_a_message_of_the_user_or_the_business() -> None:
    assert message("Hi") == {"role": "appUser", "type": "text", "text": "Hi"}
    assert message(" Hi\n", sent_by_maker=True) == {"role": "appMaker", "type": "text", "text": " Hi\n"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"text": "Hi"}, {"role": "appUser", "type": "text", "text": "Hi"}),
        ({"text": "Hi", "metadata": {"a": 1}}, {"role": "appUser", "type": "text", "text": "Hi", "metadata": {"a": 1}}),
        ({"text": "Hi", "role": "appMaker"}, {"role": "appMaker", "type": "text", "text": "Hi"}),
        ({"mediaUrl": "https://a.example/b.png"}, {"role": "appUser", "mediaUrl": "https://a.example/b.png"}),
        (
            {"text": "a cat", "mediaUrl": "https://a.example/b.png"},
            {"role": "appUser", "text": "a cat", "mediaUrl": "https://a.example/b.png"},
        ),
        ({"type": "sticker", "pack": {"id": 3}}, {"role": "appUser", "type": "sticker", "pack": {"id": 3}}),
        (MappingProxyType({"text": "Hi"}), {"role": "appUser", "type": "text", "text": "Hi"}),
    ],
)
def test_a_mapping_gets_a_role_and_texts_get_a_type(given: Any, expected: dict[str, Any]) -> None:
    before = dict(given)
    assert message(given) == expected
    assert dict(given) == before


def test_a_model_is_sent_unchanged() -> None:
    post = models.MessagePost(role="appMaker", type_="text", text="Hi")
    assert dump(BODIES.build_message(post, sent_by_maker=False)) == post.to_dict()
    assert dump(BODIES.build_message(post, sent_by_maker=True)) == post.to_dict()


@pytest.mark.parametrize(
    "given", [{"role": "appUser", "text": "Hi"}, models.MessagePost(role="appUser", type_="text", text="Hi")]
)
def test_contradicting_roles_are_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match=r"message\.role is 'appUser', but sent_by_maker means 'appMaker'") as caught:
        message(given, sent_by_maker=True)
    assert caught.value.field == "message.role"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("", "message"),
        (" \n", "message"),
        ("\ud800", "message"),
        (None, "message"),
        (5, "message"),
        (b"Hi", "message"),
        ([{"text": "Hi"}], "message"),
        ({"text": 5}, "message.text"),
        ({"type": "text"}, "message"),
        ({"text": "Hi", "role": "whisper"}, "message.role"),
        ({"text": "Hi", "x": math.nan}, "message.x"),
        ({"text": "Hi", "x": datetime(2026, 1, 1, tzinfo=UTC)}, "message.x"),
        ({"text": "Hi", "metadata": {"at": datetime(2026, 1, 1, tzinfo=UTC)}}, "message.metadata.at"),
        (models.MessagePost(role="appUser", type_="image"), "message.mediaUrl"),
        (models.AppUserUpdate(email="ana@example.com"), "message"),
    ],
)
def test_invalid_messages_are_refused_with_the_name_of_the_field(given: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        message(given)
    assert caught.value.field == field
    assert field in str(caught.value)


@pytest.mark.parametrize(
    ("instant", "digits"),
    [
        (1450970238.297, "1450970238.297"),
        (1450970238, "1450970238"),
        (0, "0"),
        (0.5, "0.5"),
        (1e-5, "0.000010"),
        ("1450970238.297", "1450970238.297"),
        ("1450970238", "1450970238"),
        (datetime(2015, 12, 24, 15, 17, 18, 297000, UTC), "1450970238.297"),
        (datetime(2015, 12, 24, 16, 17, 18, 297000, timezone(timedelta(hours=1))), "1450970238.297"),
    ],
)
def test_an_instant_is_sent_as_seconds_in_digits(instant: Any, digits: str) -> None:
    assert bodies.build_page_query(instant, None) == {"before": digits}
    assert bodies.build_page_query(None, instant) == {"after": digits}


@given(st.floats(0, 1e14, allow_nan=False))
def test_seconds_keep_every_digit(seconds: float) -> None:
    digits = bodies.build_page_query(seconds, None)["before"]
    assert set(digits) <= set("0123456789.")
    assert float(digits) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(
    "instant",
    [
        *(-1, -0.5, math.nan, math.inf, True, 1e300, 10**400, Decimal("1.5"), Fraction(1, 2), [5]),
        *("", " 5 ", "1_000", "1e5", "+5", "-5", "nan", "yesterday", "٣", "2015-12-24T15:17:18.297Z"),
        *(datetime.fromisoformat("2015-12-24"), datetime(1960, 1, 1, tzinfo=UTC)),
    ],
)
def test_invalid_instants_are_refused(instant: Any) -> None:
    for name, page in (("before", (instant, None)), ("after", (None, instant))):
        with pytest.raises(InvalidInput, match=name) as caught:
            bodies.build_page_query(*page)
        assert caught.value.field == name


def test_before_and_after_exclude_each_other_even_at_zero() -> None:
    with pytest.raises(InvalidInput, match="before and after exclude each other"):
        bodies.build_page_query(0, 0)
    assert bodies.build_page_query(None, None) == {}


def link(channel: Any, entity: Any, *, skip: bool = False, version: str = "v1") -> dict[str, Any]:
    return dump(BODIES.build_link(channel, entity, skip_confirmation=skip, api_version=version))


PHONE = {"phoneNumber": "+15145550101"}


def test_skip_confirmation_has_the_form_of_each_version() -> None:
    assert link("twilio", PHONE) == {"type": "twilio", **PHONE, "skipConfirmation": False}
    assert link("twilio", PHONE, skip=True) == {"type": "twilio", **PHONE, "skipConfirmation": True}
    assert link("twilio", PHONE, version="v1.1") == {"type": "twilio", **PHONE}
    immediate = {"type": "twilio", **PHONE, "confirmation": {"type": "immediate"}}
    assert link("twilio", PHONE, skip=True, version="v1.1") == immediate


def test_the_confirmation_of_the_entity_takes_precedence() -> None:
    entity = {**PHONE, "confirmation": {"type": "prompt"}}
    assert link("twilio", entity, skip=True, version="v1.1") == {"type": "twilio", **entity}
    entity = {**PHONE, "skipConfirmation": False}
    assert link("twilio", entity, skip=True) == {"type": "twilio", **entity}


@pytest.mark.parametrize(
    ("channel", "entity", "field"),
    [
        ("", PHONE, "channel"),
        (None, PHONE, "channel"),
        ("twilio", "+15145550101", "entity"),
        ("twilio", None, "entity"),
        ("twilio", {}, "entity.phoneNumber"),
        ("twilio", {"phoneNumber": "5145550101"}, "entity.phoneNumber"),
        ("mailgun", PHONE, "entity.address"),
        ("messenger", {**PHONE, "confirmation": {"type": "userActivity"}}, "entity.confirmation.message"),
    ],
)
def test_an_entity_that_does_not_identify_the_user_is_refused(channel: Any, entity: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        link(channel, entity)
    assert caught.value.field == field


def test_the_role_of_an_activity_follows_from_its_type() -> None:
    assert dump(BODIES.build_activity("typing:start")) == {"type": "typing:start", "role": "appMaker"}
    assert dump(BODIES.build_activity("typing:stop", name="Ana", avatar_url=None)) == {
        "type": "typing:stop",
        "role": "appMaker",
        "name": "Ana",
    }
    assert dump(BODIES.build_activity("conversation:read")) == {"type": "conversation:read", "role": "appUser"}
    for unknown in ("typing", "", None):
        with pytest.raises(InvalidInput) as caught:
            BODIES.build_activity(unknown)  # type: ignore[arg-type]
        assert caught.value.field == "activity.type"
    with pytest.raises(InvalidInput) as caught:
        BODIES.build_activity("typing:start", avatar_url="ana.png")
    assert caught.value.field == "activity.avatarUrl"


@pytest.mark.parametrize(
    "data",
    [{}, {"givenName": "Ana"}, {"properties": {"number": "213123"}, "credentialRequired": True}, {"new": [None, 1.5]}],
)
def test_a_body_is_sent_unchanged_with_unknown_fields(data: dict[str, Any]) -> None:
    assert dump(BODIES.build_body(models.AppUserUpdate, data, "data")) == data
    assert dump(BODIES.build_body(models.AppUserUpdate, models.AppUserUpdate.from_dict(data), "data")) == data


@pytest.mark.parametrize("data", [None, "givenName", 5, [("givenName", "Ana")], models.AppUserPreCreate(user_id="a")])
def test_a_body_is_a_mapping_or_its_model(data: Any) -> None:
    with pytest.raises(InvalidInput, match=r"data must be a mapping or AppUserUpdate, got \w+$") as caught:
        BODIES.build_body(models.AppUserUpdate, data, "data")
    assert caught.value.field == "data"


# Any path


def settings(**options: Any) -> config.Settings:
    defaults: dict[str, Any] = {"app_id": None, "api_version": "v1", "region": "us", "base_url": None, "timeout": 30}
    return config.build_settings(
        "app_1",
        **defaults | {"deadline": 60, "retries": 3, "max_connections": 100, "max_response_bytes": 1000} | options,
    )


def test_a_model_that_holds_itself_is_refused() -> None:
    quoted = models.QuotedContent()
    message = models.MessagePost(role="appUser", type_="text", text="a", quoted_message=quoted)
    quoted.content = message  # type: ignore[assignment]
    with pytest.raises(InvalidInput, match="message contains itself"):
        BODIES.build_message(message, sent_by_maker=False)


@pytest.mark.parametrize(
    "endpoint",
    [
        "appusers/b6518",
        "/appusers/b6518",
        "appusers/a%2Fb/messages?before=5",
        "appusers/https%3A%2F%2Fa.example",
        "appusers/b6518/messages?callback=https://a.example/../b",
        "appusers/...",
        "https://api.smooch.io/v1/appusers/b6518/messages?before=5",
    ],
)
def test_paths_and_urls_of_the_api_are_accepted(endpoint: str) -> None:
    assert bodies.check_endpoint(endpoint, settings()) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        *(
            "",
            "/",
            "//",
            None,
            5,
            "..",
            "appusers/..",
            "appusers/../webhooks",
            "appusers/./b6518",
            "appusers/a#b",
            "\ud800",
        ),
        *("https://example.com/v1/appusers", "http://api.smooch.io/v1/appusers", "https://api.smooch.io/v1.1/appusers"),
        *("https://api.smooch.io/v1", "https://api.smooch.io/v1x/appusers", "https://api.smooch.io:8443/v1/appusers"),
        *(
            "https://api.smooch.io/v1/../v2/apps",
            "https://api.smooch.io@example.com/v1/appusers",
            "//example.com/appusers",
        ),
        *("https://api.smooch.io.example.com/v1/appusers", "ftp://api.smooch.io/v1/appusers"),
    ],
)
def test_urls_of_other_hosts_and_path_changes_are_refused(endpoint: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        bodies.check_endpoint(endpoint, settings())
    assert caught.value.field == "endpoint"


def test_a_url_of_the_api_must_be_below_its_version() -> None:
    own = settings(app_id="5a", api_version="v1.1", base_url="http://127.0.0.1:8000/smooch/")
    for path in ("apps/5a/appusers/b6518", "apps", "serviceaccounts"):
        bodies.check_endpoint(f"http://127.0.0.1:8000/smooch/v1.1/{path}", own)
    with pytest.raises(InvalidInput):
        bodies.check_endpoint("http://127.0.0.1:8000/v1.1/apps", own)


def test_data_is_the_query_or_the_body_or_the_form() -> None:
    assert bodies.build_request_options("get", "a", None, None) == {}
    assert bodies.build_request_options("get", "a?b=1", {}, None) == {}
    assert bodies.build_request_options("GET", "a", {"b": 1}, None) == {"params": httpx.QueryParams({"b": "1"})}
    assert bodies.build_request_options("delete", "a", {"b": ["c", "d"]}, None) == {
        "params": httpx.QueryParams("b=c&b=d")
    }
    assert bodies.build_request_options("post", "a", {"b": 1}, None) == {"json": {"b": 1}}
    assert bodies.build_request_options("put", "a", {}, None) == {"json": {}}
    assert bodies.build_request_options("patch", "a", None, None) == {}
    files = {"source": ("cat.png", b"png", "image/png")}
    assert bodies.build_request_options("post", "a", {"role": "appUser"}, files) == {
        "data": {"role": "appUser"},
        "files": files,
    }
    assert bodies.build_request_options("post", "a", None, files) == {"data": None, "files": files}


def test_a_query_is_added_to_the_query_of_the_url() -> None:
    options = bodies.build_request_options("get", "a?before=5&x=1", {"x": 2, "limit": 3}, None)
    assert options == {"params": httpx.QueryParams("before=5&x=2&limit=3")}


@pytest.mark.parametrize("method", ["", "options", "get ", "brew", None, 5])
def test_a_method_that_the_api_does_not_have_is_refused(method: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        bodies.build_request_options(method, "a", None, None)
    assert caught.value.field == "method"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (math.nan, "data"),
        ({"at": datetime(2026, 1, 1, tzinfo=UTC)}, "data.at"),
        ({"a": {1}}, "data.a"),
        (["\ud800"], "data[0]"),
    ],
)
def test_values_that_json_cannot_hold_are_refused(data: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        bodies.build_request_options("post", "a", data, None)
    assert caught.value.field == field


def response(content: bytes) -> httpx.Response:
    return httpx.Response(200, content=content, request=httpx.Request("GET", "https://api.smooch.io/v1/a"))


def test_a_response_of_any_path_is_plain_json() -> None:
    for content, parsed in [(b'{"a": [1.0, null]}', {"a": [1.0, None]}), (b"[]", []), (b"", None)]:
        answer = bodies.build_response(response(content))
        assert (answer.status_code, answer.content, answer.parsed) == (200, content, parsed)
    for content in (b"<html>", b'{"a": ', b"\xff"):
        with pytest.raises(UnreadableResponse):
            bodies.build_response(response(content))


# Webhooks


def test_unreadable_webhooks_of_a_list_are_skipped() -> None:
    listed = {
        "webhooks": [
            None,
            "webhook",
            {"_id": "a"},
            {"target": "https://here.example/hook"},
            {"_id": 5, "target": "https://here.example/hook"},
            {"_id": "d", "target": "no URL"},
            {"_id": None, "target": "https://here.example/hook"},
            {"_id": "b", "target": "https://here.example/hook", "triggers": None},
            {
                "_id": "c",
                "target": "https://here.example/hook",
                "triggers": ["x"],
                "secret": "s",
                "version": "v1.1",
                "includeClient": True,
            },
            {"_id": "e", "target": "https://here.example/hook", "version": "v1"},
            {"_id": "f", "target": "https://here.example/hook", "version": "v2"},
        ]
    }
    plain = {"includeClient": False, "includeFullAppUser": False}
    answer: Response[Any] = Response(200, json.dumps(listed).encode(), {}, None)
    assert bodies.list_hooks(answer, "/v1.1") == [
        Hook("b", "https://here.example/hook", (), options=plain),
        Hook("c", "https://here.example/hook", ("x",), "s", {**plain, "includeClient": True}),
        Hook("e", "https://here.example/hook", (), options=plain, is_outdated=True),
    ]
    assert "'s'" not in repr(bodies.list_hooks(answer, "/v1.1"))
    assert not any(hook.is_outdated for hook in bodies.list_hooks(answer, "/v1"))
