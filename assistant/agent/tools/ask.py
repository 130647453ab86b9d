"""Ask the user."""

from pydantic import Field

from assistant.agent.tools.tool import Action, Arguments, Environment, Result, Tool


class AskArguments(Arguments):
    question: str = Field(min_length=1, max_length=500)


class Ask(Tool[AskArguments]):
    name = "ask"
    about = "ask the user, when only they can know"
    Arguments = AskArguments

    def prepare(self, arguments: AskArguments, environment: Environment) -> Action:
        def perform() -> Result:
            answer = environment.ask_user(arguments.question)
            if answer is None:
                return Result("Nobody is there to answer: decide yourself.", ok=False)
            return Result(f"The user answers: {answer}")

        return Action(perform)
