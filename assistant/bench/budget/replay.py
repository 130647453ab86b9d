"""Jobs replayed with a model, in turns that a clock cuts off."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.agent.budget import Budget
from assistant.bench.budget import BudgetReport, Tally
from assistant.bench.measure import options_of
from assistant.bench.tasks import Request, Task
from assistant.chat.generator import Generator, Reply, ReplyOptions

# A job that gets nowhere in its turns is given up.
_MOST_TURNS = 20
_WARM_UP_TOKENS = 16
_WAYS = ((False, "plain"), (True, "speculative"))


def replay(
    generator: Generator, tasks: Sequence[Task], limit_s: float, report: Callable[[str, float], None]
) -> BudgetReport:
    """Every request of every task as one job, plain first and speculative then. All of one way comes before
    the other, so that no job finds its own prompt in the KV cache. `report` gets (what, fraction done). What
    was replayed is kept when the user interrupts."""
    jobs = [request for task in tasks for request in task.requests]
    tallies = [Tally(way) for _, way in _WAYS]
    try:
        if jobs:
            warm = replace(options_of(jobs[-1]), max_tokens=_WARM_UP_TOKENS)
            list(generator.reply(jobs[-1].messages, warm))
        for (speculate, way), tally in zip(_WAYS, tallies, strict=True):
            for number, request in enumerate(jobs):
                report(f"{way}, job {number + 1}", (number + len(jobs) * speculate) / (2 * len(jobs)))
                _work(generator, request, limit_s, tally, speculate=speculate)
    except KeyboardInterrupt:
        return BudgetReport(limit_s, tallies, stopped="interrupted")
    return BudgetReport(limit_s, tallies)


def _work(generator: Generator, request: Request, limit_s: float, tally: Tally, *, speculate: bool) -> None:
    """Turns until the job is done."""
    options = replace(options_of(request), speculate=speculate)
    left = request.max_tokens
    tally.jobs += 1
    for _ in range(_MOST_TURNS):
        reply, cut = _turn(generator, request, replace(options, max_tokens=left), limit_s, tally)
        left -= reply.stats.emitted
        if not cut or left <= 0:
            tally.finished += 1
            return
        if generator.thinks_first:  # nothing can be put before its reasoning: it begins anew
            left = request.max_tokens
            tally.useful -= reply.stats.emitted
        else:
            options = replace(options, prefix=reply.text)


def _turn(
    generator: Generator, request: Request, options: ReplyOptions, limit_s: float, tally: Tally
) -> tuple[Reply, bool]:
    began = time.monotonic()
    with Budget(limit_s) as budget:
        *_, last = generator.reply(request.messages, replace(options, cancel=budget.cancel))
    assert isinstance(last, Reply), "a reply ends with Reply"
    tally.seconds += time.monotonic() - began
    tally.turns += 1
    tally.useful += last.stats.emitted
    tally.billed_out += last.stats.emitted
    tally.billed_in = (tally.billed_in or 0) + last.stats.prompt_tokens
    cut = last.finish == "cancelled"
    tally.timeouts += cut
    return last, cut
