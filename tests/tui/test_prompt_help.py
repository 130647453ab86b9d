"""What helps to write: history, suggestions, commands, an editor, and commands of the shell."""

import json
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from assistant.repo.workspace import Workspace
from assistant.tui.help import Help
from assistant.tui.prompt import Prompt, PromptBox
from assistant.tui.prompt.commands import command_in, find_command
from assistant.tui.prompt.history import LONGEST_KEPT, MOST_KEPT, History
from assistant.tui.prompt.suggestions import Suggestions
from assistant.tui.run_card import RunCard
from tests.tui.driving import SIZE, answers, app_with, say, screen, shown, small_model, until


def test_history_outlasts_the_session_and_stays_bounded(tmp_path: Path, coder_home: Path) -> None:
    history = History.of(tmp_path)
    for text in ("one", "one", "two\nlines", "x" * (LONGEST_KEPT + 1), "\ud800 no text"):
        history.add(text)
    file = next((coder_home / "data" / "history").iterdir())
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(file.read_bytes() + b'"cut o')
    later = History.of(tmp_path)
    later.add("now")
    later = History.of(tmp_path)
    later.load()
    assert later.entries == ["one", "two\nlines", "\ud800 no text", "now"]
    file.write_text("".join(json.dumps(f"{n}") + "\n" for n in range(3 * MOST_KEPT)))
    History.of(tmp_path).load()
    assert len(file.read_text().splitlines()) == MOST_KEPT
    assert file.stat().st_mode & 0o777 == 0o600
    assert History.of(tmp_path / "elsewhere").entries == []


async def test_questions_of_earlier_sessions_are_recalled(root: Path) -> None:
    for recalled in ("", "first"):
        async with app_with(small_model("fine"), root).run_test(size=SIZE) as pilot:
            await pilot.pause()
            await pilot.press("up")
            assert pilot.app.query_one(Prompt).text == recalled
            pilot.app.query_one(Prompt).clear()
            await say(pilot, "first")
            await until(pilot, lambda: answers(pilot) == ["fine"])


async def test_a_paste_that_no_model_could_read_is_refused(root: Path) -> None:
    async with app_with(small_model(), root).run_test(size=SIZE) as pilot:
        pilot.app.query_one(Prompt).post_message(events.Paste("x" * 10_000_000))
        await until(
            pilot, lambda: "too many to paste" in str([each.message for each in pilot.app._notifications])
        )
        assert pilot.app.query_one(Prompt).text == ""


class PromptApp(App[None]):
    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.sent: list[str] = []

    def compose(self) -> ComposeResult:
        yield PromptBox(Workspace(self.root, is_git=False), "")

    def on_mount(self) -> None:
        self.query_one(Prompt).focus()

    def on_prompt_sent(self, event: Prompt.Sent) -> None:
        self.sent.append(event.text)

    def on_prompt_commanded(self, event: Prompt.Commanded) -> None:
        self.sent.append(f"{event.name}({event.argument})")


def offered(pilot: Pilot[None]) -> list[str]:
    suggestions = pilot.app.query_one(Suggestions)
    found = [str(option.prompt).split("  ")[0].strip() for option in suggestions.options]
    return found if suggestions.open else []


async def test_files_folders_and_names_are_completed(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cart.py").write_text("def add_to_cart(item): ...\n")
    (tmp_path / "shop" / "two words.py").write_text("")
    app = PromptApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        prompt = app.query_one(Prompt)
        await pilot.press(*"see @car")
        await until(pilot, lambda: "@shop/cart.py" in offered(pilot))
        await pilot.press("tab")
        assert prompt.text == "see @shop/cart.py "
        await pilot.press(*"@add")
        await until(pilot, lambda: offered(pilot)[:1] == ["@add_to_cart"])
        await pilot.press("escape")
        assert offered(pilot) == [] and isinstance(app.focused, Prompt)
        await pilot.press("_")
        await until(pilot, lambda: offered(pilot))
        await pilot.press("down", "up", "enter")
        assert prompt.text == "see @shop/cart.py @add_to_cart "
        await pilot.press(*"@words")
        await until(pilot, lambda: offered(pilot) == ['@"shop/two words.py"'])
        await pilot.press("enter")
        assert app.sent == ["see @shop/cart.py @add_to_cart @words"], "what is written goes as it is"


async def test_an_address_is_no_mention(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(*"a@b")
        await pilot.pause(0.1)
        assert offered(pilot) == []


async def test_commands_are_offered_and_sent(tmp_path: Path) -> None:
    app = PromptApp(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("/")
        assert {"/help", "/stats", "/retry"} <= set(offered(pilot))
        await pilot.press(*"sta")
        assert offered(pilot) == ["/stats"]
        await pilot.press("tab", "enter")
        await pilot.press(*"/find a b", "enter", *"/ no", "enter")
        assert app.sent == ["stats()", "find(a b)", "/ no"]


@pytest.mark.parametrize(
    ("text", "name"),
    [("/help", "help"), ("/sta", "stats"), ("/ed", None), ("/edit", "edit"), ("/x", None), ("/a/b", None)],
)
def test_a_command_is_known_by_its_beginning(text: str, name: str | None) -> None:
    written = command_in(text)
    found = find_command(written[0]) if written else None
    assert (found.name if found else None) == name


async def test_commands_do_what_keys_do(root: Path) -> None:
    async with app_with(small_model("fine"), root).run_test(size=SIZE) as pilot:
        await say(pilot, "/help")
        await until(pilot, lambda: screen(pilot) is Help)
        await pilot.press("escape")
        await say(pilot, "/hlep")
        await until(pilot, lambda: pilot.app.query_one(Prompt).text == "/hlep")


async def test_the_editor_of_the_user(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = root / "editor.py"
    script.write_text(
        "import sys; p = sys.argv[1]; t = open(p).read(); open(p, 'w').write(t + ' and more\\n')"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    async with app_with(small_model(), root).run_test(size=SIZE) as pilot:
        monkeypatch.setattr(pilot.app, "suspend", nullcontext)
        await pilot.press(*"this", "ctrl+g")
        assert pilot.app.query_one(Prompt).text == "this and more"
        monkeypatch.setenv("VISUAL", "no-such-editor")
        await pilot.press("ctrl+g")
        assert pilot.app.query_one(Prompt).text == "this and more"


async def test_a_command_runs_after_consent_and_its_output_goes_along(root: Path) -> None:
    generator = small_model("I see", "again")
    async with app_with(generator, root).run_test(size=SIZE) as pilot:
        await say(pilot, "!echo $((40 + 2)); exit 3")
        await until(pilot, lambda: "y run" in shown(pilot, "RunCard Static"))
        assert isinstance(pilot.app.focused, RunCard)
        assert "a always" not in shown(pilot, "RunCard Static"), "it is more than one program"
        await pilot.press("y")
        await until(pilot, lambda: shown(pilot, "RunCard Static") == "42")
        assert "failed (exit code 3)" in str(pilot.app.query_one(RunCard).border_subtitle)
        await say(pilot, "why?")
        await until(pilot, lambda: answers(pilot) == ["I see"])
        await say(pilot, "sure?")
        await until(pilot, lambda: answers(pilot) == ["I see", "again"])
    first, second = (asked[0][-1].content for asked in generator.asked)
    assert "failed (exit code 3)" in first and "$ echo $((40 + 2)); exit 3\n42\n" in first
    assert second == "sure?"


async def test_a_command_that_is_always_allowed_runs_at_once(root: Path) -> None:
    async with app_with(small_model(), root).run_test(size=SIZE) as pilot:
        await say(pilot, "!seq 3000")
        await until(pilot, lambda: "always" in shown(pilot, "RunCard Static"))
        await pilot.press("a")
        await until(pilot, lambda: "2,988 lines above" in shown(pilot, "RunCard Static"))
        await say(pilot, "!seq 2")
        await until(pilot, lambda: shown(pilot, "RunCard Static").endswith("1\n2"))


async def test_a_command_is_left_alone_or_stopped(root: Path) -> None:
    async with app_with(small_model(), root).run_test(size=SIZE) as pilot:
        await say(pilot, "!touch made")
        await until(pilot, lambda: "y run" in shown(pilot, "RunCard Static"))
        await pilot.press("n")
        await until(pilot, lambda: "not run" in shown(pilot, "RunCard Static"))
        assert not (root / "made").exists() and isinstance(pilot.app.focused, Prompt)
        await say(pilot, "!sleep 60")
        await until(pilot, lambda: "y run" in shown(pilot, "RunCard Static"))
        await pilot.press("y")
        await until(pilot, lambda: "Esc stops it" in shown(pilot, "RunCard Static"))
        await pilot.press("escape")
        await until(
            pilot, lambda: str(list(pilot.app.query(RunCard))[-1].border_subtitle).startswith("was cancelled")
        )
