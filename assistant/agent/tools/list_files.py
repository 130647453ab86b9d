"""List a folder."""

from collections import Counter
from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import Field

from assistant.agent.tools.tool import LINE, Action, Arguments, Environment, Result, Tool, bounded
from assistant.errors import UsageError
from assistant.repo.files import inside
from assistant.repo.listing import list_files


class ListArguments(Arguments):
    path: str = Field(default=".", max_length=300, pattern=LINE)


class ListFolder(Tool[ListArguments]):
    name = "list"
    about = "the files and folders in a folder"
    example: ClassVar = {"path": "."}
    Arguments = ListArguments

    def prepare(self, arguments: ListArguments, environment: Environment) -> Action:
        workspace = environment.workspace
        _, folder = inside(workspace.root / arguments.path, workspace.root)

        def perform() -> Result:
            entries: Counter[str] = Counter()
            for path in list_files(workspace, cancel=environment.cancel).files:
                if folder != "." and not path.startswith(f"{folder}/"):
                    continue
                first, *rest = PurePosixPath(path if folder == "." else path[len(folder) + 1 :]).parts
                entries[f"{first}/" if rest else first] += 1
            if not entries:
                raise UsageError(f"There is no folder {folder} with files that are not ignored.")
            lines = [
                f"{name} ({count} files)" if name.endswith("/") else name
                for name, count in sorted(entries.items())
            ]
            return bounded("\n".join(lines) + "\n", environment, "use find")

        return Action(perform)
