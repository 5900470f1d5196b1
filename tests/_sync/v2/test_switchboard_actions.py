# Derived from tests/_async/v2/test_switchboard_actions.py by scripts/unasync.py; edit that file.
"""Switchboard actions: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .calls import Call, check_call

if TYPE_CHECKING:
    from support.scripted_server import ScriptedServer

    from smooch.v2 import Smooch

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


@pytest.mark.parametrize("name", CALLS)
def test_calls_follow_the_specification_and_return_models(
    example_api: Smooch, example_server: ScriptedServer, name: str
) -> None:
    check_call(example_api, example_server, CALLS[name])
