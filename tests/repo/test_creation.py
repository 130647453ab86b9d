"""New files are made whole or not at all, never over another's, and leave no folders behind."""

from pathlib import Path

import pytest

from assistant.errors import CoderError, RefusedError, UsageError
from assistant.repo.creation import create_source, delete_source, new_source


def names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_folders_are_made_for_a_file_and_go_with_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    new = new_source(tmp_path / "a" / "b" / "c" / "n.txt", tmp_path, "é\n")
    folders = create_source(new)
    assert names(tmp_path) == ["a", "a/b", "a/b/c", "a/b/c/n.txt"]
    assert new.path.read_bytes() == "é\n".encode()
    assert folders == [tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"]
    (tmp_path / "a" / "b" / "other").touch()
    delete_source(new, folders)
    assert names(tmp_path) == ["a", "a/b", "a/b/other"]


def test_a_name_that_somebody_took_meanwhile_stays_theirs(tmp_path: Path) -> None:
    new = new_source(tmp_path / "n.txt", tmp_path, "mine\n")
    new.path.write_text("theirs\n")
    with pytest.raises(RefusedError, match="exists already; it was left alone"):
        create_source(new)
    assert (names(tmp_path), new.path.read_text()) == (["n.txt"], "theirs\n")


def test_where_nothing_can_be_written_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = new_source(tmp_path / "file" / "n.txt", tmp_path, "x\n")
    (tmp_path / "file").touch()
    with pytest.raises(CoderError, match="nothing was done there"):
        create_source(below)
    new = new_source(tmp_path / "a" / "b" / "n.txt", tmp_path, "x\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CoderError, match="cannot be written: No space left"):
        create_source(new)
    assert not new.path.exists()


def test_where_there_are_no_hard_links_a_taken_name_is_still_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    new = new_source(tmp_path / "n.txt", tmp_path, "mine\n")
    create_source(new)
    assert (names(tmp_path), new.path.read_text()) == (["n.txt"], "mine\n")
    with pytest.raises(RefusedError, match="left alone"):
        create_source(new)
    assert names(tmp_path) == ["n.txt"]


def test_a_file_that_changed_or_cannot_go_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_source(tmp_path / "n.txt", tmp_path, "mine\n")
    create_source(new)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with (
        monkeypatch.context() as patched,
        pytest.raises(CoderError, match="cannot be removed: Permission denied"),
    ):
        patched.setattr(Path, "unlink", denied)
        delete_source(new)
    new.path.write_text("theirs\n")
    with pytest.raises(RefusedError):
        delete_source(new)
    assert new.path.read_text() == "theirs\n"


def test_a_path_that_no_file_can_have_is_a_wrong_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be followed: .*too long"):
        new_source(tmp_path / ("n" * 300), tmp_path, "x\n")
