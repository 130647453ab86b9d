"""A task without tools, for models too small to call any: what it needs is looked up for them.

A question becomes one prompt, with what is mentioned or shares most words with it, and one answer. A change
is made as `coder fix` makes it: one block a turn, of the place that it is about.
"""

import re
import time
from collections.abc import Generator as Steps
from collections.abc import Iterator, Mapping, Sequence
from threading import Event
from typing import Any

from assistant.agent import events
from assistant.agent.briefing import Briefing
from assistant.agent.budget import Budget
from assistant.agent.check import Check, may_run, run_check
from assistant.agent.command import CommandResult
from assistant.agent.consent import is_allowed
from assistant.agent.events import AgentEvent, AskConsent, Outcome, Usage
from assistant.agent.excerpts import Excerpt
from assistant.agent.exchanges import asked, conversation
from assistant.agent.fix import Fixer, FixOptions
from assistant.agent.loop import AgentOptions
from assistant.agent.mentions import Mentions, with_files
from assistant.agent.orders import asks_for_change, problem_in_words
from assistant.agent.pace import Pace
from assistant.agent.permissions import Permissions
from assistant.agent.relevance import relevant_excerpts, relevant_files
from assistant.agent.repetition import ended_at_circles
from assistant.agent.rewrite import Change
from assistant.agent.tools.tool import Action, Result
from assistant.chat.generator import Generator, Reply, ReplyOptions
from assistant.chat.messages import Message
from assistant.errors import ContextFullError, UsageError
from assistant.repo.checkpoints import Checkpoints
from assistant.repo.files import SourceFile, read_source
from assistant.repo.instructions import NAME as INSTRUCTIONS
from assistant.repo.workspace import Workspace
from assistant.resources import resource_folder

_SHARE_FOR_ANSWER = 1 / 4
_SHARE_FOR_CODE = 1 / 4
_CHARACTERS_A_TOKEN = 3
_FILES_TO_REPAIR = 5
# Unless they are mentioned: what is repaired is what tests test, and what AGENTS.md speaks of.
_NOT_TO_REPAIR = re.compile(
    rf"(^|/)(tests?|specs?|__tests__)/|(^|/)test_|[_.](test|spec)\.|(^|/){re.escape(INSTRUCTIONS)}$",
    re.IGNORECASE,
)


class DirectWork:
    """One task, as `loop.Agent` does it with models that call tools."""

    def __init__(
        self,
        generator: Generator,
        workspace: Workspace,
        checkpoints: Checkpoints,
        permissions: Permissions,
        consent: AskConsent,
        options: AgentOptions,
        *,
        mentions: Mentions,
        cancel: Event | None = None,
        history: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._generator = generator
        self._workspace = workspace
        self._checkpoints = checkpoints
        self._permissions = permissions
        self._consent = consent
        self._options = options
        self._mentions = mentions
        self._cancel = cancel
        self._history = history

    def run(self, task: str) -> Iterator[AgentEvent]:
        """Ends with the outcome. Raises what the generator raises of a model that cannot be used."""
        mode = self._permissions.mode
        check = self._options.check
        changes = not self._permissions.reads_only and (
            asks_for_change(task) or (check is not None and not check.named_by)
        )
        given = "" if changes else self._code_for(task)
        yield events.Started(task, self._generator.name, mode, Briefing(given=given))
        try:
            yield (yield from self._change(task) if changes else self._answer(task, given))
        except ContextFullError as error:
            yield Outcome("context full", why=f"{error.message} {error.hint}".strip())

    def _code_for(self, question: str) -> str:
        """What is mentioned, else what has most to do with the question."""
        room = int(self._generator.context_tokens * _SHARE_FOR_CODE * _CHARACTERS_A_TOKEN)
        mentioned: list[SourceFile | Excerpt] = [*self._mentions.files, *self._mentions.excerpts]
        chosen = [each for each in mentioned if len(each.text) <= room]
        return with_files("", chosen or relevant_excerpts(question, self._workspace, room)).strip()

    def _answer(self, question: str, given: str) -> Steps[AgentEvent, None, Outcome]:
        started = time.monotonic()
        with Budget(self._options.budget_s, self._cancel) as budget:
            messages = yield from self._conversation(question, given)
            yield events.Step(1, self._usage(messages, given))
            pace = Pace(self._generator)
            room = int(self._generator.context_tokens * _SHARE_FOR_ANSWER)
            options = ReplyOptions(max_tokens=min(room, self._options.answer_tokens), cancel=budget.cancel)
            reply = None
            for event in ended_at_circles(self._generator.reply(messages, options), budget.cancel):
                yield event
                if isinstance(event, Reply):
                    reply = event
        assert reply is not None, "a generator ends with its reply"
        pace.note(reply.stats)
        ended = not (budget.spent or reply.finish == "cancelled")
        seconds = time.monotonic() - started
        return Outcome(
            "done" if ended else "out of budget" if budget.spent else "cancelled",
            reply.text.strip(),
            steps=1,
            stats=reply.stats,
            seconds=seconds,
            budget_s=self._options.budget_s,
            plain=pace.plain(seconds),
            why=_WHY.get(reply.finish, "") if ended else "",
        )

    def _conversation(self, question: str, given: str) -> Steps[AgentEvent, None, list[Message]]:
        messages, shrunk = conversation(
            Message("system", (resource_folder("prompts") / "answer.md").read_text("utf-8")),
            self._history,
            asked(question, given),
            room=int(self._generator.context_tokens * (1 - _SHARE_FOR_ANSWER)),
            count=self._generator.count_tokens,
        )
        if shrunk:
            yield shrunk
        return messages

    def _usage(self, messages: Sequence[Message], given: str) -> Usage:
        count = self._generator.count_tokens
        whole, system = count(messages), count(messages[:1])
        files = count([Message("user", given)]) - count([Message("user", "")]) if given else 0
        return Usage(system, 0, files, max(whole - system - files, 0), self._generator.context_tokens - whole)

    def _change(self, task: str) -> Steps[AgentEvent, None, Outcome]:
        started = time.monotonic()
        check = self._options.check
        if check and not (yield from may_run(check, self._permissions, self._consent)):
            check = None
        tested = (yield from self._tested(check)) if check else None
        sources = self._sources(task, tested)
        spent = time.monotonic() - started
        budget_s = self._options.budget_s
        fixer = Fixer(
            self._generator,
            sources,
            self._workspace,
            self._checkpoints,
            FixOptions(
                ": ".join([*self._mentions.names, problem_in_words(task) or task]),
                check,
                budget_s=None if budget_s is None else max(budget_s - spent, 0.0),
                seed=self._options.seed,
                title=task,
            ),
            self._agrees,
            cancel=self._cancel,
            tested=tested,
        )
        return (yield from fixer.repair())

    def _tested(self, check: Check) -> Steps[AgentEvent, None, CommandResult]:
        yield events.Checking(check.command, "as it is")
        result = run_check(check, self._workspace.root, cancel=self._cancel)
        yield events.Checked(result)
        return result

    def _sources(self, task: str, tested: CommandResult | None) -> list[SourceFile]:
        """The files that are mentioned, else the one that shares most words with the task; where a failing
        check tells which it is, the first few that do with the task or with what the check says. Raises
        UsageError for none."""
        paths = [excerpt.shown.rpartition(":")[0] for excerpt in self._mentions.excerpts]
        root = self._workspace.root
        found = [*self._mentions.files, *(read_source(root / path, root) for path in paths if path)]
        if not found:
            failed = tested if tested and not tested.passed else None
            told = f"{failed.command}\n{failed.output}" if failed else ""
            ranked = relevant_files(f"{task}\n{told}", self._workspace)
            likely = [each.source for each in ranked if not _NOT_TO_REPAIR.search(each.source.shown)]
            found = likely[: _FILES_TO_REPAIR if failed else 1]
        if not found:
            raise UsageError(
                "No file has to do with these words, and this model is too small to look around.",
                hint="Mention the file: @path. A larger model finds it: coder pull lists them.",
            )
        return list({source.path: source for source in found}.values())

    def _agrees(self, changes: Sequence[Change]) -> bool:
        diff = "".join(change.diff for change in changes)
        paths = [each.place.source.shown for each in changes]
        action = Action.writing(paths, lambda: Result(""), diff)
        return is_allowed(self._consent, self._permissions, "edit", "write", action)


_WHY = {
    "circles": "The answer began to repeat itself, and was ended there.",
    "length": "The answer was longer than there is room for, and was ended there.",
    "context": "The answer was longer than there is room for, and was ended there.",
}
