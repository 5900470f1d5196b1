"""The wheel, installed in an empty environment, and the public names of the package."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.version import Version

import smooch

ROOT = Path(__file__).resolve().parent.parent

SIGN = """
import smooch, smooch_api.v1
from smooch import Smooch
token = Smooch.jwt_for_user("app_1", "secret", "b6518")
assert token.count(".") == 2
assert smooch.__version__
try:
    import smooch.sandbox
except ImportError as error:
    assert "smooch-python[sandbox]" in str(error), error
else:
    raise AssertionError("the sandbox needs an extra")
"""

SANDBOX = """
from smooch import Smooch
from smooch.sandbox import Sandbox
with Sandbox() as sandbox, Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
    assert api.init_user("b6518", "device-1").status_code == 200
"""


def run_installed(wheel: Path, requirement: str, code: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
    subprocess.run(install, check=True, capture_output=True)
    run = subprocess.run([str(python), "-I", "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.slow
def test_wheel_without_extras_signs_a_token(wheel: Path, tmp_path: Path) -> None:
    run_installed(wheel, str(wheel), SIGN, tmp_path)


@pytest.mark.slow
def test_wheel_with_the_sandbox_extra_serves(wheel: Path, tmp_path: Path) -> None:
    run_installed(wheel, f"{wheel}[sandbox]", SANDBOX, tmp_path)


def test_wheel_holds_the_specification_and_the_type_markers(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"smooch/py.typed", "smooch_api/py.typed"} <= names
    specifications = {name for name in names if name.startswith("smooch/sandbox/spec/")}
    assert specifications == {"smooch/sandbox/spec/v1.yaml", "smooch/sandbox/spec/v2.yaml"}
    assert not {name for name in names if name.startswith(("tests/", "scripts/"))}


@pytest.mark.parametrize(
    "name", ["smooch", "smooch.v1", "smooch.v2", "smooch.errors", "smooch.auth", "smooch_api.v1.models"]
)
def test_public_names_are_exactly_those_in_all(name: str) -> None:
    module = importlib.import_module(name)
    submodules = {submodule.name for submodule in pkgutil.iter_modules(getattr(module, "__path__", []))}
    assert sorted(module.__all__) == sorted(set(module.__all__))
    for exported in module.__all__:
        assert getattr(module, exported) is not None
    if name in ("smooch", "smooch.v1", "smooch.v2"):
        # Where pytest rewrites assertions, it adds names that are no identifiers.
        visible = {each for each in vars(module) if each.isidentifier() and not each.startswith("_")} - submodules
        assert visible - {"annotations", "TYPE_CHECKING"} <= set(module.__all__)


def test_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert version("smooch-python") == smooch.__version__


def classifiers(beginning: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [each.removeprefix(beginning) for each in project["classifiers"] if each.startswith(beginning)]


def test_version_changelog_and_classifier_say_the_same() -> None:
    version = Version(smooch.__version__)
    title = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert title
    if version.is_prerelease:
        assert title[1] == "Unreleased"
    else:
        assert re.fullmatch(rf"{re.escape(str(version))} - \d{{4}}-\d\d-\d\d", title[1])
    is_beta = version.is_prerelease or version < Version("1")
    assert classifiers("Development Status :: ") == ["4 - Beta" if is_beta else "5 - Production/Stable"]


def test_each_python_of_the_classifiers_is_tested_in_ci() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    pythons = [each for each in classifiers("Programming Language :: Python :: ") if "." in each]
    assert jobs["test"]["strategy"]["matrix"]["python"] == [*pythons, "3.x"]
    assert jobs["lowest"]["steps"][1]["with"]["python-version"] == pythons[0]
