"""kill -9 at any moment of a change of the index: it is old or new, and the next change ends well."""

import os
from pathlib import Path

import pytest

from assistant.repo.staging.index import IndexChange, change_index, read_slots
from tests.repo.repository import git, new_repository
from tests.repo.test_checkpoints_killed import at_event, end_of

EVERY = 5

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def test_killed_at_every_few_steps(tmp_path: Path) -> None:
    root = new_repository(tmp_path / "repo", a__py=b"old\n")
    blob = git(root, "hash-object", "-w", "--stdin", stdin=b"new\n").decode().strip()
    old, new = read_slots(root, ["a.py"])["a.py"], (f"100644 {blob} 0",)
    for number in range(1, 1000, EVERY):
        done = end_of(lambda: change_index(root, [IndexChange("a.py", old, new)]), at_event(number))
        found = read_slots(root, ["a.py"])["a.py"]
        assert found in (old, new)
        change_index(root, [IndexChange("a.py", found, old)])
        assert read_slots(root, ["a.py"])["a.py"] == old
        assert not [path for path in (root / ".git").iterdir() if path.suffix in (".lock", ".coder")]
        if done:
            break
    assert done, "it came to its end at last"
    assert number > 4 * EVERY, "it was killed on the way"
