"""Find files by their names."""

from pydantic import Field

from assistant.agent.tools.tool import LINE, Action, Arguments, Environment, Result, Tool, bounded
from assistant.repo.globs import Glob
from assistant.repo.listing import list_files


class FindArguments(Arguments):
    pattern: str = Field(min_length=1, max_length=200, pattern=LINE)


class Find(Tool[FindArguments]):
    name = "find"
    about = "files by a glob such as *.py or src/**/test_*"
    Arguments = FindArguments

    def prepare(self, arguments: FindArguments, environment: Environment) -> Action:
        def perform() -> Result:
            glob = Glob(arguments.pattern)
            listing = list_files(environment.workspace, cancel=environment.cancel)
            found = [path for path in listing.files if glob.matches(path)]
            if not found:
                return Result(f"No file of {len(listing.files)} matches {arguments.pattern}.")
            return bounded("\n".join(found) + "\n", environment, "use a narrower pattern")

        return Action(perform)
