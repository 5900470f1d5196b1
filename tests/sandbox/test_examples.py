"""The examples of request bodies in the specifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .bodies import body_component
from .contract import SPEC, SPEC_V2

if TYPE_CHECKING:
    from smooch.sandbox._spec import Spec


@pytest.mark.parametrize(
    ("spec", "operation_id", "example"),
    [
        pytest.param(spec, name, example, id=f"{version}-{name}-{index}")
        for version, spec in (("v1", SPEC), ("v2", SPEC_V2))
        for name, operation in spec.operations.items()
        if operation.media_type == "application/json"
        for index, example in enumerate(spec.document["components"]["schemas"][body_component(spec, name)]["examples"])
    ],
)
def test_the_server_accepts_it(spec: Spec, operation_id: str, example: Any) -> None:
    spec.operations[operation_id].body.validate(example)
