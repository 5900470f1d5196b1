"""Lists of v2: pages in both directions, limits, cursors, errors, and records of unknown types."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from smooch_api import UNSET
from smooch_api.v2 import models
from support.concurrency import AsyncBackground, async_wait_until
from support.scripted_server import Request, ScriptedServer, answer, script

from smooch.errors import InvalidInput, ServerError, SmoochError
from smooch.v2 import AsyncPaged, AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.anyio

APP = "5d8cff3cd55b040010928b5b"
CONVERSATION = "c616a583e4c240a871818541"


def record_id(number: int) -> str:
    return f"{number:024x}"


def message(number: int) -> dict[str, Any]:
    return {
        "id": record_id(number),
        "received": f"2025-02-03T18:{number // 60:02}:{number % 60:02}.000Z",
        "author": {"type": "business"},
        "content": {"type": "text", "text": str(number)},
    }


def client(number: int) -> dict[str, Any]:
    return {"id": record_id(number), "type": "sdk", "status": "active"}


class Server:
    """Pages `total` records as the API does: messages from the end, everything else from the start."""

    def __init__(self, total: int, *, descending: bool = False) -> None:
        self.total = total
        self.descending = descending
        self.pages: list[dict[str, str]] = []

    def __call__(self, request: Request) -> bytes:
        parts = urlsplit(request.target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.pages.append(query)
        if parts.path.endswith("/messages"):
            return answer(200, self._page(query, "messages", message, 100, from_end=True))
        return answer(200, self._page(query, "clients", client, int(query["page[size]"]), from_end=False))

    def _page(
        self, query: dict[str, str], name: str, make: Callable[[int], Any], size: int, *, from_end: bool
    ) -> dict[str, Any]:
        first, last = 0, self.total
        backwards = from_end
        if "page[before]" in query:
            last, backwards = int(query["page[before]"], 16), True
        elif "page[after]" in query:
            first, backwards = int(query["page[after]"], 16) + 1, False
        if backwards:
            first = max(first, last - size)
        else:
            last = min(last, first + size)
        has_more = first > 0 if backwards else last < self.total
        meta: dict[str, Any] = {"hasMore": has_more}
        if first > 0 and last > first:
            meta["beforeCursor"] = record_id(first)
        if 0 < last < self.total:
            meta["afterCursor"] = record_id(last - 1)
        records = [make(number) for number in range(first, last)]
        return {name: records[::-1] if self.descending else records, "meta": meta, "links": {}}


class Listing:
    def __init__(self, api: AsyncSmooch, server: Server) -> None:
        self.api = api
        self.server = server

    def messages(self, **options: Any) -> AsyncPaged[models.Message]:
        return self.api.messages.list(CONVERSATION, **options)

    def clients(self, **options: Any) -> AsyncPaged[models.Client]:
        return self.api.clients.list("u-77", **options)


@pytest.fixture
async def make_listing() -> AsyncIterator[Callable[..., Listing]]:
    """A function that starts a server with the given responses and makes a client of it."""
    servers, clients = [], []

    def make(respond: Any) -> Listing:
        servers.append(ScriptedServer(respond).__enter__())
        clients.append(AsyncSmooch("app_5a", "a secret", APP, base_url=servers[-1].url, retries=0))
        return Listing(clients[-1], respond)

    yield make
    for api in clients:
        await api.aclose()
    for server in servers:
        server.__exit__()


async def numbers(records: AsyncPaged[Any]) -> list[int]:
    return [int(record.id, 16) async for record in records]


@pytest.mark.parametrize("total", [0, 1, 99, 100, 101, 250])
async def test_every_record_is_returned_once_and_in_order(make_listing: Callable[..., Listing], total: int) -> None:
    listing = make_listing(Server(total))
    assert await numbers(listing.clients()) == list(range(total))
    assert len(listing.server.pages) == max(1, -(-total // 100))
    assert await numbers(listing.clients(before=record_id(total))) == list(range(total))[::-1]
    assert await numbers(listing.messages()) == list(range(total))[::-1]
    assert await numbers(listing.messages(newest_first=True)) == list(range(total))[::-1]
    assert await numbers(listing.messages(newest_first=False)) == list(range(total))


@pytest.mark.parametrize("descending", [False, True])
async def test_records_are_ordered_by_time_however_the_api_sorts_a_page(
    make_listing: Callable[..., Listing], descending: bool
) -> None:
    listing = make_listing(Server(250, descending=descending))
    assert await numbers(listing.messages()) == list(range(250))[::-1]
    assert await numbers(listing.messages(after=record_id(20))) == list(range(21, 250))
    assert await numbers(listing.messages(newest_first=False)) == list(range(250))


async def test_a_cursor_sets_the_direction(make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(Server(300))
    assert await numbers(listing.messages(before=record_id(120))) == list(range(120))[::-1]
    assert await numbers(listing.messages(after=record_id(120))) == list(range(121, 300))
    assert await numbers(listing.messages(after=record_id(120), newest_first=False)) == list(range(121, 300))
    assert await numbers(listing.clients(after=record_id(120))) == list(range(121, 300))


async def test_nothing_is_fetched_before_it_is_needed(make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(Server(250))
    records = listing.clients()
    assert listing.server.pages == []
    assert (await anext(records)).id == record_id(0)
    assert listing.server.pages == [{"page[size]": "100"}]
    async for record in records:
        if record.id == record_id(99):
            break
    assert len(listing.server.pages) == 1
    assert (await anext(records)).id == record_id(100)
    assert listing.server.pages[1:] == [{"page[size]": "100", "page[after]": record_id(99)}]


@pytest.mark.parametrize(("limit", "sizes"), [(0, []), (1, ["1"]), (100, ["100"]), (130, ["100", "30"])])
async def test_a_limit_is_kept_and_no_further_page_is_fetched(
    make_listing: Callable[..., Listing], limit: int, sizes: list[str]
) -> None:
    listing = make_listing(Server(250))
    assert await numbers(listing.clients(limit=limit)) == list(range(limit))
    assert [page["page[size]"] for page in listing.server.pages] == sizes
    assert await numbers(listing.messages(limit=limit)) == list(range(249, 249 - limit, -1))
    assert await numbers(listing.messages(limit=limit, newest_first=False)) == list(range(limit))


async def test_a_cursor_resumes_an_iteration_anywhere(make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(Server(250))
    expected = list(range(250))
    for stop in (1, 50, 100, 101, 200, 249):
        forward = listing.clients(limit=stop)
        backward = listing.messages(limit=stop)
        whole = listing.messages(limit=stop, newest_first=False)
        assert forward.cursor is None
        first = [await numbers(one) for one in (forward, backward, whole)]
        rest = [
            await numbers(listing.clients(after=forward.cursor)),
            await numbers(listing.messages(before=backward.cursor)),
            await numbers(listing.messages(after=whole.cursor)),
        ]
        assert first[0] + rest[0] == expected
        assert first[1] + rest[1] == expected[::-1]
        assert first[2] + rest[2] == expected
    assert listing.clients(after=record_id(7)).cursor == record_id(7)


async def test_a_list_serves_one_task_or_thread_at_a_time(make_listing: Callable[..., Listing]) -> None:
    gate = threading.Event()
    answers = Server(250)

    def once_open(request: Request) -> bytes:
        assert gate.wait(10)
        return answers(request)

    records = make_listing(once_open).clients()
    first = AsyncBackground(lambda: anext(records))
    await async_wait_until(lambda: records._in_use.locked())
    with pytest.raises(RuntimeError, match="is iterating over this list"):
        await anext(records)
    gate.set()
    assert int((await first.outcome()).id, 16) == 0
    assert await numbers(records) == list(range(1, 250))


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
async def test_a_list_cannot_be_copied_but_its_cursor_can(make_listing: Callable[..., Listing], duplicate: Any) -> None:
    with pytest.raises(TypeError, match="keep its `cursor`"):
        duplicate(make_listing(Server(1)).clients())


async def test_first_fetches_one_page_and_returns_none_for_an_empty_list(make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(Server(250))
    clients = listing.clients()
    for number in range(2):
        record = await clients.first()
        assert record is not None
        assert int(record.id, 16) == number
    assert len(listing.server.pages) == 1
    assert await numbers(clients) == list(range(2, 250))
    assert await clients.first() is None
    assert await make_listing(Server(0)).messages().first() is None


async def test_a_list_can_be_iterated_once(make_listing: Callable[..., Listing]) -> None:
    records = make_listing(Server(3)).clients()
    assert repr(records) == "<AsyncPaged at None>"
    assert await numbers(records) == [0, 1, 2]
    assert await numbers(records) == []
    assert repr(records) == f"<AsyncPaged at {record_id(2)}>"


async def test_after_an_error_iteration_continues_where_it_was(make_listing: Callable[..., Listing]) -> None:
    working = Server(250)
    failing = iter([False, True, True, False, False])
    listing = make_listing(lambda request: answer(500, {}) if next(failing) else working(request))
    records = listing.clients()
    seen: list[int] = []

    async def go_on() -> None:
        async for record in records:
            seen.append(int(record.id, 16))  # noqa: PERF401  (what came before an error counts)

    for _ in range(2):
        with pytest.raises(ServerError):
            await go_on()
        assert seen == list(range(100))
    await go_on()
    assert seen == list(range(250))


def page(*records: dict[str, Any], **meta: Any) -> bytes:
    return answer(200, {"messages": list(records), "meta": meta})


async def numbers_until_lost(records: AsyncPaged[Any]) -> list[int]:
    numbers: list[int] = []

    async def read_on() -> None:
        async for record in records:
            numbers.append(int(record.id, 16))  # noqa: PERF401  (what came before the error counts)

    with pytest.raises(SmoochError, match="leads nowhere"):
        await read_on()
    return numbers


async def test_a_page_without_a_usable_cursor_ends_the_iteration_with_an_error_and_loses_no_record(
    make_listing: Callable[..., Listing],
) -> None:
    metas: list[dict[str, Any]] = [{}, {"beforeCursor": None}, {"beforeCursor": record_id(5)}]
    for meta in metas:
        first = page(message(5), hasMore=True, beforeCursor=record_id(5))
        records = make_listing(script(first, page(message(3), hasMore=True, **meta))).messages()
        assert await numbers_until_lost(records) == [5, 3, 3]
        assert await numbers_until_lost(records) == []
        assert records.cursor == record_id(3)
    for options, expected in (({}, [5]), ({"newest_first": False}, [])):
        listing = make_listing(script(page(message(5), hasMore=True), page(hasMore=True)))
        assert await numbers_until_lost(listing.messages(**options)) == expected


async def test_without_a_cursor_the_next_page_starts_after_the_last_record(
    make_listing: Callable[..., Listing],
) -> None:
    whole = Server(250)

    def respond(request: Request) -> bytes:
        content = json.loads(whole(request).partition(b"\r\n\r\n")[2])
        content["meta"] = {"hasMore": content["meta"]["hasMore"]}
        return answer(200, content)

    listing = make_listing(respond)
    assert await numbers(listing.messages()) == list(range(250))[::-1]
    assert await numbers(listing.messages(newest_first=False)) == list(range(250))
    assert await numbers(listing.clients()) == list(range(250))
    assert await numbers(listing.clients(before=record_id(250))) == list(range(250))[::-1]


async def test_messages_without_author_or_content_are_returned_and_non_objects_are_skipped(
    make_listing: Callable[..., Listing],
) -> None:
    bare = {"id": record_id(1)}
    null = {"id": record_id(2), "author": None, "content": None}
    odd = {"id": record_id(3), "author": "Ana", "content": "Hi"}
    listing = make_listing(script(answer(200, {"messages": [None, bare, null, 5, odd]})))
    messages = [message async for message in listing.messages()][::-1]
    assert [message.to_dict() for message in messages] == [bare, null, odd]
    assert [(message.author, message.content) for message in messages] == [(UNSET, UNSET), (None, None), (UNSET, UNSET)]


@pytest.mark.parametrize("body", [{"messages": []}, {"messages": [], "meta": {"hasMore": False, "afterCursor": None}}])
async def test_a_page_without_meta_is_the_last(make_listing: Callable[..., Listing], body: Any) -> None:
    assert await numbers(make_listing(script(answer(200, body))).messages()) == []


async def test_an_empty_page_in_the_middle_does_not_end_the_walk(make_listing: Callable[..., Listing]) -> None:
    pages = [
        page(message(5), hasMore=True, beforeCursor=record_id(5)),
        page(hasMore=True, beforeCursor=record_id(4)),
        page(message(3), hasMore=False),
    ]
    assert await numbers(make_listing(script(*pages)).messages()) == [5, 3]


async def test_a_page_with_unknown_types_is_returned_whole(make_listing: Callable[..., Listing]) -> None:
    messages = [message(number) for number in range(100)]
    messages[17]["content"] = {"type": "hologram", "text": "Look!", "angle": 30}
    messages[42]["author"] = {"type": "business", "subtypes": ["oracle"], "mood": "calm"}
    messages[43]["source"] = {"type": "api:dreams"}
    messages[44]["content"] = None
    messages[45]["author"] = {"type": "crowd"}
    messages[46]["quotedMessage"] = {"type": "story", "url": "https://media.example/story"}
    listing = make_listing(script(page(*messages, hasMore=False)))
    received = [record async for record in listing.messages()][::-1]
    assert [record.to_dict() for record in received] == messages
    unknown, author = received[17].content, received[42].author
    assert isinstance(unknown, models.UnknownMessage)
    assert (unknown.text, unknown["angle"]) == ("Look!", 30)
    assert isinstance(author, models.Author)
    assert (author.subtypes, author["mood"]) == (["oracle"], "calm")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"before": record_id(1), "after": record_id(2)}, "before"),
        ({"before": ""}, "before"),
        ({"after": 7}, "after"),
        ({"limit": -1}, "limit"),
        ({"limit": "5"}, "limit"),
        ({"limit": True}, "limit"),
        ({"newest_first": True, "after": record_id(1)}, "newest_first"),
        ({"newest_first": False, "before": record_id(1)}, "newest_first"),
    ],
)
async def test_contradicting_arguments_are_refused_at_once(
    make_listing: Callable[..., Listing], options: dict[str, Any], field: str
) -> None:
    listing = make_listing(Server(3))
    with pytest.raises(InvalidInput) as caught:
        listing.messages(**options)
    assert caught.value.field == field
    if "newest_first" not in options:
        with pytest.raises(InvalidInput):
            listing.clients(**options)
    assert listing.server.pages == []


@pytest.mark.parametrize(
    ("name", "key", "arguments"),
    [
        ("users.find_by_email", "users", ("ana@example.org",)),
        ("devices.list", "devices", ("u",)),
        ("switchboards.list", "switchboards", ()),
        ("switchboard_integrations.list", "switchboardIntegrations", ("s",)),
        ("webhooks.list", "webhooks", ()),
        ("app_keys.list", "keys", ()),
        ("integration_keys.list", "keys", ("i",)),
    ],
)
async def test_a_list_holds_only_objects_that_parsed(name: str, key: str, arguments: tuple[str, ...]) -> None:
    record = {
        "id": "5a",
        "type": "sdk",
        "status": "active",
        "name": "bot",
        "enabled": True,
        "displayName": "a",
        "target": "https://a.example",
        "triggers": [],
        "secret": "s",
        "deliverStandbyEvents": True,
        "integrationId": "5b",
        "integrationType": "custom",
    }
    with ScriptedServer(lambda _: answer(200, {key: [record, None, {}, 5, record]})) as server:
        async with AsyncSmooch("app_5a", "secret", "5d", base_url=server.url) as api:
            records = await attrgetter(name)(api)(*arguments)
    assert [each.id for each in records] == ["5a", "5a"]
