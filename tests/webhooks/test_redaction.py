"""No traceback holds the secret of a webhook, because crash reporters print local variables."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from smooch.errors import SmoochError
from smooch.webhooks import asgi_app, receive, verify, wsgi_app

from .calls import call_asgi, call_wsgi, sized
from .payloads import SECRET, numbered_delivery

if TYPE_CHECKING:
    from collections.abc import Callable

LIBRARY = Path(__file__).parents[2] / "smooch"


def locals_of(error: BaseException) -> str:
    """The local variables of the library in the tracebacks of an exception and its causes, as reporters print them."""
    texts, cause = "", error
    while cause is not None:
        frames = [frame for frame, _ in traceback.walk_tb(cause.__traceback__)]
        assert frames
        texts += "".join(
            repr(list(frame.f_locals.values()))
            for frame in frames
            if Path(frame.f_code.co_filename).is_relative_to(LIBRARY)
        )
        cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
    return texts


@pytest.mark.parametrize(
    "call",
    [
        lambda: verify({"X-API-Key": "guess"}, SECRET),
        lambda: verify({}, [SECRET, ""]),
        lambda: receive(b"{}", {}, SECRET),
        lambda: receive(b"not JSON", {"X-API-Key": SECRET}, SECRET),
        lambda: asgi_app(None, secret=SECRET),
        lambda: asgi_app(print, secret=[SECRET, ""]),
        lambda: wsgi_app(print, secret=SECRET, deadline=60),
        lambda: wsgi_app(print, secret=f"{SECRET} "),
    ],
)
def test_functions_that_take_a_secret_leave_none_in_the_traceback(call: Callable[[], Any]) -> None:
    with pytest.raises(SmoochError) as caught:
        call()
    assert SECRET not in locals_of(caught.value)


class Failing:
    """A queue and a deduplicator that fail."""

    def __call__(self, *_: object) -> None:
        raise RuntimeError("it does not work")

    claim = confirm = release = __call__


@pytest.mark.anyio
@pytest.mark.parametrize("options", [{"enqueue": Failing()}, {"handler": print, "deduplicator": Failing()}])
async def test_logs_of_the_apps_hold_no_key(options: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    hook = asgi_app(secret=SECRET, **options)
    assert (await call_asgi(hook, numbered_delivery(1))).status == 503
    await hook.aclose()
    app = wsgi_app(secret=SECRET, **options)
    assert call_wsgi(app, **sized(numbered_delivery(1)))[0] == 503
    app.close()
    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert len(logged) >= 2
    for error in logged:
        assert error is not None
        assert SECRET not in locals_of(error)
