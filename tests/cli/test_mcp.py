"""`coder run --mcp` as a user runs it, with a scripted model."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytest.importorskip("mcp")

from assistant.agent.mcp import McpServer
from assistant.config.load import user_file
from tests.agent.agent_run import DONE, call, root, script
from tests.agent.mcp.servers import raw
from tests.cli.coder import coder
from tests.cli.scripted import model

__all__ = ["model", "root"]


def _file(folder: Path, server: McpServer) -> Path:
    path = folder / "mcp.toml"
    path.write_text(f"[mcp.{server.name}]\ncommand = {json.dumps(list(server.command))}\n")
    return path


@pytest.mark.parametrize("where", ["file", "settings"])
def test_a_tool_of_a_server_is_called(tmp_path: Path, model: list[str], where: str) -> None:
    model += script(("raw.go", {}), DONE)
    file = _file(tmp_path, raw(tmp_path))
    if where == "settings":
        user_file().parent.mkdir(parents=True, exist_ok=True)
        file.replace(user_file())
    ran = coder("run", "Go.", "--yes", "--json", *(["--mcp", str(file)] if where == "file" else []))
    document = json.loads(ran.out)
    assert (ran.code, document["status"]) == (0, "done")
    told = [event["text"] for event in document["events"] if event["event"] == "observed"]
    assert told[0].endswith("\nok")


def test_what_is_wrong_with_a_server_is_told_on_stderr(tmp_path: Path, model: list[str]) -> None:
    model += script(DONE)
    file = _file(tmp_path, raw(tmp_path, before="sys.exit('no config')"))
    ran = coder("run", "Go.", "--yes", "--json", "--mcp", str(file))
    assert (ran.code, json.loads(ran.out)["status"]) == (0, "done")
    assert "The MCP server raw has ended (exit code 1): no config." in ran.err


def test_without_consent_nothing_starts(root: Path, tmp_path: Path, model: list[str]) -> None:
    model += script(DONE)
    file = _file(tmp_path, raw(tmp_path, before="open('started', 'w')"))
    ran = coder("run", "Go.", "--mode", "auto-edit", "--mcp", str(file))
    assert ran.code == 0
    assert "was not started" in ran.err
    assert not (root / "started").exists()


def test_a_file_that_is_wrong(tmp_path: Path, model: list[str]) -> None:
    ran = coder("run", "Go.", "--yes", "--mcp", str(tmp_path / "none.toml"))
    assert ran.code == 2
    assert "none.toml" in ran.err


SCRIPTED = """
import sys
from assistant.cli import setup
from assistant.config.load import user_file
from tests.scripted import ScriptedGenerator
setup.load_generator = lambda *args, **options: ScriptedGenerator(*{answers!r})
from assistant.cli.main import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_the_call_and_the_server(root: Path, tmp_path: Path) -> None:
    server = raw(tmp_path, call="open('src/called', 'w').close(); time.sleep(60)")
    code = SCRIPTED.format(answers=[call("raw.go"), call("done", answer="x")])
    here = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", "Go.", "--yes", "--mcp", str(_file(tmp_path, server))],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(here)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while not (root / "src" / "called").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        servers = psutil.Process(process.pid).children(recursive=True)
        assert servers
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=15)[1]
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Interrupted" in err
    assert not psutil.wait_procs(servers, timeout=20)[1]
