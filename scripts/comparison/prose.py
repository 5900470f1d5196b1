"""Facts that the vendor's description only gives in its text."""

from __future__ import annotations

import copy
import re
from typing import Any

TRIGGERS = "triggers"
"""The component that lists the triggers of a webhook."""


def with_triggers(document: dict[str, Any]) -> dict[str, Any]:
    """A copy whose triggers are listed as the table of triggers in a tag's description lists them."""
    items = document.get("components", {}).get("schemas", {}).get(TRIGGERS, {}).get("items")
    found = [trigger for tag in document.get("tags", []) for trigger in trigger_table(tag.get("description", ""))]
    if not isinstance(items, dict) or not found or items.keys() & {"enum", "$ref"}:
        return document
    document = copy.deepcopy(document)
    document["components"]["schemas"][TRIGGERS]["items"]["enum"] = found
    return document


def trigger_table(text: str) -> list[str]:
    """The first column of a Markdown table that is headed `Trigger`."""
    table = re.search(r"^\| *Trigger *\|.*\n\|[-| :]+\|? *\n((?:\|.*(?:\n|$))*)", text, flags=re.MULTILINE)
    return [row.split("|")[1].strip(" `") for row in table[1].splitlines()] if table else []
