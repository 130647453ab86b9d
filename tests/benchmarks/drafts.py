"""What trained drafts save: `python -m tests.benchmarks.drafts TARGET DRAFT... --data FILE...`.

Prompts are the odd lines of the data, which no draft here was trained on; answers are greedy, and the same
in every arm. Arms of a prompt follow each other, one of them plain, so that a ratio is of neighbours in time.
`NAME:5` always verifies five tokens of one drafter, which makes mean accepted lengths comparable;
`NAME` alone or `lookup+NAME` has the lengths, and whether to draft at all, chosen by the scheduler.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.bench.drafts import FixedLength
from assistant.bench.measure import options_of
from assistant.bench.tasks import Request, tasks_from
from assistant.catalog.locations import cache_folder
from assistant.chat.families import detect_family
from assistant.chat.local import LocalGenerator
from assistant.engine.curve import CostCurve, curve_for
from assistant.engine.drafters import Drafter
from assistant.engine.drafters.load import load_drafter
from assistant.engine.drafters.lookup import LookupDrafter
from assistant.engine.generate import Emitted, generate
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.sampling import Sampling
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import Stats


@dataclass(slots=True)
class Arm:
    """One way of decoding. What its scheduler learns stays from prompt to prompt; `reached[i]` counts the
    drafts of which token i was judged, `right[i]` those of them in which it was accepted."""

    name: str
    drafters: Sequence[Drafter]
    scheduler: Scheduler | None
    stats: Stats = field(default_factory=Stats)
    ratios: list[float] = field(default_factory=list)
    reached: list[int] = field(default_factory=lambda: [0] * 64)
    right: list[int] = field(default_factory=lambda: [0] * 64)

    def answer(self, context: Context, prompt: Sequence[int], tokens: int) -> tuple[Stats, list[int]]:
        context.truncate(0)
        stats, said = Stats(), list[int]()
        for event in generate(
            context,
            prompt,
            sampling=Sampling(),
            drafters=self.drafters,
            scheduler=self.scheduler,
            max_tokens=tokens,
            stats=stats,
        ):
            if isinstance(event, Emitted):
                said += event.tokens
                for share in event.shares:
                    for i in range(min(share.accepted + 1, share.drafted)):
                        self.reached[i] += 1
                        self.right[i] += i < share.accepted
        self.stats.add(stats)
        return stats, said

    @property
    def by_position(self) -> list[float]:
        return [round(a / b, 3) for a, b in zip(self.right, self.reached, strict=True) if b][:8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("drafts", type=Path, nargs="*", help="files; arms call them by their method")
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--prompts", type=int, default=16, help="of each data file")
    parser.add_argument("--tokens", type=int, default=160, help="of an answer, at most")
    parser.add_argument("--arms", nargs="+", help="default: each drafter as NAME:5")
    parser.add_argument("--exact", action="store_true", help="the reference profile")
    arguments = parser.parse_args()
    options = ContextOptions(n_ctx=2048, flash_attention="off", exact=arguments.exact)
    with Model(arguments.target) as model, Context(model, options) as context:
        curve, _ = curve_for(context, cache_folder() / "curves")
        loaded = [load_drafter(path, model, context) for path in arguments.drafts]
        drafters: dict[str, Drafter] = {"lookup": LookupDrafter()} | {each.name: each for each in loaded}
        wanted = arguments.arms or [f"{name}:5" for name in drafters]
        generator = LocalGenerator(
            model, context, None, family=detect_family(model.chat_template, model.architecture, model.name)
        )
        for task in [task for path in arguments.data for task in tasks_from(path, arguments.prompts)]:
            arms = [_arm(name, drafters, curve) for name in wanted]
            _measure(arms, context, generator.prompt_ids, task.requests, arguments.tokens)
            for arm in arms:
                _print(task.name, arm)
        for draft in loaded:
            draft.close()


def _arm(name: str, drafters: dict[str, Drafter], curve: CostCurve | None) -> Arm:
    names, _, length = name.partition(":")
    assert curve is not None
    scheduler = FixedLength(int(length)) if length else Scheduler(curve)
    return Arm(name, [drafters[each] for each in names.split("+")], scheduler)


def _measure(
    arms: Sequence[Arm],
    context: Context,
    prompt_ids: Callable[..., list[int]],
    requests: Sequence[Request],
    tokens: int,
) -> None:
    plain = Arm("plain", (), None)
    for number, request in enumerate(requests):
        prompt = prompt_ids(request.messages, options_of(request))
        before, said = plain.answer(context, prompt, tokens)
        order = arms if number % 2 == 0 else arms[::-1]
        runs = [arm.answer(context, prompt, tokens) for arm in order]
        after, _ = plain.answer(context, prompt, tokens)
        if len(said) < 8:
            continue
        rate = (before.decode_tps + after.decode_tps) / 2
        for arm, (stats, answer) in zip(order, runs, strict=True):
            arm.ratios.append(stats.decode_tps / rate)
            if answer != said and context.options.exact:
                print(f"{arm.name} says something else than plain decoding", flush=True)


def _print(task: str, arm: Arm) -> None:
    found = {
        "task": task,
        "arm": arm.name,
        "prompts": len(arm.ratios),
        "speedup": round(statistics.median(arm.ratios), 3),
        "mean_accepted_length": round(arm.stats.mean_accepted_length, 3),
        "acceptance_rate": round(arm.stats.acceptance_rate, 3),
        "by_position": arm.by_position,
        "draft_ms": round(1000 * arm.stats.draft_s / max(arm.stats.forward_passes, 1), 2),
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
