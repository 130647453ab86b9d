"""`coder fix`: change files on consent, and until a test passes."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import (
    ContextOption,
    EngineOption,
    FlashAttentionOption,
    JsonOption,
    KvTypeOption,
    ModelOption,
)
from assistant.errors import InterruptedByUserError, RefusedError

if TYPE_CHECKING:
    from assistant.agent.fix_events import FixOptions, Outcome
    from assistant.cli.engine import Remote
    from assistant.config import Settings
    from assistant.repo.files import SourceFile
    from assistant.repo.workspace import Workspace


def fix(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The files that may be changed.")],
    message: Annotated[str, typer.Option("-m", "--message", help="What is wrong, or what to change.")] = "",
    test: Annotated[
        str | None, typer.Option("--test", metavar="CMD", help="A command that must pass in the end.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, write nothing.")] = False,
    tries: Annotated[int, typer.Option("--tries", min=1, max=50, help="How often the model may try.")] = 3,
    test_timeout: Annotated[
        float | None,
        typer.Option("--test-timeout", metavar="SECONDS", min=0.1, help="When a test run is stopped."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", metavar="SECONDS", min=0.1, help="Stop after this time.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Chooses the later tries' wording.")] = 0,
    as_json: JsonOption = False,
    model: ModelOption = None,
    engine: EngineOption = None,
    context: ContextOption = None,
    kv_type: KvTypeOption = None,
    flash_attention: FlashAttentionOption = None,
) -> None:
    """Repair or change files: show the diff, ask, write; with --test go round until it passes."""
    from assistant.agent.fix_events import FixOptions
    from assistant.cli.engine import remote_for
    from assistant.cli.settings import settings_for

    if not (yes or dry_run or as_json) and not sys.stdin.isatty():
        raise RefusedError(
            "Nobody can be asked for consent here.", hint="Add --yes to write, or --dry-run to see the diff."
        )
    if as_json and not (yes or dry_run):
        raise RefusedError("With --json nobody is asked.", hint="Add --yes to write, or --dry-run.")
    workspace, sources = read_files(files)
    settings = settings_for(
        workspace.root,
        may_ask=not as_json,
        test=test,
        test_timeout=test_timeout,
        budget=budget,
        model=model,
        context=context,
        kv_type=kv_type,
        flash_attention=flash_attention,
    )
    remote = remote_for(
        engine, settings, model=model, context=context, kv_type=kv_type, flash_attention=flash_attention
    )
    options = FixOptions(
        message, settings.test or None, tries, settings.test_timeout, settings.budget, dry_run, seed
    )
    outcome = FixRun(workspace, sources, options, yes=yes, quiet=as_json).run(settings, remote)
    if as_json:
        typer.echo(json.dumps(described(outcome), indent=2))
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
        from rich.console import Console

        from assistant.cli.live import LiveLine

        self._workspace = workspace
        self._sources = sources
        self._options = options
        self._yes = yes
        self._quiet = quiet
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)
        self._out = Console(highlight=False, soft_wrap=True)
        self._line = LiveLine(self._err)
        self._written = False

    def run(self, settings: "Settings", remote: "Remote | None" = None) -> "Outcome":
        """Load the model, do the work, tell how it ended."""
        from assistant.agent.fix import Fixer, check_request
        from assistant.agent.fix_events import Outcome
        from assistant.chat.generator import Reply
        from assistant.cli.engine import open_generator
        from assistant.repo.checkpoints import open_checkpoints

        check_request(self._sources, self._options)
        outcome: Outcome | None = None
        with self._line:
            generator = open_generator(remote, settings, self._workspace.root, self._line.loading, self._tell)
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
                    if isinstance(event, Outcome):
                        outcome = event
                        continue
                    self._show(event)
                    for note in event.notes if isinstance(event, Reply) else ():
                        self._tell(note)
            except KeyboardInterrupt:
                raise InterruptedByUserError(
                    "Interrupted.",
                    hint="Nothing is lost: coder undo --list shows what was written."
                    if self._written
                    else "Nothing was written.",
                ) from None
            finally:
                generator.close()
        assert outcome is not None, "the fixer ends with its outcome"
        self._conclude(outcome)
        return outcome

    def _show(self, event: Any) -> None:
        from assistant.agent import fix_events as events

        match event:
            case events.Testing():
                self._line.begin(f"$ {event.command}")
            case events.Tested():
                style = "green" if event.result.passed else "red"
                self._say(f"$ {event.result.command}: {event.result.describe()}", style)
            case events.Asking():
                self._line.begin(f"{event.place.shown}, try {event.attempt}")
            case events.Unusable():
                self._say(f"The answer cannot be used: {event.reason}. Nothing was written.", "yellow")
            case events.Proposed():
                self._show_diff(event.changes)
            case events.Written():
                self._written = True
            case events.Reduced():
                hunks = f"{event.dropped} of {event.dropped + event.kept} hunks"
                self._say(f"{hunks} were not needed for the test to pass and were dropped again:")
                self._show_dropped(event.diff)
            case _:
                self._line.reply(event)

    def _show_dropped(self, diff: str) -> None:
        from assistant.cli.diff import diff_lines

        if not self._quiet:
            for text in diff_lines(diff):
                self._err.print(text)

    def _show_diff(self, changes: "Sequence[Any]") -> None:
        from assistant.cli.diff import coloured

        if self._quiet:
            return
        self._line.pause()
        for change in changes:
            for text in coloured(change):
                self._out.print(text)
        self._line.resume()

    def _consent(self, changes: "Sequence[Any]") -> bool:
        if self._yes:
            return True
        self._line.pause()
        names = ", ".join(change.place.source.shown for change in changes)
        then = f" and run `{self._options.test}`" if self._options.test else ""
        try:
            self._err.print(f"Write {names}{then}? [bold]\\[y]es, \\[n]o, \\[a]lways:[/] ", end="")
            answer = input().strip().lower()
        except EOFError:
            return False
        self._yes = answer in ("a", "always")
        self._line.resume()
        return self._yes or answer in ("y", "yes")

    def _conclude(self, outcome: "Outcome") -> None:
        from assistant.cli.live import speed_of

        match outcome.status:
            case "done":
                changed = ", ".join(outcome.texts)
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
                self._say(f"Not achieved in {outcome.answers} answers. The files are as they were.", "red")
        if outcome.answers and not self._quiet:
            drafters = outcome.stats.by_drafter.items()
            by = [f"{name} {count.accepted}/{count.drafted}" for name, count in drafters]
            self._err.print(
                f"{outcome.stats.emitted} tokens ·",
                speed_of(outcome.stats),
                *([f"· {', '.join(by)}"] if by else []),
                f"· {outcome.seconds:.1f} s",
            )

    def _say(self, text: str, style: str = "") -> None:
        if not self._quiet:
            self._tell(text, style)

    def _tell(self, note: str, style: str = "yellow") -> None:
        """Also where there is JSON on stdout: where prompts go, what had to be left out."""
        from rich.text import Text

        from assistant.visible import visible

        self._err.print(Text(visible(note), style))


def described(outcome: "Outcome") -> dict[str, Any]:
    """The outcome as the JSON document of `coder fix --json`."""
    test = outcome.test
    return {
        "status": outcome.status,
        "files": list(outcome.texts),
        "diff": outcome.diff,
        "turn": outcome.turn,
        "tries": outcome.answers,
        "dropped_hunks": outcome.dropped_hunks,
        "test": test
        and {
            "command": test.command,
            "passed": test.passed,
            "exit_code": test.returncode,
            "stopped": test.stopped or None,
            "seconds": round(test.seconds, 3),
            "output": test.output,
        },
        "seconds": round(outcome.seconds, 3),
        "metrics": outcome.stats.as_dict(),
    }
