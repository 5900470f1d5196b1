"""The pager of v1 messages, without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smooch_api import Response
from smooch_api.v1 import models

from smooch._v1.paging import Pager
from smooch.errors import UnreadableResponse

if TYPE_CHECKING:
    from smooch._v1.bodies import Instant


def respond(answer: models.GetMessagesResponse) -> Response[models.GetMessagesResponse]:
    return Response(200, b"{}", {}, answer, "https://api.smooch.io/v1/appusers/b/messages")


def read(answer: models.GetMessagesResponse, after: Any = None) -> list[models.Message]:
    pager = Pager(None, after)
    pager.feed(respond(answer))
    return list(iter(pager.pop, None))


def page(*received: Any, next_: Any = None, after: Any = None) -> list[str]:
    """Return ids in the order of the iteration; an id is the position in the response."""
    messages = [
        {"_id": str(number), "type": "text", "role": "appUser", "received": at} for number, at in enumerate(received)
    ]
    answer = models.GetMessagesResponse.from_dict({"messages": messages, "next": next_})
    return [message.id for message in read(answer, after)]  # type: ignore[misc]


def test_messages_of_a_page_are_sorted_by_time_in_either_direction() -> None:
    assert page(1.0, 2.0, 3.0) == ["2", "1", "0"]
    assert page(3.0, 1.0, 2.0) == ["0", "2", "1"]
    assert page(3.0, 1.0, 2.0, after=0.5) == ["1", "2", "0"]


@given(st.lists(st.sampled_from([1.0, 1.5, 2.0]), max_size=6))
def test_both_directions_give_opposite_orders_even_for_equal_times(received: list[float]) -> None:
    assert page(*received) == page(*received, after=0.5)[::-1]


def test_messages_without_time_and_invalid_elements_do_not_stop_the_iteration() -> None:
    assert page(2.0, None, "3", after=0.5) == ["1", "2", "0"]
    answer = models.GetMessagesResponse.from_dict({"messages": [None, "a", {"_id": "1", "type": "new"}, {"no": "id"}]})
    assert [message.to_dict() for message in read(answer)] == [{"no": "id"}, {"_id": "1", "type": "new"}]
    assert read(models.GetMessagesResponse()) == []


def test_the_next_page_follows_the_link_but_on_our_own_host() -> None:
    pager = Pager(None, None)
    assert pager.needs_page
    assert pager.page == {}
    pager.feed(
        respond(models.GetMessagesResponse(next_="https://elsewhere.example/v1/appusers/x/messages?before=5.25"))
    )
    assert pager.needs_page
    assert pager.page == {"before": "5.25"}
    pager.feed(respond(models.GetMessagesResponse(next_="?after=5.25")))
    assert pager.page == {"after": "5.25"}
    pager.feed(respond(models.GetMessagesResponse.from_dict({"next": None})))
    assert not pager.needs_page
    pager = Pager(None, None)
    pager.feed(respond(models.GetMessagesResponse()))
    assert not pager.needs_page


@pytest.mark.parametrize("start", ["5.25", 5.25])
@pytest.mark.parametrize("link", ["https://api.smooch.io/v1/appusers/x/messages", "?before=5.25"])
def test_a_link_without_progress_is_an_error(link: str, start: Instant) -> None:
    pager = Pager(start, None)
    message = {"_id": "1", "type": "text", "role": "appUser", "received": 5.0}
    pager.feed(respond(models.GetMessagesResponse.from_dict({"messages": [message], "next": link})))
    assert pager.pop().id == "1"  # type: ignore[union-attr]
    assert pager.needs_page
    with pytest.raises(UnreadableResponse, match="leads nowhere"):
        pager.page  # noqa: B018


def test_a_link_back_to_any_earlier_page_is_an_error() -> None:
    pager = Pager(None, None)
    for seconds in ("5", "4", "3"):
        pager.feed(respond(models.GetMessagesResponse(next_=f"?before={seconds}")))
        assert pager.page == {"before": seconds}
    pager.feed(respond(models.GetMessagesResponse(next_="?before=5")))
    with pytest.raises(UnreadableResponse, match="leads nowhere"):
        pager.page  # noqa: B018
