"""Change files by a text of edits. The model is told one format; what it writes in another counts too."""

from pydantic import Field

from assistant.agent.edits import parse
from assistant.agent.tools.edit import changing
from assistant.agent.tools.tool import LONG, Action, Arguments, Environment, Tool
from assistant.repo.listing import list_files


class PatchArguments(Arguments):
    text: str = Field(min_length=1, json_schema_extra={**LONG})


class Patch(Tool[PatchArguments]):
    name = "patch"
    about = "change files by edits"
    permission = "write"
    Arguments = PatchArguments

    def prepare(self, arguments: PatchArguments, environment: Environment) -> Action:
        known = list_files(environment.workspace, cancel=environment.cancel).files
        return changing(parse(arguments.text, known_paths=known), environment)
