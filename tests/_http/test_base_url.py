"""Both clients refuse base URLs that change the paths of requests or send the key unencrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.scripted_server import ScriptedServer, answer

from smooch import v1, v2
from smooch.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS: list[Callable[[Any], Any]] = [
    lambda base_url: v1.Smooch("app_5a", "a secret", base_url=base_url, retries=0),
    lambda base_url: v2.Smooch("app_5a", "a secret", "5a", base_url=base_url, retries=0),
    lambda base_url: v2.authorize_url("5e4f", base_url=base_url),
    lambda base_url: v2.Smooch.exchange_code("c", client_id="5e4f", client_secret="s", base_url=base_url),
]
KEPT_BY_HTTPX = ["?", "#", "/?", "/#", "/a?", "?#", "/?a=b", "/#a", "/%2e%2e/", "/%2E"]
SUFFIXES = [*KEPT_BY_HTTPX, "/a/../b", "/..", "/.", " ", "/ ", "/a b"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_base_urls_that_change_paths_are_refused_and_nothing_is_sent(suffix: str) -> None:
    with ScriptedServer(lambda _: answer(200, {})) as server:
        for make in CLIENTS:
            for base_url in (
                server.url + suffix,
                *([httpx.URL(server.url + suffix)] if suffix in KEPT_BY_HTTPX else []),
            ):
                with pytest.raises(InvalidInput) as caught:
                    make(base_url)
                assert caught.value.field == "base_url"
        assert server.requests == []


@pytest.mark.parametrize(
    "base_url",
    [
        *("", " ", "example.com", "ftp://example.com", "https://", "https:///a", " https://example.com"),
        *("https://example.com\n", "https://exa mple.com", "https://example.com\x00", "https://example.com/\ud800"),
        *(
            "https://@example.com",
            "https://ana@example.com",
            "https://ana:hunter2@example.com",
            r"https://example.com\a",
        ),
        *("https://example.com:99999", "https://example.com:0", "https://example.com:port", "https://a..b"),
        *(f"https://{'a' * 64}.example", f"https://{'a.' * 130}b", "https://[::g]", "https://a%20b", "https://xn--"),
        *(5, b"https://example.com", ["https://example.com"]),
    ],
)
def test_invalid_base_urls_are_refused(base_url: Any) -> None:
    for make in CLIENTS:
        with pytest.raises(InvalidInput, match="base_url") as caught:
            make(base_url)
        assert caught.value.field == "base_url"
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        *("smooch.io", "zendesk.com", "api.smooch.io", "a.zendesk.com", "SMOOCH.IO", "smooch.io.", "api。smooch.io"),
        "API.EU-1.smooch.io:80",
    ],
)
def test_unencrypted_base_urls_of_the_api_are_refused(host: str) -> None:
    for make in CLIENTS:
        with pytest.raises(InvalidInput, match="write https://") as caught:
            make(f"http://{host}/sc")
        assert caught.value.field == "base_url"


@pytest.mark.parametrize(
    "base_url",
    [
        *("https://api.smooch.io", "https://a.zendesk.com/sc", "http://smooch.io.test", "http://localhost"),
        "http://127.0.0.1:8000",
        "http://[::1]:8000/",
        "https://münchen.example",
        "http://smooch",
        "http://notsmooch.io",
        "https://a_b.example/sc/",
    ],
)
def test_other_base_urls_are_accepted(base_url: str) -> None:
    for make in CLIENTS[:3]:
        client = make(base_url)
        if not isinstance(client, str):
            client.close()
