"""The chart of the results, as SVG that can be read on a light and on a dark page."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .measure import Cell

PANELS = [
    ("CPU time of a call, ms", "post, https", "CPU time of a post over https, ms: less is better"),
    ("Posts per second, https", "https, 100 at once", "posts per second over https, 100 at once: more is better"),
]
WIDTH, LABELS, ROW, TOP, BOTTOM = 860, 300, 24, 44, 58
STYLE = """\
svg { background: #fff; font: 13px sans-serif; }
text { fill: #1f2328; } .tick { fill: #59636e; font-size: 12px; } .title { font-weight: 600; }
.grid { stroke: #d1d9e0; } .peer { stroke: #6e7781; fill: #6e7781; } .ours { stroke: #0969da; fill: #0969da; }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; }
  text { fill: #f0f6fc; } .tick { fill: #9198a1; }
  .grid { stroke: #3d444d; } .peer { stroke: #9198a1; fill: #9198a1; } .ours { stroke: #4493f8; fill: #4493f8; }
}"""


def draw(tables: list[dict[str, Any]]) -> str:
    """A panel below another; in each a dot for the median of each client, on a line from minimum to maximum."""
    parts, y = [], 0
    for table, column, title in PANELS:
        numbers = next(each for each in tables if each["title"] == table)
        index = numbers["columns"].index(column)
        cells = {name: row[index] for name, row in numbers["rows"].items() if row[index]}
        parts += _panel(y, title, cells)
        y += TOP + ROW * len(cells) + BOTTOM
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">'
    names = "CPU time of a post and posts per second, for each client"
    return "\n".join([head, f"<title>{names}</title>", f"<style>{STYLE}</style>", *parts, "</svg>", ""])


def _panel(y: int, title: str, cells: dict[str, Cell]) -> list[str]:
    least_of_all = min(cell[0] for cell in cells.values())
    decade = 10.0 ** math.floor(math.log10(least_of_all))
    low = 3 * decade if least_of_all >= 3 * decade else decade
    high = max(cell[2] for cell in cells.values()) * 1.6  # room for the last number

    def x(value: float) -> float:
        return round(LABELS + (WIDTH - LABELS - 20) * math.log(value / low) / math.log(high / low), 1)

    bottom = y + TOP + ROW * len(cells)
    parts = [_text(LABELS, y + 26, title, "title")]
    for tick in _ticks(low, high):
        parts.append(f'<line class="grid" x1="{x(tick)}" y1="{y + TOP}" x2="{x(tick)}" y2="{bottom}"/>')
        parts.append(_text(x(tick), bottom + 18, f"{tick:,g}", "tick", "middle"))
    parts.append(_text((LABELS + WIDTH) / 2, bottom + 38, f"{title.partition(':')[0]} (logarithmic)", "tick", "middle"))
    for number, (name, (least, median, most)) in enumerate(cells.items()):
        middle = y + TOP + ROW * number + ROW // 2
        kind = "ours" if name.startswith("smooch.") else "peer"
        parts += [
            _text(LABELS - 14, middle + 4, name, anchor="end"),
            f'<line class="{kind}" x1="{x(least)}" y1="{middle}" x2="{x(most)}" y2="{middle}" stroke-width="2"/>',
            f'<circle class="{kind}" cx="{x(median)}" cy="{middle}" r="5"/>',
            _text(x(most) + 9, middle + 4, f"{median:,.0f}" if median >= 100 else f"{median:.2g}", "tick"),
        ]
    return parts


def _ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick for decade in decades for tick in (10.0**decade, 3 * 10.0**decade) if low <= tick <= high]


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'
