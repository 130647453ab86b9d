"""What reads untrusted input, under made-up input: `python -m tests.fuzz [TARGET] --seconds N --seed S`.

Each target is a module of this package whose `target` makes a hypothesis property that works in an empty
folder. The ordinary test run takes a few fixed examples of each; the command looks for new ones."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

TARGETS = (
    "config", "edits", "edit_text", "gguf", "manifests", "paths", "rendering", "staging", "streams",
    "tool_calls",
)  # fmt: skip

Property = Callable[[], None]


def make(name: str, folder: Path) -> Property:
    """The property of a target, not yet run. Imported late, so that a fuzzer can instrument what it reads."""
    return cast("Property", import_module(f"tests.fuzz.{name}").target(folder))
