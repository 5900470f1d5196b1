"""Files to upload: opened, named, typed and measured before anything is sent."""

from __future__ import annotations

import io
import mimetypes
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, TypeAlias, cast

import attrs

from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smooch_api.v1.types import File

FileSource: TypeAlias = str | os.PathLike[str] | tuple[str, bytes] | BinaryIO
"""A path, a pair of name and bytes, or a file opened for reading bytes."""


LIMITS = {"/v1": 10_000_000, "/v1.1": 50_000_000, "/v2": 52_428_800}
"""Bytes that one file may have."""


@attrs.frozen(kw_only=True)
class Upload:
    """A file that is ready to be sent, and sent again."""

    name: str
    mime_type: str
    content: BinaryIO

    def as_part(self) -> File:
        """The file as the generated client takes it."""
        from smooch_api.v1.types import File

        return File(payload=self.content, file_name=self.name, mime_type=self.mime_type)


@contextmanager
def opened(source: FileSource, limit: int, mime_type: str | None = None) -> Iterator[Upload]:
    """Open a file for upload; a file that the caller opened stays open and is sent from where it stands.

    Its type is what its name says, unless told.

    Raises:
        InvalidInput: there is no such file, it cannot be read, has no name, is empty, or is larger than `limit` bytes.
    """
    with ExitStack() as opened_here:
        name, content = _opened(source, opened_here)
        with _explained(name):
            content = _repeatable(content, limit, opened_here)
            size = content.seek(0, os.SEEK_END)
            content.seek(0)
        if not size:
            raise InvalidInput(f"{name} is empty", "file_path")
        if size > limit:
            raise InvalidInput(f"{name} is larger than the {limit:,} bytes that the API takes", "file_path")
        yield Upload(name=name, mime_type=mime_type or _mime_type(name), content=content)


def _opened(source: FileSource, opened_here: ExitStack) -> tuple[str, BinaryIO]:
    match source:
        case str() | os.PathLike():
            path = Path(source)
            with _explained(repr(os.fspath(source))):
                return path.name, opened_here.enter_context(path.open("rb"))
        case (str() as name, bytes() | bytearray() | memoryview() as data) if name:
            return name, io.BytesIO(data)
        case _ if hasattr(source, "read"):
            file, path_name = cast("BinaryIO", source), getattr(source, "name", None)
            name = os.path.basename(path_name) if isinstance(path_name, str) and path_name else "file"  # noqa: PTH119
            with _explained(name):
                if not isinstance(file.read(0), bytes):
                    raise InvalidInput("the file is open for text; open it with mode 'rb'", "file_path")
            return name, file
        case _:
            raise InvalidInput(
                f"a file is a path, a pair (name, bytes) or a file opened with mode 'rb', not {type(source).__name__}",
                "file_path",
            )


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except InvalidInput:
        raise
    except (OSError, ValueError) as error:  # a ValueError is a file that is closed, or a zero in its path
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(f"{name} cannot be read: {reason}", "file_path") from error


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


def _mime_type(name: str) -> str:
    kind, encoding = mimetypes.guess_type(name)
    return kind if kind and not encoding else "application/octet-stream"
