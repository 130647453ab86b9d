"""`coder pull` as a user runs it, as a process of its own."""

import json
import signal
import time
from collections.abc import Callable

import pytest

from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import Manifest
from assistant.errors import ExitCode
from tests.catalog.conftest import TARGET_FILE
from tests.catalog.loopback import LoopbackHub
from tests.cli.coder import coder, run_coder, start_coder

Pair = tuple[bytes, bytes]


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_pair_is_pulled_once(hub: LoopbackHub, manifest: Manifest) -> None:
    ran = run_coder("pull", "tiny-pair")
    assert ran.code == ExitCode.DONE, ran.err
    assert "license: MIT" in ran.err
    assert "100%" in ran.err
    assert manifest.pulled
    hub.ranges.clear()
    again = run_coder("pull", "tiny-pair")
    assert (again.code, again.err) == (ExitCode.DONE, "tiny-pair is on this machine already.\n")
    assert hub.ranges == []


def test_ctrl_c_keeps_what_arrived_and_the_next_pull_goes_on(hub: LoopbackHub, manifest: Manifest) -> None:
    hub.stalls = {TARGET_FILE: 100_000}
    process = start_coder("pull", "tiny-pair")
    assert hub.stalled.wait(20)
    wait_until(lambda: any(part.stat().st_size for part in models_folder().glob("*/.pulling/*.part")))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "what has arrived is kept" in err
    assert "coder pull tiny-pair" in err
    assert "Traceback" not in err
    hub.ranges.clear()
    assert run_coder("pull", "tiny-pair").code == ExitCode.DONE
    begun = [int(each.removeprefix("bytes=").removesuffix("-")) for each in hub.ranges if each]
    assert any(0 < place <= 100_000 for place in begun)
    assert manifest.pulled


def test_without_a_name_it_lists_what_can_be_pulled(manifest: Manifest) -> None:
    ran = coder("pull")
    assert ran.code == ExitCode.DONE
    assert "tiny-pair" in ran.out
    assert "smollm2-135m" not in ran.out
    assert "coder pull deepseek-coder-6.7b" in ran.err


def test_an_unknown_name_offers_the_near_one(manifest: Manifest) -> None:
    ran = coder("pull", "tiny-pear")
    assert ran.code == ExitCode.USAGE
    assert "Did you mean tiny-pair?" in ran.err


def test_the_hub_switched_off(hub: LoopbackHub, manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    ran = run_coder("pull", "tiny-pair")
    assert ran.code == ExitCode.NO_MODEL
    assert "HF_HUB_OFFLINE" in ran.err


def test_json_tells_progress_and_result_a_line_each(hub: LoopbackHub, manifest: Manifest) -> None:
    ran = run_coder("pull", "tiny-pair", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert {line["event"] for line in lines[:-1]} == {"progress"}
    assert any(line["done"] == line["total"] > 0 for line in lines[:-1])
    assert lines[-1]["event"] == "done"
    assert lines[-1]["target"] == str(manifest.select().target_path)
    again = run_coder("pull", "tiny-pair", "--json")
    assert json.loads(again.out) == lines[-1]


def test_a_repository_by_its_address(hub: LoopbackHub, manifest: Manifest, tiny_pair: Pair) -> None:
    hub.add("someone/Thing-GGUF", "thing-Q4_0.gguf", tiny_pair[0])
    ran = run_coder("pull", "hf:someone/Thing-GGUF")
    assert ran.code == ExitCode.DONE, ran.err
    assert "license: apache-2.0" in ran.err
    assert "Its name is thing from now on" in ran.err
    assert "thing is on this machine already" in run_coder("pull", "hf:someone/Thing-GGUF:Q4_0").err
    assert coder("models", "path", "thing").out.endswith("thing-Q4_0.gguf\n")
    wrong = run_coder("pull", "hf:someone/Thing-GGUF:../x.gguf")
    assert (wrong.code, "no name of a GGUF file" in wrong.err) == (ExitCode.USAGE, True)
    assert coder("pull", "./thing.gguf").code == ExitCode.USAGE
    assert coder("pull", "smollm2-135m").code == ExitCode.USAGE


def test_a_quantization_or_draft_that_there_is_not(manifest: Manifest) -> None:
    ran = coder("pull", "qwen3-8b", "--quantization", "Q3_K_M")
    assert ran.code == ExitCode.USAGE
    assert "Quantizations: Q4_K_M, Q8_0. Drafts: dflash, eagle3." in ran.err
