"""Whatever is decided in whatever order: git sees the same change, and taking all back leaves no trace."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.repo.diff import FileDiff, read_diff
from assistant.repo.staging import Choice, Decision, discard, everything, rewrite, stage, take_back, unstage
from tests.repo.repository import git, new_repository, set_index
from tests.repo.staging.patches import TEXTS

SEQUENCES = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PATHS = ("a", "odd\t\u202e", "folder/c")


@dataclass(frozen=True, slots=True)
class Content:
    text: bytes
    executable: bool = False


CONTENTS = st.none() | st.builds(Content, TEXTS, st.booleans())
# What HEAD, the index and the working tree have at a path.
THREE = st.tuples(CONTENTS, CONTENTS, CONTENTS)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_repository(tmp_path_factory.mktemp("sequences") / "repo")


def put(root: Path, wanted: dict[str, tuple[Content | None, Content | None, Content | None]]) -> None:
    """Let HEAD, index and tree be this."""
    git(root, "read-tree", "--empty")
    for layer in (0, 1):
        for path, contents in wanted.items():
            content = contents[layer]
            if content is None:
                git(root, "update-index", "--force-remove", "--", path)
            else:
                set_index(root, path, content.text, "100755" if content.executable else "100644")
        if layer == 0:
            git(root, "commit", "--quiet", "--allow-empty", "--message", "HEAD")
    for path, contents in wanted.items():
        place, content = root / path, contents[2]
        place.unlink(missing_ok=True)
        if content is not None:
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(content.text)
            place.chmod(0o755 if content.executable else 0o644)


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path: ((root / path).read_bytes(), (root / path).stat().st_mode)
        for path in PATHS
        if (root / path).exists()
    }


def index(root: Path) -> bytes:
    return git(root, "ls-files", "--stage", "-z")


def counts(files: tuple[FileDiff, ...]) -> dict[str, tuple[int, int]]:
    return {file.path: (file.added, file.removed) for file in files if file.status != "untracked"}


def counts_of_git(root: Path, *options: str) -> dict[str, tuple[int, int]]:
    said = git(root, "diff", "--numstat", "-z", "--no-renames", *options).split(b"\0")
    rows = (row.split(b"\t", 2) for row in said if row)
    return {os.fsdecode(path): (int(added), int(removed)) for added, removed, path in rows}


def check_against_git(root: Path) -> None:
    assert counts(read_diff(root).files) == counts_of_git(root)
    staged = read_diff(root, staged=True).files
    if not any(file.former for file in staged):
        assert counts(staged) == counts_of_git(root, "--cached")


def decide(root: Path, data: st.DataObject) -> Iterator[Decision]:
    """Some decision about something that there is."""
    of_index, of_tree = (read_diff(root, staged=staged).files for staged in (True, False))
    ways = [("unstage", file) for file in of_index]
    ways += [(way, file) for file in of_tree for way in ("stage", "discard", "rewrite")]
    ways = [(way, file) for way, file in ways if way != "rewrite" or (file.hunks and file.new)]
    if not ways:
        return
    way, file = data.draw(st.sampled_from(ways))
    choice = some_of(file, data)
    before = tree(root), index(root)
    match way:
        case "stage":
            yield stage(root, file, choice)
        case "unstage":
            yield unstage(root, file, choice)
        case "discard":
            yield discard(root, file, choice)
        case "rewrite":
            yield rewrite(root, file, data.draw(st.integers(0, len(file.hunks) - 1)), data.draw(TEXTS))
    untouched = 0 if "stage" in way else 1
    assert (tree(root), index(root))[untouched] == before[untouched] or file.status == "added"


def some_of(file: FileDiff, data: st.DataObject) -> Choice | None:
    whole = everything(file)
    if not file.by_line or file.status == "renamed" or not (whole.lines or whole.mode):
        return None
    lines = data.draw(st.sets(st.sampled_from(sorted(whole.lines)))) if whole.lines else set()
    mode = whole.mode and data.draw(st.booleans())
    return Choice(frozenset(lines), mode) if lines or mode else None


@SEQUENCES
@given(wanted=st.fixed_dictionaries(dict.fromkeys(PATHS, THREE)), data=st.data())
def test_all_is_as_it_was_when_all_is_taken_back(
    root: Path, wanted: dict[str, tuple[Content | None, Content | None, Content | None]], data: st.DataObject
) -> None:
    put(root, wanted)
    before = tree(root), index(root)
    decisions: list[Decision] = []
    for _ in range(data.draw(st.integers(1, 4))):
        decisions += decide(root, data)
        check_against_git(root)
    for decision in reversed(decisions):
        take_back(root, decision)
    assert (tree(root), index(root)) == before


@SEQUENCES
@given(wanted=st.fixed_dictionaries(dict.fromkeys(PATHS, THREE)), data=st.data())
def test_part_by_part_comes_to_the_same_as_all_at_once(
    root: Path, wanted: dict[str, tuple[Content | None, Content | None, Content | None]], data: st.DataObject
) -> None:
    """Staged so, nothing is left to stage; discarded so, the tree is what the index says."""
    put(root, wanted)
    act = data.draw(st.sampled_from([stage, discard]))
    at_first = tree(root), index(root)
    for _ in range(500):
        files = read_diff(root).files
        if not files:
            break
        act(root, files[0], some_of(files[0], data))
    assert git(root, "status", "--porcelain", "-z", "--untracked-files=all").count(b"?? ") == 0
    assert git(root, "diff", "--binary") == b""
    assert (tree(root), index(root))[act is discard] == at_first[act is discard]
