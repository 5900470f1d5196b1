"""One client under the load of a hundred threads, or of a hundred tasks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme

from smooch.v1 import AsyncSmooch, Smooch

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

WORKERS = 100
POSTS_EACH = 200
SERVER = Path(__file__).parents[1] / "support" / "counting_server.py"


@contextmanager
def counting_server(folder: Path) -> Iterator[dict[str, Any]]:
    """Run the server in its own process; yields the options of a client for it."""
    authority = trustme.CA()
    certificate = folder / "certificate.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    context = httpx.create_ssl_context()
    authority.configure_trust(context)
    with subprocess.Popen([sys.executable, SERVER, certificate], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = f"https://localhost:{process.stdout.readline().strip()}"
            yield {
                "key_id": "app_5a",
                "secret": "a secret that nobody must see",
                "base_url": url,
                "ssl_context": context,
            }
        finally:
            process.kill()


def every_post_arrived_once(counts: dict[str, Any]) -> None:
    assert counts["texts"] == {f"{worker}-{post}": 1 for worker in range(WORKERS) for post in range(POSTS_EACH)}
    assert counts["connections"]["made"] <= WORKERS
    assert counts["connections"]["most"] <= WORKERS


def test_a_hundred_threads_lose_no_post_and_open_no_more_than_a_hundred_connections(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def post_all(worker: int) -> None:
        try:
            for post in range(POSTS_EACH):
                assert api.post_message("b6518", f"{worker}-{post}").parsed.message.id
        except Exception as error:
            failures.append(error)

    with counting_server(tmp_path) as arguments, Smooch(**arguments, retries=0, deadline=None) as api:
        threads = [threading.Thread(target=post_all, args=(worker,)) for worker in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        every_post_arrived_once(api.ask("counts").json())


async def test_a_hundred_tasks_lose_no_post_and_open_no_more_than_a_hundred_connections(tmp_path: Path) -> None:
    async def post_all(worker: int) -> None:
        for post in range(POSTS_EACH):
            assert (await api.post_message("b6518", f"{worker}-{post}")).parsed.message.id

    with counting_server(tmp_path) as arguments:
        async with AsyncSmooch(**arguments, retries=0, deadline=None) as api:
            await asyncio.gather(*(post_all(worker) for worker in range(WORKERS)))
            every_post_arrived_once((await api.ask("counts")).json())
