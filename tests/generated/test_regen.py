"""`make regen` is reproducible and complete, and fails on every problem."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import regen
import yaml

from .spec import ROOT

MINI: dict[str, Any] = yaml.load(Path(__file__).with_name("mini.yaml").read_bytes(), yaml.CSafeLoader)


def run(*arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "regen.py"), *arguments]
    return subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False
    )


def test_the_committed_package_is_up_to_date() -> None:
    done = run("--check", seed="1")
    assert (done.returncode, done.stderr) == (0, "")


def test_changed_missing_and_additional_files_are_found(tmp_path: Path) -> None:
    package = tmp_path / "smooch_api"
    shutil.copytree(ROOT / "generated" / "smooch_api", package)
    (package / "client.py").write_text("# changed\n")
    (package / "v1" / "models" / "app_user.py").unlink()
    (package / "v1" / "stale.py").touch()
    (package / "v9").mkdir()
    (package / "v9" / "__init__.py").touch()
    done = run("--check", "--out", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "run `make regen`:",
        f"missing: {package}/v1/models/app_user.py",
        f"not generated: {package}/v1/stale.py",
        f"not generated: {package}/v9/__init__.py",
        f"differs: {package}/client.py",
    ]


def test_regen_replaces_the_old_files(tmp_path: Path) -> None:
    stale = tmp_path / "smooch_api" / "v1" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    done = run("--out", str(tmp_path), seed="2")
    assert done.returncode == 0
    assert "v1.yaml: left out" in done.stdout
    assert regen.find_differences(ROOT / "generated" / "smooch_api", tmp_path / "smooch_api") == []


def generate(tmp_path: Path, **changes: Any) -> None:
    """Generate mini.yaml with some parts replaced; keys are paths with `/`."""
    document = yaml.safe_load(yaml.safe_dump(MINI))
    for path, value in changes.items():
        *parents, last = path.split(".")
        node = document
        for parent in parents:
            node = node[parent]
        node[last] = value
    spec = tmp_path / "mini.yaml"
    spec.write_text(yaml.safe_dump(document, sort_keys=False))
    regen.generate([spec], tmp_path / "out")


TEXT = {"text/plain": {"schema": {"type": "string"}}}
OPERATION = {
    "operationId": "odd",
    "tags": ["pets"],
    "responses": {
        "200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
    },
}


def test_a_warning_of_the_generator_is_an_error(tmp_path: Path) -> None:
    image = {"200": {"description": "", "content": {"image/png": {"schema": {"type": "string"}}}}}
    with pytest.raises(regen.RegenError, match=r"(?s)mini\.yaml: the generator warns.*image/png"):
        generate(tmp_path, **{"paths./pets.get.responses": image})


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("components.schemas.Page.properties", {"to_dict": {"type": "string"}}, "Page.to_dict"),
        (
            "components.schemas.Page.allOf",
            [{"$ref": "#/components/schemas/Address"}],
            "Page.after, Page.city, Page.size",
        ),
        (
            "components.schemas.Dog.allOf",
            MINI["components"]["schemas"]["Cat"]["allOf"],
            "Animal: two variants have the same type",
        ),
        (
            "components.schemas.Dog",
            {"type": "object", "properties": {"type": {"const": "dog"}}},
            "Animal: Dog must require",
        ),
        ("components.schemas.Page.required", ["befor"], "Page.befor"),
        (
            "paths./odd",
            {"get": {**OPERATION, "parameters": [{"name": "X-A", "in": "header", "schema": {"type": "string"}}]}},
            "header",
        ),
        (
            "paths./odd",
            {"get": {**OPERATION, "parameters": [{"name": "body", "in": "query", "schema": {"type": "string"}}]}},
            "body",
        ),
        (
            "paths./odd/{n}",
            {
                "get": {
                    **OPERATION,
                    "parameters": [{"name": "n", "in": "path", "required": True, "schema": {"type": "integer"}}],
                }
            },
            "path parameter",
        ),
        (
            "paths./odd",
            {
                "get": {
                    **OPERATION,
                    "parameters": [{"name": "p", "in": "query", "schema": {"$ref": "#/components/schemas/Page"}}],
                }
            },
            "deepObject",
        ),
        (
            "paths./odd",
            {
                "post": {
                    **OPERATION,
                    "requestBody": {
                        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
                    },
                }
            },
            "octet-stream",
        ),
        (
            "paths./odd",
            {"get": {**OPERATION, "responses": {**OPERATION["responses"], "204": {"description": ""}}}},
            "2 kinds of success",
        ),
        (
            "paths./odd",
            {"get": {**OPERATION, "responses": {"200": {**OPERATION["responses"]["200"], "content": TEXT}}}},
            "odd: a response that is no object",
        ),
        (
            "components.schemas.Page.properties",
            {"a": {"oneOf": [{"$ref": "#/components/schemas/Address"}, {"type": "string"}]}},
            "a: a union that contains objects",
        ),
        (
            "components.schemas.Page.properties.inline",
            {"type": "object", "properties": {"a": {"type": "string"}}},
            "PageInline: an object with properties that is no component",
        ),
        ("components.schemas.ToyRename.properties.for", {"type": "string"}, "ToyRename: keys of a body .*: for"),
        ("paths./odd", {"get": {**OPERATION, "responses": {"404": {"description": ""}}}}, "0 kinds of success"),
    ],
)
def test_schemas_that_cannot_be_generated_correctly_are_refused(
    tmp_path: Path, path: str, value: Any, reason: str
) -> None:
    with pytest.raises(regen.RegenError, match=reason):
        generate(tmp_path, **{path: value})


def test_an_operation_that_redirects_is_skipped(tmp_path: Path) -> None:
    redirect = {"get": {**OPERATION, "responses": {"302": {"description": ""}, "4XX": {"description": ""}}}}
    generate(tmp_path, **{"paths./odd": redirect})
    assert not (tmp_path / "out" / "mini" / "api" / "pets" / "odd.py").exists()


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("info", {"version": "1"}, r"title.? is a required property"),
        (
            "components.schemas.Page.properties",
            {"a": {"$ref": "#/components/schemas/B"}},
            r"Page.properties.a: .*/B does not exist",
        ),
        (
            "components.schemas.Page.properties",
            {"a": {"$ref": "b.yaml#/B"}},
            r"Page.properties.a: b.yaml#/B does not exist",
        ),
        ("paths./odd", {"get": {"operationId": "odd", "tags": ["pets"]}}, "GET /odd: responses is missing"),
        ("paths./odd", {"get": {**OPERATION, "operationId": ""}}, "GET /odd: operationId is missing"),
        ("paths./odd", {"get": {**OPERATION, "tags": []}}, "GET /odd: tags is missing"),
        ("paths./odd", {"get": {**OPERATION, "responses": {200: {"description": ""}}}}, r"quote 200(?s:.*)line \d+"),
    ],
)
def test_an_invalid_description_is_refused(tmp_path: Path, path: str, value: Any, reason: str) -> None:
    with pytest.raises(regen.RegenError, match=rf"mini\.yaml:\s.*{reason}"):
        generate(tmp_path, **{path: value})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("openapi: [3", r"(?s:.*)did not find expected"),
        ("- openapi", "the document is not a mapping"),
        ("openapi: 3.1.0\n", "paths is missing\ncomponents is missing"),
        ("openapi: 3.1.0\ninfo: {}\nopenapi: 3.1.1\n", r"duplicate key openapi(?s:.*)line 3, column 1"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    spec = tmp_path / "odd.yaml"
    spec.write_text(text)
    with pytest.raises(regen.RegenError, match=rf"odd\.yaml:\s.*{reason}"):
        regen.generate([spec], tmp_path / "out")


def test_only_the_pinned_versions_generate(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    text = (ROOT / "pyproject.toml").read_text()
    for name in regen.PINNED:
        version = regen.importlib.metadata.version(name)
        assert f'"{name}=={version}"' in text
        pyproject.write_text(text.replace(f'"{name}=={version}"', f'"{name}==0.0.1"'))
        with pytest.raises(
            regen.RegenError, match=rf"{name} {version} is installed, but .*{name}==0.0.1.*make install"
        ):
            regen.check_pins(pyproject)
    regen.check_pins(ROOT / "pyproject.toml")


def test_a_problem_is_printed_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(regen, "PINNED", ("attrs",))
    assert regen.main(["--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("attrs ")
    assert not list(tmp_path.iterdir())
