"""What the agent may do without asking: by mode, and by what the user said "always" to in this repository."""

import hashlib
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.agent.modes import Mode
from assistant.agent.tools.tool import Action, Permission
from assistant.catalog.locations import data_folder
from assistant.errors import CoderError
from assistant.repo.atomic import replace_file

Verdict = Literal["allow", "ask", "deny"]
# With one of these a prefix would allow anything that can be written behind it.
_SHELL = re.compile(r"[;&|<>$`(){}\n\\*?~#!]")
_RUNS_ANYTHING = {
    "sh", "bash", "zsh", "dash", "fish", "env", "sudo", "su", "xargs", "nohup", "time", "timeout", "nice",
    "python", "python3", "node", "deno", "bun", "ruby", "perl", "php", "lua", "awk", "sed", "find", "make",
    "npx", "uvx", "pipx", "ssh", "git", "docker", "eval", "exec", "source", ".", "busybox", "setsid",
    "stdbuf", "ionice", "chrt", "taskset", "unshare", "nsenter", "chroot", "strace", "ltrace", "gdb",
    "script", "watch", "parallel", "flock", "doas", "command", "builtin", "trap", "tar", "rsync", "zip",
    "vi", "vim", "nvim", "emacs", "ed", "less", "man", "pwsh", "tclsh", "expect", "java", "podman",
    "kubectl", "scp", "pip",
}  # fmt: skip
# Their second word says what is done; with one of these it is whatever the third says.
_WITH_SUBCOMMAND = {"cargo", "go", "npm", "pnpm", "yarn", "uv", "poetry", "dotnet", "mix", "bundle", "rake"}
_RUNS_THE_NEXT = {"run", "exec", "x", "dlx", "tool", "create", "init", "explore", "node", "eval", "do"}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is allowed for good in one repository: tools by name or grant, commands by how they begin."""

    tools: frozenset[str] = frozenset()
    commands: frozenset[tuple[str, ...]] = frozenset()


class Permissions:
    """`mode`, which may change, decides, then what is remembered for the repository `root`. Secrets are
    always asked for, and what other programs obey wherever anything is."""

    def __init__(self, root: Path, mode: Mode, *, folder: Path | None = None) -> None:
        self.mode: Mode = mode
        self._root = root.resolve()
        key = hashlib.sha256(str(self._root).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._file = (folder or data_folder() / "permissions") / f"{key}.json"

    @property
    def reads_only(self) -> bool:
        return self.mode in ("read-only", "plan")

    def verdict(self, tool: str, permission: Permission, action: Action) -> Verdict:
        """Whether the action may be done."""
        if permission != "read" and self.reads_only:
            return "deny"
        if action.secrets:
            return "ask"
        if permission == "read" or self.mode == "full":
            return "allow"
        if action.obeyed:
            return "ask"
        if permission == "write" and self.mode == "auto-edit":
            return "allow"
        allowed = self._load()
        if permission == "run" and not action.grant:
            prefix = command_prefix(action.command)
            return "allow" if prefix and prefix in allowed.commands else "ask"
        return "allow" if (action.grant or tool) in allowed.tools else "ask"

    def always(self, tool: str, permission: Permission, action: Action) -> str:
        """What saying "always" to this would allow, in words; empty where it cannot be said."""
        if action.secrets or action.obeyed or permission == "read":
            return ""
        if permission == "run" and not action.grant:
            prefix = command_prefix(action.command)
            return f"`{shlex.join(prefix)}` in this repository" if prefix else ""
        return f"{tool} in this repository"

    def remember(self, tool: str, permission: Permission, action: Action) -> None:
        """The user said "always". Raises CoderError where it cannot be written down."""
        from filelock import FileLock

        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._file.with_suffix(".lock")):
                now = self._load()
                tools, commands = set(now.tools), set(now.commands)
                if permission == "run" and not action.grant:
                    commands.add(command_prefix(action.command))
                else:
                    tools.add(action.grant or tool)
                document = {
                    "root": str(self._root),
                    "tools": sorted(tools),
                    "commands": sorted(filter(None, commands)),
                }
                content = json.dumps(document, indent=2, ensure_ascii=True).encode()
                replace_file(self._file, content, 0o600)
        except OSError as error:
            raise CoderError(f"The permission could not be kept: {error.strerror or error}.") from error

    def _load(self) -> Allowed:
        """What cannot be read allows nothing."""
        try:
            document = json.loads(self._file.read_text("utf-8"))
            return Allowed(frozenset(document["tools"]), frozenset(map(tuple, document["commands"])))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return Allowed()


def command_prefix(command: str) -> tuple[str, ...]:
    """The words that a command is remembered by: its first or, where that runs anything, all of them.
    Empty for one that is more than a program with arguments: it is asked for every time."""
    if _SHELL.search(command):
        return ()
    try:
        words = tuple(shlex.split(command))
    except ValueError:
        return ()
    if not words or "=" in words[0]:
        return ()
    if Path(words[0]).name.rstrip("0123456789.") in {name.rstrip("0123456789.") for name in _RUNS_ANYTHING}:
        return words
    if words[0] in _WITH_SUBCOMMAND:
        return words if _RUNS_THE_NEXT.intersection(words[1:2]) else words[:2]
    return words[:1]
