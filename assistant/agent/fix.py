"""Repair files: gather what is wrong, ask for the place anew, show, write on consent, test, go round.

Everything that happens is an event; the last one is the outcome.
"""

import math
import time
from collections.abc import Generator as Steps
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.agent.answer import UnusableAnswerError
from assistant.agent.budget import Budget
from assistant.agent.command import CommandResult, run_command
from assistant.agent.evidence import Evidence, gather
from assistant.agent.fix_events import (
    Asking,
    Consent,
    FixEvent,
    FixOptions,
    Outcome,
    Proposed,
    Reduced,
    Tested,
    Testing,
    Unusable,
    Written,
)
from assistant.agent.places import Place, find_places
from assistant.agent.reduce import needed_hunks, passing_part
from assistant.agent.rewrite import Change, rewritable_characters, rewrite
from assistant.agent.trial import Trial
from assistant.chat.generator import Generator, Reply
from assistant.errors import ContextFullError, UsageError
from assistant.repo.checkpoints import Checkpoints
from assistant.repo.files import SourceFile, require_writable, write_all
from assistant.repo.hunks import Hunk, apply_hunks, unified_diff
from assistant.repo.syntax import language_of, syntax_problems
from assistant.repo.workspace import Workspace

_PLACES_A_ROUND = 2
_REDUCING_S = 60.0


def check_request(sources: Sequence[SourceFile], options: FixOptions) -> None:
    """Raise what can be known before a model is loaded: RefusedError for a protected file, UsageError
    where nothing says what is wrong."""
    for source in sources:
        if not options.dry_run:
            require_writable(source)
    broken = any(syntax_problems(source.text, language_of(source.path)) for source in sources)
    if not (options.message.strip() or options.test or broken):
        raise UsageError(
            "Nothing says what is wrong.",
            hint="Say it with -m 'what to change', or give the failing command with --test.",
        )


class Fixer:
    """One run of `coder fix` over `sources`. `consent` is asked before anything is written."""

    def __init__(
        self,
        generator: Generator,
        sources: Sequence[SourceFile],
        workspace: Workspace,
        checkpoints: Checkpoints,
        options: FixOptions,
        consent: Consent,
    ) -> None:
        self._generator = generator
        self._sources = sources
        self._workspace = workspace
        self._options = options
        self._consent = consent
        self._outcome = Outcome()
        self._turn = checkpoints.turn(_title(options, sources))
        self._tried: set[str] = set()
        self._budget = Budget(options.budget_s)

    def run(self) -> Iterator[FixEvent]:
        """Raises what `check_request` does, and ContextFullError where nothing fits the model's context."""
        started = time.monotonic()
        check_request(self._sources, self._options)
        with self._turn, self._budget:
            yield from self._work()
        self._outcome.seconds = time.monotonic() - started
        yield self._outcome

    def _work(self) -> Iterator[FixEvent]:
        failed: CommandResult | None = None
        if self._options.test:
            result = yield from self._test("as it is")
            failed = None if result.passed else result
        evidence = gather(self._sources, self._workspace.root, self._options.message, failed)
        if evidence.empty:
            self._outcome.status = "nothing to do"
            return
        places = find_places(self._sources, evidence, fits=rewritable_characters(self._generator))
        if not places:
            raise ContextFullError(
                f"{self._sources[0].shown} is too long for the model's context of "
                f"{self._generator.context_tokens} tokens, and nothing says which part to change.",
                hint="Name the function in -m, or give a larger context with --context.",
            )
        if self._options.test and not self._options.dry_run:
            yield from self._until_the_test_passes(places, evidence)
        else:
            yield from self._once(places, evidence)
        if self._budget.spent and self._outcome.status == "not achieved":
            self._outcome.status = "out of budget"

    def _once(self, places: Sequence[Place], evidence: Evidence) -> Iterator[FixEvent]:
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
                if change or self._budget.spent:
                    break
        if not changes:
            return
        yield Proposed(tuple(changes))
        for change in changes:
            self._outcome.changed(change.place.source, change.text)
        if self._options.dry_run:
            self._outcome.status = "proposed"
        elif not self._consent(changes):
            self._refuse()
        else:
            write_all([(change.place.source, change.text) for change in changes], self._turn.keep)
            self._outcome.status, self._outcome.turn = "done", self._turn.id
            yield Written(tuple(change.place.source for change in changes))

    def _until_the_test_passes(self, places: Sequence[Place], evidence: Evidence) -> Iterator[FixEvent]:
        for attempt in range(self._options.tries):
            for place in places[:_PLACES_A_ROUND]:
                change = yield from self._ask(place, evidence, attempt)
                if change and change.text not in self._tried:
                    self._tried.add(change.text)
                    yield Proposed((change,))
                    if not self._consent([change]):
                        self._refuse()
                        return
                    yield from self._try(change)
                if self._outcome.status == "done" or self._budget.spent:
                    return

    def _try(self, change: Change) -> Iterator[FixEvent]:
        """Write the change and test it; what passes stays, without the hunks that are not needed."""
        source = change.place.source
        with Trial(source, self._turn.keep) as trial:
            trial.put(change.text)
            yield Written((source,))
            result = yield from self._test("changed")
            if self._budget.spent and not result.passed:
                return

            def passes(part: Sequence[Hunk]) -> bool:
                if time.monotonic() > until or self._budget.spent:
                    return False
                trial.put(apply_hunks(source.text, part))
                return self._run_test(until - time.monotonic()).passed

            until = time.monotonic() + _REDUCING_S
            part: Sequence[Hunk] | None = change.hunks
            if result.passed:
                trial.keep()
                part = needed_hunks(change.hunks, change.unexpected, passes)
            else:
                part = passing_part(change.hunks, change.unexpected, passes)
            if part is None:
                return
            trial.put(apply_hunks(source.text, part))
            trial.keep()
            self._outcome.status, self._outcome.turn = "done", self._turn.id
            self._outcome.changed(source, trial.now.text)
            self._outcome.dropped_hunks = len(change.hunks) - len(part)
            if self._outcome.dropped_hunks:
                dropped = unified_diff(trial.now.text, change.text, source.shown)
                yield Reduced(self._outcome.dropped_hunks, len(part), dropped)
                if not result.passed:
                    yield from self._test("with part of the change")

    def _ask(self, place: Place, evidence: Evidence, attempt: int) -> Steps[FixEvent, None, Change | None]:
        yield Asking(place, attempt + 1)
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
                    self._outcome.answers += 1
                    self._outcome.stats.add(event.stats)
                yield event
        except UnusableAnswerError as reason:
            yield Unusable(str(reason))
        return change

    def _test(self, why: str) -> Steps[FixEvent, None, CommandResult]:
        assert self._options.test
        yield Testing(self._options.test, why)
        result = self._run_test()
        self._outcome.test = result
        yield Tested(result)
        return result

    def _run_test(self, at_most_s: float = math.inf) -> CommandResult:
        return run_command(
            self._options.test or "",
            self._workspace.root,
            timeout_s=min(self._options.test_timeout_s, at_most_s),
            cancel=self._budget.cancel,
        )

    def _refuse(self) -> None:
        self._outcome.texts.clear()
        self._outcome.status = "refused"


def _title(options: FixOptions, sources: Sequence[SourceFile]) -> str:
    why = options.message or (f"until `{options.test}` passes" if options.test else "syntax")
    return f"fix {', '.join(source.shown for source in sources)}: {why}"
