"""Commands that a model should not have asked for: the run tool ends them, says so, and the agent goes on."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from assistant.agent.confine import confinement
from tests.agent.agent_run import DONE, Run, root, script
from tests.scripted import ScriptedGenerator

__all__ = ["root"]

FORKS = (
    "import os, time\n"
    "for _ in range(20):\n"
    "    if os.fork() == 0:\n"
    "        os.setsid()\n"
    "        os.execvp('sleep', ['sleep', '301'])\n"
)
BAD = {
    "waits for input": ("read line; echo got \"$line\"", "got"),
    "waits for a key": ("head -c 1 /dev/tty", "failed"),
    "hangs": ("sleep 301", "did not end within 1 s and was stopped"),
    "ignores signals": ("trap '' TERM INT HUP; sleep 301; sleep 301", "was stopped"),
    "prints without end": ("yes", "was stopped"),
    "prints one line without end": ("tr '\\0' x < /dev/zero", "was stopped"),
    "prints control characters": ("printf '\\033[2J\\000\\377'", "passed"),
    "leaves a daemon": ("setsid sleep 301 > /dev/null 2>&1 &", "passed"),
    "leaves a daemon that holds the output": ("(setsid sleep 301 &)", "passed"),
    "forks, and its children leave": (f"{sys.executable} -c \"{FORKS}\"", "passed"),
    "ends itself": ("kill -9 $$", "failed (exit code 137)"),
    "ends its group": ("kill -9 0", "failed (exit code 137)"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_the_agent_outlives_it(root: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.agent.processes.TERM_GRACE_S", 0.2)
    nap = str(100_000 + os.getpid())  # the same test may run in a process beside this one
    command, told = BAD[case][0].replace("301", nap), BAD[case][1]
    run = Run(root)
    started = time.monotonic()
    outcome = run(ScriptedGenerator(*script(("run", {"command": command, "timeout": 1}), DONE)))
    assert outcome.status == "done"
    assert told in run.told[0]
    assert len(run.told[0]) < 3000
    assert time.monotonic() - started < 10
    left = [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", nap]]
    assert not left


@pytest.mark.skipif(not confinement().writes, reason="nothing confines a command here")
def test_its_parent_is_not_killed(root: Path) -> None:
    """In a process of its own, which would be what is killed."""
    code = (
        "from pathlib import Path; from assistant.agent.command import run_command; "
        "from assistant.agent.confine import confinement; "
        "run_command('kill -9 $PPID', Path(), confinement=confinement()); print('alive')"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "alive\n")


@pytest.mark.parametrize("timeout", [0, -1, 10**12, "long", None])
def test_its_time_is_bounded(root: Path, timeout: object) -> None:
    run = Run(root)
    run(ScriptedGenerator(*script(("run", {"command": "touch src/ran", "timeout": timeout}), DONE)))
    assert "run cannot be called like this: timeout" in run.told[0]
    assert not (root / "src" / "ran").exists()
