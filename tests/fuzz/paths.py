"""No name leads out of the root, and ignore rules say what git says of them."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import CoderError
from assistant.repo.creation import new_source
from assistant.repo.files import inside, read_source
from assistant.repo.globs import Glob
from assistant.repo.ignore import IgnoreRules
from assistant.repo.listing import list_files
from assistant.repo.workspace import Workspace
from tests.fuzz import Property
from tests.repo.repository import git

_PARTS = st.sampled_from([
    "a", "b", "a.py", ".", "..", "", "/", "~", "out", "in", "loop", ".git", ".GIT", "\0", "\ud800",
    "n" * 300, "é", "C:",
]) | st.text(max_size=3)  # fmt: skip
_PATHS = st.lists(_PARTS, max_size=6).map("/".join)
# Without what pathspec reads in another way than git: brackets that are negated or hold a slash, and blanks
# other than a space at the end.
_PATTERNS = st.lists(st.sampled_from([*"ab*/!?\\# c-", "**", "[ab]", ".py", "{a,b}"]), max_size=6).map(
    "".join
)
_IGNORES = st.lists(_PATTERNS, max_size=4).map("\n".join)
_FILES = ("a", "b", "a.py", "c/a", "c/b", "c/a.py", "c/d/a", "c/d/b.py", "ab", "#a")


def target(folder: Path) -> Property:
    root, outside, ignoring = folder / "root", folder / "outside", folder / "ignoring"
    for each in (root / "a", root / ".git", outside, ignoring / "c" / "d"):
        each.mkdir(parents=True)
    (outside / "secret").write_text("secret")
    (root / "out").symlink_to(outside)
    (root / "in").symlink_to("a")
    (root / "loop").symlink_to("loop")
    (root / "a" / "a.py").write_text("x\n")
    git(ignoring, "init", "--quiet")
    for name in _FILES:
        (ignoring / name).write_text("x\n")

    @given(path=_PATHS, pattern=_PATTERNS, ignores=st.tuples(_IGNORES, _IGNORES))
    def paths(path: str, pattern: str, ignores: tuple[str, str]) -> None:
        _check_inside(root, path)
        Glob(pattern).matches(path)
        for where, text in zip((ignoring, ignoring / "c"), ignores, strict=True):
            (where / ".gitignore").write_bytes(text.encode())
        _check_ignored(ignoring)

    return paths


def _check_inside(root: Path, path: str) -> None:
    ways: tuple[Callable[[], Path], ...] = (
        lambda: inside(root / path, root)[0],
        lambda: read_source(root / path, root).path,
        lambda: new_source(root / path, root, "x\n").path,
    )
    for read in ways:
        try:
            found = read()
        except CoderError as error:
            assert error.message
        else:
            assert found.is_relative_to(root) and ".git" not in found.relative_to(root).parts


def _check_ignored(root: Path) -> None:
    """Git is the oracle of the rules where it is not asked, and a listing never fails on them."""
    listed = git(root, "ls-files", "-z", "--others", "--exclude-standard").decode().split("\0")[:-1]
    walked = list_files(Workspace(root, is_git=False)).files
    assert set(walked) == set(listed)
    rules = IgnoreRules(root, [".gitignore"])
    assert not any(rules.ignores(path) for path in listed)
