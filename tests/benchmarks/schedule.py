"""How near the scheduler comes to oracles, simulated without a model.

    python -m tests.benchmarks.schedule

Speedups over plain decoding. A block is what passes cost, a row what is drafted. `fixed` is the best
single length of the best single drafter, in hindsight; `informed` knows the chance of every token that
could be proposed before it pays for the proposal; `clairvoyant` knows the text and never drafts a wrong
token, which no scheduler can. The shares say how much of the two oracles' speed the scheduler reaches.
"""

import time
from collections.abc import Sequence
from statistics import geometric_mean

import numpy as np

from assistant.engine.simulation.simulate import Comparison, compare
from assistant.engine.simulation.synthetic import DSPARK_CHAT, DSPARK_CODE, DSPARK_MATH, blocks, runs
from assistant.engine.simulation.trace import Trace, calibrated, in_turn
from tests.benchmarks.words import code, prose, rewrites

LONGEST = 48
# Measured: SmolLM2-135M on two CPU cores, relative to a pass of one token.
SIZES = (1, 2, 4, 8, 16, 32)
CPU = {
    "F32": (1.0, 1.21, 1.46, 1.87, 2.73, 4.65),
    "F16": (1.0, 1.31, 1.62, 2.65, 3.64, 6.59),
    "Q4_0": (1.0, 1.58, 2.15, 3.17, 4.89, 9.20),
    "Q4_K_M": (1.0, 1.65, 2.33, 3.45, 5.53, 10.2),
    "Q8_0": (1.0, 2.20, 3.21, 4.14, 5.46, 10.4),
}
# Assumed: a GPU waits for memory up to this many tokens and computes beyond them.
GPU = (8, 16)
# A block draft of five layers beside a target of 36: what a proposal takes of a plain pass.
BLOCK_PRICE = 0.15
# A model of a twelfth of the target's size, a token.
MODEL_TOKEN_PRICE = 0.08
TOKENS = 1200


def curves() -> dict[str, list[float]]:
    """Seconds of a pass by its tokens; index 0 is unused."""
    cpu = {f"CPU {name}": [0.0, *np.interp(range(1, 33), SIZES, costs)] for name, costs in CPU.items()}
    gpu = {
        f"GPU flat to {knee}": [0.0, *(max(1.0 + 0.01 * (n - 1), n / knee) for n in range(1, LONGEST + 1))]
        for knee in GPU
    }
    return cpu | gpu


def texts() -> dict[str, list[Trace]]:
    """The drafters of each text. Real text first, then made-up ones."""
    random = np.random.default_rng(0)
    edits = runs(random, TOKENS, run=40, break_tokens=6)
    dspark = {
        name: blocks(random, TOKENS, chances, seconds_per_proposal=BLOCK_PRICE)
        for name, chances in (("math", DSPARK_MATH), ("code", DSPARK_CODE), ("chat", DSPARK_CHAT))
    }
    weak = runs(random, TOKENS, run=3, break_tokens=30, found=0.3, drafter="lookup")
    wrong = runs(random, TOKENS // 4, run=1.0001, break_tokens=1e9)
    right = runs(random, TOKENS // 4, run=200, break_tokens=3)
    return {
        "rewrite, one line": [*map(calibrated, rewrites("one line"))],
        "rewrite, several edits": [*map(calibrated, rewrites("several"))],
        "code": [*map(calibrated, code())],
        "prose": [*map(calibrated, prose())],
        "edit (made up)": [edits],
        "weak lookup (made up)": [weak],
        "nothing right": [in_turn([wrong] * 4)],
        "nothing right, at a price": [blocks(random, TOKENS, [0.01] * 7, seconds_per_proposal=BLOCK_PRICE)],
        "good and bad in turn": [in_turn([right, wrong, right, wrong])],
        "small model": [
            blocks(
                random,
                TOKENS,
                [0.8] * 16,
                drafter="model",
                least_evidence=6,
                seconds_per_token=MODEL_TOKEN_PRICE,
            )
        ],
        "DSpark math": [dspark["math"]],
        "DSpark code": [dspark["code"]],
        "DSpark chat": [dspark["chat"]],
        "edit + DSpark code": [edits, dspark["code"]],
        "weak lookup + DSpark chat": [weak, dspark["chat"]],
    }


def main() -> None:
    started = time.perf_counter()
    drafted = texts()
    for name, passes in curves().items():
        header("\n" + name)
        results = [compare(passes, traces) for traces in drafted.values()]
        for text, result in zip(drafted, results, strict=True):
            row(text, result)
        summary(results)
    print(f"\n{time.perf_counter() - started:.0f} s")


def header(name: str) -> None:
    print(f"{name:27}{'scheduler':>10}{'fixed':>8}{'informed':>10}{'clairvoyant':>13}", end="")
    print(f"{'of informed':>13}{'of clairv.':>12}")


def row(text: str, result: Comparison) -> None:
    ways = result.scheduled, result.fixed, result.informed, result.clairvoyant
    a, b, c, d = (result.speedup(way) if way else float("nan") for way in ways)
    print(f"{text:26}{a:10.2f}x{b:7.2f}x{c:9.2f}x{d:12.2f}x{a / c:13.0%}{a / d:12.0%}")


def summary(results: Sequence[Comparison]) -> None:
    informed = [r.scheduled.rate / r.informed.rate for r in results if r.informed]
    clairvoyant = [r.scheduled.rate / r.clairvoyant.rate for r in results]
    print(f"{'geometric mean':64}{geometric_mean(informed):16.0%}{geometric_mean(clairvoyant):12.0%}")
    print(f"{'least':64}{min(informed):16.0%}{min(clairvoyant):12.0%}")


if __name__ == "__main__":
    main()
