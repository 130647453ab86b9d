"""What lies in the models folder, whose it is, and what a removal leaves."""

import shutil
import time
from pathlib import Path

import pytest

from assistant.catalog.checksum import record_of
from assistant.catalog.inventory import StoredFile, files_to_remove, inventory, is_sound, remove
from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import Manifest, find_manifest
from assistant.catalog.pull import PullProgress, pull
from assistant.errors import ModelError
from tests.catalog.conftest import DRAFT_FILE, MANIFEST, TARGET_FILE, TARGET_REPO
from tests.catalog.loopback import LoopbackHub
from tests.catalog.test_pull import ignore

OTHER_REPO, OTHER_FILE = "tester/other-GGUF", "other.F32.gguf"


@pytest.fixture
def sharing(hub: LoopbackHub, manifest: Manifest, coder_home: Path) -> Manifest:
    """Another model with the same draft, both pulled."""
    text = MANIFEST.replace("tiny-pair", "other").replace(TARGET_REPO, OTHER_REPO)
    (coder_home / "config" / "models" / "other.toml").write_text(text.replace(TARGET_FILE, OTHER_FILE))
    hub.add(OTHER_REPO, OTHER_FILE, hub.files[f"{TARGET_REPO}/{TARGET_FILE}"].content)
    pull(manifest, ignore)
    hub.ranges.clear()
    pull(other := find_manifest("other"), ignore)
    assert len(hub.ranges) == 1, "the draft is there already"
    return other


def whose(files: tuple[StoredFile, ...]) -> dict[str, tuple[str, ...]]:
    return {file.path.name: file.models for file in files}


def test_rm_keeps_what_another_model_shares(sharing: Manifest, manifest: Manifest) -> None:
    assert whose(inventory()) == {
        OTHER_FILE: ("other",),
        DRAFT_FILE: ("other", "tiny-pair"),
        TARGET_FILE: ("tiny-pair",),
    }
    going, staying = files_to_remove(sharing)
    assert (whose(going), whose(staying)) == ({OTHER_FILE: ("other",)}, {DRAFT_FILE: ("other", "tiny-pair")})
    assert remove(going) == going[0].size
    assert not sharing.pulled
    assert manifest.pulled
    assert not going[0].path.parent.exists()
    going, staying = files_to_remove(manifest)
    assert set(whose(going)) == {DRAFT_FILE, TARGET_FILE}
    assert not staying
    remove(going)
    assert list(models_folder().iterdir()) == []


def test_leftovers_are_unused_and_a_pull_under_way_is_not(hub: LoopbackHub, manifest: Manifest) -> None:
    seen: list[StoredFile] = []

    def look(said: PullProgress) -> None:
        if said.file == TARGET_FILE and not seen:
            seen.extend(inventory())
            with pytest.raises(ModelError, match=r"under way|deleted"):
                remove(seen)
            hub.go_on.set()
        if said.file == DRAFT_FILE:
            raise KeyboardInterrupt

    hub.stalls = {TARGET_FILE: 100_000, DRAFT_FILE: 100_000}
    with pytest.raises(KeyboardInterrupt):
        pull(manifest, look)
    assert [(file.partial, file.busy, file.unused) for file in seen] == [(True, True, False)]
    end = time.monotonic() + 60
    while any(file.busy for file in inventory()) and time.monotonic() < end:
        time.sleep(0.01)  # a download that nobody waits for any more ends at its next progress
    left = [file for file in inventory() if file.unused]
    assert TARGET_FILE in whose(tuple(left)), "a target without its draft is no model yet"
    remove(left)
    assert not list(models_folder().rglob("*.gguf"))


def test_a_flipped_bit_is_always_found(hub: LoopbackHub, manifest: Manifest) -> None:
    path = pull(manifest, ignore).target
    whole = path.read_bytes()
    assert is_sound(path, None, lambda _: None)
    for at in range(0, len(whole) * 8, len(whole) * 8 // 40):
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        path.write_bytes(damaged)
        assert is_sound(path, None, lambda _: None) is False
    path.write_bytes(whole[:-1])
    assert is_sound(path, None, lambda _: None) is False
    path.write_bytes(whole)
    assert is_sound(path, "0" * 64, lambda _: None) is False, "what the manifest says goes first"
    record_of(path).unlink()
    assert is_sound(path, None, lambda _: None) is None
    with pytest.raises(ModelError, match="cannot be read"):
        shutil.rmtree(path.parent)
        is_sound(path, "0" * 64, lambda _: None)
