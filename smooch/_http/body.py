"""Response bodies: gathered and decoded within a limit, so that no server can fill the memory."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT_OF_ERRORS = 64 * 1024
"""Bytes that are kept of the body of an error response."""
_STEP = 64 * 1024
_AUTO_HEADER = 32 + zlib.MAX_WBITS
"""Value of `wbits` with which zlib detects gzip or deflate by the first bytes."""


class TruncatedBody(httpx.ReadError):
    """The connection was lost in the middle of the body of a success response."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("the connection was lost before its end")
        self.response = response


class OversizedBody(httpx.RequestError):
    """The body of a success response is larger than the limit."""

    def __init__(self, response: httpx.Response, limit: int) -> None:
        super().__init__(f"it is larger than max_response_bytes={limit}")
        self.response = response


class Body:
    """The body of one response: `add` each chunk, then `attach` it to the response.

    Of an error response the first 64 kB are kept.

    Raises:
        OversizedBody: a success response has more than `limit` bytes, before or after decoding.
    """

    def __init__(self, response: httpx.Response, limit: int) -> None:
        self._response = response
        self._is_error = response.status_code >= 300
        self._encoding = response.headers.get("Content-Encoding", "")
        self._limit = limit
        self._kept = bytearray()
        self._size = 0

    def add(self, chunk: bytes) -> bool:
        """Add a chunk; return whether to read on."""
        self._size += len(chunk)
        if self._is_error:
            self._kept += chunk[: max(0, _KEPT_OF_ERRORS - len(self._kept))]
            return self._size <= self._limit
        self._kept += chunk
        if self._size > self._limit:
            raise self._oversized()
        return True

    def truncate(self, failure: httpx.TransportError) -> None:
        """Note that the connection was lost in the body; of an error response the received part suffices.

        Raises:
            TruncatedBody: it is a success response.
        """
        if not self._is_error:
            self._set_content(bytes(self._kept))
            raise TruncatedBody(self._response) from failure

    def attach(self, check_deadline: Callable[[], object]) -> None:
        """Decode the body and make it the content of the response.

        A body whose encoding is not that of its header stays undecoded. `check_deadline` is called now and then, to raise if
        decoding takes too long.
        """
        encodings = [name.strip() for name in self._encoding.lower().split(",")]
        content = bytes(self._kept)
        if content and self._encoding and len(encodings) <= 2:
            try:
                for encoding in reversed(encodings):
                    content = self._decode(content, encoding, check_deadline)
            except (zlib.error, ValueError):
                content = bytes(self._kept)
        self._set_content(content)

    def _decode(self, content: bytes, encoding: str, check_deadline: Callable[[], object]) -> bytes:
        if encoding == "identity":
            return content
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise ValueError(encoding)
        limit = _KEPT_OF_ERRORS if self._is_error else self._limit
        try:
            decoded, is_whole = _inflate(content, _AUTO_HEADER, limit, check_deadline)
        except zlib.error:
            if encoding != "deflate":
                raise
            # Some servers leave the header of the format out.
            decoded, is_whole = _inflate(content, -zlib.MAX_WBITS, limit, check_deadline)
        if not is_whole and not self._is_error:
            raise self._oversized()
        return decoded

    def _oversized(self) -> OversizedBody:
        self._set_content(bytes(self._kept[:_KEPT_OF_ERRORS]))
        return OversizedBody(self._response, self._limit)

    def _set_content(self, content: bytes) -> None:
        response, headers = self._response, self._response.headers
        if self._encoding:
            # httpx must not decode the body: it knows no limit.
            response.headers = httpx.Headers([item for item in headers.multi_items() if item[0] != "content-encoding"])
        response.stream = httpx.ByteStream(content)
        response.read()
        response.headers = headers


def _inflate(content: bytes, wbits: int, limit: int, check_deadline: Callable[[], object]) -> tuple[bytes, bool]:
    """Return the first `limit` bytes of the decoded content, and whether these are all."""
    decoder = zlib.decompressobj(wbits)
    decoded = bytearray()
    for start in range(0, len(content), _STEP):
        pending = content[start : start + _STEP]
        while not decoder.eof:
            check_deadline()
            step = decoder.decompress(pending, _STEP)
            decoded += step
            if len(decoded) > limit:
                return bytes(decoded[:limit]), False
            pending = decoder.unconsumed_tail
            if not pending and len(step) < _STEP:
                break
    return bytes(decoded), True
