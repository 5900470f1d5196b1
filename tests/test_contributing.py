"""CONTRIBUTING.md and tests/README.md: the files, targets and links that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GUIDES = [ROOT / "CONTRIBUTING.md", ROOT / "tests" / "README.md"]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: str(guide.relative_to(ROOT)))
def test_names_in_the_guides_exist(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    tops = "|".join(["spec", "generated", "smooch", "scripts", "tests"])
    paths = {*re.findall(rf"`((?:{tops})/[\w./]*)`", text), *re.findall(r"`(\w+\.(?:md|toml))`", text)}
    assert len(paths) > 10
    assert not [path for path in paths if not (ROOT / path).exists()]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (guide.parent / link).exists(), link
