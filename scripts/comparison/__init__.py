"""Compare two OpenAPI descriptions of the same API."""

from comparison.descriptions import Comparison
from comparison.deviations import Deviation, load_deviations, sort_out
from comparison.differences import Difference
from comparison.prose import with_triggers
from comparison.unread import texts, unread

__all__ = [
    "Comparison",
    "Deviation",
    "Difference",
    "load_deviations",
    "sort_out",
    "texts",
    "unread",
    "with_triggers",
]
