"""The in-process generator: messages to token ids, the engine's loop, and token ids back to text."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.catalog.edit_format import EditFormat
from assistant.chat.answer_text import AnswerText, Pieces
from assistant.chat.families import Family
from assistant.chat.generator import (
    FinishReason,
    KeptState,
    PromptRead,
    Reply,
    ReplyEvent,
    ReplyOptions,
    TextPiece,
)
from assistant.chat.messages import Message
from assistant.chat.template import render
from assistant.chat.thinking import ThinkingSplitter
from assistant.chat.tools.formats import ToolFormatName
from assistant.engine.constraint import Constraint, Grammars
from assistant.engine.curve import CostCurve
from assistant.engine.drafters import Drafter
from assistant.engine.drafters.edit import EditDrafter
from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.drafters.network import NetworkDrafter
from assistant.engine.drafters.store import AnswerStore
from assistant.engine.generate import Emitted, Finished, Prefilled, generate
from assistant.engine.llama import Context, Model
from assistant.engine.schedule import Scheduler
from assistant.engine.state_store import StateStore
from assistant.engine.stats import Stats

# Stands between the halves of a control token's name that was meant as text. A private-use
# character that files do not contain; it never reaches the model.
_BREAK = "\U0010fffd"


# Below this, models know no format of their own reliably: one bare JSON object is what they get right.
_TAUGHT_TOOLS_FROM = 1_000_000_000
# And below this, a call can be parsed where a grammar forces it, but leads nowhere.
_CALLS_TOOLS_FROM = 400_000_000


class LocalGenerator:
    """A target model in this process, with its drafters. Owns them all. `curve` None decodes plainly."""

    def __init__(
        self,
        model: Model,
        context: Context,
        curve: CostCurve | None,
        *,
        family: Family,
        draft: NetworkDrafter | None = None,
        answers: AnswerStore | None = None,
        states: StateStore | None = None,
        name: str = "",
        edit_format: EditFormat | None = None,
    ) -> None:
        """`answers` are earlier ones of the same repository, which the lookup drafter draws on. `states`
        keeps what was evaluated of conversations, see `keep_state`. `name` is what the user calls the
        model, empty where that is what the file says, `edit_format` the one that it gets right."""
        self.model = model
        self.context = context
        self.family = family
        self._draft = draft
        self._curve = curve
        self._scheduler = Scheduler(curve) if curve else None
        self._name = name
        self._edit_format: EditFormat | None = edit_format
        self._answers = answers
        self._states = states
        self._lookup = LookupDrafter(answers)
        self._grammars = Grammars(model)
        self._prompt, self._prompt_ids, self._emitted = "", list[int](), list[int]()

    @property
    def name(self) -> str:
        return self._name or self.model.name

    @property
    def context_tokens(self) -> int:
        return self.context.size

    @property
    def cost_curve(self) -> list[float]:
        """Seconds of a target pass by its number of tokens, index 0 unused; empty where there is none."""
        return list(self._curve.table()) if self._curve else []

    @property
    def thinks_first(self) -> bool:
        prompt = self._render([Message("user", "")], ReplyOptions())
        return ThinkingSplitter(self.family, prompt[-64:]).thinking

    @property
    def tool_format(self) -> ToolFormatName | None:
        if self.model.n_parameters < _CALLS_TOOLS_FROM:
            return None
        return self.family.tools if self.model.n_parameters >= _TAUGHT_TOOLS_FROM else "json"

    @property
    def edit_format(self) -> EditFormat | None:
        return self._edit_format

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return len(self.prompt_ids(messages, ReplyOptions()))

    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        text = self._render(messages, options)
        prompt = self._tokenize(text)
        if self._states and len(prompt) < self.context.size:
            self._states.resume(self.context, prompt)
        stats = Stats()
        emitted: list[int] = []
        answer = _Answer(self.model, self.family, text, options)
        finish: FinishReason = "stop"
        for event in generate(
            self.context,
            prompt,
            sampling=options.sampling,
            constraint=self._constraint(options, answer),
            drafters=self.drafters(options),
            scheduler=self._scheduler if options.speculate else None,
            max_tokens=options.max_tokens,
            cancel=options.cancel,
            stats=stats,
        ):
            match event:
                case Prefilled():
                    yield PromptRead(event.done, event.total, event.reused)
                case Emitted():
                    emitted += event.tokens
                    for drafter, tokens in event.runs:
                        for piece, thinking in answer.feed(tokens):
                            yield TextPiece(piece, thinking, drafter, stats)
                case Finished():
                    finish = event.reason
            if answer.stopped:
                break
        for piece, thinking in answer.flush():
            yield TextPiece(piece, thinking, None, stats)
        self._prompt, self._prompt_ids, self._emitted = text, prompt, emitted
        if options.speculate:
            self._lookup.remember(emitted)
        yield Reply(options.prefix + answer.text, answer.thinking, finish, stats, self._notes())

    def prompt_ids(self, messages: Sequence[Message], options: ReplyOptions) -> list[int]:
        """The token ids that a reply to `messages` continues."""
        return self._tokenize(self._render(messages, options))

    def keep_state(self) -> KeptState | None:
        """Keep what was evaluated on disk: a later prompt that begins with it, in this process or
        another, is served from there. None where there is no store or it cannot be kept."""
        if self._states is None or list(self.context.tokens[: len(self._prompt_ids)]) != self._prompt_ids:
            return None
        path = self._states.save(self.context)
        return KeptState(path, self._prompt, len(self._prompt_ids)) if path else None

    def take_up(self, kept: KeptState) -> bool:
        """Text that was sampled may be tokenized differently when it is read: with the ids as they were
        sampled the next prompt begins as the state does."""
        tokens = self._states.tokens_of(self.context, kept.state) if self._states else []
        if len(tokens) < kept.prompt_tokens:
            return False
        self._prompt = kept.prompt
        self._prompt_ids, self._emitted = tokens[: kept.prompt_tokens], tokens[kept.prompt_tokens :]
        return True

    def close(self) -> None:
        if self._draft:
            self._draft.close()
        self.context.close()
        self.model.close()

    def _constraint(self, options: ReplyOptions, answer: "_Answer") -> Constraint | None:
        """The grammar of the answer, behind the reasoning where there is or may be some."""
        grammar = options.grammar
        if grammar and answer.reasons:
            grammar = replace(grammar, after=self.family.think_close)
        elif grammar and options.thinking and self.family.thinks and not options.prefix:
            grammar = replace(grammar, after=self.family.think_close, opening=self.family.think_open)
        return self._grammars.constraint(grammar, prefix=options.prefix) if grammar else None

    def drafters(self, options: ReplyOptions) -> list[Drafter]:
        """Those that compete for a reply with these options."""
        if self._scheduler is None or not options.speculate:
            return []
        drafters: list[Drafter] = [self._lookup]
        if options.sources:
            drafters.append(
                EditDrafter([self.model.tokenize(s, special=False) for s in options.sources], self.model)
            )
        if self._draft:
            self._draft.sampling = options.sampling
            drafters.append(self._draft)
        return drafters

    def _render(self, messages: Sequence[Message], options: ReplyOptions) -> str:
        """The prompt as text. Contents cannot speak for another role: a control token's name in
        them is broken in two."""
        shown = [Message(m.role, self._break_control_tokens(m.content)) for m in messages]
        prompt = render(
            shown,
            template=self.model.chat_template,
            family=self.family,
            bos=self.model.token_text(self.model.bos) if self.model.bos >= 0 else "",
            eos=self.model.token_text(self.model.eos) if self.model.eos >= 0 else "",
            thinking=options.thinking or self.family.always_thinks,
        )
        return prompt + options.prefix

    def _break_control_tokens(self, content: str) -> str:
        before = ""
        while before != content:  # the rest of a broken name may be the name of another token
            before = content
            for token in {t for t in self.model.tokenize(content) if not self.model.piece(t)}:
                name = self.model.token_text(token)
                content = content.replace(name, name[:1] + _BREAK + name[1:]) if name[1:] else content
        return content

    def _tokenize(self, text: str) -> list[int]:
        """Token ids of a rendered prompt. What was evaluated or sampled before keeps its ids."""
        ids, rest = self._known(text)
        for part in rest.split(_BREAK):
            ids += self.model.tokenize(part)
        if self.model.adds_bos and ids[:1] != [self.model.bos]:
            ids.insert(0, self.model.bos)
        return ids

    def _known(self, text: str) -> tuple[list[int], str]:
        """The ids of what `text` shares with the last prompt and its answer, and the rest of `text`."""
        if not self._prompt or not text.startswith(self._prompt):
            return [], text
        ids, rest = list(self._prompt_ids), text[len(self._prompt) :].encode()
        sampled = 0
        left = rest
        for i, token in enumerate(self._emitted, 1):
            piece = self.model.piece(token)
            if not piece or not left.startswith(piece):  # control tokens show no text to know them by
                break
            left = left[len(piece) :]
            if left[:1] and left[0] & 0xC0 == 0x80:  # inside of a character
                continue
            sampled, rest = i, left
        return ids + self._emitted[:sampled], rest.decode()

    def _notes(self) -> tuple[str, ...]:
        """What the store of answers had to say since the last reply."""
        notes = self._answers.notes if self._answers else []
        said = tuple(notes)
        notes.clear()
        return said


class _Answer(AnswerText):
    """Bytes of tokens to text: whole characters only."""

    def __init__(self, model: Model, family: Family, prompt: str, options: ReplyOptions) -> None:
        # A grammar has an end of its own, and may well allow these texts before it.
        stop = () if options.grammar else (*options.stop, *family.stop)
        super().__init__(ThinkingSplitter(family, prompt[-64:]), stop)
        self._model = model
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        ends = {ids[0] for text in family.stop if len(ids := model.tokenize(text)) == 1}
        self._ends = set[int]() if options.grammar else ends
        self._ended = False

    @property
    def stopped(self) -> bool:
        return self._ended or super().stopped

    def feed(self, tokens: Sequence[int]) -> Pieces:
        """A character that is cut off in its middle waits for its end."""
        if self.stopped:
            return []
        end = next((i for i, token in enumerate(tokens) if token in self._ends), len(tokens))
        self._ended = end < len(tokens)
        raw = b"".join(map(self._model.piece, tokens[:end]))
        return self.split(self._decoder.decode(raw))
