"""Sockets for threads, which keep the deadline of a call.

httpx has timeouts for each read and write, but none for the call: a server that sends a byte now and then would hold a
thread for ever. A task can be cancelled; a thread cannot, so each wait on the socket is clipped to the deadline.
"""

from __future__ import annotations

import socket
import ssl
import traceback
from typing import TYPE_CHECKING, Any

import httpcore

from .sockets import is_readable, share_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .call import Call


class Network(httpcore.NetworkBackend):
    """Opens sockets, closes them on any exception, and remembers the last one."""

    call: Call
    is_secure = False
    """Whether the request goes over TLS; what is sent before that belongs to a proxy."""
    socket: socket.socket | _TLSOverTLS | None = None

    def __del__(self) -> None:
        self.close()  # an interrupt may have lost the connection between two owners

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.call.nothing_sent = True
        try:
            failure = OSError(f"{host} has no address")
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            for (family, kind, protocol, _, address), seconds in share_timeout(addresses, self.call.clip(timeout)):
                self.socket = socket.socket(family, kind, protocol)
                try:
                    self.socket.settimeout(seconds)
                    self.socket.connect(address)
                    self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return _Stream(self.socket, self)
                except OSError as error:
                    self.socket.close()
                    failure = error
            raise failure
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            self.close()
            raise


class _Stream(httpcore.NetworkStream):
    """A socket whose reads and writes end at the deadline, and which notices surplus bytes.

    The last byte of each read is held back until the next one. If a response ends without it, the server sent more
    than the response: `is_readable` is then true, and the connection is not used again.

    The head of a request is held back until the first part of its body, or its end: one packet less saves a tenth of
    a call. httpcore writes at least twice for each request.
    """

    def __init__(self, sock: socket.socket | _TLSOverTLS, network: Network) -> None:
        self._socket = sock
        self._network = network
        self._timeout: float | None = sock.gettimeout()
        self._last_byte = b""
        self._head = b""
        self._is_first_write = True

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._last_byte:
            data, self._last_byte = self._last_byte, b""
            return data
        self._is_first_write = True
        try:
            self._set_timeout(timeout)
            data = self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        if len(data) < 2:
            return data
        self._last_byte = data[-1:]
        return data[:-1]

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._is_first_write:
            self._is_first_write, self._head = False, buffer
            return
        buffer, self._head = self._head + buffer, b""
        if not self._network.is_secure or type(self._socket) is not socket.socket:
            self._network.call.nothing_sent = False
        try:
            while buffer:
                self._set_timeout(timeout)
                buffer = buffer[self._socket.send(buffer) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def _set_timeout(self, timeout: float | None) -> None:
        timeout = self._network.call.clip(timeout)
        if timeout != self._timeout:
            self._socket.settimeout(timeout)
            self._timeout = timeout

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(self._network.call.clip(timeout))
            assert isinstance(self._socket, socket.socket)
            secure: ssl.SSLSocket | _TLSOverTLS
            if isinstance(self._socket, ssl.SSLSocket):
                secure = _TLSOverTLS(self._socket, ssl_context, server_hostname)
            else:
                secure = ssl_context.wrap_socket(
                    self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
                )
            self._network.socket = secure
            secure.do_handshake()
        except BaseException as error:
            _release_unreturned(self._socket, error)
            self._network.close()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout(str(error)) from error
            if isinstance(error, OSError):
                raise httpcore.ConnectError(str(error)) from error
            raise
        return _Stream(secure, self._network)

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "is_readable":
                return bool(self._last_byte) or is_readable(self._socket)
            case "ssl_object":
                return None if type(self._socket) is socket.socket else self._socket
            case "client_addr":
                return self._socket.getsockname()
            case "server_addr":
                return self._socket.getpeername()
            case "socket":
                return self._socket
        return None


def _release_unreturned(sock: socket.socket | _TLSOverTLS, error: BaseException) -> None:
    """Release the socket that `wrap_socket` created before it failed; only the traceback refers to it.

    It takes over the file descriptor of `sock` on the way: before that the descriptor is left to `sock`.
    """
    for frame, _ in traceback.walk_tb(error.__traceback__):
        wrapped = frame.f_locals.get("self")
        if isinstance(wrapped, ssl.SSLSocket) and wrapped is not sock:
            if sock.fileno() < 0:
                wrapped.close()
            else:
                wrapped.detach()


class _TLSOverTLS:
    """An `ssl.SSLSocket` over another one, as far as a stream needs it: `wrap_socket` refuses that.

    Needed for a server with TLS behind a proxy with TLS.
    """

    def __init__(self, sock: ssl.SSLSocket, ssl_context: ssl.SSLContext, server_hostname: str | None) -> None:
        self._socket = sock
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = ssl_context.wrap_bio(self._received, self._to_send, server_hostname=server_hostname)
        self.selected_alpn_protocol = self._tls.selected_alpn_protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def do_handshake(self) -> None:
        self._run(self._tls.do_handshake)

    def recv(self, size: int) -> bytes:
        try:
            data: bytes = self._run(self._tls.read, size)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""  # as `SSLSocket.recv` does at the end, even if the server did not announce it
        return data

    def send(self, data: bytes) -> int:
        sent: int = self._run(self._tls.write, data)
        return sent

    def _run(self, step: Callable[..., Any], *arguments: Any) -> Any:
        while True:
            try:
                result, needs_data = step(*arguments), False
            except ssl.SSLWantReadError:
                result, needs_data = None, True
            if data := self._to_send.read():
                self._socket.sendall(data)
            if not needs_data:
                return result
            if data := self._socket.recv(16384):
                self._received.write(data)
            else:
                self._received.write_eof()
