"""The clients that are compared, each run by `worker.py` in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORKER = Path(__file__).with_name("worker.py")
ENVIRONMENTS = Path(__file__).parents[2] / ".venvs" / "bench"


@attrs.frozen
class Client:
    """A row of the tables."""

    name: str
    worker: str
    """Class in `worker.py`."""
    imports: str
    version: str = "v1"
    is_async: bool = False
    has_models: bool = False
    requirement: str | None = None
    """What is installed from the registry into an environment of its own; None: it is among the development packages."""

    @property
    def python(self) -> str:
        """The interpreter whose environment has the client, made when it is first needed."""
        if self.requirement is None:
            return sys.executable
        folder = ENVIRONMENTS / self.requirement
        python, stamp = folder / "bin" / "python", folder / ".installed"
        if not stamp.exists():
            venv.create(folder, clear=True, with_pip=True)
            install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", self.requirement]
            subprocess.run(install, check=True)
            stamp.touch()
        return str(python)


HTTP = Client("http.client", "HTTPClient", "import http.client")
HTTP_V2 = Client("http.client, v2", "HTTPClient", "import http.client", version="v2")
HTTPX = Client("httpx.Client", "Httpx", "import httpx")
HTTPX_V2 = Client("httpx.Client, v2", "Httpx", "import httpx", version="v2")
ASYNC_HTTPX = Client("httpx.AsyncClient", "AsyncHttpx", "import httpx", is_async=True)
REQUESTS = Client("requests.Session", "RequestsSession", "import requests")
OLD_PATTERN = Client("requests.post, no session", "RequestsWithoutSession", "import requests")
SMOOCH = Client("smooch.Smooch", "SmoochV1", "from smooch import Smooch", has_models=True)
SMOOCH_V2 = Client("smooch.v2.Smooch", "SmoochV2", "from smooch.v2 import Smooch", version="v2", has_models=True)
ASYNC_SMOOCH = Client("smooch.AsyncSmooch", "AsyncSmoochV1", "from smooch import AsyncSmooch", is_async=True)
ASYNC_SMOOCH_V2 = Client(
    "smooch.v2.AsyncSmooch", "AsyncSmoochV2", "from smooch.v2 import AsyncSmooch", version="v2", is_async=True
)
AIOHTTP_SMOOCH = Client(
    "smooch.AsyncSmooch, aiohttp",
    "AiohttpSmoochV1",
    "from smooch import AsyncSmooch; import httpx_aiohttp",
    is_async=True,
)
AIOHTTP_SMOOCH_V2 = Client(
    "smooch.v2.AsyncSmooch, aiohttp",
    "AiohttpSmoochV2",
    "from smooch.v2 import AsyncSmooch; import httpx_aiohttp",
    version="v2",
    is_async=True,
)
CLIENTS = [
    HTTP,
    HTTP_V2,
    HTTPX,
    HTTPX_V2,
    ASYNC_HTTPX,
    REQUESTS,
    OLD_PATTERN,
    Client("smooch 5.34.0, v1.1", "VendorV1", "import smooch", has_models=True, requirement="smooch==5.34.0"),
    Client(
        "sunshine-conversations-client 17.0.1, v2",
        "VendorV2",
        "import sunshine_conversations_client",
        version="v2",
        has_models=True,
        requirement="sunshine-conversations-client==17.0.1",
    ),
    SMOOCH,
    SMOOCH_V2,
    ASYNC_SMOOCH,
    ASYNC_SMOOCH_V2,
    AIOHTTP_SMOOCH,
    AIOHTTP_SMOOCH_V2,
]


def environment() -> dict[str, str]:
    """Environment variables without proxies; bytecode is kept, or what is not installed would be compiled at each start."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {name: value for name, value in os.environ.items() if name.upper() not in left_out}


class Worker:
    """A process with a client."""

    def __init__(self, client: Client, url: str, authority: Path) -> None:
        trust = {"SSL_CERT_FILE": str(authority), "REQUESTS_CA_BUNDLE": str(authority)}
        command = [client.python, "-P", str(WORKER), client.worker, url, client.version]
        start = time.perf_counter()
        self._process = subprocess.Popen(
            command, env=environment() | trust, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()
        self.seconds_to_first_response = time.perf_counter() - start
        """From the start of the process until the first message was posted."""

    def do(self, job: str, **arguments: Any) -> dict[str, float]:
        """Have a method of `worker.Worker` called."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"job": job, **arguments}) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._read()))

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended, see its error above")
        return line

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def working(clients: Iterable[Client], url: str, authority: Path) -> Iterator[dict[Client, Worker]]:
    """A worker for each client."""
    with contextlib.ExitStack() as stack:
        yield {client: stack.enter_context(Worker(client, url, authority)) for client in clients}
