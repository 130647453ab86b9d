"""`coder fix` and `coder demo` as a user runs them, with the embedded model."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BUGGY = """def reverse(text):
    result = ""
    for character in text:
        result = result + character
    return result
"""
TEST = f"\"{sys.executable}\" -c \"import mod; r = mod.reverse('abc'); assert r == 'cba', r\""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The embedded model is prepared once for all tests here."""
    yield tmp_path_factory.mktemp("home")


def coder(home: Path, folder: Path, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    program = "from assistant.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, "CODER_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])},
        input=answer,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_a_bug_is_repaired_until_its_test_passes(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(BUGGY)
    done = coder(home, tmp_path, "fix", "mod.py", "--test", TEST, "--yes", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert document["status"] == "done"
    assert document["test"]["passed"]
    assert document["changed"] == ["mod.py"]
    kinds = [event["event"] for event in document["events"]]
    assert (kinds[0], kinds[-1]) == ("started", "outcome")
    assert {"checking", "checked", "asking", "reply", "proposed", "changed"} <= set(kinds)
    metrics = document["metrics"]
    assert metrics["decode_tps"] > 0
    assert metrics["accepted"] <= metrics["drafted"]
    assert (tmp_path / "mod.py").read_text() != BUGGY
    undone = coder(home, tmp_path, "undo", "--yes")
    assert undone.returncode == 0, undone.stderr
    assert (tmp_path / "mod.py").read_text() == BUGGY


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["gone.py", "-m", "x", "--yes"], 2, "There is no file gone.py"),
        (["mod.py", "--yes"], 2, "Nothing says what is wrong"),
        (["mod.py", "-m", "x"], 4, "Nobody can be asked"),
        (["mod.py", "-m", "x", "--json"], 4, "nobody is asked"),
        (["binary", "-m", "x", "--yes"], 2, "is no text file"),
        (["../outside.py", "-m", "x", "--yes"], 2, "There is no file"),
        (["link.py", "-m", "x", "--yes"], 4, "lies outside"),
        (["locked.py", "-m", "x", "--yes"], 4, "read-only"),
        (["mod.py", "-m", "x", "--yes", "--model", "none.gguf"], 3, "No model file"),
        (["mod.py", "-m", "x", "--yes", "--model", "broken.gguf"], 3, "not a GGUF"),
        (["mod.py", "-m", "x", "--yes", "--model", "deepsek"], 2, "Did you mean"),
    ],
)
def test_what_cannot_be_done_is_said(
    home: Path, tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / ".git").mkdir()
    (folder / "mod.py").write_text("x = 1\n")
    (folder / "binary").write_bytes(b"\0\1\2")
    (folder / "broken.gguf").write_bytes(b"nonsense")
    (folder / "locked.py").write_text("x = 1\n")
    (folder / "locked.py").chmod(0o400)
    (tmp_path / "secret.py").write_text("x = 1\n")
    (folder / "link.py").symlink_to(tmp_path / "secret.py")
    done = coder(home, folder, "fix", *arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert told in done.stderr
    assert (folder / "mod.py").read_text() == "x = 1\n"
