"""Run the apps of the queues guide with its own commands, a sandbox and, where needed, Redis."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs
from support.redis_server import RedisServer
from support.scripted_server import unused_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smooch.sandbox import Sandbox

TESTS = Path(__file__).resolve().parent.parent
APPS = TESTS / "apps" / "queues"
GUIDE = (TESTS.parent / "smooch" / "webhooks" / "queues.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (\S+)(.*)$", GUIDE, re.MULTILINE)
_MODULES = {"huey_consumer": "huey.bin.huey_consumer"}
_START_SECONDS = 60.0


def run_redis(folder: Path) -> RedisServer:
    """Create a Redis server with the options of the guide: it keeps its data even if it is killed."""
    (options,) = re.findall(r"redis-server (--appendonly.*)$", GUIDE, re.MULTILINE)
    folder.mkdir()
    return RedisServer(folder, *options.split())


@attrs.define(eq=False)
class Process:
    """A running command of the guide."""

    arguments: list[str]
    options: dict[str, Any]
    process: subprocess.Popen[bytes] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.arguments, **self.options)

    def children(self) -> list[int]:
        """Return the ids of its worker processes."""
        listing = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self.process.pid)], capture_output=True, text=True
        ).stdout
        rows = [row.split(maxsplit=1) for row in listing.splitlines()]
        return [int(pid) for pid, command in rows if "resource_tracker" not in command]

    def kill_a_child(self) -> None:
        """Kill the worker process that started last (never huey's scheduler), and wait for its replacement."""
        children = self.children()
        os.kill(children[-1], signal.SIGKILL)
        wait_until(lambda: len(set(self.children()) - {children[-1]}) == len(children), _START_SECONDS)

    def kill_and_start(self) -> None:
        """Kill the parent and all its processes, then start it again, as a supervisor does."""
        self._kill()
        self.start()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)  # an idle worker of taskiq 0.13 does not end
        except subprocess.TimeoutExpired:
            self._kill()

    def _kill(self) -> None:
        children = self.children()
        self.process.kill()
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


@attrs.define(eq=False)
class Bot:
    """The web server and the workers of one app."""

    folder: Path
    web: Process
    workers: list[Process]

    @property
    def handled(self) -> list[str]:
        """The ids of the handled events, in order."""
        path = self.folder / "handled.log"
        return path.read_text().splitlines() if path.exists() else []


@contextmanager
def run_commands(name: str, folder: Path, sandbox: Sandbox, **variables: str) -> Iterator[list[Process]]:
    """Run the commands of the guide for an app, in a folder of their own; a web server listens at BOT_URL."""
    shutil.copytree(APPS / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    environment = make_environment(sandbox, **variables)
    processes: list[Process] = []
    with ExitStack() as stack:
        for number, (command, arguments) in enumerate(COMMANDS):
            if f"{name}." not in arguments:
                continue
            log = stack.enter_context((folder / f"{number}-{command}.log").open("wb"))
            words = [sys.executable, "-m", _MODULES.get(command, command), *arguments.split()]
            if command == "uvicorn":
                words += ["--port", str(urlsplit(variables["BOT_URL"]).port), "--no-access-log"]
            processes.append(Process(words, {"cwd": folder, "env": environment, "stdout": log, "stderr": log}))
            stack.callback(processes[-1].stop)
        yield processes


def make_environment(sandbox: Sandbox, **variables: str) -> dict[str, str]:
    """Return the environment of an app that uses the sandbox."""
    return {
        **os.environ,
        "SMOOCH_KEY_ID": sandbox.integration_key_id,
        "SMOOCH_SECRET": sandbox.integration_secret,
        "SMOOCH_APP_ID": sandbox.app_id,
        "SMOOCH_BASE_URL": sandbox.url,
        "PYTHONUNBUFFERED": "1",
        **variables,
    }


@contextmanager
def run_bot(name: str, folder: Path, sandbox: Sandbox, redis_url: str, lease: int) -> Iterator[Bot]:
    """Start the web server and the workers of an app, and wait until its webhook exists."""
    variables = {"BOT_URL": f"http://127.0.0.1:{unused_port()}/", "REDIS_URL": redis_url, "LEASE": str(lease)}
    with run_commands(name, folder, sandbox, **variables) as (web, *workers):
        sandbox.wait_for_webhook(timeout=_START_SECONDS)
        yield Bot(folder, web, workers)
