"""The check that AGENTS.md names: which it is, and that it needs consent."""

from pathlib import Path

import pytest

from assistant.agent import events
from assistant.agent.events import Consent
from assistant.agent.modes import Mode
from assistant.agent.named_check import named_checks
from tests.agent.agent_run import BUGGY, CHECK, DONE, FIX, FIXED, Run, root, script
from tests.scripted import ScriptedGenerator

__all__ = ["root"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Test: `pytest -q`", ["pytest -q"]),
        ("- **Tests**: `go test ./src`\n", ["go test ./src"]),
        ("1. Run the tests with `make check`.\n", ["make check"]),
        ("The test command is `npm test`", ["npm test"]),
        ("## Testing\n\n```bash\n# everything\n$ cargo test\n```\n", ["cargo test"]),
        ("Test: `pytest`\n\n## Tests\n```\npytest\n```\n", ["pytest"]),
        ("Test: `pytest`\nCheck: `ruff check`\n", ["pytest", "ruff check"]),
        # What is no order to run just this:
        ("## Testing\n\n```bash\npip install -e .\npytest\n```\n", []),
        ("## Testing\n\n```python\nassert f()\n```\n", []),
        ("## Building\n\n```bash\nmake\n```\n", []),
        ("Never run `rm -rf build` before the tests.", []),
        ("Tests are in `tests/`, run them with care.", []),
        ("Test: `pytest <file>`", []),
        ("Test: `pytest\x1b[2K`", []),
        ("```\nTest: `pytest`\n```", []),
        ("", []),
    ],
)
def test_which_commands_it_names(tmp_path: Path, text: str, named: list[str]) -> None:
    (tmp_path / "AGENTS.md").write_text(text)
    assert named_checks(tmp_path) == named


def test_a_repository_without_it(tmp_path: Path) -> None:
    assert named_checks(tmp_path) == []


@pytest.mark.parametrize(
    ("mode", "consent", "asked", "checks"),
    [("auto-edit", "once", 1, 2), ("auto-edit", "no", 1, 0), ("full", "no", 0, 2)],
)
def test_it_is_asked_for_once(root: Path, mode: Mode, consent: Consent, asked: int, checks: int) -> None:
    wrong = ("edit", {"path": "calc.py", "old": "a - b", "new": "a * b * 2"})
    right = ("edit", {"path": "calc.py", "old": "a * b * 2", "new": "a + b"})
    run = Run(root, mode=mode, consent=consent, test=CHECK, named_by="AGENTS.md")
    outcome = run(ScriptedGenerator(*script(wrong, right, DONE)))
    assert (outcome.status, len(run.asked)) == ("done", asked)
    assert len([event for event in run.events if isinstance(event, events.Checked)]) == checks
    assert all("AGENTS.md" in request.note and request.tool == "check" for request in run.asked)


@pytest.mark.parametrize(
    ("mode", "consent", "asked", "checks"),
    [("auto-edit", "once", 1, 3), ("auto-edit", "no", 1, 0), ("full", "no", 0, 3)],
)
def test_the_smallest_models_are_held_to_it_too(
    root: Path, mode: Mode, consent: Consent, asked: int, checks: int
) -> None:
    answers = [f"```python\n{BUGGY.replace('a - b', sign)}" for sign in ("a * b * 2", "a + b")]
    run = Run(root, mode=mode, consent=consent, test=CHECK, named_by="AGENTS.md", task="Fix @calc.py")
    outcome = run(ScriptedGenerator(*answers, tool_format=None))
    assert (outcome.status, len(run.asked)) == ("done", asked)
    assert len([event for event in run.events if isinstance(event, events.Checked)]) == checks
    assert ((root / "calc.py").read_text() == FIXED) is (checks > 0), "without it the first answer stays"


def test_consent_for_good_is_remembered(root: Path) -> None:
    edits = script(FIX, DONE)
    first = Run(root, mode="auto-edit", consent="always", test="true", named_by="AGENTS.md")
    first(ScriptedGenerator(*edits))
    (root / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    second = Run(root, mode="auto-edit", consent="no", test="true", named_by="AGENTS.md")
    second(ScriptedGenerator(*edits))
    assert (len(first.asked), len(second.asked)) == (1, 0)
