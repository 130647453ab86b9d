"""From an answer to what the model is told of it: call, permission, action, and the check after it."""

import contextlib
import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from collections.abc import Generator as Steps
from dataclasses import replace
from typing import Any

from assistant.agent import events
from assistant.agent.check import Check, may_run, run_check
from assistant.agent.command import CommandResult
from assistant.agent.consent import ask
from assistant.agent.events import AgentEvent, AskConsent, Observed
from assistant.agent.permissions import Permissions
from assistant.agent.reduce import not_needed
from assistant.agent.reports import failure_report, syntax_report
from assistant.agent.tools import Environment, Result, Toolbox
from assistant.agent.tools.edit import diff_of
from assistant.agent.tools.tool import Action, Permission
from assistant.chat.generator import Reply
from assistant.chat.tools import Call
from assistant.errors import CoderError
from assistant.repo.files import Keep, SourceFile, read_source
from assistant.repo.hunks import diff_hunks

_log = logging.getLogger(__name__)
_BRIEF_CHARS = 100
_REDUCING_S = 30.0
_NO_CALL = "That was no tool call. Call a tool, or done to end the task.\n"
_CUT_OFF = "The answer was cut off before it ended: write less at once."
_REFUSED = "The user refused this. Do something else, or end with done."


class Executor:
    """Makes the calls of one task. `check` is the project's own, `tested` its last run, `changed` the files
    written so far, `refusals` how often writing or running was refused, `unread` how many answers in a row
    held no call that could be read, `words_end` whether plain words end it, `said` the model's last call, or
    its words where that was none, `answer` the closing words once it is over, `not_needed` the changes that
    the check passes without. `shown_by` tells what showed the model some words, empty for nothing."""

    def __init__(
        self,
        toolbox: Toolbox,
        environment: Environment,
        permissions: Permissions,
        consent: AskConsent,
        *,
        check: Check | None = None,
        words_end: bool = False,
        shown_by: Callable[[str], str] = lambda words: "",
    ) -> None:
        self._toolbox = toolbox
        self._environment = environment
        self._permissions = permissions
        self._consent = consent
        self._check = check
        self._words_end = words_end
        self._shown_by = shown_by
        self._check_agreed = False
        self.tested: CommandResult | None = None
        self.changed: dict[str, None] = {}
        self._first: dict[str, SourceFile] = {}
        self.refusals = 0
        self.unread = 0
        self.said = ""
        self.answer: str | None = None
        self.not_needed = ""
        self._passing = False

    def execute(self, reply: Reply) -> Steps[AgentEvent, None, Observed]:
        """What the model is told of its answer. Never raises for what the model did."""
        self.said = reply.text
        brief, shows_file = "an answer without a call", False
        self.unread += 1
        try:
            call = self._toolbox.parse(reply.text)
            if call is None:
                result = self._without_call(reply)
            else:
                self.unread = 0
                brief, shows_file = in_brief(call), call.name == "read"
                self.said = json.dumps([call.name, call.arguments])
                yield events.Called(call.name, call.arguments)
                result = yield from self._make(call)
        except CoderError as error:
            said = (error.message, error.hint) if reply.finish == "stop" else (_CUT_OFF, error.message)
            told = "\n".join(filter(None, said))
            root = str(self._environment.workspace.root)  # the model need not know where that lies
            told = told.replace(f"{root}/", "").replace(root, "the repository")
            result = Result(told, ok=False)
        if result.changes:
            result = yield from self._checked(result)
        if result.finished is not None:
            result = yield from self._confirm(result)
        self.answer = result.finished
        brief += "" if result.ok else ": failed"
        return Observed(
            result.text, brief, result.ok, result.cut, shows_file and result.ok, bool(result.changes)
        )

    def _make(self, call: Call) -> Steps[AgentEvent, None, Result]:
        tool = self._toolbox[call.name]
        action = self._toolbox.prepare(call, self._environment)
        match self._permissions.verdict(tool.name, tool.permission, action):
            case "deny":
                return Result("Only reading is permitted here.", ok=False)
            case "ask":
                told = replace(action, note=f"{self._origin(action)} {action.note}".strip())
                consented = ask(self._consent, self._permissions, tool.name, tool.permission, told)
                yield consented
                if consented.answer == "no":
                    return self._refused(tool.permission, consented.reason)
        if tool.permission != "read":
            self._passing = False
        result = action.perform()
        _log.info("%s: %s, %d characters", tool.name, "ok" if result.ok else "not ok", len(result.text))
        return result

    def _origin(self, action: Action) -> str:
        """A command or secret that a file speaks of may be that file's wish."""
        for words in filter(None, (action.command, *action.secrets)):
            if by := self._shown_by(words):
                return f"`{words}` is in what the model was shown ({by}): that text may ask for it, not you."
        return ""

    def _refused(self, permission: Permission, reason: str) -> Result:
        """One who says why not wants the work to go on."""
        if reason:
            return Result(f"The user refused this, and says: {reason}", ok=False)
        self.refusals += permission != "read"
        return Result(_REFUSED, ok=False)

    def _checked(self, result: Result) -> Steps[AgentEvent, None, Result]:
        """After an edit: the syntax of what was changed, then the project's own check."""
        sides = (side for change in result.changes for side in (change.new, change.old) if side)
        paths = dict.fromkeys(side.shown for side in sides)
        problems = syntax_report(result.changes)
        self.changed |= paths
        for change in result.changes:
            if change.old:
                self._first.setdefault(change.old.shown, change.old)
        yield events.Changed(tuple(paths), diff_of(result.changes), tuple(problems))
        if problems:
            return _with(result, ["Its syntax is wrong now:", *problems], ok=False)
        check = yield from self._permitted_check()
        if check is None:
            return result
        failed = yield from self._run_check(check)
        return _with(result, failed or ["The check passes."], ok=not failed)

    def _confirm(self, result: Result) -> Steps[AgentEvent, None, Result]:
        """The model says that it is done: the project's check has the last word."""
        check = None if self._passing else (yield from self._permitted_check())
        if check is None:
            return result
        failed = yield from self._run_check(check)
        return Result("\n".join(["It is not done.", *failed]), ok=False) if failed else result

    def _permitted_check(self) -> Steps[AgentEvent, None, Check | None]:
        """The check, where there is one that the user gave or agreed to; they are asked once."""
        if self._check and not self._check_agreed:
            self._check_agreed = yield from may_run(self._check, self._permissions, self._consent)
            if not self._check_agreed:
                self._check = None
        return self._check

    def what_was_not_needed(self, record: Keep) -> Steps[AgentEvent, None, None]:
        """Once the check passes: which changes it does not need, as far as that can be tried in time."""
        root = self._environment.workspace.root
        check, until = self._check, time.monotonic() + _REDUCING_S
        if check is None or not self._passing:
            return

        def passes() -> bool:
            return until > time.monotonic() and self._result_of(check, until - time.monotonic()).passed

        with contextlib.suppress(CoderError):  # a file that is gone, or that another changes
            changes = [(old, read_source(root / shown, root)) for shown, old in self._first.items()]
            if sum(len(diff_hunks(old.text, new.text)) for old, new in changes) > 1:
                yield events.Checking(check.command, "without parts of the change")
                self.not_needed = not_needed(changes, record, passes)
                if self.not_needed:
                    yield events.NotNeeded(self.not_needed)

    def _run_check(self, check: Check) -> Steps[AgentEvent, None, list[str]]:
        """How the check failed, nothing where it passes."""
        yield events.Checking(check.command)
        root = self._environment.workspace.root
        self.tested = self._result_of(check)
        yield events.Checked(self.tested)
        self._passing = self.tested.passed
        return [] if self._passing else failure_report(self.tested, root)

    def _result_of(self, check: Check, at_most_s: float = math.inf) -> CommandResult:
        environment = self._environment
        return run_check(check, environment.workspace.root, cancel=environment.cancel, at_most_s=at_most_s)

    def _without_call(self, reply: Reply) -> Result:
        """A question may be answered in plain words, by a model that no grammar holds."""
        may = self._words_end or self._permissions.reads_only
        if may and reply.finish == "stop" and reply.text.strip():
            return Result("Answered.", finished=reply.text.strip())
        told = _CUT_OFF if reply.finish != "stop" else _NO_CALL + self._toolbox.example
        return Result(told, ok=False)


def in_brief(call: Call) -> str:
    """The call in one short line."""
    return f"{call.name} {_values(call.arguments)}".rstrip()[:_BRIEF_CHARS]


def _values(arguments: Mapping[str, Any]) -> str:
    return ", ".join(" ".join(str(value).split())[:60] for value in arguments.values())


def _with(result: Result, lines: list[str], *, ok: bool) -> Result:
    return Result("\n".join([result.text, *lines]), ok, result.cut, result.changes)
