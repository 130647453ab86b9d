"""AGENTS.md on the way to the files."""

from pathlib import Path

import pytest

from assistant.repo.instructions import repository_instructions


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    for folder, text in {".": "Use tabs.\n", "a": "In a.\n", "a/b": "````\nIn b.\n", "c": "In c.\n"}.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "AGENTS.md").write_text(text)
    return root


def test_outer_before_inner_and_none_from_elsewhere(root: Path) -> None:
    text = repository_instructions(root, ["a/b/x.py", "a/y.py"])
    assert text.startswith("The repository's AGENTS.md")
    assert "``` AGENTS.md\nUse tabs.\n```\n\n``` a/AGENTS.md\nIn a.\n```\n\n````` a/b/AGENTS.md\n" in text
    assert "In c." not in text


def test_none(tmp_path: Path) -> None:
    assert repository_instructions(tmp_path, ["a/b.py", "../x.py", "/etc/passwd"]) == ""


def test_the_inner_ones_are_kept_where_there_is_little_room(root: Path) -> None:
    text = repository_instructions(root, ["a/x.py"], max_characters=9)
    assert "In a." in text
    assert "Use\n```" in text
    assert "(AGENTS.md is cut: 3 of its 10 characters are given.)" in text


def test_what_lies_outside_or_is_no_text_is_said(root: Path) -> None:
    (root.parent / "secret").write_text("secret")
    (root / "a" / "AGENTS.md").unlink()
    (root / "a" / "AGENTS.md").symlink_to(root.parent / "secret")
    (root / "c" / "AGENTS.md").write_bytes(b"\0\1")
    text = repository_instructions(root, ["a/x.py", "c/x.py"])
    assert "secret" not in text.replace(str(root.parent), "")
    assert "(a/AGENTS.md is left out" in text
    assert "(c/AGENTS.md is left out" in text
