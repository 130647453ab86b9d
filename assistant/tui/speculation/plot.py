"""Plots in text. Their shapes say what they mean; colours only help."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_PARTS = " ▏▎▍▌▋▊▉█"
_ROWS, _COLUMNS = 4, 2


def line(values: Iterable[float], cells: int, lines: int, top: float) -> list[str]:
    """`values` from left to right as a line of braille dots in `lines` texts of `cells` characters; `top`
    is the value at the upper edge, 0 lies at the lower. More values than dots are averaged, fewer end
    early."""
    canvas = [[0] * cells for _ in range(lines)]
    most = lines * _ROWS - 1
    before: int | None = None
    for x, value in enumerate(_spread(values, cells * _COLUMNS)):
        y = most - round(min(max(value / top, 0.0), 1.0) * most) if top > 0 else most
        start = y if before is None else before + (before < y) - (before > y)
        for dot in range(min(start, y), max(start, y) + 1):
            canvas[dot // _ROWS][x // _COLUMNS] |= _DOTS[dot % _ROWS][x % _COLUMNS]
        before = y
    return ["".join(chr(0x2800 + dots) for dots in row) for row in canvas]


def columns(shares: Sequence[float]) -> str:
    """One character a share (0 to 1), as high as it is. A share above 0 always shows."""
    return "".join(_EIGHTHS[max(round(min(share, 1.0) * 8), int(share > 0))] for share in shares)


def bar(share: float, cells: int) -> str:
    """A horizontal bar of at most `cells` characters. A share above 0 always shows."""
    eighths = max(round(min(max(share, 0.0), 1.0) * cells * 8), int(share > 0))
    return "█" * (eighths // 8) + (_PARTS[eighths % 8] if eighths % 8 else "")


def nice_top(largest: float) -> float:
    """The least of 1, 2, 5, 10, 20 … that `largest` fits below."""
    top = 1.0
    while True:
        for step in (1, 2, 5):
            if largest <= top * step:
                return top * step
        top *= 10


def _spread(values: Iterable[float], dots: int) -> list[float]:
    values = list(values)
    if len(values) <= dots:
        return values
    edges = [i * len(values) // dots for i in range(dots + 1)]
    return [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
