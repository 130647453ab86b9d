"""A commit's message is the model's where it is one, and else says what was done to which files."""

import os

import pytest

from assistant.agent.commit_message import plain_message, propose_message
from assistant.repo.diff import Diff, Entry, FileDiff, Hunk, Line, Status
from tests.scripted import ScriptedGenerator

ENTRY = Entry("100644", "a" * 40)


def changed(path: str, status: Status = "modified", *, lines: int = 1, former: str = "") -> FileDiff:
    body = tuple(Line("added", os.fsencode(f"line {n} of {path}\n")) for n in range(lines))
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
        ([changed(f"{'deep/' * 20}a.py")], "Update a.py"),
        ([changed("x" * 200)], f"Update {'x' * 64}…"),
        ([changed(f"{'a' * 60}/{n}") for n in range(4)], "Update 4 files"),
        ([changed("\x1b[31m\u202e\n\udcff.py")], "Update ␛[31m\ufffd␤\ufffd.py"),
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
        ("word " * 30, f"Update a.py\n\n{'word ' * 14}\n{'word ' * 14}\nword word".replace(" \n", "\n")),
        ("Here is a commit message:\n\nAdd a till", "Add a till"),
        ("Here's what it does, I think", "Update a.py"),
        ("Add a till\n" + "It pays.\n" * 100, "Add a till\n\n" + "It pays.\n" * 11 + "It pays."),
        ("Add \x1b[31ma till\u202e", "Add ␛[31ma till\ufffd"),
    ],
)
def test_the_model_writes(answer: str, message: str) -> None:
    diff = Diff(True, (changed("a.py"),))
    assert propose_message(diff, ScriptedGenerator(answer)) == message


def test_an_answer_that_breaks_off_is_used_as_far_as_it_is_whole() -> None:
    diff = Diff(True, (changed("a.py"),))
    for answer, message in (
        ("Add a till\n\nIt pays.\nAnd then it", "Add a till\n\nIt pays."),
        ("Add a", "Update a.py"),
    ):
        assert propose_message(diff, ScriptedGenerator(answer, finish="length")) == message


def test_no_model_is_shown_secrets() -> None:
    secret, other = changed("deploy/.env", "added"), changed("a.py")
    moved = changed("harmless.txt", "renamed", former="server.pem")
    generator = ScriptedGenerator("Add a till")
    assert propose_message(Diff(True, (secret, other, moved)), generator) == "Add a till"
    prompt = generator.asked[0][0][0].content
    assert "line 0 of a.py" in prompt
    assert ".env" not in prompt and "harmless" not in prompt
    assert propose_message(Diff(True, (secret,)), ScriptedGenerator()) == "Add deploy/.env"


def test_a_large_diff_is_cut_fairly() -> None:
    diff = Diff(True, tuple(changed(f"file{n}.py", lines=10_000) for n in range(5)))
    generator = ScriptedGenerator("Change much")
    propose_message(diff, generator)
    prompt = generator.asked[0][0][0].content
    assert len(prompt) < 7_000
    assert all(f"+line 0 of file{n}.py" in prompt for n in range(5))
