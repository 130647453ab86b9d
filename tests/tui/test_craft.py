"""What a good terminal program does beside its work: call back, lose nothing, show text as it is."""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
import time
from pathlib import Path

import pytest
from textual import events
from textual.theme import BUILTIN_THEMES

from assistant import ending
from assistant.tui import attention
from assistant.tui.prompt import Prompt
from assistant.tui.speculation.panel import SpeculationPanel
from assistant.tui.theme import THEMES
from assistant.tui.turn.approval import Approval
from assistant.visible import visible
from tests.tui.driving import FIX, SIZE, answers, app_with, counted, notices, say, screen, small_model, until


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred\x07", "a␛[31mred␇"),
        ("tab\tand\r\nline", "tab\tand\nline"),
        ("\u202efdp.exe", "�fdp.exe"),
        ("\u200fabc\u2066d", "�abc�d"),
        ("one\u2028two", "one␤two"),
        ("a\U000e0041\ufeffb", "a��b"),
        ("日本語 👍🏽 é שלום", "日本語 👍🏽 é שלום"),
    ],
)
def test_only_what_can_be_seen_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("focus", [True, False])
@pytest.mark.parametrize("tmux", [True, False])
async def test_the_user_is_called_back_after_long_work(
    root: Path, focus: bool, tmux: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "LONG_S", 0.3)
    monkeypatch.setenv("TMUX", "x") if tmux else monkeypatch.delenv("TMUX", raising=False)
    written: list[str] = []
    async with app_with(small_model(counted(60), pause_s=0.05), root).run_test(size=SIZE) as pilot:
        driver = pilot.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", written.append)
        await say(pilot, "think")
        if not focus:
            pilot.app.post_message(events.AppBlur())
        await until(pilot, lambda: "written" in notices(pilot))
    called = [text for text in written if "]9;" in text]
    if focus:
        assert not called
    else:
        plain = "\x1b]9;coder: the answer is there\x07"
        assert called == ([f"\x1bPtmux;\x1b{plain}\x1b\\"] if tmux else [plain])


_TALK = """
from pathlib import Path
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from tests.scripted import ScriptedGenerator
from tests.tui.driving import counted
generator = ScriptedGenerator(counted(9999), pause_s=0.01, context_tokens=10**6, tool_format=None)
CoderApp(Workspace(Path.cwd(), is_git=True), lambda report, tell: generator).run()
"""


def test_the_program_ends_when_its_terminal_is_closed(coder_home: Path) -> None:
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-c", _TALK])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    for text, typed in ((b"scripted-1b", b"count\r"), (b"accepted", b"")):
        seen, deadline = b"", time.monotonic() + 60
        while text not in seen and time.monotonic() < deadline:
            seen += os.read(terminal, 65536)
        os.write(terminal, typed)
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    assert os.WIFEXITED(status), "it was not killed"
    kept = next((coder_home / "data" / "conversations").iterdir()).read_text()
    assert kept.startswith("## Question\n\ncount\n\n## Answer\n\nword 1 word 2")


async def test_a_terminal_that_is_closed_takes_nothing_with_it(
    root: Path, coder_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "END_WITHIN_S", 3600.0)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    generator = small_model(counted(100), pause_s=0.01)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "count")
        await until(pilot, lambda: "word 2" in "".join(answers(pilot)))
        os.kill(os.getpid(), signal.SIGHUP)
        await until(pilot, lambda: not pilot.app.is_running)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    assert generator.closed
    kept = next((coder_home / "data" / "conversations").iterdir())
    assert kept.read_text().startswith("## Question\n\ncount\n\n## Answer\n\nword 1 word 2")
    for told in (True, False):
        async with app_with(small_model(), root).run_test(size=(200, 40)) as pilot:
            await pilot.pause(0.1)
            assert ("A terminal was closed" in notices(pilot)) is told
    assert len(list(kept.parent.iterdir())) == 1


async def test_a_storm_of_resizes_garbles_nothing(root: Path) -> None:
    text = counted(300)
    generator = small_model(text, FIX, pause_s=0.002)
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "talk")
        for number in range(40):
            await pilot.resize_terminal(*[(80, 24), (200, 60), (61, 15), (40, 10), (120, 40)][number % 5])
        await pilot.resize_terminal(*SIZE)
        await until(pilot, lambda: "written" in notices(pilot))
        assert answers(pilot) == [text]
        await pilot.press(*"fine")
        assert pilot.app.query_one(Prompt).text == "fine"


@pytest.mark.parametrize("theme", [*(theme.name for theme in THEMES), "ansi-dark", "ansi-light", "nord"])
async def test_every_theme_draws_every_part(root: Path, theme: str) -> None:
    assert theme in BUILTIN_THEMES or theme.startswith("coder-")
    async with app_with(small_model(FIX), root).run_test(size=SIZE) as pilot:
        pilot.app.theme = theme
        await say(pilot, "fix it")
        await until(pilot, lambda: pilot.app.query(Approval))
        await pilot.press("f3", "f4")
        await until(pilot, lambda: screen(pilot) is SpeculationPanel)
        await asyncio.sleep(0)
        assert "coder" in pilot.app.export_screenshot()
