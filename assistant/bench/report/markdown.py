"""A measurement as Markdown tables."""

from collections.abc import Iterable, Sequence

from assistant.bench.report.compare import Change
from assistant.bench.report.document import Document


def as_markdown(document: Document, changes: Sequence[Change] = ()) -> str:
    """What was measured, of each drafter, and against an earlier run where there are `changes`."""
    parts = [
        heading(document),
        _table(
            ("task", "plain tok/s", "speculative", "speedup", "95 % interval", "accepted", "τ", "same text"),
            (
                (
                    task["task"],
                    f"{task['plain_tps']:.1f}",
                    f"{task['speculative_tps']:.1f}",
                    f"{task['speedup']:.2f}x",
                    interval(task),
                    f"{task['acceptance_rate']:.0%}",
                    f"{task['mean_accepted_length']:.2f}",
                    f"{task['identical']}/{task['measured_requests']}",
                )
                for task in document["tasks"]
            ),
        ),
        _table(
            ("task", "drafter", "drafted", "accepted", "rate"),
            (
                (task["task"], name, count["drafted"], count["accepted"], f"{count['acceptance_rate']:.0%}")
                for task in document["tasks"]
                for name, count in task["by_drafter"].items()
            ),
        ),
    ]
    if changes:
        parts.append(
            _table(
                ("task", "speedup then", "now", "plain speed now/then", "clear"),
                (
                    (
                        change.task,
                        f"{change.speedup_then:.2f}x",
                        f"{change.speedup_now:.2f}x",
                        f"{change.plain_ratio:.2f}",
                        "yes" if change.clear else "no",
                    )
                    for change in changes
                ),
            )
        )
    return "\n\n".join(parts) + "\n"


def heading(document: Document) -> str:
    """What was measured on what, and how sure it is, in a sentence or two."""
    noise = [task["noise"] for task in document["tasks"] if task["noise"] is not None]
    rounds = "1 round" if document["rounds"] == 1 else f"{document['rounds']} rounds"
    said = (
        f"{document['model']} ({document['file']}), {document['threads']} threads, {document['machine']}, "
        f"{document['date']}, coder {document['version']}: {rounds}, plain and "
        f"speculative in turn, medians, bootstrap over requests."
    )
    if noise:
        said += f" Plain speeds of the same request differ by up to {max(noise):.0%} between rounds."
    if document["stopped"]:
        said += f" Partial: {document['stopped']}."
    return said


def interval(task: Document) -> str:
    """Of the speedup, as text; empty where one request alone was measured."""
    low, high = task["speedup_interval_95"] or (None, None)
    return "" if low is None else f"{low:.2f}–{high:.2f}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [_line(columns), _line(["---"] * len(columns))]
    lines += [_line([str(cell).replace("|", "\\|") for cell in row]) for row in rows]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
