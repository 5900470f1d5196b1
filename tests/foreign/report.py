"""What a session with other people's client reports: one JSON object a line for each call, and at the end the calls that it did not try.

Runs in the environment of that client, so it imports nothing of ours.
"""

from __future__ import annotations

import inspect
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRONMENT = {
    name.removeprefix("SANDBOX_").lower(): value for name, value in os.environ.items() if name.startswith("SANDBOX_")
}
"""Address, ids and keys of the sandbox."""


class Report:
    """Makes calls with the API classes of a client, and prints how each went."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._tried: set[tuple[str, str]] = set()

    def call(
        self, client: Any, api: str, method: str, *arguments: Any, refused: str | None = None, **options: Any
    ) -> Any:
        """Call a method of an API class, and return its response, or None if it failed.

        `refused`: the call must fail with an error that contains this.
        """
        self._tried.add((api, method))
        error = None
        response = None
        try:
            response = getattr(getattr(self._module, api)(client), method)(*arguments, **options)
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
        if refused is not None:
            error = None if refused in str(error) else f"expected to be refused with {refused}, got {error}"
        print(json.dumps({"api": api, "call": method, "error": error}), flush=True)
        return response

    def read(self, api: str, what: str, model: Any, content: dict[str, Any]) -> None:
        """Read a JSON object with a model of the client."""
        error = None
        try:
            model.from_dict(content)
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
        print(json.dumps({"api": api, "call": what, "error": error}), flush=True)

    def expect(self, api: str, what: str, is_so: object) -> None:
        """Report a check of a response."""
        print(json.dumps({"api": api, "call": what, "error": None if is_so else "is not so"}), flush=True)

    def finish(self) -> None:
        """Report the methods of all API classes that were not called."""
        apis = {name: cls for name, cls in vars(self._module).items() if inspect.isclass(cls) and name.endswith("Api")}
        methods = [
            (api, name) for api, cls in apis.items() for name, each in vars(cls).items() if inspect.isfunction(each)
        ]
        for api, method in methods:
            if not method.startswith("_") and "_with" not in method and (api, method) not in self._tried:
                print(json.dumps({"api": api, "call": method, "error": "was not called"}), flush=True)


def deliveries() -> tuple[str, Callable[[], list[Any]]]:
    """Start a webhook target; returns its URL, and a function that waits for the deliveries and returns them."""
    bodies: list[Any] = []
    last = [time.monotonic()]

    class Target(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            last[0] = time.monotonic()
            self.send_response(200)
            self.end_headers()

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_request(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def received() -> list[Any]:
        while time.monotonic() < last[0] + 1:
            time.sleep(0.1)
        return bodies

    return f"http://127.0.0.1:{server.server_port}/", received
