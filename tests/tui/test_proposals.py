"""A proposed change is applied, refused, or cannot be decided by accident."""

from pathlib import Path

import pytest
from textual.widgets import Static

from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from assistant.tui import proposal as proposal_module
from assistant.tui.prompt import Prompt
from assistant.tui.proposal import Proposal
from tests.scripted import ScriptedGenerator
from tests.tui.driving import FIX, NEW, OLD, REWRITE, SIZE, answers, app_with, notices, say, shown, until


async def test_a_change_is_applied_and_can_be_taken_back(root: Path, coder_home: Path) -> None:
    generator = ScriptedGenerator(REWRITE, "yes")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "add is wrong, fix @calc.py")
        await until(pilot, lambda: isinstance(pilot.app.focused, Proposal))
        assert (root / "calc.py").read_text() == OLD
        diff = "\n".join(str(line.render()) for line in pilot.app.query("DiffView Static").results(Static))
        assert diff == "1   def add(a, b):\n2 −     return a - b\n2 +     return a + b"
        await pilot.press("a")
        await until(pilot, lambda: shown(pilot, "#choice") == "✓ applied")
        assert (root / "calc.py").read_text() == NEW
        assert isinstance(pilot.app.focused, Prompt)
        await say(pilot, "sure?")
        await until(pilot, lambda: answers(pilot)[-1] == "yes")
    first, second = generator.asked
    assert first[1].sources == (OLD,) and second[1].sources == (NEW,)
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints))
    assert (root / "calc.py").read_text() == OLD
    assert second[0][: len(first[0])] == first[0], "what was read must not be read again"


async def test_a_change_is_refused(root: Path) -> None:
    async with app_with(ScriptedGenerator(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: isinstance(pilot.app.focused, Proposal))
        await pilot.press("r", "a")
        await until(pilot, lambda: "refused" in shown(pilot, "#choice"))
        assert (root / "calc.py").read_text() == OLD


async def test_a_file_that_changed_meanwhile_is_left_alone(root: Path) -> None:
    async with app_with(ScriptedGenerator(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: isinstance(pilot.app.focused, Proposal))
        (root / "calc.py").write_text("mine\n")
        await pilot.press("a")
        await until(pilot, lambda: "not applied" in shown(pilot, "#choice"))
        assert (root / "calc.py").read_text() == "mine\n"


async def test_the_keyboard_is_not_taken_from_someone_who_writes(root: Path) -> None:
    async with app_with(ScriptedGenerator(FIX), root).run_test(size=SIZE) as pilot:
        prompt = pilot.app.query_one(Prompt)
        prompt.insert("fix it")
        prompt.action_send()
        prompt.insert("x")
        await until(pilot, lambda: pilot.app.query(Proposal))
        await pilot.press("a")
        assert pilot.app.query_one(Prompt).text == "xa"
        assert (root / "calc.py").read_text() == OLD


async def test_keys_meant_for_the_prompt_do_not_apply(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposal_module, "GRACE_S", 60.0)
    async with app_with(ScriptedGenerator(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: isinstance(pilot.app.focused, Proposal))
        await pilot.press("a")
        await pilot.pause()
        assert pilot.app.query_one(Proposal).pending
        assert (root / "calc.py").read_text() == OLD


async def test_an_unchanged_file_is_no_proposal(root: Path) -> None:
    async with app_with(ScriptedGenerator(f"```python calc.py\n{OLD}```"), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: "calc.py would stay as it is." in notices(pilot))
        assert not pilot.app.query(Proposal)
