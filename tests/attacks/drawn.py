"""Answers that are hard to draw, and others' words where the user writes."""

import asyncio
import time

from assistant.tui.prompt import Prompt
from assistant.tui.prose.blocks import blocks_of
from assistant.tui.prose.layout import Laid, Look, lay
from assistant.visible import visible
from tests.attacks.attack import Attack, Kind, Scene
from tests.attacks.terminal import tame
from tests.scripted import ScriptedGenerator
from tests.tui.driving import app_with

_CPU_S = 12.0


def laid_out(scene: Scene, answer: str) -> str:
    began = time.process_time()
    above: Laid | None = None
    for block in blocks_of(visible(answer)):
        above = lay(block, Look(100, ansi=False, dark=True), above)
    assert time.process_time() - began < _CPU_S
    return f"{above.bottom} lines, {above.block.kind}" if above else "nothing that is nested so deep"


def code(line: str, *, language: str = "python", length: int = 59_000) -> str:
    return f"```{language}\n{line * (length // len(line))}\n```"


HARD = Kind(
    "answers that are hard to draw",
    laid_out,
    (
        Attack("a word of 300,000 letters", "a" * 300_000, "paragraph"),
        Attack("ten thousand quotes in one another", ">" * 10_000 + " a", "nothing"),
        Attack(
            "three hundred lists in one another", "\n".join(f"{'  ' * n}- a" for n in range(300)), "lines"
        ),
        Attack("ten thousand lists in one line", "- " * 10_000 + "a", "nothing"),
        Attack("links that do not end", "[a](" * 20_000, "paragraph"),
        Attack("pictures in one another", "![[" * 20_000, "paragraph"),
        Attack("marks that do not end", "a**b_" * 20_000, "paragraph"),
        Attack("code that does not end", " ".join("`" * n for n in range(1, 400)), "paragraph"),
        Attack("addresses one behind another", "http://" * 10_000, "paragraph"),
        Attack("comments that do not end", "a <!--" * 20_000, "paragraph"),
        Attack("a table of ten thousand columns", f"|{'a' * 40}" * 10_000 + "|\n" + "|-" * 10_000, "table"),
        Attack(
            "a table that is filled up", "|a" * 3000 + "|\n" + "|-" * 3000 + "|\n" + "|b\n" * 3000, "lines"
        ),
        Attack("code in one line", code("@"), "code"),
        Attack("code in one line of another language", code("a:", language="js"), "code"),
        Attack("code in a language with escapes", code("a ", language="\x1b]0;evil\x07"), "code"),
        Attack("code in a language of a million letters", code("a ", language="x" * 1_000_000), "code"),
    ),
)


def written(scene: Scene, name: str) -> str:
    """The name of a file, or a text from a page, is put where the user writes."""

    async def run() -> str:
        async with app_with(ScriptedGenerator("x"), scene.root).run_test(size=(100, 30)) as pilot:
            prompt = pilot.app.query_one(Prompt)
            prompt.insert(f"@src/{name} ")
            await pilot.pause()
            return "\n".join(prompt.render_line(y).text for y in range(prompt.size.height))

    return tame(asyncio.run(run()))


WRITTEN = Kind(
    "others' words where the user writes",
    written,
    (
        Attack("the clipboard", "\x1b]52;c;ZXZpbA==\x07.py", "␛]52"),
        Attack("the screen", "\x1b[2J\x1b[H.py", "␛[2J"),
        Attack("turned", "\u202eyp.exe.py", "\ufffdyp"),
        Attack("not seen", "pass\u200bword.py", "pass\ufffdword"),
    ),
)
KINDS = (HARD, WRITTEN)
