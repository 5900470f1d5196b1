from __future__ import annotations

import subprocess
import sys

import pytest

from smooch import webhooks


def test_public_names_are_exactly_those_in_all() -> None:
    assert sorted(set(webhooks.__all__)) == sorted(webhooks.__all__)
    for name in webhooks.__all__:
        assert getattr(webhooks, name) is not None
    assert set(webhooks.__all__) <= set(dir(webhooks))


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="MesageAppUser"):
        webhooks.MesageAppUser  # type: ignore[attr-defined] # noqa: B018


def test_what_is_not_used_is_not_imported() -> None:
    code = "import sys, smooch; old = set(sys.modules); import smooch.webhooks; print(*(set(sys.modules) - old))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(run.stdout.split())
    assert not {name for name in imported if name.startswith(("sqlite3", "redis", "smooch_api.v1.models."))}
    assert not {"smooch.webhooks._asgi", "smooch.webhooks._wsgi", "smooch.webhooks._redis"} & imported
