"""Ask git, read-only."""

import re
from typing import Literal

from pydantic import Field

from assistant.agent.tools.tool import LINE, Action, Arguments, Environment, Result, Tool, bounded
from assistant.errors import UsageError
from assistant.repo import git
from assistant.repo.files import inside
from assistant.repo.workspace import holds_secrets


class GitArguments(Arguments):
    what: Literal["status", "diff", "log", "show", "blame"]
    path: str = Field(default="", max_length=300, pattern=LINE)
    revision: str = Field(default="", max_length=100, pattern=LINE)


class Git(Tool[GitArguments]):
    name = "git"
    about = "status, diff, log, show a revision, blame a file"
    Arguments = GitArguments

    def prepare(self, arguments: GitArguments, environment: Environment) -> Action:
        workspace = environment.workspace
        if not workspace.is_git:
            raise UsageError("This folder is no git repository.")
        path = inside(workspace.root / arguments.path, workspace.root)[1] if arguments.path else ""
        if arguments.what == "blame" and not path:
            raise UsageError("blame needs a path.")

        def perform() -> Result:
            output = self._ask(arguments, path, environment)
            text = output.text if path else _without_secrets(output.text)
            text = text if text.strip() else f"git {arguments.what} has nothing to show."
            return bounded(text, environment, "ask for one path", cut=output.cut)

        secrets = (path,) if holds_secrets(path) and arguments.what != "status" else ()
        return Action(perform, preview=f"git {arguments.what} {path}".rstrip(), secrets=secrets)

    def _ask(self, arguments: GitArguments, path: str, environment: Environment) -> git.GitOutput:
        root, revision, paths = environment.workspace.root, arguments.revision, [path] if path else []
        match arguments.what:
            case "status":
                return git.status(root)
            case "diff":
                return git.diff(root, paths, against=revision)
            case "log":
                return git.log(root, paths, revision=revision or "HEAD")
            case "show":
                return git.show(root, revision or "HEAD", path)
            case "blame":
                return git.blame(root, path, revision=revision)


def _without_secrets(text: str) -> str:
    """A diff without the files that hold secrets."""
    parts = re.split(r"^(?=diff --\w+ )", text, flags=re.MULTILINE)
    return "".join(part for part in parts if not _is_secret(part.partition("\n")[0]))


def _is_secret(header: str) -> bool:
    """`diff --git a/PATH b/PATH`, or of a merge `diff --cc PATH`."""
    found = re.fullmatch(r'diff --(?:git .* "?b/|\w+ "?)(?P<path>.*?)"?', header)
    return found is not None and holds_secrets(found["path"])
