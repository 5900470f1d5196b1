"""The pytest plugin, in a project that has nothing but the installed wheel and pytest, and in this checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.scripted_server import unused_port

TESTS = """
import asyncio
import os

import pytest

from smooch import AsyncSmooch, Smooch, errors, v2


def test_a_sandbox(smooch_sandbox, smooch_client):
    smooch_sandbox.say("ana", "Hi")
    assert [message.text for message in smooch_client.iter_messages("ana")] == ["Hi"]


def test_the_state_is_fresh(smooch_sandbox, smooch_client):
    with pytest.raises(errors.NotFound):
        smooch_client.get_user("ana")


def test_v2(smooch_v2_client):
    assert smooch_v2_client.users.create("ana").external_id == "ana"


def test_async(async_smooch_client, async_smooch_v2_client):
    async def both():
        async with async_smooch_client as v1, async_smooch_v2_client as v2:
            await v1.init_user("ana", "device-1")
            return await v2.users.get("ana")

    assert asyncio.run(both()).external_id == "ana"


@pytest.mark.smooch_fault("fail", status=403)
@pytest.mark.smooch_fault("drop", method="GET", path="/webhooks")
def test_faults(smooch_client):
    with pytest.raises(errors.Forbidden):
        smooch_client.init_user("ana", "device-1")
    smooch_client.get_webhooks()


def test_no_fault_is_left(smooch_client):
    smooch_client.init_user("ana", "device-1")


def test_environment(smooch_environment):
    with Smooch.from_env() as api:
        api.init_user("ana", "device-1")


def test_environment_of_a_bot_on_v2(smooch_sandbox, smooch_v2_environment):
    with v2.Smooch.from_env() as api:
        api.webhooks.ensure("https://example.com/hook", "conversation:message", confirm_after=0)
    assert smooch_sandbox.wait_for_webhook() == "https://example.com/hook"
"""

FAILING = """
import pytest


def test_fails(smooch_sandbox, smooch_client):
    smooch_client.make_webhook("http://127.0.0.1:9/hook", "message:appUser")
    smooch_sandbox.say("ana", "Hi")
    smooch_sandbox.wait_for_deliveries()
    assert False


@pytest.mark.smooch_fault("explode")
def test_an_unknown_fault(smooch_sandbox):
    pass
"""


@pytest.fixture(scope="module")
def small_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the wheel and pytest only."""
    folder = tmp_path_factory.mktemp("project")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    interpreter = folder / "venv" / "bin" / "python"
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[sandbox]", "pytest-xdist"]
    subprocess.run([str(interpreter), *install], check=True, capture_output=True)
    return interpreter


@pytest.fixture(params=["wheel", "checkout"])
def python(request: pytest.FixtureRequest) -> Path:
    """The code of the wheel and of the checkout is the same: coverage is measured in the checkout."""
    if request.param == "checkout":
        return Path(sys.executable)
    interpreter: Path = request.getfixturevalue("small_python")
    return interpreter


def run_pytest(python: Path, folder: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_bot.py").write_text(code, encoding="utf-8")
    command = [str(python), "-I", "-m", "pytest", "-W", "error", "--strict-markers", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_the_fixtures_work(python: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    run = run_pytest(python, tmp_path, TESTS, *options)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "8 passed" in run.stdout


@pytest.mark.slow
def test_a_failure_shows_requests_and_deliveries(python: Path, tmp_path: Path) -> None:
    run = run_pytest(python, tmp_path, FAILING)
    assert "POST /v1/webhooks" in run.stdout
    assert "message:appUser to http://127.0.0.1:9/hook, attempt 5" in run.stdout
    assert "the kind must be one of fail, delay" in run.stdout


REPLAYING = """
import threading

import pytest
import uvicorn

from smooch.v1 import AsyncSmooch, Smooch
from smooch.webhooks import MessageAppUser, asgi_app


@pytest.fixture
def bot(smooch_environment):
    api = AsyncSmooch.from_env()

    async def answer(event):
        if isinstance(event, MessageAppUser):
            await api.post_message(event.app_user.id, "Hello", sent_by_maker=True)

    with Smooch.from_env() as setup:
        _, secret = setup.ensure_webhook_exist("message:appUser", "http://127.0.0.1:18765/")
    app = asgi_app(answer, secret=secret)
    server = uvicorn.Server(uvicorn.Config(app, port=18765, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        pass
    yield
    server.should_exit = True
    thread.join()


def test_the_bot_answers_as_before(bot, smooch_transcript):
    smooch_transcript("ana.jsonl", timeout=5)
"""


@pytest.mark.slow
def test_a_transcript_is_replayed_and_updated(python: Path, tmp_path: Path) -> None:
    transcript = tmp_path / "ana.jsonl"
    transcript.write_text(
        '{"from": "user", "message": {"type": "text", "text": "Hi"}}\n'
        '{"from": "business", "message": {"type": "text", "text": "Good day"}}\n'
    )
    # A client of a loop that ended leaves its sockets to the garbage collector.
    code = REPLAYING.replace("18765", str(unused_port()))
    run = run_pytest(python, tmp_path, code, "-W", "default")
    assert '+business says {"text": "Hello", "type": "text"}' in run.stdout, run.stdout
    assert run_pytest(python, tmp_path, code, "-W", "default", "--update-transcripts").returncode == 0
    assert run_pytest(python, tmp_path, code, "-W", "default").returncode == 0


@pytest.mark.slow
def test_a_project_without_the_fixtures_loads_no_server(small_python: Path, tmp_path: Path) -> None:
    code = "import sys\ndef test_it(): assert not {'starlette', 'uvicorn', 'smooch.sandbox'} & set(sys.modules)\n"
    run = run_pytest(small_python, tmp_path, code)
    assert run.returncode == 0, run.stdout
