"""Invalid environment variables raise `InvalidInput` with the variable's name before anything is sent."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import TYPE_CHECKING, Any

import pytest

from smooch import v1, v2
from smooch._http import connections
from smooch.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PASSWORD = "hunter22hunter22"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


async def call_async(url: str) -> None:
    async with v2.AsyncSmooch("app_5a", "a secret", "5a", base_url=url, retries=0) as api:
        await api.users.get("b6518")


def call_sync(url: str) -> None:
    with v1.Smooch("app_5a", "a secret", base_url=url, retries=0) as api:
        api.get_user("b6518")


CALLS: list[Callable[[str], Any]] = [call_sync, lambda url: asyncio.run(call_async(url))]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *map(str.upper, VARIABLES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    connections.tls_context.cache_clear()


def refused(url: str, variable: str) -> None:
    for call in CALLS:
        with pytest.raises(InvalidInput, match=variable) as caught:
            call(url)
        assert caught.value.field == variable
        assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "proxy",
    [
        *("http://", "http://:8080", "ftp://proxy.example", "http://proxy.example:99999", "http://proxy.example:port"),
        *("http://[::g]", "http://a..b", f"http://ana:{PASSWORD}", f"ana:{PASSWORD}", f"http://ana:{PASSWORD}@", " "),
        *(f"http://ana:{PASSWORD}@proxy example", "http://xn--", "http://proxy\x7f", "://"),
    ],
)
def test_an_invalid_proxy_url_is_refused_with_the_name_of_its_variable(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, url in (("HTTPS_PROXY", "https://api.smooch.io"), ("HTTP_PROXY", "http://example.com")):
        monkeypatch.setenv(variable, proxy)
        refused(url, variable)
        monkeypatch.delenv(variable)
        monkeypatch.setenv("ALL_PROXY", proxy)
        refused(url, "ALL_PROXY")
        monkeypatch.delenv("ALL_PROXY")


@pytest.mark.skipif(importlib.util.find_spec("socksio") is not None, reason="socksio is installed")
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_refused_with_the_name_of_the_missing_package(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://ana:{PASSWORD}@proxy.example:1080")
    refused("https://api.smooch.io", "ALL_PROXY")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE"])
def test_certificates_that_cannot_be_loaded_are_refused(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    for value in (tmp_path / "missing.pem", broken, tmp_path, "a\x7fb"):
        connections.tls_context.cache_clear()
        monkeypatch.setenv(variable, str(value))
        refused("https://api.smooch.io", variable)


def test_proxies_of_other_schemes_and_exempt_hosts_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://")
    monkeypatch.setenv("NO_PROXY", "api.smooch.io")
    with v1.Smooch("app_5a", "a secret", base_url="http://example.com"):
        pass
    with v1.Smooch("app_5a", "a secret"):
        pass
