"""What is changed through a checkpoint can be taken back, whatever it was and whoever came between."""

import os
import sqlite3
import stat
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.errors import CoderError, RefusedError, UsageError
from assistant.repo.checkpoints import (
    ABSENT,
    Checkpoints,
    FileState,
    apply_undo,
    open_checkpoints,
    plan_redo,
    plan_undo,
    write_recorded,
)
from assistant.repo.checkpoints.state import read_state, write_states
from assistant.repo.files import read_source, write_all


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    return root


@pytest.fixture
def store(root: Path, tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "kept", root)


def text(content: str, mode: int = 0o644) -> FileState:
    return FileState("file", content.encode(), mode)


def change(store: Checkpoints, title: str = "a change", /, **files: FileState) -> int:
    """One turn that brings files (`a__py` is a.py) to these states."""
    states = {name.replace("__", "."): state for name, state in files.items()}
    before = {path: read_state(store.root, path) for path in states}
    with store.turn(title) as turn:
        turn.record(states)
        write_states(store.root, states, before)
    assert turn.id
    return turn.id


def undo(store: Checkpoints, *paths: str, turn: int | None = None, force: bool = False) -> int:
    return apply_undo(store, plan_undo(store, turn=turn, paths=paths), force=force)


def redo(store: Checkpoints) -> int:
    return apply_undo(store, plan_redo(store))


STATES = {
    "absent": ABSENT,
    "text": text("one\n"),
    "windows line ends and no last one": text("one\r\ntwo"),
    "an executable": text("#!/bin/sh\n", 0o755),
    "read-only": text("one\n", 0o444),
    "bytes that are no text": FileState("file", bytes(range(256)), 0o600),
    "an empty file": text(""),
    "a link": FileState("link", b"elsewhere"),
    "a link to nothing outside": FileState("link", b"/nowhere/\xff"),
}


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
def test_every_state_comes_back_from_every_other_and_goes_again(
    store: Checkpoints, before: str, after: str
) -> None:
    if before == after:
        return
    write_states(store.root, {"f": STATES[before]}, {"f": ABSENT})
    change(store, f=STATES[after])
    assert read_state(store.root, "f") == STATES[after]
    undo(store)
    assert read_state(store.root, "f") == STATES[before]
    redo(store)
    assert read_state(store.root, "f") == STATES[after]


@pytest.mark.parametrize("days", [0, -1, 3652])
def test_undo_goes_back_turn_by_turn_and_redo_comes_again(
    days: int, store: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the clock was wrong for one of them."""
    now = time.time()
    for each, wrong_by in (("one\n", 0), ("two\n", days), ("three\n", 0)):
        monkeypatch.setattr("time.time", lambda moment=now + wrong_by * 86_400: moment)
        change(store, a__py=text(each))
    file = store.root / "a.py"
    for expected in ("two\n", "one\n"):
        undo(store)
        assert file.read_text() == expected
    undo(store)
    assert not file.exists()
    with pytest.raises(CoderError, match="nothing to undo"):
        undo(store)
    redo(store)
    assert file.read_text() == "one\n"
    undo(store)
    assert not file.exists()


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        (ABSENT, text("x"), "remove"),
        (text("x"), ABSENT, "create"),
        (text("x"), text("y"), "restore"),
        (text("x"), text("x", 0o755), "mode"),
        (text("x"), FileState("link", b"x"), "restore"),
    ],
)
def test_what_an_undo_would_do_is_told_before(
    store: Checkpoints, before: FileState, after: FileState, action: str
) -> None:
    change(store, a=before, other=text("x"))
    turn = change(store, a=after)
    assert [(file.path, file.action) for file in plan_undo(store).files] == [("a", action)]
    write_states(store.root, {"a": before}, {"a": read_state(store.root, "a")})
    assert [file.action for file in plan_undo(store, turn=turn).files] == ["none"]


def test_one_file_of_a_turn(store: Checkpoints) -> None:
    turn = change(store, a=text("1"), b=text("2"), c=text("3"))
    undo(store, "b")
    assert sorted(path.name for path in store.root.iterdir()) == ["a", "c"]
    with pytest.raises(CoderError, match="nothing to undo in b"):
        undo(store, "b")
    with pytest.raises(UsageError, match="has not changed b, or not any more"):
        undo(store, "a", "b", turn=turn)
    undo(store)
    assert list(store.root.iterdir()) == []


def test_folders_made_for_a_file_go_with_it_and_others_stay(store: Checkpoints) -> None:
    (store.root / "old").mkdir()
    states = {"old/new/deep/a": text("1"), "old/b": text("2")}
    with store.turn("two files") as turn:
        turn.record(states)
        write_states(store.root, states, dict.fromkeys(states, ABSENT))
    undo(store)
    assert list((store.root / "old").iterdir()) == []
    redo(store)
    assert (store.root / "old/new/deep/a").read_text() == "1"


def test_what_somebody_wrote_since_is_not_lost(store: Checkpoints) -> None:
    change(store, a=text("old\n"), b=text("old\n"))
    change(store, a=text("new\n"), b=text("new\n"))
    (store.root / "a").write_text("mine\n")
    with pytest.raises(RefusedError, match="a changed since turn 2"):
        undo(store)
    assert [(store.root / name).read_text() for name in "ab"] == ["mine\n", "new\n"]
    undo(store, "b")
    undo(store, "a", force=True)
    assert [(store.root / name).read_text() for name in "ab"] == ["old\n", "old\n"]
    redo(store)
    assert (store.root / "a").read_text() == "mine\n"


def test_what_somebody_wrote_between_two_changes_of_a_turn_is_not_lost(store: Checkpoints) -> None:
    with store.turn("long") as turn:
        for written, found in (("first", "mine"), ("second", "second")):
            turn.record({"a": text(written)})
            (store.root / "a").write_text(written)
            (store.root / "a").write_text(found)
    with pytest.raises(RefusedError, match="changed since"):
        undo(store)
    assert (store.root / "a").read_text() == "second"


def test_an_earlier_turn_under_a_later_one_is_refused(store: Checkpoints) -> None:
    first = change(store, a=text("1"))
    change(store, a=text("2"))
    with pytest.raises(RefusedError, match="changed since turn 1"):
        undo(store, turn=first)


def test_a_turn_that_ends_where_it_began_leaves_no_trace(store: Checkpoints) -> None:
    (store.root / "a").write_text("one")
    with store.turn("tried and taken back") as turn:
        turn.record({"a": text("two")})
    with store.turn("nothing at all"):
        pass
    assert store.turns() == []


def test_what_was_put_right_by_hand_counts_as_undone(store: Checkpoints) -> None:
    change(store, a=text("1"))
    change(store, b=text("2"))
    (store.root / "b").unlink()
    undo(store)
    assert [turn.active != () for turn in store.turns() if not turn.undoes] == [False, True]
    undo(store)
    assert list(store.root.iterdir()) == []


def replace_folder_by_link(root: Path) -> None:
    outside = root.parent / "outside"
    (root / "src").rename(outside)
    (root / "src").symlink_to(outside)


def replace_file_by_folder(root: Path) -> None:
    (root / "src" / "a").unlink()
    (root / "src" / "a").mkdir()


@pytest.mark.parametrize("meddle", [replace_folder_by_link, replace_file_by_folder])
def test_undo_follows_nobody_out_of_the_repository(
    store: Checkpoints, meddle: Callable[[Path], None]
) -> None:
    (store.root / "src").mkdir()
    state = {"src/a": text("new")}
    with store.turn("x") as turn:
        turn.record(state)
        write_states(store.root, state, {"src/a": ABSENT})
    meddle(store.root)
    with pytest.raises(RefusedError):
        undo(store, force=True)


@pytest.mark.parametrize("path", ["../out", "/etc/x", ".git/config", "sub/.GIT/hooks/x", "pipe", ""])
def test_what_cannot_be_kept_is_not_recorded(store: Checkpoints, path: str) -> None:
    os.mkfifo(store.root / "pipe")
    with pytest.raises(RefusedError), store.turn("x") as turn:
        turn.record({path: text("x")})
    assert store.turns() == []


def test_git_sees_nothing_of_it_and_its_filters_and_hooks_do_not_run(store: Checkpoints) -> None:
    def git(*arguments: str) -> bytes:
        return subprocess.run(["git", *arguments], cwd=store.root, check=True, capture_output=True).stdout

    git("init", "--quiet")
    (store.root / ".gitattributes").write_text("* text eol=crlf filter=evil\n")
    for key in ("filter.evil.clean", "filter.evil.smudge", "core.fsmonitor"):
        git("config", key, "touch ran; cat")
    (store.root / "a").write_bytes(b"one\n")
    git("-c", "filter.evil.clean=", "-c", "core.fsmonitor=", "add", ".gitattributes")
    before = {path: path.read_bytes() for path in (store.root / ".git").rglob("*") if path.is_file()}
    change(store, a=text("two\r\nthree\n"))
    undo(store)
    after = {path: path.read_bytes() for path in (store.root / ".git").rglob("*") if path.is_file()}
    assert (after, (store.root / "a").read_bytes()) == (before, b"one\n")
    assert not (store.root / "ran").exists()


def test_write_all_records_before_it_writes(store: Checkpoints) -> None:
    (store.root / "a").write_bytes(b"one\r\n")
    source = read_source(store.root / "a", store.root)

    def fails(_: object) -> None:
        raise CoderError("no room")

    with pytest.raises(CoderError, match="no room"):
        write_all([(source, "two\n")], fails)
    assert (store.root / "a").read_bytes() == b"one\r\n"
    with store.turn("fix") as turn:
        write_all([(source, "two\n")], turn.keep)
    assert (store.root / "a").read_bytes() == b"two\r\n"
    undo(store)
    assert (store.root / "a").read_bytes() == b"one\r\n"
    assert [path.name for path in store.root.iterdir()] == ["a"]


def test_a_single_write_is_a_turn_in_coders_own_folder(root: Path) -> None:
    (root / "src").mkdir()
    (root / "src" / "a").write_text("one\n")
    write_recorded(read_source(root / "src" / "a", root), "two\n", "apply src/a")
    checkpoints = open_checkpoints(root)
    assert [turn.title for turn in checkpoints.turns()] == ["apply src/a"]
    undo(checkpoints)
    assert (root / "src" / "a").read_text() == "one\n"


def test_the_oldest_go_first_when_the_room_is_used_up(root: Path, tmp_path: Path) -> None:
    store = Checkpoints(tmp_path / "kept", root, max_bytes=150_000)
    for n in range(20):
        change(store, a=text(f"{n:02} " * 10_000))
    turns = store.turns()
    assert [turn.id for turn in turns] == [20, 19, 18, 17][: len(turns)]
    assert len(turns) > 1
    assert (tmp_path / "kept" / "checkpoints.sqlite").stat().st_size <= 150_000
    for _ in turns:
        undo(store)
    assert (root / "a").read_text() == f"{19 - len(turns):02} " * 10_000, "no further back"


def test_roots_do_not_see_each_other_and_contents_are_private(store: Checkpoints, tmp_path: Path) -> None:
    change(store, a=text("secret"))
    (tmp_path / "other").mkdir()
    assert Checkpoints(tmp_path / "kept", tmp_path / "other").turns() == []
    assert stat.S_IMODE((tmp_path / "kept" / "checkpoints.sqlite").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700


def test_many_instances_at_once_keep_every_turn(root: Path, tmp_path: Path) -> None:
    def work(n: int) -> None:
        store = Checkpoints(tmp_path / "kept", root)
        for i in range(3):
            change(store, f"{n}, {i}", **{f"file{n}": text(f"{i}")})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    store = Checkpoints(tmp_path / "kept", root)
    assert len(store.turns()) == 24
    for _ in range(24):
        undo(store)
    assert list(root.iterdir()) == []
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["checkpoints.sqlite"]


def test_a_turn_under_way_elsewhere_is_left_alone(store: Checkpoints, tmp_path: Path) -> None:
    other = Checkpoints(tmp_path / "kept", store.root)
    with other.turn("elsewhere") as turn:
        turn.record({"a": text("1")})
        (store.root / "a").write_text("1")
        with pytest.raises(RefusedError, match="under way"):
            undo(store)
    undo(store)


def test_a_store_that_cannot_be_used_is_said_and_nothing_is_begun(root: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "checkpoints.sqlite").write_bytes(b"no database, but as long as the header of one, or more" * 9)
    with pytest.raises(CoderError, match="are damaged") as raised:
        change(Checkpoints(kept, root), a=text("1"))
    assert "Move that file away" in raised.value.hint
    (tmp_path / "file").write_text("")
    with pytest.raises(CoderError, match="cannot be kept") as raised:
        change(Checkpoints(tmp_path / "file" / "kept", root), a=text("1"))
    assert "CODER_HOME" in raised.value.hint
    assert list(root.iterdir()) == []


def test_a_full_disk_is_said_and_the_next_change_is_kept(
    store: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(store, a=text("1"))
    connect = sqlite3.connect

    def full(*arguments: object, **options: object) -> sqlite3.Connection:
        database = connect(*arguments, **options)  # type: ignore[call-overload]
        database.execute("PRAGMA max_page_count = 1")
        assert isinstance(database, sqlite3.Connection)
        return database

    with monkeypatch.context() as patched, pytest.raises(CoderError, match="full"):
        patched.setattr(sqlite3, "connect", full)
        change(store, a=text("2" * 100_000))
    assert (store.root / "a").read_text() == "1"
    change(store, a=text("3"))
    undo(store)
    assert (store.root / "a").read_text() == "1"
