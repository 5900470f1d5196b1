"""Compare two OpenAPI descriptions of the same API."""

from comparison.descriptions import Comparison
from comparison.deviations import Deviation, load_deviations, match_deviations
from comparison.differences import Difference
from comparison.prose import add_trigger_enum
from comparison.unread import count_texts, find_unread

__all__ = [
    "Comparison",
    "Deviation",
    "Difference",
    "add_trigger_enum",
    "count_texts",
    "find_unread",
    "load_deviations",
    "match_deviations",
]
