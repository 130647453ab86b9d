"""Constrained decoding: what a grammar allows next, and what it forces.

Grammars are compiled and followed by llguidance, which is imported when the first one is used. The
vocabulary is given to it as llama.cpp has it: text tokens by their bytes, and all that frames or ends
an answer as special tokens, so that no text of a grammar can be written with them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, Self

import numpy as np

from assistant.engine.sampling import Logits
from assistant.errors import CoderError, ModelError, UsageError

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

    from assistant.engine.llama import Model


@dataclass(frozen=True, slots=True)
class Grammar:
    """What an answer must look like, as text of one `kind`. Lark has llguidance's extensions.

    With `after`, free text that ends with it comes first, such as a model's reasoning; where `opening`
    is given too, that text is optional and begins with it. `schema` is what to ask for instead where only
    JSON schemas are known: the same said in one JSON value."""

    kind: Literal["json_schema", "regex", "lark"]
    text: str
    after: str = ""
    opening: str = ""
    schema: str = ""

    @classmethod
    def json_schema(cls, schema: Mapping[str, object]) -> Self:
        """JSON on one line, as `json.dumps` writes it, unless the schema's `x-guidance` says otherwise."""
        return cls("json_schema", json.dumps(schema))


class Constraint(Protocol):
    """The grammar's state within one answer. Only `accept` moves it."""

    def forced(self, after: Sequence[int] = ()) -> tuple[int, ...]:
        """The tokens that come next without a choice; with `after`, those that follow these tokens."""
        ...

    def allowed(self, tokens: Sequence[int]) -> int:
        """How many leading `tokens` may come next."""
        ...

    def mask(self, logits: Logits) -> Logits:
        """A copy of `logits` `[n_vocab] float32`, -inf where a token may not come next. Raises CoderError
        where none may."""
        ...

    def accept(self, token: int) -> None:
        """`token` was emitted. Raises CoderError when it may not be."""
        ...


_FREE_TEXT_FIRST = r"""
start: text BREAK @answer {alternative}
text[suffix={after}]: {opening} /(?s:.*)/
BREAK: /\n{{0,2}}/
"""
_MOST_COMPILED = 16


class Grammars:
    """Compiles grammars for the vocabulary of one model. The first use takes 0.3 s, since it reads the
    vocabulary; what was compiled is kept."""

    def __init__(self, model: "Model") -> None:
        self._model = model
        self._tokenizer: LLTokenizer | None = None
        self._compiled: dict[Grammar, LLMatcher] = {}

    def constraint(self, grammar: Grammar, *, prefix: str = "") -> Constraint:
        """A constraint at the beginning of an answer that has `prefix` already.

        Raises UsageError when the grammar cannot be compiled or met, or does not begin with `prefix`,
        ModelError when the vocabulary cannot spell text."""
        self._tokenizer = self._tokenizer or _read_vocabulary(self._model)
        matcher = self._compiled.get(grammar)
        if matcher is None:
            matcher = _compile(grammar, self._tokenizer)
            while len(self._compiled) >= _MOST_COMPILED:
                self._compiled.pop(next(iter(self._compiled)))
            self._compiled[grammar] = matcher
        matcher = matcher.deep_copy()
        written = self._tokenizer.tokenize_str(prefix)
        if matcher.try_consume_tokens(written) < len(written):
            raise UsageError(f"The grammar allows no answer that begins with {prefix!r}.")
        return _Following(matcher, self._tokenizer)


class _Following:
    """A Constraint that llguidance follows.

    llguidance gives the tokens of a forced text anew at each token, looking one token back, and may
    then cut it elsewhere. Here they are kept until they are emitted: what is forced depends on the
    tokens before it alone, so that drafting it cannot change it."""

    def __init__(self, matcher: "LLMatcher", tokenizer: "LLTokenizer") -> None:
        self._matcher = matcher
        self._tokenizer = tokenizer
        self._emitted: list[int] = []
        self._forced = self._compute_forced()
        if not self._forced:
            matcher.compute_bitmask()
        if matcher.is_error():
            raise UsageError(f"The grammar cannot be met: {_reason(matcher)}.")

    def forced(self, after: Sequence[int] = ()) -> tuple[int, ...]:
        forced, ahead = self._forced, 0
        for token in after:
            if (forced and forced[0] != token) or not self._matcher.try_consume_tokens([token]):
                forced = ()
                break
            ahead += 1
            forced = forced[1:] or self._compute_forced()
        if ahead:
            self._matcher.rollback(ahead)
        return forced

    def allowed(self, tokens: Sequence[int]) -> int:
        for i, (token, forced) in enumerate(zip(tokens, self._forced, strict=False)):
            if token != forced:
                return i
        count = self._matcher.validate_tokens(list(tokens))
        self._check()
        return count

    def mask(self, logits: Logits) -> Logits:
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        self._check()
        permitted = np.unpackbits(bits, count=len(logits), bitorder="little").view(np.bool_)
        return np.where(permitted, logits, np.float32(-np.inf))

    def accept(self, token: int) -> None:
        self._matcher.consume_token(token)
        self._check()
        self._emitted.append(token)
        self._forced = self._forced[1:] or self._compute_forced()

    def _compute_forced(self) -> tuple[int, ...]:
        return tuple(self._matcher.compute_ff_tokens())

    def _check(self) -> None:
        if self._matcher.is_error():
            text = self._tokenizer.decode_str(self._emitted[-20:])
            raise CoderError(
                f"The grammar cannot be followed behind {text!r}: {_reason(self._matcher)}.",
                hint="Make the grammar simpler, or ask without one.",
            )


def _compile(grammar: Grammar, tokenizer: "LLTokenizer") -> "LLMatcher":
    from llguidance import LLMatcher, LLParserLimits

    try:
        if grammar.kind == "json_schema":
            # As most models were trained to write JSON. Free white space would leave nothing forced.
            compiled = LLMatcher.grammar_from_json_schema(
                grammar.text,
                defaults={"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "},
            )
        elif grammar.kind == "regex":
            compiled = LLMatcher.grammar_from_regex(grammar.text)
        else:
            compiled = json.dumps({"grammars": [{"lark_grammar": grammar.text}]})
        if grammar.after:
            compiled = _behind_free_text(compiled, grammar)
    except ValueError as error:
        raise _refused(grammar, str(error)) from error
    matcher = LLMatcher(tokenizer, compiled, log_level=0, limits=LLParserLimits(verbose_errors=False))
    if matcher.is_error():
        raise _refused(grammar, _reason(matcher))
    return matcher


def _behind_free_text(compiled: str, grammar: Grammar) -> str:
    (answer,) = json.loads(compiled)["grammars"]
    lark = _FREE_TEXT_FIRST.format(
        after=json.dumps(grammar.after),
        opening=json.dumps(grammar.opening) if grammar.opening else "",
        alternative="| @answer" if grammar.opening else "",
    )
    return json.dumps({"grammars": [{"lark_grammar": lark}, {**answer, "name": "answer"}]})


def _refused(grammar: Grammar, reason: str) -> UsageError:
    kind = {"json_schema": "JSON schema", "regex": "regular expression", "lark": "Lark grammar"}[grammar.kind]
    return UsageError(f"The {kind} cannot be used as a grammar: {reason}.")


def _reason(matcher: "LLMatcher") -> str:
    """What llguidance says, without its state."""
    reason = matcher.get_error().partition("\n<")[0].strip().rstrip(".")
    return "no token of the model may come next" if reason == "NoExtensionBias" else reason


# A byte that no text begins with stands before it, since some tokenizers put a space before the first.
_LEAD = "\x01"
_PRINTABLE = bytes(range(32, 127)) + b"\n"


class _Vocabulary:
    """A model's vocabulary and tokenizer in the form that llguidance takes. Tokens that are no text, or
    that end an answer when they are emitted, are special."""

    def __init__(self, model: "Model") -> None:
        self._model = model
        every = range(model.n_vocab)
        self.ends = [token for token in every if model.is_end(token)]
        self._text = [model.piece(token) for token in every]
        for token in self.ends:
            self._text[token] = b""
        self.special_token_ids = [token for token in every if not self._text[token]]
        self.tokens = [text or model.token_text(token).encode() for token, text in enumerate(self._text)]
        self.bos_token_id: int | None = None
        self.eos_token_id = self.ends[0] if self.ends else model.n_vocab
        self._by_text = {text: token for token, text in enumerate(self._text) if text}
        self._longest = max(map(len, self._by_text), default=0)
        self._lead = len(model.tokenize(_LEAD, special=False))

    def __call__(self, text: bytes) -> list[int]:
        """The model's own tokens of `text`, which continues other text; where they do not spell it, the
        longest that do."""
        for lead, skipped in (("", 0), (_LEAD, self._lead)):
            tokens = self._model.tokenize(lead + text.decode(), special=False)[skipped:]
            if self.spells(tokens, text):
                return tokens
        return self._longest_tokens(text)

    def spells(self, tokens: Sequence[int], text: bytes) -> bool:
        return b"".join(self._text[token] for token in tokens) == text

    def _longest_tokens(self, text: bytes) -> list[int]:
        tokens: list[int] = []
        while text:
            ends = range(min(len(text), self._longest), 0, -1)
            end = next((end for end in ends if text[:end] in self._by_text), None)
            if end is None:
                break
            tokens.append(self._by_text[text[:end]])
            text = text[end:]
        return tokens


def _read_vocabulary(model: "Model") -> "LLTokenizer":
    from llguidance import LLTokenizer, TokenizerWrapper

    vocabulary = _Vocabulary(model)
    if not vocabulary.ends:
        reason = "it has no token that ends an answer"
    elif not vocabulary.spells(vocabulary(_PRINTABLE), _PRINTABLE):
        reason = "its tokens cannot spell every text"
    else:
        return LLTokenizer(TokenizerWrapper(vocabulary), eos_token=vocabulary.ends)
    raise ModelError(
        f"{model.name} cannot answer by a grammar: {reason}.",
        hint="Ask without a grammar, or use another model.",
    )
