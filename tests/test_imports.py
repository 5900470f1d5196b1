"""Which modules an import loads: a program that uses one version of the API loads nothing of the other.

No module imports itself through others, imports for type checkers included. The layers are contracts in pyproject.toml.
"""

from __future__ import annotations

import json
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from importlib import import_module

import grimp
import pytest

V1 = ("smooch.v1", "smooch._v1", "smooch._async.v1", "smooch._sync.v1", "smooch_api.v1")
V2 = ("smooch.v2", "smooch._v2", "smooch._async.v2", "smooch._sync.v2", "smooch_api.v2")
CLIENTS = """
api = smooch.{version}.Smooch("app_5a", "a secret", {arguments})
async_api = smooch.{version}.AsyncSmooch("app_5a", "a secret", {arguments})
"""


def loaded_by(program: str) -> set[str]:
    """Return the modules that are loaded after a program ran in a new process."""
    report = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program + report], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def of(packages: tuple[str, ...], modules: set[str]) -> set[str]:
    return {name for name in modules if name in packages or name.startswith(tuple(f"{each}." for each in packages))}


@pytest.mark.parametrize(
    ("version", "arguments", "other"), [("v1", "", V2), ("v2", "app_id='5a', base_url='http://127.0.0.1'", V1)]
)
def test_one_version_loads_nothing_of_the_other(version: str, arguments: str, other: tuple[str, ...]) -> None:
    modules = loaded_by(f"import smooch.{version}{CLIENTS.format(version=version, arguments=arguments)}")
    assert f"smooch._{version}.bodies" in modules
    assert of(other, modules) == set()
    assert of(("smooch.webhooks", "smooch.sandbox"), modules) == set()


def test_the_package_alone_loads_the_exceptions_and_no_client() -> None:
    modules = loaded_by("import smooch; smooch.errors, smooch.UNSET, smooch.File, smooch.APIError")
    assert of((*V1, *V2, "smooch._http", "smooch.webhooks", "smooch.sandbox"), modules) == set()
    assert not modules & {"asyncio", "jwt"}


def test_webhooks_load_no_client() -> None:
    modules = loaded_by("import smooch.webhooks")
    assert of(("smooch._http", "smooch._async", "smooch._sync"), modules) == set()


def test_unset_is_one_object_however_it_is_imported() -> None:
    program = "import smooch, smooch_api.v1, smooch_api.v2, smooch_api.types\n"
    program += "assert smooch.UNSET is smooch_api.types.UNSET and isinstance(smooch.UNSET, smooch.Unset)\n"
    program += "assert smooch.File is smooch_api.types.File"
    loaded_by(program)


def test_there_are_no_import_cycles() -> None:
    graph = grimp.build_graph("smooch", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize(
    ("version", "model", "body"), [("v1", "AppUser", "AppUserUpdate"), ("v2", "User", "UserUpdate")]
)
def test_models_and_dicts_can_be_imported_from_modules_of_the_version(version: str, model: str, body: str) -> None:
    modules = loaded_by(
        f"import smooch.{version}.models\n"
        f"from smooch.{version}.models import {model}\n"
        f"from smooch.{version} import models\n"
        f"from smooch_api.{version} import models as generated\n"
        f"assert smooch.{version}.models is models and smooch.{version}.models.{model} is {model} is generated.{model}\n"
    )
    assert f"smooch_api.{version}.dicts" not in modules
    assert len(of((f"smooch_api.{version}.models",), modules)) < 10
    loaded_by(
        f"import smooch.{version}\n"
        f"assert smooch.{version}.dicts.{body}\n"
        f"import smooch.{version}.dicts\n"
        f"from smooch.{version}.dicts import {body}\n"
        f"from smooch_api.{version} import dicts\n"
        f"assert smooch.{version}.dicts.{body} is {body} is dicts.{body}\n"
    )


@pytest.mark.parametrize(("version", "model"), [("v1", "AppUser"), ("v2", "User")])
def test_names_are_listed_before_they_are_loaded_and_unknown_ones_are_refused(version: str, model: str) -> None:
    package = import_module(f"smooch.{version}")
    assert model in dir(package.models)
    for module in (package, package.models):
        with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'weather'"):
            module.weather  # noqa: B018
