"""What of a model fits is exact where its files are here, and told from its manifest where they are not."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.catalog import embedded
from assistant.catalog.fitting import fitting
from assistant.catalog.manifest import Manifest, find_manifest
from assistant.engine.memory import FreeMemory
from tests.catalog.conftest import MANIFEST

GIB = 2**30
FREE = FreeMemory(8 * GIB)


def put_files(manifest: Manifest, *contents: bytes) -> None:
    for (_, place), content in zip(manifest.select().places, contents, strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def written(coder_home: Path, text: str) -> Manifest:
    folder = coder_home / "config" / "models"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny-pair.toml").write_text(text)
    return find_manifest("tiny-pair")


def test_files_that_are_here_are_fitted_by_their_headers(
    manifest: Manifest, tiny_pair: tuple[bytes, bytes]
) -> None:
    put_files(manifest, *tiny_pair)
    told = fitting(manifest, manifest.select(), FREE)
    assert told is not None and (told.basis, told.context, told.layers) == ("header", 2048, 2)
    assert told.weights == pytest.approx(sum(map(len, tiny_pair)), rel=0.1)
    shorter = fitting(manifest, manifest.select(), FREE, longest=512)
    assert shorter is not None and shorter.context == 512


def test_a_file_that_cannot_be_read_fits_nowhere_and_says_why(manifest: Manifest) -> None:
    put_files(manifest, b"GGUF", b"GGUF")
    told = fitting(manifest, manifest.select(), FREE)
    assert told is not None and (told.context, str(told)) == (0, "does not fit")
    assert "tiny-target.F32.gguf" in told.note


@dataclass(frozen=True)
class Promise:
    """What a manifest says, and what is known of it then."""

    target: str = ""
    draft: str = ""
    shape: str = ""
    basis: str | None = None
    gigabytes: float = 0.0


@pytest.mark.parametrize(
    "promise",
    [
        Promise(),
        Promise(target="size_gb = 2.0"),
        Promise(target="size_gb = 2.0", draft="size_gb = 0.5", basis="size", gigabytes=2.5),
        Promise(
            target="size_gb = 2.0",
            draft="size_gb = 0.5",
            shape="shape = { layers = 8, heads = 8, kv_heads = 2, key_length = 64 }",
            basis="shape",
            gigabytes=2.5,
        ),
    ],
)
def test_files_that_are_not_here_are_told_by_what_is_known_of_them(
    promise: Promise, coder_home: Path
) -> None:
    text = MANIFEST.replace("[target]", f"{promise.shape}\n[target]\n{promise.target}")
    manifest = written(coder_home, text.replace("[draft]", f"[draft]\n{promise.draft}"))
    told = fitting(manifest, manifest.select(), FREE)
    assert (told.basis if told else None) == promise.basis
    assert (told.weights if told else 0) == pytest.approx(promise.gigabytes * 1e9)


def test_the_model_that_comes_with_a_package_is_told_before_it_is_made_and_after() -> None:
    manifest, shipped = find_manifest(embedded.NAME), embedded.available()
    assert shipped is not None
    before = fitting(manifest, None, FREE)
    assert before is not None and (before.basis, before.weights) == ("shape", embedded.expected_bytes())
    embedded.prepared_path().parent.mkdir(parents=True)
    shutil.copy(shipped, embedded.prepared_path())
    after = fitting(manifest, None, FREE)
    assert after is not None and (after.basis, after.context) == ("header", before.context)
    assert after.kv == before.kv
