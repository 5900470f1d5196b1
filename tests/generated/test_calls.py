"""Requests of operations and the parsing of responses, with the client generated from mini.yaml."""

from __future__ import annotations

import inspect
import io
import json
import pickle
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

PAGE = {"pets": []}


class Server:
    """Sends the same response to every request, and keeps the last request."""

    def __init__(self, mini: Any, content: bytes = b"{}", status: int = 200) -> None:
        self.content = content
        self.status = status
        self.request = httpx.Request("GET", "https://nothing.example")
        self.client = mini.Client("https://api.example/v1")
        self.client.set_httpx_client(
            httpx.Client(base_url="https://api.example/v1", transport=httpx.MockTransport(self))
        )
        self.client.set_async_httpx_client(
            httpx.AsyncClient(base_url="https://api.example/v1", transport=httpx.MockTransport(self.answer))
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.request = request
        return httpx.Response(self.status, content=self.content)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.request = request
        return httpx.Response(self.status, content=self.content)


@pytest.fixture
def server(mini: Any) -> Server:
    return Server(mini, json.dumps(PAGE).encode())


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("5a00", b"5a00"),
        ("a/b", b"a%2Fb"),
        ("../x", b"..%2Fx"),
        ("...", b"..."),
        ("a?b#c", b"a%3Fb%23c"),
        ("a%2Fb", b"a%252Fb"),
        ("%2e%2e", b"%252e%252e"),
        ("+1 416", b"%2B1%20416"),
        ("bob@example.com", b"bob%40example.com"),
        ("line\nbreak", b"line%0Abreak"),
        ("ü日本", b"%C3%BC%E6%97%A5%E6%9C%AC"),
        ("a b", b"a%20b"),
    ],
)
def test_path_parameters_are_escaped(mini: Any, value: str, segment: bytes) -> None:
    server = Server(mini)
    mini.api.pets.delete_toy.sync(value, "toy", client=server.client)
    assert server.request.url.raw_path == b"/v1/pets/" + segment + b"/toys/toy"


@pytest.mark.parametrize("value", ["", " ", ".", "..", None, 7, b"a", ["a"], "\ud800"])
@pytest.mark.parametrize("position", [0, 1])
def test_path_parameters_that_change_the_path_are_refused(mini: Any, value: Any, position: int) -> None:
    server = Server(mini)
    arguments = ["a", "b"]
    arguments[position] = value
    with pytest.raises(mini.errors.InvalidInput, match=["pet_id", "toy_id"][position]) as caught:
        mini.api.pets.delete_toy.sync(*arguments, client=server.client)
    assert isinstance(caught.value, ValueError)
    assert caught.value.field == ["pet_id", "toy_id"][position]
    assert ":" in str(caught.value)
    assert len(str(caught.value)) < 100
    assert server.request.url.host == "nothing.example"


def test_query_parameters(mini: Any, server: Server) -> None:
    mini.api.pets.list_pets.sync(
        client=server.client,
        page=mini.models.Page(after="x", size=5),
        filter_=mini.models.Filter(identities_email="bob+1@example.com"),
        kinds=["cat", "dog"],
        tags=["a", "b"],
        tame=True,
        limit=7,
    )
    assert server.request.url.params.multi_items() == [
        ("page[after]", "x"),
        ("page[size]", "5"),
        ("filter[identities.email]", "bob+1@example.com"),
        ("kinds", "cat,dog"),
        ("tags", "a"),
        ("tags", "b"),
        ("tame", "true"),
        ("limit", "7"),
    ]


def test_unset_query_parameters_are_not_sent(mini: Any, server: Server) -> None:
    email = mini.models.Filter(identities_email="a")
    mini.api.pets.list_pets.sync(client=server.client, filter_=email, limit=None, kinds=[])
    assert server.request.url.params.multi_items() == [("filter[identities.email]", "a")]


def test_a_string_in_place_of_a_list_is_refused(mini: Any, server: Server) -> None:
    with pytest.raises(mini.errors.InvalidInput, match=r"kinds must be a list of strings.*\['cat'\]"):
        mini.api.pets.list_pets.sync(
            client=server.client, filter_=mini.models.Filter(identities_email="a"), kinds="cat"
        )


def test_a_body_has_the_set_fields_and_no_defaults(mini: Any) -> None:
    server = Server(mini, b'{"_id": "1", "size": "small"}', 201)
    mini.api.pets.create_pet.sync(client=server.client, body=mini.models.PetCreate(type_="cat", nick="Tom"))
    assert json.loads(server.request.content) == {"type": "cat", "nick": "Tom"}
    assert server.request.headers["Content-Type"] == "application/json"


def test_a_request_without_its_optional_body_has_no_content_type(mini: Any) -> None:
    server = Server(mini, b"", 204)
    mini.api.pets.rename_toy.sync("a", "b", client=server.client)
    assert "Content-Type" not in server.request.headers
    assert server.request.content == b""
    mini.api.pets.rename_toy.sync("a", "b", client=server.client, body=mini.models.ToyRename(name="Ball"))
    assert json.loads(server.request.content) == {"name": "Ball"}


def form(request: httpx.Request) -> list[tuple[str, str | None, str, bytes]]:
    """Name, file name, content type and content of the parts of a form."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message = message_from_bytes(head + request.content)

    def part(item: Message) -> tuple[str, str | None, str, bytes]:
        name = item.get_param("name", header="Content-Disposition")
        content = item.get_payload(decode=True)
        assert isinstance(content, bytes)
        return str(name), item.get_filename(), item.get("Content-Type", ""), content

    return [part(item) for item in message.get_payload()]  # type: ignore[arg-type, union-attr]


def upload(mini: Any, server: Server, file: Any, **fields: Any) -> list[tuple[str, str | None, str, bytes]]:
    body = mini.models.PhotoUpload(source=file, role="appUser", **fields)
    mini.api.photos.upload_photo.sync(client=server.client, body=body)
    return form(server.request)


def test_a_form_has_its_fields_and_its_file(mini: Any) -> None:
    server = Server(mini, b'{"pets": []}', 201)
    file = mini.File(b"\x89PNG", "a.png")
    parts = upload(mini, server, file, caption="Zoë", pinned=True, labels={"a": [1]}, tags=["x", "y"])
    assert parts == [
        ("role", None, "", b"appUser"),
        ("caption", None, "", "Zoë".encode()),
        ("pinned", None, "", b"true"),
        ("labels", None, "", b'{"a": [1]}'),
        ("tags", None, "", b"x"),
        ("tags", None, "", b"y"),
        ("source", "a.png", "image/png", b"\x89PNG"),
    ]


def test_a_file_has_a_name_and_a_type(mini: Any, tmp_path: Any) -> None:
    server = Server(mini, b'{"pets": []}', 201)
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"jpeg")
    with path.open("rb") as opened:
        assert upload(mini, server, mini.File(opened))[-1] == ("source", "cat.jpg", "image/jpeg", b"jpeg")
    nameless = mini.File(io.BytesIO(b"x"))
    assert upload(mini, server, nameless)[-1] == ("source", "file", "application/octet-stream", b"x")
    typed = mini.File(b"x", "a.bin", "image/webp")
    assert upload(mini, server, typed)[-1] == ("source", "a.bin", "image/webp", b"x")


def test_a_file_cannot_add_parts_to_a_form(mini: Any) -> None:
    server = Server(mini, b'{"pets": []}', 201)
    upload(mini, server, mini.File(b"x", "x"))
    boundary = server.request.headers["Content-Type"].partition("boundary=")[2]
    hostile = f'--{boundary}\r\nContent-Disposition: form-data; name="role"\r\n\r\nappMaker\r\n--{boundary}--'.encode()
    parts = upload(mini, server, mini.File(hostile, "x"))
    assert [name for name, *_ in parts] == ["role", "source"]
    assert parts[1][3] == hostile


@pytest.mark.parametrize(
    "mime_type", ["image/png\r\nX-Role: appMaker", "image/png\n", "png", "", "image/", b"image/png"]
)
def test_a_file_cannot_add_headers_to_its_part(mini: Any, mime_type: Any) -> None:
    with pytest.raises(mini.errors.InvalidInput, match="mime_type must be a type such as image/png") as caught:
        mini.File(b"x", "a.png", mime_type)
    assert caught.value.field == "mime_type"
    assert mini.File(b"x", "a.txt", 'text/plain; charset="utf-8"').mime_type == 'text/plain; charset="utf-8"'


def test_a_form_without_a_file_is_refused(mini: Any) -> None:
    with pytest.raises(mini.errors.InvalidInput, match="pass a File"):
        upload(mini, Server(mini, b'{"pets": []}', 201), mini.UNSET)


def test_a_response_is_parsed(mini: Any) -> None:
    body = b'{"pets": [{"type": "cat", "_id": "1", "parents": [{"type": "dog", "tricks": []}]}, {"type": "axolotl"}], "next": null}'
    answer = call(Server(mini, body), mini)
    cat, unknown = answer.parsed.pets
    assert (type(cat).__name__, type(cat.parents[0]).__name__, type(unknown).__name__) == (
        "Cat",
        "Dog",
        "UnknownAnimal",
    )
    assert answer.parsed.next_ is None
    assert (answer.status_code, type(answer.status_code)) == (200, int)
    assert answer.content == body
    assert answer.text == body.decode()
    assert answer.json() == json.loads(body)
    assert answer.headers["content-LENGTH"] == str(len(body))


def call(server: Server, mini: Any) -> Any:
    return mini.api.pets.list_pets.sync_detailed(client=server.client, filter_=mini.models.Filter(identities_email="a"))


@pytest.mark.anyio
async def test_async_calls_do_the_same(mini: Any, server: Server) -> None:
    email = mini.models.Filter(identities_email="a")
    answer = await mini.api.pets.list_pets.asyncio_detailed(client=server.client, filter_=email)
    parsed = await mini.api.pets.list_pets.asyncio(client=server.client, filter_=email)
    assert answer.parsed == parsed == mini.models.PetPage(pets=[])
    assert server.request.url.params["filter[identities.email]"] == "a"


@pytest.mark.parametrize("content", [b"", b" \r\n", b"{}", b'{"more": 1}'])
def test_a_response_without_schema_may_be_empty(mini: Any, content: bytes) -> None:
    server = Server(mini, content)
    answer = mini.api.pets.delete_toy.sync("a", "b", client=server.client)
    assert answer.to_dict() == json.loads(content.strip() or b"{}")


def test_elements_of_a_response_that_cannot_be_parsed_are_kept(mini: Any) -> None:
    animals = call(Server(mini, b'{"pets": [{"type": "cow"}, null]}'), mini).parsed.pets
    assert [type(animal).__name__ for animal in animals] == ["UnknownAnimal", "NoneType"]


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_every_success_is_parsed(mini: Any, status: int) -> None:
    assert call(Server(mini, b'{"pets": []}', status), mini).parsed.pets == []


@pytest.mark.parametrize("status", [300, 301, 304, 400, 401, 404, 423, 429, 500, 503, 520, 599])
@pytest.mark.parametrize("content", [b'{"pets": []}', b"<html>secret</html>", b""])
def test_every_other_status_is_raised(mini: Any, status: int, content: bytes) -> None:
    with pytest.raises(mini.errors.UnexpectedStatus, match=str(status)) as caught:
        call(Server(mini, content, status), mini)
    assert (caught.value.status_code, caught.value.content) == (status, content)
    assert "secret" not in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).status_code == status


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>secret</html>",
        b"[]",
        b"null",
        b"{}",
        b'{"pets": {}}',
        b'{"pets": ["secret"',
        b"\xff\xfe\xfa",
        b"[" * 100_000,
    ],
)
def test_an_unreadable_success_is_raised(mini: Any, content: bytes) -> None:
    with pytest.raises(mini.errors.UnreadableResponse) as caught:
        call(Server(mini, content), mini)
    assert (caught.value.status_code, caught.value.content) == (200, content)
    assert caught.value.reason
    assert "secret" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_an_embedding_library_can_set_its_own_exceptions(mini: Any) -> None:
    class Mine(Exception):
        def __init__(self, response: httpx.Response, reason: Exception) -> None:
            super().__init__(response.status_code, type(reason).__name__)

    server = Server(mini, b"<html>")
    server.client.unreadable = Mine
    with pytest.raises(Mine, match=r"\(200, 'JSONDecodeError'\)"):
        call(server, mini)


def test_a_client_makes_its_own_httpx_clients(mini: Any) -> None:
    client = mini.Client("https://api.example/v1", headers={"X-A": "1"}, httpx_args={"follow_redirects": True})
    for httpx_client in (client.get_httpx_client(), client.get_async_httpx_client()):
        assert str(httpx_client.base_url) == "https://api.example/v1/"
        assert httpx_client.timeout == httpx.Timeout(30.0)
        assert httpx_client.headers["x-a"] == "1"
        assert httpx_client.follow_redirects
    assert client.get_httpx_client() is client.get_httpx_client()


@pytest.mark.anyio
async def test_a_client_closes_what_it_opened(mini: Any) -> None:
    client = mini.Client("https://api.example/v1")
    with client:
        assert not client.get_httpx_client().is_closed
    assert client.get_httpx_client().is_closed
    async with client:
        assert not client.get_async_httpx_client().is_closed
    assert client.get_async_httpx_client().is_closed


def test_a_client_shows_and_pickles_no_secret(mini: Any) -> None:
    client = mini.Client(
        "https://user:secret@api.example/v1",
        headers={"Authorization": "secret"},
        httpx_args={"cookies": {"a": "secret"}},
    )
    assert repr(client) == "Client(_base_url='https://api.example/v1')"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(client)


def test_docstrings_name_the_operation(mini: Any) -> None:
    documented: Callable[..., Any] = mini.api.pets.list_pets.sync_detailed
    assert inspect.getdoc(documented) == (
        "List pets.\n\n`GET /pets`, listPets, deprecated.\n\n"
        "A page at a time. This text is long enough to need more than one line, so that it shows how descriptions are\n"
        "filled.\n\n- a list\n- stays a list\n\nArgs:\n    limit: How many."
    )
    assert all(
        "\n" not in getattr(mini.api.pets.list_pets, name).__doc__ for name in ("sync", "asyncio_detailed", "asyncio")
    )
