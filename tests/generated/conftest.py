from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import regen

PARTS = ("mini_api", "mini_api.mini")

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """All names of the package generated from mini.yaml, which has one example of each feature of the generator."""
    folder = tmp_path_factory.mktemp("mini")
    regen.generate([Path(__file__).with_name("mini.yaml")], folder / "mini_api")
    sys.path.insert(0, str(folder))
    names = {name: getattr(part, name) for part in map(importlib.import_module, PARTS) for name in part.__all__}
    yield SimpleNamespace(**names)
    sys.path.remove(str(folder))
