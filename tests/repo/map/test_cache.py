"""The cache is only a cache: damaged, shared or impossible, the map is the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.repo.map.cache import TagCache
from assistant.repo.map.outline import repository_map
from tests.repo.map.shop import SHOP, indexed, words, write


@pytest.mark.parametrize("damage", [b"no database", b"", "header", "tables", "contents"])
def test_a_damaged_cache_is_built_anew(tmp_path: Path, root: Path, damage: bytes | str) -> None:
    folder = tmp_path / "kept"
    with TagCache(folder, root) as cache:
        before = repository_map(indexed(root, cache), 1000, words).text
    (file,) = folder.iterdir()
    data = bytearray(file.read_bytes())
    if isinstance(damage, bytes):
        file.write_bytes(damage)
    elif damage == "header":
        file.write_bytes(b"\1" * 100 + data[100:])
    elif damage == "tables":
        file.write_bytes(data[:100] + b"\xff" * 2000 + data[2100:])
    else:
        file.write_bytes(data[: len(data) // 2])
    with TagCache(folder, root) as cache:
        index = indexed(root, cache)
        assert repository_map(index, 1000, words).text == before
        assert any("damaged" in note for note in index.notes) or damage == b""
    with TagCache(folder, root) as cache:
        assert indexed(root, cache).notes == ()


def test_a_cache_that_cannot_be_kept_is_said(tmp_path: Path, root: Path) -> None:
    (tmp_path / "file").write_text("")
    with TagCache(tmp_path / "file" / "cache", root) as cache:
        index = indexed(root, cache)
    assert len(index.files) == len(SHOP)
    assert "not kept" in index.notes[0]


PROCESS = """
import sys
from pathlib import Path
from assistant.repo.map.cache import TagCache
from assistant.repo.map.index import index_repository
from assistant.repo.workspace import Workspace
with TagCache(Path(sys.argv[2]), Path(sys.argv[1])) as cache:
    index = index_repository(Workspace(Path(sys.argv[1]), is_git=False), cache)
    print(len(index.files), len(index.graph.declared), list(index.notes))
"""


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    root = tmp_path / "many"
    write(root, {f"m{n}.py": f"def function_{n}(): function_{n + 1}()\n" for n in range(150)})
    command = [sys.executable, "-c", PROCESS, str(root), str(tmp_path / "shared")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=60)[0] for process in running] == ["150 150 []\n"] * 2
