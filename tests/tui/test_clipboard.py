"""What is copied reaches the clipboard, inside tmux as well."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scripted import ScriptedGenerator
from tests.tui.driving import SIZE, answers, app_with, say, until


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A tmux of its own that this process believes to be in: how to command it."""
    if shutil.which("tmux") is None:
        pytest.skip("There is no tmux here.")
    command = ["tmux", "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]
    subprocess.run([*command, "new-session", "-d", "sleep 600"], check=True)
    monkeypatch.setenv("TMUX", f"{tmp_path / 'tmux'},0,0")
    yield command
    subprocess.run([*command, "kill-server"], check=True)


async def test_an_answer_is_copied_inside_tmux(root: Path, tmux: list[str]) -> None:
    def buffer() -> str:
        return subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=False).stdout

    async with app_with(ScriptedGenerator("It is 2 – é."), root).run_test(size=SIZE) as pilot:
        await say(pilot, "What is two?")
        await until(pilot, lambda: answers(pilot) == ["It is 2 – é."])
        await say(pilot, "/copy")
        await until(pilot, lambda: buffer() == "It is 2 – é.")
        assert pilot.app.clipboard == "It is 2 – é."
