"""Small things that unfold without end, and large ones: each is refused or cut, in seconds and with little
memory."""

import json
import time
import tracemalloc
from collections.abc import Callable

import pytest

from assistant.agent.answer import fence_of
from assistant.agent.command import CommandResult
from assistant.agent.edits import parse
from assistant.agent.edits.paths import named_in
from assistant.agent.evidence import gather
from assistant.agent.named_check import named_checks
from assistant.agent.orders import problem_in_words
from assistant.agent.repetition import Circles
from assistant.catalog.locations import manifests_folder
from assistant.catalog.manifest import load_manifests
from assistant.chat.tools import FORMATS, parse_call
from assistant.chat.tools.spoken import spoken
from assistant.errors import CoderError
from assistant.remote.chunk import parse_chunk
from assistant.remote.sse import EventDecoder
from assistant.repo import git
from assistant.repo.instructions import repository_instructions
from assistant.repo.syntax import syntax_problems
from tests.attacks.attack import Attack, Kind, Scene

_SECONDS, _MEGABYTES = 15, 300


def large_file(scene: Scene) -> str:
    with (scene.root / "large.txt").open("wb") as file:
        file.truncate(4 * 2**30)
    return scene.call("read", {"path": "large.txt"})


def large_line(scene: Scene) -> str:
    (scene.root / "line.txt").write_bytes(b"x" * 30_000_000)
    return scene.call("read", {"path": "line.txt"})


def large_line_found(scene: Scene) -> str:
    (scene.root / "line.txt").write_bytes(b"x" * 30_000_000)
    return scene.call("grep", {"pattern": "x"})


def many_lines_found(scene: Scene) -> str:
    (scene.root / "lines.txt").write_bytes(b"x\n" * 1_000_000)
    return scene.call("grep", {"pattern": "x"})


def large_diff(scene: Scene) -> str:
    (scene.root / "calc.py").write_bytes(b"y\n" * 1_000_000)
    return scene.call("git", {"what": "diff"})


def slow_pattern(scene: Scene) -> str:
    return _searched(scene, "(a*)*(a*)*\\1\\2b|" * 9 + "(.*)*b")


def large_counts(scene: Scene) -> str:
    return _searched(scene, "((a{9,255}){9,255}){9,255}")


def _searched(scene: Scene, pattern: str) -> str:
    (scene.root / "a.txt").write_text("a" * 100_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(git, "TIMEOUT_S", 1.0)
        return scene.call("grep", {"pattern": pattern})


def slow_glob(scene: Scene) -> str:
    (scene.root / ("a" * 200)).touch()
    return scene.call("find", {"pattern": "*a" * 60 + "b"})


def deep_glob(scene: Scene) -> str:
    folder = scene.root.joinpath(*["a"] * 60)
    folder.mkdir(parents=True)
    (folder / "a").touch()
    return scene.call("find", {"pattern": "**/" * 50 + "b"})


def deep_call(scene: Scene) -> str:
    return _parsed('{"name": "read", "arguments": ' + "[" * 100_000)


def deep_arguments(scene: Scene) -> str:
    return _parsed('{"name": "read", "arguments": {"path": ' + '{"a":' * 100_000 + "1")


def many_braces(scene: Scene) -> str:
    return _parsed("{" * 10_000)


def broken_objects(scene: Scene) -> str:
    return _parsed('{"a": ' * 150_000)


def million_braces(scene: Scene) -> str:
    return _parsed("{" * 1_000_000)


def long_word(scene: Scene) -> str:
    """In what a failing test prints, and in what a model writes."""
    root, output = scene.root, "a." * 500_000
    gather([], root, "", CommandResult("", 1, output + "\n" * 100_000 + "1" * 100_000, 0.0))
    return f"done: {named_in('.' * 500_000 + ' a', ['a.py'])}"


def long_sentence(scene: Scene) -> str:
    return f"done: {Circles().before('no end ' * 50_000 + 'x') is None}"


def many_ticks(scene: Scene) -> str:
    return f"done: {fence_of('`' * 500_000 + ' `')}"


def many_marks(scene: Scene) -> str:
    return f"done: {spoken(FORMATS['deepseek-v3'].before + 'done' + '```json  ' * 50)}"


def _parsed(answer: str) -> str:
    try:
        return f"done: {parse_call(answer, ['read'])}"
    except CoderError as error:
        return f"refused: {error.message[:300]}"


def large_write(scene: Scene) -> str:
    return scene.call("write", {"path": "calc.py", "text": "def add(a, b):\n    return 1\n" + "(" * 100_000})


def many_edits(scene: Scene) -> str:
    return scene.call("patch", {"text": "<<<<<<< SEARCH\n" * 20_000})


def deep_source(scene: Scene) -> str:
    from assistant.repo.syntax import language_of

    return f"refused: {len(syntax_problems('(' * 50_000, language_of(scene.root / 'a.py')))}"


def long_text_of_edits(scene: Scene) -> str:
    try:
        return f"done: {len(parse(' ' * 20_000 + '```' + chr(10) + '*' * 20_000, known_paths=['a']))}"
    except CoderError as error:
        return f"refused: {error.message[:300]}"


def large_instructions(scene: Scene) -> str:
    (scene.root / "AGENTS.md").write_bytes(b"x" * 30_000_000)
    return repository_instructions(scene.root) + str(named_checks(scene.root))


def long_order(scene: Scene) -> str:
    return f"done: {len(problem_in_words(' and' * 5000 + ' ' * 50_000))}"


def deep_manifest(scene: Scene) -> str:
    manifests_folder().mkdir(parents=True)
    (manifests_folder() / "a.toml").write_text("a = " + "[" * 100_000)
    try:
        return str(len(load_manifests()))
    except CoderError as error:
        return f"refused: {error.message[:300]}"


def endless_event(scene: Scene) -> str:
    decoder = EventDecoder()
    try:
        for _ in range(100):
            decoder.feed(b"x" * 1_000_000)
    except CoderError as error:
        return f"refused: {error.message}"
    return "done"


def deep_event(scene: Scene) -> str:
    try:
        return str(parse_chunk('{"error": ' + "[" * 100_000, "host"))
    except CoderError as error:
        return f"refused: {error.message[:300]}"


def wide_event(scene: Scene) -> str:
    try:
        return str(parse_chunk(json.dumps({"choices": [{"delta": {"content": 1}}] * 10}), "host"))
    except CoderError as error:
        return f"refused: {error.message[:300]}"


BOMBS: dict[str, tuple[Callable[[Scene], str], str]] = {
    "a file of 4 GB": (large_file, "too large"),
    "a line of 30 MB": (large_line, "too large"),
    "a line of 30 MB that is found": (large_line_found, "done"),
    "a million lines that are found": (many_lines_found, "cut here"),
    "a diff of a million lines": (large_diff, "cut here"),
    "a pattern that goes back for ever": (slow_pattern, ""),
    "a pattern that repeats repetitions": (large_counts, "refused"),
    "a glob that goes back for ever": (slow_glob, "No file"),
    "a glob of fifty folders": (deep_glob, "No file"),
    "a call a hundred thousand deep": (deep_call, "refused"),
    "arguments a hundred thousand deep": (deep_arguments, "refused"),
    "ten thousand braces": (many_braces, "done: None"),
    "a million braces": (million_braces, "done: None"),
    "objects that are broken": (broken_objects, "refused"),
    "a word of a million letters": (long_word, "done"),
    "a sentence without end": (long_sentence, "done"),
    "a fence of half a million ticks": (many_ticks, "done: None"),
    "marks of a call without end": (many_marks, "done"),
    "a file of a hundred thousand brackets": (large_write, "refused"),
    "twenty thousand beginnings of edits": (many_edits, "refused"),
    "source fifty thousand deep": (deep_source, "refused"),
    "an answer of blanks and stars": (long_text_of_edits, ""),
    "instructions of 100 MB": (large_instructions, "too large"),
    "an order of fifty thousand blanks": (long_order, "done"),
    "a manifest a hundred thousand deep": (deep_manifest, "refused"),
    "an event of a server without end": (endless_event, "without end"),
    "an event of a server that is deep": (deep_event, "refused"),
    "an event of another shape": (wide_event, "refused"),
}


def exploded(scene: Scene, name: str) -> str:
    tracemalloc.start()
    started = time.monotonic()
    try:
        told = BOMBS[name][0](scene)
        assert tracemalloc.get_traced_memory()[1] < _MEGABYTES * 2**20
    finally:
        tracemalloc.stop()
    assert time.monotonic() - started < _SECONDS
    assert len(told) < 100_000
    return told


SIZES = Kind("sizes", exploded, tuple(Attack(name, name, expected) for name, (_, expected) in BOMBS.items()))
KINDS = (SIZES,)
