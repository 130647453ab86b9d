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
        *_cost_curve(document["cost_curve"]),
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
    edges = [task["speedup_interval_95"] or [task["speedup"]] * 2 for task in tasks]
    most = max(
        (max(task["speedup"], high) for task, (_, high) in zip(tasks, edges, strict=True)), default=1.0
    )
    scale = (_WIDTH - _LEFT - 60) / max(most, 1.0)
    one = _LEFT + scale
    drawn = [f'<line x1="{one:.1f}" y1="0" x2="{one:.1f}" y2="{len(tasks) * _ROW}" stroke="{_PLAIN}"/>']
    for number, task in enumerate(tasks):
        middle = number * _ROW + _ROW / 2
        low, high = (_LEFT + scale * edge for edge in edges[number])
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


def _cost_curve(seconds: Sequence[float]) -> list[str]:
    """What a pass of n tokens costs beside n passes of one; nothing where it was not measured. `seconds[n]`,
    index 0 unused."""
    relative = [each / seconds[1] for each in seconds[1:]] if len(seconds) > 2 and seconds[1] else []
    if not relative:
        return []
    count, height = len(relative), 200.0
    most = max(relative)
    across, up = (_WIDTH - _LEFT - 60) / count, (height - 30) / most

    def line(values: Sequence[float], colour: str) -> str:
        points = " ".join(
            f"{_LEFT + across * n:.1f},{height - 15 - up * value:.1f}" for n, value in enumerate(values, 1)
        )
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'

    proportional = [float(n) for n in range(1, count + 1) if n <= most]
    drawn = [
        line(proportional, _PLAIN),
        line(relative, _FAST),
        _text(0, height / 2, "passes of one"),
        _text(_LEFT + across * count + 6, height - 15 - up * relative[-1], f"{relative[-1]:.1f}"),
        _text(_LEFT + across * count, height - 8, str(count)),
    ]
    title = (
        f'<h2>What a pass of n tokens costs (<span style="color:{_PLAIN}">grey</span>: n passes of one)</h2>'
    )
    return [title, _drawing(height, drawn)]


def _bar(middle: float, height: float, width: float, colour: str) -> str:
    top = middle - height / 2
    return f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _text(x: float, middle: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{middle + 4}">{escape(text)}</text>'


def _svg(rows: int, drawn: Iterable[str]) -> str:
    return _drawing(max(rows, 1) * _ROW, drawn)


def _drawing(height: float, drawn: Iterable[str]) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img">{"".join(drawn)}</svg>'


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
