"""What it takes to begin: importing a client, and a new process until the first message is posted."""

from __future__ import annotations

import os
import subprocess

from . import server
from .clients import SMOOCH, Client, Worker, environment
from .measure import Findings, Goal, Plan, Samples

IMPORT, FIRST_RESPONSE = "import, CPU ms", "from the start of the process to the first response over https, ms"
NOTHING = Client("Python without an import", "", "pass")
DEPENDENCIES = Client("httpx, attrs and jwt", "", "import httpx, attrs, jwt")
HTTPX_AND_ATTRS = Client("httpx and attrs", "", "import httpx, attrs")
ENDPOINT = Client(
    "httpx, attrs and an endpoint of v2", "", "import httpx, attrs; from smooch_api.v2.api.messages import post_message"
)


def measure(plan: Plan) -> Findings:
    samples = Samples()
    rows = [NOTHING, DEPENDENCIES, HTTPX_AND_ATTRS, ENDPOINT, *plan.clients]
    for client in rows:
        import_time(client)  # writes the bytecode
    samples.collect(rows, [IMPORT], plan.rounds, lambda client: [import_time(client)])
    with server.running(plan.certificate) as url:

        def first_response(client: Client) -> list[float]:
            with Worker(client, url, plan.authority) as worker:
                return [worker.seconds_to_first_response * 1000]

        samples.collect(plan.clients, [FIRST_RESPONSE], plan.few_rounds, first_response)
    surplus = [a - b for a, b in zip(samples[ENDPOINT, IMPORT], samples[HTTPX_AND_ATTRS, IMPORT], strict=True)]
    return Findings(
        [samples.table("Start", rows, [IMPORT, FIRST_RESPONSE])],
        [
            Goal(
                "CPU of importing Smooch / httpx, attrs, jwt", samples.ratio(IMPORT, SMOOCH, DEPENDENCIES), maximum=1.25
            ),
            Goal("CPU of importing an endpoint of v2, ms more than httpx and attrs", surplus, maximum=20),
        ],
    )


def import_time(client: Client) -> float:
    """CPU milliseconds of a new interpreter that imports a client and ends."""
    process = subprocess.Popen([client.python, "-P", "-c", client.imports], env=environment())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, client.imports
    return (usage.ru_utime + usage.ru_stime) * 1000
