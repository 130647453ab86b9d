"""`coder fix`: change files on consent, and until a test passes."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import (
    BudgetOption,
    ContextOption,
    DraftOption,
    EngineOption,
    FlashAttentionOption,
    JsonOption,
    KvTypeOption,
    ModelOption,
    ModelOptions,
    TestOption,
    TestTimeoutOption,
)
from assistant.errors import InterruptedByUserError, RefusedError

if TYPE_CHECKING:
    from assistant.agent.events import AgentEvent, Outcome
    from assistant.agent.fix import FixOptions
    from assistant.cli.engine import Remote
    from assistant.config import Settings
    from assistant.repo.files import SourceFile
    from assistant.repo.workspace import Workspace


def fix(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The files that may be changed.")],
    message: Annotated[str, typer.Option("-m", "--message", help="What is wrong, or what to change.")] = "",
    test: TestOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, write nothing.")] = False,
    tries: Annotated[int, typer.Option("--tries", min=1, max=50, help="How often the model may try.")] = 3,
    test_timeout: TestTimeoutOption = None,
    budget: BudgetOption = None,
    seed: Annotated[int, typer.Option("--seed", help="Chooses the later tries' wording.")] = 0,
    as_json: JsonOption = False,
    model: ModelOption = None,
    draft: DraftOption = None,
    engine: EngineOption = None,
    context: ContextOption = None,
    kv_type: KvTypeOption = None,
    flash_attention: FlashAttentionOption = None,
) -> None:
    """Repair or change files: show the diff, ask, write; with --test go round until it passes."""
    from assistant.agent.check import Check
    from assistant.agent.events import report
    from assistant.agent.fix import FixOptions
    from assistant.cli.engine import remote_for
    from assistant.cli.settings import settings_for

    if not (yes or dry_run or as_json) and not sys.stdin.isatty():
        raise RefusedError(
            "Nobody can be asked for consent here.", hint="Add --yes to write, or --dry-run to see the diff."
        )
    if as_json and not (yes or dry_run):
        raise RefusedError("With --json nobody is asked.", hint="Add --yes to write, or --dry-run.")
    workspace, sources = read_files(files)
    local = ModelOptions(
        model=model, draft=draft, context=context, kv_type=kv_type, flash_attention=flash_attention
    )
    settings = settings_for(
        workspace.root,
        may_ask=not as_json,
        test=test,
        test_timeout=test_timeout,
        budget=budget,
        **local,
    )
    remote = remote_for(engine, settings, **local)
    check = Check(settings.test, settings.test_timeout) if settings.test else None
    options = FixOptions(message, check, tries, settings.budget, dry_run, seed)
    run = FixRun(workspace, sources, options, yes=yes, quiet=as_json)
    outcome = run.run(settings, remote)
    if as_json:
        typer.echo(json.dumps(report(run.events), indent=2, default=str))
    raise typer.Exit(outcome.exit_code)


def read_files(files: Sequence[Path]) -> "tuple[Workspace, list[SourceFile]]":
    """The files, each once, and the repository that they lie in. Raises UsageError or RefusedError."""
    from assistant.repo.files import read_source
    from assistant.repo.workspace import find_workspace

    workspace = find_workspace(files[0])
    sources = {source.path: source for source in (read_source(file, workspace.root) for file in files)}
    return workspace, list(sources.values())


class FixRun:
    """Shows a run of the fixer on the terminal: what is done on stderr, the diff on stdout."""

    def __init__(
        self,
        workspace: "Workspace",
        sources: "Sequence[SourceFile]",
        options: "FixOptions",
        *,
        yes: bool,
        quiet: bool = False,
    ) -> None:
        from assistant.cli.narration import Narrator

        self._workspace = workspace
        self._sources = sources
        self._options = options
        self._yes = yes
        self._narrator = Narrator(quiet=quiet, diffs_on_stdout=True)
        self._line, self._say = self._narrator.line, self._narrator.say
        self.events: list[AgentEvent] = []

    def run(self, settings: "Settings", remote: "Remote | None" = None) -> "Outcome":
        """Load the model, do the work, tell how it ended."""
        from assistant.agent.events import Changed, Outcome
        from assistant.agent.fix import Fixer, check_request
        from assistant.cli.engine import open_generator
        from assistant.repo.checkpoints import open_checkpoints

        check_request(self._sources, self._options)
        outcome: Outcome | None = None
        with self._line:
            generator = open_generator(
                "fix", remote, settings, self._workspace.root, self._line.loading, self._narrator.tell
            )
            try:
                fixer = Fixer(
                    generator,
                    self._sources,
                    self._workspace,
                    open_checkpoints(self._workspace.root),
                    self._options,
                    self._consent,
                )
                for event in fixer.run():
                    self.events.append(event)
                    if isinstance(event, Outcome):
                        outcome = event
                    else:
                        self._narrator.show(event)
            except KeyboardInterrupt:
                raise InterruptedByUserError(
                    "Interrupted.",
                    hint="Nothing is lost: coder undo --list shows what was written."
                    if any(isinstance(event, Changed) for event in self.events)
                    else "Nothing was written.",
                ) from None
            finally:
                generator.close()
        assert outcome is not None, "the fixer ends with its outcome"
        self._conclude(outcome)
        return outcome

    def _consent(self, changes: "Sequence[Any]") -> bool:
        if self._yes:
            return True
        self._line.pause()
        names = ", ".join(change.place.source.shown for change in changes)
        check = self._options.check
        then = f" and run `{check.command}`" if check else ""
        try:
            self._narrator.err.print(f"Write {names}{then}? [bold]\\[y]es, \\[n]o, \\[a]lways:[/] ", end="")
            answer = input().strip().lower()
        except EOFError:
            return False
        self._yes = answer in ("a", "always")
        self._line.resume()
        return self._yes or answer in ("y", "yes")

    def _conclude(self, outcome: "Outcome") -> None:
        match outcome.status:
            case "done":
                changed = ", ".join(outcome.changed)
                self._say(
                    f"Done: {changed} changed. To take it back: coder undo --turn {outcome.turn}", "green"
                )
            case "nothing to do":
                self._say("The test passes already; nothing was changed.", "green")
            case "proposed":
                self._say("Nothing was written (--dry-run).")
            case "refused":
                self._say("Refused; nothing was changed.", "yellow")
            case "out of budget":
                self._say("The time budget is spent. The files are as they were.", "yellow")
            case "not achieved":
                self._say(f"Not achieved in {outcome.steps} answers. The files are as they were.", "red")
        self._narrator.sum_up(outcome)
