"""Responds to requests of the control API."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from .. import _json, _validation
from .._errors import ApiError
from .._routing import Router
from .._spec import Spec, parse_yaml
from . import (  # noqa: F401 - they register their handlers
    conversations,
    deliveries,
    faults,
    requests,
    sandbox,
    users,
)
from ._call import ControlCall, handlers

if TYPE_CHECKING:
    from starlette.types import Scope

    from .._engine import Engine
    from .._recording import RecordedRequest
    from .._routing import Match

logger = logging.getLogger("smooch.sandbox")


def has_path(path: str) -> bool:
    """Return whether a path is one of the control API."""
    return path == "/_sandbox" or path.startswith("/_sandbox/")


@functools.cache
def load_spec() -> Spec:
    """Return the description of the control API; read once per process."""
    return Spec(parse_yaml(sandbox.read_description()))


class ControlApi:
    """Finds the operation, validates the request and calls the handler."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._router = Router()
        self._router.add("control", load_spec().operations.values())

    async def respond(self, request: RecordedRequest, scope: Scope) -> Response:
        """Return the response to a request."""
        try:
            match = self._router.find(request.method, request.path)
            call = self._call(match, request, scope)
            result = await self._engine.handle(handlers[match.operation.id], call, request)
        except ApiError as error:
            return _build_error_response(error)
        except LookupError as error:
            return _build_error_response(ApiError(404, str(error.args[0])))
        except ValueError as error:
            return _build_error_response(ApiError(400, str(error)))
        except Exception:
            logger.exception("The sandbox failed on %s %s", request.method, request.path)
            return _build_error_response(ApiError(500, "The sandbox failed, see its log"))
        return result if isinstance(result, Response) else _build_json_response(match.operation.success, result)

    def _call(self, match: Match, request: RecordedRequest, scope: Scope) -> ControlCall:
        operation, body = match.operation, {}
        if operation.body is not None and operation.media_type == "application/json":
            body = _validation.parse_json_body(request.body or b"{}")
            _validation.check(operation.body, body, "body")
        return ControlCall(
            engine=self._engine,
            params=match.params,
            query=_validation.parse_query(operation, QueryParams(scope["query_string"])),
            body=body,
            request=request,
        )


def _build_error_response(error: ApiError) -> Response:
    return _build_json_response(error.status, {"error": {"code": error.code, "description": error.description}})


def _build_json_response(status: int, body: Any) -> Response:
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(_json.encode(body), status, headers, "application/json; charset=utf-8")
