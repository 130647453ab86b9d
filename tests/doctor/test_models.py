"""Which model is used, whether it fits, and files that are cut off."""

from pathlib import Path

import pytest

from assistant.catalog import embedded
from assistant.catalog.manifest import Manifest
from assistant.doctor import models
from assistant.doctor.examine import examine
from assistant.engine.memory import FreeMemory
from tests.catalog.conftest import manifest, tiny_pair

__all__ = ["manifest", "tiny_pair"]


@pytest.fixture
def pulled(manifest: Manifest, tiny_pair: tuple[bytes, bytes]) -> Path:
    """The tiny pair's target; its draft lies beside it."""
    selection = manifest.select()
    for (_, path), content in zip(selection.places, tiny_pair, strict=True):
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    return selection.target_path


def test_a_pulled_pair_is_used_and_fits(pulled: Path) -> None:
    assert models.model_in_use().status == "ok"
    assert models.model_in_use().found == "tiny-pair, with a draft model"
    assert models.memory().found.endswith("it fits")
    assert "tiny-pair" in models.model_files().found


def test_the_settings_name_the_model(pulled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODER_MODEL", embedded.NAME)
    assert models.model_in_use().found.startswith(embedded.NAME)
    monkeypatch.setenv("CODER_MODEL", "")
    assert models.model_in_use().found.startswith("tiny-pair")


def test_room_is_looked_for_as_the_settings_have_it(pulled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODER_CONTEXT", "512")
    assert "for 512 tokens of context" in models.memory().found
    monkeypatch.setenv("CODER_CONTEXT", "1000000")
    (check,) = (check for check in examine().checks if check.name == "memory")
    assert (check.status, check.mend) == ("failed", "Use --context 2048, or leave it out.")


def test_a_file_that_is_cut_off_is_pulled_again(pulled: Path) -> None:
    pulled.write_bytes(pulled.read_bytes()[:-1000])
    for check in (models.model_in_use(), models.model_files()):
        assert (check.status, check.mend) == ("failed", "coder models rm tiny-pair && coder pull tiny-pair")
        assert "truncated" in check.found
    assert models.memory().status == "ok", "the reason is told once"


def test_a_damaged_draft_counts_too(pulled: Path, manifest: Manifest) -> None:
    draft = manifest.select().draft_path
    assert draft is not None
    draft.write_bytes(b"<html>")
    assert models.model_in_use().status == "failed"


def test_the_embedded_model_works_and_a_real_one_is_advised() -> None:
    check = models.model_in_use()
    assert (check.status, check.mend) == ("warning", "coder pull deepseek-coder-6.7b")
    assert not embedded.prepared_path().exists(), "the doctor writes nothing"


def test_a_prepared_embedded_model_that_is_damaged_is_made_anew() -> None:
    embedded.prepared_path().parent.mkdir(parents=True)
    embedded.prepared_path().write_bytes(b"GGUF")
    check = models.model_in_use()
    assert check.status == "failed"
    assert check.mend.startswith("coder models rm smollm2-135m")


def test_no_model_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "available", lambda: None)
    check = models.model_in_use()
    assert check.status == "failed"
    assert "coder pull" in check.mend
    assert models.memory().status == "ok"
    assert models.model_files().found == "none"


def test_too_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.engine.llama.free_memory", lambda: FreeMemory(host=10_000_000))
    (check,) = examine([("Models", (models.memory,))]).checks
    assert check.status == "failed"
    assert "needs" in check.found
    assert check.mend
