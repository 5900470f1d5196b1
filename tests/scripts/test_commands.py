"""Scripts as commands: what they write, and that it is up to date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree
from types import ModuleType

import docs
import faults_table
import pytest
import unasync

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_sync_code_is_up_to_date() -> None:
    done = run("unasync.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sync_code_is_written_and_stale_files_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(unasync, "ROOT", tmp_path)
    for source, _ in unasync.FOLDERS:
        copytree(ROOT / source, tmp_path / source)
    monkeypatch.setattr(sys, "argv", ["unasync.py"])
    assert unasync.main() == 0
    written = tmp_path / "smooch" / "_sync" / "http.py"
    assert written.read_text() == (ROOT / "smooch" / "_sync" / "http.py").read_text()
    written.write_text("")
    (written.parent / "stale.py").touch()
    monkeypatch.setattr(sys, "argv", ["unasync.py", "--check"])
    assert unasync.main() == 1
    assert capsys.readouterr().err.splitlines() == [
        "no source for smooch/_sync/stale.py: delete it",
        "out of date: smooch/_sync/http.py (run `make unasync`)",
    ]


def test_the_table_of_faults_is_up_to_date() -> None:
    guide = (ROOT / "smooch" / "README.md").read_text()
    assert faults_table.replace_table(guide) == guide


def test_the_demo_ends_without_an_error() -> None:
    done = run("demo.py")
    assert done.returncode == 0, done.stderr
    assert 'api.get_user("nobody")' in done.stdout


def test_a_missing_description_is_an_error_of_one_line() -> None:
    done = run("drift.py", "missing.yaml")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.slow
def test_the_api_reference_builds_without_a_warning(tmp_path: Path) -> None:
    done = run("docs.py", "--out", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "AsyncSmooch" in (tmp_path / "smooch" / "v2.html").read_text()


def test_imports_for_type_checkers_that_fail_are_an_error(tmp_path: Path) -> None:
    module = ModuleType("odd")
    module.__file__ = str(tmp_path / "odd.py")
    Path(module.__file__).write_text("if TYPE_CHECKING:\n    import nowhere\n")
    with pytest.raises(ImportError, match="the imports for type checkers fail in odd"):
        docs.run_type_checking_blocks([module])
