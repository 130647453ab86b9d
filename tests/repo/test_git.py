"""Git tells what is asked, and whatever a repository's configuration names is not run."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import CoderError, UsageError
from assistant.repo import git
from assistant.repo.git import GitOutput

IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"), ("DATE", "2026-01-02T03:04:05Z"))
}


def plain(root: Path, *arguments: str) -> str:
    """Git as a shell would run it."""
    ran = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={**os.environ, **IDENTITY},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout


def make_repository(root: Path) -> Path:
    root.mkdir(parents=True)
    plain(root, "init", "--quiet", "--initial-branch=main")
    (root / "a.py").write_text("one\ntwo\n")
    (root / "sub dir").mkdir()
    (root / "sub dir" / "b.py").write_text("b\n")
    plain(root, "add", ".")
    plain(root, "commit", "--quiet", "--message", "First")
    (root / "a.py").write_text("one\n2\n")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


CALLS: dict[str, Callable[[Path], GitOutput]] = {
    "status": git.status,
    "diff": git.diff,
    "staged": lambda root: git.diff(root, staged=True),
    "diff against": lambda root: git.diff(root, ["a.py"], against="HEAD"),
    "log": lambda root: git.log(root, ["a.py"]),
    "show": lambda root: git.show(root, "HEAD"),
    "show a file": lambda root: git.show(root, "HEAD", "sub dir/b.py"),
    "blame": lambda root: git.blame(root, "a.py", first=2),
    "plumb": lambda root: GitOutput(git.plumb(root, "diff", ["--raw"]).decode()),
}


def test_what_git_says(root: Path) -> None:
    said = {name: call(root).text for name, call in CALLS.items()}
    assert said["status"] == "## main\n M a.py\n"
    assert "-two\n+2\n" in said["diff"]
    assert said["diff"] == said["diff against"]
    assert said["staged"] == ""
    assert said["log"].endswith(" 2026-01-02 Ada: First\n")
    assert "+one" in said["show"]
    assert said["show a file"] == "b\n"
    assert "Not Committed Yet" in said["blame"]


EVIL = {
    "core.fsmonitor": ("status",),
    "core.hooksPath": ("status",),
    "filter.evil.clean": ("diff",),
    "filter.evil=a.b.clean": ("diff",),
    "filter.evil.process": ("diff",),
    "diff.external": ("diff",),
    "diff.evil.command": ("diff",),
    "diff.evil.textconv": ("diff",),
}


def arm(root: Path, setting: str) -> Path:
    """Let the setting run a script that leaves a mark; returns where."""
    mark = root.parent / "ran"
    script = root / "hooks" / "post-index-change"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat\n")
    script.chmod(0o755)
    driver = (
        setting.split(".", 1)[1].rpartition(".")[0] if setting.startswith(("filter", "diff.e")) else "evil"
    )
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "attributes").write_text(f"* filter={driver} diff={driver}\n")
    plain(root, "config", setting, str(script.parent if setting == "core.hooksPath" else script))
    later = (root / "a.py").stat().st_mtime + 10  # the index has to be refreshed
    os.utime(root / "sub dir" / "b.py", (later, later))
    return mark


@pytest.mark.parametrize("setting", EVIL)
def test_plain_git_runs_it_and_we_do_not(root: Path, setting: str) -> None:
    mark = arm(root, setting)
    for call in CALLS.values():
        call(root)
        assert not mark.exists()
    plain(root, *EVIL[setting])
    assert mark.exists(), "the trap works"


def test_a_submodule_is_trusted_no_more(root: Path) -> None:
    inner = make_repository(root / "inner")
    plain(inner, "commit", "--quiet", "--all", "--message", "Second")
    plain(root, "add", "inner")
    mark = arm(inner, "core.fsmonitor")
    for call in CALLS.values():
        call(root)
    assert not mark.exists()
    plain(root, "status")
    assert mark.exists(), "the trap works"


@pytest.mark.parametrize(
    "call",
    [
        lambda root: git.diff(root, against="--output=ran"),
        lambda root: git.show(root, "--output=ran"),
        lambda root: git.log(root, revision="--output=ran"),
        lambda root: git.blame(root, "a.py", revision="--contents=/etc/passwd"),
        lambda root: git.blame(root, "--contents=/etc/passwd"),
        lambda root: git.blame(root, "../outside"),
        lambda root: git.show(root, "HEAD", "../../outside"),
        lambda root: git.show(root, "no-such-revision"),
        lambda root: git.show(root, "HEAD\0"),
        lambda root: git.log(root.parent),
    ],
)
def test_what_is_no_revision_or_path_is_refused(root: Path, call: Callable[[Path], GitOutput]) -> None:
    (root.parent / "outside").write_text("secret\n")
    with pytest.raises(UsageError):
        call(root)
    assert not (root / "ran").exists()


def test_an_option_as_a_path_is_a_path(root: Path) -> None:
    assert git.diff(root, ["--output=ran"]).text == ""
    assert git.log(root, [":(top,glob)**"]).text == ""
    assert not (root / "ran").exists()


def test_the_work_tree_cannot_be_moved_elsewhere(root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("secret\n")
    plain(root, "config", "core.worktree", str(outside))
    assert "secret" in plain(root, "diff")
    assert "secret" not in git.diff(root).text


def test_reading_changes_nothing(root: Path) -> None:
    os.utime(root / "sub dir" / "b.py", (0, 0))
    before = (root / ".git" / "index").read_bytes()
    for call in CALLS.values():
        call(root)
    assert (root / ".git" / "index").read_bytes() == before


def test_a_flood_is_cut_and_a_hang_ended(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "a.py").write_text("line\n" * 100_000)
    output = git.diff(root)
    assert output.cut
    assert len(output.text) <= git.MAX_BYTES
    monkeypatch.setattr(git, "TIMEOUT_S", 0.0)
    with pytest.raises(CoderError, match="did not end within"):
        git.diff(root)
