"""Times of the API as datetimes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from smooch import UNSET, parse_time
from smooch.v1 import models as v1
from smooch.v2 import models as v2

AT = datetime(2019, 3, 21, 18, 48, 52, 760000, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2019-03-21T18:48:52.760Z", "2019-03-21T19:48:52.760+01:00", 1553194132.76])
def test_text_and_seconds_are_times(value: Any) -> None:
    time = parse_time(value)
    assert time is not None
    assert abs(time - AT) < timedelta(milliseconds=1)
    assert time.tzinfo is UTC


@pytest.mark.parametrize(
    "value", [UNSET, None, "", "soon", True, float("nan"), float("inf"), 1e300, -1e300, {}, [], "9999-99-99T00:00:00Z"]
)
def test_other_values_are_none(value: Any) -> None:
    assert parse_time(value) is None


def test_messages_have_the_time_they_were_received() -> None:
    wire = {
        "id": "1",
        "author": {"type": "business"},
        "received": "2019-03-21T18:48:52.760Z",
        "content": {"type": "text", "text": "Hi"},
    }
    assert v2.Message.from_dict(wire).received_at == AT
    assert v2.Message.from_dict({**wire, "received": "soon"}).received_at is None
    text = v1.TextMessage.from_dict({"_id": "1", "type": "text", "role": "appUser", "text": "Hi", "received": 0.5})
    assert text.received_at == datetime(1970, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)
    assert "receivedAt" not in text.to_dict()
