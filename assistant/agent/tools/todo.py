"""Keep a plan."""

from typing import Annotated

from pydantic import Field

from assistant.agent.tools.tool import Action, Arguments, Environment, Result, Tool


class TodoArguments(Arguments):
    items: list[Annotated[str, Field(max_length=200)]] = Field(min_length=1, max_length=20)


class Todo(Tool[TodoArguments]):
    name = "todo"
    about = "write down the steps that are left, in place of the earlier list"
    Arguments = TodoArguments

    def prepare(self, arguments: TodoArguments, environment: Environment) -> Action:
        plan = "\n".join(f"{number}. {item}" for number, item in enumerate(arguments.items, 1))
        return Action(lambda: Result(f"Left to do:\n{plan}"))
