"""scripts/test_versions.py: the choice of interpreters and of versions of dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import test_versions as versions
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def interpreter(folder: Path, name: str, version: str) -> None:
    """Write a program that says it is this version of Python."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{'exit 1' if version == 'broken' else f'echo {version}'}\n")
    path.chmod(0o755)


def test_the_newest_interpreter_of_each_supported_version_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter(tmp_path / "bin", "python3.11", "3.11.2")
    interpreter(tmp_path / "bin", "python3.10", "3.10.13")
    interpreter(tmp_path / "bin", "python3.12", "broken")
    interpreter(tmp_path / "bin", "python3.11-config", "3.11.9")
    interpreter(tmp_path / "pyenv" / "versions" / "3.11.7" / "bin", "python3.11", "3.11.7")
    interpreter(tmp_path / "pyenv" / "versions" / "3.14" / "bin", "python3.14", "3.14.0rc1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{tmp_path / 'missing'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    chosen = versions.choose_interpreters(SpecifierSet(">=3.11"))
    assert list(chosen) == ["3.11.7", "3.14.0rc1"]
    assert chosen["3.11.7"].is_relative_to(tmp_path / "pyenv")


def test_the_lowest_version_of_each_dependency_is_chosen() -> None:
    table = {
        "name": "toys",
        "dependencies": ["attrs>=23.1", "httpx>=0.28.1,<1", "idna"],
        "optional-dependencies": {
            "aiohttp": ["aiohttp>=3.12"],
            "cli": ["toys[sandbox]", "rich>=13"],
            "redis": ["redis>=5"],
            "sandbox": [],
            "dev": ["ruff==1"],
        },
    }
    assert versions.pin_lowest(table) == ["attrs==23.1", "httpx==0.28.1", "aiohttp==3.12", "rich==13", "redis==5"]


def test_each_dependency_of_ours_has_a_lowest_version() -> None:
    table = versions.read_project()
    listed = [
        *table["dependencies"],
        *(line for extra in versions.PUBLIC_EXTRAS for line in table["optional-dependencies"][extra]),
    ]
    assert len(versions.pin_lowest(table)) == len([line for line in listed if not line.startswith(table["name"])])
    assert set(versions.PUBLIC_EXTRAS) == table["optional-dependencies"].keys() - {"dev"}


def test_tools_that_need_newer_dependencies_are_left_out() -> None:
    table = {"name": "toys", "optional-dependencies": {"dev": ["toys[cli]", "celery[redis]>=5.7", "pytest>=8.3"]}}
    assert versions.list_tools(table) == ["pytest>=8.3"]
    names = {Requirement(line).name for line in versions.read_project()["optional-dependencies"]["dev"]}
    assert names >= versions.NEED_NEWER
    assert all((versions.ROOT / path).exists() for path in versions.LEFT_OUT)
