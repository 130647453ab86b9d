"""Which tools a model changes files with: those of the format that its manifest or profile names."""

from pathlib import Path
from typing import Any

import pytest

from assistant.agent.edits import EditFormat
from tests.agent.agent_run import BUGGY, CHECK, DONE, FIX, FIXED, Run, root, script
from tests.agent.edits.answers import answer
from tests.scripted import ScriptedGenerator

__all__ = ["root"]
PATCHES: dict[EditFormat, tuple[str, str]] = {
    "search-replace": ("<<<<<<< SEARCH", answer("calc.py", BUGGY, FIXED, "search-replace").text),
    "udiff": ("--- a/PATH", answer("calc.py", BUGGY, FIXED, "udiff").text),
    "patch": ("*** Begin Patch", answer("calc.py", BUGGY, FIXED, "patch").text),
}


@pytest.mark.parametrize(
    ("written", "offered", "change"),
    [
        (None, "- edit(path, old, new, everywhere? yes/no): replace", FIX),
        ("tool-call", "- edit(path, old, new, everywhere? yes/no): replace", FIX),
        ("whole", "- write(path, text): write a file", ("write", {"path": "calc.py", "text": FIXED})),
        *((name, mark, ("patch", {"text": text})) for name, (mark, text) in PATCHES.items()),
    ],
)
def test_a_model_is_offered_the_edits_that_it_gets_right(
    root: Path, written: EditFormat | None, offered: str, change: tuple[str, dict[str, Any]]
) -> None:
    model = ScriptedGenerator(*script(change, DONE), edit_format=written)
    outcome = Run(root, test=CHECK)(model)
    assert (outcome.status, (root / "calc.py").read_text()) == ("done", FIXED)
    (told, *_), options = model.asked[0]
    assert offered in told.content
    assert options.grammar is not None
    for name, there in (("patch", written in PATCHES), ("edit", written not in PATCHES)):
        assert (f"- {name}(" in told.content, f'["{name}"]' in options.grammar.schema) == (there, there)
