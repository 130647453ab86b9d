"""`coder models`: list, show and rm, for a person and for a script."""

import json
from pathlib import Path

import pytest

from assistant.catalog.checksum import record, record_of, sha256_of
from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import Manifest
from assistant.engine.memory import FreeMemory
from assistant.errors import ExitCode
from tests.catalog.conftest import DRAFT_FILE, TARGET_FILE
from tests.cli.coder import coder
from tests.engine.tiny_gguf import write_tiny


@pytest.fixture
def pulled(manifest: Manifest) -> Manifest:
    for _, place in manifest.select().places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"GGUF" * 100)
        record(place, sha256_of(place, lambda _: None))
    return manifest


@pytest.mark.parametrize("args", [["models", "list", "--json"], ["models", "--json"]])
def test_list_says_what_there_is_and_what_is_here(args: list[str], pulled: Manifest) -> None:
    ran = coder(*args)
    listed = {model["name"]: model for model in json.loads(ran.out)}
    assert (ran.code, ran.err) == (ExitCode.DONE, "")
    assert listed["tiny-pair"]["available"]
    assert listed["smollm2-135m"]["available"]
    assert not listed["deepseek-coder-6.7b"]["available"]
    assert listed["tiny-pair"]["files"] == [
        str(models_folder() / "tester--tiny-target-GGUF" / TARGET_FILE),
        str(models_folder() / "tester--tiny-draft-GGUF" / DRAFT_FILE),
    ]


def test_list_for_a_person(pulled: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.engine.llama.free_memory", lambda: FreeMemory(2**34))
    lines = {line.split()[0]: line for line in coder("models").out.splitlines()}
    assert "here" in lines["tiny-pair"]
    assert "here" not in lines["deepseek-coder-6.7b"]
    assert coder("models", "list").out == coder("models").out


def test_list_says_what_fits_before_anything_is_pulled(monkeypatch: pytest.MonkeyPatch) -> None:
    def free_now(gib_host: int, gib_gpu: int) -> None:
        free = FreeMemory(gib_host * 2**30, gib_gpu * 2**30)
        monkeypatch.setattr("assistant.engine.llama.free_memory", lambda: free)

    def told(name: str) -> str:
        return next(line for line in coder("models").out.splitlines() if line.split()[0] == name)

    free_now(18, 0)
    assert "Q3_K_M: " in told("deepseek-coder-33b")
    assert "does not fit" in told("deepseek-v4-flash")
    free_now(64, 12)
    assert "Q4_K_M: 16,384 tokens, 26 of 63 layers on the GPU" in told("deepseek-coder-33b")
    free_now(64, 80)
    listed = {model["name"]: model for model in json.loads(coder("models", "--json").out)}
    best, *_ = listed["qwen3-8b"]["quantizations"]
    assert (best["name"], best["draft"], best["here"]) == ("Q4_K_M", "dflash", False)
    assert (best["fits"]["context"], best["fits"]["on_gpu"], best["fits"]["basis"]) == (40960, 1.0, "shape")
    free_now(512, 0)
    assert "at least " in told("deepseek-v4-flash")
    shown = coder("models", "show", "deepseek-coder-33b").out
    assert "Q5_0" in shown
    assert "kv " in shown


def test_a_file_that_cannot_be_read_fits_nowhere(pulled: Manifest) -> None:
    shown = coder("models", "show", "tiny-pair")
    assert shown.code == ExitCode.DONE
    assert "does not fit" in shown.out
    assert "tiny-target" in shown.out


def test_show(pulled: Manifest) -> None:
    shown = json.loads(coder("models", "show", "tiny-pair", "--json").out)
    assert shown["license"] == "MIT"
    assert "tiny-draft.F32.gguf" in coder("models", "show", "tiny-pair").out
    ran = coder("models", "show", "tiny-pear", "--json")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "Did you mean tiny-pair?" in ran.err


def test_rm_asks_and_deletes(pulled: Manifest) -> None:
    refused = coder("models", "rm", "tiny-pair", answer="n\n")
    assert refused.code == ExitCode.REFUSED
    assert TARGET_FILE in refused.err
    assert pulled.pulled
    assert coder("models", "rm", "tiny-pair").code == ExitCode.REFUSED, "nobody answered"
    assert pulled.pulled
    assert coder("models", "rm", "tiny-pair", answer="y\n").code == ExitCode.DONE
    assert list(models_folder().iterdir()) == []


def test_rm_for_a_script(pulled: Manifest) -> None:
    paths = sorted(str(place) for _, place in pulled.select().places)
    ran = coder("models", "rm", "tiny-pair", "--yes", "--json")
    assert json.loads(ran.out) == {"name": "tiny-pair", "deleted": paths, "kept": [], "freed_bytes": 800}
    ran = coder("models", "rm", "tiny-pair", "--yes", "--json")
    assert (ran.code, ran.out) == (ExitCode.NO_MODEL, "")
    assert "not on this machine" in ran.err


def test_verify_finds_what_changed_and_says_how_to_get_it_again(pulled: Manifest) -> None:
    assert coder("models", "verify").out.count("sound ") == 2
    target = pulled.select().target_path
    target.write_bytes(b"GGUF" * 99 + b"GGUE")
    ran = coder("models", "verify", "tiny-pair", "--json")
    assert ran.code == ExitCode.NOT_ACHIEVED
    assert [each["sound"] for each in json.loads(ran.out)] == [False, True]
    assert "coder models rm tiny-pair && coder pull tiny-pair" in ran.err
    record_of(target).unlink()
    assert "never written down" in coder("models", "verify").out
    assert coder("models", "verify", "deepseek-coder-6.7b").code == ExitCode.NO_MODEL
    assert coder("models", "verify", "x.gguf").code == ExitCode.USAGE


def test_prune_deletes_what_no_model_needs(pulled: Manifest) -> None:
    assert "Nothing is unused" in coder("models", "prune").err
    (models_folder() / "old").mkdir()
    (models_folder() / "old" / "left.gguf").write_bytes(b"GGUF" * 1000)
    assert "it unused (coder models prune)" in coder("models").err
    assert coder("models", "prune").code == ExitCode.REFUSED
    assert json.loads(coder("models", "prune", "--yes", "--json").out)["freed_bytes"] == 4000
    assert not (models_folder() / "old").exists()
    assert pulled.pulled


def test_path_and_show_take_a_file_too(pulled: Manifest, tmp_path: Path) -> None:
    assert coder("models", "path", "tiny-pair").out == f"{pulled.select().target_path}\n"
    assert coder("models", "path", "tiny-pair", "--draft").out == f"{pulled.select().draft_path}\n"
    assert coder("models", "path", "qwen3-8b").code == ExitCode.NO_MODEL
    file = write_tiny(tmp_path / "mine.gguf")
    assert coder("models", "path", str(file)).out == f"{file}\n"
    shown = json.loads(coder("models", "show", str(file), "--json").out)
    assert (shown["architecture"], shown["quantizations"][0]["fits"]["basis"]) == ("llama", "header")
    missing = coder("models", "show", str(tmp_path / "none.gguf"))
    assert (missing.code, "No model file at" in missing.err) == (ExitCode.NO_MODEL, True)
    assert coder("models", "rm", str(file), "--yes").code == ExitCode.USAGE
    assert file.exists()


def test_json_before_the_subcommand_is_not_lost_silently(pulled: Manifest) -> None:
    ran = coder("models", "--json", "rm", "tiny-pair", "--yes")
    assert ran.code == ExitCode.USAGE
    assert pulled.pulled


def test_try_measures_a_pair_and_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    target, draft = (write_tiny(tmp_path / f"{name}.gguf") for name in ("target", "draft"))
    ran = coder("models", "try", str(target), "--draft", str(draft), "--seconds", "1", "--json")
    told = json.loads(ran.out)
    assert ran.code == ExitCode.DONE, ran.err
    assert set(told["tps"]) == {"plain", "without the draft", "with the draft"}
    alone = coder("models", "try", str(target), "--seconds", "1")
    assert (alone.code, "no draft that can be tried" in alone.err) == (ExitCode.NO_MODEL, True)
    draft.write_bytes(b"GGUF" * 100)
    broken = coder("models", "try", str(target), "--draft", str(draft))
    assert (broken.code, "draft.gguf" in broken.err) == (ExitCode.NO_MODEL, True)
