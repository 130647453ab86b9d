"""Pulling a pair from a hub: whole, resumed, and whatever can go wrong on the way."""

import errno
import hashlib
import os
import shutil
import time
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from huggingface_hub import constants

from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import Manifest
from assistant.catalog.part import Part
from assistant.catalog.pull import PullProgress, pull
from assistant.errors import ModelError, UsageError
from tests.catalog.conftest import DRAFT_FILE, DRAFT_REPO, TARGET_FILE, TARGET_REPO
from tests.catalog.loopback import LoopbackHub

Pair = tuple[bytes, bytes]


def ignore(_: PullProgress) -> None: ...


def parts() -> list[Path]:
    return sorted(models_folder().glob("*/.pulling/*.part"))


def files_in_place() -> list[str]:
    return sorted(path.name for path in models_folder().glob("**/*.gguf"))


def test_a_pair_arrives_whole_and_nothing_else_is_left(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair
) -> None:
    seen: list[PullProgress] = []
    files = pull(manifest, seen.append)
    assert files.draft is not None
    assert (files.target.read_bytes(), files.draft.read_bytes()) == tiny_pair
    assert files_in_place() == [DRAFT_FILE, TARGET_FILE]
    assert not parts()
    assert manifest.pulled
    for file, content in ((TARGET_FILE, tiny_pair[0]), (DRAFT_FILE, tiny_pair[1])):
        done = [p.done for p in seen if p.file == file]
        assert done == sorted(done)
        assert done[-1] == len(content)
    assert {p.total for p in seen} == {len(content) for content in tiny_pair}


def test_a_cut_connection_is_taken_up_again(hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair) -> None:
    hub.cuts = [100_000, 0, 50_000, 0, 0]
    files = pull(manifest, ignore)
    assert files.target.read_bytes() == tiny_pair[0]
    assert hub.ranges[:6] == [None, *["bytes=100000-"] * 2, *["bytes=150000-"] * 3]


def test_a_connection_that_stays_cut_is_given_up_and_the_next_pull_goes_on(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair
) -> None:
    hub.cuts = [100_000, 0, 0, 0, 0, 0]
    with pytest.raises(ModelError, match="cannot be reached") as raised:
        pull(manifest, ignore)
    assert "what has arrived is kept" in raised.value.hint
    assert [part.stat().st_size for part in parts()] == [100_000]
    assert files_in_place() == []
    hub.ranges.clear()
    hub.cuts.clear()
    assert pull(manifest, ignore).target.read_bytes() == tiny_pair[0]
    assert hub.ranges == ["bytes=100000-", None]


def test_what_progress_raises_ends_the_pull_and_the_next_one_goes_on(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair
) -> None:
    def interrupt(progress: PullProgress) -> None:
        if progress.file == DRAFT_FILE:
            raise KeyboardInterrupt

    hub.stalls = {DRAFT_FILE: 100_000}
    with pytest.raises(KeyboardInterrupt):
        pull(manifest, interrupt)
    assert files_in_place() == [TARGET_FILE]
    hub.go_on.set()
    (part,) = parts()
    arrived = part.stat().st_size
    assert 0 < arrived < len(tiny_pair[1])
    hub.ranges.clear()
    assert (files := pull(manifest, ignore)).draft is not None
    assert files.draft.read_bytes() == tiny_pair[1]
    (asked,) = hub.ranges
    assert asked is not None
    began = int(asked.removeprefix("bytes=").removesuffix("-"))
    assert began >= arrived, "what was on its way when the pull ended may still have come"


def test_a_hub_that_ignores_ranges_is_read_from_the_beginning(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair
) -> None:
    hub.cuts, hub.ignores_ranges = [70_000], True
    assert pull(manifest, ignore).target.read_bytes() == tiny_pair[0]


def test_a_busy_hub_is_asked_again(hub: LoopbackHub, manifest: Manifest) -> None:
    hub.store_answers = [503, 429, 500]
    pull(manifest, ignore)
    assert manifest.pulled


def test_a_file_with_another_checksum_is_not_kept(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair
) -> None:
    wrong = bytearray(tiny_pair[0])
    wrong[1000] ^= 1
    hub.add(TARGET_REPO, TARGET_FILE, bytes(wrong), tag=hashlib.sha256(tiny_pair[0]).hexdigest())
    with pytest.raises(ModelError, match="arrived damaged"):
        pull(manifest, ignore)
    assert files_in_place() == []
    assert not parts()
    hub.add(TARGET_REPO, TARGET_FILE, tiny_pair[0])
    assert pull(manifest, ignore).target.read_bytes() == tiny_pair[0]


@pytest.mark.parametrize("promised", [-5, 5])
def test_a_file_of_another_length_does_not_count(
    promised: int, hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair
) -> None:
    size = len(tiny_pair[0])
    hub.add(TARGET_REPO, TARGET_FILE, tiny_pair[0], size=size + promised)
    with pytest.raises(ModelError, match=f"arrived with {size:,} bytes instead of {size + promised:,}"):
        pull(manifest, ignore)
    assert files_in_place() == []


def test_a_changed_file_is_not_stuck_together_from_two(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair
) -> None:
    hub.cuts = [100_000, 0, 0, 0, 0, 0]
    with pytest.raises(ModelError):
        pull(manifest, ignore)
    hub.cuts.clear()
    hub.add(TARGET_REPO, TARGET_FILE, tiny_pair[1])
    assert pull(manifest, ignore).target.read_bytes() == tiny_pair[1]
    assert not parts()


def test_the_manifest_s_own_checksum_counts(hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair) -> None:
    assert manifest.target is not None
    pinned = manifest.model_copy(update={"target": manifest.target.model_copy(update={"sha256": "0" * 64})})
    with pytest.raises(ModelError, match="not the file that the manifest names"):
        pull(pinned, ignore)
    assert hub.ranges == []
    # A small file's tag is no SHA-256: only the download shows what it is.
    hub.add(TARGET_REPO, TARGET_FILE, tiny_pair[0], tag="abc")
    with pytest.raises(ModelError, match="arrived damaged"):
        pull(pinned, ignore)
    assert files_in_place() == []


class Refusal(NamedTuple):
    """What the hub says, and what the user is told."""

    status: int
    message: str
    hint: str


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_repository_is_explained_before_anything_is_downloaded(
    status: int, hub: LoopbackHub, manifest: Manifest
) -> None:
    hub.gated[DRAFT_REPO] = status
    with pytest.raises(ModelError, match=f"{DRAFT_REPO} asks you to accept its terms") as raised:
        pull(manifest, ignore)
    assert "hf auth login" in raised.value.hint
    assert hub.ranges == []


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(401, r"does not give you .* \(401\)", "hf auth login"),
        Refusal(403, r"does not give you .* \(403\)", "hf auth login"),
        Refusal(429, "asked too often", "Wait"),
        Refusal(404, "The hub has no tester/tiny-target-GGUF/tiny-target.F32.gguf", "renamed"),
        Refusal(500, "answered 500", "later"),
    ],
    ids=str,
)
def test_a_refusal_is_explained(refusal: Refusal, hub: LoopbackHub, manifest: Manifest) -> None:
    hub.answers[TARGET_REPO] = refusal.status
    with pytest.raises(ModelError, match=refusal.message) as raised:
        pull(manifest, ignore)
    assert refusal.hint in raised.value.hint


def test_a_missing_repository_file_or_revision_is_named(hub: LoopbackHub, manifest: Manifest) -> None:
    assert manifest.target is not None
    elsewhere = manifest.model_copy(update={"target": manifest.target.model_copy(update={"revision": "v9"})})
    with pytest.raises(ModelError, match=f"no {TARGET_REPO} at 'v9'"):
        pull(elsewhere, ignore)
    del hub.files[f"{DRAFT_REPO}/{DRAFT_FILE}"]
    with pytest.raises(ModelError, match=f"no {DRAFT_REPO} at 'main'"):
        pull(manifest, ignore)
    hub.add(DRAFT_REPO, "another.gguf", b"")
    with pytest.raises(ModelError, match=f"no file {DRAFT_REPO}/{DRAFT_FILE}"):
        pull(manifest, ignore)


def test_a_hub_that_is_not_there(
    hub: LoopbackHub, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}",
    )
    with pytest.raises(ModelError, match="cannot be reached") as raised:
        pull(manifest, ignore)
    assert "network" in raised.value.hint


def test_something_that_is_no_hub(hub: LoopbackHub, manifest: Manifest) -> None:
    """A log-in page of a network answers everything with 200."""
    hub.answers[TARGET_REPO] = 200
    with pytest.raises(ModelError, match="no model hub"):
        pull(manifest, ignore)


def test_the_hub_switched_off(hub: LoopbackHub, manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        pull(manifest, ignore)


def test_a_full_disk_is_seen_before_the_download_and_counts_what_is_there(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = sum(map(len, tiny_pair))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size - 1))
    with pytest.raises(ModelError, match="are free in") as raised:
        pull(manifest, ignore)
    assert "CODER_HOME" in raised.value.hint
    assert hub.ranges == []
    hub.cuts = [100_000, 0, 0, 0, 0, 0]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size))
    with pytest.raises(ModelError, match="cannot be reached"):
        pull(manifest, ignore)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size - 100_000))
    hub.cuts.clear()
    pull(manifest, ignore)
    assert manifest.pulled


def test_a_folder_that_cannot_be_written(hub: LoopbackHub, manifest: Manifest, coder_home: Path) -> None:
    (coder_home / "data").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="Cannot write to") as raised:
        pull(manifest, ignore)
    assert "CODER_HOME" in raised.value.hint


def test_of_two_pulls_at_once_the_second_waits_and_finds_the_file(
    hub: LoopbackHub, manifest: Manifest
) -> None:
    """Each has file locks of its own, as in two processes."""
    seen: set[str] = set()
    hub.stalls = {TARGET_FILE: 100_000}

    def see(said: PullProgress) -> None:
        seen.add(said.stage)
        if said.stage == "waiting":
            hub.go_on.set()

    first, second = (Thread(target=pull, args=(manifest, tell)) for tell in (ignore, see))
    first.start()
    assert hub.stalled.wait(20)
    second.start()
    for thread in (first, second):
        thread.join(20)
    assert manifest.pulled
    assert "waiting" in seen
    assert len(hub.ranges) == 2, "each file was sent once"


def test_several_files_come_at_once(
    hub: LoopbackHub, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.catalog.pull.AT_ONCE", 2)
    hub.stalls = {TARGET_FILE: 100_000}

    def see(said: PullProgress) -> None:
        if said.file == DRAFT_FILE and said.done == said.total:
            hub.go_on.set()  # the target stands still until the draft is whole

    pull(manifest, see)
    assert manifest.pulled


def test_the_first_failure_ends_all(
    hub: LoopbackHub, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.catalog.pull.AT_ONCE", 2)
    hub.stalls = {TARGET_FILE: 100_000}
    hub.add(DRAFT_REPO, DRAFT_FILE, b"GGUF", tag="0" * 64)
    started = time.monotonic()
    with pytest.raises(ModelError, match="arrived damaged"):
        pull(manifest, ignore)
    assert time.monotonic() - started < 10
    assert files_in_place() == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EIO])
def test_a_disk_that_fails_on_the_way_keeps_what_has_arrived(
    code: int, hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Part.append

    def fail(part: Part, chunk: bytes) -> None:
        if part.size > 100_000:
            raise OSError(code, os.strerror(code))
        append(part, chunk)

    with monkeypatch.context() as patch, pytest.raises(ModelError, match=os.strerror(code)) as raised:
        patch.setattr(Part, "append", fail)
        pull(manifest, ignore)
    assert ("Make room" in raised.value.hint) == (code == errno.ENOSPC)
    assert max(part.stat().st_size for part in parts()) > 100_000, "of the file that failed"
    assert pull(manifest, ignore).target.read_bytes() == tiny_pair[0]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_file_that_cannot_be_put_in_place_is_the_next_time(
    function: str, hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch, pytest.raises(ModelError, match=os.strerror(errno.EIO)):
        patch.setattr(os, function, fail)
        pull(manifest, ignore)
    assert files_in_place() == []
    assert parts()
    hub.ranges.clear()
    assert pull(manifest, ignore).target.read_bytes() == tiny_pair[0]
    assert len(hub.ranges) == 1, "what has arrived was not asked for again"


def test_a_part_that_was_changed_meanwhile_is_found_out(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair
) -> None:
    hub.cuts = [100_000, 0, 0, 0, 0, 0]
    with pytest.raises(ModelError):
        pull(manifest, ignore)
    hub.cuts.clear()
    (part,) = parts()
    content = bytearray(part.read_bytes())
    content[50_000] ^= 1
    part.write_bytes(content)
    with pytest.raises(ModelError, match="arrived damaged"):
        pull(manifest, ignore)
    assert not parts()
    assert pull(manifest, ignore).target.read_bytes() == tiny_pair[0]


def test_a_store_that_has_less_than_was_promised(
    hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair
) -> None:
    """What is here is already all that the store has: it answers 416."""
    size = len(tiny_pair[0])
    hub.add(TARGET_REPO, TARGET_FILE, tiny_pair[0], size=size + 5)
    for _ in range(2):
        with pytest.raises(ModelError, match="bytes instead of"):
            pull(manifest, ignore)
    assert f"bytes={size}-" in hub.ranges


def test_the_token_stays_with_the_hub(
    hub: LoopbackHub, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull(manifest, ignore)
    assert hub.tokens == {"hub": {"Bearer hf_secret"}, "store": {None}}


def test_a_model_of_a_package_is_not_pulled() -> None:
    from assistant.catalog.manifest import find_manifest

    with pytest.raises(UsageError, match="nothing to pull"):
        pull(find_manifest("smollm2-135m"), ignore)
