"""Read facts that the vendor's description gives only in its text."""

from __future__ import annotations

import copy
import re
from typing import Any

TRIGGERS = "triggers"
"""The component that lists the triggers of a webhook."""


def add_trigger_enum(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy that lists the triggers found in the table of a tag's description."""
    items = document.get("components", {}).get("schemas", {}).get(TRIGGERS, {}).get("items")
    triggers = [
        trigger for tag in document.get("tags", []) for trigger in read_trigger_table(tag.get("description", ""))
    ]
    if not isinstance(items, dict) or not triggers or items.keys() & {"enum", "$ref"}:
        return document
    document = copy.deepcopy(document)
    document["components"]["schemas"][TRIGGERS]["items"]["enum"] = triggers
    return document


def read_trigger_table(text: str) -> list[str]:
    """Return the column `Trigger` of a Markdown table that begins with it."""
    table = re.search(r"^\| *Trigger *\|.*\n\|[-| :]+\|? *\n((?:\|.*(?:\n|$))*)", text, flags=re.MULTILINE)
    return [row.split("|")[1].strip(" `") for row in table[1].splitlines()] if table else []
