"""Files to upload: opened, named, typed and measured before anything is sent."""

from __future__ import annotations

import io
import mimetypes
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, TypeAlias, cast

import attrs

from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smooch_api.v1.types import File

FileSource: TypeAlias = str | os.PathLike[str] | tuple[str, bytes] | BinaryIO
"""A path, a pair of name and bytes, or a file opened for reading bytes."""


LIMITS = {"/v1": 10_000_000, "/v1.1": 50_000_000}
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
def opened(source: FileSource, limit: int) -> Iterator[Upload]:
    """Open a file for upload; a file that the caller opened stays open and is sent from where it stands.

    Raises:
        InvalidInput: there is no such file, it cannot be read, has no name, is empty, or is larger than `limit` bytes.
    """
    with _opened(source) as (name, content):
        content = _repeatable(content, limit)
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        if not size:
            raise InvalidInput(f"{name} is empty", "file_path")
        if size > limit:
            raise InvalidInput(f"{name} has {size:,} bytes; the API takes {limit:,} at most", "file_path")
        mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        yield Upload(name=name, mime_type=mime_type, content=content)


@contextmanager
def _opened(source: FileSource) -> Iterator[tuple[str, BinaryIO]]:
    match source:
        case str() | os.PathLike():
            path = Path(source)
            try:
                with path.open("rb") as content:
                    yield path.name, content
            except OSError as error:
                raise InvalidInput(
                    f"{os.fspath(source)!r} cannot be read: {error.strerror or error}", "file_path"
                ) from error
        case (str() as name, bytes() | bytearray() | memoryview() as data) if name:
            yield name, io.BytesIO(data)
        case _ if hasattr(source, "read"):
            if isinstance(source, io.TextIOBase):
                raise InvalidInput("the file is open for text; open it with mode 'rb'", "file_path")
            path_name = getattr(source, "name", None)
            yield (os.path.basename(path_name) if isinstance(path_name, str) else "file"), cast("BinaryIO", source)  # noqa: PTH119
        case _:
            raise InvalidInput(
                f"a file is a path, a pair (name, bytes) or a file opened with mode 'rb', not {type(source).__name__}",
                "file_path",
            )


def _repeatable(content: BinaryIO, limit: int) -> BinaryIO:
    """The file itself, or where it is a pipe a copy on disk, since a second try must be able to start over."""
    if content.seekable():
        return content
    copy: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115
    left = limit + 1
    while left and (chunk := content.read(min(left, 1 << 16))):
        copy.write(chunk)
        left -= len(chunk)
    return cast("BinaryIO", copy)
