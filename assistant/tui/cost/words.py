"""A report of the calculator as text of a panel's width."""

from collections.abc import Iterator, Sequence

from textual.content import Content

from assistant.bench.cost.figures import amount, days, hours, shown
from assistant.bench.cost.report import UNCHANGED, CostReport
from assistant.tui.cost.calculation import in_fields
from assistant.tui.theme import FAINT

_WIDE, _LONGEST_NAME, _FIGURE, _WIDE_FIGURE = 60, 25, 11, 12
_HEADING, _QUIET, _WARNING = "bold $text-primary", FAINT, "$text-warning"
Part = str | tuple[str, str]


def as_content(report: CostReport, origin: str, width: int) -> Content:
    """What follows, where the speeds are from, and last what would need more, in lines of `width` cells."""
    return Content.assemble(*_parts(report, origin, width))


def _parts(report: CostReport, origin: str, width: int) -> Iterator[Part]:
    if origin:
        yield f"Speeds from {origin}.\n", _QUIET
    yield f"{UNCHANGED}\n", "bold"
    yield from _ways(report, width)
    if report.saved_hours_a_day is not None:
        verb = "saves" if report.saved_hours_a_day >= 0 else "costs"
        yield f"\nSpeculation {verb} {hours(abs(report.saved_hours_a_day))} a day.\n", ""
    yield from _apis(report, width)
    for note in report.notes:
        yield f"\n{note}\n", _WARNING
    if report.left_out:
        yield "\nLeft out\n", _HEADING
        for missing in report.left_out:
            yield f"{in_fields(missing)}\n", _QUIET


def _ways(report: CostReport, width: int) -> Iterator[Part]:
    money = report.currency or ""
    rows = [
        (name, shown(ways.plain, form), shown(ways.speculative, form))
        for name, ways, form in (
            (f"energy, {money}/M", report.energy_per_million, amount),
            (f"machine, {money}/M", report.hardware_per_million, amount),
            (f"both, {money}/M", report.cost_per_million, amount),
            ("energy, a day", report.energy_a_day, amount),
            ("work, a day", report.busy_hours_a_day, hours),
        )
        if (ways.plain, ways.speculative) != (None, None)
    ]
    cut = [f"{each.a_day:.1f}" for each in report.timeouts.values()]
    if len(cut) == 2:
        rows.append(("cut off, a day", cut[0], cut[1]))
    if report.speedup is not None:
        rows.append(("speed", "1x", f"{report.speedup:.2f}x"))
    yield from _table([("", "plain", "spec."), *rows], width)


def _apis(report: CostReport, width: int) -> Iterator[Part]:
    if not report.apis:
        return
    money = report.currency or ""
    heading = ("API", f"{money}/M out", f"{money}/day", "back: plain", "back: spec.")
    rows = [
        (
            each.price.name,
            amount(each.per_million),
            shown(each.a_day, amount),
            shown(each.days.plain, days),
            shown(each.days.speculative, days),
        )
        for each in report.apis
    ]
    table: list[tuple[str, ...]] = [heading, *rows]
    if width < _WIDE:
        narrow = ("API", f"{money}/day", "pays back")
        table = [narrow, *((name, a_day, back) for name, _, a_day, _, back in rows)]
    yield from _table(table, width)
    seen = min(each.price.seen for each in report.apis)
    yield f"Prices as seen {seen} or later; `coder cost --prices` names the sources.\n", _QUIET


def _table(rows: Sequence[Sequence[str]], width: int) -> Iterator[Part]:
    """The first row is the heading. Nothing where there is no other."""
    if len(rows) == 1:
        return
    figure_width = _FIGURE if width < _WIDE else _WIDE_FIGURE
    name_width = min(width - figure_width * (len(rows[0]) - 1), _LONGEST_NAME)
    for number, (name, *figures) in enumerate(rows):
        cut = name if len(name) < name_width else f"{name[: name_width - 2]}…"
        line = f"{cut:<{name_width}}{''.join(f'{figure:>{figure_width}}' for figure in figures)}\n"
        yield (f"\n{line}", _HEADING) if number == 0 else (line, "")
