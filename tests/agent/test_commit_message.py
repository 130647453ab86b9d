"""A commit's message is the model's where it is one, and else says what was done to which files."""

import pytest

from assistant.agent.commit_message import plain_message, propose_message
from assistant.repo.diff import Diff, Entry, FileDiff, Hunk, Line, Status
from tests.scripted import ScriptedGenerator

ENTRY = Entry("100644", "a" * 40)


def changed(path: str, status: Status = "modified", *, lines: int = 1, former: str = "") -> FileDiff:
    body = tuple(Line("added", f"line {n} of {path}\n".encode()) for n in range(lines))
    return FileDiff(path, status, ENTRY, ENTRY, (Hunk(0, 0, body),), former=former)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([changed("src/a.py")], "Update src/a.py"),
        ([changed("a.py", "added")], "Add a.py"),
        ([changed("b.py", "renamed", former="a.py")], "Rename a.py to b.py"),
        ([changed("src/a.py"), changed("b.py", "deleted")], "Update a.py, b.py"),
        ([changed(f"src/m/{n}.py", "deleted") for n in range(4)], "Delete 4 files in src/m"),
        ([changed("src/a.py"), *(changed(f"{n}") for n in range(3))], "Update 4 files"),
    ],
)
def test_a_plain_message(files: list[FileDiff], message: str) -> None:
    assert plain_message(Diff(True, tuple(files))) == message


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("Add a till\n", "Add a till"),
        ('Commit message: "Add a till."', "Add a till"),
        ("```\nAdd a till\n\nIt pays.\n```", "Add a till\n\nIt pays."),
        ("", "Update a.py"),
        ("word " * 60, "Update a.py"),
    ],
)
def test_the_model_writes(answer: str, message: str) -> None:
    diff = Diff(True, (changed("a.py"),))
    assert propose_message(diff, ScriptedGenerator(answer)) == message


def test_a_large_diff_is_cut_fairly() -> None:
    diff = Diff(True, tuple(changed(f"file{n}.py", lines=10_000) for n in range(5)))
    generator = ScriptedGenerator("Change much")
    propose_message(diff, generator)
    prompt = generator.asked[0][0][0].content
    assert len(prompt) < 7_000
    assert all(f"+line 0 of file{n}.py" in prompt for n in range(5))
