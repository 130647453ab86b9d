"""Files that llama.cpp ends the process for are found out in a child, which is asked once for each file."""

import sys
from pathlib import Path

import pytest

from assistant.engine.first_load import check_first_load
from assistant.errors import ModelError
from tests.engine.test_state import write_model
from tests.engine.tiny_gguf import with_number


@pytest.mark.parametrize(
    ("memory", "key", "number"),
    [("lfm2", "lfm2.attention.head_count", 2), ("deepseek2", "deepseek2.attention.head_count_kv", 7)],
)
def test_a_file_that_would_end_the_process_is_found_out_in_a_child(
    memory: str, key: str, number: int, tmp_path: Path
) -> None:
    path = with_number(write_model(tmp_path / "m.gguf", memory), key, number)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"llama\.cpp cannot read .*m\.gguf: ggml\.c:\d+: GGML_ASSERT"):
            check_first_load(path, tmp_path / "passed")


def test_a_file_that_passed_is_tried_again_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, passed = write_model(tmp_path / "m.gguf", "llama"), tmp_path / "passed"
    check_first_load(path, passed)

    def no_child(*_: object, **__: object) -> None:
        raise AssertionError("a child was started")

    monkeypatch.setattr("assistant.engine.first_load.subprocess.run", no_child)
    check_first_load(path, passed)
    write_model(path, "qwen3")
    with pytest.raises(AssertionError, match="a child was started"):
        check_first_load(path, passed)


def test_a_child_that_comes_to_no_end_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_model(tmp_path / "m.gguf", "llama")
    monkeypatch.setattr("assistant.engine.first_load._LONGEST_S", 0.01)
    with pytest.raises(ModelError, match="comes to no end"):
        check_first_load(path, tmp_path / "passed")
    assert not (tmp_path / "passed").exists()


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false"])
def test_where_no_child_can_tell_nothing_is_known_against_the_file(
    python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    check_first_load(write_model(tmp_path / "m.gguf", "llama"), tmp_path / "passed")


def test_what_passed_need_not_be_written_down(tmp_path: Path) -> None:
    (tmp_path / "passed").touch()
    check_first_load(write_model(tmp_path / "m.gguf", "llama"), tmp_path / "passed" / "below")


def test_a_death_without_a_word_is_told_by_its_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = tmp_path / "python"
    dies.write_text("#!/bin/sh\necho begun\nkill -SEGV $$\n")
    dies.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dies))
    with pytest.raises(ModelError, match=r"it ends the process \(SIGSEGV\)"):
        check_first_load(write_model(tmp_path / "m.gguf", "llama"), tmp_path / "passed")
