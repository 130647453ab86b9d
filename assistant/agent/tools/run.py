"""Run a command, confined."""

from pydantic import Field

from assistant.agent.command import CommandResult, run_command
from assistant.agent.tools.tool import Action, Arguments, Environment, Result, Tool

_TAIL_SHARE = 0.7


class RunArguments(Arguments):
    command: str = Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")
    timeout: int = Field(default=60, ge=1, le=600)


class Run(Tool[RunArguments]):
    name = "run"
    about = "run a shell command in the repository, without network"
    permission = "run"
    Arguments = RunArguments

    def prepare(self, arguments: RunArguments, environment: Environment) -> Action:
        confinement = environment.confinement()

        def perform() -> Result:
            ran = run_command(
                arguments.command,
                environment.workspace.root,
                timeout_s=arguments.timeout,
                cancel=environment.cancel,
                confinement=confinement,
            )
            return _told(ran, environment.room_chars)

        return Action(
            perform, preview=f"$ {arguments.command}", note=confinement.note, command=arguments.command
        )


def _told(ran: CommandResult, room: int) -> Result:
    output = ran.output.rstrip()
    cut = len(output) > room
    if cut:  # what went wrong stands at the end
        tail = int(room * _TAIL_SHARE)
        output = f"{output[: room - tail]}\n(… {len(output) - room} characters left out …)\n{output[-tail:]}"
    return Result(f"The command {ran.describe()}.\n{output}".rstrip(), ok=ran.passed, cut=cut)
