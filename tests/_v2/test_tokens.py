"""Sign and inspect tokens of end users, and build the URL of the OAuth flow."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from smooch.errors import InvalidInput
from smooch.v2 import AsyncSmooch, Finding, Smooch, authorize_url, inspect_user_jwt, jwt_for_user

KEY_ID = "app_67a0e949f0305f4a391e9d97"
SECRET = "a secret that nobody must ever see"
GOOD = {"scope": "user", "external_id": "b6518"}


def token(claims: Any = None, *, algorithm: str = "HS256", secret: str = SECRET, **header: Any) -> str:
    """Sign a token with PyJWT, not with our own code."""
    header = {"kid": KEY_ID} | header
    return jwt.encode(GOOD if claims is None else claims, secret, algorithm=algorithm, headers=header)


def claims_of(signed: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(signed, SECRET, algorithms=["HS256"])
    return claims


def test_a_token_has_key_user_and_the_given_claims_only() -> None:
    signed = jwt_for_user(KEY_ID, SECRET, "b6518")
    assert jwt.get_unverified_header(signed) == {"alg": "HS256", "kid": KEY_ID, "typ": "JWT"}
    assert claims_of(signed) == GOOD
    full = jwt_for_user(
        KEY_ID, SECRET, "b6518", name="Ana", email="ana@example.org", email_verified=False, expires_in=60
    )
    claims = claims_of(full)
    assert 0 < claims.pop("exp") - time.time() <= 61
    assert claims == {**GOOD, "name": "Ana", "email": "ana@example.org", "email_verified": False}
    assert claims_of(jwt_for_user(KEY_ID, SECRET, "b", expires_in=timedelta(days=1)))["exp"] > time.time() + 86_000
    assert Smooch.jwt_for_user(KEY_ID, SECRET, "b6518") == AsyncSmooch.jwt_for_user(KEY_ID, SECRET, "b6518") == signed
    assert inspect_user_jwt(full, SECRET) == []


@pytest.mark.parametrize(
    ("arguments", "options", "field"),
    [
        (("", SECRET, "b"), {}, "key_id"),
        ((KEY_ID, "", "b"), {}, "secret"),
        ((KEY_ID, SECRET, ""), {}, "external_id"),
        ((KEY_ID, SECRET, None), {}, "external_id"),
        ((KEY_ID, SECRET, 7), {}, "external_id"),
        ((KEY_ID, SECRET, "x" * 256), {}, "external_id"),
        ((KEY_ID, SECRET, "b"), {"name": 7}, "name"),
        ((KEY_ID, SECRET, "b"), {"email": 7}, "email"),
        ((KEY_ID, SECRET, "b"), {"email_verified": "yes"}, "email_verified"),
        ((KEY_ID, SECRET, "b"), {"expires_in": 0}, "expires_in"),
        ((KEY_ID, SECRET, "b"), {"expires_in": "60"}, "expires_in"),
        ((KEY_ID, SECRET, "b"), {"expires_in": 1.8e12}, "expires_in"),
        ((KEY_ID, SECRET, "\ud800"), {}, "external_id"),
        ((KEY_ID, SECRET, "b"), {"name": "Ana \udfff"}, "name"),
        ((KEY_ID, SECRET, "b"), {"email": "\ud83d"}, "email"),
        ((KEY_ID, f"{SECRET}\n", "b"), {}, "secret"),
    ],
)
def test_invalid_claims_are_not_signed(arguments: Any, options: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        jwt_for_user(*arguments, **options)
    assert caught.value.field == field
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("expires_in", [1e-9, 0.2, 1, timedelta(milliseconds=1)])
def test_a_token_must_expire_in_the_future(expires_in: float | timedelta) -> None:
    assert inspect_user_jwt(jwt_for_user(KEY_ID, SECRET, "Zoë 🐬", expires_in=expires_in), SECRET) == []


def in_ms() -> int:
    return int(time.time() * 1000) + 86_400_000


FINDINGS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "good": (token(), []),
    "expires later": (token({**GOOD, "exp": time.time() + 86_400}), []),
    "no scope": (token({"external_id": "b"}), [("scope", "must be user, got missing")]),
    "scope of v1": (token({**GOOD, "scope": "appUser"}), [("scope", "got 'appUser' (appUser is the scope of v1)")]),
    "scope of a server": (token({**GOOD, "scope": "app"}), [("scope", "got 'app'")]),
    "kid as a claim": (
        jwt.encode({**GOOD, "kid": KEY_ID}, SECRET, algorithm="HS256"),
        [("kid", "of the header must be the id of the signing key, and is missing")],
    ),
    "milliseconds": (token({**GOOD, "exp": in_ms()}), [("exp", "looks like milliseconds")]),
    "past": (token({**GOOD, "exp": int(time.time()) - 60}), [("exp", "is in the past: the token expired ")]),
    "exp as text": (token({**GOOD, "exp": "soon"}), [("exp", "must be a number of seconds since 1970, and is a text")]),
    "exp as truth": (token({**GOOD, "exp": True}), [("exp", "must be a number")]),
    "no exp at all": (token({**GOOD, "exp": float("nan")}), [("exp", "must be a number")]),
    "exp without end": (token({**GOOD, "exp": float("-inf")}), [("exp", "must be a number")]),
    "exp before all time": (token({**GOOD, "exp": -(10**400)}), [("exp", "is in the past: the token expired")]),
    "exp after all time": (token({**GOOD, "exp": 10**400}), [("exp", "looks like milliseconds")]),
    "valid since": (token({**GOOD, "nbf": 1, "iat": 1}), []),
    "not valid yet": (
        token({**GOOD, "nbf": int(time.time()) + 86_400}),  # later than the suite runs
        [("nbf", "is in the future: the token is not valid for another ")],
    ),
    "nbf as text": (token({**GOOD, "nbf": "soon"}), [("nbf", "must be a number of seconds since 1970, and is a text")]),
    "nbf before all time": (token({**GOOD, "nbf": -(10**400)}), []),
    "nbf after all time": (token({**GOOD, "nbf": 10**400}), [("nbf", "looks like milliseconds")]),
    "no id": (token({"scope": "user"}), [("external_id", "and is missing")]),
    "id of v1": (token({"scope": "user", "userId": "b"}), [("external_id", "and is missing (v1 calls it userId)")]),
    "id as number": (token({**GOOD, "external_id": 7}), [("external_id", "and is a number")]),
    "empty id": (token({**GOOD, "external_id": ""}), [("external_id", "and is empty")]),
    "long id": (token({**GOOD, "external_id": "x" * 256}), [("external_id", "takes 255 characters at most, got 256")]),
    "half an id": (token({**GOOD, "external_id": "\ud800"}), [("external_id", "holds half of a surrogate pair")]),
    "name that is none": (token({**GOOD, "name": ["Ana"]}), [("name", "must be a text, and is a list")]),
    "truth as text": (token({**GOOD, "email_verified": "true"}), [("email_verified", "must be true or false")]),
    "other algorithm": (
        token(algorithm="HS512", secret=SECRET * 2),
        [("alg", "of the header must be HS256, got 'HS512'")],
    ),
    "everything": (
        token({"scope": "app", "exp": 1}, kid=""),
        [("kid", "is empty"), ("scope", "must be user"), ("external_id", "is missing"), ("exp", "in the past")],
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_every_invalid_claim_is_named(name: str) -> None:
    signed, expected = FINDINGS[name]
    findings = inspect_user_jwt(signed, None if name == "other algorithm" else SECRET)
    assert [finding.claim for finding in findings] == [claim for claim, _ in expected]
    for finding, (claim, words) in zip(findings, expected, strict=True):
        assert words in finding.problem
        assert str(finding) == f"{claim} {finding.problem}"
        assert not any(part in str(finding) for part in signed.split("."))


@pytest.mark.parametrize("end", ["\ud800", "ö", "\x80"])
def test_a_non_ascii_signature_is_a_finding(end: str) -> None:
    for secret in (None, SECRET):
        findings = inspect_user_jwt(token() + end, secret)
        assert [str(finding) for finding in findings] == ["signature is not base64url"]


@pytest.mark.parametrize("secret", [5, "", b"secret", "\ud800"])
def test_an_invalid_secret_is_refused(secret: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        inspect_user_jwt(token(), secret)
    assert caught.value.field == "secret"
    if secret:
        with pytest.raises(InvalidInput):
            jwt_for_user(KEY_ID, secret, "b")


@pytest.mark.parametrize("value", [5, "\ud800", b"a"])
def test_authorize_url_takes_texts_only(value: Any) -> None:
    for name in ("client_id", "redirect_uri", "state"):
        with pytest.raises(InvalidInput) as caught:
            authorize_url(**{"client_id": "c", name: value})
        assert caught.value.field == name


@pytest.mark.parametrize("signed", [token(secret="x" * 32), token()[:-4] + "AAAA", token().rpartition(".")[0] + "."])
def test_a_signature_is_checked_with_the_secret(signed: str) -> None:
    assert inspect_user_jwt(signed) == []
    [finding] = inspect_user_jwt(signed, SECRET)
    assert (finding.claim, "another secret" in finding.problem) == ("signature", True)
    assert SECRET not in str(finding)


def part(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("signed", "words"),
    [
        (None, "is not a text, but NoneType"),
        (b"a.b.c", "is not a text, but bytes"),
        ("", "three parts separated by dots, this has 1"),
        ("a.b", "this has 2"),
        ("a.b.c.d", "this has 4"),
        ("ü.b.c", "its header is not JSON in base64url"),
        ("a.b.c", "its header is not JSON in base64url"),
        (f"{part({})}.a.c", "its payload is not JSON in base64url"),
        (f"{part([])}.{part({})}.c", "its header is not a JSON object"),
        (f"{part({})}.{part('a')}.c", "its payload is not a JSON object"),
        (f"Bearer {token()}", "begins with Bearer"),
    ],
)
def test_an_invalid_token_is_one_finding(signed: Any, words: str) -> None:
    [finding] = inspect_user_jwt(signed, SECRET)
    assert isinstance(finding, Finding)
    assert finding.claim == "token"
    assert words in str(finding)


def test_a_token_without_a_signature_is_refused_for_its_algorithm() -> None:
    unsigned = f"{part({'alg': 'none', 'kid': KEY_ID})}.{part(GOOD)}."
    [finding] = inspect_user_jwt(unsigned, SECRET)
    assert str(finding) == "alg of the header must be HS256, got 'none'"


def test_authorize_url_holds_the_arguments() -> None:
    assert (
        authorize_url("5e4a") == "https://oauth-bridge.zendesk.com/sc/oauth/authorize?response_type=code&client_id=5e4a"
    )
    url = urlsplit(
        authorize_url("a&b", redirect_uri="https://p.example/?a=1&b=2", state="ü #", base_url="http://h/sc/")
    )
    assert f"{url.scheme}://{url.netloc}{url.path}" == "http://h/sc/oauth/authorize"
    assert parse_qs(url.query) == {
        "response_type": ["code"],
        "client_id": ["a&b"],
        "redirect_uri": ["https://p.example/?a=1&b=2"],
        "state": ["ü #"],
    }
    with pytest.raises(InvalidInput, match="client_id"):
        authorize_url("")
