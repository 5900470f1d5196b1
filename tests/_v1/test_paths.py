"""Which paths of v1 belong to an app, and which to the account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from smooch._v1.paths import is_relative_to_version, needs_account_key

PATHS: dict[str, Any] = yaml.load(
    (Path(__file__).resolve().parents[2] / "spec" / "v1.yaml").read_bytes(), yaml.CSafeLoader
)["paths"]


@pytest.mark.parametrize("path", PATHS)
def test_each_path_belongs_to_the_server_of_the_specification(path: str) -> None:
    filled = path.replace("{", "").replace("}", "")
    expected = "servers" in PATHS[path]
    for url in (filled, filled[1:], f"{filled}?limit=5", f"{filled}/"):
        assert is_relative_to_version(url) is expected, url
    assert needs_account_key(filled) is expected


@pytest.mark.parametrize("path", ["apps/5a/appusers/b6518", "/apps/5a/menu"])
def test_an_app_key_can_call_paths_that_name_its_app(path: str) -> None:
    assert is_relative_to_version(path)
    assert not needs_account_key(path)


@pytest.mark.parametrize("path", ["/appsters", "/whatsapp", "/apps_of_mine", "", "/"])
def test_a_path_with_a_similar_prefix_belongs_to_an_app(path: str) -> None:
    assert not is_relative_to_version(path)
