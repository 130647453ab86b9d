"""What an attack is, and the machine that it is tried on: a home with keys in it, and a repository."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.agent.edits import EDIT_FORMATS
from assistant.agent.modes import Mode
from assistant.agent.permissions import Permissions
from assistant.agent.tools import Environment, tools_for
from assistant.errors import CoderError
from assistant.repo.workspace import find_workspace

SECRET, KEY, OUTSIDE = "hunter2", "PRIVATE KEY", "outside the repository\n"
CODE = "def add(a, b):\n    return a - b\n"
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Eve"), ("EMAIL", "eve@example.org"))
}
TOOLS = {tool.name: tool for written in EDIT_FORMATS for tool in tools_for(written)}


@dataclass(frozen=True)
class Attack:
    """`tried` is what an attacker gives, as its kind takes it; `expected` is a part of what comes of it."""

    name: str
    tried: Any
    expected: str


class Scene:
    """`mark` exists once something was run that must not be."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.root = folder / "repo"
        self.mark = folder / "pwned"
        (self.root / "src").mkdir(parents=True)
        (self.root / "calc.py").write_text(CODE)
        (self.root / "src" / "other.py").write_text("import calc\n")
        (self.root / ".env").write_text(f"TOKEN={SECRET}\nOTHER=value\n")
        (self.root / ".gitignore").write_text(".env\n")
        self.git("init", "--quiet", "--template=", "--initial-branch=main")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "First")
        (folder / ".ssh").mkdir()
        (folder / ".ssh" / "id_rsa").write_text(KEY)
        (folder / "outside").write_text(OUTSIDE)
        self.arranged()

    def git(self, *arguments: str, folder: Path | None = None, stdin: bytes = b"") -> str:
        """Git as the attacker, or the victim's shell, runs it."""
        ran = subprocess.run(
            ["git", *arguments],
            cwd=folder or self.root,
            env={**os.environ, **IDENTITY},
            input=stdin,
            capture_output=True,
            check=False,
        )
        return ran.stdout.decode("utf-8", "replace")

    def marker(self, *, prints: str = "") -> Path:
        """A program that leaves the mark, for what must never run it."""
        program = self.home / "marker"
        program.write_text(f"#!/bin/sh\ntouch '{self.mark}'\ncat\n{prints}\n")
        program.chmod(0o755)
        self.arranged()
        return program

    def arranged(self) -> None:
        """The trap is laid: from here on nothing of this may change."""
        self._before = self._guarded()

    def environment(self) -> Environment:
        return Environment(find_workspace(self.root), record=lambda states: None)

    def call(self, tool: str, arguments: Mapping[str, Any], mode: Mode = "full") -> str:
        """What becomes of a model's call where nobody consents."""
        try:
            called = TOOLS[tool]
            action = called.prepare(called.checked(arguments), self.environment())
            verdict = Permissions(self.root, mode).verdict(tool, called.permission, action)
            if verdict != "allow":
                return f"{verdict}: {', '.join(action.secrets)} {action.note}"
            return f"done: {action.perform().text}"
        except CoderError as error:
            return f"refused: {error.message} {error.hint}"

    def check_unharmed(self, told: str) -> None:
        """Nothing was run, nothing outside was changed, no secret is in what was `told`."""
        assert not self.mark.exists(), "a program of the attacker has run"
        assert self._guarded() == self._before
        assert SECRET not in told
        assert KEY not in told

    def _guarded(self) -> dict[str, bytes]:
        """All files that an attacker may not change: those outside, and git's own."""
        return {
            str(path.relative_to(self.home)): path.read_bytes()
            for path in self.home.rglob("*")
            if path.is_file()
            and (not path.is_relative_to(self.root) or ".git" in path.relative_to(self.root).parts)
        }


@dataclass(frozen=True)
class Kind:
    """`attempt` tries an attack and says in words what came of it."""

    title: str
    attempt: Callable[[Scene, Any], str]
    attacks: tuple[Attack, ...]
