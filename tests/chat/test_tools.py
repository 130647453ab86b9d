"""Tool calls: written, explained, held to a grammar and parsed."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.agent.tools import Toolbox, tools_for
from assistant.chat.families import FAMILIES
from assistant.chat.generator import Reply, ReplyOptions
from assistant.chat.local import LocalGenerator
from assistant.chat.messages import Message
from assistant.chat.tools import FORMATS, Call, ToolCallError, ToolFormatName, parse_call
from assistant.chat.tools.dsml import CLOSE
from assistant.engine.constraint import Grammars
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.sampling import Sampling

NAMES = ("read", "write", "done")
READ = Call("read", {"path": "a.py", "first": 3})
ARGUMENTS = '{"path": "a.py", "first": 3}'

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=5
)
prose = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=80)
names = st.text("abcé_-", min_size=1, max_size=10)
formats = st.sampled_from(sorted(FORMATS))


# On a new machine Hypothesis first builds its tables of characters.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    format=formats,
    name=st.sampled_from(NAMES),
    arguments=st.dictionaries(names, json_values, max_size=4),
    before=prose,
    after=prose,
)
def test_what_is_written_is_read_back(
    format: ToolFormatName, name: str, arguments: dict[str, Any], before: str, after: str
) -> None:
    written = f"{before}\n{FORMATS[format].call(name, arguments)}{after}"
    assert parse_call(written, NAMES) == Call(name, arguments)


FRAGMENTS = (
    "<｜DSML｜tool_calls>", '<｜DSML｜invoke name="', "read", "write", '">', "\n</｜DSML｜invoke>",
    '\n<｜DSML｜parameter name="', '" string="true">', '" string="false">', "</｜DSML｜parameter>",
    '{"name": "', '", "arguments": {', "}", '"path": ', '"a.py"', "3", "<tool_call>", "</tool_call>",
    "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "\n```json\n", "é",
)  # fmt: skip


@given(st.text() | st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join))
def test_any_text_is_a_call_that_stands_in_it_or_none(text: str) -> None:
    try:
        call = parse_call(text, NAMES)
    except ToolCallError:
        return
    if call is not None:
        assert call.name in NAMES
        assert call.name in text
        assert all(name in text for name in call.arguments)


@given(format=formats, text=st.text(max_size=40))
def test_a_call_is_read_when_its_last_byte_has_come_and_no_sooner(format: ToolFormatName, text: str) -> None:
    """A text is cut anywhere while it streams, also within a character."""
    inner = FORMATS[format].call("done", {"answer": "x"})
    call = Call("write", {"path": "é.py", "text": (text + inner).replace(CLOSE, "")})
    written = FORMATS[format].call(call.name, call.arguments).encode()
    last = "</｜DSML｜invoke>" if FORMATS[format].arguments == "dsml" else "}"
    whole = written.rindex(last.encode()) + len(last.encode())
    for end in range(len(written)):
        try:
            read = parse_call(written[:end].decode("utf-8", "replace"), NAMES)
        except ToolCallError:
            read = None
        assert read == (call if end >= whole else None)


TOLERATED = {
    "fenced": f'```json\n{{"name": "read", "arguments": {ARGUMENTS}}}\n```',
    "arguments as text": json.dumps({"name": "read", "arguments": ARGUMENTS}),
    "parameters": f'{{"name": "read", "parameters": {ARGUMENTS}}}',
    "openai": f'{{"type": "function", "function": {{"name": "read", "arguments": {ARGUMENTS}}}}}',
    "end missing": f'<tool_call>{{"name": "read", "arguments": {ARGUMENTS}}}',
    "said twice": f'{{"name": "read", "arguments": {ARGUMENTS}}}\n' * 2,
    "another family's": FORMATS["deepseek-v3"].call("read", READ.arguments),
    "DSML of a version before": FORMATS["deepseek-v3.2"].call("read", READ.arguments),
    "DSML without its block": FORMATS["deepseek-v4"].call("read", READ.arguments).split("\n", 1)[1],
}


@pytest.mark.parametrize("case", TOLERATED)
def test_what_is_around_a_call_does_not_matter(case: str) -> None:
    assert parse_call(TOLERATED[case], NAMES) == READ


REFUSED = {
    "two calls": ('{"name": "read", "arguments": {}} {"name": "done", "arguments": {}}', "2 calls"),
    "broken JSON": ('{"name": "read", "arguments": {"path": }}', "no valid JSON"),
    "no such tool": ('{"name": "raed", "arguments": {}}', "Did you mean read?"),
    "no parameter": ('<｜DSML｜invoke name="read">a.py</｜DSML｜invoke>', "no valid DSML"),
    "open parameter": (FORMATS["deepseek-v4"].call("read", {"path": "a"})[:-60], "no valid DSML"),
    "same parameter twice": (
        FORMATS["deepseek-v4"].call("read", {"path": "a", "Path": "b"}).replace("Path", "path"),
        "path is given twice",
    ),
    "text as JSON": (
        FORMATS["deepseek-v4"].call("read", {"path": "a.py"}).replace("true", "false"),
        "path is no valid JSON",
    ),
    "two calls in DSML": (
        FORMATS["deepseek-v4"].call("read", {}) + FORMATS["deepseek-v4"].call("done", {}),
        "2",
    ),
    "too deep": ('{"name": ' + "[" * 100_000, "no valid JSON"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nothing_is_guessed(case: str) -> None:
    text, told = REFUSED[case]
    with pytest.raises(ToolCallError, match=told.replace("?", r"\?")):
        parse_call(text, NAMES)


@pytest.mark.parametrize("text", ["", "Just words.", 'In JSON: {"a": 1}', "f(x) { return x; }"])
def test_words_are_no_call(text: str) -> None:
    assert parse_call(text, NAMES) is None


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_the_grammar_allows_each_tool_in_each_format(smollm2_shipped: Model, format: ToolFormatName) -> None:
    toolbox = Toolbox(tools_for(), format, room=200)
    grammars = Grammars(smollm2_shipped)
    calls: dict[str, dict[str, Any]] = {
        "read": {"path": "ä.py", "first": 2},
        "edit": {"path": "a.py", "old": 'a "b"\n\t<x>', "new": "{}", "everywhere": True},
        "todo": {"items": ["one", "two"]},
        "git": {"what": "log"},
        "list": {},
        "done": {"answer": "x"},
    }
    for name, arguments in calls.items():
        written = f"So.\n{toolbox.format.call(name, arguments)}"
        tokens = smollm2_shipped.tokenize(written, special=False)
        constraint = grammars.constraint(toolbox.grammar)
        assert constraint.allowed(tokens) == len(tokens), written
        assert toolbox.parse(written) == Call(name, arguments)
    evils: list[dict[str, Any]] = [{"path": "a", "sudo": 1}, {"path": "a\nb"}, {"path": 1}]
    evils += (
        [{"path": f"{CLOSE}\nx"}, {"path": f"a{CLOSE}"}] if format in ("deepseek-v3.2", "deepseek-v4") else []
    )
    for arguments in evils:
        evil = smollm2_shipped.tokenize(toolbox.format.call("read", arguments), special=False)
        assert grammars.constraint(toolbox.grammar).allowed(evil) < len(evil), arguments


def test_the_prompt_is_short(smollm2_shipped: Model) -> None:
    explained = Toolbox(tools_for(), "json", room=200).explained
    assert len(smollm2_shipped.tokenize(explained, special=False)) < 400
    assert all(tool.name in explained for tool in tools_for())


@pytest.mark.parametrize(("format", "seed"), [("json", 1), ("hermes", 2), ("json", 3)])
def test_calls_that_the_smollm2_shipped_samples_parse(
    smollm2_shipped: Model, format: ToolFormatName, seed: int
) -> None:
    toolbox = Toolbox(tools_for(), format, room=120)
    messages = [Message("system", toolbox.explained), Message("user", "What is in a.py?")]
    options = ReplyOptions(Sampling(1.0, seed=seed), max_tokens=120, grammar=toolbox.grammar)
    with Context(smollm2_shipped, ContextOptions(n_ctx=1024, threads=1)) as context:
        generator = LocalGenerator(smollm2_shipped, context, None, family=FAMILIES["chatml"])
        *_, reply = generator.reply(messages, options)
    assert isinstance(reply, Reply)
    assert reply.finish == "stop"
    assert toolbox.parse(reply.text) is not None
