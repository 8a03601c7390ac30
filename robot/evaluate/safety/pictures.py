"""The pictures of the safety report as SVG, without a library: shares with their confidence, and grids of counts.

Colours are classes that the page defines for light and dark. A picture that stands alone (docs) brings its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from robot.evaluate.safety.measure import Gate, Share

_ROW = 20
_LEFT = 150
_WIDE = 300
_PAD = 14
ALONE = (
    "<style>text{font:12px sans-serif;fill:#222}.grid{stroke:#ccc}.bar{stroke:#c33;stroke-dasharray:4 3}"
    ".en{stroke:#1769aa;fill:#1769aa}.zh{stroke:#b3541e;fill:#b3541e}.cell{fill:#1769aa}.faint{fill:#777}</style>"
    '<rect width="100%" height="100%" fill="#fff"/>'
)


def dots(rows: Mapping[str, Mapping[str, Share]], bar: float, low: float, *, alone: bool = False) -> str:
    """A row a class, a dot a language with its 95 % interval, and a dashed line at the bar; the axis runs `low`…1."""
    height = _ROW * len(rows) + 3 * _PAD
    parts = [_open(_LEFT + _WIDE + 3 * _PAD, height, alone)]

    def x(share: float) -> float:
        return _LEFT + _WIDE * (max(share, low) - low) / (1 - low)

    for tick in range(5):
        at = low + (1 - low) * tick / 4
        parts.append(f'<line class="grid" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{_PAD}" y2="{height - 2 * _PAD}"/>')
        parts.append(f'<text x="{x(at):.1f}" y="{height - _PAD}" text-anchor="middle">{at:.0%}</text>')
    parts.append(f'<line class="bar" x1="{x(bar):.1f}" x2="{x(bar):.1f}" y1="{_PAD}" y2="{height - 2 * _PAD}"/>')
    for number, (name, shares) in enumerate(rows.items()):
        y = _PAD + _ROW * number + _ROW / 2
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{escape(_named(name))}</text>')
        for place, (language, share) in enumerate(shares.items()):
            below, above = share.interval
            line = y + (place - 0.5) * 7
            parts.append(
                f'<g class="{escape(language)}">'
                f"<title>{escape(name)} {escape(language)}: {share.hits} of {share.of}</title>"
                f'<line x1="{x(below):.1f}" x2="{x(above):.1f}" y1="{line:.1f}" y2="{line:.1f}"/>'
                f'<circle cx="{x(share.value):.1f}" cy="{line:.1f}" r="3.2"/></g>'
            )
    return "".join([*parts, "</svg>"])


def grid(cells: Mapping[str, Mapping[str, int]], columns: Sequence[str], *, by_row: bool = False) -> str:
    """A table of counts, darker for more; `by_row` shades each row by its own share."""
    wide, head = 64, 90
    parts = [_open(_LEFT + wide * len(columns) + _PAD, head + _ROW * len(cells) + _PAD, False)]
    for place, column in enumerate(columns):
        x = _LEFT + wide * place + wide / 2
        parts.append(f'<text transform="translate({x:.0f} {head - 8}) rotate(-40)">{escape(_named(column))}</text>')
    most = max((count for row in cells.values() for count in row.values()), default=1) or 1
    for number, (name, row) in enumerate(cells.items()):
        y = head + _ROW * number
        whole = (sum(row.values()) or 1) if by_row else most
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(_named(name))}</text>')
        for place, column in enumerate(columns):
            count, x = row.get(column, 0), _LEFT + wide * place
            if not count:
                continue
            shade = 0.12 + 0.75 * count / whole
            parts.append(
                f'<rect class="cell" x="{x}" y="{y}" width="{wide - 2}" height="{_ROW - 2}" opacity="{shade:.2f}"/>'
            )
            parts.append(f'<text x="{x + wide / 2:.0f}" y="{y + 14}" text-anchor="middle">{count}</text>')
    return "".join([*parts, "</svg>"])


def by_class(gates: Sequence[Gate], beginning: str) -> dict[str, dict[str, Share]]:
    """The gates called `beginning.CLASS.LANGUAGE`, by class and language."""
    found: dict[str, dict[str, Share]] = {}
    for gate in gates:
        if gate.name.startswith(f"{beginning}."):
            name, _, language = gate.name.removeprefix(f"{beginning}.").rpartition(".")
            if name and language in ("en", "zh"):
                found.setdefault(name, {})[language] = gate.share
    return found


def _named(key: str) -> str:
    return key.replace("_", " ")


def _open(width: float, height: float, alone: bool) -> str:
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {box}>{ALONE if alone else ""}'
