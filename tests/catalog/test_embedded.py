"""The embedded model's file is made once, whole or not at all."""

import shutil
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from assistant.catalog import embedded
from assistant.errors import ModelError


def copy(source: Path, destination: Path) -> None:
    shutil.copyfile(source, destination)


def ignore(_: float) -> None: ...


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "shipped.gguf"
    path.write_bytes(b"GGUF" * 1000)
    monkeypatch.setattr(embedded, "available", lambda: path)
    return path


def test_it_is_made_once(shipped: Path) -> None:
    seen: list[float] = []
    path = embedded.prepare(copy, seen.append)
    assert path == embedded.prepared_path()
    assert path.read_bytes() == shipped.read_bytes()
    assert seen[-1] == 1.0
    shipped.write_bytes(b"other")
    assert embedded.prepare(copy, ignore).read_bytes() == b"GGUF" * 1000


def test_an_interrupted_attempt_leaves_nothing(shipped: Path) -> None:
    def interrupted(source: Path, destination: Path) -> None:
        destination.write_bytes(source.read_bytes()[:100])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embedded.prepare(interrupted, ignore)
    assert not list(embedded.prepared_path().parent.glob("*.gguf"))
    assert not list(embedded.prepared_path().parent.glob("*.making"))
    assert embedded.prepare(copy, ignore).read_bytes() == shipped.read_bytes()


def test_two_at_once_make_it_once(shipped: Path) -> None:
    made: list[Path] = []

    def slowly(source: Path, destination: Path) -> None:
        made.append(destination)
        other.start()
        copy(source, destination)

    other = Thread(target=lambda: embedded.prepare(copy_and_count, ignore))

    def copy_and_count(source: Path, destination: Path) -> None:
        made.append(destination)
        copy(source, destination)

    embedded.prepare(slowly, ignore)
    other.join()
    assert len(made) == 1


def test_a_full_disk_and_a_closed_folder_are_explained(
    shipped: Path, coder_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
        with pytest.raises(ModelError, match="are free"):
            embedded.prepare(copy, ignore)
    shutil.rmtree(coder_home)
    coder_home.write_text("no folder")
    with pytest.raises(ModelError, match="cannot be prepared") as raised:
        embedded.prepare(copy, ignore)
    assert "CODER_HOME" in raised.value.hint


def test_where_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "available", lambda: None)
    with pytest.raises(ModelError, match="not installed") as raised:
        embedded.prepare(copy, ignore)
    assert "pip install" in raised.value.hint
