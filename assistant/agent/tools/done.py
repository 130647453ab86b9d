"""End the task."""

from pydantic import Field

from assistant.agent.tools.tool import LONG, Action, Arguments, Environment, Result, Tool


class DoneArguments(Arguments):
    answer: str = Field(min_length=1, json_schema_extra={**LONG})


class Done(Tool[DoneArguments]):
    name = "done"
    about = "end the task, with what was done or the answer to the question"
    Arguments = DoneArguments

    def prepare(self, arguments: DoneArguments, environment: Environment) -> Action:
        return Action(lambda: Result("Done.", finished=arguments.answer))
