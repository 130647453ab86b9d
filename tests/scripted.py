"""A Generator that replays given answers, in small pieces and with plausible counters."""

import time
from collections.abc import Iterator, Sequence

from assistant.catalog.edit_format import EditFormat
from assistant.chat.generator import FinishReason, PromptRead, Reply, ReplyEvent, ReplyOptions, TextPiece
from assistant.chat.messages import Message
from assistant.chat.tools import ToolFormatName
from assistant.engine.stats import Stats
from assistant.errors import CoderError, ContextFullError

THINK, ANSWER = "<think>", "</think>"


class ScriptedGenerator:
    """Answers the n-th question with `answers[n]`: a text, or an error that is raised.

    A text may begin with `<think>…</think>`; it includes the prefix that is asked for. `asked` keeps
    what it was asked. Every piece takes `pause_s`; with `pause_s` > 0 it can be cancelled while it
    writes. After `holds_after` pieces it waits until it is cancelled."""

    def __init__(
        self,
        *answers: str | CoderError,
        name: str = "scripted-1b",
        context_tokens: int = 4096,
        piece_chars: int = 12,
        pause_s: float = 0.0,
        finish: FinishReason = "stop",
        holds_after: int | None = None,
        notes: tuple[str, ...] = (),
        tool_format: ToolFormatName | None = "hermes",
        edit_format: EditFormat | None = None,
        drafters: Sequence[str | None] = ("lookup",),
        cost_curve: Sequence[float] = (),
    ) -> None:
        self._answers = list(answers)
        self._name = name
        self._context_tokens = context_tokens
        self._piece_chars = piece_chars
        self._pause_s = pause_s
        self._finish: FinishReason = finish
        self._holds_after = holds_after
        self._notes = notes
        self._drafters = drafters
        self._cost_curve = list(cost_curve)
        self.asked: list[tuple[tuple[Message, ...], ReplyOptions]] = []
        self._tool_format = tool_format
        self._edit_format: EditFormat | None = edit_format
        self.closed = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    @property
    def cost_curve(self) -> list[float]:
        return self._cost_curve

    @property
    def thinks_first(self) -> bool:
        return any(isinstance(answer, str) and answer.startswith(THINK) for answer in self._answers)

    @property
    def tool_format(self) -> ToolFormatName | None:
        return self._tool_format

    @property
    def edit_format(self) -> EditFormat | None:
        return self._edit_format

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content) // 4 + 4 for message in messages)

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        self.asked.append((tuple(messages), options))
        prompt = self.count_tokens(messages)
        if prompt >= self._context_tokens:
            raise ContextFullError(f"The prompt takes {prompt} of {self._context_tokens} tokens.")
        answer = self._answers.pop(0)
        if isinstance(answer, CoderError):
            raise answer
        stats = Stats(prompt_tokens=prompt, reused_tokens=prompt // 2, prefill_s=0.5)
        for part in (2, 3, 4):
            yield PromptRead(prompt * part // 4, prompt, stats.reused_tokens)
        thinking, text = _split(answer)
        begun = options.prefix if text.startswith(options.prefix) else ""
        written = {True: "", False: begun}
        for number, (piece, is_thinking) in enumerate(self._pieces(thinking, text.removeprefix(begun))):
            if number == self._holds_after and options.cancel is not None:
                options.cancel.wait()
            if options.cancel is not None and options.cancel.is_set():
                yield Reply(written[False], written[True], "cancelled", stats)
                return
            if self._pause_s:
                time.sleep(self._pause_s)
            drafter = self._drafters[number % len(self._drafters)]
            _count(stats, drafter or "lookup", kept=3 if drafter and piece.strip() else 0)
            written[is_thinking] += piece
            yield TextPiece(piece, is_thinking, drafter, stats)
        yield Reply(written[False], written[True], self._finish, stats, self._notes)

    def close(self) -> None:
        self.closed = True

    def _pieces(self, thinking: str, text: str) -> Iterator[tuple[str, bool]]:
        for whole, is_thinking in ((thinking, True), (text, False)):
            for start in range(0, len(whole), self._piece_chars):
                yield whole[start : start + self._piece_chars], is_thinking


def _split(answer: str) -> tuple[str, str]:
    if not answer.startswith(THINK):
        return "", answer
    thinking, _, text = answer.removeprefix(THINK).partition(ANSWER)
    return thinking, text


def _count(stats: Stats, drafter: str, kept: int) -> None:
    """One verify pass of four drafted tokens, some of them kept, in 80 ms."""
    stats.emitted += 4
    stats.forward_passes += 1
    stats.decode_s += 0.08
    stats.forward_s += 0.075
    stats.passes[4, kept + 1] += 1
    stats.count(drafter, 4, kept)
