"""The same calls by all clients: CPU time, calls per second, parsing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import page_v1, page_v2, server
from .clients import (
    AIOHTTP_SMOOCH,
    ASYNC_HTTPX,
    ASYNC_SMOOCH,
    HTTPX,
    HTTPX_V2,
    OLD_PATTERN,
    SMOOCH,
    SMOOCH_V2,
    working,
)
from .measure import Findings, Goal, Plan, Samples

if TYPE_CHECKING:
    from .clients import Client, Worker
    from .measure import Table

SCHEMES = ("http", "https")
IN_FLIGHT = (1, 10, 100, 1000)
MOST_THREADS = 100
PARSING = ["into models, ms", "json.loads alone, ms", "ratio"]


def measure(plan: Plan) -> Findings:
    samples = Samples()
    for scheme in SCHEMES:
        certificate = plan.certificate if scheme == "https" else None
        with server.running(certificate) as url, working(plan.clients, url, plan.authority) as workers:
            measure_calls(plan, samples, scheme, workers)
            if scheme == "http":
                measure_parsing(plan, samples, workers)
    return Findings(tables(plan, samples), goals(samples))


def measure_calls(plan: Plan, samples: Samples, scheme: str, workers: dict[Client, Worker]) -> None:
    def call(client: Client, method: str, in_flight: int, seconds: float) -> list[float]:
        result = workers[client].do("calls", method=method, in_flight=in_flight, seconds=seconds)
        return [result["cpu_per_call"] * 1000, result["calls_per_second"]]

    samples.collect(
        workers,
        [f"post, {scheme}", at_once(scheme, 1)],
        plan.rounds,
        lambda client: call(client, "post", 1, plan.seconds),
    )
    samples.collect(
        workers,
        [f"list of 100, {scheme}"],
        plan.rounds,
        lambda client: call(client, "list_messages", 1, plan.seconds)[:1],
    )
    for number in IN_FLIGHT[1:]:
        samples.collect(
            [client for client in workers if client.is_async or number <= MOST_THREADS],
            [at_once(scheme, number)],
            plan.few_rounds,
            lambda client, number=number: call(client, "post", number, plan.seconds * 3)[1:],  # type: ignore[misc]
        )


def measure_parsing(plan: Plan, samples: Samples, workers: dict[Client, Worker]) -> None:
    """Of messages of eight types."""
    texts = {"v1": json.dumps(page_v1.PAGE), "v2": json.dumps(page_v2.PAGE)}

    def parse(client: Client) -> list[float]:
        result = workers[client].do("parse", text=texts[client.version], seconds=plan.seconds * 2)
        return [result["models"] * 1000, result["json_alone"] * 1000, result["models"] / result["json_alone"]]

    rows = [client for client in workers if client.has_models]
    samples.collect(rows, PARSING, plan.rounds, parse)


def at_once(scheme: str, number: int) -> str:
    return f"{scheme}, {number:,} at once"


def tables(plan: Plan, samples: Samples) -> list[Table]:
    cpu = [f"{call}, {scheme}" for call in ("post", "list of 100") for scheme in SCHEMES]
    return [
        samples.table("CPU time of a call, ms", plan.clients, cpu),
        samples.table("CPU time of parsing 100 messages", plan.clients, PARSING),
        *(
            samples.table(
                f"Posts per second, {scheme}", plan.clients, [at_once(scheme, number) for number in IN_FLIGHT]
            )
            for scheme in SCHEMES
        ),
    ]


def goals(samples: Samples) -> list[Goal]:
    post, post_tls, page, busy = "post, http", "post, https", "list of 100, http", at_once("https", 100)
    ratio = samples.ratio
    return [
        Goal("CPU of v1's post_message / httpx.Client", ratio(post, SMOOCH, HTTPX), maximum=0.80),
        Goal("CPU of v2's post_text / httpx.Client", ratio(post, SMOOCH_V2, HTTPX_V2), maximum=0.90),
        Goal("CPU of v1's list of 100 / httpx.Client", ratio(page, SMOOCH, HTTPX), maximum=1.6),
        Goal("CPU of v2's list of 100 / httpx.Client", ratio(page, SMOOCH_V2, HTTPX_V2), maximum=1.6),
        Goal("CPU of parsing 100 messages of v1 / json.loads", samples[SMOOCH, PARSING[2]], maximum=2.5),
        Goal("CPU of parsing 100 messages of v2 / json.loads", samples[SMOOCH_V2, PARSING[2]], maximum=3.0),
        Goal("CPU of requests.post, TLS / v1's post_message", ratio(post_tls, OLD_PATTERN, SMOOCH), minimum=20),
        Goal("100 posts at once, TLS / httpx.AsyncClient", ratio(busy, ASYNC_SMOOCH, ASYNC_HTTPX), minimum=4),
        Goal("the same over aiohttp", ratio(busy, AIOHTTP_SMOOCH, ASYNC_HTTPX), minimum=5),
    ]
