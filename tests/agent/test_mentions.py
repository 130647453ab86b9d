from pathlib import Path

import pytest

from assistant.agent.mentions import mentioned_files, with_files
from assistant.errors import CoderError, UsageError


def sent(text: str, root: Path) -> str:
    return with_files(text, mentioned_files(text, root))


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
        mentioned_files(f"fix @{name}", tmp_path)


@pytest.mark.parametrize("name", ["binary", "folder", "../outside.txt"])
def test_what_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "binary").write_bytes(b"\0\1\2")
    (root / "folder").mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    with pytest.raises(CoderError):
        mentioned_files(f"see @{name}", root)
