"""Repair files: gather what is wrong, ask for the place anew, show, write on consent, test, go round.

Everything that happens is an event; the last one is the outcome.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Steps
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from assistant.agent.answer import UnusableAnswerError
from assistant.agent.budget import Budget
from assistant.agent.check import Check, run_check
from assistant.agent.command import CommandResult
from assistant.agent.events import (
    AgentEvent,
    Asking,
    Changed,
    Checked,
    Checking,
    Outcome,
    Proposed,
    Reduced,
    Started,
    Status,
    Unusable,
)
from assistant.agent.evidence import Evidence, gather
from assistant.agent.pace import Pace
from assistant.agent.places import Place, find_places
from assistant.agent.reduce import needed_hunks, passing_part
from assistant.agent.rewrite import Change, rewritable_characters, rewrite
from assistant.agent.trial import Trial
from assistant.chat.generator import Generator, Reply
from assistant.chat.messages import Message
from assistant.engine.stats import Stats
from assistant.errors import ContextFullError, UsageError
from assistant.repo.checkpoints import Checkpoints
from assistant.repo.files import SourceFile, require_writable, write_all
from assistant.repo.hunks import Hunk, apply_hunks, unified_diff
from assistant.repo.syntax import language_of, syntax_problems
from assistant.repo.workspace import Workspace

Consent = Callable[[Sequence[Change]], bool]
_PLACES_A_ROUND = 2
_REDUCING_S = 60.0


@dataclass(frozen=True, slots=True)
class FixOptions:
    """`check` must pass in the end. `tries` are rounds over the likeliest places; `budget_s` None means as
    long as it takes. `title` is what the change is called where it can be taken back."""

    message: str = ""
    check: Check | None = None
    tries: int = 3
    budget_s: float | None = None
    dry_run: bool = False
    seed: int = 0
    title: str = ""


def check_request(sources: Sequence[SourceFile], options: FixOptions) -> None:
    """Raise what can be known before a model is loaded: RefusedError for a protected file, UsageError
    where nothing says what is wrong."""
    for source in sources:
        if not options.dry_run:
            require_writable(source)
    broken = any(syntax_problems(source.text, language_of(source.path)) for source in sources)
    if not (options.message.strip() or options.check or broken):
        raise UsageError(
            "Nothing says what is wrong.",
            hint="Say it with -m 'what to change', or give the failing command with --test.",
        )


class Fixer:
    """One repair of `sources`. `consent` is asked before anything is written; setting `cancel` stops it.
    `tested` is the check's run on the files as they are, where it has been run already."""

    def __init__(
        self,
        generator: Generator,
        sources: Sequence[SourceFile],
        workspace: Workspace,
        checkpoints: Checkpoints,
        options: FixOptions,
        consent: Consent,
        *,
        cancel: Event | None = None,
        tested: CommandResult | None = None,
    ) -> None:
        self._generator = generator
        self._sources = sources
        self._workspace = workspace
        self._options = options
        self._consent = consent
        self._status: Status = "not achieved"
        self._changes: dict[str, Change] = {}
        self._answers = 0
        self._tested = tested
        self._not_needed = ""
        self._stats = Stats()
        self._pace = Pace(generator)
        self._tried: set[str] = set()
        self._title = _title(options, sources)
        self._turn = checkpoints.turn(self._title)
        self._budget = Budget(options.budget_s, cancel)

    def run(self) -> Iterator[AgentEvent]:
        """Ends with the outcome. Raises what `check_request` does, and ContextFullError where nothing fits
        the model's context."""
        yield Started(self._title, self._generator.name, "fix")
        yield (yield from self.repair())

    def repair(self) -> Steps[AgentEvent, None, Outcome]:
        """The same as a part of something larger."""
        started = time.monotonic()
        check_request(self._sources, self._options)
        with self._turn, self._budget:
            yield from self._work()
        written = self._status == "done"
        return Outcome(
            self._status,
            steps=self._answers,
            changed=tuple(self._changes),
            turn=self._turn.id if written else None,
            test=self._tested,
            stats=self._stats,
            seconds=time.monotonic() - started,
            diff="".join(change.diff for change in self._changes.values()),
            not_needed=self._not_needed,
            budget_s=self._budget.seconds,
            plain=self._pace.plain(time.monotonic() - started),
        )

    def _work(self) -> Iterator[AgentEvent]:
        check = self._options.check
        before = (self._tested or (yield from self._test(check, "as it is"))) if check else None
        failed = None if before is None or before.passed else before
        evidence = gather(self._sources, self._workspace.root, self._options.message, failed)
        if evidence.empty:
            self._status = "nothing to do"
            return
        places = find_places(self._sources, evidence, fits=rewritable_characters(self._generator))
        if not places:
            raise ContextFullError(
                f"{self._sources[0].shown} is too long for the model's context of "
                f"{self._generator.context_tokens} tokens, and nothing says which part to change.",
                hint="Name the function in -m, or give a larger context with --context.",
            )
        if check and not self._options.dry_run:
            yield from self._until_the_test_passes(check, places, evidence, tells=failed is not None)
        else:
            yield from self._once(places, evidence)
        if self._budget.cancel.is_set() and self._status == "not achieved":
            self._status = "out of budget" if self._budget.spent else "cancelled"

    def _once(self, places: Sequence[Place], evidence: Evidence) -> Iterator[AgentEvent]:
        """Change the likeliest place of each file, all files or none."""
        changes: list[Change] = []
        likeliest: dict[Path, Place] = {}
        for place in places:
            likeliest.setdefault(place.source.path, place)
        for place in likeliest.values():
            for attempt in range(self._options.tries):
                change = yield from self._ask(place, evidence, attempt)
                if change:
                    changes.append(change)
                if change or self._budget.cancel.is_set():
                    break
        if not changes:
            return
        yield Proposed(tuple(changes))
        for change in changes:
            self._changes[change.place.source.shown] = change
        if self._options.dry_run:
            self._status = "proposed"
        elif not self._consent(changes):
            self._refuse()
        else:
            write_all([(change.place.source, change.text) for change in changes], self._turn.keep)
            self._status = "done"
            yield Changed.by(changes)

    def _until_the_test_passes(
        self, check: Check, places: Sequence[Place], evidence: Evidence, *, tells: bool
    ) -> Iterator[AgentEvent]:
        """`tells` says that the check failed before, and so can tell which hunks it needs."""
        for attempt in range(self._options.tries):
            for place in places[:_PLACES_A_ROUND]:
                change = yield from self._ask(place, evidence, attempt)
                if change and change.text not in self._tried:
                    self._tried.add(change.text)
                    yield Proposed((change,))
                    if not self._consent([change]):
                        self._refuse()
                        return
                    yield from self._try(check, change, tells=tells)
                if self._status == "done" or self._budget.cancel.is_set():
                    return

    def _try(self, check: Check, change: Change, *, tells: bool) -> Iterator[AgentEvent]:
        """Write the change and test it; what passes stays, without the hunks that are not needed."""
        source = change.place.source
        with Trial(source, self._turn.keep) as trial:
            trial.put(change.text)
            yield Changed.by([change])
            result = yield from self._test(check, "changed")
            if not result.passed and (self._budget.cancel.is_set() or not tells):
                return
            if result.passed:
                trial.keep()
            part = self._needed(check, change, trial, passed=result.passed) if tells else change.hunks
            if part is None:
                return
            trial.put(apply_hunks(source.text, part))
            trial.keep()
            self._status = "done"
            self._changes[source.shown] = replace(change, text=trial.now.text)
            if dropped := len(change.hunks) - len(part):
                self._not_needed = unified_diff(trial.now.text, change.text, source.shown)
                yield Reduced(dropped, len(part), self._not_needed)
                if not result.passed:
                    yield from self._test(check, "with part of the change")

    def _needed(self, check: Check, change: Change, trial: Trial, *, passed: bool) -> Sequence[Hunk] | None:
        """The hunks of a change that `passed` without which it would not; of another, some that pass."""
        until = time.monotonic() + _REDUCING_S

        def passes(part: Sequence[Hunk]) -> bool:
            if time.monotonic() > until or self._budget.cancel.is_set():
                return False
            trial.put(apply_hunks(trial.original.text, part))
            return self._result_of(check, until - time.monotonic()).passed

        if passed:
            return needed_hunks(change.hunks, change.unexpected, passes)
        return passing_part(change.hunks, change.unexpected, passes)

    def _ask(self, place: Place, evidence: Evidence, attempt: int) -> Steps[AgentEvent, None, Change | None]:
        if self._too_late_for(place):
            self._budget.spend()
            return None
        yield Asking(place.shown, attempt + 1)
        change: Change | None = None
        try:
            for event in rewrite(
                self._generator,
                place,
                evidence,
                attempt=attempt,
                seed=self._options.seed,
                cancel=self._budget.cancel,
            ):
                if isinstance(event, Change):
                    change = event
                    continue
                if isinstance(event, Reply):
                    self._answers += 1
                    self._stats.add(event.stats)
                    self._pace.note(event.stats)
                yield event
        except UnusableAnswerError as reason:
            yield Unusable(str(reason))
        return change

    def _too_late_for(self, place: Place) -> bool:
        """Whether the place cannot be written in the time that is left."""
        if (left := self._budget.left_s) is None:
            return False
        tokens = self._generator.count_tokens([Message("user", place.code)])
        fitting = self._pace.tokens_in(left, tokens)
        return fitting is not None and fitting < tokens

    def _test(self, check: Check, why: str) -> Steps[AgentEvent, None, CommandResult]:
        yield Checking(check.command, why)
        result = self._result_of(check)
        self._tested = result
        yield Checked(result)
        return result

    def _result_of(self, check: Check, at_most_s: float = math.inf) -> CommandResult:
        return run_check(check, self._workspace.root, cancel=self._budget.cancel, at_most_s=at_most_s)

    def _refuse(self) -> None:
        self._changes.clear()
        self._status = "refused"


def _title(options: FixOptions, sources: Sequence[SourceFile]) -> str:
    if options.title:
        return options.title
    why = options.message or (f"until `{options.check.command}` passes" if options.check else "syntax")
    return f"fix {', '.join(source.shown for source in sources)}: {why}"
