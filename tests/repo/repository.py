"""A repository that tests change with git itself, as a user would."""

import os
import subprocess
from pathlib import Path

IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"), ("DATE", "2026-01-02T03:04:05Z"))
}


def git(root: Path, *arguments: str, stdin: bytes = b"", check: bool = True) -> bytes:
    """Git as a shell would run it, and nothing of the machine's own configuration."""
    ran = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert not check or ran.returncode == 0, ran.stderr.decode(errors="replace")
    return ran.stdout


def new_repository(root: Path, **files: bytes) -> Path:
    """A repository with one commit of these files (`a__py` is a.py)."""
    root.mkdir(parents=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    for name, content in files.items():
        (root / name.replace("__", ".")).write_bytes(content)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "First")
    return root


def set_index(root: Path, path: str, content: bytes, mode: str = "100644") -> None:
    """Let the index have this content at a path."""
    blob = git(root, "hash-object", "-w", "--stdin", stdin=content).decode().strip()
    git(root, "update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")


def in_index(root: Path, path: str) -> bytes:
    return git(root, "show", f":{path}")
