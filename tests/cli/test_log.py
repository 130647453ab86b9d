"""The log and the report: what is in them, and what is not."""

import json
import logging
import stat
import zipfile
from pathlib import Path

import pytest

from assistant.catalog.locations import log_folder
from assistant.cli.log import log_files, start_log, stop_log
from assistant.doctor.redact import redactor
from assistant.errors import ExitCode
from tests.agent.agent_run import DONE, FIX, root, script
from tests.cli.coder import coder, run_coder
from tests.cli.scripted import model
from tests.no_room import files_of_at_most

__all__ = ["model", "root"]

SECRETS = {
    "CODER_API_KEY": "value-of-the-key",
    "GH_PAT": "ghp_abcdefghijklmnop1234",
    "INDEX": "https://me:swordfish@index.example/simple",
}


def _logged() -> str:
    stop_log()
    return "".join(file.read_text() for file in log_files() if file.exists())


def test_what_was_done_is_logged_and_nobodys_text(root: Path, model: list[str]) -> None:
    model += script(("read", {"path": "calc.py"}), FIX, ("read", {"path": "missing-name"}), DONE)
    ran = coder("run", "A secret wish about add", "--mode", "auto-edit", "--test", "test -e calc.py")
    log = _logged()
    assert ran.code == ExitCode.DONE
    for told in ("coder 0.1.0", ": run", "scripted-1b", "read: ok", "edit: ok", "a command passed"):
        assert told in log
    for text in ("wish", "return a", "missing-name", "test -e", "add adds"):
        assert text not in log
    (file,) = (each for each in log_files() if each.exists())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_failure_leaves_its_place_and_not_its_message() -> None:
    assert coder("models", "show", "private-name").code == ExitCode.USAGE
    assert coder("fix", "private-file.py", "-m", "x", "--dry-run").code == ExitCode.USAGE
    log = _logged()
    assert "it ended with UsageError" in log
    assert "UsageError at manifest.py:" in log
    assert "private" not in log


def test_it_rotates_and_an_unwritable_folder_stops_nothing() -> None:
    start_log(debug=False)
    for _ in range(30_000):
        logging.getLogger("assistant.x").info("x" * 60)
    _logged()
    sizes = [file.stat().st_size for file in log_files()]
    assert len(sizes) == 4
    assert max(sizes) <= 500_000
    for file in log_files():
        file.unlink()
    log_folder().rmdir()
    log_folder().touch()
    assert coder("models").code == ExitCode.DONE


@pytest.mark.parametrize(
    "arguments", [["--debug", "models", "show", "xyz"], ["models", "show", "xyz", "--debug"]]
)
def test_debug_goes_with_every_command(arguments: list[str]) -> None:
    ran = run_coder(*arguments)
    assert ran.code == ExitCode.USAGE, "the exit code stays"
    assert "Traceback (most recent call last)" in ran.err
    assert "coder: There is no model called 'xyz'." in ran.err
    plain = run_coder("models", "show", "xyz")
    assert "Traceback" not in plain.err
    assert plain.err.startswith("coder: There is no model")


def test_a_log_that_finds_no_room_stops_nothing() -> None:
    with files_of_at_most(0):
        start_log(debug=False)
        logging.getLogger("assistant").info("what is not written")
        stop_log()
    assert log_files()[-1].read_text() == ""


def test_the_report_has_what_helps_and_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coder_home: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    settings = coder_home / "config" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        f"test = '{tmp_path}/check --token=abcdefgh {SECRETS['GH_PAT']}'\n"
        "[mcp.x]\ncommand = ['serve']\nenv = { MODE = 'in-the-environment' }\n"
        f"[engine.x]\nurl = '{SECRETS['INDEX']}'\n"
    )
    coder("models")
    ran = coder("doctor", "--report", "report.zip")
    assert (
        "Written: report.zip, with README.txt, doctor.json, versions.json, settings.json, coder.log."
        in ran.err
    )
    with zipfile.ZipFile("report.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert json.loads(texts["doctor.json"])["coder"] == "0.1.0"
    assert json.loads(texts["versions.json"])["packages"]["pydantic"][0].isdigit()
    assert json.loads(texts["settings.json"])["settings"]["test"].startswith("~/check --token=(removed)")
    assert ": models" in texts["coder.log"]
    whole = "".join(texts.values())
    for secret in (*SECRETS.values(), "swordfish", "abcdefgh", "in-the-environment", str(tmp_path)):
        assert secret not in whole
    again = coder("doctor", "--report", "report.zip")
    assert "exists already" in again.err
    assert coder("doctor", "report.zip").code == ExitCode.USAGE
    with files_of_at_most(100):
        full = coder("doctor", "--report", "full.zip")
    assert "full.zip cannot be written" in full.err
    assert not Path("full.zip").exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key sk-abcdefghijklmnop end", "key (removed) end"),
        ("Authorization: Bearer abcdefgh", "Authorization: Bearer (removed)"),
        ('"api_key": "abcdefgh"', '"api_key": "(removed)"'),
        ("https://me:pass@host/x?sig=abcdef", "https://(removed)@host/x?sig=(removed)"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", "(removed)"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc", "(removed)"),
        ("/home/me/src and /home/me", "~/src and ~"),
        ("the value swordfish of it", "the value (removed) of it"),
        ("serve --token abcdefgh", "serve --token (removed)"),
        ("512 tokens a second, key bindings", "512 tokens a second, key bindings"),
    ],
)
def test_what_is_removed(text: str, shown: str) -> None:
    assert redactor({"A_TOKEN": "swordfish", "PLAIN": "tokens"}, Path("/home/me"))(text) == shown
