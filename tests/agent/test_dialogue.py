"""What is asked of the model in a conversation, and what its answers propose."""

from pathlib import Path

import pytest

from assistant.agent.dialogue import Dialogue, FileChange
from assistant.agent.orders import asks_for_change, problem_in_words
from assistant.chat.generator import Reply
from assistant.engine.stats import Stats
from assistant.errors import CoderError
from assistant.repo.workspace import Workspace
from tests.scripted import ScriptedGenerator

CODE = "def add(a, b):\n    return a - b\n"
FIXED = "def add(a, b):\n    return a + b\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "calc.py").write_text(CODE)
    (tmp_path / "other.py").write_text("x = 1\n")
    return tmp_path


def reply(text: str) -> Reply:
    return Reply(text, "", "stop", Stats())


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("Fix the bug in @calc.py", True),
        ("Can you rename add to plus in @calc.py?", True),
        ("add in @calc.py is wrong", True),
        ("What does @calc.py do?", False),
        ("How would you fix @calc.py?", False),
        ("Explain the bug in @calc.py", False),
        ("@calc.py", False),
    ],
)
def test_an_order_to_change_is_told_from_a_question(text: str, change: bool) -> None:
    assert asks_for_change(text) is change


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Fix the bug in @calc.py", ""),
        ("please fix @calc.py.", ""),
        ("add is wrong, fix @calc.py", "add is wrong"),
        ("The average is wrong. Fix the bug in @calc.py!", "The average is wrong"),
        ("Rename add to plus in @calc.py", "Rename add to plus in calc.py"),
    ],
)
def test_the_problem_is_what_is_left_of_the_order(text: str, problem: str) -> None:
    assert problem_in_words(text) == problem


def test_a_small_file_is_rewritten_as_a_whole_in_the_form_that_small_models_follow(root: Path) -> None:
    question = Dialogue(Workspace(root, is_git=False)).ask("add is wrong, fix @calc.py", ScriptedGenerator())
    asked = question.messages[-1].content
    assert asked == f"Fix the bug in this Python code. add is wrong.\n\n{CODE}".rstrip("\n")
    assert question.options.prefix == "```python\n"
    assert question.options.sources == (CODE,)
    assert question.options.sampling.temperature == 0


def test_the_rewrite_becomes_a_change_and_a_closed_block_in_the_history(root: Path) -> None:
    dialogue = Dialogue(Workspace(root, is_git=False))
    question = dialogue.ask("fix @calc.py", ScriptedGenerator())
    answer = reply(f"```python\n{FIXED}".rstrip("\n"))
    dialogue.keep(question, answer)
    (change,) = dialogue.changes(question, answer)
    assert isinstance(change, FileChange)
    assert (change.source.shown, change.text) == ("calc.py", FIXED)
    following = dialogue.ask("thanks", ScriptedGenerator())
    assert following.messages[: len(question.messages)] == question.messages
    assert following.messages[-2].content == f"```python\n{FIXED}```"


@pytest.mark.parametrize("code", [CODE, "", "def add(a, b:\n"])
def test_a_rewrite_that_cannot_be_used_says_why(root: Path, code: str) -> None:
    dialogue = Dialogue(Workspace(root, is_git=False))
    question = dialogue.ask("fix @calc.py", ScriptedGenerator())
    (why,) = dialogue.changes(question, reply(f"```python\n{code}"))
    assert isinstance(why, CoderError)
    assert "nothing to apply" in why.message


def test_several_files_and_pasted_text_are_talked_about(root: Path) -> None:
    dialogue = Dialogue(Workspace(root, is_git=False))
    both = dialogue.ask("fix @calc.py and @other.py", ScriptedGenerator())
    assert both.rewrite is None and CODE in both.messages[-1].content
    pasted = dialogue.ask("fix @calc.py", ScriptedGenerator(), pasted="see @gone.py")
    assert pasted.rewrite is None and "see @gone.py" in pasted.messages[-1].content


def test_a_change_is_made_of_the_file_that_the_model_knows(root: Path) -> None:
    dialogue = Dialogue(Workspace(root, is_git=False))
    answer = reply(f"```python calc.py\n{FIXED}```")
    question = dialogue.ask("what is wrong in @calc.py?", ScriptedGenerator())
    (root / "calc.py").write_text("mine\n")
    (change,) = dialogue.changes(question, answer)
    assert isinstance(change, FileChange)
    assert change.source.text == CODE


def test_folders_and_names_are_talked_about(root: Path) -> None:
    dialogue = Dialogue(Workspace(root, is_git=False))
    named = dialogue.ask("fix @add", ScriptedGenerator())
    assert (named.rewrite, named.messages[-1].content) == (None, f"fix @add\n\n``` calc.py:1-2\n{CODE}```")
    folder = dialogue.ask("what is in @. now?", ScriptedGenerator())
    assert [file.shown for file in folder.files] == ["calc.py", "other.py"]
