"""Reasoning and stop strings come out the same however the stream is cut."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.chat.families import FAMILIES
from assistant.chat.stop import StopStrings
from assistant.chat.thinking import ThinkingSplitter

R1, QWEN3, CHATML = FAMILIES["deepseek-r1"], FAMILIES["qwen3"], FAMILIES["chatml"]
STREAMS = st.lists(
    st.sampled_from(["<think>", "</think>", "<", "think", ">", "</", "\n", " ", "a", "ü", "<th"]), max_size=12
).map("".join)
TAILS = st.sampled_from(["assistant\n", "<think>\n", "<think>", "</think>", "<think>\n\n</think>\n\n"])


@st.composite
def cut(draw: st.DrawFn, text: str) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def split(pieces: list[str], tail: str) -> tuple[str, str]:
    """Reasoning and answer."""
    splitter = ThinkingSplitter(QWEN3, tail)
    out = [found for piece in pieces for found in splitter.feed(piece)] + splitter.flush()
    assert all(text for text, _ in out)
    return "".join(t for t, thinking in out if thinking), "".join(t for t, thinking in out if not thinking)


@given(st.data(), STREAMS, TAILS)
def test_reasoning_is_split_off_the_same_wherever_the_stream_is_cut(
    data: st.DataObject, text: str, tail: str
) -> None:
    assert split(data.draw(cut(text)), tail) == split([text], tail)


@given(STREAMS, TAILS)
def test_nothing_but_tags_and_the_space_around_them_is_lost(text: str, tail: str) -> None:
    thinking, answer = split([text], tail)
    rest = text
    for tag in ("<think>", "</think>"):
        if (thinking + answer).count(tag) < text.count(tag):
            rest = rest.replace(tag, "", 1)
    assert "".join((thinking + answer).split()) == "".join(rest.split())


def test_reasoning_that_the_prompt_or_the_model_opens() -> None:
    assert split(["so</think>\n\nit is"], "<think>\n") == ("so", "it is")
    assert split(["\n<think>so</think>it is"], "assistant\n") == ("so", "it is")
    assert split(["it is <think> that"], "assistant\n") == ("", "it is <think> that")
    assert split(["cut off <thi"], "<think>") == ("cut off <thi", "")
    assert split(["  spaced"], "assistant\n") == ("", "  spaced")


def test_a_family_that_does_not_reason_may_speak_of_tags() -> None:
    splitter = ThinkingSplitter(CHATML, "<think>")
    assert splitter.feed("<think>a</think>") == [("<think>a</think>", False)]
    assert not splitter.thinking


def test_whether_the_next_text_is_reasoning_is_known_from_the_prompt() -> None:
    assert ThinkingSplitter(R1, "<｜Assistant｜><think>\n").thinking
    assert not ThinkingSplitter(R1, "<｜Assistant｜><think>\n</think>").thinking


STOPS = st.lists(st.text("ab#", max_size=4), max_size=3).map(tuple)
TEXTS = st.text("ab#c", max_size=20)


def stop(pieces: list[str], stops: tuple[str, ...]) -> tuple[str, bool]:
    holding = StopStrings(stops)
    shown = ""
    for piece in pieces:
        shown += holding.feed(piece)
        assert not any(s and s in shown for s in stops)
    return shown + holding.flush(), holding.found


@given(st.data(), TEXTS, STOPS)
def test_text_ends_at_the_stop_string_that_is_complete_first_wherever_it_is_cut(
    data: st.DataObject, text: str, stops: tuple[str, ...]
) -> None:
    ends = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop and stop in text]
    expected = (text[: min(ends)[1]], True) if ends else (text, False)
    assert stop(data.draw(cut(text)), stops) == expected


def test_a_stop_string_inside_of_another() -> None:
    assert stop(["ab#"], ("ab#", "b")) == stop(["a", "b", "#"], ("ab#", "b")) == ("a", True)


def test_only_what_may_begin_a_stop_string_is_withheld() -> None:
    holding = StopStrings(("###",))
    assert [holding.feed(piece) for piece in ("a#", "b", "##", "c##", "#d", "e")] == [
        "a",
        "#b",
        "",
        "##c",
        "",
        "",
    ]
    assert holding.found
