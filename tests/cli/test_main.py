"""The command itself: help, slips of the finger, and failures as a message and an exit code."""

from pathlib import Path

import pytest

from assistant import __version__
from assistant.errors import ExitCode
from tests.cli.coder import coder, run_coder


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_the_commands(option: str) -> None:
    ran = run_coder(option)
    assert ran.code == ExitCode.DONE
    assert "pull" in ran.out
    assert "models" in ran.out
    assert not ran.err


def test_version() -> None:
    assert coder("--version").out == f"coder {__version__}\n"


@pytest.mark.parametrize("rest", [[], ["list"], ["some.py", "-m", "what to do"]])
def test_an_unknown_command_offers_the_near_one_whatever_follows(rest: list[str]) -> None:
    ran = coder("modles", *rest)
    assert ran.code == ExitCode.USAGE
    assert ran.err == "coder: There is no command or folder 'modles'.\n  Did you mean `coder models`?\n"
    assert not ran.out


def test_an_unknown_word_points_to_the_help() -> None:
    assert "coder --help" in coder("xyzzy").err


@pytest.mark.parametrize("args", [["."], ["--context", "1024"], ["--model", "some.gguf", "."]])
def test_a_folder_or_an_option_opens_the_app_which_needs_a_terminal(args: list[str]) -> None:
    ran = run_coder(*args)
    assert ran.code == ExitCode.USAGE
    assert "needs a terminal" in ran.err
    assert "Traceback" not in ran.err


def test_a_file_is_not_opened_but_named(tmp_path: Path) -> None:
    file = tmp_path / "some.py"
    file.touch()
    ran = coder(str(file))
    assert ran.code == ExitCode.USAGE
    assert f"coder fix {file}" in ran.err


def test_an_unknown_option_is_wrong_usage() -> None:
    ran = coder("--modle", "x")
    assert ran.code == ExitCode.USAGE
    assert "--modle" in ran.err


def test_a_fault_of_coder_itself_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("of all things")

    assert coder("models").code == ExitCode.DONE  # what is imported while it is broken would stay so
    monkeypatch.setattr("assistant.catalog.manifest.load_manifests", broken)
    ran = coder("models")
    assert ran.code == ExitCode.NOT_ACHIEVED
    assert "coder failed: ZeroDivisionError: of all things" in ran.err
    assert "--debug" in ran.err
    assert "Traceback" not in ran.err


def test_debug_shows_the_traceback(coder_home: Path) -> None:
    ran = run_coder("--debug", "models", "show", "nothing-near")
    assert ran.code != ExitCode.DONE
    assert "Traceback" in ran.err
    assert "UsageError" in ran.err
