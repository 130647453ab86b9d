"""A change is made once it is allowed, refused with or without a reason, and never by accident."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from assistant.tui.prompt import Prompt
from assistant.tui.turn import decision
from assistant.tui.turn.approval import Approval
from tests.tui.driving import (
    FIX,
    NEW,
    OLD,
    REWRITE,
    SIZE,
    answers,
    app_with,
    cards,
    notices,
    say,
    small_model,
    until,
)


async def wait_for_approval(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.focused, Approval))


async def test_a_change_is_made_and_can_be_taken_back(root: Path, coder_home: Path) -> None:
    generator = small_model(REWRITE, "yes")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "add is wrong, fix @calc.py")
        await wait_for_approval(pilot)
        assert (root / "calc.py").read_text() == OLD
        diff = "\n".join(str(line.render()) for line in pilot.app.query("DiffView Static").results(Static))
        assert diff == "1   def add(a, b):\n2 −     return a - b\n2 +     return a + b"
        await pilot.press("y")
        await until(pilot, lambda: cards(pilot) == ["✓ edit calc.py  +1 −1 ▸"])
        assert (root / "calc.py").read_text() == NEW
        await until(pilot, lambda: isinstance(pilot.app.focused, Prompt))
        await say(pilot, "sure?")
        await until(pilot, lambda: answers(pilot)[-1] == "yes")
    first, second = generator.asked
    assert first[1].sources == (OLD,) and second[1].sources == (NEW,)
    checkpoints = open_checkpoints(root)
    apply_undo(checkpoints, plan_undo(checkpoints))
    assert (root / "calc.py").read_text() == OLD
    assert second[0][: len(first[0])] == first[0], "what was read must not be read again"


async def test_the_mouse_answers_too(root: Path) -> None:
    async with app_with(small_model(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await wait_for_approval(pilot)
        await pilot.click("Approval Choice", offset=(1, 0))
        await until(pilot, lambda: (root / "calc.py").read_text() == NEW)


async def test_what_is_refused_is_not_made(root: Path) -> None:
    async with app_with(small_model(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await wait_for_approval(pilot)
        await pilot.press("n", "escape", "n", "enter")
        await until(pilot, lambda: cards(pilot) == ["– edit calc.py  refused ▸"])
        assert (root / "calc.py").read_text() == OLD


async def test_what_is_refused_with_a_reason_is_asked_for_again(root: Path) -> None:
    generator = small_model(REWRITE.replace("+", "*"), REWRITE)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "add is wrong, fix @calc.py")
        await wait_for_approval(pilot)
        await pilot.press("n", *"use a plus", "enter")
        await until(pilot, lambda: len(generator.asked) == 2)
        await wait_for_approval(pilot)
        await pilot.press("y")
        await until(pilot, lambda: len(cards(pilot)) == 2 and cards(pilot)[1].startswith("✓"))
    assert (root / "calc.py").read_text() == NEW
    assert "use a plus" in generator.asked[1][0][-1].content


async def test_a_file_that_changed_meanwhile_is_left_alone(root: Path) -> None:
    async with app_with(small_model(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await wait_for_approval(pilot)
        (root / "calc.py").write_text("mine\n")
        await pilot.press("y")
        await until(pilot, lambda: "".join(cards(pilot)).startswith("✗ edit calc.py"))
        assert (root / "calc.py").read_text() == "mine\n"


async def test_the_keyboard_is_not_taken_from_someone_who_writes(root: Path) -> None:
    async with app_with(small_model(FIX), root).run_test(size=SIZE) as pilot:
        prompt = pilot.app.query_one(Prompt)
        prompt.insert("fix it")
        prompt.action_send()
        prompt.insert("x")
        await until(pilot, lambda: pilot.app.query(Approval))
        await pilot.press("y")
        assert pilot.app.query_one(Prompt).text == "xy"
        assert (root / "calc.py").read_text() == OLD
        await pilot.press("tab", "y")
        await until(pilot, lambda: (root / "calc.py").read_text() == NEW)


@pytest.mark.parametrize("key", ["y", "a", "n"])
async def test_keys_meant_for_the_prompt_decide_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(decision, "GRACE_S", 60.0)
    async with app_with(small_model(FIX), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await wait_for_approval(pilot)
        await pilot.press(key)
        await pilot.pause()
        asked = pilot.app.query_one(Approval)
        assert asked.pending and not asked.query_one(Input).display
        assert (root / "calc.py").read_text() == OLD


async def test_an_unchanged_file_is_no_change(root: Path) -> None:
    async with app_with(small_model(f"```python calc.py\n{OLD}```"), root).run_test(size=SIZE) as pilot:
        await say(pilot, "fix it")
        await until(pilot, lambda: "calc.py would stay as it is." in notices(pilot))
        assert not pilot.app.query(Approval)
