"""The four drawings of the panel: a log and a size in cells give a text."""

from collections import Counter
from collections.abc import Callable

from textual.content import Content

from assistant.tui.speculation.log import SpeculationLog
from assistant.tui.speculation.origin import style_of
from assistant.tui.speculation.plot import bar, columns, line, nice_top
from assistant.tui.theme import FAINT
from assistant.visible import visible

Draw = Callable[[SpeculationLog, int, int], Content]
_NOTHING = Content.styled("nothing yet: ask something", FAINT)
_UNKNOWN = Content.styled("this model decodes plainly: its costs are not measured", FAINT)
_POSITIONS = 16
_AXIS = 6
_NAME = 9


def rates(log: SpeculationLog, cells: int, lines: int) -> Content:
    """Tokens/s over time, beside what plain decoding would give."""
    if not log.rates:
        return _NOTHING
    plain = log.plain_tps
    top = nice_top(max(*log.rates, plain or 0.0))
    wide, high = max(cells - _AXIS, 4), max(lines - 1, 2)
    drawn = line(log.rates, wide, high, top)
    at = min(round((1 - plain / top) * (high - 1)), high - 1) if plain else -1
    rows = []
    for number, row in enumerate(drawn):
        label = f"{top:.0f}" if number == 0 else "0" if number == high - 1 else ""
        blank = "╌" if number == at else " "
        shown = "".join(blank if dots == "\u2800" else dots for dots in row.ljust(wide, "\u2800"))
        rows.append(Content.assemble((f"{label:>{_AXIS - 1}} ", FAINT), (shown, "$text-accent")))
    gain = f"{log.rates[-1]:.0f} tok/s"
    if plain:
        gain += f" · ╌ plain {plain:.0f} · {log.rates[-1] / plain:.1f}×"
    return Content("\n").join([*rows, Content.styled(gain, FAINT)])


def lengths(log: SpeculationLog, cells: int, lines: int) -> Content:
    """How many tokens the target's passes emitted: a histogram."""
    passes: Counter[int] = Counter()
    most = max(lines - 1, 2)
    for (_, emitted), count in log.total().passes.items():
        passes[min(emitted, most)] += count
    total = passes.total()
    if not total:
        return _NOTHING
    rows = []
    largest = max(passes.values()) / total
    for length in range(1, min(max(passes), most) + 1):
        share = passes[length] / total
        more = "+" if length == most else " "
        full = bar(share / largest, max(cells - 12, 4))
        rows.append(
            Content.assemble((f"{length:>3}{more} ", FAINT), (full, "$text-primary"), f" {share:.0%}")
        )
    tau = log.total().mean_accepted_length
    return Content("\n").join([*rows, Content.styled(f"τ {tau:.2f} tokens a pass", FAINT)])


def positions(log: SpeculationLog, cells: int, lines: int) -> Content:
    """For each drafter, how often its first token was kept, its second, and so on."""
    drafters = sorted(log.total().by_drafter.items(), key=lambda each: -each[1].drafted)
    if not drafters:
        return _NOTHING
    shown = min(_POSITIONS, max(cells - _NAME - 14, 4))
    rows = []
    for name, count in drafters[: max(lines - 1, 1)]:
        shares = [
            count.accepted_at[i] / count.drafted_at[i] if count.drafted_at[i] else 0.0 for i in range(shown)
        ]
        told = f" {count.acceptance_rate:4.0%} of {count.drafted:,}"
        rows.append(
            Content.assemble(
                (f"{visible(name)[: _NAME - 1]:<{_NAME}}", style_of(name)),
                (columns(shares), "$text-primary"),
                (told, FAINT),
            )
        )
    axis = f"{'':<{_NAME}}{'1':<{shown - len(str(shown))}}{shown}"
    return Content("\n").join([*rows, Content.styled(axis, FAINT)])


def costs(log: SpeculationLog, cells: int, lines: int) -> Content:
    """What a target pass costs by its tokens, and which lengths were chosen: the usual one is marked."""
    if len(log.pass_seconds) < 3:
        return _UNKNOWN
    chosen: Counter[int] = Counter()
    for (drafted, _), count in log.total().passes.items():
        chosen[drafted + 1] += count
    wide, high = max(cells - _AXIS, 8), max(lines - 3, 2)
    longest = min(len(log.pass_seconds) - 1, max(16, max(chosen, default=0)))
    sizes = [1 + (longest - 1) * x / (2 * wide - 1) for x in range(2 * wide)]
    values = [_between(log.pass_seconds, size) * 1000 for size in sizes]
    top = nice_top(values[-1])
    rows = []
    for number, row in enumerate(line(values, wide, high, top)):
        label = f"{top:.0f}ms" if number == 0 else "0" if number == high - 1 else ""
        rows.append(Content.assemble((f"{label:>{_AXIS - 1}} ", FAINT), (row, "$text-accent")))
    largest = max(chosen.values(), default=1)
    places: Counter[int] = Counter()
    for size, count in chosen.items():
        places[_place(size, longest, wide)] += count
    taken = columns([places[x] / largest for x in range(wide)])
    rows.append(Content.assemble(("taken".rjust(_AXIS - 1) + " ", FAINT), (taken, "$text-primary")))
    mark = " " * wide
    if log.drafted_now is not None:
        at = _place(log.drafted_now + 1, longest, wide)
        mark = " " * at + "▲" + f" {log.drafted_now + 1} tokens a pass"
        mark = mark if len(mark) <= wide else f"{log.drafted_now + 1} tokens a pass ▲".rjust(at + 1)
    rows.append(Content.assemble(" " * _AXIS, (mark, "bold $text-warning")))
    rows.append(Content.styled(f"{'1':>{_AXIS + 1}}{longest:>{wide - 1}}", FAINT))
    return Content("\n").join(rows)


def _between(table: list[float], size: float) -> float:
    low = min(int(size), len(table) - 2)
    return table[low] + (table[low + 1] - table[low]) * (size - low)


def _place(size: int, longest: int, cells: int) -> int:
    return min(round((size - 1) / max(longest - 1, 1) * (cells - 1)), cells - 1)
