"""Commit what is staged. Hooks come with a clone and run code: they run only when the user has said so.

Without that consent no hook runs and nothing is signed. With it, the commit is made by git as it would be
in the user's shell, except that nothing can ask at the terminal.
"""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from assistant.errors import CoderError, UsageError
from assistant.repo.git import plumb
from assistant.repo.staging.decision import Decision

HOOKS = (
    *("pre-commit", "pre-merge-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-rewrite"),
    *("reference-transaction", "post-index-change", "pre-auto-gc"),
)
_SWITCHES = {"true", "false", "yes", "no", "on", "off", "1", "0", ""}
TIMEOUT_S = 600.0
_MESSAGE = ["--file=-", "--cleanup=whitespace", "--quiet"]


def programs(root: Path) -> tuple[str, ...]:
    """What a plain `git commit` would run here: its hooks as paths, those that are named in git's
    configuration and the monitor of files as they stand there, and the program that signs."""
    found = [str(path) for name in HOOKS if os.access(path := _hooks_folder(root) / name, os.X_OK)]
    if _setting(root, "commit.gpgSign", "bool") == "true":
        signer = _setting(root, "gpg.program") or _setting(root, "gpg.format") or "gpg"
        found.append(f"{signer} (commit.gpgSign)")
    monitor = _setting(root, "core.fsmonitor")
    if monitor.lower() not in _SWITCHES:
        found.append(f"{monitor} (core.fsmonitor)")
    listed = plumb(root, "config", ["--null", "--get-regexp", r"^hook\..*\.command$"], nothing=1)
    named = (each.partition("\n") for each in os.fsdecode(listed).split("\0") if each)
    found += [f"{command} ({name})" for name, _, command in named]
    return tuple(found)


def prepared_message(root: Path) -> str:
    """What git has written for the commit that ends a merge, a revert, a cherry-pick or a squash; empty where
    there is none of these."""
    for name in ("MERGE_MSG", "SQUASH_MSG"):
        with suppress(OSError):
            text = (_git_folder(root) / name).read_text("utf-8", "replace")
            return "\n".join(line for line in text.splitlines() if not line.startswith("#")).strip()
    return ""


def commit(root: Path, message: str, *, trusted: bool = False) -> Decision:
    """Commit the index; `trusted` runs what `programs` tells. Taking the decision back moves HEAD to where
    it was and leaves what was committed staged. Raises UsageError with git's own words."""
    if not message.strip():
        raise UsageError("A commit needs a message.")
    before, merging = head(root), (_git_folder(root) / "MERGE_HEAD").exists()
    text = message.encode("utf-8", "replace")
    if trusted:
        _as_in_a_shell(root, text)
    else:
        plumb(root, "commit", [*_MESSAGE, "--no-verify", "--no-gpg-sign"], stdin=text)
    after = head(root)
    subject = next(line for line in message.splitlines() if line.strip())
    # What a merge knew of its other side is gone: moving HEAD back would not bring it.
    moved = None if merging else (before, after)
    return Decision(f"commit {after[:8]} {subject.strip()}", head=moved)


def head(root: Path) -> str:
    """The id of the commit that is checked out, empty before the first."""
    return plumb(root, "rev-parse", ["--quiet", "--verify", "HEAD"], nothing=1).decode().strip()


def _as_in_a_shell(root: Path, message: bytes) -> None:
    environment = {**os.environ, "GIT_EDITOR": "true", "GIT_TERMINAL_PROMPT": "0"}
    try:
        ran = subprocess.run(
            ["git", "--no-pager", "commit", *_MESSAGE],
            cwd=root,
            env=environment,
            input=message,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S,
            start_new_session=True,  # it has no terminal to draw on
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CoderError(f"The commit did not end within {TIMEOUT_S:.0f} s and was stopped.") from error
    if ran.returncode:
        said = ran.stdout[-4000:].decode("utf-8", "replace").strip()
        raise UsageError(f"git commit: {said or f'ended with {ran.returncode}'}")


def _hooks_folder(root: Path) -> Path:
    configured = _setting(root, "core.hooksPath", "path")
    if configured:
        return root / configured
    common = plumb(root, "rev-parse", ["--git-common-dir"]).removesuffix(b"\n")
    return root / os.fsdecode(common) / "hooks"


def _git_folder(root: Path) -> Path:
    return root / os.fsdecode(plumb(root, "rev-parse", ["--git-dir"]).removesuffix(b"\n"))


def _setting(root: Path, name: str, kind: str = "") -> str:
    """The configured value, that with which we keep git still left out."""
    options = ["--null", "--show-scope", "--get-all", *([f"--type={kind}"] if kind else []), name]
    said = plumb(root, "config", options, nothing=1).split(b"\0")
    values = [value for scope, value in zip(said[::2], said[1::2], strict=False) if scope != b"command"]
    return os.fsdecode(values[-1]) if values else ""
