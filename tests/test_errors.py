"""The tree of exceptions, `Retry-After`, and redaction."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import time
from email.utils import formatdate

import httpx
import pytest
import smooch_api

import smooch
from smooch import _redaction, errors
from smooch.v1 import AsyncSmooch, Smooch

# The tree of exceptions


def drawn() -> dict[str, str]:
    """Return each class drawn in the module's docstring, with its base class."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").partition("\n\n")[2].splitlines():
        if match := re.match(r"([│├└─ ]*)([A-Z]\w+)", line):
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            parents[match[2]] = path[depth - 1] if depth else ""
    return parents


def test_the_classes_form_the_tree_in_the_docstring() -> None:
    tree = drawn()
    assert sorted(tree) == sorted(errors.__all__)
    assert tree.pop("SmoochError") == ""
    for name, parent in tree.items():
        visible = [cls.__name__ for cls in getattr(errors, name).__mro__[1:] if not cls.__name__.startswith("_")]
        assert visible[0] == parent


def test_every_status_in_the_docstring_has_its_class() -> None:
    for name, status in re.findall(r"(\w+) +(\d{3})", errors.__doc__ or ""):
        assert errors.APIError.by_status[int(status)] is getattr(errors, name)


def test_every_exception_is_a_smooch_error() -> None:
    classes = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)]
    assert all(issubclass(cls, errors.SmoochError) for cls in classes)
    assert issubclass(errors.InvalidInput, ValueError)


def test_common_exceptions_can_be_imported_from_smooch() -> None:
    for name in ("SmoochError", "APIError", "ConnectionFailed", "InvalidInput", "UnreadableResponse"):
        assert getattr(smooch, name) is getattr(errors, name)
    assert Smooch.APIError is AsyncSmooch.APIError is errors.APIError


def test_invalid_input_names_the_argument_and_survives_a_pickle() -> None:
    error = errors.InvalidInput("user_id must not be empty", "user_id")
    for twin in (error, pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert (str(twin), twin.field) == ("user_id must not be empty", "user_id")
    assert errors.InvalidInput("Nothing to do").field == ""


def test_generated_code_raises_the_same_classes() -> None:
    assert errors.InvalidInput is smooch_api.errors.InvalidInput
    assert errors.SmoochError is smooch_api.errors.SmoochError
    assert (errors.InvalidInput.__module__, errors.SmoochError.__module__) == ("smooch.errors", "smooch.errors")
    assert issubclass(smooch_api.errors.UnreadableResponse, errors.SmoochError)
    assert issubclass(smooch_api.errors.UnexpectedStatus, errors.SmoochError)


def test_client_closed_is_a_runtime_error_that_says_what_to_do() -> None:
    error = errors.ClientClosed()
    assert isinstance(error, RuntimeError)
    for twin in (error, pickle.loads(pickle.dumps(error))):
        assert str(twin) == "this client is closed: make a new one, or keep its `with` block open longer"


# Retry-After


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("5", 5),
        ("2.5", 2.5),
        (" 7 ", 7),
        ("1e2", 100),
        ("-5", 0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("12 s", None),
        ("0x10", None),
        ("Mon, 99 Xyz 2026 99:99:99 GMT", None),
        ("1e400", None),
        ("9" * 5000, None),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        ("Mon, 01 Jan 2035 00:00:00 +99999999999999", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_nothing(value: str, seconds: float | None) -> None:
    assert errors.parse_retry_after(value) == seconds


@pytest.mark.parametrize("usegmt", [True, False])
def test_retry_after_can_be_a_date(usegmt: bool) -> None:
    seconds = errors.parse_retry_after(formatdate(time.time() + 100, usegmt=usegmt))
    assert seconds is not None
    assert 50 < seconds <= 100
    assert errors.parse_retry_after(formatdate(time.time() - 100, usegmt=usegmt)) == 0


# Secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Token eyJhbGciOi.eyJzY29w.c2ln-_ is bad", "Token [token] is bad"),
        ("eyJhbGciOi.eyJzY29w.", "[token]"),
        ("Bearer 0123456789abcdef", "[token]"),
        ("authorization: basic YXBwXzVhOnNlY3JldDE=", "authorization: [token]"),
        ("the secret is hunter22-hunter22!", "the secret is [secret]!"),
        ('{"webhook": {"secret": "88cb7f6d", "x": 1}}', '{"webhook": {"secret": "[secret]", "x": 1}}'),
        ('{"pageAccessToken":"88cb\\"7f6d"}', '{"pageAccessToken":"[secret]"}'),
        ('{"secret" : "88cb7f', '{"secret" : "[secret]'),
    ],
)
def test_secrets_are_redacted(text: str, shown: str) -> None:
    assert _redaction.redact(text, ["hunter22-hunter22"]) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Basic authentication is not supported",
        "a bearer credential is missing",
        "the secret of the webhook cannot be changed",
        '{"secret": "", "tokens": 5}',
        "eyJ is how tokens begin",
        "app_5a1b2c3d4e5f60718293a4b5",
    ],
)
def test_plain_words_are_kept(text: str) -> None:
    assert _redaction.redact(text, ["abc", ""]) == text


def test_requests_of_a_redirect_history_are_redacted_too() -> None:
    def request() -> httpx.Request:
        return httpx.Request("GET", "https://api.smooch.io/v1/menu", headers={"Authorization": "Bearer 0123456789"})

    first, last = httpx.Response(302, request=request()), httpx.Response(403, request=request())
    first.next_request = request()
    last.history = [first]
    error = errors.error_from_response(last)
    assert b"0123456789" not in pickle.dumps(error)
    assert error.response.request.headers["Authorization"] == "[secret]"


def test_the_hint_is_part_of_the_text() -> None:
    request = httpx.Request("GET", "https://api.smooch.io/v1/menu")
    error = errors.error_from_response(httpx.Response(401, request=request), hint="look at the key")
    assert str(error) == "401 Unauthorized for GET https://api.smooch.io/v1/menu (look at the key)"
    assert error.hint == "look at the key"
