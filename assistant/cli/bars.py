"""Bars for the terminal."""

_WIDTH = 20


def bar(value: float, whole: float, width: int = _WIDTH) -> str:
    """`value` as a part of `whole`, which is `width` characters, in eighths of one."""
    eighths = round(min(value / whole, 1.0) * width * 8) if whole > 0 else 0
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
