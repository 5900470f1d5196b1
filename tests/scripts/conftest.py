from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture(scope="session")
def drift() -> Iterator[ModuleType]:
    """scripts/drift.py as a module."""
    sys.path.insert(0, str(SCRIPTS))
    yield importlib.import_module("drift")
    sys.path.remove(str(SCRIPTS))
