"""Calls of the facade against the same calls on bare httpx, and against one `requests.post` after the other."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import requests
from smooch_api.v1 import models

from smooch import AsyncSmooch, Smooch, v2

from . import page_v2, server
from .measure import Result, at_once, compare, cpu, process, surplus

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

KEY = ("app_5a0000000000000000000001", "0123456789abcdef01234567")
TEXT = {"type": "text", "text": "Hi"}
POST = {"role": "appMaker", "type": "text", "text": "Hi"}
PATH = "/v1/appusers/b6518/messages"
HEADERS = {"Authorization": f"Bearer {Smooch.jwt_for_user(*KEY, 'b6518')}"}


def imports() -> Iterator[Result]:
    bare = "import httpx, attrs, jwt"
    yield compare(
        "import Smooch / import httpx, attrs, jwt", process("from smooch import Smooch"), process(bare), goal=1.25
    )
    yield surplus(
        "import one endpoint module of v2 - import httpx, attrs, ms",
        process("import httpx, attrs; from smooch_api.v2.api.messages import post_message"),
        process("import httpx, attrs"),
        goal=20,
        rounds=15,
    )


def one_after_the_other() -> Iterator[Result]:
    with (
        server.running() as url,
        Smooch(*KEY, base_url=url) as api,
        httpx.Client(base_url=url, headers=HEADERS) as bare,
    ):
        yield compare(
            "post_message / httpx.Client.post and json.loads, CPU",
            cpu(lambda: api.post_message("b6518", "Hi", True), 200),
            cpu(lambda: json.loads(bare.post(PATH, json=POST).content), 200),
            goal=0.80,
            rounds=15,
        )
        yield compare(
            "get_messages of 100 / httpx.Client.get and json.loads, CPU",
            cpu(lambda: api.get_messages("b6518"), 50),
            cpu(lambda: json.loads(bare.get(PATH).content), 50),
            goal=1.6,
        )


def one_after_the_other_v2() -> Iterator[Result]:
    path, post = "/v2/apps/a1/conversations/c1/messages", {"author": {"type": "business"}, "content": TEXT}
    with (
        server.running() as url,
        v2.Smooch(*KEY, "a1", base_url=url) as api,
        httpx.Client(base_url=url, headers=HEADERS) as bare,
    ):
        yield compare(
            "v2: messages.post_text / httpx.Client.post and json.loads, CPU",
            cpu(lambda: api.messages.post_text("c1", "Hi"), 200),
            cpu(lambda: json.loads(bare.post(path, json=post).content), 200),
            goal=0.90,
            rounds=15,
        )
        yield compare(
            "v2: messages.list of 100 / httpx.Client.get and json.loads, CPU",
            cpu(lambda: list(api.messages.list("c1")), 50),
            cpu(lambda: json.loads(bare.get(path).content), 50),
            goal=1.6,
        )


def parsing() -> Iterator[Result]:
    for version, page, model, goal in (
        ("", server.PAGE, models.GetMessagesResponse, 2.5),
        ("v2: ", page_v2.PAGE, v2.models.MessageListResponse, 3),
    ):
        wire = json.dumps(page)
        yield compare(
            f"{version}parse 100 messages of 8 types, json.loads included / json.loads, CPU",
            cpu(partial(parse, model, wire), 50),
            cpu(partial(json.loads, wire), 50),
            goal=goal,
        )
        assert parse(model, wire).to_dict() == page


def parse(model: Any, wire: str) -> Any:
    return model.from_dict(json.loads(wire))


def a_hundred_at_once(tls: ssl.SSLContext, certificate: Path) -> Iterator[Result]:
    """Over TLS, where the default limits of httpx make a connection for nearly every call."""

    async def ours(url: str) -> float:
        async with AsyncSmooch(*KEY, base_url=url, ssl_context=tls) as api:
            return await at_once(
                lambda: api.post_message("b6518", "Hi", True), tasks=100, calls=3000, clock=time.perf_counter
            )

    async def bare(url: str) -> float:
        async with httpx.AsyncClient(base_url=url, headers=HEADERS, verify=tls, timeout=60) as client:

            async def post() -> Any:
                return json.loads((await client.post(PATH, json=POST)).content)

            return await at_once(post, tasks=100, calls=3000, clock=time.perf_counter)

    with server.running(certificate) as url:
        yield compare(
            "100 posts at once: calls a second / those of bare httpx.AsyncClient, TLS",
            lambda: asyncio.run(ours(url)),
            lambda: asyncio.run(bare(url)),
            goal=4,
            at_least=True,
            rounds=3,
        )


def the_old_pattern(tls: ssl.SSLContext, certificate: Path, authority: Path) -> Iterator[Result]:
    """One `requests.post` a call, no session, as the old wrapper did."""
    with server.running(certificate) as url, Smooch(*KEY, base_url=url, ssl_context=tls) as api:
        yield compare(
            "the old wrapper's requests.post without a session / post_message, CPU, TLS",
            cpu(lambda: api.post_message("b6518", "Hi", True), 20),
            cpu(lambda: requests.post(url + PATH, json=POST, headers=HEADERS, verify=str(authority), timeout=30), 20),
            goal=20,
            at_least=True,
        )
