"""Switchboard actions: calls, which `test_all_calls` runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .calls import Call

PASSED = {"switchboardIntegration": "next", "metadata": {"reason": "human"}}


CALLS: dict[str, Call] = {
    "pass_control": (
        lambda api: api.switchboard_actions.pass_control("c1", metadata={"reason": "human"}),
        "passControl POST /conversations/c1/passControl",
        PASSED,
        None,
    ),
    "offer_control": (
        lambda api: api.switchboard_actions.offer_control("c1", metadata={"reason": "human"}),
        "offerControl POST /conversations/c1/offerControl",
        PASSED,
        None,
    ),
    "accept_control": (
        lambda api: api.switchboard_actions.accept_control("c1"),
        "acceptControl POST /conversations/c1/acceptControl",
        {},
        None,
    ),
    "release_control": (
        lambda api: api.switchboard_actions.release_control("c1", metadata={"solved": True}),
        "releaseControl POST /conversations/c1/releaseControl",
        {"metadata": {"solved": True}},
        None,
    ),
}
