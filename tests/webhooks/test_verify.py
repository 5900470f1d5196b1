"""Verify the key of a delivery."""

from __future__ import annotations

import email.message
import hmac
from typing import Any

import django.http.request
import httpx
import pytest
import starlette.datastructures
import werkzeug.datastructures

from smooch import InvalidInput
from smooch.webhooks import WebhookRejected, verify

from .payloads import SECRET


def as_message(value: str) -> email.message.Message:
    message = email.message.Message()
    message["Host"], message["X-Api-Key"] = "bot.example", value
    return message


SHAPES: dict[str, Any] = {
    "dict": lambda value: {"Host": "bot.example", "X-API-Key": value},
    "dict in lower case": lambda value: {"x-api-key": value},
    "dict in upper case": lambda value: {"X-API-KEY": value},
    "dict of bytes": lambda value: {b"X-Api-Key": value.encode()},
    "list of pairs": lambda value: [("Host", "bot.example"), ("x-api-key", value)],
    "list of lists": lambda value: [["X-API-Key", value]],
    "iterator of pairs": lambda value: iter([("X-API-Key", value)]),
    "ASGI scope": lambda value: [(b"host", b"bot.example"), (b"x-api-key", value.encode())],
    "httpx": lambda value: httpx.Headers({"X-API-Key": value}),
    "Starlette": lambda value: starlette.datastructures.Headers(raw=[(b"x-api-key", value.encode())]),
    "Werkzeug": lambda value: werkzeug.datastructures.Headers([("X-Api-Key", value)]),
    "Flask": lambda value: werkzeug.datastructures.EnvironHeaders({"HTTP_X_API_KEY": value}),
    "Django": lambda value: django.http.request.HttpHeaders({"HTTP_X_API_KEY": value}),
    "WSGI environment or Django's META": lambda value: {"wsgi.input": object(), "HTTP_X_API_KEY": value},
    "http.server": as_message,
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_headers_of_any_framework(shape: Any) -> None:
    verify(shape(SECRET), SECRET)
    with pytest.raises(WebhookRejected, match="is not the secret"):
        verify(shape(SECRET[:-1]), SECRET)


@pytest.mark.parametrize(
    "headers", [{}, [], {"API-Key": SECRET}, {"Authorization": SECRET}, {"X-API-Key": None}, [("X-API-Key",)], [None]]
)
def test_without_a_key_a_delivery_is_rejected(headers: Any) -> None:
    with pytest.raises(WebhookRejected, match="has no X-API-Key"):
        verify(headers, SECRET)


@pytest.mark.parametrize(
    "value", ["", " ", SECRET + "\0", SECRET.upper(), SECRET * 2, f"{SECRET}, {SECRET}", "clé", "\ud800", "🔑"]
)
def test_any_other_key_is_rejected(value: str) -> None:
    with pytest.raises(WebhookRejected):
        verify({"X-API-Key": value}, SECRET)


def test_two_secrets_are_accepted_during_a_rotation() -> None:
    for secrets in (["old", "new"], ("new", "old"), {"old", "new"}, (each for each in ("old", "new"))):
        verify({"X-API-Key": "old"}, secrets)
    with pytest.raises(WebhookRejected):
        verify({"X-API-Key": "older"}, ["old", "new"])


def test_one_matching_key_header_among_several_is_enough() -> None:
    verify([("X-API-Key", "other"), ("x-api-key", SECRET)], SECRET)


@pytest.mark.parametrize("value", ["clé", "clé".encode(), "clé".encode().decode("latin-1")])
def test_a_secret_beyond_ascii_matches_however_the_server_decodes_it(value: Any) -> None:
    verify({"X-API-Key": value}, "clé")
    with pytest.raises(WebhookRejected):
        verify({"X-API-Key": value}, "cle")


def test_all_secrets_are_compared_in_constant_time_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append((a, b)) or compare(a, b))
    verify({"X-API-Key": "a"}, ["a", "b", "c"])
    assert compared == [(b"a", b"a"), (b"a", b"b"), (b"a", b"c")]


@pytest.mark.parametrize(
    "secret", ["", [], (), [SECRET, ""], [SECRET, None], None, 5, b"in-bytes", f"{SECRET}\n", [" padded"]]
)
def test_an_invalid_secret_is_refused_without_showing_it(secret: Any) -> None:
    with pytest.raises(InvalidInput, match="secret") as caught:
        verify({"X-API-Key": SECRET}, secret)
    assert caught.value.field == "secret"
    assert SECRET not in repr(caught.value)
    assert "in-bytes" not in repr(caught.value)


def test_no_error_shows_a_secret() -> None:
    with pytest.raises(WebhookRejected) as caught:
        verify({"X-API-Key": "guessed-by-somebody"}, [SECRET, "another-secret"])
    assert not any(text in repr(caught.value) for text in (SECRET, "another-secret", "guessed"))
    assert caught.value.__context__ is None
