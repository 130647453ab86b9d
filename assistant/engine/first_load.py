"""The first time that llama.cpp sees a file: in a process of its own.

llama.cpp refuses most files that it cannot run, but where two numbers of the metadata contradict each
other it ends the process by an assertion. That must not be the user's: a child reads all but the weights
and plans the passes, which is where these assertions are. A file that passed is written down, so that this
is done once."""

import contextlib
import hashlib
import os
import re
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from assistant.engine.gguf_header import read_header
from assistant.engine.gguf_sound import check_sound
from assistant.errors import ModelError

_DRY_RUN = Path(__file__).with_name("llama") / "dry_run.py"
_LONGEST_S = 60.0
_ASSERTION = re.compile(r"[\w.-]+:\d+: .+")


def check_first_load(path: Path, passed: Path) -> None:
    """Raise ModelError for a model that llama.cpp would end the process for. `passed` is the folder where
    those that it would not are written down; one that cannot be written costs the check each time.

    Takes about 0.3 s, whatever the size of the file. An error in a tensor's data is not found."""
    check_sound(path)
    mark = passed / _key(path)
    if mark.exists():
        return
    if reason := _why_it_ends(path):
        raise ModelError(
            f"llama.cpp cannot read {path}: {reason}.", hint="Pull it again, or take another file."
        )
    with contextlib.suppress(OSError):
        passed.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _why_it_ends(path: Path) -> str:
    """Empty where it does not, and where no child can be started: nothing is known then."""
    try:
        child = subprocess.run(
            [sys.executable, "-P", str(_DRY_RUN), str(path)],  # -P: the script's folder holds no modules
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(os.path.isabs, sys.path)),
                "GGML_NO_BACKTRACE": "1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LONGEST_S,
            start_new_session=True,  # Ctrl-C reaches us alone, and `run` ends the child
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it comes to no end within {_LONGEST_S:.0f} s"
    except OSError:
        return ""
    if child.returncode == 0 or b"begun" not in child.stdout:
        return ""
    assertions = _ASSERTION.findall(child.stderr.decode("utf-8", "replace"))
    return assertions[0].strip() if assertions else f"it ends the process ({_how(child.returncode)})"


def _how(returncode: int) -> str:
    return signal.Signals(-returncode).name if returncode < 0 else f"code {returncode}"


def _key(path: Path) -> str:
    """By all files of the model as they are now, and the version of llama.cpp."""
    files = {path, *(tensor.file for tensor in read_header(path).tensors.values())}
    stats = [(str(file.resolve()), file.stat()) for file in sorted(files)]
    parts = [(name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return hashlib.sha256(repr((parts, version("llama-cpp-python"))).encode()).hexdigest()[:24]
