"""Prompts for a target to answer: lists of them, and the functions of a repository.

A draft has to guess the target's own words, so only questions are taken from the data: what stands in a
repository is something to be asked about, and never learned by heart.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import sqrt
from pathlib import Path

from assistant.errors import UsageError
from assistant.repo.files import MAX_BYTES
from assistant.repo.syntax import Definition, definitions, language_of

_HELD_OUT_SHARE = 16
_MOST_HELD_OUT = 128
_MOST_SAMPLES = 16
_FEWEST_LINES, _MOST_LINES = 5, 60
_LONGEST_PROMPT = 4000
_FUNCTIONS = ("function", "method")
_PROSE_LIKE = {"json", "toml"}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question from a `source`: the stem of a list's name, or `code`. One `for_measuring` is never trained
    on."""

    source: str
    text: str
    for_measuring: bool = False

    @property
    def key(self) -> str:
        """Sixteen hex digits that stand for the text."""
        return blake2b(self.text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt to answer for the `sample`th time. The first answer is greedy. Held-out prompts are answered
    once, and only measured on."""

    prompt: Prompt
    sample: int
    held_out: bool = False


def gather_prompts(paths: Sequence[Path]) -> list[Prompt]:
    """Every prompt below `paths`, each once: JSON Lines files of `{"turns": [str, ...]}`, of which the odd
    lines are for measuring, and questions about the functions of all other source files.

    Raises UsageError for a path that is not there, a list of another form, and where nothing is found."""
    found: dict[str, Prompt] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"There is no file or folder {path}.")
        for file in _files(path):
            prompts = _listed(file) if file.suffix == ".jsonl" else _about_code(file)
            for prompt in (p for p in prompts if 0 < len(p.text) <= _LONGEST_PROMPT):
                if prompt.for_measuring:  # also where another line has the same question
                    found[prompt.key] = prompt
                found.setdefault(prompt.key, prompt)
    if not found:
        raise UsageError(
            f"There is nothing to train on in {', '.join(map(str, paths))}: no function of "
            f"{_FEWEST_LINES} to {_MOST_LINES} lines in a language that is known, and no list of prompts.",
            hint='Give a repository, or a .jsonl file of lines like {"turns": ["a question"]}, with --data.',
        )
    return [found[key] for key in sorted(found)]


def schedule(prompts: Sequence[Prompt]) -> list[Request]:
    """What to have answered, in order: every prompt to train on up to sixteen times, and between them those
    held out.

    A source with n prompts gets a share in proportion to the root of n: a short list of good questions is
    answered more than once before a long one is exhausted."""
    held_out = _held_out(prompts)
    by_source: dict[str, list[Prompt]] = {}
    for prompt in prompts:
        if not prompt.for_measuring and prompt not in held_out:
            by_source.setdefault(prompt.source, []).append(prompt)
    due = [
        ((sample * len(group) + place + 0.5) / sqrt(len(group)), source, sample, prompt)
        for source, group in by_source.items()
        for sample in range(_MOST_SAMPLES)
        for place, prompt in enumerate(group)
    ]
    due.sort(key=lambda entry: entry[:3])
    requests = [Request(prompt, sample) for _, _, sample, prompt in due]
    for place, prompt in enumerate(held_out):
        requests.insert(place * _HELD_OUT_SHARE, Request(prompt, 0, held_out=True))
    return requests


def _held_out(prompts: Sequence[Prompt]) -> list[Prompt]:
    """What is for measuring, and a sixteenth of a source where nothing is; the sources in turn."""
    by_source: dict[str, list[Prompt]] = {}
    for prompt in prompts:
        by_source.setdefault(prompt.source, []).append(prompt)
    chosen = [
        (place, source, prompt)
        for source, group in by_source.items()
        for place, prompt in enumerate(_for_measuring(group))
        if len(prompts) > 1
    ]
    return [prompt for _, _, prompt in sorted(chosen, key=lambda entry: entry[:2])][:_MOST_HELD_OUT]


def _for_measuring(prompts: Sequence[Prompt]) -> Sequence[Prompt]:
    meant = [prompt for prompt in prompts if prompt.for_measuring]
    return meant or prompts[: max(1, len(prompts) // _HELD_OUT_SHARE)]


def _files(path: Path) -> Iterator[Path]:
    """Regular files at or below `path`, in order, but none that is hidden."""
    if path.is_file():
        yield path
        return
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if not name.startswith(".") and name != "node_modules")
        yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))


def _listed(path: Path) -> Iterator[Prompt]:
    try:
        for number, line in enumerate(path.read_text("utf-8").splitlines()):
            yield Prompt(path.stem, str(json.loads(line)["turns"][0]), for_measuring=number % 2 == 1)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError(
            f"{path} is no list of prompts: {error}.",
            hint='Each line must be like {"turns": ["a question"]}.',
        ) from error


def _about_code(path: Path) -> Iterator[Prompt]:
    """A question about each function that is neither tiny nor long; none about what is no source text."""
    language = language_of(path)
    if language is None or language in _PROSE_LIKE:
        return
    try:
        if path.stat().st_size > MAX_BYTES:
            return
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if "\0" in text:
        return
    lines = text.splitlines()
    for definition in definitions(text, language):
        length = definition.last_line - definition.first_line + 1
        if definition.kind in _FUNCTIONS and _FEWEST_LINES <= length <= _MOST_LINES:
            yield _question(definition, lines, language)


def _question(definition: Definition, lines: Sequence[str], language: str) -> Prompt:
    """To complete, to explain or to improve it: which one, its text decides."""
    body = _without_indent(lines[definition.first_line - 1 : definition.last_line])
    code = "\n".join(body)
    choice = blake2b(code.encode(), digest_size=1).digest()[0] % 8
    if choice < 5:
        begun = "\n".join(body[: max(2, len(body) // 3)])
        return Prompt("code", f"Complete this {language} function:\n\n```{language}\n{begun}\n```")
    asked = "Explain what this function does." if choice < 7 else "Write this function in a clearer way."
    return Prompt("code", f"{asked}\n\n```{language}\n{code}\n```")


def _without_indent(lines: Sequence[str]) -> list[str]:
    """A method as if it stood at the margin."""
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [line[margin:] for line in lines]
