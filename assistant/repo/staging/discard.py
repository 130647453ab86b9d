"""Take changes out of the working tree. What was there is recorded first, so that it can come back."""

from dataclasses import replace
from pathlib import Path

from assistant.errors import RefusedError
from assistant.repo.checkpoints import ABSENT, FileState, open_checkpoints
from assistant.repo.checkpoints.state import read_state, write_states
from assistant.repo.diff import Entry, FileDiff
from assistant.repo.diff.model import SUBMODULE
from assistant.repo.staging.decision import Decision
from assistant.repo.staging.index import INTENT, IndexChange, change_index
from assistant.repo.staging.lines import Choice, everything, with_lines, without_lines
from assistant.repo.staging.objects import permissions, read_blob, require_unfiltered, state_in_tree


def discard(root: Path, file: FileDiff, choice: Choice | None = None) -> Decision:
    """Take the chosen part of a change out of the working tree, by default all of it: what lies there
    becomes what the index has. Raises RefusedError and changes nothing where the file is not as it was
    shown, or where git would run a program to bring it back."""
    if file.status == "conflict":
        raise RefusedError(
            f"{file.path} is in conflict.", hint="Edit it (E), or: git checkout --ours or --theirs"
        )
    if file.old and file.old.mode == SUBMODULE:
        raise RefusedError(f"{file.path} is a submodule.", hint=f"git submodule update {file.path}")
    before = read_state(root, file.path)
    choice = choice or everything(file)
    whole = choice == everything(file)
    if whole and file.old is None:
        wanted = ABSENT
        if file.by_line:
            _as_shown(root, file, before)
    elif file.by_line and (file.new or before.kind != "absent"):
        crlf = _as_shown(root, file, before)
        content = without_lines(before.content, file.hunks, choice, crlf=crlf)
        wanted = FileState("file", content, _mode(before.mode, file.old if choice.mode else None))
    elif file.by_line and file.old and not whole:  # some lines of a file that is gone
        wanted = FileState("file", without_lines(b"", file.hunks, choice), permissions(file.old))
    else:
        wanted = state_in_tree(root, file)
    # What was only meant to be added is not to be missed then.
    forget = [IndexChange(file.path, INTENT, ())] if whole and file.status == "added" else []
    decision = _write(root, f"discard in {file.path}", file.path, before, wanted)
    change_index(root, forget)
    return replace(decision, index=tuple(forget))


def rewrite(root: Path, file: FileDiff, number: int, new: bytes) -> Decision:
    """Write `new` in place of what hunk `number` shows of the working tree. Raises what `discard` does."""
    before = read_state(root, file.path)
    crlf = _as_shown(root, file, before)
    hunk = file.hunks[number]
    lines = before.content.split(b"\n")
    head, tail = lines[: hunk.new_start], lines[hunk.new_start + hunk.new_count :]
    body = new.replace(b"\n", b"\r\n") if crlf else new
    if tail and tail != [b""] and body and not body.endswith(b"\n"):
        body += b"\r\n" if crlf else b"\n"
    content = b"".join(line + b"\n" for line in head) + body + b"\n".join(tail)
    return _write(root, f"edit {file.path}", file.path, before, FileState("file", content, before.mode))


def _write(root: Path, title: str, path: str, before: FileState, wanted: FileState) -> Decision:
    """Bring a path from one state to another as a turn of its own."""
    with open_checkpoints(root).turn(title) as turn:
        turn.record({path: wanted})
        write_states(root, {path: wanted}, {path: before})
    return Decision(title, turn=turn.id)


def _as_shown(root: Path, file: FileDiff, state: FileState) -> bool:
    """Whether the file's lines end with CRLF where git's end with LF. Raises RefusedError where it is not
    what the diff was made of."""
    require_unfiltered(file)
    shown = with_lines(read_blob(root, file.old), file.hunks, everything(file))
    if state.kind == "absent":
        raise RefusedError(
            f"{file.path} is no longer there; nothing was changed.", hint="Look at the diff as it is now."
        )
    if state.kind == "file" and state.content == shown:
        return False
    if state.kind == "file" and state.content.replace(b"\r\n", b"\n") == shown:
        return True
    raise RefusedError(
        f"{file.path} has changed meanwhile, or git keeps it in another encoding; nothing was changed.",
        hint="Look at the diff as it is now.",
    )


def _mode(bits: int, entry: Entry | None) -> int:
    """`bits`, executable as git says where it says something."""
    if entry is None:
        return bits
    return bits | (bits >> 2 & 0o111) if entry.mode == "100755" else bits & ~0o111
