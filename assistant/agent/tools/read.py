"""Read lines of a file."""

from pydantic import Field

from assistant.agent.tools.tool import Action, Arguments, Environment, PathArgument, Result, Tool
from assistant.repo.files import read_source
from assistant.repo.hunks import split_lines
from assistant.repo.workspace import holds_secrets

_KEPT_TEXTS = 3


class ReadArguments(Arguments):
    path: str = PathArgument
    first: int = Field(default=1, ge=1, le=1_000_000)
    lines: int = Field(default=200, ge=1, le=2_000)


class Read(Tool[ReadArguments]):
    name = "read"
    about = "show a file, or some lines of it"
    Arguments = ReadArguments

    def prepare(self, arguments: ReadArguments, environment: Environment) -> Action:
        root = environment.workspace.root
        source = read_source(root / arguments.path, root)

        def perform() -> Result:
            lines = split_lines(source.text)
            wanted = lines[arguments.first - 1 :][: arguments.lines]
            shown: list[str] = []
            size = 0
            for line in wanted:
                size += len(line)
                if size > environment.room_chars and shown:
                    break
                shown.append(line[: environment.room_chars])
            last = arguments.first + len(shown) - 1
            cut = len(shown) < len(wanted) or size > environment.room_chars or last < len(lines)
            environment.read.pop(source.shown, None)
            environment.read[source.shown] = source.text
            while len(environment.read) > _KEPT_TEXTS:
                environment.read.pop(next(iter(environment.read)))
            if not shown:
                return Result(f"{source.shown} has {len(lines)} lines; there is none from {arguments.first}.")
            head = f"{source.shown}, lines {arguments.first}-{last} of {len(lines)}:\n"
            rest = f"\n(more: read from line {last + 1})" if last < len(lines) else ""
            return Result(head + "".join(shown).rstrip("\n") + rest, cut=cut)

        secrets = (source.shown,) if holds_secrets(source.shown) else ()
        return Action(perform, preview=f"read {source.shown}", secrets=secrets)
