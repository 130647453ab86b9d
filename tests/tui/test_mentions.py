from pathlib import Path

import pytest

from assistant.errors import CoderError
from assistant.tui.mentions import include_mentions


def test_the_text_of_a_mentioned_file_goes_with_the_message(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    mentioned = include_mentions("What does @a.py do, and @a.py?", tmp_path)
    assert mentioned.content == "What does @a.py do, and @a.py?\n\n``` a.py\nx = 1\n```"
    assert [file.text for file in mentioned.files] == ["x = 1"]
    assert mentioned.missing == ()


def test_a_fence_is_longer_than_any_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "my notes.md").write_text("````\ncode\n````\n")
    mentioned = include_mentions('See @"my notes.md".', tmp_path)
    assert mentioned.content.endswith("`````")
    assert "````` my notes.md\n" in mentioned.content


def test_a_decorator_or_an_address_is_no_mention(tmp_path: Path) -> None:
    text = "why @property? ask me@example.org"
    assert include_mentions(text, tmp_path).content == text
    assert include_mentions(text, tmp_path).missing == ()


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    assert include_mentions("fix @src/gone.py", tmp_path).missing == ("src/gone.py",)


@pytest.mark.parametrize("name", ["binary", "folder", "../outside.txt"])
def test_what_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "binary").write_bytes(b"\0\1\2")
    (root / "folder").mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    with pytest.raises(CoderError):
        include_mentions(f"see @{name}", root)
