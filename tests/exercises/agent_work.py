"""The agent at work on an exercise, with a scripted model: the real loop, tools, permissions, checkpoints."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.agent.answer import code_blocks
from assistant.agent.check import Check
from assistant.agent.edits import EditFormat
from assistant.agent.events import AgentEvent, Consent, Observed, Outcome, Request
from assistant.agent.loop import Agent, AgentOptions
from assistant.agent.permissions import Permissions
from assistant.chat.tools import FORMATS
from assistant.repo.checkpoints import open_checkpoints
from assistant.repo.workspace import find_workspace
from tests.agent.agent_run import call
from tests.agent.edits.answers import Case
from tests.exercises.exercise import Exercise
from tests.scripted import ScriptedGenerator

_EDIT_ARGUMENTS = re.compile(r'^\{".*?(?<!\\)"\}\r?$', re.MULTILINE | re.DOTALL)
_CONTEXT_TOKENS = 32_768


@dataclass(frozen=True)
class Work:
    """What happened, and how it ended."""

    events: Sequence[AgentEvent]
    outcome: Outcome
    asked: Sequence[Request]

    @property
    def observed(self) -> list[Observed]:
        return [event for event in self.events if isinstance(event, Observed)]


def new_repository(exercise: Exercise, root: Path) -> Path:
    exercise.lay_out(root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    (root / ".gitignore").write_text("*.out\n__pycache__/\n")
    return root


def work(exercise: Exercise, root: Path, case: Case, *, test: str | None = None) -> Work:
    """Run the agent on the exercise in `root` in ask mode, all being allowed once; the model reads the file,
    gives the case's answer and says that it is done."""
    asked: list[Request] = []

    def agree(request: Request) -> Consent:
        asked.append(request)
        return "once"

    replies, written = replies_of(case)
    script = [call("read", path=exercise.path), *replies, *[call("done", answer="It is repaired.")] * 3]
    agent = Agent(
        ScriptedGenerator(*script, context_tokens=_CONTEXT_TOKENS, piece_chars=4000, edit_format=written),
        find_workspace(root),
        open_checkpoints(root),
        Permissions(root, "ask"),
        agree,
        AgentOptions(steps=len(replies) + 4, check=Check(test) if test else None),
    )
    happened = list(agent.run(exercise.task))
    outcome = happened[-1]
    assert isinstance(outcome, Outcome)
    return Work(happened, outcome, asked)


def replies_of(case: Case) -> tuple[list[str], EditFormat]:
    """An answer as calls of the tools, one a reply, and the format of a model that has these tools. A whole
    file that has a path and an end goes by `write`, the arguments of edits go by `edit`, and all else goes as
    it stands by `patch`."""
    if case.format == "tool-call":
        return _edit_calls(case.text), "tool-call"
    blocks = code_blocks(case.text)
    if case.format == "whole" and len(blocks) == 1 and blocks[0].closed and blocks[0].before:
        return [call("write", path=blocks[0].before, text=blocks[0].text)], "whole"
    return [call("patch", text=case.text)], "udiff" if case.format == "whole" else case.format


def _edit_calls(text: str) -> list[str]:
    """Every edit in the text as a call with its arguments as they stand; what is said in between stays. One
    that is repeated at once stays in the same reply."""
    hermes = FORMATS["hermes"]
    replies: list[str] = []
    at, last = 0, ""
    for found in _EDIT_ARGUMENTS.finditer(text):
        written = f"{text[at : found.start()]}{hermes.before}edit{hermes.between}{found[0]}{hermes.after}"
        if found[0] == last:
            replies[-1] += written
        else:
            replies.append(written)
        at, last = found.end(), found[0]
    rest = text[at:]
    if not replies or rest.lstrip().startswith("{"):
        return [*replies, hermes.before + "edit" + hermes.between + rest.lstrip()]
    replies[-1] += rest
    return replies
