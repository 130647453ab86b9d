"""What the panel draws of the counters."""

from pathlib import Path

import pytest

from assistant.engine.stats import Stats
from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.speculation.drawings import Draw, costs, lengths, positions, rates
from assistant.tui.speculation.log import SpeculationLog
from assistant.tui.speculation.origin_view import OriginView
from assistant.tui.speculation.plot import bar, columns, line, nice_top
from tests.tui.driving import SIZE, app_with, notices, say, small_model, until


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ["\u2800\u2800"] * 2),
        ([0.0] * 4, ["\u2800\u2800", "⣀⣀"]),
        ([8.0] * 4, ["⠉⠉", "\u2800\u2800"]),
        ([0.0, 8.0], ["⢸\u2800", "⡸\u2800"]),
        ([0.0] * 8 + [8.0] * 8, ["\u2800⡏", "⣀⠇"]),
        ([99.0], ["⠁\u2800", "\u2800\u2800"]),
    ],
)
def test_a_line(values: list[float], drawn: list[str]) -> None:
    assert line(values, cells=2, lines=2, top=8.0) == drawn


def test_bars_show_the_least_share_and_never_more_than_all() -> None:
    assert columns([0.0, 0.001, 0.5, 1.0, 2.0]) == " ▁▄██"
    assert [bar(share, 4) for share in (0.0, 0.001, 0.5, 1.0, 2.0)] == ["", "▏", "██", "████", "████"]
    assert [nice_top(value) for value in (0.3, 1.0, 7.0, 21.0, 400.0)] == [1.0, 1.0, 10.0, 50.0, 500.0]


def stats(passes: int) -> Stats:
    """Passes of three drafted tokens, of which one is kept, 20 ms each."""
    counted = Stats()
    for _ in range(passes):
        counted.count("lookup", 3, 1)
        counted.passes[3, 2] += 1
        counted.emitted += 2
        counted.forward_passes += 1
        counted.decode_s += 0.02
    return counted


def test_the_log_adds_up_answers_and_samples_speed() -> None:
    log = SpeculationLog()
    log.pass_seconds = [0.0, 0.02, 0.025, 0.03, 0.035]
    for done in (4, 8, 12):
        log.add(stats(done))
    log.end()
    log.add(stats(4))
    assert [round(rate) for rate in log.rates] == [100] * 4
    assert (log.plain_tps, log.drafted_now) == (50.0, 3)
    assert (log.total().emitted, log.total().passes) == (32, {(3, 2): 16})
    assert "100 tok/s · ╌ plain 50 · 2.0×" in rates(log, 40, 8).plain
    assert "2  ████" in lengths(log, 40, 8).plain and "100%" in lengths(log, 40, 8).plain
    assert "lookup   █" in positions(log, 40, 8).plain and "33% of 48" in positions(log, 40, 8).plain
    assert "4 tokens a pass ▲" in costs(log, 40, 8).plain


@pytest.mark.parametrize("draw", [rates, lengths, positions, costs])
@pytest.mark.parametrize(("cells", "lines"), [(1, 1), (30, 8), (97, 27)])
@pytest.mark.parametrize("answers", [0, 1])
def test_drawings_fit_their_room(draw: Draw, cells: int, lines: int, answers: int) -> None:
    log = SpeculationLog()
    log.pass_seconds = [0.0, *(0.01 + 0.001 * n for n in range(1, 33))]
    for _ in range(answers):
        log.add(stats(20))
        log.rates.extend([50.0] * 1000)
    drawn = draw(log, cells, lines).plain.split("\n")
    if cells > 1:
        assert len(drawn) <= lines
        assert all(len(each) <= cells for each in drawn)


async def test_each_word_keeps_where_it_came_from(root: Path) -> None:
    generator = small_model("one two three four", piece_chars=4, drafters=("lookup", None))
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "count")
        await until(pilot, lambda: "written" in notices(pilot))
        view = pilot.app.query_one(AssistantMessage).query_one(OriginView)
        await pilot.press("f3")
        assert view.has_class("shown")
        assert view.runs == [
            ("one ", "lookup"),
            ("two ", None),
            ("thre", "lookup"),
            ("e fo", None),
            ("ur", "lookup"),
        ]
        assert "lookup 56%   target 44%" in str(view.render())
        await pilot.press("f3")
        assert not view.has_class("shown")
