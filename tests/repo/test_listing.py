"""Which files a repository has, with git and without it."""

import subprocess
from pathlib import Path
from threading import Event

import pytest

from assistant.errors import InterruptedByUserError
from assistant.repo.listing import list_files
from assistant.repo.workspace import Workspace

FILES = {
    ".gitignore": "*.log\n!kept.log\nbuild/\n",
    ".coderignore": "secret*\n",
    "a.py": "",
    "a.log": "",
    "kept.log": "",
    "build/out.py": "",
    "sub/secret_key.py": "",
    "sub/.coderignore": "!secret_but_shown.py\n/local.py\n",
    "sub/secret_but_shown.py": "",
    "sub/local.py": "",
    "sub/deep/local.py": "",
    "sub/.gitignore": "*.tmp\n",
    "sub/deep/x.tmp": "",
    "x.tmp": "",
    "node name/ü.py": "",
}
LISTED = (
    ".coderignore", ".gitignore", "a.py", "kept.log", "node name/ü.py", "sub/.coderignore",
    "sub/.gitignore", "sub/deep/local.py", "sub/secret_but_shown.py", "x.tmp",
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)


def test_git_and_a_walk_leave_out_the_same(root: Path) -> None:
    walked = list_files(Workspace(root, is_git=False))
    git(root, "init")
    git(root, "add", "a.py", "sub")
    listed = list_files(Workspace(root, is_git=True))
    assert listed.files == walked.files == LISTED
    assert dict(listed.left_out) == {"ignored by .coderignore": 2}


def test_a_tracked_file_is_listed_though_ignored_and_another_repository_is_not(root: Path) -> None:
    git(root, "init")
    git(root, "add", "--force", "a.log")
    (root / "inner").mkdir()
    git(root / "inner", "init")
    (root / "inner" / "b.py").write_text("")
    files = list_files(Workspace(root, is_git=True)).files
    assert "a.log" in files
    assert "inner/b.py" not in files


def test_what_git_does_not_answer_is_walked(root: Path) -> None:
    (root / ".git").write_text("gitdir: nowhere\n")
    assert set(LISTED) <= set(list_files(Workspace(root, is_git=True)).files)


def test_odd_names_are_left_out_and_links_not_followed(tmp_path: Path) -> None:
    (tmp_path / "line\nbreak.py").write_text("")
    (tmp_path / "a.py").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path)
    listing = list_files(Workspace(tmp_path, is_git=False))
    assert listing.files == ("a.py",)
    assert dict(listing.left_out) == {"with a name that cannot be shown": 1}


def test_it_is_bounded_and_can_be_stopped(root: Path) -> None:
    listing = list_files(Workspace(root, is_git=False), limit=3)
    assert len(listing.files) == 3
    assert sum(listing.left_out.values()) > 0
    cancel = Event()
    cancel.set()
    with pytest.raises(InterruptedByUserError):
        list_files(Workspace(root, is_git=False), cancel=cancel)
