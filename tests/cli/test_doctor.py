"""`coder doctor`, for a person and for a script."""

import json
import subprocess
import sys

import pytest

from assistant.catalog import embedded
from assistant.errors import ExitCode
from tests.cli.coder import coder, run_coder


def test_one_json_document() -> None:
    ran = coder("doctor", "--json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err, told["status"]) == (ExitCode.DONE, "", "warning")
    (model,) = (check for check in told["checks"] if check["name"] == "model in use")
    assert model == {
        "group": "Models",
        "name": "model in use",
        "status": "warning",
        "found": "smollm2-135m, which is tiny: for trying out",
        "mend": "coder pull deepseek-coder-6.7b",
    }


def test_a_table_that_reads_without_colours_and_then_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    ran = run_coder("doctor")
    table, to_do = ran.out.split("looked at in")
    assert ran.code == ExitCode.DONE
    assert "\x1b" not in ran.out
    lines = [" ".join(line.split()) for line in table.splitlines()]
    assert "Models" in lines
    assert "! warning model in use smollm2-135m, which is tiny: for trying out" in lines
    assert any(line.startswith("✓ ok interpreter 3.") for line in lines)
    assert "  ! model in use\n      coder pull deepseek-coder-6.7b\n" in to_do
    assert "  ! model hub\n      HF_HUB_OFFLINE=0 coder pull\n" in to_do


def test_no_model_has_its_own_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "available", lambda: None)
    ran = coder("doctor")
    assert ran.code == ExitCode.NO_MODEL
    assert "failed   model in use" in ran.out


def test_a_library_that_cannot_be_loaded_is_a_line_and_no_traceback() -> None:
    script = (
        "import sys; sys.modules['llama_cpp'] = None; sys.argv = ['coder', 'doctor'];"
        "from assistant.cli.main import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.returncode == ExitCode.NOT_ACHIEVED
    assert "failed   library         llama-cpp-python cannot be loaded" in ran.stdout
    assert (
        "\n  ✗ library, processor, devices, network drafts, memory\n"
        '      CMAKE_ARGS="-DLLAVA_BUILD=OFF" pip install'
    ) in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


def test_a_terminal_that_has_only_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    ran = run_coder("doctor")
    assert ran.code == ExitCode.DONE
    assert "+ ok " in ran.out
    assert "  ! characters\n      export LC_ALL=C.UTF-8" in ran.out
