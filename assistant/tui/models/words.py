"""Models and pulls as lines of text. Nothing is told by colour alone."""

from collections.abc import Sequence

from textual.content import Content

from assistant.sizes import as_size
from assistant.tui.bar import bar
from assistant.tui.models.download import PullStatus
from assistant.tui.models.rows import ModelRow
from assistant.tui.theme import FAINT
from assistant.visible import visible


def row_lines(rows: Sequence[ModelRow], loaded: str, pulling: str) -> list[Content]:
    """One line each: name, size, whether it is here, and what fits."""
    cells = [(visible(row.name), row.size, _state(row, loaded, pulling)) for row in rows]
    widths = [max((len(each[column]) for each in cells), default=0) for column in range(3)]
    return [
        Content.assemble(
            (name.ljust(widths[0]), "" if row.usable else FAINT),
            (f"  {size.rjust(widths[1])}  ", FAINT),
            (state.ljust(widths[2]), "$text-success"),
            (f"  {'fits, ' if row.forecast and row.usable else ''}{visible(row.fits)}", FAINT),
        )
        for row, (name, size, state) in zip(rows, cells, strict=True)
    ]


def _state(row: ModelRow, loaded: str, pulling: str) -> str:
    if row.name == loaded:
        return "● runs now"
    if row.name == pulling:
        return "⇣ pulling"
    return "✓ here" if row.here else ""


def about(row: ModelRow) -> Content:
    """What one model is good for, and what a pull of it would bring."""
    manifest = row.manifest
    parts: list[str | tuple[str, str]] = [
        (visible(manifest.title), "bold"),
        (f"  {visible(manifest.license)}\n", FAINT),
        visible(f"{manifest.about} {manifest.advice}".strip()),
    ]
    if row.why:
        parts.append((f"\n{visible(row.why)}", FAINT))
    return Content.assemble(*parts)


def pull_line(status: PullStatus) -> Content:
    """How far a pull is: bytes, rate and time left."""
    if status.stage:
        share = f" {status.share:.0%}" if status.done else ""
        return Content(f"⇣ {visible(status.name)}: {status.stage}{share}")
    done = as_size(status.done)
    parts = [f"{done} of {as_size(status.total)}" if status.total else done]
    if status.rate is not None:
        parts.append(f"{as_size(status.rate)}/s")
    if (left := status.seconds_left) is not None:
        parts.append(f"{time_left(left)} left")
    return Content.assemble(
        f"⇣ {visible(status.name)} ", bar(status.share), f" {status.share:.0%} · {' · '.join(parts)}"
    )


def time_left(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
