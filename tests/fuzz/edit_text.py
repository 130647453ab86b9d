"""Whatever a model writes for an edit is understood or refused, and only files of the root are written."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.edits import EDIT_FORMATS, EditError, apply, parse, plan
from assistant.errors import CoderError
from assistant.repo.workspace import Workspace
from tests.agent.edits.test_edits import PIECES
from tests.fuzz import Property

_PATHS = (
    "a.py",
    "b/c.md",
    "../out",
    "/etc/x",
    ".git/config",
    "link/out",
    "",
    ".",
    "a.py/x",
    "n" * 300,
    "\ud800",
)
_TEXTS = st.text(max_size=12) | st.sampled_from(
    ["x = 1", "x", "\ud83d", "9" * 5000, "\0", "\r", "x\r\n", "..."]
)
_VALUES = st.recursive(
    _TEXTS | st.sampled_from(_PATHS) | st.none() | st.booleans() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["path", "old", "new", "content", "edits", "arguments"]), inner)
    ),
    max_leaves=8,
)
_CALLS = st.fixed_dictionaries(
    {"path": st.sampled_from(_PATHS) | _VALUES},
    optional={"old": _VALUES, "new": _VALUES, "content": _VALUES, "edits": _VALUES, "replace_all": _VALUES},
).map(json.dumps)
_MARKS = st.builds(
    lambda form, path: form.format(path),
    st.sampled_from(
        ["*** Update File: {}", "*** Add File: {}", "--- a/{}", "+++ b/{}", "rename to {}", "`{}`:"]
    ),
    st.sampled_from(_PATHS),
)
_NUMBERS = st.sampled_from(["0", "1", "-1", "9" * 20, "9" * 5000])
_RANGES = st.builds("@@ -{0},{1} +{0},{1} @@".format, _NUMBERS, _NUMBERS)
_NUMBERED = st.builds(lambda digits: f"{digits} | x = 1", st.sampled_from(["1", "9" * 5000, "٣", "²"]))
_LINES = PIECES | _TEXTS | _CALLS | _MARKS | _RANGES | _NUMBERED


def target(folder: Path) -> Property:
    root, outside = folder / "root", folder / "outside"
    for each in (root / ".git", root / "b", outside):
        each.mkdir(parents=True)
    (root / "link").symlink_to(outside)
    workspace = Workspace(root, is_git=True)

    @given(
        text=st.lists(_LINES, max_size=14).map("\n".join),
        written=st.sampled_from([None, *EDIT_FORMATS]),
        known=st.sampled_from([[], ["a.py"], ["a.py", "b/c.md"]]),
    )
    def edit_text(text: str, written: str | None, known: list[str]) -> None:
        (root / "a.py").write_text("x = 1\n")
        (root / "b" / "c.md").write_text("x\n\n1 | x = 1\n")
        try:
            edits = parse(text, known_paths=known, format=written)  # type: ignore[arg-type]
            planned = plan(edits, workspace)
        except EditError as error:
            assert error.explained
            return
        try:
            apply(planned)
        except CoderError as error:
            assert error.message
        assert not list(outside.iterdir()) and not list((root / ".git").iterdir())
        assert {each.name for each in folder.iterdir()} == {"root", "outside"}

    return edit_text
