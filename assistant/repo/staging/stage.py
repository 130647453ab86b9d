"""Put changes into the index, or take them out of it, by file, hunk and line."""

from pathlib import Path

from assistant.errors import RefusedError
from assistant.repo.diff import Entry, FileDiff
from assistant.repo.staging.decision import Decision
from assistant.repo.staging.index import INTENT, IndexChange, Slots, change_index, read_slots, slots
from assistant.repo.staging.lines import Choice, everything, with_lines, without_lines
from assistant.repo.staging.objects import read_blob, store_from_tree, write_blob

_MARKERS = (b"<<<<<<< ", b">>>>>>> ")


def stage(root: Path, file: FileDiff, choice: Choice | None = None) -> Decision:
    """Stage the chosen part of a change in the working tree, by default all of it. What was shown is what
    is staged, whatever the file has become. Raises RefusedError and CoderError, and changes nothing."""
    title = f"stage {file.path}"
    if file.status == "conflict":
        return _resolve(root, file, title)
    after = _staged(root, file, choice or everything(file)) if file.by_line else store_from_tree(root, file)
    before = INTENT if file.status == "added" else slots(file.old)
    return _change(root, title, IndexChange(file.path, before, slots(after)))


def unstage(root: Path, file: FileDiff, choice: Choice | None = None) -> Decision:
    """Take the chosen part of a staged change out of the index again, by default all of it. The working
    tree stays as it is. Raises what `stage` does."""
    title = f"unstage {file.path}"
    if file.status == "conflict":
        raise RefusedError(f"{file.path} is in conflict; nothing of it is staged.")
    if file.by_line and choice and choice != everything(file):
        content = without_lines(read_blob(root, file.new), file.hunks, choice)
        entry = file.old if choice.mode else file.new or file.old
        assert entry is not None, "one of the sides is there"
        after = slots(Entry(entry.mode, write_blob(root, content)))
        return _change(root, title, IndexChange(file.path, slots(file.new), after))
    changes = [IndexChange(file.path, slots(file.new), () if file.former else slots(file.old))]
    if file.former:
        changes.append(IndexChange(file.former, (), slots(file.old)))
    return _change(root, title, *changes)


def _staged(root: Path, file: FileDiff, choice: Choice) -> Entry | None:
    whole = choice == everything(file)
    if whole and file.new is None:
        return None
    mode = file.new if choice.mode or file.old is None else file.old
    assert mode is not None, "one of the sides is there"
    if file.old and not choice.lines:
        return Entry(mode.mode, file.old.blob)
    return Entry(mode.mode, write_blob(root, with_lines(read_blob(root, file.old), file.hunks, choice)))


def _resolve(root: Path, file: FileDiff, title: str) -> Decision:
    """Stage a file in conflict as it lies there, which settles the conflict."""
    place = root / file.path
    if place.is_file() and any(line.startswith(_MARKERS) for line in place.read_bytes().splitlines()):
        raise RefusedError(f"{file.path} still has conflict markers.", hint="Edit it first (E).")
    before: Slots = read_slots(root, [file.path])[file.path]
    return _change(root, title, IndexChange(file.path, before, slots(store_from_tree(root, file))))


def _change(root: Path, title: str, *changes: IndexChange) -> Decision:
    change_index(root, changes)
    return Decision(title, changes)
