"""Every shell block of the sandbox's guide runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from openapi_spec_validator import validate

from smooch.sandbox.control.api import handlers, load_spec

from .targets import target

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

GUIDE = Path(__file__).parents[2] / "smooch" / "sandbox" / "README.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
SHELL = [code for language, code in BLOCKS if language == "sh"]


def test_every_curl_example_succeeds_and_there_is_one_for_every_operation(sandbox: Sandbox) -> None:
    auth = (sandbox.key_id, sandbox.secret)
    environment = {
        **os.environ,
        "SMOOCH_BASE_URL": sandbox.url,
        "SMOOCH_KEY_ID": sandbox.key_id,
        "SMOOCH_SECRET": sandbox.secret,
    }
    used = set()
    with target() as receiver:
        for line in (line for code in SHELL for line in code.splitlines()):
            command = line.replace("curl ", "curl --silent --show-error --fail-with-body ", 1)
            if "-N" in line:  # this one ends by Ctrl-C only
                command = f"timeout 1 {command}"
            run = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True)
            assert run.returncode == (124 if "-N" in line else 0), line + run.stdout + run.stderr
            used |= {operation.id for operation in load_spec().operations.values() if _is_used(operation, line)}
            if "/reset" in line:
                httpx.post(f"{sandbox.url}/v1/webhooks", auth=auth, json={"target": receiver.url})
            if "click" in line:
                sandbox.wait_for_deliveries()
                control = f"{sandbox.url}/_sandbox"
                lists = {name: httpx.get(f"{control}/{name}").json()[name] for name in LISTS}
                environment |= {variable: str(lists[name][0]["id"]) for name, variable in LISTS.items()}
    assert used == set(handlers)


LISTS = {"conversations": "CONVERSATION_ID", "requests": "REQUEST_ID", "deliveries": "DELIVERY_ID"}


def _is_used(operation: object, line: str) -> bool:
    path = re.sub(r"\{\w+\}", "(?:ana|\\\\$[A-Z_]+)", operation.path)  # type: ignore[attr-defined]
    method = re.search(r"-X (\w+)", line)
    verb = method[1].lower() if method else "post" if "-d " in line or "--data-binary" in line else "get"
    return operation.method == verb and re.search(rf"BASE_URL{path}[\"?\s]*(\s|$|\?)", line) is not None  # type: ignore[attr-defined]


def test_the_description_is_valid() -> None:
    validate(load_spec().document)
