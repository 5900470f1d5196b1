"""Read files to upload, from paths, bytes, open files and other sources."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import httpx
import pytest
from smooch_api import Response
from starlette.datastructures import UploadFile
from werkzeug.datastructures import FileStorage

from smooch import _files
from smooch.errors import InvalidInput, UnreadableResponse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 10_000_000
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def read(source: Any, limit: int = LIMIT, **told: Any) -> tuple[str, str, bytes]:
    """Return name, type and content as sent; reads twice, because a retry starts over."""
    with _files.open_upload(source, limit, **told) as upload:
        sent = [httpx.Request("POST", "http://a", files={"source": upload.to_file().to_tuple()}) for _ in range(2)]
        first, second = [request.read().partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0] for request in sent]
        assert first == second
        return upload.name, upload.mime_type, first


class Pathlike:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> str:
        return str(self._path)


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    return path


@pytest.fixture
def pipe() -> Iterator[Any]:
    """Return the reading end of a pipe that holds these bytes."""
    ends: list[BinaryIO] = []
    writers = []

    def make(content: bytes) -> BinaryIO:
        reader, writer = os.pipe()

        def fill() -> None:
            with suppress(BrokenPipeError), os.fdopen(writer, "wb") as stream:
                stream.write(content)

        thread = threading.Thread(target=fill)
        thread.start()
        writers.append(thread)
        ends.append(os.fdopen(reader, "rb"))
        return ends[-1]

    yield make
    for end in ends:
        end.close()
    for thread in writers:
        thread.join()


def test_a_path_is_opened_named_and_typed(cat: Path) -> None:
    for source in (cat, str(cat), Pathlike(cat)):
        assert read(source) == ("cat.png", "image/png", PNG)


@pytest.mark.parametrize("data", [PNG, bytearray(PNG), memoryview(PNG)])
def test_bytes_come_with_a_name(data: Any) -> None:
    assert read(("photos/cat.jpg", data))[1:] == ("image/jpeg", PNG)


@pytest.mark.parametrize("source", [PNG, bytearray(PNG), memoryview(PNG), io.BytesIO(PNG)], ids=range(4))
@pytest.mark.parametrize(
    ("told", "name", "mime_type"),
    [
        ({"mime_type": "image/png"}, "file.png", "image/png"),
        ({"mime_type": "IMAGE/PNG"}, "file.png", "IMAGE/PNG"),
        ({"mime_type": "text/plain; charset=utf-8"}, "file.txt", "text/plain; charset=utf-8"),
        ({"mime_type": 'text/x-unheard;a="b c"; d=e'}, "file", 'text/x-unheard;a="b c"; d=e'),
        ({"filename": "cat.jpg"}, "cat.jpg", "image/jpeg"),
        ({"filename": "cat", "mime_type": "image/png"}, "cat", "image/png"),
    ],
    ids=range(6),
)
def test_a_file_without_name_gets_a_default_name(source: Any, told: Any, name: str, mime_type: str) -> None:
    if isinstance(source, io.BytesIO):
        source.seek(0)
    assert read(source, **told) == (name, mime_type, PNG)


def test_a_given_name_takes_precedence(cat: Path) -> None:
    for source in (cat, ("cat.png", PNG)):
        assert read(source, filename="cat.jpg") == ("cat.jpg", "image/jpeg", PNG)


@pytest.mark.parametrize(("mime_type", "is_image"), [("image/png", True), ("IMAGE/PNG", True), ("text/image", False)])
def test_a_media_type_in_capital_letters_is_accepted(mime_type: str, is_image: bool) -> None:
    with _files.open_upload(PNG, LIMIT, mime_type) as upload:
        assert upload.is_image is is_image


@pytest.mark.parametrize(
    ("told", "field"),
    [
        *(
            ({"mime_type": wrong}, "mime_type")
            for wrong in ["", "notamime", "text/", "/plain", "text/plain\r\nX: y", "text/plain\n", "a b/c", "é/a", 5]
        ),
        *(({"filename": wrong}, "filename") for wrong in ["", " ", 5]),
    ],
)
def test_an_invalid_type_or_name_is_refused(told: Any, field: str) -> None:
    with pytest.raises(InvalidInput, match=f"{field} must be a ") as caught, _files.open_upload(PNG, LIMIT, **told):
        pytest.fail("opened")
    assert caught.value.field == field


def test_an_open_file_is_sent_and_stays_open(cat: Path) -> None:
    with cat.open("rb") as file:
        assert read(file) == ("cat.png", "image/png", PNG)
        assert not file.closed


def test_an_open_file_is_sent_from_its_current_position(cat: Path) -> None:
    with cat.open("rb") as file:
        file.seek(8)
        assert read(file) == ("cat.png", "image/png", PNG[8:])
    buffer = io.BytesIO(b"header" + PNG)
    buffer.seek(6)
    assert read(buffer) == ("file", "application/octet-stream", PNG)


def test_a_file_at_its_end_is_refused(cat: Path) -> None:
    with cat.open("rb") as file:
        file.seek(0, os.SEEK_END)
        with pytest.raises(InvalidInput, match=r"cat\.png is empty, or was read to its end: seek\(0\)"):
            read(file)


@pytest.mark.parametrize("size", [1, 70_000, 3_000_000])
def test_a_pipe_is_sent_whole_and_can_be_sent_again(pipe: Any, size: int) -> None:
    content = os.urandom(size)
    assert read(pipe(content)) == ("file", "application/octet-stream", content)


def test_an_unbuffered_file_is_sent_whole(cat: Path) -> None:
    with cat.open("rb", buffering=0) as file:
        assert read(file) == ("cat.png", "image/png", PNG)


def test_an_object_with_only_a_read_method_is_sent_whole() -> None:
    class Reader:
        def __init__(self) -> None:
            self._chunks = [b"", b"def", b"abc"]

        def read(self, size: int = -1) -> bytes:
            return self._chunks.pop() if size else b""

    assert read(Reader()) == ("file", "application/octet-stream", b"abcdef")


def test_a_temporary_file_gets_a_default_name() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(PNG)
        file.seek(0)
        assert read(file) == ("file", "application/octet-stream", PNG)


def test_an_upload_of_flask_keeps_its_name() -> None:
    upload = FileStorage(io.BytesIO(PNG), filename="photos/cat.png", name="field")
    assert read(upload) == ("cat.png", "image/png", PNG)


def test_an_async_file_is_refused_and_the_file_inside_is_accepted() -> None:
    upload = UploadFile(io.BytesIO(PNG), filename="cat.png")
    with pytest.raises(InvalidInput, match=r"upload\.file, with filename=upload\.filename"):
        read(upload)
    assert read(upload.file, filename=upload.filename) == ("cat.png", "image/png", PNG)


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("CAT.PNG", "image/png"),
        ("report.pdf", "application/pdf"),
        ("no ending", "application/octet-stream"),
        ("a.unheard", "application/octet-stream"),
        ("logs.tar.gz", "application/octet-stream"),
        ("drawing.svgz", "application/octet-stream"),
        ("naïve ü.txt", "text/plain"),
    ],
)
def test_the_type_follows_from_the_file_name(name: str, mime_type: str) -> None:
    assert read((name, b"a"))[1] == mime_type


def test_a_file_of_exactly_the_limit_is_sent(tmp_path: Path, pipe: Any) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"a" * 2000)
    for source in (path, ("a.bin", b"a" * 2000), io.BytesIO(b"a" * 2000), pipe(b"a" * 2000)):
        assert len(read(source, limit=2000)[2]) == 2000
    for source in (path, ("a.bin", b"a" * 2000), io.BytesIO(b"a" * 2000), pipe(b"a" * 2000)):
        with pytest.raises(InvalidInput, match="is larger than the 1,999 bytes that the API takes"):
            read(source, limit=1999)


def test_a_pipe_is_read_only_until_it_is_too_large(pipe: Any) -> None:
    source = pipe(b"a" * 1_000_000)
    with pytest.raises(InvalidInput, match="file is larger than the 100,000 bytes that the API takes"):
        read(source, limit=100_000)
    assert len(source.read()) >= 800_000


class Text:
    """A text file that is no `io.TextIOBase`, such as those of `tempfile`."""

    def read(self, size: int = -1) -> str:
        return "text" if size else ""


class Broken(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> int:
        raise OSError(5, "Input/output error")


def closed() -> BinaryIO:
    file = io.BytesIO(PNG)
    file.close()
    return file


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("/no/such/cat.png", r"'/no/such/cat\.png' cannot be read: No such file or directory"),
        ("/", "'/' cannot be read: Is a directory"),
        ("", "'' cannot be read"),
        ("a\0b", "cannot be read"),
        (("empty.png", b""), r"empty\.png is empty"),
        (io.BytesIO(), "file is empty"),
        (PNG, r"bytes need a name or a type: pass a pair such as \('cat\.png', "),
        (io.StringIO("text"), "open for text; open it with mode 'rb'"),
        (Text(), "open for text; open it with mode 'rb'"),
        (Broken(), "cannot be read: Input/output error"),
        (closed(), "cannot be read: I/O operation on closed file"),
        (5, "not int"),
        (None, "not NoneType"),
        (("cat.png", "text"), "not tuple"),
        (("", PNG), "not tuple"),
        ((PNG, "cat.png"), "not tuple"),
        ({"cat.png": PNG}, "not dict"),
    ],
    ids=lambda value: repr(value).partition(" at 0x")[0],
)
def test_other_values_are_refused(source: Any, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as caught, _files.open_upload(source, LIMIT):
        pytest.fail("opened")
    assert caught.value.field == "file"
    with pytest.raises(InvalidInput) as caught, _files.open_upload(source, LIMIT, argument="file_path"):
        pytest.fail("opened")
    assert caught.value.field == "file_path"


def test_text_files_and_write_only_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text")
    with path.open() as text, pytest.raises(InvalidInput, match="open for text"):
        read(text)
    with tempfile.NamedTemporaryFile("w+") as text, pytest.raises(InvalidInput, match="open for text"):
        read(text)
    with path.open("ab") as writing, pytest.raises(InvalidInput, match="cannot be read"):
        read(writing)


def test_an_os_error_of_the_call_is_not_blamed_on_the_file(cat: Path) -> None:
    for source in (cat, ("cat.png", PNG)):
        with pytest.raises(ConnectionResetError), _files.open_upload(source, LIMIT):
            raise ConnectionResetError


def test_no_file_stays_open(cat: Path, pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    spooled = tempfile.SpooledTemporaryFile

    def keep(*args: Any, **options: Any) -> Any:
        opened.append(spooled(*args, **options))
        return opened[-1]

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", keep)
    with _files.open_upload(cat, LIMIT) as upload:
        opened.append(upload.content)
    with _files.open_upload(pipe(PNG), LIMIT):
        pass
    with pytest.raises(InvalidInput):
        read(pipe(b""))
    assert [cast("BinaryIO", file).closed for file in opened] == [True, True, True]


@pytest.mark.parametrize("media_url", [None, 5, "", "a.example/cat.png", {"url": "https://a.example"}])
def test_the_response_to_an_upload_must_have_a_url(media_url: object) -> None:
    response = Response(201, b"{}", {}, None, "https://api.smooch.io/v1/attachments")
    assert _files.check_media_url(response, "https://a.example/cat.png") == "https://a.example/cat.png"
    with pytest.raises(UnreadableResponse, match="its mediaUrl is not a URL"):
        _files.check_media_url(response, media_url)
