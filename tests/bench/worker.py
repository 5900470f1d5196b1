"""One client in a process of its own: `python -P worker.py CLIENT URL VERSION`.

Makes the client, posts a message and prints a line; then reads jobs from stdin and prints the results, one line of JSON
each. Runs in the environment of the client and is timed from its start: it imports a module when it needs it.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = 1_000_000_000
TIMEOUT = 60
KEY_ID, SECRET, APP_ID = "app_5a0000000000000000000001", "0123456789abcdef01234567", "5a0000000000000000000002"
HEADERS = {"Authorization": "Bearer " + "x" * 180}
TEXT = {"type": "text", "text": "Hi"}
ROUTES = {
    "v1": ("/v1/appusers/b6518/messages", {"role": "appMaker", **TEXT}),
    "v2": (f"/v2/apps/{APP_ID}/conversations/c1/messages", {"author": {"type": "business"}, "content": TEXT}),
}


class Client:
    """What is measured: `post` returns the text of the message that was posted, `list_messages` a page of a hundred."""

    is_async = False

    def __init__(self, url: str, version: str) -> None:
        self.url, self.version = url, version
        self.path, self.body = ROUTES[version]
        self.connect()

    def request(self, method: str, body: Any = None) -> Any:
        """Send a request and return the body of the response, for clients that know nothing of the API."""
        raise NotImplementedError

    def post(self) -> Any:
        posted = json.loads(self.request("POST", self.body))
        return (posted["message"] if self.version == "v1" else posted["messages"][0]["content"])["text"]

    def list_messages(self) -> Any:
        return json.loads(self.request("GET"))["messages"]

    def parse(self, text: str) -> Any:
        return json.loads(text)

    def iterate(self, count: int) -> Any:
        for _ in range(count // 100):
            self.list_messages()


class HTTPClient(Client):
    """The standard library's `http.client`, with a connection for each thread."""

    def connect(self) -> None:
        import http.client
        import threading
        from urllib.parse import urlsplit

        url = urlsplit(self.url)
        self.local = threading.local()
        if url.scheme == "http":
            self.new = lambda: http.client.HTTPConnection(url.hostname, url.port)
        else:
            import ssl

            tls = ssl.create_default_context()
            self.new = lambda: http.client.HTTPSConnection(url.hostname, url.port, context=tls)

    def request(self, method: str, body: Any = None) -> Any:
        try:
            connection = self.local.connection
        except AttributeError:
            connection = self.local.connection = self.new()
        content = None if body is None else json.dumps(body)
        connection.request(method, self.path, content, {**HEADERS, "Content-Type": "application/json"})
        return connection.getresponse().read()


class Httpx(Client):
    """`httpx.Client` as it comes."""

    def connect(self) -> None:
        import httpx

        self.client = httpx.Client(base_url=self.url, headers=HEADERS, timeout=TIMEOUT)

    def request(self, method: str, body: Any = None) -> Any:
        return self.client.request(method, self.path, json=body).content


class AsyncHttpx(Client):
    """`httpx.AsyncClient` as it comes."""

    is_async = True

    def connect(self) -> None:
        import httpx

        self.client = httpx.AsyncClient(base_url=self.url, headers=HEADERS, timeout=TIMEOUT)

    async def post(self) -> Any:
        posted = json.loads((await self.client.post(self.path, json=self.body)).content)
        return (posted["message"] if self.version == "v1" else posted["messages"][0]["content"])["text"]

    async def list_messages(self) -> Any:
        return json.loads((await self.client.get(self.path)).content)["messages"]

    async def iterate(self, count: int) -> Any:
        for _ in range(count // 100):
            await self.list_messages()


class RequestsSession(Client):
    """A `requests.Session`."""

    def connect(self) -> None:
        import requests

        self.requests = requests.Session()

    def request(self, method: str, body: Any = None) -> Any:
        return self.requests.request(method, self.url + self.path, json=body, headers=HEADERS, timeout=TIMEOUT).content


class RequestsWithoutSession(RequestsSession):
    """`requests.post` without a session: a connection for each call, as the old wrapper did."""

    def connect(self) -> None:
        import requests

        self.requests = requests


class VendorV2(Client):
    """`sunshine-conversations-client`, the vendor's SDK for v2."""

    def connect(self) -> None:
        import logging
        import os

        import sunshine_conversations_client as sdk

        logging.getLogger("urllib3").setLevel(logging.ERROR)  # As below.
        configuration = sdk.Configuration(
            host=self.url, username=KEY_ID, password=SECRET, ssl_ca_cert=os.environ["SSL_CERT_FILE"]
        )
        self.sdk, self.api = sdk, sdk.MessagesApi(sdk.ApiClient(configuration))

    def post(self) -> Any:
        body = self.sdk.MessagePost(
            author=self.sdk.Author(type="business"), content=self.sdk.Content(self.sdk.TextMessage(**TEXT))
        )
        return self.api.post_message(APP_ID, "c1", body).messages[0].content.actual_instance.text

    def list_messages(self) -> Any:
        return self.api.list_messages(APP_ID, "c1").messages

    def parse(self, text: str) -> Any:
        return self.sdk.MessageListResponse.from_dict(json.loads(text))


class VendorV1(Client):
    """`smooch` of the registry, the vendor's SDK for v1.1."""

    def connect(self) -> None:
        import logging
        import os

        import smooch as sdk

        # With more threads than its pool holds it warns at each call that it closes a connection.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

        configuration = sdk.Configuration()
        configuration.host = self.url
        configuration.username, configuration.password = KEY_ID, SECRET
        configuration.ssl_ca_cert = os.environ["SSL_CERT_FILE"]
        self.sdk, self.api = sdk, sdk.ConversationApi(sdk.ApiClient())

    def post(self) -> Any:
        return self.api.post_message(APP_ID, "b6518", self.sdk.MessagePost(role="appMaker", **TEXT)).message.text

    def list_messages(self) -> Any:
        return self.api.get_messages(APP_ID, "b6518").messages

    def parse(self, text: str) -> Any:
        from types import SimpleNamespace

        return self.api.api_client.deserialize(SimpleNamespace(data=text), "GetMessagesResponse")


class SmoochV1(Client):
    """`smooch.Smooch` of this library."""

    def connect(self) -> None:
        from smooch import Smooch

        self.api = Smooch(KEY_ID, SECRET, base_url=self.url)

    def post(self) -> Any:
        return self.api.post_message("b6518", "Hi", True).parsed.message.text

    def list_messages(self) -> Any:
        return self.api.get_messages("b6518").parsed.messages

    def parse(self, text: str) -> Any:
        from smooch.v1 import models

        return models.GetMessagesResponse.from_dict(json.loads(text))

    def iterate(self, count: int) -> Any:
        for _ in zip(range(count), self.api.iter_messages("endless"), strict=False):
            pass


class AsyncSmoochV1(SmoochV1):
    """`smooch.AsyncSmooch` of this library."""

    is_async = True
    transport: Any = None

    def connect(self) -> None:
        from smooch import AsyncSmooch

        self.api = AsyncSmooch(KEY_ID, SECRET, base_url=self.url, transport=self.transport)

    async def post(self) -> Any:
        return (await self.api.post_message("b6518", "Hi", True)).parsed.message.text

    async def list_messages(self) -> Any:
        return (await self.api.get_messages("b6518")).parsed.messages

    async def iterate(self, count: int) -> Any:
        messages = self.api.iter_messages("endless")
        for _ in range(count):
            await anext(messages)


class SmoochV2(Client):
    """`smooch.v2.Smooch` of this library."""

    def connect(self) -> None:
        from smooch.v2 import Smooch

        self.api = Smooch(KEY_ID, SECRET, APP_ID, base_url=self.url)

    def post(self) -> Any:
        return self.api.messages.post_text("c1", "Hi").content.text

    def list_messages(self) -> Any:
        return list(self.api.messages.list("c1"))

    def parse(self, text: str) -> Any:
        from smooch.v2 import models

        return models.MessageListResponse.from_dict(json.loads(text))

    def iterate(self, count: int) -> Any:
        for _ in self.api.messages.list("endless", limit=count):
            pass


class AsyncSmoochV2(SmoochV2):
    """`smooch.v2.AsyncSmooch` of this library."""

    is_async = True
    transport: Any = None

    def connect(self) -> None:
        from smooch.v2 import AsyncSmooch

        self.api = AsyncSmooch(KEY_ID, SECRET, APP_ID, base_url=self.url, transport=self.transport)

    async def post(self) -> Any:
        return (await self.api.messages.post_text("c1", "Hi")).content.text

    async def list_messages(self) -> Any:
        return [message async for message in self.api.messages.list("c1")]

    async def iterate(self, count: int) -> Any:
        async for _ in self.api.messages.list("endless", limit=count):
            pass


class AiohttpSmoochV1(AsyncSmoochV1):
    """`smooch.AsyncSmooch(transport="aiohttp")`."""

    transport = "aiohttp"


class AiohttpSmoochV2(AsyncSmoochV2):
    """`smooch.v2.AsyncSmooch(transport="aiohttp")`."""

    transport = "aiohttp"


class Worker:
    """Does jobs with a client. The first calls of a job are not counted: they open the connections."""

    def __init__(self, new_client: Callable[[], Any]) -> None:
        self.new_client = new_client
        self.client = new_client()
        if self.client.is_async:
            import asyncio

            self.runner = asyncio.Runner()
        assert self.do(self.client.post) == "Hi"

    def do(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return self.runner.run(call(*arguments)) if self.client.is_async else call(*arguments)

    def calls(self, method: str, in_flight: int = 1, seconds: float = MANY, count: int = MANY) -> dict[str, float]:
        """Call for so many seconds, or so often, with so many calls at the same time."""
        call = getattr(self.client, method)
        if self.client.is_async:
            return self.runner.run(self._call_in_tasks(call, in_flight, seconds, count))
        if in_flight == 1:
            call()
            return Tally(seconds, count).run(call).result()
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(in_flight) as threads:
            for limits in ((MANY, in_flight), (seconds, count)):
                tally = Tally(*limits)
                for thread in [threads.submit(tally.run, call) for _ in range(in_flight)]:
                    thread.result()
        return tally.result()

    async def _call_in_tasks(self, call: Callable[[], Any], in_flight: int, seconds: float, count: int) -> Any:
        import asyncio

        for limits in ((MANY, in_flight), (seconds, count)):
            tally = Tally(*limits)
            await asyncio.gather(*(tally.run_async(call) for _ in range(in_flight)))
        return tally.result()

    def parse(self, text: str, seconds: float) -> dict[str, float]:
        """Parse a page of messages again and again, and then with nothing but `json.loads`."""
        self.client.parse(text)
        models = Tally(seconds, MANY).run(lambda: self.client.parse(text)).result()
        json_alone = Tally(seconds, MANY).run(lambda: json.loads(text)).result()
        return {"models": models["cpu_per_call"], "json_alone": json_alone["cpu_per_call"]}

    def memory_of_clients(self, count: int) -> dict[str, float]:
        """Bytes that a further client takes, with one connection."""
        before, clients = resident_bytes(), []
        for _ in range(count):
            clients.append(self.new_client())
            self.do(clients[-1].post)
        return {"bytes": (resident_bytes() - before) / count}

    def memory_of_messages(self, first: int, then: int) -> dict[str, float]:
        """Bytes that the process takes more after a long iteration over messages than after a short one."""
        self.do(self.client.iterate, first)
        before = resident_bytes()
        self.do(self.client.iterate, then)
        return {"bytes": resident_bytes() - before}


class Tally:
    """Counts calls, and stops after a time or a number of them. Tasks and threads share it."""

    def __init__(self, seconds: float, count: int) -> None:
        self.left = iter(range(count))
        self.done: list[None] = []
        self.errors: list[Exception] = []
        self.cpu, self.start = time.process_time(), time.perf_counter()
        self.end = self.start + seconds

    def run(self, call: Callable[[], Any]) -> Tally:
        for _ in self.left:
            if self.is_over():
                break
            try:
                call()
                self.done.append(None)
            except Exception as error:
                self.errors.append(error)
        return self

    async def run_async(self, call: Callable[[], Any]) -> None:
        for _ in self.left:
            if self.is_over():
                break
            try:
                await call()
                self.done.append(None)
            except Exception as error:
                self.errors.append(error)

    def is_over(self) -> bool:
        """Return whether the time is over; on a busy machine it may be before the first call, which still counts."""
        return time.perf_counter() >= self.end and bool(self.done or self.errors)

    def result(self) -> dict[str, float]:
        cpu, seconds = time.process_time() - self.cpu, time.perf_counter() - self.start
        if not self.done:
            raise self.errors[0]
        calls = len(self.done)
        return {"cpu_per_call": cpu / calls, "calls_per_second": calls / seconds, "failed": len(self.errors)}


def resident_bytes() -> int:
    from pathlib import Path

    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def main(name: str, url: str, version: str) -> None:
    client = globals()[name]
    worker = Worker(lambda: client(url, version))
    print("ready", flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(getattr(worker, job.pop("job"))(**job)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
