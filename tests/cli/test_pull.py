"""`coder pull` as a user runs it, as a process of its own."""

import signal
import time
from collections.abc import Callable

import pytest

from assistant.catalog.locations import models_folder
from assistant.catalog.manifest import Manifest
from assistant.errors import ExitCode
from tests.catalog.loopback import LoopbackHub
from tests.cli.coder import coder, run_coder, start_coder


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
    hub.stalls_after = 100_000
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
    assert hub.ranges[0] is not None
    assert 0 < int(hub.ranges[0].removeprefix("bytes=").removesuffix("-")) <= 100_000
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


def test_a_quantization_or_draft_that_there_is_not(manifest: Manifest) -> None:
    ran = coder("pull", "qwen3-8b", "--quantization", "Q3_K_M")
    assert ran.code == ExitCode.USAGE
    assert "Quantizations: Q4_K_M, Q8_0. Drafts: dflash, eagle3." in ran.err
