"""Search the contents of files."""

import re
from collections.abc import Iterator

from pydantic import Field

from assistant.agent.tools.tool import LINE, Action, Arguments, Environment, Result, Tool, bounded
from assistant.repo import git
from assistant.repo.files import inside
from assistant.repo.ignore import IgnoreRules
from assistant.repo.listing import CODER_IGNORE
from assistant.repo.workspace import Workspace, holds_secrets

_LONGEST_LINE = 300
_MATCH = re.compile(r"(.+?):\d+:")


class GrepArguments(Arguments):
    pattern: str = Field(min_length=1, max_length=300, pattern=LINE)
    path: str = Field(default=".", max_length=300, pattern=LINE)


class Grep(Tool[GrepArguments]):
    name = "grep"
    about = "lines that match a regular expression, in a file or folder"
    Arguments = GrepArguments

    def prepare(self, arguments: GrepArguments, environment: Environment) -> Action:
        workspace = environment.workspace
        _, where = inside(workspace.root / arguments.path, workspace.root)
        secret = holds_secrets(where)

        def perform() -> Result:
            found = git.grep(
                workspace.root, arguments.pattern, [where], in_repository=workspace.is_git and not secret
            )
            lines = list(_shown(found.text, workspace, secrets_too=secret))
            if not lines:
                return Result(f"Nothing matches {arguments.pattern}.")
            text = "\n".join(lines) + "\n"
            return bounded(text, environment, "use a narrower pattern or path", cut=found.cut)

        return Action(perform, preview=f"search {where}", secrets=(where,) if secret else ())


def _shown(text: str, workspace: Workspace, *, secrets_too: bool) -> Iterator[str]:
    rules = IgnoreRules(workspace.root, [CODER_IGNORE])
    for line in text.splitlines():
        match = _MATCH.match(line)
        if match and not rules.ignores(match[1]) and (secrets_too or not holds_secrets(match[1])):
            yield line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
