"""Requests from files: the five kinds of work that ship with coder, and the public suites.

HumanEval (github.com/openai/human-eval) and MBPP (google-research/mbpp) are read from the user's own copy,
in the JSON Lines form in which they are published.
"""

import gzip
import json
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

from assistant.bench.tasks import Request, Task
from assistant.errors import UsageError

Suite = Literal["humaneval", "mbpp"]
SUITES: tuple[Suite, ...] = get_args(Suite)
_FENCE = "```"
_LANGUAGES = {".py": "python", ".ts": "typescript", ".go": "go"}


def work_tasks() -> list[Task]:
    """Boilerplate, tests, refactoring, algorithm and free-form, of at least eight requests each."""
    folder = files("assistant.bench")
    kinds = tomllib.loads((folder / "work.toml").read_text("utf-8"))
    return [
        Task(name, kind["about"], tuple(_request(prompt, kind["max_tokens"]) for prompt in kind["prompts"]))
        for name, kind in kinds.items()
    ]


def suite_task(suite: Suite, path: Path, limit: int) -> Task:
    """At most `limit` problems of the suite in the file `path` (.jsonl or .jsonl.gz). Raises UsageError."""
    read = _humaneval if suite == "humaneval" else _mbpp
    requests: list[Request] = []
    try:
        for line in _lines(path):
            if len(requests) == limit:
                break
            if line.strip():
                requests.append(read(json.loads(line)))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not {suite} in JSON Lines: {type(error).__name__} {error}.") from error
    if not requests:
        raise UsageError(f"{path} has no problems.")
    return Task(suite, f"{suite}, {len(requests)} problems", tuple(requests))


def _request(prompt: dict[str, Any], max_tokens: int) -> Request:
    name = prompt.get("file")
    if name is None:
        return Request(prompt["ask"], max_tokens=max_tokens)
    source = (files("assistant.bench") / "files" / name).read_text("utf-8")
    shown = f"{prompt['ask']}\n\n{_FENCE}{_LANGUAGES[Path(name).suffix]}\n{source}{_FENCE}"
    rewrite = prompt.get("rewrite")
    prefix = f"{_FENCE}{rewrite}\n" if rewrite else ""
    return Request(shown, prefix, (source,), max_tokens)


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from file


def _humaneval(problem: dict[str, Any]) -> Request:
    return Request(
        f"Complete this Python function:\n\n{_FENCE}python\n{problem['prompt'].rstrip()}\n{_FENCE}",
        f"{_FENCE}python\n",
    )


def _mbpp(problem: dict[str, Any]) -> Request:
    asked = problem.get("text") or problem["prompt"]
    checks = "\n".join(problem["test_list"])
    return Request(f"{asked}\nIt must pass:\n\n{_FENCE}python\n{checks}\n{_FENCE}", f"{_FENCE}python\n")
