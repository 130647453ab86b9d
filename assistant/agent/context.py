"""What is in the model's context, to the token, and what goes first when it is full.

The stable parts stand first and the rest is only appended, so that the KV cache keeps its prefix. Room is
made rarely and in one go: old results become a line each, then old steps become lines of a summary. The
summary is what was done, written down as it happened; it is not the model's memory of it.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from assistant.agent.briefing import NO_BRIEFING, Briefing
from assistant.agent.events import Observed, Shrunk, Usage
from assistant.chat.generator import Generator
from assistant.chat.messages import Message
from assistant.chat.tools import ToolFormat
from assistant.errors import ContextFullError
from assistant.repo.instructions import NAME as INSTRUCTIONS

# Room is made down to this share, so that the next steps are appended to an unchanged prefix.
_SHRINK_TO = 0.7
_SUMMARY_LINES = 30


@dataclass(frozen=True, slots=True)
class Exchange:
    """A step as the model sees it: what it wrote, and what it was told. `then` is a further task, and
    `given` what that mentions."""

    answer: str
    observed: Observed
    shrunk: bool = False
    then: str = ""
    given: str = ""

    def messages(self, format: ToolFormat) -> tuple[Message, Message]:
        text = f"({self.observed.brief}; the result was left out)" if self.shrunk else self.observed.text
        told = _joined(format.observation(text), self.then, self.given)
        return Message("assistant", self.answer), Message("user", told)


class Window:
    """`room` tokens are kept free for the answer."""

    def __init__(
        self,
        generator: Generator,
        format: ToolFormat,
        *,
        system: str,
        task: str,
        room: int,
        briefing: Briefing = NO_BRIEFING,
    ) -> None:
        self._generator = generator
        self._format = format
        self._limit = generator.context_tokens - room
        self._system = Message("system", system)
        self._briefing = briefing
        self._task = task
        self._summary: list[str] = []
        self._exchanges: list[Exchange] = []

    @property
    def messages(self) -> list[Message]:
        return [self._system, self._opening, *self._of(self._exchanges)]

    @property
    def usage(self) -> Usage:
        """Counted with the model's own template; the parts add up to the whole."""
        whole = self.tokens
        system = self._generator.count_tokens([self._system]) + self._tokens(self._briefing.instructions)
        mapped = self._tokens(self._briefing.map)
        files = self._tokens(self._briefing.given)
        for exchange in self._exchanges:
            files += self._tokens(exchange.given)
            if exchange.observed.of_file and not exchange.shrunk:
                files += self._tokens(self._format.observation(exchange.observed.text))
        rest = max(whole - system - mapped - files, 0)
        return Usage(system, mapped, files, rest, self._generator.context_tokens - whole)

    def add(self, answer: str, observed: Observed) -> None:
        self._exchanges.append(Exchange(answer, observed))

    def add_task(self, task: str, given: str = "") -> None:
        """A further task behind what has been done."""
        if not self._exchanges:
            self._task = _joined(self._task, task)
            self._briefing = replace(self._briefing, given=_joined(self._briefing.given, given))
        else:
            last = self._exchanges[-1]
            then, given = _joined(last.then, task), _joined(last.given, given)
            self._exchanges[-1] = replace(last, then=then, given=given)

    def shown_by(self, words: str) -> str:
        """What showed the model these words; empty where nothing did, or the user said them too."""
        found = re.compile(r"(?<![\w./-])" + r"\s+".join(map(re.escape, words.split())) + r"(?![\w/-])")
        tasks = (self._task, *(exchange.then for exchange in self._exchanges))
        shown = [(exchange.observed.brief, exchange.observed.text) for exchange in self._exchanges]
        shown += [(INSTRUCTIONS, self._briefing.instructions), ("what you mentioned", self._briefing.given)]
        shown += [("what you mentioned", exchange.given) for exchange in self._exchanges]
        if not words.strip() or any(map(found.search, tasks)):
            return ""
        return next((by for by, text in shown if found.search(text)), "")

    def make_room(self) -> Iterator[Shrunk]:
        """Nothing where it fits, else what was taken out. Raises ContextFullError where even the task and
        the last step do not fit."""
        before = self.tokens
        if before <= self._limit:
            return
        gone = [*self._shrink_results(), *self._summarise()]
        if (after := self.tokens) > self._limit:
            gone += self._shorten_last()
            after = self.tokens
        if gone:
            yield Shrunk(tuple(gone), before, after)
        if after > self._limit:
            raise ContextFullError(
                f"The task takes {after} tokens, and the context has room for {self._limit}.",
                hint="Give a smaller task, or a larger context with --context.",
            )

    def _shrink_results(self) -> Iterator[str]:
        for i, exchange in enumerate(self._exchanges[:-1]):
            if self.tokens <= self._limit * _SHRINK_TO:
                return
            if not exchange.shrunk and len(exchange.observed.text) > len(exchange.observed.brief) + 40:
                self._exchanges[i] = replace(exchange, shrunk=True)
                yield f"result of: {exchange.observed.brief}"

    def _summarise(self) -> Iterator[str]:
        while len(self._exchanges) > 1 and self.tokens > self._limit * _SHRINK_TO:
            oldest = self._exchanges.pop(0)
            self._summary += filter(None, (oldest.observed.brief, oldest.then))
            yield f"step, now a line of the summary: {oldest.observed.brief}"
        if (extra := len(self._summary) - _SUMMARY_LINES) > 0:
            del self._summary[:extra]
            yield f"the summary's {extra} oldest lines"

    def _shorten_last(self) -> Iterator[str]:
        if not self._exchanges:
            return
        last = self._exchanges[-1]
        text = last.observed.text
        while self.tokens > self._limit and len(text) > 200:
            text = text[: len(text) // 2]
            short = replace(last.observed, text=f"{text}\n(cut here: the context is full)", cut=True)
            self._exchanges[-1] = replace(last, observed=short)
        yield f"all but the first {len(text)} characters of: {last.observed.brief}"
        if self.tokens > self._limit:  # what the model wrote is itself too long
            self._exchanges.clear()
            self._summary.append(f"{last.observed.brief}: {' '.join(text.split())}")
            self.add_task(last.then, last.given)
            yield f"step, now a line of the summary: {last.observed.brief}"

    @property
    def tokens(self) -> int:
        return self._generator.count_tokens(self.messages)

    @property
    def _opening(self) -> Message:
        done = "Done so far:\n" + "\n".join(f"- {line}" for line in self._summary) if self._summary else ""
        briefing = self._briefing
        return Message("user", _joined(briefing.instructions, briefing.map, self._task, briefing.given, done))

    def _tokens(self, text: str) -> int:
        count = self._generator.count_tokens
        return count([Message("user", text)]) - count([Message("user", "")]) if text else 0

    def _of(self, exchanges: Sequence[Exchange]) -> Iterator[Message]:
        for exchange in exchanges:
            yield from exchange.messages(self._format)


def _joined(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


def replay(history: Sequence[Mapping[str, Any]], window: Window) -> None:
    """Put what a session's events tell back into the window, and shrink it where it was shrunk, so that it is
    to the token what it was. Its first task is in there already."""
    known = {field.name for field in fields(Observed)}
    answer: str | None = None
    tasks = 0
    for event in history:
        match event["event"]:
            case "started":
                tasks += 1
                if tasks > 1:
                    window.add_task(event["task"], event.get("briefing", {}).get("given", ""))
            case "reply":
                answer = event["text"]
            case "observed" if answer is not None:
                window.add(answer, Observed(**{key: value for key, value in event.items() if key in known}))
                answer = None
            case "shrunk":
                with suppress(ContextFullError):
                    deque(window.make_room(), maxlen=0)
