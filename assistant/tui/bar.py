"""A progress bar in text. What is done differs from the rest in shape, not in colour alone."""

from textual.content import Content

from assistant.tui.theme import FAINT


def bar(share: float, cells: int = 16) -> Content:
    """`share` from 0 to 1 of `cells` cells."""
    full = round(min(max(share, 0.0), 1.0) * cells)
    return Content.assemble(("━" * full, "$text-accent"), ("╌" * (cells - full), FAINT))
