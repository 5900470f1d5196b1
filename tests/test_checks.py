"""Checks of ids, URLs and webhook triggers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from smooch_api.v1 import models

from smooch import _checks, errors
from smooch._v1 import triggers as triggers_v1
from smooch._v2 import triggers as triggers_v2
from smooch.errors import InvalidInput


@pytest.mark.parametrize(
    "value",
    ["b6518", "a/b", "ü", "a b", "?", "#", "%2F", "...", "..a", " a ", "5a1b2c3d4e5f60718293a4b5", "x" * 300, "😀"],
)
def test_any_text_can_be_an_id_and_is_unchanged(value: str) -> None:
    assert _checks.check_id(value, "user_id") == value


@pytest.mark.parametrize("value", ["", " ", "\t\n", ".", "..", None, 5, 5.0, True, b"b6518", ["b6518"], "\ud800"])
def test_invalid_ids_and_ids_that_change_the_path_are_refused(value: Any) -> None:
    with pytest.raises(InvalidInput, match="user_id") as caught:
        _checks.check_id(value, "user_id")
    assert caught.value.field == "user_id"


@pytest.mark.parametrize("value", [{"a": "hush"}, models.AppUser(id="hush"), b"hush"])
def test_errors_show_the_type_of_an_invalid_id(value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        _checks.check_id(value, "user_id")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "field", "text"),
    [
        ("a" * 81, "text", "'" + "a" * 79 + "…"),
        ("a" * 78, "text", "'" + "a" * 78 + "'"),
        ("hush", "body.authToken", "str"),
        (5, "appSecret.x", "int"),
        ({"a": "hush"}, "body", "dict"),
        (object(), "body", "object"),
        (10**5000, "body", "a number with very many digits"),
        (None, "body", "None"),
    ],
    ids=range(8),
)
def test_errors_shorten_long_values(value: object, field: str, text: str) -> None:
    assert _checks.redacted_repr(value, field) == text


# Webhooks


@pytest.mark.parametrize(
    "target",
    [
        "https://example.com",
        "http://example.com/callbacksasd",
        "HTTPS://EXAMPLE.com:8443/hook?a=b&c=%20",
        "http://127.0.0.1:8000/",
        "https://[::1]/hook",
        "https://münchen.example/ü",
        "https://ana:secret@example.com/hook",
    ],
)
def test_urls_are_accepted_unchanged(target: str) -> None:
    assert _checks.check_target(target) == target


@pytest.mark.parametrize(
    "target",
    [
        *("", " ", "example.com", "example.com/hook", "//example.com", "/hook", "localhost:8000", "ftp://example.com"),
        *("mailto:ana@example.com", "https://", "https:///hook", "https:example.com", "http:/example.com"),
        *(" https://example.com", "https://example.com\n", "https://exa mple.com", "https://example.com/a b"),
        *(
            "https://example.com:port",
            "https://example.com/\ud800",
            None,
            5,
            b"https://example.com",
            ["https://a.example"],
        ),
    ],
)
def test_invalid_urls_are_refused(target: Any) -> None:
    with pytest.raises(errors.InvalidInput, match="target") as caught:
        _checks.check_target(target)
    assert caught.value.field == "target"


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("message:appUser", ("message:appUser",)),
        ("*", ("*",)),
        (["b", "a", "b"], ("b", "a")),
        (("b", "a"), ("b", "a")),
        ({"b", "a"}, ("a", "b")),
        (frozenset({"b", "a"}), ("a", "b")),
        ((name for name in "ba"), ("b", "a")),
        (dict.fromkeys(["b", "a"]).keys(), ("a", "b")),
        ("not:known:yet", ("not:known:yet",)),
    ],
)
def test_one_or_several_triggers_are_accepted(given_as: Any, expected: tuple[str, ...]) -> None:
    assert _checks.check_triggers(given_as) == expected


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("conversation:mesage", "conversation:message"),
        ("Conversation:Message", "conversation:message"),
        ("conversation:message:delivery:chanel", "conversation:message:delivery:channel"),
        ("switchboard:passcontrol", "switchboard:passControl"),
        ("message:appUser", "conversation:message"),
        ("message", "conversation:message"),
        ("postback", "conversation:postback"),
        ("appUser:delete", "user:remove"),
    ],
)
def test_a_misspelt_trigger_of_v2_is_refused_with_a_suggestion(name: str, meant: str) -> None:
    with pytest.raises(InvalidInput, match=f"did you mean '{meant}'") as caught:
        triggers_v2.check_triggers(["user:merge", name], "triggers", check=True)
    assert caught.value.field == "triggers"
    assert triggers_v2.check_triggers(name, "triggers", check=False) == (name,)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("message:appuser", "message:appUser"),
        ("messages", "message"),
        ("postbacks", "postback"),
        ("conversation:message", "message:appUser"),
        ("user:merge", "merge:appUser"),
    ],
)
def test_a_misspelt_trigger_of_v1_is_refused_with_a_suggestion(name: str, meant: str) -> None:
    with pytest.raises(InvalidInput, match=f"did you mean '{meant}'"):
        triggers_v1.check_triggers(name, "triggers", check=True)


@pytest.mark.parametrize("module", [triggers_v1, triggers_v2])
def test_known_and_future_triggers_are_accepted(module: Any) -> None:
    for name in (*module.KNOWN, "not:known:yet", "payment:refund", "conversation:pinned"):
        assert module.check_triggers(name, "triggers", check=True) == (name,)


@pytest.mark.parametrize(
    ("module", "version", "schema"), [(triggers_v1, "v1", "Webhook"), (triggers_v2, "v2", "Webhook")]
)
def test_the_known_triggers_are_those_of_the_specification(module: Any, version: str, schema: str) -> None:
    spec = yaml.safe_load((Path(__file__).parent.parent / "spec" / f"{version}.yaml").read_bytes())
    triggers = spec["components"]["schemas"][schema]["properties"]["triggers"]
    assert set(triggers["items"]["x-extensible-enum"]) == module.KNOWN


@pytest.mark.parametrize(
    "triggers",
    [
        *("", " ", " message", "message\n", "\ud800", [], (), [""], ["message", ""], ["message", None], [["message"]]),
        *(None, 5, b"message", {"message": True}, {"message", 5}),
    ],
)
def test_invalid_triggers_are_refused(triggers: Any) -> None:
    with pytest.raises(errors.InvalidInput, match="trigger") as caught:
        _checks.check_triggers(triggers)
    assert caught.value.field == "triggers"
    assert "'*'" not in str(caught.value)
