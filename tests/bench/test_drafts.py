"""Drafts of several methods are measured alone, on the same requests."""

import json
from pathlib import Path

import pytest

from assistant.bench.drafts import compare_drafts
from assistant.bench.tasks import Request, Task
from assistant.catalog.resolve import ModelFiles
from assistant.chat.local import LocalGenerator
from assistant.cli.setup import load_generator
from assistant.engine.drafters.load import load_drafter
from assistant.errors import ExitCode
from tests.cli.coder import coder
from tests.engine import tiny_drafts as tiny

TARGET = tiny.target("llama")
TASK = Task("work", "two questions", (Request("one", max_tokens=24), Request("two", max_tokens=24)))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return {
        "target": TARGET.write(tmp_path / "target.gguf"),
        "dspark": tiny.dspark(TARGET, layers=[0, 2]).write(tmp_path / "dspark.gguf"),
        "eagle3": tiny.eagle3(TARGET, layers=[0, 1, 2]).write(tmp_path / "eagle3.gguf"),
    }


def loaded(path: Path) -> LocalGenerator:
    return load_generator(ModelFiles("tiny", path), lambda *_: None, draft=False, context_tokens=512)


def test_each_draft_is_asked_alone_on_the_same_requests(files: dict[str, Path]) -> None:
    generator = loaded(files["target"])
    names = ("dspark", "eagle3")
    drafters = {name: load_drafter(files[name], generator.model, generator.context) for name in names}
    found = compare_drafts(generator, drafters, [TASK], lambda *_: None)
    assert found.stopped == ""
    assert [(each.file, each.method, len(each.ratios)) for each in found.results] == [
        ("dspark", "dspark", 2),
        ("eagle3", "eagle3", 2),
    ]
    for each in found.results:
        assert list(each.stats.by_drafter) == [each.method]
        assert each.stats.mean_accepted_length >= 1
    assert len({each.stats.emitted for each in found.results}) == 1, "the text is the same with each"
    for drafter in drafters.values():
        drafter.close()
    generator.close()


def test_what_was_measured_is_kept_and_marked_when_interrupted(files: dict[str, Path]) -> None:
    generator = loaded(files["target"])
    drafter = load_drafter(files["eagle3"], generator.model, generator.context)

    def interrupt(_: str, fraction: float) -> None:
        if fraction:
            raise KeyboardInterrupt

    found = compare_drafts(generator, {"eagle3": drafter}, [TASK], interrupt)
    assert (found.stopped, [len(each.ratios) for each in found.results]) == ("interrupted", [1])
    found = compare_drafts(generator, {"eagle3": drafter}, [TASK], lambda *_: None, 1e-9)
    assert (found.stopped, [len(each.ratios) for each in found.results]) == ("out of time", [0])
    drafter.close()
    generator.close()


def test_several_drafts_on_the_command_line(files: dict[str, Path], tmp_path: Path) -> None:
    prompts = tmp_path / "work.jsonl"
    prompts.write_text(2 * (json.dumps({"turns": ["a b c"]}) + "\n"))
    other = tiny.dspark(TARGET, layers=[0, 2])
    other.keys["embedding_length"] = 128
    other.write(tmp_path / "other.gguf")
    given = [
        part for name in ("dspark", "eagle3", "other") for part in ("--draft", str(tmp_path / f"{name}.gguf"))
    ]
    model = ["--model", str(files["target"]), "--quick"]
    ran = coder("bench", "work", "--data", str(prompts), *model, *given, "--json")
    assert ran.code == ExitCode.DONE, ran.err
    found = json.loads(ran.out)
    assert [(one["file"], one["method"]) for one in found["drafts"]] == [
        ("dspark.gguf", "dspark"),
        ("eagle3.gguf", "eagle3"),
    ]
    assert "Left out: other.gguf cannot draft for target.gguf" in ran.err.replace("\n", " ")
    table = coder("bench", "work", "--data", str(prompts), *model, *given).out
    assert max(map(len, table.splitlines())) <= 80
    assert coder("bench", *model, *given, "--draft", "gone.gguf").code == ExitCode.USAGE
    assert "No draft of this model" in coder("bench", *model, "--draft", "all").err
