"""Ask git about a repository without trusting it: nothing that its configuration names is run.

A cloned repository brings attributes, and an unpacked one its whole `.git`: filters, hooks, monitors,
external diffs, pagers, signature checkers and transports of lazily fetched objects are all commands that
git runs while it only reads. Here they are switched off, for the drivers that a repository may name as
it likes by asking for their names first (which runs nothing). Revisions and paths can't be read as
options, and no question writes, not even a refreshed index; what is to write goes through `plumb`.
"""

import contextlib
import logging
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from assistant.errors import CoderError, UsageError

_log = logging.getLogger(__name__)
MAX_BYTES = 200_000
MAX_LIST_BYTES = 50_000_000
TIMEOUT_S = 20.0
_MOST_GREP_BYTES = 4 * 2**30
_OFF = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.editor": "false",
    "core.sshCommand": "false",
    "core.gitProxy": "",
    "core.askPass": "",
    "core.quotePath": "false",
    "core.untrackedCache": "false",
    "color.status": "false",
    "credential.helper": "",
    "diff.autoRefreshIndex": "false",
    "diff.external": "",
    "diff.ignoreSubmodules": "dirty",
    "diff.submodule": "short",
    "gpg.program": "false",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
    "status.submoduleSummary": "false",
    "submodule.recurse": "false",
}
_DRIVER = re.compile(
    r"(?:filter|diff|merge|gpg)\..*\.(?:clean|smudge|process|command|textconv|driver|program)", re.S
)
_REQUIRED = re.compile(r"filter\..*\.required", re.S)
_HOOK = re.compile(r"(hook\..*)\.(?:command|event)", re.S)  # git 2.54 and later
_DIFF = (
    *("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty", "--submodule=short"),
    "--no-renames",  # else the text of a secret is shown under its new name
)


@dataclass(frozen=True, slots=True)
class GitOutput:
    """What git printed, as text. `cut` says that there was more."""

    text: str
    cut: bool = False


def status(root: Path) -> GitOutput:
    """Changed and untracked paths, one a line, as `git status --short --branch`."""
    return _git(root, "status", ["--short", "--branch", "--ignore-submodules=dirty", "--no-renames"])


def files(root: Path) -> GitOutput:
    """Tracked files, and those that are neither tracked nor ignored; each path ends with a null byte.

    There may be tracked ones that are no longer on disk, submodules, and folders (with a slash at the end)
    that are repositories of their own."""
    return _git(
        root, "ls-files", ["-z", "--cached", "--others", "--exclude-standard"], max_bytes=MAX_LIST_BYTES
    )


def grep(root: Path, pattern: str, paths: Sequence[str] = (), *, in_repository: bool = True) -> GitOutput:
    """Lines that match an extended regular expression, as `path:line:text`, of text files that are not
    ignored. Git is a bounded way to search any folder: a pattern that takes for ever is stopped."""
    where = ["--untracked"] if in_repository else ["--no-index", "--exclude-standard"]
    options = ["-n", "-I", "-E", "--no-color", *where, "-e", pattern]
    return _git(root, "grep", options, paths=paths, nothing=1)


def diff(root: Path, paths: Sequence[str] = (), *, staged: bool = False, against: str = "") -> GitOutput:
    """What changed in the working tree, or in the index, against the index, HEAD or a revision."""
    options = [*_DIFF, *(["--cached"] if staged else [])]
    return _git(root, "diff", options, [_commits(against)] if against else [], paths)


def log(root: Path, paths: Sequence[str] = (), *, revision: str = "HEAD", limit: int = 20) -> GitOutput:
    """The latest commits, one a line: id, date, author and subject."""
    options = [f"--max-count={max(1, min(limit, 1000))}", "--format=%h %as %an: %s", "--no-show-signature"]
    return _git(root, "log", [*_DIFF, *options], [_commits(revision)], paths)


def show(root: Path, revision: str, path: str = "") -> GitOutput:
    """A commit with its diff; with `path`, that file as it was at the revision."""
    if not path:
        return _git(root, "show", [*_DIFF, "--no-show-signature"], [_commits(revision)])
    inside = Path(path).as_posix()
    return _git(root, "show", [*_DIFF, "--no-show-signature"], [f"{_commits(revision)}:./{inside}"])


def blame(root: Path, path: str, *, first: int = 1, last: int | None = None, revision: str = "") -> GitOutput:
    """Who last changed each line of a file, from line `first` (from 1) to `last`."""
    lines = f"-L{max(1, first)},{'' if last is None else max(first, last)}"
    revisions = [_commits(revision)] if revision else []
    return _git(root, "blame", ["--no-textconv", "--date=short", lines], revisions, [path])


def plumb(
    root: Path,
    command: str,
    options: Sequence[str] = (),
    paths: Sequence[str] = (),
    *,
    stdin: bytes = b"",
    index: Path | None = None,
    nothing: int = 0,
) -> bytes:
    """What a plumbing command prints, byte for byte, `stdin` being fed to it. With `index` it works on that
    index file instead of the repository's. Raises UsageError where git refuses, CoderError where it cannot
    be run or prints over `MAX_LIST_BYTES`."""
    environment = _environment(root) | ({"GIT_INDEX_FILE": str(index)} if index else {})
    off = _configured(_OFF | _drivers(root, environment))
    arguments = [command, *options, *(["--", *paths] if paths else [])]
    output, cut = _run(root, arguments, environment | off, MAX_LIST_BYTES, nothing, stdin)
    if cut:
        message = f"git {command} prints over {MAX_LIST_BYTES:,} bytes."
        raise CoderError(message, hint="Name a folder or file.")
    return output


def _commits(revision: str) -> str:
    """A revision, or a range, that can be no option and names commits alone: not a file's content, by its
    path or by its id, past the question whose file it is. Raises UsageError."""
    if revision.startswith("-") or ":" in revision or not revision.isprintable():
        raise UsageError(f"{revision!r} is no revision.")
    parts = re.split(r"(\.{2,3})", revision)
    return "".join(part if part.startswith("..") or not part else f"{part}^{{commit}}" for part in parts)


def _git(
    root: Path,
    command: str,
    options: Sequence[str],
    revisions: Sequence[str] = (),
    paths: Sequence[str] = (),
    *,
    max_bytes: int = MAX_BYTES,
    nothing: int = 0,
) -> GitOutput:
    """`nothing` is the exit code that says that there is nothing to print.

    Raises UsageError where git refuses the arguments, CoderError where it cannot be run at all."""
    environment = _environment(root)
    arguments = [command, *options, *revisions, "--", *paths]
    off = _configured(_OFF | _drivers(root, environment))
    output, cut = _run(root, arguments, environment | off, max_bytes, nothing)
    return GitOutput(output.decode("utf-8", "replace"), cut)


def _environment(root: Path) -> dict[str, str]:
    """The user's own, without what steers git but who it is for, and with what keeps it still and at home."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_"))
    }
    return kept | {
        "GIT_CEILING_DIRECTORIES": str(root.parent),
        "GIT_WORK_TREE": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_LITERAL_PATHSPECS": "1",
        "LC_ALL": "C.UTF-8",
    }


def _drivers(root: Path, environment: dict[str, str]) -> dict[str, str]:
    """Settings that switch off the drivers which this repository's configuration names."""
    listed, cut = _run(root, ["config", "--null", "--name-only", "--list"], environment)
    if cut:
        raise CoderError("This repository's git configuration is too long to be trusted.")
    names = set(listed.decode("utf-8", "replace").split("\0"))
    off = {name: "" for name in names if _DRIVER.fullmatch(name)}
    off |= {f"{hook[1]}.enabled": "false" for name in names if (hook := _HOOK.fullmatch(name))}
    return off | {name: "false" for name in names if _REQUIRED.fullmatch(name)}


def _configured(settings: dict[str, str]) -> dict[str, str]:
    """Settings as git takes them from the environment, where no name can be misread."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


@contextmanager
def _temporary(content: bytes = b"") -> Iterator[IO[bytes]]:
    """A file without a name that holds `content`, at its beginning."""
    try:
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it is closed below
        try:
            left = memoryview(content)
            while left:
                left = left[file.write(left) :]
            file.seek(0)
        except BaseException:
            file.close()
            raise
    except OSError as error:
        raise CoderError(
            f"What git is asked for finds no room in {tempfile.gettempdir()}: {error.strerror or error}.",
            hint="Make room there, or set TMPDIR to another folder.",
        ) from error
    with file:
        yield file


def _bound_memory(pid: int) -> None:
    """An expression such as `((a{9,255}){9,255}){9,255}` takes a gigabyte a second until it is compiled."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import resource

        resource.prlimit(pid, resource.RLIMIT_AS, (_MOST_GREP_BYTES, _MOST_GREP_BYTES))


def _run(
    root: Path,
    arguments: Sequence[str],
    environment: dict[str, str],
    max_bytes: int = MAX_BYTES,
    nothing: int = 0,
    stdin: bytes = b"",
) -> tuple[bytes, bool]:
    """At most `max_bytes` of its output, and whether there was more."""
    with _temporary() as errors, _temporary(stdin) as fed:
        try:
            process = subprocess.Popen(
                ["git", "--no-pager", *arguments],
                cwd=root,
                env=environment,
                stdin=fed,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        except (OSError, ValueError) as error:
            raise CoderError(f"git cannot be run: {error}.", hint="Is git installed?") from error
        if arguments[0] == "grep":
            _bound_memory(process.pid)
        assert process.stdout is not None
        timed_out = threading.Event()

        def stop() -> None:
            timed_out.set()
            process.kill()

        timer = threading.Timer(TIMEOUT_S, stop)
        timer.start()
        try:
            output = process.stdout.read(max_bytes + 1)
            cut = len(output) > max_bytes
            if cut:
                process.kill()
        finally:
            timer.cancel()
            process.stdout.close()
            code = process.wait()
        _log.debug("git %s: %d bytes, exit code %d", arguments[0], len(output), code)
        errors.seek(0)
        said = errors.read(2000).decode("utf-8", "replace").strip()
    if timed_out.is_set():
        raise CoderError(f"git {arguments[0]} did not end within {TIMEOUT_S:.0f} s and was stopped.")
    if code not in (0, nothing) and not cut:
        raise UsageError(f"git {arguments[0]}: {said or f'ended with {code}'}")
    return output[:max_bytes], cut
