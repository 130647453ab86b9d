"""Set a file's text apart in a prompt, so that nothing in it can end the fence."""

import re

_BACKTICKS = re.compile(r"`{3,}")


def fenced(title: str, text: str) -> str:
    """`text` between fences that are longer than any in it."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    end = "" if text.endswith("\n") else "\n"
    return f"{fence} {title}\n{text}{end}{fence}"
