"""Storage, repository, terminal and network settings, as the environment has them."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from assistant.agent.confine import UNCONFINED
from assistant.doctor import network, repository, storage, terminal
from assistant.doctor.check import Status
from assistant.tui.too_small import SMALLEST

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("gigabytes", "status"), [(100, "ok"), (3, "warning"), (0.1, "failed")])
def test_disk(monkeypatch: pytest.MonkeyPatch, gigabytes: float, status: Status) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, gigabytes * 1e9))
    assert storage.disk().status == status


def test_folders_that_cannot_be_made_or_that_others_may_write(coder_home: Path) -> None:
    assert storage.folders().status == "ok"
    assert not (coder_home / "data").exists(), "the doctor writes nothing"
    (coder_home / "data").mkdir()
    (coder_home / "data").chmod(0o777)
    check = storage.folders()
    assert (check.status, check.mend) == ("warning", f"chmod o-w {coder_home / 'data'}")
    (coder_home / "data").rmdir()
    (coder_home / "data").write_text("a file")
    assert storage.folders().status == "failed"


def test_a_folder_without_repository_or_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "coder works on this folder alone" in repository.work_tree().found
    monkeypatch.setenv("PATH", "")
    assert repository.git().status == "warning"


def test_nothing_that_confines_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.agent.confine.confinement", lambda: UNCONFINED)
    check = repository.sandbox()
    assert (check.status, check.found) == ("warning", UNCONFINED.note)


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns and 24 lines that say nothing of themselves."""
    for name in (
        *("TMUX", "STY", "SSH_CONNECTION", "NO_COLOR", "COLORTERM", "VTE_VERSION", "TERM_PROGRAM"),
        *terminal.TAKES_OSC_52,
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((80, 24)))


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize(
    ("variables", "status", "says"),
    [
        ({"TERM": "xterm"}, "warning", "16, TERM=xterm"),
        ({"TERM": "dumb"}, "warning", "none"),
        ({"TERM": "xterm-256color"}, "ok", "256, TERM=xterm-256color"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "ok", "16 million"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "ok", "NO_COLOR"),
    ],
)
def test_colours(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], status: Status, says: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    check = terminal.colours()
    assert check.status == status
    assert says in check.found


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize(
    ("variables", "status", "says"),
    [
        ({}, "ok", "unknown"),
        ({"KITTY_WINDOW_ID": "1"}, "ok", "takes what coder copies"),
        ({"TERM_PROGRAM": "iTerm.app"}, "ok", "takes what coder copies"),
        ({"VTE_VERSION": "7600"}, "warning", "does not take"),
        ({"TERM": "linux"}, "warning", "does not take"),
        ({"TMUX": "/nowhere,1,0", "TMUX_TMPDIR": "/nowhere"}, "warning", "tmux"),
    ],
)
def test_clipboard(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], status: Status, says: str
) -> None:
    for name, value in ({"TERM": "xterm"} | variables).items():
        monkeypatch.setenv(name, value)
    check = terminal.clipboard()
    assert check.status == status
    assert says in check.found


@pytest.mark.usefixtures("at_a_terminal")
def test_a_screen_that_is_too_small_for_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/somewhere,1,0")
    monkeypatch.setenv("SSH_CONNECTION", "here there")
    assert terminal.screen().found == "80x24, through tmux and SSH"
    for size, status in ((SMALLEST, "ok"), (SMALLEST - (1, 0), "warning"), (SMALLEST - (0, 1), "warning")):
        monkeypatch.setattr(os, "get_terminal_size", lambda _, size=size: os.terminal_size(size))
        assert terminal.screen().status == status


@pytest.mark.parametrize(
    ("proxy", "status", "says"),
    [
        ("", "ok", "none"),
        ("http://user:secret@proxy:3128", "ok", "https: http://proxy:3128"),
        ("proxy:3128", "warning", "proxy:3128"),
        ("ftp://proxy", "warning", "ftp://proxy"),
    ],
)
def test_proxies(monkeypatch: pytest.MonkeyPatch, proxy: str, status: Status, says: str) -> None:
    monkeypatch.setattr(network, "getproxies", lambda: {"https": proxy} if proxy else {})
    check = network.proxies()
    assert check.status == status
    assert says in check.found
    assert "secret" not in check.found


@pytest.mark.parametrize(
    ("variables", "status", "says"),
    [
        ({}, "ok", "huggingface.co"),
        ({"HF_ENDPOINT": "https://me:secret@hub.example"}, "ok", "https://hub.example"),
        ({"HF_ENDPOINT": "hub.example"}, "warning", "hub.example"),
        ({"HF_HUB_OFFLINE": "1"}, "warning", "HF_HUB_OFFLINE"),
        ({"HF_HUB_OFFLINE": "0", "HF_TOKEN": "hf_secret"}, "ok", "with a token"),
    ],
)
def test_model_hub(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], status: Status, says: str
) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    check = network.model_hub()
    assert check.status == status
    assert says in check.found
    assert "secret" not in check.found + check.mend
