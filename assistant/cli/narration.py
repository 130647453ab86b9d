"""What happens in a run, told on the terminal as it happens."""

import typer
from rich.console import Console
from rich.text import Text

from assistant.agent import events
from assistant.agent.events import AgentEvent
from assistant.chat.generator import PromptRead, Reply, TextPiece
from assistant.cli.diff import coloured, diff_lines
from assistant.cli.live import LiveLine, speed_of
from assistant.visible import visible


class Narrator:
    """Tells it on stderr, where `line` is what goes on just now. A quiet one says nothing. `usage` is the
    model's context as it was last. With `streams_answers` what the model writes in a step goes to stdout as
    it comes, and `streamed` is true once some has."""

    def __init__(self, *, quiet: bool, diffs_on_stdout: bool = False) -> None:
        self._quiet = quiet
        self.err = Console(stderr=True, highlight=False, soft_wrap=True)
        self._diffs = Console(highlight=False, soft_wrap=True) if diffs_on_stdout else self.err
        self.line = LiveLine(self.err)
        self.usage: events.Usage | None = None
        self.streams_answers = self.streamed = self._streaming = False
        self._shown = ""

    def show(self, event: AgentEvent) -> None:
        match event:
            case TextPiece() if self._streaming:
                self._stream(event)
            case PromptRead() | TextPiece():
                self.line.reply(event)
            case Reply() if self._streaming and self.streamed:
                typer.echo()
            case events.Step():
                self.line.begin(f"step {event.number}")
                self._streaming = self.streams_answers
                self.usage = event.usage
            case events.Asking():
                self.line.begin(f"{event.what}, try {event.attempt}")
                self._streaming = False
            case events.Checking():
                self.line.begin(f"$ {event.command}")
            case events.Checked():
                style = "green" if event.result.passed else "red"
                self.say(f"$ {event.result.command}: {event.result.describe()}", style)
            case events.Called() if event.tool != "done":  # its words are the answer
                arguments = ", ".join(_short(value) for value in event.arguments.values())
                self.say(f"{event.tool} {arguments}".rstrip(), "cyan")
            case events.Consented() if event.request.tool == "check" and event.answer == "no":
                self.say(f"The check is not run: {event.request.preview}", "yellow")
            case events.Observed() if not event.ok:
                self.say(f"  {_short(event.text)}", "yellow")
            case Reply() if event.notes:
                self.tell("\n".join(event.notes))
            case _:
                self._show_change(event)

    def _show_change(self, event: AgentEvent) -> None:
        match event:
            case events.Proposed():
                self._print_diff(event.diff, [line for change in event.changes for line in coloured(change)])
            case events.Changed():
                self.diff(event.diff)
                for problem in event.problems:
                    self.say(problem, "red")
            case events.Unusable():
                self.say(f"The answer cannot be used: {event.reason}. Nothing was written.", "yellow")
            case events.Reduced():
                hunks = f"{event.dropped} of {event.dropped + event.kept} hunks"
                self.say(f"{hunks} were not needed for the test to pass and were dropped again:")
                self._aside(event.diff)
            case events.NotNeeded():
                self.say("The check passes without these changes too; they were kept:")
                self._aside(event.diff)
            case events.Shrunk():
                taken = f"{event.tokens_before} to {event.tokens_after} tokens"
                left_out = "; ".join(event.what)
                self.say(f"Made room in the context, from {taken}; left out: {left_out}", "yellow")

    def _stream(self, piece: TextPiece) -> None:
        if not piece.thinking:
            self.line.pause()
            self.streamed = True
            typer.echo(visible(piece.text), nl=False)

    def diff(self, diff: str) -> None:
        """Once, also where it is proposed and then made."""
        self._print_diff(diff, list(diff_lines(diff)))

    def _print_diff(self, diff: str, lines: list[Text]) -> None:
        if diff == self._shown or self._quiet:
            return
        self._shown = diff
        self.line.pause()
        for line in lines:
            self._diffs.print(line)
        self.line.resume()

    def _aside(self, diff: str) -> None:
        """A diff that is not what is proposed."""
        for line in () if self._quiet else diff_lines(diff):
            self.err.print(line)

    def tell(self, note: str) -> None:
        """What the user should know in any case: where prompts go, what had to be left out."""
        self.err.print(Text(visible(note), "yellow"))

    def say(self, text: str, style: str = "") -> None:
        if not self._quiet:
            self.err.print(Text(visible(text), style))

    def sum_up(self, outcome: events.Outcome) -> None:
        """Speed by drafter, what plain decoding would have reached in the budget, and what is in the model's
        context."""
        steps, stats, seconds = outcome.steps, outcome.stats, outcome.seconds
        if self._quiet or not steps:
            return
        by = [f"{name} {count.accepted}/{count.drafted}" for name, count in stats.by_drafter.items()]
        self.err.print(
            f"{_counted(steps, 'step')} · {_counted(stats.emitted, 'token')} ·",
            speed_of(stats),
            *([f"· {', '.join(by)}"] if by else []),
            f"· {seconds:.1f} s",
        )
        if outcome.budget_s is not None and (plain := outcome.plain):
            reached = f"{_counted(plain.steps, 'step')} and {_counted(plain.tokens, 'token')}"
            self.say(
                f"plain decoding, at {plain.decode_tps:.1f} tok/s, would have reached {reached} by then (an"
                " estimate from the cost curve)"
            )
        if self.usage:
            usage = self.usage
            parts = {
                "system": usage.system,
                "map": usage.map,
                "files": usage.files,
                "conversation": usage.conversation,
                "free": usage.free,
            }
            told = " · ".join(f"{part} {tokens:,}" for part, tokens in parts.items() if tokens)
            self.say(f"context: {told} tokens", "dim")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 100 else f"{text[:99]}…"
