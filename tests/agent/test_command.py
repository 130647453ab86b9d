"""Whatever a test command does, it ends in time, with all its children, and says what it did."""

import shlex
import sys
import time
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import psutil
import pytest

from assistant.agent.command import HEAD_BYTES, TAIL_BYTES, CommandResult, run_command

# Far less than what is stopped would take, and far more than a busy machine needs.
AT_ONCE_S = 30.0


def python(code: str) -> str:
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


def run(command: str, folder: Path, *, timeout_s: float = 60.0, cancel: Event | None = None) -> CommandResult:
    return run_command(command, folder, timeout_s=timeout_s, cancel=cancel)


class Begun(Event):
    """Set as soon as every child has written its number."""

    def __init__(self, *pid_files: Path) -> None:
        super().__init__()
        self._pid_files = pid_files

    def is_set(self) -> bool:
        return all(file.exists() and file.read_text().endswith("\n") for file in self._pid_files)


def still_runs(pid_file: Path) -> bool:
    """A moment is granted: a killed process may wait for its parent to take note."""
    pid = int(pid_file.read_text())
    for _ in range(400):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            return False
        time.sleep(0.05)
    return True


def test_it_runs_in_the_folder_through_a_shell(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("content\n")
    result = run("cat file.txt && echo done >&2 | cat", tmp_path)
    assert (result.output, result.returncode, result.passed) == ("content\ndone\n", 0, True)
    assert result.describe() == "passed"


@pytest.mark.parametrize(
    ("command", "code"), [("exit 3", 3), ("no-such-program-anywhere", 127), ("kill -9 $$", 137)]
)
def test_a_command_that_fails_says_how(command: str, code: int, tmp_path: Path) -> None:
    result = run(command, tmp_path)
    assert (result.returncode, result.passed, result.stopped) == (code, False, "")
    assert result.describe() == f"failed (exit code {code})"


def test_a_command_that_hangs_is_stopped(tmp_path: Path) -> None:
    result = run("echo on; sleep 60", tmp_path, timeout_s=0.1)
    assert (result.stopped, result.passed) == ("timeout", False)
    assert "did not end within" in result.describe()
    assert result.seconds < AT_ONCE_S


SETSID = python("import os; os.setsid(); print(os.getpid(), flush=True); os.execvp('sleep', ['sleep', '60'])")


@pytest.mark.parametrize(
    ("command", "children"),
    [
        (
            "sleep 60 & echo $! > child; (sleep 60 & echo $! > grandchild; wait) & wait",
            ("child", "grandchild"),
        ),
        ("trap '' TERM; sleep 60 & echo $! > child; wait", ("child",)),
        (f"{SETSID} > child & wait", ("child",)),
    ],
    ids=["grandchildren", "deaf to the polite signal", "in a session of its own"],
)
def test_one_that_is_stopped_takes_its_children_with_it(
    command: str, children: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.agent.processes.TERM_GRACE_S", 0.2)
    pid_files = [tmp_path / name for name in children]
    result = run(f"echo on; {command}", tmp_path, cancel=Begun(*pid_files))
    assert (result.stopped, result.output, result.describe()) == ("cancelled", "on\n", "was cancelled")
    assert [file.name for file in pid_files if still_runs(file)] == []
    assert result.seconds < AT_ONCE_S


def test_what_a_finished_command_left_in_the_background_is_ended(tmp_path: Path) -> None:
    result = run("sleep 60 & echo $! > child; echo done", tmp_path)
    assert (result.output, result.passed) == ("done\n", True)
    assert result.seconds < AT_ONCE_S
    assert not still_runs(tmp_path / "child")


def test_a_flood_is_bounded_and_keeps_its_beginning_and_end(tmp_path: Path) -> None:
    size = 5_000_000
    code = f"import sys; sys.stdout.write('begin ' + 'x' * {size} + ' end')"
    output = run(python(code), tmp_path).output
    assert output.startswith("begin xxx")
    assert output.endswith("xxx end")
    cut = size + len("begin ") + len(" end") - HEAD_BYTES - TAIL_BYTES
    assert f"\n… {cut} bytes cut out …\n" in output
    assert len(output) < HEAD_BYTES + TAIL_BYTES + 100


def test_an_endless_flood_is_stopped_in_time(tmp_path: Path) -> None:
    result = run("yes", tmp_path, timeout_s=0.5)
    assert result.stopped == "timeout"
    assert result.seconds < AT_ONCE_S
    assert len(result.output) < HEAD_BYTES + TAIL_BYTES + 100


def test_output_that_fits_is_whole(tmp_path: Path) -> None:
    size = HEAD_BYTES + TAIL_BYTES
    assert run(python(f"print('x' * {size - 1})"), tmp_path).output == "x" * (size - 1) + "\n"


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    code = r"import sys; sys.stdout.buffer.write(b'caf\xe9\r\n\x00\xff')"
    assert run(python(code), tmp_path).output == "caf\ufffd\n\x00\ufffd"


def test_it_reads_nothing_from_the_terminal(tmp_path: Path) -> None:
    result = run(python("import sys; print(repr(sys.stdin.read()))"), tmp_path)
    assert result.output == "''\n"


def test_one_that_takes_the_memory_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=200_000_000))
    hog = python("import time; kept = [bytearray(10_000_000) for _ in range(400)]; time.sleep(60)")
    result = run(f"true; {hog}", tmp_path)
    assert (result.stopped, result.passed) == ("memory", False)
    assert "memory" in result.describe()
    assert result.seconds < AT_ONCE_S


def test_ctrl_c_stops_it_and_goes_on_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting(Begun):
        def is_set(self) -> bool:
            if super().is_set():
                raise KeyboardInterrupt
            return False

    with pytest.raises(KeyboardInterrupt):
        run("sleep 60 & echo $! > child; wait", tmp_path, cancel=Interrupting(tmp_path / "child"))
    assert not still_runs(tmp_path / "child")


def test_two_runs_within_a_second_see_the_code_as_it_is(tmp_path: Path) -> None:
    for value in (1, 2, 3):
        (tmp_path / "module.py").write_text(f"value = {value}\n")
        assert run(python("import module; print(module.value)"), tmp_path).output == f"{value}\n"


def test_a_folder_that_is_gone_is_a_failure_and_no_traceback(tmp_path: Path) -> None:
    result = run("true", tmp_path / "gone")
    assert not result.passed
    assert "gone" in result.output
