from pathlib import Path

import pytest

from assistant.agent.mentions import Mentions, resolve_mentions, with_files
from assistant.errors import CoderError, UsageError
from assistant.repo.map.cache import TagCache
from assistant.repo.map.index import index_repository
from assistant.repo.workspace import Workspace


def sent(text: str, root: Path) -> str:
    return with_files(text, resolved(text, root).files)


def test_the_text_of_a_mentioned_file_goes_with_the_message(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    text = "What does @a.py do, and @a.py?"
    assert sent(text, tmp_path) == f"{text}\n\n``` a.py\nx = 1\n```"


def test_a_fence_is_longer_than_any_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "my notes.md").write_text("````\ncode\n````\n")
    content = sent('See @"my notes.md".', tmp_path)
    assert content.endswith("`````")
    assert "````` my notes.md\n" in content


def test_a_decorator_or_an_address_is_no_mention(tmp_path: Path) -> None:
    text = "why @property? ask me@example.org"
    assert sent(text, tmp_path) == text


@pytest.mark.parametrize("name", ["src/gone.py", "gone.py.", '"gone"', "a/" + "x" * 5000])
def test_a_missing_file_is_reported(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        resolved(f"fix @{name}", tmp_path)


@pytest.mark.parametrize("name", ["binary", "folder", "../outside.txt", ".."])
def test_what_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "binary").write_bytes(b"\0\1\2")
    (root / "folder").mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    with pytest.raises(CoderError):
        resolved(f"see @{name}", root)


def resolved(text: str, root: Path) -> Mentions:
    workspace = Workspace(root, is_git=False)
    with TagCache(root.parent / "cache", root) as cache:
        return resolve_mentions(text, workspace, lambda: index_repository(workspace, cache))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    (root / "src" / "deep").mkdir(parents=True)
    (root / "src" / "a.py").write_text(
        "LIMIT = 3\n\n# Adds.\ndef add(a, b):\n    return a + b\n\ndef run(): ...\n"
    )
    (root / "src" / "deep" / "b.py").write_text("class Job:\n    def run(self):\n        pass\n")
    (root / "src" / "logo.png").write_bytes(b"\x89PNG\0")
    (root / "src" / "noise.log").write_text("")
    (root / ".gitignore").write_text("*.log\n")
    return root


def test_a_folder_brings_its_files_and_names_those_that_are_no_text(root: Path) -> None:
    mentions = resolved("see @src/, and @src/a.py", root)
    assert [file.shown for file in mentions.files] == ["src/a.py", "src/deep/b.py"]
    assert [excerpt.text for excerpt in mentions.excerpts] == ["src/logo.png\n"]


def test_a_large_folder_is_listed(root: Path) -> None:
    for number in range(300):
        (root / "src" / f"m{number:03}.py").write_text("")
    (listed,) = resolved("see @src", root).excerpts
    assert listed.text.count("\n") == 201
    assert listed.text.endswith("… and 103 more\n")
    (root / "wide").mkdir()
    (root / "wide" / "a.txt").write_text("x" * 70_000)
    mentions = resolved("see @wide", root)
    assert (mentions.files, mentions.excerpts[0].text) == ((), "wide/a.txt\n")


@pytest.mark.parametrize(
    ("mention", "shown", "text"),
    [
        ("add?", "src/a.py:3-5", "# Adds.\ndef add(a, b):\n    return a + b\n"),
        ("LIMIT", "src/a.py:1-1", "LIMIT = 3\n"),
        ("Job.run.", "src/deep/b.py:2-3", "    def run(self):\n        pass\n"),
        ("src/a.py:run", "src/a.py:7-7", "def run(): ...\n"),
    ],
)
def test_a_name_brings_its_definition(root: Path, mention: str, shown: str, text: str) -> None:
    (excerpt,) = resolved(f"explain @{mention}", root).excerpts
    assert (excerpt.shown, excerpt.text) == (shown, text)


def test_a_name_with_several_definitions_is_not_guessed(root: Path) -> None:
    with pytest.raises(UsageError, match="run has 2 definitions") as caught:
        resolved("explain @run", root)
    assert "@src/a.py:run (line 7" in caught.value.hint
    assert "@src/deep/b.py:run (line 2" in caught.value.hint


def test_what_is_neither_file_nor_name(root: Path) -> None:
    assert resolved("why @property? @", root) == Mentions(())
    with pytest.raises(UsageError, match="There is no file"):
        resolved("explain @src/gone.py", root)
