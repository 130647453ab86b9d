from textual import events
from textual.app import App, ComposeResult

from assistant.tui.prompt import Prompt


class PromptApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def compose(self) -> ComposeResult:
        yield Prompt()

    def on_mount(self) -> None:
        self.query_one(Prompt).focus()

    def on_prompt_sent(self, event: Prompt.Sent) -> None:
        self.sent.append(event.text)


async def test_enter_sends_and_other_keys_make_lines() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+j", "b", "shift+enter", "c", "enter")
        await pilot.press("enter", "space", "enter")
        assert app.sent == ["a\nb\nc"]


async def test_up_and_down_recall_at_the_edges() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = app.query_one(Prompt)
        await pilot.press("1", "enter", "2", "ctrl+j", "3", "enter", "d")
        await pilot.press("up")
        assert prompt.text == "2\n3"
        await pilot.press("up")
        assert prompt.text == "2\n3" and prompt.cursor_location[0] == 0
        await pilot.press("up")
        assert prompt.text == "1"
        await pilot.press("up")
        assert prompt.text == "1"
        await pilot.press("down")
        assert prompt.text == "2\n3"
        await pilot.press("down")
        assert prompt.text == "d"
        await pilot.press("down")
        assert prompt.text == "d"


async def test_a_message_that_comes_back_keeps_what_was_written_since() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("n", "e", "w")
        app.query_one(Prompt).give_back("old")
        assert app.query_one(Prompt).text == "old\nnew"


async def test_no_letter_overtakes_a_key_that_was_typed_before_it() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        for key, character in (("Z", "Z"), ("backspace", "\x7f"), ("X", "X"), ("left", None), ("Y", "Y")):
            app.post_message(events.Key(key, character))
        await pilot.pause()
        assert app.query_one(Prompt).text == "YX"
