"""What a manifest can say (quantizations, drafts, split files), and what is told when it is wrong."""

from pathlib import Path

import pytest

from assistant.catalog.manifest import Manifest, find_manifest, load_manifests
from assistant.catalog.pull import pull
from assistant.catalog.resolve import resolve_model
from assistant.errors import UsageError
from tests.catalog.conftest import DRAFT_FILE, DRAFT_REPO, TARGET_REPO
from tests.catalog.loopback import LoopbackHub

RICH = f"""
name = "rich"
title = "A model of everything"
about = "For tests."
license = "MIT"
architecture = "qwen3"
context = 40960
shape = {{ layers = 36, kv_heads = 8, key_length = 128 }}
family = "qwen3"
edit_format = "search-replace"
advice = "None."

[target]
repo = "{TARGET_REPO}"
file = "{{quantization}}/rich-{{quantization}}.gguf"
quantizations = [
    {{ name = "Q4_K_M", size_gb = 5.03 }},
    {{ name = "Q8_0", size_gb = 8.71, file = "big/rich-Q8_0-00001-of-00002.gguf" }},
]

[[draft]]
kind = "dspark"
repo = "{DRAFT_REPO}"
file = "{DRAFT_FILE}"
size_gb = 1.5

[[draft]]
kind = "eagle3"
repo = "{DRAFT_REPO}"
file = "eagle3.gguf"
size_gb = 2.0
"""


def write(home: Path, text: str) -> None:
    folder = home / "config" / "models"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rich.toml").write_text(text)


@pytest.fixture
def rich(coder_home: Path) -> Manifest:
    write(coder_home, RICH)
    return find_manifest("rich")


def names(manifest: Manifest, quantization: str | None = None, draft: str | None = None) -> list[str]:
    return [file.file for file, _ in manifest.select(quantization, draft).places]


def test_the_first_of_each_is_taken_unless_another_is_asked_for(rich: Manifest) -> None:
    assert names(rich) == ["Q4_K_M/rich-Q4_K_M.gguf", DRAFT_FILE]
    assert names(rich, draft="eagle3") == ["Q4_K_M/rich-Q4_K_M.gguf", "eagle3.gguf"]
    assert rich.download_gb == 6.53
    with pytest.raises(UsageError, match="rich has no Q2_K with the draft mtp") as raised:
        rich.select("Q2_K", "mtp")
    assert raised.value.hint == "Quantizations: Q4_K_M, Q8_0. Drafts: dspark, eagle3."


def test_a_split_file_is_one(rich: Manifest) -> None:
    first, second, _ = rich.select("Q8_0").places
    assert [place.name for _, place in (first, second)] == [
        "rich-Q8_0-00001-of-00002.gguf",
        "rich-Q8_0-00002-of-00002.gguf",
    ]
    assert first[1].parent == second[1].parent
    assert rich.select("Q8_0").target_path == first[1]


def test_another_selection_is_pulled_and_found_again(
    hub: LoopbackHub, coder_home: Path, tiny_pair: tuple[bytes, bytes]
) -> None:
    write(coder_home, RICH)
    manifest = find_manifest("rich")
    parts = tiny_pair[0][:1000], tiny_pair[0][1000:]
    for i, part in enumerate(parts, 1):
        hub.add(TARGET_REPO, f"big/rich-Q8_0-0000{i}-of-00002.gguf", part)
    files = pull(manifest, lambda _: None, manifest.select("Q8_0"))
    assert files == resolve_model("rich")
    assert files.edit_format == manifest.edit_format == "search-replace"
    assert files.target.name == "rich-Q8_0-00001-of-00002.gguf"
    second = files.target.with_name("rich-Q8_0-00002-of-00002.gguf")
    assert (files.target.read_bytes(), second.read_bytes()) == parts
    second.unlink()
    assert not manifest.pulled


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        (("advice =", "advise ="), "unknown key: advise", "advice"),
        (("kind = ", "kynd = "), "unknown key: draft.1.kynd", "kind"),
        (("size_gb = 8.71", "size = 8.71"), "unknown key: target.quantizations.2.size", "size_gb"),
        (("kv_heads", "kv_head"), "wrong at shape.kv_heads", ""),
        (("layers = 36", 'layers = "36"'), "wrong at shape.layers", ""),
        (('"eagle3"', '"eagle4"'), "wrong at draft.2.kind", ""),
        (('"search-replace"', '"guess"'), "wrong at edit_format", ""),
        (('"Q8_0",', '"../Q8_0",'), "wrong at target.quantizations.2.name", ""),
        (('"Q8_0",', '"Q4_K_M",'), "wrong at target: two of the quantizations", ""),
        (("{quantization}/rich-{quantization}", "rich"), "wrong at target: Q4_K_M needs a file", ""),
        (("00001-of-00002", "00002-of-00002"), "wrong at target: name the first part", ""),
        (("size_gb = 8.71", f'sha256 = "{"0" * 64}"'), "wrong at target: sha256 is of one file", ""),
        (("size_gb = 5.03", 'file = "a.gguf"'), "size_gb is missing", ""),
    ],
)
def test_what_is_wrong_is_named_with_its_key(
    change: tuple[str, str], message: str, hint: str, coder_home: Path
) -> None:
    assert change[0] in RICH
    write(coder_home, RICH.replace(*change))
    with pytest.raises(UsageError, match=message) as raised:
        load_manifests()
    assert "rich.toml" in raised.value.message
    assert raised.value.hint == (f"Did you mean {hint}?" if hint else "")


def test_those_that_ship_say_what_they_are_and_what_they_take() -> None:
    from assistant.chat.families import FAMILIES

    for name, manifest in load_manifests().items():
        assert manifest.family in FAMILIES, name
        assert manifest.architecture and manifest.context and manifest.edit_format, name
        assert all(selection.size_gb is not None for selection in manifest.selections()), name
