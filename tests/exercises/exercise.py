"""Exercises: a small repository with one bug, what to do about it, and the file as it should be.

Each is a folder in `tasks`: `repo` is the repository, `exercise.toml` names its task, the file with the bug,
the command that checks it and what repairs it."""

import shlex
import shutil
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.planted import repaired

_TASKS = Path(__file__).parent / "tasks"
LANGUAGES = ("python", "javascript", "go", "c")


@dataclass(frozen=True)
class Exercise:
    """`path` is the file with the bug, in the repository; `broken` and `fixed` are its texts. `needs` is
    the program without which `check` cannot run."""

    name: str
    task: str
    path: str
    check: str
    needs: str
    broken: str
    fixed: str
    folder: Path

    @property
    def language(self) -> str:
        return self.name.partition("_")[0]

    @property
    def runs(self) -> bool:
        """Whether the toolchain is here. Where it is not, the file must be the fixed one, to the byte."""
        return shutil.which(self.needs) is not None

    @property
    def command(self) -> str:
        """The check, or what stands for it, to run in the repository."""
        if not self.runs:
            compare = f"import sys; sys.exit(open({self.path!r}, 'rb').read() != {self.fixed.encode()!r})"
            return shlex.join([sys.executable, "-c", compare])
        return self.check.replace("python3 ", f"{shlex.quote(sys.executable)} ", 1)

    def lay_out(self, root: Path) -> Path:
        """Put the repository to `root` and give it back."""
        shutil.copytree(self.folder / "repo", root, dirs_exist_ok=True)
        return root


@cache
def exercises() -> tuple[Exercise, ...]:
    """All of them, by name."""
    return tuple(map(_read, sorted(folder for folder in _TASKS.iterdir() if folder.is_dir())))


def _read(folder: Path) -> Exercise:
    told = tomllib.loads((folder / "exercise.toml").read_text("utf-8"))
    broken = (folder / "repo" / told["file"]).read_text("utf-8")
    return Exercise(
        folder.name,
        told["task"],
        told["file"],
        told["check"],
        told["needs"],
        broken,
        repaired(broken, told["fix"]),
        folder,
    )
