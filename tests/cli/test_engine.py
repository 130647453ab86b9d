"""`--engine URL`: the commands with a model on a server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.agent_run import BUGGY, CHECK, DONE, FIX, FIXED, root
from tests.cli.coder import Ran, coder
from tests.remote.loopback import Answer, Loopback, call, chunk, completion, loopback_server, refused

__all__ = ["root"]

KEY = "sk-very-secret"


@pytest.fixture
def server(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.chdir(root)
    monkeypatch.setenv("CODER_API_KEY", KEY)
    with loopback_server() as server:
        yield server


def run(server: Loopback, *arguments: str) -> Ran:
    ran = coder(*arguments, "--engine", server.url)
    assert KEY not in ran.out + ran.err
    return ran


def test_fix(server: Loopback, root: Path) -> None:
    server.answers = [completion("Here it is:\n", f"```python\n{FIXED}```\n")]
    ran = run(server, "fix", "calc.py", "-m", "add must add", "--yes", "--json")
    assert (ran.code, json.loads(ran.out)["status"]) == (0, "done")
    assert (root / "calc.py").read_text() == FIXED
    assert ran.err.count("Prompts, and what they quote of your files, go to 127.0.0.1:") == 1
    assert all(headers["Authorization"] == f"Bearer {KEY}" for _, headers, _ in server.asked)


def test_run(server: Loopback, root: Path) -> None:
    server.answers = [call(FIX[0], **FIX[1]), call(DONE[0], **DONE[1])]
    ran = run(server, "run", "Make add add.", "--test", CHECK, "--yes")
    assert (ran.code, ran.out) == (0, "add adds now.\n")
    assert (root / "calc.py").read_text() == FIXED


def test_a_model_without_a_schema_is_told_what_is_no_call(server: Loopback) -> None:
    server.answers = [
        refused(400, "json_schema: unsupported"),
        completion('{"name": "raed", "arguments": {"path": "calc.py"}}'),
        call(DONE[0], **DONE[1]),
    ]
    ran = run(server, "run", "Read calc.py.", "--mode", "read-only")
    assert (ran.code, ran.out) == (0, "add adds now.\n")
    assert "answers are free" in ran.err
    assert "Did you mean read?" in server.completions[-1]["messages"][-1]["content"]


def test_a_server_that_is_lost_leaves_everything_as_it_was(server: Loopback, root: Path) -> None:
    server.answers = [Answer((chunk(f"```python\n{FIXED}"),), then="cut"), refused(404, "no model is loaded")]
    ran = run(server, "fix", "calc.py", "-m", "add must add", "--yes")
    assert ran.code == 3
    assert "broke the answer off" in ran.err
    assert "no model is loaded" in ran.err
    assert (root / "calc.py").read_text() == BUGGY


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--model", "tiny"], 2, "Did you mean org/Tiny-1B?"),
        (["--context", "9999"], 2, "context of 4096 tokens"),
        (["--kv-type", "F16"], 2, "--kv-type is for a model on this machine"),
    ],
)
def test_options_that_do_not_fit_a_server(
    arguments: list[str], code: int, said: str, server: Loopback
) -> None:
    ran = run(server, "fix", "calc.py", "-m", "x", "--dry-run", *arguments)
    assert ran.code == code
    assert said in ran.err


def test_a_profile_of_the_users_settings(
    server: Loopback, root: Path, coder_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = f'[engine.gpu]\nurl = "{server.url}"\nmodel = "org/Tiny-1B"\nkey_variable = "GPU_KEY"\n'
    (coder_home / "config").mkdir()
    (coder_home / "config" / "config.toml").write_text(profile)
    monkeypatch.setenv("GPU_KEY", "for-the-gpu")
    server.answers = [call(DONE[0], **DONE[1])]
    ran = coder("ask", "Why?", "--engine", "gpu")
    assert (ran.code, ran.out) == (0, "add adds now.\n")
    assert {headers["Authorization"] for _, headers, _ in server.asked} == {"Bearer for-the-gpu"}
    ran = coder("ask", "Why?", "--engine", "gpus")
    assert (ran.code, "Did you mean gpu?" in ran.err) == (2, True)


def test_a_repository_does_not_say_where_prompts_go(server: Loopback, root: Path) -> None:
    (root / ".coder.toml").write_text(f'[engine.gpu]\nurl = "{server.url}"\n')
    assert coder("ask", "Why?", "--engine", "gpu").code == 4
    assert server.asked == []


@pytest.mark.parametrize(("setting", "offered"), [("", "- edit("), ("edit_format = 'udiff'", "--- a/PATH")])
def test_a_profile_says_how_its_model_writes_changes(
    server: Loopback,
    root: Path,
    coder_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    offered: str,
) -> None:
    (coder_home / "config").mkdir()
    (coder_home / "config" / "config.toml").write_text(f"[engine.gpu]\nurl = '{server.url}'\n{setting}\n")
    monkeypatch.chdir(root)
    server.answers = [completion('{"thought": "So.", "name": "done", "arguments": {"answer": "Yes."}}')]
    assert coder("run", "Make add add.", "--yes", "--engine", "gpu").out == "Yes.\n"
    assert offered in server.completions[0]["messages"][0]["content"]


def test_what_is_no_server(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    ran = coder("ask", "Why?", "--engine", "gpu:8000")
    assert (ran.code, ran.out) == (2, "")
    assert "--engine http://127.0.0.1:8080" in ran.err
