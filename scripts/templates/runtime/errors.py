"""Exceptions of the generated client. Their texts contain no response body: it may contain secrets."""


class SmoochError(Exception):
    """Base class of all exceptions that this library raises on purpose."""


class InvalidInput(SmoochError, ValueError):
    """An argument is invalid; nothing was sent. `field` names the argument."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message, field)
        self.field = field

    def __str__(self) -> str:
        return str(self.args[0])


class UnexpectedStatus(SmoochError):
    """A response with status 300 or above."""

    def __init__(self, status_code: int, content: bytes) -> None:
        super().__init__(status_code, content)
        self.status_code = status_code
        self.content = content

    def __str__(self) -> str:
        return f"the API answered with status {self.status_code}"


class UnreadableResponse(SmoochError):
    """A successful response whose body does not fit the API's specification."""

    def __init__(self, status_code: int, content: bytes, reason: str) -> None:
        super().__init__(status_code, content, reason)
        self.status_code = status_code
        self.content = content
        self.reason = reason

    def __str__(self) -> str:
        return f"the API answered with status {self.status_code}, but its body cannot be read: {self.reason}"


class WrongShape(ValueError):
    """A JSON value does not fit the model that should parse it."""


__all__ = ["InvalidInput", "SmoochError", "UnexpectedStatus", "UnreadableResponse", "WrongShape"]
