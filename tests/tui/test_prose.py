"""Markdown drawn by one widget: what its lines show, and that growing costs no more the longer it is."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Offset
from textual.selection import Selection

from assistant.tui.prose import prose as module
from assistant.tui.prose.prose import Prose

# Without what is left blank beside the text, and the scroll bar, these are 40 columns.
SIZE = (42, 200)
LONG = "def f():\n" + "".join(f"    x{n} = {n}\n" for n in range(95))
DOCUMENT = f"""# Title

Some **bold** and `code`, and a [link](http://x.y) in a paragraph that is broken into lines.

- one
  - two
    deep

  more of one
- three

3. third
4. fourth

   ```sh
   ls
   ```

> quoted
>
> twice

| a | b |
|---|---|
| 1 | two |

---

```python
{LONG}```

Setext
======
The end.
"""


class Shown(App[None]):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.prose = Prose(source)

    def compose(self) -> ComposeResult:
        yield VerticalScroll(self.prose)


@asynccontextmanager
async def shown(source: str = "") -> AsyncIterator[Prose]:
    app = Shown(source)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        yield app.prose


def lines(prose: Prose) -> list[str]:
    return [prose.render_line(y).text.rstrip() for y in range(prose.size.height)]


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ("one\ntwo  \nthree", ["one two", "three"]),
        ("a **b** _c_ `d` ~~e~~ <i>f</i>", ["a b c d e <i>f</i>"]),
        ("# a\ntext\n\n### b", ["a", "", "text", "", "b"]),
        ("p\n## a", ["p", "", "", "a"]),
        (
            "p\n\n- a\n- b\n  - c\n\n    d\n- e\n\nf",
            ["p", "", "• a", "• b", "  ▪ c", "", "    d", "• e", "", "f"],
        ),
        ("7. a\n8. b", [" 7. a", " 8. b"]),
        ("- a\n  ```\n  x\n  ```\n- b", ["• a", "", "    x", "", "• b"]),
        ("> a\n>\n> - b", ["▌ a", "▌", "▌ • b"]),
        ("- " + "word " * 10, ["• word word word word word word word", "  word word word"]),
        ("```\n\tx\n" + "y" * 40 + "\n```", ["          x", "  " + "y" * 36, "  yyyy"]),
        ("|a|b|\n|-|-|\n|1|22|\n|3||", ["a  b", "─  ──", "1  22", "3"]),
        ("|a|b|\n|-|-|\n|" + "word " * 10 + "|x|", ["a" + " " * 38 + "b", "─" * 37 + "  ─"]),
        ("a\n\n---\n\n<div>\n", ["a", "", "─" * 40, "", "<div>"]),
        ("```py\nunfinished", ["  unfinished"]),
        ("", []),
    ],
)
async def test_what_is_drawn(source: str, drawn: list[str]) -> None:
    async with shown(source) as prose:
        assert lines(prose)[: len(drawn)] == drawn
        assert source.startswith("|a|b|\n|-|-|\n|word") or len(lines(prose)) == len(drawn)


@pytest.mark.parametrize("step", [1, 7, 50, 1000])
async def test_however_it_grows_it_looks_the_same_in_the_end(step: int) -> None:
    async with shown(DOCUMENT) as whole:
        expected = lines(whole)
    async with Shown("").run_test(size=SIZE) as pilot:
        prose = pilot.app.query_one(Prose)
        for at in range(0, len(DOCUMENT), step):
            prose.write(DOCUMENT[at : at + step])
            if at % 90 == 0:
                await pilot.pause()
        prose.finish()
        await pilot.pause()
        assert lines(prose) == expected


@pytest.mark.parametrize("block", ["A paragraph.\n\n", "- item\n\ntext\n\n", "x = 1\n"])
async def test_growing_costs_no_more_the_longer_it_is(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a piece, the last block is laid out anew, or the end of a long block of code."""
    counted: list[int] = []

    def counting(*arguments: object, **named: object) -> object:
        laid = lay(*arguments, **named)
        counted.append(len(laid.lines))
        return laid

    lay: Callable[..., module.Laid] = module.lay
    async with shown("Begin.\n\n" if "\n\n" in block else "```python\n") as prose:
        prose.write(block * 1000)
        monkeypatch.setattr(module, "lay", counting)
        for _ in range(100):
            prose.write(block[:5])
            prose.write(block[5:])
    assert 200 <= sum(counted) < 200 * (10 if "\n\n" in block else 100)


async def test_what_is_selected_is_the_text_before_it_was_broken_into_lines() -> None:
    source = "- " + "word " * 9 + "end\n- two\n\n```\nx  = 1\n```"
    async with shown(source) as prose:
        assert prose.get_selection(Selection(None, None)) == ("word " * 9 + "end\ntwo\n\nx  = 1", "\n")
        last = prose.render_line(1)
        place = next(segment.style.meta["offset"] for segment in last if segment.style and segment.style.meta)
        assert "word word end" in last.text and place == (35, 0)
        assert prose.get_selection(Selection(Offset(*place), Offset(3, 1))) == ("word word end\ntwo", "\n")


async def test_links_lead_nowhere() -> None:
    async with shown("[a](http://b.c) <http://d.e> ![f](g.png)") as prose:
        assert lines(prose) == ["a http://d.e 🖼  (f)"]
        assert not [s for s in prose.render_line(0) if s.style and "@click" in s.style.meta]


async def test_code_blocks_are_whole_and_have_their_place() -> None:
    async with shown(DOCUMENT) as prose:
        assert [code for code, _ in prose.codes()] == ["ls", LONG.rstrip()]
        prose.mark(prose.codes()[0][1])
        assert prose.marked == "ls"
        place = prose.find("FOURTH")
        assert place is not None
        prose.mark(place)
        assert prose.marked == "fourth" and prose.find("nowhere") is None
    async with shown() as prose:
        prose.write(DOCUMENT[: DOCUMENT.index("    x90")])
        assert prose.codes()[-1][0].endswith("x89 = 89")
