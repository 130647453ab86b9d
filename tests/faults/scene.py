"""A repository in the middle of somebody's work, with what must survive any fault of coder's."""

import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from assistant.agent.session import Sessions
from assistant.errors import CoderError
from assistant.repo.checkpoints import apply_undo, open_checkpoints, plan_undo
from tests.repo.repository import git, new_repository

Tree: TypeAlias = Mapping[str, tuple[int, bytes]]
"""Mode and content by path."""

BUGGY = b"def add(a, b):\n    return a - b\n"
FIXED = b"def add(a, b):\n    return a + b\n"
TOOL = b"def double(a):\r\n    return a * 3\r\n"
TOOL_FIXED = b"def double(a):\r\n    return a * 2\r\n"


class Scene:
    """The repository `root`, and the home of a coder that works in it. A scene that is asked for again by
    `restore` is at the same place, for coder knows repositories by that."""

    SETTINGS = "settings"

    def __init__(self, folder: Path) -> None:
        self.folder, self._first = folder, folder.with_name(f"{folder.name}-first")
        self.root = folder / "repo"
        self.home = folder / "home"
        self.temporary = folder / "tmp"
        _make_repository(self.root)
        self.home.mkdir()
        self.temporary.mkdir()

    @property
    def settings(self) -> Path:
        return self.home / "config" / "config.toml"

    def keep(self) -> None:
        """What `restore` brings back."""
        shutil.copytree(self.folder, self._first, symlinks=True)

    def restore(self) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self._first, self.folder, symlinks=True)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CODER_HOME": str(self.home),
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "NO_PROXY": "127.0.0.1",
        }

    def files(self) -> dict[str, tuple[int, bytes]]:
        """The person's own: all but what is staged beside a file that is about to be replaced."""
        found = read_tree(self.root, but=".git")
        if self.settings.exists():
            found[self.SETTINGS] = (self.settings.stat().st_mode & 0o777, self.settings.read_bytes())
        return {name: content for name, content in found.items() if not name.endswith(".coder")}

    def git(self) -> dict[str, tuple[int, bytes]]:
        """All that git keeps, but for contents that nothing names."""
        return {
            name: content
            for name, content in read_tree(self.root / ".git").items()
            if not name.startswith("objects/")
        }

    def left_behind(self) -> list[str]:
        """Files that nobody needs once coder has ended."""
        places = (
            *(folder.rglob("*.coder") for folder in (self.home, self.root)),
            *(self.home.rglob(name) for name in ("*.new", "*.part")),
            (self.root / ".git").rglob("*.lock"),
            self.temporary.iterdir(),
        )
        return [str(path.relative_to(self.folder)) for place in places for path in place]

    def sessions(self) -> dict[str, list[dict[str, Any]]]:
        """The events of each session, by its id. Raises where one does not open."""
        sessions = Sessions(self.root)
        found = {record.id: sessions.events(record.id) for record in sessions.all()}
        missing = {path.stem for path in self.home.rglob("*.jsonl")} - found.keys()
        if missing:
            raise CoderError(f"sessions that are not listed: {', '.join(missing)}")
        return found

    def undo_all(self) -> None:
        """Take back turn by turn, as `coder undo` does."""
        checkpoints = open_checkpoints(self.root)
        while any(turn.active and turn.undoes is None for turn in checkpoints.turns()):
            apply_undo(checkpoints, plan_undo(checkpoints))


def read_tree(root: Path, *, but: str = "") -> dict[str, tuple[int, bytes]]:
    """Mode and content of each file below `root`; links are not followed."""
    found = {}
    for folder, folders, names in os.walk(root):
        if but in folders:
            folders.remove(but)
        for name in names:
            path = Path(folder, name)
            with suppress(FileNotFoundError):
                content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
                found[path.relative_to(root).as_posix()] = (stat.S_IMODE(path.lstat().st_mode), content)
    return found


def _make_repository(root: Path) -> None:
    """Something is staged, changed, new and stashed; one file has Windows' line endings and is a program."""
    first = {"calc__py": BUGGY, "tool__py": b"", "notes__txt": b"one\n", "both__txt": b"b\n"}
    new_repository(root, **first)
    shutil.rmtree(root / ".git" / "hooks", ignore_errors=True)
    (root / "notes.txt").write_bytes(b"stashed\n")
    git(root, "stash", "--quiet")
    (root / "both.txt").write_bytes(b"staged\n")
    git(root, "add", "both.txt")
    (root / "tool.py").write_bytes(TOOL)
    (root / "tool.py").chmod(0o755)
    (root / "notes.txt").write_bytes(b"one\ntwo\n")
    (root / "new.txt").write_bytes(b"not known to git\n")
