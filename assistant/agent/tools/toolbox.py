"""The tools that a task may use: explained to the model, and called by what it wrote."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from assistant.agent.tools.ask import Ask
from assistant.agent.tools.done import Done
from assistant.agent.tools.edit import Edit, WriteFile
from assistant.agent.tools.find import Find
from assistant.agent.tools.git import Git
from assistant.agent.tools.grep import Grep
from assistant.agent.tools.list_files import ListFolder
from assistant.agent.tools.patch import Patch
from assistant.agent.tools.read import Read
from assistant.agent.tools.run import Run
from assistant.agent.tools.todo import Todo
from assistant.agent.tools.tool import Action, Environment, Tool
from assistant.chat.tools import FORMATS, Call, ToolCallError, ToolFormat, ToolFormatName, call_grammar
from assistant.chat.tools import explain_tools as explain
from assistant.chat.tools import parse_call as parse
from assistant.chat.tools.grammar import longest_text
from assistant.engine.constraint import Grammar

TOOLS: tuple[Tool[Any], ...] = (
    ListFolder(), Read(), Find(), Grep(), Edit(), WriteFile(), Patch(), Run(), Git(), Ask(), Todo(), Done(),
)  # fmt: skip


class Toolbox:
    """`tools` as a model of a certain format is shown them, whose answers have `room` tokens."""

    def __init__(self, tools: Sequence[Tool[Any]], format: ToolFormatName, *, room: int) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._specs = [tool.spec() for tool in tools]
        self._room = room
        self.format: ToolFormat = FORMATS[format]

    @property
    def explained(self) -> str:
        return explain(self._specs, self.format)

    @property
    def grammar(self) -> Grammar:
        return call_grammar(self._specs, self.format, room=self._room)

    def __getitem__(self, name: str) -> Tool[Any]:
        return self._tools[name]

    def parse(self, answer: str) -> Call | None:
        """The call in an answer. Raises ToolCallError."""
        return parse(answer, self._tools)

    def prepare(self, call: Call, environment: Environment) -> Action:
        """What the call would do. Raises ToolCallError for arguments that are wrong, else CoderError."""
        tool = self._tools[call.name]
        spec = tool.spec()
        for name in spec.long:
            value = call.arguments.get(name)
            if isinstance(value, str) and len(value) >= longest_text(spec, self._room):
                raise ToolCallError(f"{name} is too long for one call; nothing was done. Do it in parts.")
        try:
            arguments = tool.Arguments.model_validate(dict(call.arguments))
        except ValidationError as error:
            raise ToolCallError(_explained(call.name, error)) from error
        return tool.prepare(arguments, environment)


def _explained(name: str, error: ValidationError) -> str:
    wrong = [
        f"{'.'.join(map(str, each['loc'])) or 'the arguments'}: {each['msg']}" for each in error.errors()
    ]
    return f"{name} cannot be called like this: {'; '.join(wrong[:4])}."
