"""Errors that the sandbox responds with; each API version has its own body for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES = {  # by status
    400: "bad_request",
    401: "unauthorized",
    402: "payment_required",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
    423: "locked",
    429: "too_many_requests",
    500: "internal_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
}


class ApiError(Exception):
    """An error response: HTTP status, code, description; for a 404 also the kind of the missing record."""

    def __init__(
        self,
        status: int,
        description: str,
        *,
        code: str | None = None,
        missing: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.status = status
        self.code = code or CODES.get(status, "uncategorized_error")
        self.missing = missing
        self.description = description
        self.headers = headers


def bad_request(description: str) -> ApiError:
    return ApiError(400, description)


def unauthorized(description: str) -> ApiError:
    return ApiError(401, description)


def forbidden(description: str) -> ApiError:
    return ApiError(403, description)


def not_found(kind: str) -> ApiError:
    return ApiError(404, f"{kind} not found", missing=kind)


def conflict(description: str) -> ApiError:
    return ApiError(409, description)
