"""The tools that a task may use: explained to the model, and called by what it wrote."""

from collections.abc import Sequence
from typing import Any

from assistant.agent.tools.ask import Ask
from assistant.agent.tools.done import Done
from assistant.agent.tools.editing import editing_tools
from assistant.agent.tools.find import Find
from assistant.agent.tools.git import Git
from assistant.agent.tools.grep import Grep
from assistant.agent.tools.list_files import ListFolder
from assistant.agent.tools.read import Read
from assistant.agent.tools.run import Run
from assistant.agent.tools.todo import Todo
from assistant.agent.tools.tool import Action, Environment, Tool
from assistant.catalog.edit_format import EditFormat
from assistant.chat.tools import (
    FORMATS,
    Call,
    ToolCallError,
    ToolFormat,
    ToolFormatName,
    call_grammar,
    example_call,
)
from assistant.chat.tools import explain_tools as explain
from assistant.chat.tools import parse_call as parse
from assistant.chat.tools.grammar import longest_text
from assistant.engine.constraint import Grammar


def tools_for(written: EditFormat | None = None) -> tuple[Tool[Any], ...]:
    """The agent's own tools, for a model that writes changes in this format."""
    return (
        ListFolder(), Read(), Find(), Grep(), *editing_tools(written or "tool-call"),
        Run(), Git(), Ask(), Todo(), Done(),
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
    def room(self) -> int:
        """Tokens that an answer may take."""
        return self._room

    def leave_room(self, tokens: int) -> None:
        """The next answer may take so many."""
        self._room = tokens

    @property
    def example(self) -> str:
        """How a call is written, for a model that did not."""
        return example_call(self._specs, self.format)

    @property
    def grammar(self) -> Grammar:
        return call_grammar(self._specs, self.format, room=self._room)

    def __getitem__(self, name: str) -> Tool[Any]:
        return self._tools[name]

    def parse(self, answer: str) -> Call | None:
        """The call in an answer. Raises ToolCallError."""
        try:
            return parse(answer, self._tools)
        except ToolCallError as error:
            raise ToolCallError(error.message, hint=error.hint or self.example) from error

    def prepare(self, call: Call, environment: Environment) -> Action:
        """What the call would do. Raises ToolCallError for arguments that are wrong, else CoderError."""
        tool = self._tools[call.name]
        spec = tool.spec()
        for name in spec.long:
            value = call.arguments.get(name)
            if isinstance(value, str) and len(value) >= longest_text(spec, self.format, room=self._room):
                raise ToolCallError(f"{name} is too long for one call; nothing was done. Do it in parts.")
        return tool.prepare(tool.checked(call.arguments), environment)
