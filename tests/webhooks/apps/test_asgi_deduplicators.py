"""`asgi_app` and its deduplicator: claims, failures of the store, undated events, threads."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from support.concurrency import async_wait_until

from smooch.webhooks import (
    MemoryDeduplicator,
    SQLiteDeduplicator,
    asgi_app,
)

from ..calls import call_asgi as call
from ..handlers import AsyncBot
from ..payloads import (
    SECRET,
    envelope,
    message_delivery,
    message_event,
    numbered_delivery,
    postback_delivery,
    to_json,
)

if TYPE_CHECKING:
    from pathlib import Path

    from smooch.webhooks.deduplicators.protocol import Claim


@pytest.mark.anyio
async def test_a_request_cancelled_during_the_claim_releases_the_event(tmp_path: Path) -> None:
    claiming, go_on = threading.Event(), threading.Event()

    class Slow(SQLiteDeduplicator):
        def claim(self, event_id: str, owner: str) -> Claim:
            claiming.set()
            go_on.wait()
            return super().claim(event_id, owner)

    with closing(Slow(tmp_path / "events.db")) as dedupe:
        bot = AsyncBot()
        app = asgi_app(bot, secret=SECRET, deduplicator=dedupe)
        request = asyncio.create_task(call(app, to_json(message_delivery())))
        await async_wait_until(claiming.is_set)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        go_on.set()
        await app.aclose()
        assert (await call(app, to_json(message_delivery()))).status == 200
        await app.aclose()
    assert len(bot.handled) == 1


class Broken:
    """A deduplicator that fails from the n-th call on."""

    def __init__(self, works: int = 0) -> None:
        self.works = works
        self.released: list[str] = []

    def _use(self) -> None:
        if self.works <= 0:
            raise OSError("the store is gone")
        self.works -= 1

    def claim(self, event_id: str, owner: str) -> Any:
        self._use()
        return "new"

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        self._use()

    def release(self, event_id: str, owner: str) -> None:
        self.released.append(event_id)


@pytest.mark.anyio
@pytest.mark.parametrize("await_handler", [True, False])
async def test_without_its_store_503_so_that_the_api_delivers_again(
    await_handler: bool, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[Any] = []
    dedupe = Broken(works=1)
    app = asgi_app(got.append, secret=SECRET, deduplicator=dedupe, await_handler=await_handler)
    assert (await call(app, numbered_delivery(1, 2))).status == 503
    await app.aclose()
    assert dedupe.released == ["a1/e1", "a1/e2"], "the claim that raised may have been stored"
    assert "the store is gone" in caplog.text
    assert got == []


@pytest.mark.anyio
async def test_a_handled_event_counts_although_it_cannot_be_recorded(caplog: pytest.LogCaptureFixture) -> None:
    got: list[Any] = []
    app = asgi_app(got.append, secret=SECRET, deduplicator=Broken(works=1), await_handler=True)
    assert (await call(app, to_json(message_delivery()))).status == 200
    assert len(got) == 1
    assert "could not record event 5a0000000000000000000001/message:appUser/m1" in caplog.text
    await app.aclose()


class Noting(MemoryDeduplicator):
    def __init__(self) -> None:
        super().__init__()
        self.confirmed: dict[str, float | None] = {}

    def confirm(self, event_id: str, *, at_most: float | None = None) -> None:
        self.confirmed[event_id.split("/")[1]] = at_most
        super().confirm(event_id, at_most=at_most)


@pytest.mark.anyio
async def test_an_undated_event_is_remembered_for_a_minute_only() -> None:
    dedupe = Noting()
    app = asgi_app(lambda event: None, secret=SECRET, deduplicator=dedupe, await_handler=True)
    for body in (message_delivery(), postback_delivery()):
        await call(app, to_json(body))
    assert dedupe.confirmed == {"message:appUser": None, "postback": 60.0}
    await app.aclose()


@pytest.mark.anyio
async def test_only_the_undated_event_of_a_delivery_is_forgotten_soon() -> None:
    dedupe = Noting()
    app = asgi_app(lambda event: None, secret=SECRET, deduplicator=dedupe, await_handler=True)
    bare = {"type": "conversation:archive"}
    await call(app, to_json(envelope(bare, message_event("e1"), message_event("e2"))))
    assert {dedupe.confirmed.pop("e1"), dedupe.confirmed.pop("e2")} == {None}
    assert list(dedupe.confirmed.values()) == [60.0]
    await app.aclose()


@pytest.mark.anyio
async def test_a_custom_deduplicator_is_called_in_a_thread(tmp_path: Path) -> None:
    threads = set()

    class Recording(SQLiteDeduplicator):
        def claim(self, *args: Any) -> Any:
            threads.add(threading.current_thread())
            return super().claim(*args)

        def confirm(self, *args: Any, **options: Any) -> None:
            threads.add(threading.current_thread())
            super().confirm(*args, **options)

    async def handler(event: Any) -> None:
        pass

    with closing(Recording(tmp_path / "events.db")) as dedupe:
        app = asgi_app(handler, secret=SECRET, deduplicator=dedupe, await_handler=True)
        assert [(await call(app, to_json(message_delivery()))).status for _ in range(2)] == [200, 200]
    assert threads
    assert threading.current_thread() not in threads
    with closing(sqlite3.connect(tmp_path / "events.db")) as database:
        assert database.execute("SELECT count(*) FROM smooch_events WHERE owner IS NULL").fetchone() == (1,)
