"""`coder undo` as a user runs it."""

import json
from pathlib import Path

import pytest

from assistant.errors import ExitCode
from assistant.repo.checkpoints import open_checkpoints
from assistant.repo.files import read_source, write_all
from tests.cli.coder import Ran, coder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which coder changed two files in one turn, and then one of them again."""
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "a.py").write_text("a = 1\n")
    (root / "src" / "b.py").write_text("b = 1\n")
    monkeypatch.chdir(root)
    for title, changed in (
        ("both", {"a.py": "a = 2\n", "src/b.py": "b = 2\n"}),
        ("one", {"a.py": "a = 3\n"}),
    ):
        with open_checkpoints(root).turn(title) as turn:
            write_all([(read_source(root / name, root), text) for name, text in changed.items()], turn.keep)
    return root


def texts(root: Path) -> tuple[str, str]:
    return (root / "a.py").read_text().strip(), (root / "src" / "b.py").read_text().strip()


def test_the_last_turn_is_taken_back_and_comes_again(root: Path) -> None:
    ran = coder("undo", "--yes")
    assert (ran.code, texts(root)) == (ExitCode.DONE, ("a = 2", "b = 2"))
    assert "-a = 3\n+a = 2\n" in ran.out
    assert "coder undo --redo" in ran.err
    assert coder("undo", "--yes").code == ExitCode.DONE
    assert texts(root) == ("a = 1", "b = 1")
    assert "nothing to undo" in coder("undo", "--yes").err
    assert coder("undo", "--redo", "--yes").code == ExitCode.DONE
    assert texts(root) == ("a = 2", "b = 2")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["src/b.py"], ("a = 3", "b = 1")),
        (["src"], ("a = 3", "b = 1")),
        (["src/b.py", "--turn", "1"], ("a = 3", "b = 1")),
        (["a.py"], ("a = 2", "b = 2")),
        (["."], ("a = 2", "b = 2")),
        (["--turn", "2"], ("a = 2", "b = 2")),
        (["--turn", "1", "--force"], ("a = 1", "b = 1")),
        (["--dry-run"], ("a = 3", "b = 2")),
    ],
)
def test_what_is_asked_for_is_taken_back(root: Path, arguments: list[str], expected: tuple[str, str]) -> None:
    ran = coder("undo", *arguments, "--yes")
    assert (ran.code, texts(root)) == (ExitCode.DONE, expected), ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], ExitCode.REFUSED, "Nobody can be asked"),
        (["--json"], ExitCode.REFUSED, "Nobody can be asked"),
        (["--turn", "1", "--yes"], ExitCode.REFUSED, "a.py changed since turn 1"),
        (["--turn", "9", "--yes"], ExitCode.USAGE, "There is no turn 9"),
        (["--turn", "2", "--redo", "--yes"], ExitCode.USAGE, "Use one of them"),
        (["--redo", "--yes"], ExitCode.NOT_ACHIEVED, "nothing to redo"),
        (["a.py", "src/b.py", "--yes"], ExitCode.USAGE, "It was last changed in turn 1"),
        (["other.py", "--yes"], ExitCode.NOT_ACHIEVED, "nothing to undo in other.py"),
        (["a.py", "../out.py", "--yes"], ExitCode.REFUSED, "lies outside"),
    ],
)
def test_what_cannot_be_taken_back_is_said(
    root: Path, arguments: list[str], code: ExitCode, told: str
) -> None:
    ran = coder("undo", *arguments)
    assert (ran.code, texts(root)) == (code, ("a = 3", "b = 2"))
    assert told in ran.err


def test_what_would_be_lost_is_shown(root: Path) -> None:
    (root / "a.py").write_text("mine\n")
    ran = coder("undo", "--yes")
    assert (ran.code, texts(root)[0]) == (ExitCode.REFUSED, "mine")
    assert "-mine\n+a = 2\n" in ran.out
    assert "--force: what is overwritten is kept" in ran.err
    coder("undo", "--yes", "--force")
    assert texts(root)[0] == "a = 2"
    coder("undo", "--redo", "--yes")
    assert texts(root)[0] == "mine"


def documents(*runs: Ran) -> list[dict[str, object]]:
    return [json.loads(ran.out) for ran in runs]


def test_json_is_one_document_whatever_comes_of_it(root: Path) -> None:
    dry, done = documents(coder("undo", "--json", "--dry-run"), coder("undo", "--json", "--yes"))
    assert done == {
        "turn": 2,
        "title": "one",
        "undo_turn": 3,
        "files": [{"path": "a.py", "action": "restore", "changed_since": False}],
        "diff": "--- a/a.py\n+++ b/a.py\n@@ -1,1 +1,1 @@\n-a = 3\n+a = 2\n",
    }
    assert dry == {**done, "undo_turn": None}
    (root / "a.py").unlink()
    refused = coder("undo", "--json", "--yes")
    assert refused.code == ExitCode.REFUSED
    assert documents(refused)[0]["files"] == [
        {"path": "a.py", "action": "create", "changed_since": True},
        {"path": "src/b.py", "action": "restore", "changed_since": False},
    ]


def test_the_list_shows_what_there_is(root: Path) -> None:
    coder("undo", "src", "--yes")
    coder("undo", "--yes")
    lines = coder("undo", "--list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["4", "3", "2", "1"]
    assert lines[2].endswith("one  (a.py)  [undone]")
    assert lines[3].endswith("both  (a.py, src/b.py)  [partly undone]")
    (listed,) = [row for row in json.loads(coder("undo", "--list", "--json").out) if row["turn"] == 1]
    assert listed["files"] == [{"path": "a.py", "undone": False}, {"path": "src/b.py", "undone": True}]


def test_where_nothing_was_changed_the_list_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert coder("undo", "--list", "--json").out == "[]\n"
    assert "has changed nothing here" in coder("undo", "--list").err


def test_odd_names_and_titles_do_not_reach_the_terminal(root: Path) -> None:
    name = "\x1b]0;evil\x07\udcff.py"
    (root / name).write_text("x = 1\n")
    with open_checkpoints(root).turn("\x1b[2J title") as turn:
        write_all([(read_source(root / name, root), "x = 2\n")], turn.keep)
    (root / name).write_text("mine\n")
    for ran in (coder("undo", "--list"), coder("undo", "--yes"), coder("undo", "--yes", "--json")):
        assert "\x1b" not in ran.out + ran.err
        assert "evil" in ran.out
    assert coder("undo", "--yes", "--force").code == ExitCode.DONE
    assert (root / name).read_text() == "x = 1\n"
