"""The shop on disk, with a cache."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.repo.map.cache import TagCache
from tests.repo.map.shop import SHOP, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    write(root, SHOP)
    return root


@pytest.fixture
def cache(tmp_path: Path, root: Path) -> Iterator[TagCache]:
    with TagCache(tmp_path / "cache", root) as cache:
        yield cache
