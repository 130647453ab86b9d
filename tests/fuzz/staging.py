"""Chosen lines of several files are staged as `git apply --cached` does it: every diff agrees to the byte."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assistant.repo.diff import FileDiff, read_diff
from assistant.repo.staging import Choice, everything, stage, take_back, unstage
from tests.fuzz import Property
from tests.repo.repository import git, new_repository
from tests.repo.staging.patches import TEXTS, apply_chosen

_NAMES = ("a", "b c", "é", "d/e")
_LONG = st.lists(st.sampled_from([b"%d\n" % i for i in range(9)] + [b"x\r\n"]), min_size=8, max_size=40).map(
    b"".join
)
_CONTENTS = st.just(b"") | TEXTS | _LONG
# Before and now; None where there is no file.
_FILES = st.dictionaries(
    st.sampled_from(_NAMES),
    st.tuples(_CONTENTS, st.none() | _CONTENTS) | st.tuples(st.none(), _CONTENTS),
    min_size=1,
)


def target(folder: Path) -> Property:
    ours = new_repository(folder / "ours")
    git(ours, "config", "core.autocrlf", "false")
    theirs = folder / "theirs"

    @given(files=_FILES, data=st.data())
    def staging(files: Mapping[str, tuple[bytes | None, bytes | None]], data: st.DataObject) -> None:
        _commit(ours, {name: old for name, (old, _) in files.items()})
        for name, (_, new) in files.items():
            _put(ours, name, new)
        shutil.rmtree(theirs, ignore_errors=True)
        shutil.copytree(ours, theirs, symlinks=True)
        decisions = []
        for file in read_diff(ours).files:
            choice = _some(file, data)
            if not choice.lines:
                continue
            decisions.append(stage(ours, file, choice))
            if file.status == "untracked":
                git(theirs, "add", "--intent-to-add", "--", file.path)
            apply_chosen(theirs, file.path, file, choice, "--cached")
            _forget_emptied(theirs, file, choice)
        assert _diffs(ours) == _diffs(theirs)
        for file in read_diff(ours, staged=True).files:
            choice = _some(file, data)
            if choice.lines and choice != everything(file):
                decisions.append(unstage(ours, file, choice))
                apply_chosen(theirs, file.path, file, choice, "--cached", "--reverse")
        assert _diffs(ours) == _diffs(theirs)
        for decision in reversed(decisions):
            take_back(ours, decision)
        assert git(ours, "diff", "--cached") == b""
        for name, (_, new) in files.items():
            assert (ours / name).read_bytes() == new if new is not None else not (ours / name).exists()

    return staging


def _some(file: FileDiff, data: st.DataObject) -> Choice:
    """Some of the lines, or some whole hunks."""
    if not file.by_line or not everything(file).lines:
        return Choice()
    lines = sorted(everything(file).lines)
    if data.draw(st.booleans()):
        hunks = data.draw(st.sets(st.integers(0, len(file.hunks) - 1)))
        return Choice(frozenset(line for line in lines if line[0] in hunks))
    return Choice(frozenset(data.draw(st.sets(st.sampled_from(lines)))))


def _forget_emptied(root: Path, file: FileDiff, choice: Choice) -> None:
    """A deleted file leaves the index with its last line; `git apply` of lines cannot tell."""
    if file.new is None and choice == everything(file):
        git(root, "rm", "--quiet", "--cached", "--", file.path)


def _diffs(root: Path) -> tuple[bytes, bytes]:
    return git(root, "diff", "--cached"), git(root, "diff")


def _put(root: Path, name: str, content: bytes | None) -> None:
    if content is None:
        (root / name).unlink(missing_ok=True)
        return
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_bytes(content)


def _commit(root: Path, files: Mapping[str, bytes | None]) -> None:
    for name in _NAMES:
        _put(root, name, files.get(name))
    git(root, "add", "--all", ".")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "old")
