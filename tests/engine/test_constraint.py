"""What is generated under a grammar satisfies it, whatever the model and the drafters."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Annotated, Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from assistant.chat.families import FAMILIES, Family, Turns
from assistant.chat.generator import Reply, ReplyOptions
from assistant.chat.local import LocalGenerator
from assistant.chat.messages import Message
from assistant.engine.constraint import Constraint, Grammar, Grammars
from assistant.engine.curve import CostCurve
from assistant.engine.drafters import Drafter
from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.generate import Emitted, Finished, FinishReason, generate
from assistant.engine.llama import Context, Model
from assistant.engine.sampling import Sampling
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import Stats
from assistant.errors import CoderError, ModelError, UsageError
from tests.engine.test_generate import EAGER, EXACT, OddDrafter
from tests.engine.tiny_gguf import write_tiny


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Edit(Strict):
    kind: Literal["insert", "delete"]
    line: Annotated[int, Field(ge=1, le=9999)]
    text: Annotated[str, Field(max_length=6)]


class Arguments(Strict):
    path: Annotated[str, Field(max_length=8)]
    edits: Annotated[list[Edit], Field(max_length=2)]
    dry_run: bool | None


class ToolCall(Strict):
    name: Literal["edit_file"]
    arguments: Arguments


TOOL_CALL = Grammar.json_schema(ToolCall.model_json_schema())
DEAD_END = Grammar("lark", "start: /[ab]{6}/ NOTHING\nNOTHING: /a/ & /b/")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    path = write_tiny(tmp_path_factory.mktemp("tiny") / "m.gguf")
    with Model(path) as model, Context(model, EXACT) as context:
        yield context


@pytest.fixture(scope="module")
def grammars(tiny: Context) -> Grammars:
    return Grammars(tiny.model)


def answer(
    context: Context,
    constraint: Constraint,
    drafters: Sequence[Drafter] | None = None,
    *,
    prompt: Sequence[int] = (1, 260, 261),
    sampling: Sampling | None = None,
    max_tokens: int | None = None,
    stats: Stats | None = None,
) -> tuple[list[int], FinishReason]:
    """Tokens and the end of one answer, plain where `drafters` is None."""
    tokens: list[int] = []
    for event in generate(
        context,
        prompt,
        sampling=sampling or Sampling(temperature=1.0),
        constraint=constraint,
        drafters=drafters or (),
        scheduler=None if drafters is None else Scheduler(EAGER),
        max_tokens=max_tokens,
        stats=stats or Stats(),
    ):
        if isinstance(event, Emitted):
            tokens += event.tokens
    assert isinstance(event, Finished)
    return tokens, event.reason


def text_of(model: Model, tokens: Sequence[int]) -> str:
    return b"".join(map(model.piece, tokens)).decode()


def test_two_hundred_tool_calls_of_a_model_that_knows_nothing(tiny: Context, grammars: Grammars) -> None:
    total = Stats()
    for seed in range(200):
        sampling = Sampling(temperature=1.0, seed=seed)
        stats = Stats()
        tokens, reason = answer(
            tiny, grammars.constraint(TOOL_CALL), [LookupDrafter()], sampling=sampling, stats=stats
        )
        assert reason == "stop"
        ToolCall.model_validate_json(text_of(tiny.model, tokens))
        if seed % 4 == 0:
            assert answer(tiny, grammars.constraint(TOOL_CALL), sampling=sampling) == (tokens, "stop")
            # Behind a guess of another drafter, forced tokens are as sure as that guess: alone they are sure.
            answer(tiny, grammars.constraint(TOOL_CALL), [], sampling=sampling, stats=total)
    forced = total.by_drafter["forced"]
    assert forced.drafted > 100 * 50 and forced.acceptance_rate == 1.0


@pytest.mark.parametrize(
    "sampling", [Sampling(temperature=1.0, seed=1), Sampling(temperature=1.0, top_p=0.9, top_k=40, seed=2)]
)
def test_tool_calls_of_a_real_model(context: Context, sampling: Sampling) -> None:
    ask = "<|im_start|>user\nInsert a line in src/main.py.<|im_end|>\n<|im_start|>assistant\n"
    prompt = context.model.tokenize(ask)
    grammars = Grammars(context.model)
    calls = []
    drafting: tuple[list[Drafter] | None, ...] = (None, [LookupDrafter()], [])
    for drafters in drafting:
        constraint, stats = grammars.constraint(TOOL_CALL), Stats()
        calls.append(answer(context, constraint, drafters, prompt=prompt, sampling=sampling, stats=stats))
    assert calls[0] == calls[1] == calls[2]
    call = ToolCall.model_validate_json(text_of(context.model, calls[0][0]))
    assert call.name == "edit_file"
    assert stats.by_drafter["forced"].acceptance_rate == 1.0
    # The opening, which the prefill's logits have no part in, took one pass behind its first token.
    assert stats.by_drafter["forced"].drafted > len(calls[0][0]) / 4


PATTERNS = ["(foo|foobar|fob)*z", "[a-c]{3,9}", "(yes|no), because [a-z]{0,5}\\.", "é[à-ü]?|ab*c", "a?"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_draft_can_change_a_constrained_answer(
    tiny: Context, grammars: Grammars, data: st.DataObject
) -> None:
    grammar = data.draw(st.sampled_from([TOOL_CALL, *(Grammar("regex", p) for p in PATTERNS)]))
    sampling = Sampling(
        temperature=data.draw(st.sampled_from([0.0, 0.5, 1.5])),
        top_k=data.draw(st.sampled_from([0, 5])),
        top_p=data.draw(st.sampled_from([1.0, 0.9])),
        repeat_penalty=data.draw(st.sampled_from([1.0, 1.2])),
        seed=data.draw(st.integers(0, 2**40)),
    )
    plain, reason = answer(tiny, grammars.constraint(grammar), sampling=sampling, max_tokens=60)
    end = tiny.model.eos
    right = [plain[i : i + 5] for i in range(1, len(plain))] or [[5]]
    wrong = st.lists(st.integers(0, tiny.model.n_vocab - 1), max_size=8)
    guesses = data.draw(
        st.lists(
            st.one_of(
                wrong,
                st.sampled_from(right),
                st.sampled_from(right).map(lambda guess: [*guess, end, end, 5]),
            ),
            max_size=30,
        )
    )
    drafters: list[Drafter] = [OddDrafter(guesses), LookupDrafter()]
    drafted = answer(tiny, grammars.constraint(grammar), drafters, sampling=sampling, max_tokens=60)
    assert drafted == (plain, reason)
    if grammar.kind == "regex" and reason == "stop":
        assert re.fullmatch(grammar.text, text_of(tiny.model, plain))


@pytest.mark.parametrize("architecture", ["mamba", "gemma2"])
def test_every_memory_type_follows_a_grammar(
    architecture: Literal["mamba", "gemma2"], tmp_path: Path
) -> None:
    with Model(write_tiny(tmp_path / "m.gguf", architecture)) as model, Context(model, EXACT) as context:
        grammars = Grammars(model)
        plain, _ = answer(context, grammars.constraint(TOOL_CALL))
        stats = Stats()
        assert answer(context, grammars.constraint(TOOL_CALL), [], stats=stats)[0] == plain
        ToolCall.model_validate_json(text_of(model, plain))
        assert (stats.drafted > 0) == (architecture != "mamba"), "a recurrent state decodes plainly"


def test_a_run_of_forced_tokens_takes_one_pass(tiny: Context, grammars: Grammars) -> None:
    stats = Stats()
    tokens, _ = answer(tiny, grammars.constraint(Grammar("regex", "abcdefghij")), [], stats=stats)
    assert text_of(tiny.model, tokens) == "abcdefghij"
    assert stats.forward_passes == 1
    assert stats.by_drafter["forced"].drafted == stats.by_drafter["forced"].accepted == 9


def test_looking_ahead_leaves_the_state_as_it_was(tiny: Context, grammars: Grammars) -> None:
    constraint = grammars.constraint(Grammar("regex", "(ab|ac)(xyz|xyw)!"))
    a, b, c, x, y, z = (tiny.model.tokenize(letter, special=False)[-1] for letter in "abcxyz")
    flat = np.zeros(tiny.model.n_vocab, np.float32)
    assert constraint.forced() == (a,)
    assert constraint.forced([a, b]) == (x, y)
    assert constraint.forced([a, x]) == constraint.forced([b]) == ()
    assert len(constraint.forced([a, c, x, y, z])) == 1
    assert [constraint.allowed(guess) for guess in ([b], [a, a], [a, b, x, z], [a, c, x, y])] == [0, 1, 3, 4]
    assert constraint.forced() == (a,)
    constraint.accept(a)
    before = constraint.mask(flat)
    constraint.forced([b, x, y])
    assert np.array_equal(constraint.mask(flat), before)
    assert {b, c} <= set(np.flatnonzero(np.isfinite(before)))


def test_tokens_that_frame_messages_are_no_text(context: Context) -> None:
    model = context.model
    constraint = Grammars(model).constraint(Grammar("regex", r"a <\|im_end\|> b"))
    tokens, reason = answer(context, constraint, [], prompt=model.tokenize("Say: "))
    assert (text_of(model, tokens), reason) == ("a <|im_end|> b", "stop")


@pytest.mark.parametrize(
    ("grammar", "reason"),
    [
        (Grammar("json_schema", "{,"), "JSON schema .* key must be a string"),
        (Grammar("json_schema", "[1]"), "JSON schema .* object"),
        (Grammar.json_schema({"type": "strin"}), "Invalid type: strin"),
        (Grammar.json_schema({"type": "string", "minLength": 5, "maxLength": 2}), "minLength"),
        (Grammar("regex", "(a"), "regular expression .* unclosed group"),
        (Grammar("lark", "start: foo"), 'Lark grammar .* unknown name: "foo"'),
        (Grammar("lark", "start: A\nA: /a/ & /b/"), "cannot be met: no token"),
    ],
)
def test_a_grammar_that_cannot_be_used_is_refused_with_the_reason(
    grammars: Grammars, grammar: Grammar, reason: str
) -> None:
    with pytest.raises(UsageError, match=f"(?s){reason}") as refused:
        grammars.constraint(grammar)
    assert "<" not in refused.value.message, "llguidance's state is not for people"


@pytest.mark.parametrize("drafters", [None, [OddDrafter([[259] * 8] * 9), OddDrafter([[260] * 8] * 9)]])
def test_a_dead_end_is_an_error_and_keeps_what_was_written(
    tiny: Context, grammars: Grammars, drafters: list[Drafter] | None
) -> None:
    written: list[int] = []
    events = generate(
        tiny,
        [1, 5],
        sampling=Sampling(temperature=1.0),
        constraint=grammars.constraint(DEAD_END),
        drafters=drafters or (),
        scheduler=Scheduler(EAGER) if drafters else None,
        stats=Stats(),
    )
    with pytest.raises(CoderError, match=r"cannot be followed behind '[ab]{6}': no token") as failed:
        for event in events:
            if isinstance(event, Emitted):
                written += event.tokens
    text = text_of(tiny.model, written)
    assert len(text) == 6 and text in failed.value.message


class Uncased(Model):
    """A vocabulary without capitals, as encoders have."""

    def piece(self, token: int) -> bytes:
        return super().piece(token).lower()


class Endless(Model):
    """A file that marks no token as the end of an answer."""

    def is_end(self, token: int) -> bool:
        return False


@pytest.mark.parametrize(("kind", "reason"), [(Uncased, "cannot spell"), (Endless, "no token that ends")])
def test_a_vocabulary_that_cannot_follow_a_grammar_is_refused(
    kind: type[Model], reason: str, tmp_path: Path
) -> None:
    with (
        kind(write_tiny(tmp_path / "m.gguf")) as model,
        pytest.raises(ModelError, match=f"tiny-llama cannot answer by a grammar: .*{reason}"),
    ):
        Grammars(model).constraint(TOOL_CALL)


def test_cancelling_leaves_the_grammar_as_new(tiny: Context, grammars: Grammars) -> None:
    whole = answer(tiny, grammars.constraint(TOOL_CALL), [LookupDrafter()])
    cancel = Event()
    events = generate(
        tiny,
        [1, 260, 261],
        sampling=Sampling(temperature=1.0),
        constraint=grammars.constraint(TOOL_CALL),
        scheduler=Scheduler(EAGER),
        cancel=cancel,
        stats=Stats(),
    )
    emitted = 0
    for event in events:
        if isinstance(event, Emitted) and (emitted := emitted + 1) == 5:
            cancel.set()
    assert event == Finished("cancelled")
    assert answer(tiny, grammars.constraint(TOOL_CALL), [LookupDrafter()]) == whole


def test_llguidance_is_imported_for_a_grammar_only() -> None:
    script = "import sys, assistant.engine.generate; sys.exit('llguidance' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def reply(model: Model, context: Context, options: ReplyOptions, family: Family | None = None) -> Reply:
    curve = CostCurve((1, 16), (1.0, 1.0))
    generator = LocalGenerator(model, context, curve, family=family or FAMILIES["chatml"])
    *_, last = generator.reply([Message("user", "go")], options)
    assert isinstance(last, Reply)
    return last


def test_a_prefix_is_part_of_what_the_grammar_describes(tiny: Context) -> None:
    options = ReplyOptions(Sampling(temperature=1.0), prefix='{"name": "edit_f', grammar=TOOL_CALL)
    answered = reply(tiny.model, tiny, options)
    ToolCall.model_validate_json(answered.text)
    assert (answered.text.startswith(options.prefix), answered.finish) == (True, "stop")
    with pytest.raises(UsageError, match="no answer that begins with '```json'"):
        reply(tiny.model, tiny, ReplyOptions(prefix="```json", grammar=TOOL_CALL))


def test_an_answer_cut_by_its_length_says_so(tiny: Context) -> None:
    options = ReplyOptions(Sampling(temperature=1.0), max_tokens=30, grammar=TOOL_CALL)
    assert reply(tiny.model, tiny, options).finish == "length"


def test_stop_strings_do_not_cut_a_constrained_answer(tiny: Context) -> None:
    options = ReplyOptions(stop=("b",), grammar=Grammar("regex", r"a<\|im_end\|>bc"))
    assert reply(tiny.model, tiny, options).text == "a<|im_end|>bc"


@pytest.mark.parametrize("opened", [True, False])
def test_the_grammar_begins_behind_the_reasoning(tiny: Context, opened: bool) -> None:
    """A model of random weights soon writes the one letter that ends reasoning here."""
    turns = Turns("{}", "{}", "{}", "got" if opened else "go")
    family = Family("thinker", turns, thinks=True, think_open="t", think_close="e")
    found = set()
    for seed in range(12):
        options = ReplyOptions(
            Sampling(temperature=3.0, seed=seed), thinking=True, grammar=Grammar("regex", "(xyz)+")
        )
        answered = reply(tiny.model, tiny, options, family)
        if answered.finish == "stop":
            assert re.fullmatch("(xyz)+", answered.text)
            found.add(bool(answered.thinking))
    assert True in found
    assert (False in found) == (not opened)
