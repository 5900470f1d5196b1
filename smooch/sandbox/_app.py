"""The ASGI app: records a request, applies faults, finds the operation, checks the caller and the body, answers."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import re
from collections import deque
from typing import TYPE_CHECKING, Any

import attrs
from starlette.datastructures import QueryParams, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from . import _json, _spec, _validation, v1, v2
from ._auth import ANYONE, APP_TOKEN, identify
from ._call import Call, Redirect, Upload
from ._errors import ApiError, bad_request, not_found
from ._faults import Delay, Drop, Fail, Faults, Garble, RequestFault
from ._recording import RecordedRequest, RequestHeaders
from ._routing import Match, Router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

    from ._registry import Handler, Registry
    from ._spec import Operation
    from .store import Store

MAX_JSON_BYTES = 100 * 1024
_FORM_OVERHEAD = 64 * 1024

logger = logging.getLogger("smooch.sandbox")


@attrs.frozen
class Api:
    """How one spec is answered; versions can share it. With `strict_json` a JSON body has to be labelled as such."""

    handlers: Registry
    error_body: Callable[[ApiError], Any]
    max_file_bytes: int
    strict_json: bool


_V1 = Api(v1.registry, v1.error_body, v1.MAX_FILE_BYTES, strict_json=False)
_V2 = Api(v2.registry, v2.error_body, v2.MAX_FILE_BYTES, strict_json=True)
# by the first segment of the path
APIS = {"v1": _V1, "v1.1": _V1, "v2": _V2, "oauth": _V2}


def build_router() -> Router:
    """All operations of all versions."""
    router = Router()
    for version in ("v1", "v1.1"):
        router.add(version, _spec.load("v1").operations.values())
    router.add_whole("v2", _spec.load("v2").operations.values())
    return router


def _api(path: str) -> Api:
    return APIS.get(path.strip("/").partition("/")[0], _V1)


class SandboxApp:
    """`hang_up` closes the connection that a scope belongs to; `probe`, if any, says whether something answers at a webhook's target."""

    def __init__(
        self,
        store: Store,
        *,
        keep_requests: int | None,
        hang_up: Callable[[Scope], None],
        probe: Callable[[str], Awaitable[bool]] | None,
    ) -> None:
        self.store = store
        self.root_url = ""
        self.faults: Faults[RequestFault] = Faults()
        self.requests: deque[RecordedRequest] = deque(maxlen=keep_requests)
        self._hang_up = hang_up
        self._probe = probe
        self._router = build_router()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = RequestHeaders(raw=scope["headers"])
        path = scope["raw_path"].decode("latin-1")
        body = await _read(receive, limit=_limit(headers, _api(path)))
        if body is None:
            return
        request = RecordedRequest(
            method=scope["method"],
            path=path,
            query=dict(QueryParams(scope["query_string"])),
            headers=headers,
            body=body.data,
        )
        self.requests.append(request)
        response = await self._with_faults(request, scope, receive, lambda: self._answer(request, body, scope))
        if response is not None:
            await response(scope, receive, send)

    async def _with_faults(
        self, request: RecordedRequest, scope: Scope, receive: Receive, answer: Callable[[], Awaitable[Response]]
    ) -> Response | None:
        match self.faults.take(request.method, request.path):
            case Fail() as fail:
                return _failure(fail, _api(request.path))
            case Drop() as drop:
                if drop.after_processing:
                    await answer()
                self._hang_up(scope)
                await _disconnected(receive)
                return None
            case Delay() as delay:
                response = await answer()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(delay.seconds):
                        await _disconnected(receive)
                return response
            case Garble() as garble:
                return _garbled(await answer(), garble)
        return await answer()

    async def _answer(self, request: RecordedRequest, body: _Body, scope: Scope) -> Response:
        try:
            if request.path.startswith("/media/"):
                return self._media(request.method, scope["path"])
            match = self._router.find(request.method, request.path)
            answer = await self._operate(match, request, body, scope)
        except ApiError as error:
            return _json_response(error.status, _api(request.path).error_body(error), error.headers)
        except Exception:
            logger.exception("The sandbox failed on %s %s", request.method, request.path)
            return _json_response(500, _api(request.path).error_body(ApiError(500, "The sandbox failed, see its log")))
        if isinstance(answer, Redirect):
            return PlainTextResponse(f"Found. Redirecting to {answer.location}", 302, {"location": answer.location})
        return _json_response(match.operation.success, answer)

    def _media(self, method: str, path: str) -> Response:
        attachment = self.store.attachment(path.removeprefix("/media/"))
        if method not in ("GET", "HEAD"):
            raise ApiError(405, "Files can only be fetched", headers={"Allow": "GET, HEAD"})
        if attachment is None:
            raise not_found("File")
        return Response(attachment.data, headers={"content-type": attachment.media_type})

    async def _operate(self, match: Match, request: RecordedRequest, body: _Body, scope: Scope) -> Any:
        api = APIS[match.version]
        handler = api.handlers[match.operation.id]
        if body.too_large:
            raise ApiError(413, "The request body is too large")
        call = Call(
            operation=match.operation,
            version=match.version,
            root_url=self.root_url,
            url=self.root_url + request.path,
            identity=ANYONE if match.operation.is_public else identify(request.headers, self.store),
            store=self.store,
            params=match.params,
            query={},
            body={},
            files={},
            probe=self._probe,
        )
        _authorize(call, handler)
        call.query = _validation.query(match.operation, QueryParams(scope["query_string"]))
        if match.operation.media_type == "multipart/form-data":
            call.body, call.files = await _form(match.operation, body.data, scope, api.max_file_bytes)
        elif match.operation.body is not None:
            if api.strict_json and body.data:
                _validation.json_type(request.headers.get("content-type", ""))
            call.body = _validation.json_body(body.data or (b"{}" if handler.without_body else b""))
            handler.prepare(call.body)
            _validation.check(match.operation.body, call.body, "body")
        answer = handler.answer(call)
        return await answer if inspect.isawaitable(answer) else answer


def _authorize(call: Call, handler: Handler) -> None:
    call.identity.require_scope(handler.allowed | APP_TOKEN if call.operation.takes_app_token else handler.allowed)
    if call.operation.in_app or "appId" in call.params:
        call.identity.enter(call.app, call.params.get("userId"))


@attrs.frozen
class _Body:
    data: bytes
    too_large: bool


def _limit(headers: RequestHeaders, api: Api) -> int:
    multipart = headers.get("content-type", "").startswith("multipart/")
    return api.max_file_bytes + _FORM_OVERHEAD if multipart else MAX_JSON_BYTES


async def _read(receive: Receive, *, limit: int) -> _Body | None:
    """The whole body, None if the client went away. What is above `limit` is read on, so that the client sees the answer."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        if size <= limit:
            chunks.append(chunk)
        size += len(chunk)
        more = message.get("more_body", False)
    return _Body(b"".join(chunks), too_large=size > limit)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _form(
    operation: Operation, data: bytes, scope: Scope, max_file_bytes: int
) -> tuple[dict[str, Any], dict[str, Upload]]:
    async def replay() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    fields, files = {}, {}
    try:
        async with Request(scope, replay).form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = Upload(_file_name(value.filename or ""), value.content_type or "", await value.read())
                else:
                    fields[name] = value
    except MultiPartException as error:
        raise bad_request(f"The form cannot be read: {error.message}") from None
    if any(len(upload.data) > max_file_bytes for upload in files.values()):
        raise ApiError(413, f"A file can have {max_file_bytes} bytes at most")
    _validation.form(operation, fields, files)
    return fields, files


def _file_name(given: str) -> str:
    """The last part of the client's path, since the name becomes a part of a URL."""
    name = re.split(r"[/\\]", given)[-1]
    return name if name.strip(".") else "file"


def _json_response(status: int, body: Any, headers: Any = None) -> Response:
    return Response(_json.encode(body), status, headers, "application/json; charset=utf-8")


def _failure(fail: Fail, api: Api) -> Response:
    if fail.body is not None:
        return Response(fail.body, fail.status, fail.headers, "application/json")
    body = api.error_body(ApiError(fail.status, "A fault that was asked for"))
    return _json_response(fail.status, body, fail.headers)


def _garbled(response: Response, garble: Garble) -> Response:
    body = bytes(response.body)
    half = body[: len(body) // 2]
    return Response(half if garble.body is None else garble.body, response.status_code, media_type=response.media_type)
