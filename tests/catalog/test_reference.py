"""Models of a repository that no manifest names, and what its file names may not do."""

from pathlib import Path

import pytest

from assistant.catalog.locations import manifests_folder, models_folder
from assistant.catalog.manifest import Manifest, find_manifest
from assistant.catalog.pull import pull
from assistant.catalog.reference import Reference, find_model, keep, manifest_for, parse_reference
from assistant.catalog.resolve import resolve_model
from assistant.errors import CoderError, ModelError, UsageError
from tests.catalog.conftest import TARGET_FILE, TARGET_REPO
from tests.catalog.loopback import LoopbackHub
from tests.catalog.test_pull import ignore
from tests.no_room import files_of_at_most

REPO = "Someone/Some-Model-7B-GGUF"


@pytest.fixture
def filled(hub: LoopbackHub, tiny_pair: tuple[bytes, bytes]) -> LoopbackHub:
    for size, name in enumerate(
        (
            "Some-Model-7B-Q4_K_M.gguf",
            "Some-Model-7B.Q8_0.gguf",
            "F16/Some-Model-7B-F16-00001-of-00002.gguf",
            "F16/Some-Model-7B-F16-00002-of-00002.gguf",
            "mmproj-F16.gguf",
            "README.md",
        )
    ):
        hub.add(REPO, name, tiny_pair[0] + bytes(size))
    return hub


def test_a_repository_becomes_a_model_with_a_name(
    filled: LoopbackHub, tiny_pair: tuple[bytes, bytes]
) -> None:
    manifest = manifest_for(Reference(REPO))
    assert (manifest.name, manifest.license) == ("some-model-7b", "apache-2.0")
    assert manifest.target is not None
    variants = {variant.quantization: variant for variant in manifest.target.variants}
    assert list(variants) == ["Q4_K_M", "Q8_0", "F16"]
    assert len(variants["F16"].files) == 2
    assert variants["Q4_K_M"].files[0].sha256 is not None
    with pytest.raises(ModelError, match="not on this machine") as raised:
        find_model(f"hf:{REPO}")
    assert raised.value.hint == f"Pull it: coder pull hf:{REPO}"
    pull(manifest, ignore, manifest.select("Q8_0"))
    path = keep(manifest)
    assert path.parent == manifests_folder()
    assert find_manifest("some-model-7b") == manifest
    for name in ("some-model-7b", f"hf:{REPO}", f"hf:{REPO}:q8_0", f"hf:{REPO}:Some-Model-7B.Q8_0.gguf"):
        files = resolve_model(name)
        assert files.target == models_folder() / "Someone--Some-Model-7B-GGUF" / "Some-Model-7B.Q8_0.gguf"
        assert files.target.read_bytes() == tiny_pair[0] + bytes(1)
    with pytest.raises(ModelError, match="not on this machine"):
        resolve_model(f"hf:{REPO}:Q4_K_M")
    path.write_text(path.read_text().replace('title = "Some-Model-7B-GGUF"', 'title = "Mine"'))
    keep(manifest)
    assert find_model(f"hf:{REPO}").title == "Mine", "what the user changed stays"


def test_a_manifest_that_finds_no_room_is_not_there(filled: LoopbackHub) -> None:
    manifest = manifest_for(Reference(REPO))
    with files_of_at_most(64), pytest.raises(CoderError, match="cannot be written"):
        keep(manifest)
    assert list(manifests_folder().glob("*some*")) == []
    assert find_manifest(keep(manifest).stem) == manifest


def test_one_file_of_a_repository(filled: LoopbackHub) -> None:
    manifest = manifest_for(Reference(REPO, "Some-Model-7B.Q8_0.gguf"))
    assert manifest.name == "some-model-7b-q8_0"
    assert [each.target.quantization for each in manifest.selections()] == ["Q8_0"]
    with pytest.raises(ModelError, match=r"has no other\.gguf") as raised:
        manifest_for(Reference(REPO, "other.gguf"))
    assert "Some-Model-7B.Q8_0.gguf" in raised.value.hint


def test_a_repository_that_a_manifest_names_is_that_model(hub: LoopbackHub, manifest: Manifest) -> None:
    assert manifest_for(Reference(TARGET_REPO)) == manifest
    assert manifest_for(Reference(TARGET_REPO, TARGET_FILE)) == manifest


def test_names_do_not_collide(filled: LoopbackHub, tiny_pair: tuple[bytes, bytes]) -> None:
    for repo in ("Another/Some-Model-7B", "Another/Some-Model-7B-gguf"):
        filled.add(repo, "m-Q4_0.gguf", tiny_pair[0])
    names = []
    for repo in (REPO, "Another/Some-Model-7B", "Another/Some-Model-7B-gguf"):
        manifest = manifest_for(Reference(repo))
        keep(manifest)
        names.append(manifest.name)
    assert names == ["some-model-7b", "another-some-model-7b", "another-some-model-7b2"]


TRICKS = (
    "../outside.gguf",
    "../../../.bashrc.gguf",
    "/etc/passwd.gguf",
    "a/../../b.gguf",
    "a//b.gguf",
    "./a.gguf",
    ".hidden.gguf",
    ".pulling/x.gguf",
    "a\\..\\b.gguf",
    "C:\\x.gguf",
    "a\n.gguf",
    "a\x1b[2J.gguf",
    "~/x.gguf",
    "$HOME.gguf",
    "a b;rm.gguf",
    "x.gguf/../../y.gguf",
    "\u202egnp.gguf",
)


@pytest.mark.parametrize("name", TRICKS)
def test_a_file_name_with_a_trick_is_not_taken(
    name: str, hub: LoopbackHub, tiny_pair: tuple[bytes, bytes], coder_home: Path
) -> None:
    hub.add("evil/repo", name, tiny_pair[0])
    with pytest.raises(ModelError, match="no GGUF file that can be taken"):
        manifest_for(Reference("evil/repo"))
    with pytest.raises(UsageError, match=r"no name of a GGUF file|is no repository"):
        parse_reference(f"hf:evil/repo:{name}")
    hub.add("evil/repo", "good-Q4_0.gguf", tiny_pair[0])
    files = pull(manifest_for(Reference("evil/repo")), ignore)
    assert files.target == models_folder() / "evil--repo" / "good-Q4_0.gguf"


@pytest.mark.parametrize(
    "name", ["hf:", "hf:one", "hf:a/b/c", "hf:../x", "hf:a/..", "hf:-a/b", "hf:a /b", "hf:a/b:../x.gguf"]
)
def test_what_is_no_reference(name: str) -> None:
    with pytest.raises(UsageError):
        parse_reference(name)
    with pytest.raises(UsageError):
        resolve_model(name)


def test_a_repository_without_models_and_one_that_is_gated(hub: LoopbackHub) -> None:
    hub.add("some/docs", "README.md", b"")
    with pytest.raises(ModelError, match="no GGUF file that can be taken"):
        manifest_for(Reference("some/docs"))
    hub.gated["some/docs"] = 403
    with pytest.raises(ModelError, match="asks you to accept its terms"):
        manifest_for(Reference("some/docs"))
    with pytest.raises(ModelError, match="hub has no some/thing"):
        manifest_for(Reference("some/thing"))
