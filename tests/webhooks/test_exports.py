"""The public names of `smooch.webhooks`, and which modules they load."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, get_args

import pytest
from smooch_api.v1 import models as v1_models
from smooch_api.v2 import models as v2_models

from smooch import webhooks

from .payloads import envelope, message_delivery, message_event, variants


def test_public_names_are_exactly_those_in_all() -> None:
    assert sorted(set(webhooks.__all__)) == sorted(webhooks.__all__)
    for name in webhooks.__all__:
        assert getattr(webhooks, name) is not None
    assert set(webhooks.__all__) <= set(dir(webhooks))


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="MesageAppUser"):
        webhooks.MesageAppUser  # type: ignore[attr-defined] # noqa: B018


def test_unused_modules_are_not_imported() -> None:
    code = "import sys, smooch; old = set(sys.modules); import smooch.webhooks; print(*(set(sys.modules) - old))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(run.stdout.split())
    unused = ("sqlite3", "redis", "smooch_api.v1.models.", "smooch_api.v2", "smooch.v2")
    assert not {name for name in imported if name.startswith(unused)}
    assert (
        not {"smooch.webhooks.apps.asgi", "smooch.webhooks.apps.wsgi", "smooch.webhooks.deduplicators.redis"} & imported
    )


def modules_after(code: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("body", [message_delivery(), message_delivery(appUser=None), {"hello": "world"}])
def test_a_delivery_of_v1_does_not_load_v2(body: dict[str, Any]) -> None:
    loaded = modules_after(f"from smooch.webhooks import MessageAppUser, UnknownEvent, parse; parse({body!r})")
    assert not {name for name in loaded if name.startswith("smooch_api.v2")}


def test_an_event_of_v2_loads_no_other_event_class() -> None:
    loaded = modules_after(
        f"from smooch.webhooks import ConversationMessageEvent, parse; parse({envelope(message_event())!r})"
    )
    assert "smooch_api.v2.models.conversation_message_event" in loaded
    assert not {"smooch_api.v1.models.message_app_user", "smooch_api.v2.models.user_merge_event"} & loaded


@pytest.mark.parametrize(("version", "models"), [("v1", v1_models), ("v2", v2_models)])
def test_every_class_of_event_is_exported(version: str, models: Any) -> None:
    assert set(variants(version)) == {cls.__name__ for cls in get_args(models.Event)}
    assert set(variants(version)) <= set(webhooks.__all__)
    for name in variants(version):
        assert getattr(webhooks, name) is getattr(models, name)


def test_no_two_events_of_the_versions_share_a_name() -> None:
    assert not set(variants("v1")) & set(variants("v2"))


def test_the_union_has_the_events_of_both_versions() -> None:
    both = get_args(v1_models.Event) + get_args(v2_models.Event)
    assert get_args(webhooks.WebhookEvent) == both


def test_the_union_has_one_name() -> None:
    assert "WebhookEvent" not in {*v1_models.__all__, *v2_models.__all__}
