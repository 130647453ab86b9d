"""A run of the agent with a scripted model in a small repository."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from assistant.agent import events
from assistant.agent.briefing import NO_BRIEFING, Briefing, KnownRepository
from assistant.agent.check import Check
from assistant.agent.direct import DirectWork
from assistant.agent.events import AgentEvent, Consent, Outcome, Request
from assistant.agent.loop import Agent, AgentOptions, nobody
from assistant.agent.modes import Mode
from assistant.agent.permissions import Permissions
from assistant.agent.tools import Tool
from assistant.chat.generator import Generator
from assistant.chat.tools import FORMATS
from assistant.repo.checkpoints import open_checkpoints
from assistant.repo.workspace import find_workspace

BUGGY = "def add(a, b):\n    return a - b\n"
FIXED = "def add(a, b):\n    return a + b\n"
CHECK = f'{shlex.quote(sys.executable)} -c "import calc; r = calc.add(2, 2); assert r == 4, r"'
FIX = ("edit", {"path": "calc.py", "old": "    return a - b", "new": "    return a + b"})
DONE = ("done", {"answer": "add adds now."})


def call(name: str, **arguments: Any) -> str:
    return f"I think so.\n{FORMATS['hermes'].call(name, arguments)}"


def script(*calls: tuple[str, dict[str, Any]]) -> list[str]:
    return [call(name, **arguments) for name, arguments in calls]


@dataclass
class Run:
    """A run in `root`, by what does the task with the model: the agent, or direct work where it has no tools.
    `asked` are the requests for consent, each answered with `consent`."""

    root: Path
    mode: Mode = "full"
    consent: Consent = "no"
    test: str | None = None
    answer_tokens: int = 4096
    named_by: str = ""
    steps: int = 20
    budget_s: float | None = None
    task: str = "Make add add."
    briefing: Briefing = NO_BRIEFING
    cancel: Event = field(default_factory=Event)
    ask_user: Callable[[str], str | None] = nobody
    tools: Sequence[Tool[Any]] = ()
    asked: list[Request] = field(default_factory=list)
    events: list[AgentEvent] = field(default_factory=list)

    def __call__(self, model: Generator, *, history: Any = ()) -> Outcome:
        def agree(request: Request) -> Consent:
            self.asked.append(request)
            return self.consent

        options = AgentOptions(
            self.steps,
            self.budget_s,
            Check(self.test, named_by=self.named_by) if self.test else None,
            briefing=self.briefing,
            answer_tokens=self.answer_tokens,
        )
        workspace, permissions = find_workspace(self.root), Permissions(self.root, self.mode)
        means = (model, workspace, open_checkpoints(self.root), permissions, agree, options)
        worker: Agent | DirectWork
        if model.tool_format is None:
            with KnownRepository(workspace) as repository:
                mentions = repository.mentions(self.task)
            worker = DirectWork(*means, mentions=mentions, cancel=self.cancel, history=history)
        else:
            worker = Agent(
                *means, ask_user=self.ask_user, cancel=self.cancel, history=history, tools=self.tools
            )
        self.events = list(worker.run(self.task))
        outcome = self.events[-1]
        assert isinstance(outcome, Outcome)
        return outcome

    @property
    def told(self) -> list[str]:
        """What the model was told of its calls."""
        return [event.text for event in self.events if isinstance(event, events.Observed)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    (root / "calc.py").write_text(BUGGY)
    (root / "src" / "other.py").write_text("import calc\n\nprint(calc.add(1, 2))\n")
    (root / ".env").write_text("TOKEN=hunter2\n")
    (root / ".gitignore").write_text(".env\nbuild/\n")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root
