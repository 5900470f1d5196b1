"""Types shared by operations and models."""

from __future__ import annotations

import enum
import json
import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

from attrs import field, frozen

from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

T_co = TypeVar("T_co", covariant=True)


class Unset(enum.Enum):
    """Type of `UNSET`, which is false, empty as text, and stays the same object when copied or pickled."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __str__(self) -> str:
        return ""


UNSET: Final = Unset.UNSET
"""Marks a field or parameter that is absent, in contrast to None (null). `value or ""` replaces it by a text."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(value: object) -> datetime | None:
    """Convert ISO 8601 text or seconds since 1970 to a datetime in UTC; None for anything else."""
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return _EPOCH + timedelta(seconds=value)
    except (ValueError, OverflowError):
        pass
    return None


@frozen
class Response(Generic[T_co]):
    """A response of the API, raw and parsed."""

    status_code: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """Names are case-insensitive."""
    parsed: T_co
    request_url: object = field(default=None, repr=False, eq=False)

    @property
    def url(self) -> str:
        """URL of the request."""
        return str(self.request_url or "")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        """Parse the body as JSON, without models. Raises ValueError if it is not JSON."""
        return json.loads(self.content)


_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
MIME_TYPE = re.compile(rf'{_NAME}/{_NAME}( *; *{_NAME}=({_NAME}|"[ -!#-\[\]-~]*"))*')
"""A type with its parameters. A line break would add headers to the part of a form that holds the file."""


@frozen
class File:
    """A file to upload: its content as bytes or opened in binary mode."""

    payload: IO[bytes] | bytes = field(repr=False)
    file_name: str | None = None
    """Default: the name of an open file, else `file`."""
    mime_type: str | None = None
    """MIME type, such as `image/png`. Default: guessed from the file name."""

    def __attrs_post_init__(self) -> None:
        kind: object = self.mime_type
        if kind is not None and not (isinstance(kind, str) and MIME_TYPE.fullmatch(kind)):
            description = "another text" if isinstance(kind, str) else type(kind).__name__
            raise InvalidInput(f"mime_type must be a type such as image/png, got {description}", "mime_type")

    def to_tuple(self) -> tuple[str, IO[bytes] | bytes, str | None]:
        """Build the tuple that httpx takes; it has a name, since servers treat parts without one as plain fields."""
        name = self.file_name or getattr(self.payload, "name", None)
        return PurePath(name).name if isinstance(name, str) else "file", self.payload, self.mime_type


__all__ = ["UNSET", "File", "Response", "Unset"]
