"""The project's own check: whose word it is, whether it may be run, and its run."""

import math
from collections.abc import Generator as Steps
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from assistant.agent.command import CommandResult, run_command
from assistant.agent.confine import confinement
from assistant.agent.consent import ask
from assistant.agent.events import AgentEvent, AskConsent
from assistant.agent.permissions import Permissions
from assistant.agent.tools.tool import Action, Result


@dataclass(frozen=True, slots=True)
class Check:
    """The command that must pass. `named_by` is the file of the repository that names it, empty where the
    user did: else it needs consent, and runs confined."""

    command: str
    timeout_s: float = 120.0
    named_by: str = ""


def run_check(
    check: Check, root: Path, *, cancel: Event | None = None, at_most_s: float = math.inf
) -> CommandResult:
    """Never raises for what the command does."""
    return run_command(
        check.command,
        root,
        timeout_s=min(check.timeout_s, at_most_s),
        cancel=cancel,
        confinement=confinement() if check.named_by else None,
    )


def may_run(check: Check, permissions: Permissions, consent: AskConsent) -> Steps[AgentEvent, None, bool]:
    """Whether the user gave the check or agrees to it."""
    if not check.named_by:
        return True
    note = f"{check.named_by} of this repository names this check. {confinement().note}"
    action = Action(lambda: Result(""), f"$ {check.command}", note.strip(), check.command)
    verdict = permissions.verdict("run", "run", action)
    if verdict != "ask":
        return verdict == "allow"
    consented = ask(consent, permissions, "check", "run", action)
    yield consented
    return consented.answer != "no"
