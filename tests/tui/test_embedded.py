"""From the keyboard to the file on disk, with the embedded model and speculation."""

import re
from collections.abc import Callable
from pathlib import Path

from assistant.catalog import embedded
from assistant.chat.families import FAMILIES
from assistant.chat.generator import Generator
from assistant.chat.local import LocalGenerator
from assistant.engine.curve import CostCurve
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.turn.approval import Approval
from tests.tui.driving import NEW, OLD, cards, notices, say, shown, until

PASSES_COST_THE_SAME = CostCurve((1, 16), (1.0, 1.0))


def load(report: Callable[[str, float], None], tell: Callable[[str], None]) -> Generator:
    path = embedded.available()
    assert path is not None
    model = Model(path, progress=lambda done: report("loading", done))
    context = Context(model, ContextOptions(n_ctx=512, threads=1))
    return LocalGenerator(model, context, PASSES_COST_THE_SAME, family=FAMILIES["chatml"], name="tiny")


async def test_a_bug_is_repaired_and_the_next_turn_reads_only_what_is_new(tmp_path: Path) -> None:
    (tmp_path / "calc.py").write_text(OLD)

    async with CoderApp(Workspace(tmp_path, is_git=False), load).run_test(size=(100, 30)) as pilot:
        await say(pilot, "add is wrong, fix @calc.py")
        await until(pilot, lambda: isinstance(pilot.app.focused, Approval))
        assert " edit " in shown(pilot, "#speed")
        await pilot.press("y")
        await until(pilot, lambda: "".join(cards(pilot)).startswith("✓ edit calc.py"))
        assert (tmp_path / "calc.py").read_text() == NEW
        await say(pilot, "Thanks.")
        await pilot.press("escape")
        await until(pilot, lambda: len(list(pilot.app.query(".foot.used"))) == 2)
        first, second = (numbers(line) for line in notices(pilot).splitlines() if "tokens read" in line)
        assert second[1] >= first[0] + first[1] - 1, "what was read and written is there already"
        assert second[0] < 30


def numbers(line: str) -> list[int]:
    return [int(word) for word in re.findall(r"\d+", line)]
