"""A hub on loopback, and a manifest of a tiny target and draft pair that lies on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants

from assistant.catalog.manifest import Manifest, find_manifest
from tests.catalog.loopback import LoopbackHub, loopback_hub
from tests.engine.tiny_gguf import write_tiny

TARGET_REPO, TARGET_FILE = "tester/tiny-target-GGUF", "tiny-target.F32.gguf"
DRAFT_REPO, DRAFT_FILE = "tester/tiny-draft-GGUF", "tiny-draft.F32.gguf"
MANIFEST = f"""
name = "tiny-pair"
title = "A tiny pair"
about = "For tests."
license = "MIT"
size_gb = 0.001
memory_gb = 0.1
[target]
repo = "{TARGET_REPO}"
file = "{TARGET_FILE}"
[draft]
repo = "{DRAFT_REPO}"
file = "{DRAFT_FILE}"
"""


@pytest.fixture(scope="session")
def tiny_pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    folder = tmp_path_factory.mktemp("tiny")
    target, draft = (write_tiny(folder / f"{seed}.gguf", seed=seed).read_bytes() for seed in (0, 1))
    return target, draft


@pytest.fixture
def manifest(coder_home: Path) -> Manifest:
    """Written where a user would write a manifest of their own."""
    folder = coder_home / "config" / "models"
    folder.mkdir(parents=True)
    (folder / "tiny-pair.toml").write_text(MANIFEST)
    return find_manifest("tiny-pair")


@pytest.fixture
def hub(tiny_pair: tuple[bytes, bytes], manifest: Manifest, tmp_path: Path) -> Iterator[LoopbackHub]:
    with loopback_hub() as hub, pointed_at(hub, tmp_path):
        hub.add(TARGET_REPO, TARGET_FILE, tiny_pair[0])
        hub.add(DRAFT_REPO, DRAFT_FILE, tiny_pair[1])
        yield hub


@contextmanager
def pointed_at(hub: LoopbackHub, folder: Path) -> Iterator[None]:
    """`hub` is the hub, and nothing of huggingface-hub's own lies outside of `folder`. It reads HF_ENDPOINT
    when it is imported, so that this process is pointed at the hub by hand; processes that a test starts are
    by the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.url)
        patch.setenv("HF_HOME", str(folder / "huggingface"))
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.setattr(constants, "ENDPOINT", hub.url)
        template = "{repo_id}/resolve/{revision}/{filename}"
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", f"{hub.url}/{template}")
        patch.setattr(constants, "HF_TOKEN_PATH", str(folder / "no-token"))
        patch.setattr("assistant.catalog.hub._PAUSE_S", 0.0)
        patch.setattr("assistant.catalog.pull.AT_ONCE", 1)
        huggingface_hub.close_session()
        try:
            yield
        finally:
            huggingface_hub.close_session()
