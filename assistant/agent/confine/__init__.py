"""Confine a command that a model proposed: what it may write, reach, use up and know.

It writes only in the repository, apart from `.git` (whose hooks and settings would run later, outside),
and in a temporary folder; it has no network; keys in the home folder and secrets in the environment are
hidden where the system lets us. Time, output and memory are bounded by `agent.command`. What holds depends
on the system; `confinement()` finds out by trying, and its `note` is shown before consent is asked.

The command that a user gives with `--test` is not confined: it is the user's own, has to be what it is
in their shell, and the tools it calls write caches and locks all over the home folder.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from assistant.repo.git_folder import git_folder

Kind = Literal["bubblewrap", "landlock", "sandbox-exec", "none"]
Namespaces = Literal["given", "own", "none"]
_LAUNCHER = Path(__file__).with_name("launcher.py")
_PROBE_S = 10.0
_SEATBELT = """(version 1)
(allow default)
(deny network*)
(deny file-write*)
(allow file-write* (subpath (param "ROOT")) (subpath (param "TEMPORARY")))
(allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty"))
(deny file-write* (subpath (param "DOT_GIT")) (subpath (param "GIT")))
(deny file-read* (subpath (param "SSH")))
"""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What holds a command here: `writes` whether only repository and temporary folder can be written,
    `network` whether it is cut off. `note` says it in a sentence, for whoever is asked for consent."""

    kind: Kind
    writes: bool
    network: bool
    note: str
    namespaces: Namespaces = "none"

    def wrap(self, command: str, root: Path, temporary: Path) -> list[str]:
        """The arguments that run the shell `command` in `root`, confined."""
        return _wrapped(self.kind, self.namespaces, ["/bin/sh", "-c", command], root.resolve(), temporary)


UNCONFINED = Confinement(
    "none",
    writes=False,
    network=False,
    note="Nothing on this system can confine a command: it can do whatever you can. "
    "On Linux, bubblewrap can.",
)


@cache
def confinement() -> Confinement:
    """The best that works on this system, found by trying; takes up to a second the first time."""
    ways: dict[str, tuple[tuple[Kind, Namespaces], ...]] = {
        "linux": (("bubblewrap", "given"), ("landlock", "own"), ("landlock", "none")),
        "darwin": (("sandbox-exec", "given"),),
    }
    return next(filter(None, (probe(*way) for way in ways.get(sys.platform, ()))), UNCONFINED)


def probe(kind: Kind, namespaces: Namespaces) -> Confinement | None:
    """What this way gives here, found by running something in it; None where it does not work."""
    with tempfile.TemporaryDirectory(prefix="coder-") as name:
        folder = Path(name).resolve()
        (folder / ".git").mkdir()
        report = ["/usr/bin/true"] if kind == "sandbox-exec" else ["--report"]
        try:
            tried = subprocess.run(
                _wrapped(kind, namespaces, report, folder, folder),
                capture_output=True,
                timeout=_PROBE_S,
                check=True,
            )
            network = kind == "sandbox-exec" or bool(json.loads(tried.stdout)["network"])
        except (OSError, ValueError, KeyError, subprocess.SubprocessError):
            return None
    return Confinement(kind, True, network, _note(network, namespaces != "none"), namespaces)


def _note(network: bool, hidden: bool) -> str:
    new = "" if hidden else ", no new file at its top"
    reach = "has no network" if network else "CAN REACH THE NETWORK"
    known = "" if hidden else " It can read the keys in your home folder."
    return f"It writes only in this repository (not in .git{new}) and a temporary folder, and {reach}.{known}"


def _wrapped(
    kind: Kind, namespaces: Namespaces, command: list[str], root: Path, temporary: Path
) -> list[str]:
    arguments = [str(root), str(git_folder(root)), str(temporary), namespaces, *command]
    launch = [sys.executable, "-I", "-S", str(_LAUNCHER), *arguments]
    match kind:
        case "bubblewrap":
            return ["bwrap", *_bubblewrap(root, temporary), "--", *launch]
        case "landlock":
            return launch
        case "sandbox-exec":
            return ["sandbox-exec", "-p", _SEATBELT, *_seatbelt_parameters(root, temporary), *command]
    return command


def _bubblewrap(root: Path, temporary: Path) -> Iterator[str]:
    from assistant.agent.confine.launcher import HIDDEN_FILES, HIDDEN_FOLDERS  # it loads on Linux alone

    yield from ("--die-with-parent", "--new-session")
    yield from ("--unshare-user-try", "--unshare-net", "--unshare-ipc", "--unshare-pid", "--unshare-uts")
    yield from ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    for folder in (root, temporary):
        yield from ("--bind", str(folder), str(folder))
    for git in (root / ".git", git_folder(root)):
        yield from ("--ro-bind-try", str(git), str(git))
    home = Path.home()
    for hidden in filter(Path.is_dir, (home / name for name in HIDDEN_FOLDERS)):
        yield from ("--tmpfs", str(hidden))
    for hidden in filter(Path.is_file, (home / name for name in HIDDEN_FILES)):
        yield from ("--ro-bind", "/dev/null", str(hidden))
    yield from ("--chdir", str(root))


def _seatbelt_parameters(root: Path, temporary: Path) -> Iterator[str]:
    places = {
        "ROOT": root,
        "TEMPORARY": temporary,
        "DOT_GIT": root / ".git",
        "GIT": git_folder(root),
        "SSH": Path.home() / ".ssh",
    }
    for name, place in places.items():
        yield from ("-D", f"{name}={place.resolve()}")
