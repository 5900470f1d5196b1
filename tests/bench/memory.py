"""What clients hold: memory for each client, memory while many messages are read, connections for many calls."""

from __future__ import annotations

import contextlib
import http.client
from typing import TYPE_CHECKING

from . import server
from .clients import Worker
from .measure import Findings, Plan, Samples

if TYPE_CHECKING:
    from .clients import Client

CLIENTS = 20
IN_FLIGHT = 100


def measure(plan: Plan) -> Findings:
    samples = Samples()
    few, many = plan.many, plan.many * 10
    each = "KB for each client with a connection, https"
    growth = f"KB more after {many:,} messages than after {few:,}"
    connections = f"connections for {plan.many:,} posts, {IN_FLIGHT} at once, http"
    failed = "of these failed"
    with server.running(plan.certificate) as url:

        def memory_of_client(client: Client) -> list[float]:
            with Worker(client, url, plan.authority) as worker:
                return [worker.do("memory_of_clients", count=CLIENTS)["bytes"] / 1000]

        samples.collect(plan.clients, [each], plan.few_rounds, memory_of_client)
    with server.running() as url:

        def memory_of_messages(client: Client) -> list[float]:
            with Worker(client, url, plan.authority) as worker:
                return [worker.do("memory_of_messages", first=few, then=many - few)["bytes"] / 1000]

        def count_connections(client: Client) -> list[float]:
            before = opened(url)
            with Worker(client, url, plan.authority) as worker:
                result = worker.do("calls", method="post", in_flight=IN_FLIGHT, count=plan.many)
                return [opened(url) - before - 1, result["failed"]]

        samples.collect(plan.clients, [growth], 1, memory_of_messages)
        samples.collect(plan.clients, [connections, failed], 1, count_connections)
    return Findings([samples.table("Memory and connections", plan.clients, [each, growth, connections, failed])])


def opened(url: str) -> int:
    """Number of connections that the server has accepted before this one."""
    with contextlib.closing(http.client.HTTPConnection(url.removeprefix("http://"))) as connection:
        connection.request("GET", "/connections")
        return int(connection.getresponse().read())
