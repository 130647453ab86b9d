"""What the lookup and the edit drafter save, without a model in the loop.

    python -m tests.benchmarks.drafters MODEL.gguf [--traces FILE.jsonl]

A trace is a prompt, the files in it, and an answer as token ids of MODEL's vocabulary. The loop is
replayed with the real drafters and the real scheduler, each pass costing what was measured for
SmolLM2 F16 on two CPU cores. Answers are edited standard library files, one kind of edit a row, and
those in a file of recorded answers: a JSON object a line with `kind`, `source` (text or null),
`prompt` and `output` (ids).
"""

import argparse
import json
import random
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from assistant.engine.drafters import Drafter
from assistant.engine.drafters.edit import EditDrafter
from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.drafters.store import AnswerStore
from assistant.engine.llama import Model
from assistant.engine.schedule import Scheduler
from tests.benchmarks.edits import KINDS

SIZES, COSTS = (1, 2, 4, 8, 16, 32), (1.0, 1.31, 1.62, 2.65, 3.64, 6.59)
CURVE = [0.0, *np.interp(range(1, 33), SIZES, COSTS).tolist()]
# fmt: off
FILES = (
    "bisect", "cmd", "code", "codeop", "colorsys", "contextvars", "copyreg", "csv", "fnmatch", "getpass",
    "linecache", "netrc", "opcode", "queue", "quopri", "reprlib", "rlcompleter", "sched", "shlex", "tty",
)
# fmt: on
LONGEST_FILE = 400


@dataclass(frozen=True, slots=True)
class Trace:
    """`earlier` is what was answered before in the same repository."""

    kind: str
    prompt: list[int]
    sources: list[list[int]]
    output: list[int]
    earlier: Sequence[list[int]] = ()


@dataclass(slots=True)
class Replay:
    """`cost` is in passes of one token; `seconds` were spent in drafters and scheduler."""

    emitted: int = 0
    passes: int = 0
    cost: float = 0.0
    drafted: int = 0
    accepted: int = 0
    seconds: float = 0.0


Arm = Callable[[Trace], list[Drafter]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a GGUF file, of which the vocabulary is used")
    parser.add_argument("--traces", type=Path, help="recorded answers")
    parser.add_argument("--seeds", type=int, default=1, help="edits of each kind and file")
    arguments = parser.parse_args()
    with Model(arguments.model) as model, tempfile.TemporaryDirectory() as folder:
        traces = [*edited_files(model, arguments.seeds), *second_requests(model)]
        if arguments.traces:
            traces += recorded(arguments.traces, model)
        report(
            traces,
            {
                "lookup": lambda trace: [_lookup(trace, model, Path(folder))],
                "edit": lambda trace: [EditDrafter(trace.sources, model)],
                "both": lambda trace: [
                    _lookup(trace, model, Path(folder)),
                    EditDrafter(trace.sources, model),
                ],
            },
        )


def _lookup(trace: Trace, model: Model, folder: Path) -> LookupDrafter:
    if not trace.earlier:
        return LookupDrafter()
    store = AnswerStore(folder / "answers.ids", model.n_vocab)
    store.path.unlink(missing_ok=True)
    for answer in trace.earlier:
        store.add(answer)
    return LookupDrafter(store)


def replay(trace: Trace, drafters: Sequence[Drafter], scheduler: Scheduler) -> Replay:
    """The loop of engine/generate.py with the trace in the place of the target."""
    result = Replay()
    output = trace.output
    for drafter in drafters:
        drafter.begin([*trace.prompt, output[0]])
    at = 1
    while at < len(output):
        started = time.perf_counter()
        drafted = scheduler.choose(drafters, len(output) - at - 1).tokens
        right = (a == b for a, b in zip(drafted, output[at:], strict=False))
        accepted = next((i for i, same in enumerate(right) if not same), len(drafted))
        emitted = output[at : at + accepted + 1]
        scheduler.learn(emitted, CURVE[1 + len(drafted)])
        for drafter in drafters:
            drafter.extend(emitted)
        result.seconds += time.perf_counter() - started
        at += len(emitted)
        result.emitted += len(emitted)
        result.passes += 1
        result.cost += CURVE[1 + len(drafted)]
        result.drafted += len(drafted)
        result.accepted += accepted
    return result


def edited_files(model: Model, seeds: int) -> Iterator[Trace]:
    for kind, edit in KINDS.items():
        for name in FILES:
            for seed in range(seeds):
                lines = _lines(name)
                answer = edit(lines, random.Random(f"{name} {kind} {seed}"))
                yield _trace(model, kind, [lines], _ids(model, answer))
    for first, second in pairwise(FILES):
        files = [_lines(name)[:150] for name in (first, second)]
        a, b = (KINDS["one line"](file, random.Random(first)) for file in files)
        answer = [*b, "```", "", "And the other file:", "```python", *a]
        yield _trace(model, "two files", files, _ids(model, answer))


def second_requests(model: Model) -> Iterator[Trace]:
    """A file edited in several places and kept, and then the same asked again with one more line changed."""
    for name in FILES:
        lines, rng = _lines(name), random.Random(name)
        first = KINDS["several"](lines, rng)
        yield _trace(
            model, "second request", [lines], _ids(model, KINDS["one line"](first, rng)), [_ids(model, first)]
        )


def recorded(path: Path, model: Model) -> Iterator[Trace]:
    for line in path.read_text().splitlines():
        record = json.loads(line)
        sources = [model.tokenize(record["source"], special=False)] if record["source"] else []
        yield Trace(f"{record['kind']} (recorded)", record["prompt"], sources, record["output"])


def _lines(name: str) -> list[str]:
    path = Path(sysconfig.get_paths()["stdlib"]) / f"{name}.py"
    return path.read_text().splitlines()[:LONGEST_FILE]


def _ids(model: Model, answer: Sequence[str]) -> list[int]:
    return model.tokenize("\n".join(answer) + "\n```<|im_end|>")


def _trace(
    model: Model,
    kind: str,
    files: Sequence[Sequence[str]],
    output: list[int],
    earlier: Sequence[list[int]] = (),
) -> Trace:
    texts = ["\n".join(lines) + "\n" for lines in files]
    fenced = "".join(f"```python\n{text}```\n" for text in texts)
    prompt = (
        f"<|im_start|>user\nChange this as asked.\n{fenced}<|im_end|>\n<|im_start|>assistant\n```python\n"
    )
    sources = [model.tokenize(text, special=False) for text in texts]
    return Trace(kind, model.tokenize(prompt), sources, output, earlier)


def report(traces: Sequence[Trace], arms: dict[str, Arm]) -> None:
    """Print simulated speedup, tau, acceptance rate and microseconds a pass by kind of trace."""
    print(f"{'':22}" + "".join(f"{name:>27}" for name in arms))
    print(f"{'':22}" + f"{'speedup   tau  rate    us':>27}" * len(arms))
    for kind in dict.fromkeys(trace.kind for trace in traces):
        row = f"{kind:22}"
        for make in arms.values():
            runs = [replay(trace, make(trace), Scheduler(CURVE)) for trace in traces if trace.kind == kind]
            emitted, passes = sum(run.emitted for run in runs), sum(run.passes for run in runs)
            speedup, tau = emitted / sum(run.cost for run in runs), emitted / passes
            rate = sum(run.accepted for run in runs) / max(1, sum(run.drafted for run in runs))
            micros = sum(run.seconds for run in runs) / passes * 1e6
            row += f"{speedup:10.2f}{tau:6.2f}{rate:6.2f}{micros:5.0f}"
        print(row, flush=True)


if __name__ == "__main__":
    main()
