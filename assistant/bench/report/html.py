"""A measurement as one HTML file that needs nothing else: tables, and charts drawn in it as SVG."""

from collections.abc import Iterable, Sequence
from html import escape

from assistant.bench.report.compare import Change
from assistant.bench.report.document import Document
from assistant.bench.report.markdown import heading

_WIDTH, _LEFT, _ROW, _BAR = 720, 130, 44, 14
_PLAIN, _FAST, _INK = "#9aa4b2", "#0b7285", "#1f2933"
_STYLE = f"""body {{ font: 15px/1.5 system-ui, sans-serif; color: {_INK} }}
body {{ max-width: 760px; margin: 2em auto }}
table {{ border-collapse: collapse; margin: 1em 0 }} th, td {{ padding: .25em .8em; text-align: right }}
th:first-child, td:first-child {{ text-align: left }} tr + tr td {{ border-top: 1px solid #e4e7eb }}
svg text {{ font: 12px system-ui, sans-serif; fill: {_INK} }}"""


def as_html(document: Document, changes: Sequence[Change] = ()) -> str:
    """Speeds and speedups as charts, with the figures in tables below."""
    tasks = document["tasks"]
    title = f"coder bench: {document['model']}"
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(heading(document))}</p>",
        "<h2>Speedup, with its 95 % interval</h2>",
        _speedups(tasks),
        f'<h2>Tokens/s: <span style="color:{_PLAIN}">plain</span>, '
        f'<span style="color:{_FAST}">speculative</span></h2>',
        _speeds(tasks),
        "<h2>Figures</h2>",
        _table(
            ("task", "plain", "speculative", "speedup", "accepted", "τ", "same text"),
            (
                (
                    task["task"],
                    f"{task['plain_tps']:.1f}",
                    f"{task['speculative_tps']:.1f}",
                    f"{task['speedup']:.2f}×",
                    f"{task['acceptance_rate']:.0%}",
                    f"{task['mean_accepted_length']:.2f}",
                    f"{task['identical']}/{task['measured_requests']}",
                )
                for task in tasks
            ),
        ),
        "<h2>Drafters</h2>",
        _table(
            ("task", "drafter", "drafted", "accepted", "rate"),
            (
                (task["task"], name, count["drafted"], count["accepted"], f"{count['acceptance_rate']:.0%}")
                for task in tasks
                for name, count in task["by_drafter"].items()
            ),
        ),
    ]
    if changes:
        rows = (
            (c.task, f"{c.speedup_then:.2f}×", f"{c.speedup_now:.2f}×", "yes" if c.clear else "no")
            for c in changes
        )
        parts += ["<h2>Against the earlier run</h2>", _table(("task", "then", "now", "clear"), rows)]
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _speedups(tasks: Sequence[Document]) -> str:
    most = max((max(task["speedup"], *task["speedup_interval_95"]) for task in tasks), default=1.0)
    scale = (_WIDTH - _LEFT - 60) / max(most, 1.0)
    one = _LEFT + scale
    drawn = [f'<line x1="{one:.1f}" y1="0" x2="{one:.1f}" y2="{len(tasks) * _ROW}" stroke="{_PLAIN}"/>']
    for number, task in enumerate(tasks):
        middle = number * _ROW + _ROW / 2
        low, high = (_LEFT + scale * edge for edge in task["speedup_interval_95"])
        drawn.append(_bar(middle, _BAR, scale * task["speedup"], _FAST))
        drawn.append(
            f'<line x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}" '
            f'stroke="{_INK}" stroke-width="2"/>'
        )
        end = max(high, _LEFT + scale * task["speedup"])
        drawn.append(_text(end + 6, middle, f"{task['speedup']:.2f}×"))
        drawn.append(_text(0, middle, task["task"]))
    return _svg(len(tasks), drawn)


def _speeds(tasks: Sequence[Document]) -> str:
    most = max((max(task["plain_tps"], task["speculative_tps"]) for task in tasks), default=1.0) or 1.0
    scale = (_WIDTH - _LEFT - 60) / most
    drawn = []
    for number, task in enumerate(tasks):
        middle = number * _ROW + _ROW / 2
        drawn.append(_text(0, middle, task["task"]))
        for offset, name, colour in ((-8, "plain_tps", _PLAIN), (8, "speculative_tps", _FAST)):
            drawn.append(_bar(middle + offset, _BAR, scale * task[name], colour))
            drawn.append(_text(_LEFT + scale * task[name] + 6, middle + offset, f"{task[name]:.0f}"))
    return _svg(len(tasks), drawn)


def _bar(middle: float, height: float, width: float, colour: str) -> str:
    top = middle - height / 2
    return f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _text(x: float, middle: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{middle + 4}">{escape(text)}</text>'


def _svg(rows: int, drawn: Iterable[str]) -> str:
    height = max(rows, 1) * _ROW
    return f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img">{"".join(drawn)}</svg>'


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
