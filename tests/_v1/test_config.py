"""The configuration of v1 clients: arguments, environment and `with_options`."""

from __future__ import annotations

import math
import os
from typing import Any

import attrs
import httpx
import pytest

from smooch import _checks, _http
from smooch._v1 import config
from smooch.errors import InvalidInput

APP_KEY = "app_5a00000000000000000000aa"
DEFAULTS: dict[str, Any] = {
    "app_id": None,
    "api_version": "v1",
    "region": "us",
    "base_url": None,
    "timeout": _http.TIMEOUT,
    "deadline": 60.0,
    "retries": 3,
    "max_connections": 100,
    "max_response_bytes": 1000,
}


def settings(key_id: str = APP_KEY, **options: Any) -> config.Settings:
    return config.build_settings(key_id, **DEFAULTS | options)


@pytest.mark.parametrize(
    ("options", "base_url"),
    [
        ({}, "https://api.smooch.io/v1"),
        ({"region": "eu-1"}, "https://api.eu-1.smooch.io/v1"),
        ({"app_id": "5a"}, "https://api.smooch.io/v1/apps/5a"),
        ({"app_id": "5a", "api_version": "v1.1"}, "https://api.smooch.io/v1.1/apps/5a"),
        ({"app_id": "a/b ü"}, "https://api.smooch.io/v1/apps/a%2Fb%20%C3%BC"),
        ({"base_url": "http://127.0.0.1:8000"}, "http://127.0.0.1:8000/v1"),
        ({"base_url": "http://127.0.0.1:8000/"}, "http://127.0.0.1:8000/v1"),
        ({"base_url": "https://example.com/smooch/"}, "https://example.com/smooch/v1"),
        ({"base_url": "https://ana.zendesk.com/sc", "app_id": "5a"}, "https://ana.zendesk.com/sc/v1/apps/5a"),
        ({"base_url": httpx.URL("https://example.com")}, "https://example.com/v1"),
    ],
)
def test_the_base_url_follows_from_region_version_and_app(options: dict[str, Any], base_url: str) -> None:
    assert str(settings(**options).base_url) == base_url


@pytest.mark.parametrize(
    ("key_id", "scope"),
    [(APP_KEY, "app"), ("act_5a", "account"), ("svc_5a", "account"), ("5a00", "app"), ("acted", "app")],
)
def test_the_scope_follows_from_the_key(key_id: str, scope: str) -> None:
    assert settings(key_id).scope == scope


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"api_version": "v2"}, "api_version"),
        ({"api_version": "1.1"}, "api_version"),
        ({"api_version": None}, "api_version"),
        ({"region": "eu"}, "region"),
        ({"region": None}, "region"),
        ({"region": "mars", "base_url": "https://example.com"}, "region"),
        ({"app_id": ""}, "app_id"),
        ({"app_id": " "}, "app_id"),
        ({"app_id": ".."}, "app_id"),
        ({"app_id": 5}, "app_id"),
        ({"app_id": "\ud800"}, "app_id"),
        ({"api_version": "v1.1"}, "app_id"),
        ({"base_url": "https://api.smooch.io/v1"}, "base_url"),
        ({"base_url": "https://api.smooch.io/v1.1/"}, "base_url"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": True}, "timeout"),
        ({"timeout": "30"}, "timeout"),
        ({"timeout": None}, "timeout"),
        ({"timeout": math.nan}, "timeout"),
        ({"deadline": 0}, "deadline"),
        ({"deadline": math.inf}, "deadline"),
        ({"deadline": "60"}, "deadline"),
        ({"retries": -1}, "retries"),
        ({"retries": 1.5}, "retries"),
        ({"retries": True}, "retries"),
        ({"max_connections": 0}, "max_connections"),
        ({"max_connections": None}, "max_connections"),
        ({"max_response_bytes": 0}, "max_response_bytes"),
        ({"max_response_bytes": 1e6}, "max_response_bytes"),
    ],
)
def test_invalid_arguments_are_refused_by_name(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        settings(**options)
    assert caught.value.field == field
    assert field in str(caught.value)


def test_a_number_sets_every_timeout_and_connecting_takes_five_seconds_at_most() -> None:
    assert settings(timeout=7).timeout == httpx.Timeout(7.0, connect=5.0)
    assert settings(timeout=0.5).timeout == httpx.Timeout(0.5)
    own = httpx.Timeout(1, read=2, write=3, pool=4)
    assert settings(timeout=own).timeout is own
    assert settings(deadline=None).deadline is None
    assert settings(deadline=5).deadline == 5.0


def test_every_argument_has_a_variable_and_empty_ones_are_ignored() -> None:
    environment = {
        "SMOOCH_KEY_ID": "app_1",
        "SMOOCH_SECRET": "geheim",
        "SMOOCH_APP_ID": "5a",
        "SMOOCH_API_VERSION": "v1.1",
        "SMOOCH_REGION": "eu-1",
        "SMOOCH_BASE_URL": "",
        "PATH": "/bin",
    }
    assert config.read_environment({}, environment) == {
        "key_id": "app_1",
        "secret": "geheim",
        "app_id": "5a",
        "api_version": "v1.1",
        "region": "eu-1",
    }


def test_options_override_and_complete_the_environment() -> None:
    environment = {"SMOOCH_KEY_ID": "app_1", "SMOOCH_REGION": "eu-1"}
    options = {"secret": "geheim", "region": "us", "retries": 0}
    expected = {"key_id": "app_1", "secret": "geheim", "region": "us", "retries": 0}
    assert config.read_environment(options, environment) == expected


def test_the_environment_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SMOOCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SMOOCH_KEY_ID", "app_1")
    monkeypatch.setenv("SMOOCH_SECRET", "geheim")
    assert config.read_environment({}) == {"key_id": "app_1", "secret": "geheim"}


@pytest.mark.parametrize("missing", ["SMOOCH_KEY_ID", "SMOOCH_SECRET"])
def test_a_missing_variable_is_named(missing: str) -> None:
    environment = {"SMOOCH_KEY_ID": "app_1", "SMOOCH_SECRET": "geheim"} | {missing: ""}
    with pytest.raises(InvalidInput, match=missing) as caught:
        config.read_environment({}, environment)
    assert caught.value.field == missing


def with_options(settings: config.Settings, options: dict[str, Any]) -> config.Settings:
    return attrs.evolve(settings, **_checks.validate_call_options(options))


def test_with_options_changes_call_options_only() -> None:
    before = settings(app_id="5a")
    after = with_options(before, {"timeout": 2, "deadline": None, "retries": 0})
    assert (after.timeout, after.deadline, after.retries) == (httpx.Timeout(2.0), None, 0)
    assert (after.base_url, after.scope, after.max_connections) == (
        before.base_url,
        before.scope,
        before.max_connections,
    )
    assert with_options(before, {}) == before


@pytest.mark.parametrize("options", [{"timeout": 0}, {"deadline": -1}, {"retries": "3"}])
def test_with_options_refuses_what_the_constructor_refuses(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        with_options(settings(), options)
    assert caught.value.field in options


@pytest.mark.parametrize("name", ["timeot", "region", "key_id"])
def test_with_options_refuses_unknown_names(name: str) -> None:
    with pytest.raises(TypeError, match=f"'{name}'"):
        with_options(settings(), {name: 1})
