"""Which prompts are gathered, and in which order they are answered."""

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.train.data import Prompt, gather_prompts, schedule

FUNCTION = '''
class Shelf:
    def total(self, prices):
        """Sum up."""
        result = 0
        for price in prices:
            result += price
        return result
'''
SHORT = "def one():\n    return 1\n"


def listed(path: Path, *questions: str) -> None:
    path.write_text("".join(json.dumps({"turns": [q, "and then?"]}) + "\n" for q in questions))


def test_even_lines_train_and_odd_ones_measure(tmp_path: Path) -> None:
    listed(tmp_path / "mbpp.jsonl", "zero", "one", "two", "three", "zero", "two")
    prompts = gather_prompts([tmp_path / "mbpp.jsonl"])
    assert {(p.text, p.for_measuring) for p in prompts} == {
        ("zero", False), ("one", True), ("two", True), ("three", True),
    }  # fmt: skip
    requests = schedule(prompts)
    assert {r.prompt.text for r in requests if r.held_out} == {"one", "two", "three"}
    assert {r.prompt.text for r in requests if not r.held_out} == {"zero"}


def test_functions_of_a_repository_are_asked_about_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FUNCTION)
    (tmp_path / "copy.py").write_text(FUNCTION)
    (tmp_path / "short.py").write_text(SHORT)
    (tmp_path / "binary.py").write_bytes(FUNCTION.encode() + b"\0\xff")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "b.py").write_text(FUNCTION.replace("total", "other"))
    [prompt] = gather_prompts([tmp_path])
    assert prompt.source == "code"
    assert "```python\ndef total(self, prices):\n    " in prompt.text, "a method stands at the margin"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.jsonl", b"", "nothing to train on"),
        ("bad.jsonl", b'{"prompt": "hello"}\n', "no list of prompts"),
        ("torn.jsonl", b'{"turns": ["hel', "no list of prompts"),
        ("binary.jsonl", b"\xff\xfe\0", "no list of prompts"),
        ("image.png", b"\x89PNG\0", "nothing to train on"),
        ("short.py", SHORT.encode(), "nothing to train on"),
    ],
)
def test_data_that_hold_nothing_are_named(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=said) as raised:
        gather_prompts([tmp_path / name])
    assert name in raised.value.message


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no file or folder .*nowhere"):
        gather_prompts([tmp_path / "nowhere"])


def test_a_sixteenth_of_what_is_answered_is_held_out_and_never_trained_on() -> None:
    prompts = [
        Prompt(source, f"{source} {i}") for source, n in (("code", 64), ("mbpp", 16)) for i in range(n)
    ]
    requests = schedule(prompts)
    held_out = [r for r in requests if r.held_out]
    assert len(held_out) == 5
    assert sum(r.held_out for r in requests[:32]) == 2
    assert {r.prompt.source for r in held_out} == {"code", "mbpp"}
    assert not {r.prompt for r in held_out} & {r.prompt for r in requests if not r.held_out}
    assert {r.sample for r in held_out} == {0}


def test_a_short_list_is_answered_more_often_than_a_long_one_but_not_as_often_as_it_is_short() -> None:
    prompts = [
        Prompt(source, f"{source} {i}") for source, n in (("code", 900), ("mbpp", 100)) for i in range(n)
    ]
    training = [r for r in schedule(prompts) if not r.held_out]
    first = Counter(r.prompt.source for r in training[:400])
    assert first["code"] == pytest.approx(300, abs=5)
    assert first["mbpp"] == pytest.approx(100, abs=5)
    assert len({(r.prompt, r.sample) for r in training}) == len(training)
