"""Files to upload: opened, named, typed and measured before anything is sent."""

from __future__ import annotations

import inspect
import io
import mimetypes
import os
import re
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol, TypeAlias, cast

import attrs

from . import _schema
from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smooch_api import File


class ReadableFile(Protocol):
    """A file open for reading bytes, such as those of `open`, `tempfile` and web frameworks."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, `size` at most."""


FileSource: TypeAlias = str | os.PathLike[str] | tuple[str, bytes] | ReadableFile
"""A path, a pair of name and bytes, or a file opened for reading bytes."""

_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_MIME_TYPE = re.compile(rf'{_NAME}/{_NAME}( *; *{_NAME}=({_NAME}|"[ -!#-\[\]-~]*"))*')

LIMITS = {"/v1": 10_000_000, "/v1.1": 50_000_000, "/v2": 52_428_800}
"""Bytes that one file may have."""


@attrs.frozen(kw_only=True)
class Upload:
    """A file that is ready to be sent, and sent again."""

    name: str
    mime_type: str
    content: BinaryIO

    @property
    def is_image(self) -> bool:
        """Whether it is posted as an image."""
        return self.mime_type.lower().startswith("image/")

    def as_part(self) -> File:
        """The file as the generated client takes it."""
        from smooch_api import File

        return File(payload=self.content, file_name=self.name, mime_type=self.mime_type)


@contextmanager
def opened(
    source: FileSource | bytes,
    limit: int,
    mime_type: str | None = None,
    filename: str | None = None,
    *,
    argument: str = "file",
) -> Iterator[Upload]:
    """Open a file for upload; a file that the caller opened stays open and is sent from where it stands.

    Its type is what its name says, unless told; the name of what has none is made from its type. `argument` is the
    name of the argument that errors give as their field.

    Raises:
        InvalidInput: there is no such file, it cannot be read, is empty, or is larger than `limit` bytes; name or type
            cannot be one; or neither is known of bytes.
    """
    _check_told(mime_type, filename)
    if isinstance(source, bytes | bytearray | memoryview) and mime_type is None and filename is None:
        raise InvalidInput("bytes need a name or a type, such as in the pair ('cat.png', b'…')", argument)
    with ExitStack() as opened_here:
        found, content = _opened(source, opened_here, argument)
        name = filename or found or f"file{_ending(mime_type)}"
        with _explained(name, argument):
            content = _repeatable(content, limit, opened_here)
            size = content.seek(0, os.SEEK_END)
            content.seek(0)
        if not size:
            at_end = ", or was read to its end: seek(0) goes back" if hasattr(source, "read") else ""
            raise InvalidInput(f"{name} is empty{at_end}", argument)
        if size > limit:
            raise InvalidInput(f"{name} is larger than the {limit:,} bytes that the API takes", argument)
        yield Upload(name=name, mime_type=mime_type or _mime_type(name), content=content)


def _check_told(mime_type: str | None, filename: str | None) -> None:
    if mime_type is not None and not (isinstance(mime_type, str) and _MIME_TYPE.fullmatch(mime_type)):
        shown = _schema.shown(mime_type, "mime_type")
        raise InvalidInput(f"mime_type must be a type such as image/png, not {shown}", "mime_type")
    if filename is not None and not (isinstance(filename, str) and filename.strip()):
        shown = _schema.shown(filename, "filename")
        raise InvalidInput(f"filename must be a name such as cat.png, not {shown}", "filename")


def _opened(source: FileSource | bytes, opened_here: ExitStack, argument: str) -> tuple[str, BinaryIO]:
    match source:
        case bytes() | bytearray() | memoryview():
            return "", io.BytesIO(source)
        case str() | os.PathLike():
            path = Path(source)
            with _explained(repr(os.fspath(source)), argument):
                return path.name, opened_here.enter_context(path.open("rb"))
        case (str() as name, bytes() | bytearray() | memoryview() as data) if name:
            return name, io.BytesIO(data)
        case _ if hasattr(source, "read"):
            file, name = cast("BinaryIO", source), _own_name(source)
            if inspect.iscoroutinefunction(file.read):
                raise InvalidInput(
                    "the file is one to await: give the plain file that it is made of, "
                    "in Starlette and FastAPI upload.file, with filename=upload.filename",
                    argument,
                )
            with _explained(name or "the file", argument):
                if not isinstance(file.read(0), bytes):
                    raise InvalidInput("the file is open for text; open it with mode 'rb'", argument)
            return name, file
        case _:
            raise InvalidInput(
                "a file is a path, bytes, a pair (name, bytes) or a file opened with mode 'rb', "
                f"not {type(source).__name__}",
                argument,
            )


def _own_name(file: object) -> str:
    """What a file is called; an upload of Werkzeug has that as `filename`, and the name of a form's field as `name`."""
    name = getattr(file, "filename", None) or getattr(file, "name", None)
    return os.path.basename(name) if isinstance(name, str) else ""  # noqa: PTH119


@contextmanager
def _explained(name: str, argument: str) -> Iterator[None]:
    try:
        yield
    except InvalidInput:
        raise
    except (OSError, ValueError) as error:  # a ValueError is a file that is closed, or a zero in its path
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(f"{name} cannot be read: {reason}", argument) from error


def _repeatable(content: BinaryIO, limit: int, opened_here: ExitStack) -> BinaryIO:
    """The file itself, or a copy on disk where a second try could not start over: of a pipe, or from amid a file."""
    import tempfile  # takes 3 ms that few programs need

    if getattr(content, "seekable", bool)() and not content.tell():
        return content
    copy: IO[bytes] = opened_here.enter_context(tempfile.SpooledTemporaryFile(max_size=1 << 20))  # noqa: SIM115
    left = limit + 1
    while left and (chunk := content.read(min(left, 1 << 16))):
        copy.write(chunk)
        left -= len(chunk)
    return cast("BinaryIO", copy)


def _ending(mime_type: str | None) -> str:
    return mimetypes.guess_extension(mime_type.partition(";")[0].strip()) or "" if mime_type else ""


def _mime_type(name: str) -> str:
    kind, encoding = mimetypes.guess_type(name)
    return kind if kind and not encoding else "application/octet-stream"
