"""The ASGI app: record, apply faults, route, authenticate, validate and handle each request."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
import time
from typing import TYPE_CHECKING, Any

import attrs
from python_multipart.exceptions import FormParserError
from starlette.datastructures import QueryParams, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from . import _json, _origins, _spec, _validation, console, v1, v2
from ._auth import ANYONE, APP_TOKEN, END_USER_ONLY, authenticate
from ._call import Call, Redirect, Upload
from ._engine import FaultsChanged
from ._errors import ApiError, bad_request, forbidden, not_found
from ._faults import Delay, Drop, Fail, Garble
from ._recording import RecordedRequest, RequestHeaders
from ._routing import Match, Router
from .control import api as control
from .control.api import ControlApi
from .store import oauth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.types import Message, Receive, Scope, Send

    from ._auth import Scope as CallerScope
    from ._engine import Engine
    from ._registry import Handler, Registry
    from ._spec import Operation

MAX_JSON_BYTES = 100 * 1024
_FORM_OVERHEAD = 64 * 1024
# without these a browser would run scripts in uploaded files on the sandbox's origin
_MEDIA_HEADERS = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox"}

logger = logging.getLogger("smooch.sandbox")


@attrs.frozen
class Api:
    """Handlers and rules of an API version.

    With `strict_json` a JSON body needs the Content-Type `application/json`.
    """

    handlers: Registry
    error_body: Callable[[ApiError], Any]
    max_file_bytes: int
    strict_json: bool


_V1 = Api(v1.registry, v1.error_body, v1.MAX_FILE_BYTES, strict_json=False)
_V2 = Api(v2.registry, v2.error_body, v2.MAX_FILE_BYTES, strict_json=True)
# by the first segment of the path
APIS = {"v1": _V1, "v1.1": _V1, "v2": _V2, "oauth": _V2}


def build_router() -> Router:
    """Return a router with all operations of all versions."""
    router = Router()
    for version in ("v1", "v1.1"):
        router.add(version, _spec.load("v1").operations.values(), prefix=f"/{version}")
    router.add("v2", _spec.load("v2").operations.values())
    return router


def _strip_sc(path: str) -> str:
    """Return `path` without the `/sc` that Zendesk's hosts put before the version."""
    return path.removeprefix("/sc") if path.startswith("/sc/") else path


def _choose_api(path: str) -> Api:
    return APIS.get(_strip_sc(path).strip("/").partition("/")[0], _V1)


class SandboxApp:
    """Answers every request to a sandbox.

    `allowed_hosts` are further names that the Host header may have. `close_connection` closes the connection of a request; `probe`, if given, returns
    whether the target of a webhook responds.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        allowed_hosts: Iterable[str],
        close_connection: Callable[[Scope], None],
        probe: Callable[[str], Awaitable[bool]] | None,
    ) -> None:
        self._engine = engine
        self._control = ControlApi(engine)
        self._request_ids = itertools.count(1)
        self._allowed_hosts = _origins.normalize_hosts(allowed_hosts)
        self._close_connection = close_connection
        self._probe = probe
        self._router = build_router()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        headers = RequestHeaders(raw=scope["headers"])
        path = scope["raw_path"].decode("latin-1")
        body = await _read_body(receive, limit=_max_body_bytes(headers, path))
        if body is None:
            return
        request = RecordedRequest(
            id=next(self._request_ids),
            at=time.time(),
            method=scope["method"],
            path=path,
            query=dict(QueryParams(scope["query_string"])),
            headers=headers,
            body=body,
        )
        if not _origins.is_allowed_host(headers, self._allowed_hosts):
            response: Response | None = self._refuse_host(request)
        elif console.has_path(path) and not _origins.is_cross_origin(headers, scope["scheme"]):
            response = console.respond(request.method, path)
        elif control.has_path(path):
            response = await self._respond_to_control(request, scope)
        else:
            self._engine.requests.append(request)
            self._engine.log.append(request)
            if _origins.is_cross_origin(headers, scope["scheme"]):
                response = await self._respond_to_other_origin(request, scope, receive)
            else:
                response = await self._respond_with_faults(request, scope, receive)
            request.seconds = time.perf_counter() - started
            if response is not None:
                request.status = response.status_code
                request.response_body = b"" if _is_media(path) else bytes(response.body)
            self._engine.log.append(request)
        if response is not None:
            await response(scope, receive, send)

    def _refuse_host(self, request: RecordedRequest) -> Response:
        host = request.headers.get("host", "")
        logger.warning("Refused a request for the host %r, which is not one of the sandbox's allowed_hosts", host)
        text = f"The sandbox does not answer to the host {host!r}: use {self._engine.root_url}, or allow the name"
        return _build_error_response(forbidden(text), request)

    async def _respond_to_control(self, request: RecordedRequest, scope: Scope) -> Response:
        if _origins.is_cross_origin(request.headers, scope["scheme"]) or _origins.is_cross_site(request.headers):
            return _build_error_response(forbidden("Pages of other origins may not use the control API"), request)
        if _is_too_large(request):
            return _build_error_response(ApiError(413, "The request body is too large"), request)
        return await self._control.respond(request, scope)

    async def _respond_to_other_origin(
        self, request: RecordedRequest, scope: Scope, receive: Receive
    ) -> Response | None:
        """Respond to a page of another origin, as the API does: for end users only."""
        if not self._is_for_end_users(request):
            error = forbidden("Pages of other origins may only use app tokens and JWTs of scope appUser")
            return _build_error_response(error, request)
        if _origins.is_preflight(request.method, request.headers):
            response: Response | None = Response(
                status_code=204, headers=_origins.build_preflight_headers(request.headers)
            )
        else:
            response = await self._respond_with_faults(request, scope, receive)
        if response is not None:
            response.headers["access-control-allow-origin"] = "*"
        return response

    def _is_for_end_users(self, request: RecordedRequest) -> bool:
        """Return whether the operation is for end users, and not called with credentials of a business."""
        is_preflight = _origins.is_preflight(request.method, request.headers)
        method = request.headers["access-control-request-method"] if is_preflight else request.method
        try:
            match = self._router.find(method, _strip_sc(request.path))
            if not _allowed_scopes(match.operation, APIS[match.version].handlers[match.operation.id]) & END_USER_ONLY:
                return False
            return is_preflight or authenticate(request.headers, self._engine.store).scope in END_USER_ONLY
        except ApiError as error:
            return error.status == 401

    async def _respond_with_faults(self, request: RecordedRequest, scope: Scope, receive: Receive) -> Response | None:
        respond = functools.partial(self._respond, request, scope)
        fault = self._engine.request_faults.consume(request.method, request.path)
        if fault is not None:
            self._engine.log.append(FaultsChanged())
        match fault:
            case Fail():
                return _build_fault_response(fault, _choose_api(request.path))
            case Drop():
                if fault.after_processing:
                    await respond()
                self._close_connection(scope)
                await receive()  # after the body only the disconnect can come
                return None
            case Delay():
                response = await respond()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(fault.seconds):
                        await receive()
                return response
            case Garble():
                return _garble(await respond(), fault.body)
        return await respond()

    async def _respond(self, request: RecordedRequest, scope: Scope) -> Response:
        try:
            if _is_media(request.path):
                return self._media_response(request.method, scope["path"])
            match = self._router.find(request.method, _strip_sc(request.path))
            result = await self._call_handler(match, request, scope)
        except ApiError as error:
            return _build_error_response(error, request)
        except Exception:
            logger.exception("The sandbox failed on %s %s", request.method, request.path)
            return _build_error_response(ApiError(500, "The sandbox failed, see its log"), request)
        if isinstance(result, Redirect):
            return PlainTextResponse(f"Found. Redirecting to {result.location}", 302, {"location": result.location})
        return _build_json_response(match.operation.success, result)

    def _media_response(self, method: str, path: str) -> Response:
        attachment = self._engine.store.find_attachment(path.removeprefix("/media/"))
        if method not in ("GET", "HEAD"):
            raise ApiError(405, "Files can only be fetched", headers={"Allow": "GET, HEAD"})
        if attachment is None:
            raise not_found("File")
        is_image = attachment.media_type.startswith("image/") and "xml" not in attachment.media_type
        headers = _MEDIA_HEADERS | ({} if is_image else {"content-disposition": "attachment"})
        return Response(attachment.data, headers={"content-type": attachment.media_type, **headers})

    async def _call_handler(self, match: Match, request: RecordedRequest, scope: Scope) -> Any:
        api = APIS[match.version]
        handler = api.handlers[match.operation.id]
        if _is_too_large(request):
            raise ApiError(413, "The request body is too large")
        call = Call(
            operation=match.operation,
            version=match.version,
            root_url=self._engine.root_url,
            url=self._engine.root_url + request.path,
            identity=ANYONE if match.operation.is_public else authenticate(request.headers, self._engine.store),
            store=self._engine.store,
            params=match.params,
            probe=self._probe,
        )
        _authorize(call, handler)
        call.query = _validation.parse_query(match.operation, QueryParams(scope["query_string"]))
        validator = match.operation.body
        if validator is None:
            pass
        elif match.operation.media_type == "multipart/form-data":
            call.body, call.files = await _read_form(request.body, scope, api.max_file_bytes)
            # in the spec a file is a string
            _validation.check(validator, call.body | dict.fromkeys(call.files, ""), "form")
        elif handler.takes_form and _is_form(request.headers):
            call.body = _validation.parse_urlencoded_body(request.body)
            _validation.check(validator, call.body, "form")
        else:
            if api.strict_json and request.body:
                _validation.check_json_type(request.headers.get("content-type", ""))
            call.body = _validation.parse_json_body(request.body or (b"{}" if handler.without_body else b""))
            if handler.prepare is not None:
                handler.prepare(call.body)
            _validation.check(validator, call.body, "body")
        return await self._engine.handle(handler.function, call, request)


def _authorize(call: Call, handler: Handler) -> None:
    call.identity.require_scope(_allowed_scopes(call.operation, handler))
    if call.identity.scope == "integration" and APIS[call.version] is _V1:
        oauth.require_client(call.store, call.identity.owner)
    if call.operation.in_app or "appId" in call.params:
        call.identity.authorize_user(call.app, call.params.get("userId"))


def _allowed_scopes(operation: Operation, handler: Handler) -> frozenset[CallerScope]:
    return handler.allowed | APP_TOKEN if operation.takes_app_token else handler.allowed


def _is_form(headers: RequestHeaders) -> bool:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/x-www-form-urlencoded"


def _is_media(path: str) -> bool:
    return path.startswith("/media/")


def _max_body_bytes(headers: RequestHeaders, path: str) -> int:
    if control.has_path(path):
        return v2.MAX_FILE_BYTES
    is_multipart = headers.get("content-type", "").startswith("multipart/")
    return _choose_api(path).max_file_bytes + _FORM_OVERHEAD if is_multipart else MAX_JSON_BYTES


def _is_too_large(request: RecordedRequest) -> bool:
    return len(request.body) > _max_body_bytes(request.headers, request.path)


async def _read_body(receive: Receive, *, limit: int) -> bytes | None:
    """Return the body; None if the client disconnected.

    A body above `limit` is read to its end, but not kept: a client that is still sending might miss the response. It
    ends soon above the limit then.
    """
    chunks, size, has_more = [], 0, True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        if size <= limit:
            chunks.append(chunk)
        size += len(chunk)
        has_more = message.get("more_body", False)
    return b"".join(chunks)


async def _read_form(data: bytes, scope: Scope, max_file_bytes: int) -> tuple[dict[str, Any], dict[str, Upload]]:
    async def replay() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    fields, files = {}, {}
    try:
        async with Request(scope, replay).form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = Upload(value.filename or "", value.content_type or "", await value.read())
                else:
                    fields[name] = value
    except (MultiPartException, FormParserError) as error:  # old versions of starlette do not map the parser's own
        raise bad_request(f"The form cannot be parsed: {error}") from None
    if any(len(upload.data) > max_file_bytes for upload in files.values()):
        raise ApiError(413, f"A file can have {max_file_bytes} bytes at most")
    return fields, files


def _build_json_response(status: int, body: Any, headers: Any = None) -> Response:
    return Response(_json.encode(body), status, headers, "application/json; charset=utf-8")


def _build_error_response(error: ApiError, request: RecordedRequest) -> Response:
    return _build_json_response(error.status, _choose_api(request.path).error_body(error), error.headers)


def _build_fault_response(fail: Fail, api: Api) -> Response:
    if fail.body is not None:
        return Response(fail.body, fail.status, fail.headers, "application/json")
    body = api.error_body(ApiError(fail.status, "A fault on request"))
    return _build_json_response(fail.status, body, fail.headers)


def _garble(response: Response, body: bytes | None) -> Response:
    half = bytes(response.body)[: len(response.body) // 2]
    return Response(half if body is None else body, response.status_code, media_type=response.media_type)
