"""Other people's clients against the sandbox: each call succeeds, and the client's own models read each response."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from smooch import Smooch
from smooch.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = Path(os.environ["SMOOCH_FOREIGN"])
SESSIONS = {
    "python_v2": [ENVIRONMENTS / "python_v2" / "bin" / "python", HERE / "python_v2.py"],
    "python_v1": [ENVIRONMENTS / "python_v1" / "bin" / "python", HERE / "python_v1.py"],
}
MODULES = ENVIRONMENTS / "javascript" / "node_modules"
if MODULES.is_dir():
    SESSIONS |= {name: ["node", HERE / f"{name}.cjs"] for name in ("javascript_v2", "javascript_v1")}


class Partner(BaseHTTPRequestHandler):
    """The page to which the OAuth flow redirects the browser."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_request(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def partner() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Partner) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/back"
        server.shutdown()
        thread.join()


def variables(sandbox: Sandbox, redirect_uri: str) -> dict[str, str]:
    """The environment variables that a session reads."""
    query = {"client_id": sandbox.oauth_client_id, "response_type": "code", "redirect_uri": redirect_uri}
    back = httpx.get(f"{sandbox.url}/oauth/authorize", params=query)
    names = ("url", "app_id", "key_id", "secret", "account_key_id", "account_secret", "integration_id")
    more = ("integration_key_id", "integration_secret", "oauth_client_id", "oauth_client_secret")
    values = {name: getattr(sandbox, name) for name in (*names, *more)}
    values |= {"oauth_code": back.next_request.url.params["code"], "redirect_uri": redirect_uri, "zendesk_id": "35436"}
    return {f"SANDBOX_{name.upper()}": text for name, text in values.items()}


@pytest.fixture(scope="module", params=SESSIONS)
def outcomes(request: pytest.FixtureRequest, partner: str) -> list[dict[str, Any]]:
    """Run a session and return its reports of calls."""
    with Sandbox() as sandbox:
        with Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
            api.init_user("ana", "device-1")
        sandbox.authenticate_user("ana", zendesk_id="35436")
        # Without the environment of this process: another `smooch` would be found.
        environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES), **variables(sandbox, partner)}
        done = subprocess.run(
            SESSIONS[request.param], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_call_succeeds_and_the_models_read_each_response(outcomes: list[dict[str, Any]]) -> None:
    failed = [f"{each['api']}.{each['call']}: {each['error']}" for each in outcomes if each["error"]]
    assert not failed, "\n".join(failed)
    assert len(outcomes) > 40
