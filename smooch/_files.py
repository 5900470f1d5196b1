"""Open files for upload, and find out their name, type and size before anything is sent."""

from __future__ import annotations

import inspect
import io
import math
import mimetypes
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias, cast

import attrs
from smooch_api import File
from smooch_api.types import MIME_TYPE

from . import _checks
from ._redaction import clip
from .errors import InvalidInput, error_from_invalid_response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smooch_api import Response


class ReadableFile(Protocol):
    """A file open for reading bytes, such as those of `open`, `tempfile` and web frameworks."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`."""


FileSource: TypeAlias = str | os.PathLike[str] | tuple[str, bytes] | ReadableFile
"""A path, a pair of name and bytes, or a file opened for reading bytes."""

_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")
"""Bytes of a file name that are not UTF-8, as Python represents them."""

LIMITS = {"/v1": 10_485_760, "/v1.1": 52_428_800, "/v2": 52_428_800}
"""Maximum size of a file in bytes, by path prefix.

v1 allows 10 MB and v2 50 MB. A megabyte counts as 1024 * 1024 bytes, so that the client refuses nothing that the API may
accept. The limit of v1.1 is not published: that of v2 is used.
"""


def find_limit(prefix: str, *, check: bool) -> int | None:
    """Return the maximum size of a file in bytes; None if the client checks nothing."""
    return LIMITS[prefix] if check else None


@attrs.frozen(kw_only=True)
class Upload:
    """A file that can be sent, and sent again."""

    name: str
    mime_type: str
    content: BinaryIO

    @property
    def is_image(self) -> bool:
        """Return whether the file is posted as an image."""
        return self.mime_type.lower().startswith("image/")

    def to_file(self) -> File:
        """Return the file in the form that the generated client takes."""
        return File(payload=self.content, file_name=self.name, mime_type=self.mime_type)


@contextmanager
def open_upload(
    source: FileSource | bytes,
    limit: int | None,
    mime_type: str | None = None,
    filename: str | None = None,
    *,
    argument: str = "file",
) -> Iterator[Upload]:
    """Open a file for upload.

    A file that the caller opened stays open, and is sent from its current position.

    Without `mime_type` the type is guessed from the name; without a name one is made from the type. Errors name `argument`
    as their field.

    Raises:
        InvalidInput: the file does not exist, cannot be read, is empty, or is larger than `limit` bytes; name or type is
            invalid; or bytes come with neither.
    """
    _validate_overrides(mime_type, filename)
    if isinstance(source, bytes | bytearray | memoryview) and mime_type is None and filename is None:
        raise InvalidInput("bytes need a name or a type: pass a pair such as ('cat.png', b'…')", argument)
    with ExitStack() as opened_here:
        source_name, content = _open_source(source, opened_here, argument)
        name = _escape_surrogates(filename or source_name or f"file{_guess_extension(mime_type)}")
        display_name = clip(name, 80)
        with _map_os_errors(display_name, argument):
            content = _ensure_rewindable(content, limit, opened_here)
            size = content.seek(0, os.SEEK_END)
            content.seek(0)
        if not size:
            at_end = ", or was read to its end: seek(0) first" if hasattr(source, "read") else ""
            raise InvalidInput(f"{display_name} is empty{at_end}", argument)
        if limit is not None and size > limit:
            raise InvalidInput(f"{display_name} is larger than the {limit:,} bytes that the API takes", argument)
        yield Upload(name=name, mime_type=mime_type or _guess_mime_type(name), content=content)


def check_media_url(response: Response[Any], media_url: object) -> str:
    """Return the URL of a file that was uploaded.

    Raises:
        UnreadableResponse: the response to the upload has no URL.
    """
    try:
        return _checks.check_target(media_url)
    except InvalidInput:
        raise error_from_invalid_response(response, "its mediaUrl is not a URL", method="POST") from None


def check_parts(files: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse parts of a form (as httpx takes them) whose type would add further headers."""
    if not isinstance(files, Mapping):
        raise InvalidInput("files must be a mapping such as {'source': ('cat.png', b'…', 'image/png')}", "files")
    for name, part in files.items():
        _, content, mime_type, headers = (
            [*part, None, None][:4] if isinstance(part, tuple) and 2 <= len(part) <= 4 else (None, part, None, None)
        )
        if not (isinstance(content, str | bytes) or hasattr(content, "read")):
            raise InvalidInput(
                f"files.{name} must be a file opened with mode 'rb', or a tuple (name, content, type)", f"files.{name}"
            )
        _check_mime_type(mime_type, f"files.{name}[2]")
        if headers and not (isinstance(headers, Mapping) and all(map(_is_printable, [*headers, *headers.values()]))):
            raise InvalidInput(f"files.{name}[3] must be a mapping of headers, printable texts", f"files.{name}[3]")
    return files


def _is_printable(text: object) -> bool:
    return isinstance(text, str) and text.isprintable()


def _validate_overrides(mime_type: str | None, filename: str | None) -> None:
    _check_mime_type(mime_type, "mime_type")
    if filename is not None and not (isinstance(filename, str) and filename.strip()):
        redacted = _checks.redacted_repr(filename, "filename")
        raise InvalidInput(f"filename must be a name such as cat.png, got {redacted}", "filename")


def _check_mime_type(mime_type: object, field: str) -> None:
    if mime_type is not None and not (isinstance(mime_type, str) and MIME_TYPE.fullmatch(mime_type)):
        redacted = _checks.redacted_repr(mime_type, "mime_type")
        raise InvalidInput(f"{field} must be a type such as image/png, got {redacted}", field)


def _open_source(source: FileSource | bytes, opened_here: ExitStack, argument: str) -> tuple[str, BinaryIO]:
    match source:
        case bytes() | bytearray() | memoryview():
            return "", io.BytesIO(source)
        case str() | os.PathLike():
            path = Path(source)
            with _map_os_errors(_checks.redacted_repr(os.fspath(source), argument), argument):
                return path.name, opened_here.enter_context(path.open("rb"))
        case (str() as name, bytes() | bytearray() | memoryview() as data) if name:
            return name, io.BytesIO(data)
        case _ if hasattr(source, "read"):
            file, name = cast("BinaryIO", source), _get_name(source)
            if inspect.iscoroutinefunction(file.read):
                raise InvalidInput(
                    "the file is asynchronous: pass the plain file inside it, "
                    "in Starlette and FastAPI upload.file, with filename=upload.filename",
                    argument,
                )
            with _map_os_errors(clip(_escape_surrogates(name), 80) or "the file", argument):
                if not isinstance(file.read(0), bytes):
                    raise InvalidInput("the file is open for text; open it with mode 'rb'", argument)
            return name, file
        case _:
            raise InvalidInput(
                "a file is a path, bytes, a pair (name, bytes) or a file opened with mode 'rb', "
                f"not {type(source).__name__}",
                argument,
            )


def _escape_surrogates(name: str) -> str:
    """Return a file name that UTF-8 can encode.

    Bytes that are not UTF-8 are written as in URLs, such as %E9.
    """
    return _NOT_UTF8.sub(lambda match: f"%{ord(match[0]) - 0xDC00:X}", name).encode("utf-8", "replace").decode()


def _get_name(file: object) -> str:
    """Return the name of a file.

    An upload of Werkzeug has it as `filename`; its `name` is that of the form field.
    """
    name = getattr(file, "filename", None) or getattr(file, "name", None)
    return os.path.basename(name) if isinstance(name, str) else ""  # noqa: PTH119


@contextmanager
def _map_os_errors(name: str, argument: str) -> Iterator[None]:
    try:
        yield
    except InvalidInput:
        raise
    except (OSError, ValueError) as error:  # ValueError: the file is closed, or its path holds a null character
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(f"{name} cannot be read: {reason}", argument) from error


def _ensure_rewindable(content: BinaryIO, limit: int | None, opened_here: ExitStack) -> BinaryIO:
    """Return the file, or a copy of it if a second attempt could not start over.

    That is so for a pipe, and for a file that is not read from its start.
    """
    import tempfile  # takes 3 ms, and few programs need it

    if getattr(content, "seekable", bool)() and not content.tell():
        return content
    copy: IO[bytes] = opened_here.enter_context(tempfile.SpooledTemporaryFile(max_size=1 << 20))  # noqa: SIM115
    remaining = math.inf if limit is None else limit + 1
    while remaining and (chunk := content.read(int(min(remaining, 1 << 16)))):
        copy.write(chunk)
        remaining -= len(chunk)
    return cast("BinaryIO", copy)


def _guess_extension(mime_type: str | None) -> str:
    return mimetypes.guess_extension(mime_type.partition(";")[0].strip()) or "" if mime_type else ""


def _guess_mime_type(name: str) -> str:
    kind, encoding = mimetypes.guess_type(name)
    return kind if kind and not encoding else "application/octet-stream"
