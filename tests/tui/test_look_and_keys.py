"""Themes and keys as the settings and the user want them."""

from pathlib import Path

import pytest
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import Theme
from textual.widgets import OptionList, Static

from assistant.config import AppSettings
from assistant.config.load import load_config
from assistant.errors import UsageError
from assistant.repo.workspace import Workspace
from assistant.tui.app import CoderApp
from assistant.tui.help import Help
from assistant.tui.prompt import Prompt
from assistant.tui.speculation.panel import SpeculationPanel
from assistant.tui.theme import DARK, FAINT, LIGHT, THEMES
from tests.scripted import ScriptedGenerator
from tests.tui.driving import SIZE, say, screen, until
from tests.tui.review.reviewing import cart_repository, review_of


def app_with(root: Path, **settings: object) -> CoderApp:
    settings_of_app = AppSettings.model_validate(settings)
    return CoderApp(Workspace(root, is_git=True), lambda *_: ScriptedGenerator(), settings_of_app)


def told(pilot: Pilot[None]) -> str:
    return "\n".join(str(each.message) for each in pilot.app._notifications)


def offered(pilot: Pilot[None]) -> str:
    """What the palette has found."""
    lists = pilot.app.screen.query(OptionList)
    return "\n".join(str(option.prompt) for each in lists for option in each.options)


@pytest.mark.parametrize(
    ("wanted", "theme"),
    [(None, "coder-dark"), ("light", "coder-light"), ("coder-contrast", "coder-contrast"), ("nord", "nord")],
)
async def test_the_setting_chooses_the_theme(root: Path, wanted: str | None, theme: str) -> None:
    async with app_with(root, theme=wanted).run_test(size=SIZE) as pilot:
        assert pilot.app.theme == theme


def luminance(colour: Color) -> float:
    """The relative luminance of WCAG 2."""
    red, green, blue = (
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("ground", ["background", "surface"])
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_what_is_faint_can_be_read(theme: Theme, ground: str) -> None:
    share = float(FAINT.removeprefix("$foreground ").removesuffix("%")) / 100
    below = Color.parse(getattr(theme, ground))
    text = below.blend(Color.parse(theme.foreground or ""), share)
    dark, light = sorted(map(luminance, (below, text)))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


async def test_themes_are_switched_live(root: Path) -> None:
    async with app_with(root).run_test(size=SIZE) as pilot:
        worn = []
        for _ in THEMES:
            await pilot.press("f2")
            worn.append(pilot.app.theme)
        assert worn == ["coder-light", "coder-contrast", "coder-ansi", "coder-dark"]
        await say(pilot, "/theme ansi")
        await until(pilot, lambda: pilot.app.theme == "coder-ansi")
        await say(pilot, "/theme lihgt")
        await until(pilot, lambda: "Did you mean light?" in told(pilot))
        assert pilot.app.theme == "coder-ansi"


async def test_the_theme_that_was_chosen_is_kept(root: Path, coder_home: Path) -> None:
    file = coder_home / "config" / "config.toml"
    file.parent.mkdir()
    file.write_text("# mine\nmode = 'plan'  # carefully\n")
    async with app_with(root).run_test(size=SIZE) as pilot:
        assert file.read_text().endswith("# carefully\n"), "only what is chosen is kept"
        await pilot.press("f2")
        await until(pilot, lambda: load_config(root).settings.app.theme == "light")
        pilot.app.theme = "nord"
        await until(pilot, lambda: load_config(root).settings.app.theme == "nord")
        assert file.read_text().startswith("# mine\nmode = 'plan'  # carefully\n"), "comments stay"
        file.write_text("theme = broken")
        await pilot.press("f2")
        await until(pilot, lambda: "no TOML" in told(pilot))
        assert pilot.app.theme == "coder-dark"
    assert file.read_text() == "theme = broken"


async def test_a_review_keeps_the_theme_too(tmp_path: Path, coder_home: Path) -> None:
    repository = cart_repository(tmp_path / "repo")
    async with review_of(repository).run_test(size=SIZE) as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: load_config(repository).settings.app.theme == "light")


async def test_the_palette_offers_the_themes(root: Path) -> None:
    async with app_with(root).run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+p", *"theme")
        await until(pilot, lambda: offered(pilot).startswith("Theme"))
        await pilot.press("enter")
        await until(pilot, lambda: "nord" in offered(pilot))
        await pilot.press(*"coder-contrast")
        await until(pilot, lambda: "nord" not in offered(pilot) and offered(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.theme == "coder-contrast")


async def test_keys_of_the_users_own(root: Path) -> None:
    keys = {"stats": "ctrl+t,f10", "theme": "f4"}
    async with app_with(root, keys=keys).run_test(size=(120, 40)) as pilot:
        await pilot.press("f4")
        assert pilot.app.theme == "coder-light"
        for key in ("ctrl+t", "f10"):
            await pilot.press(key)
            await until(pilot, lambda: screen(pilot) is SpeculationPanel)
            await pilot.press("escape")
        await pilot.press("f1")
        await until(pilot, lambda: screen(pilot) is Help)
        listed = str(pilot.app.screen.query_one(Static).render())
        assert "Ctrl+T               speculation as plots" in listed
        await pilot.press("escape", *"fine")
        assert pilot.app.query_one(Prompt).text == "fine"


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"theme": "drak"}, "There is no theme 'drak'", "Did you mean dark?"),
        ({"keys": {"reveiw": "f6"}}, "there is no action 'reveiw'", "Did you mean review?"),
        ({"keys": {"zzz": "f6"}}, "there is no action 'zzz'", "There are: find, help"),
        ({"keys": {"review": "f4"}}, "f4 would be the key of both stats and review", "another"),
        ({"keys": {"review": "f6", "find": "f6"}}, "f6 would be the key of both", "another"),
        ({"keys": {"find": "pageup"}}, "pageup would be the key of both", "another"),
        ({"keys": {"review": "ctrl+banana"}}, "no such key", "alt+up"),
        ({"keys": {"review": ""}}, "no such key", "alt+up"),
        ({"keys": {"review": "g"}}, "typed into the prompt", "function key"),
    ],
)
def test_what_cannot_be_had_is_said(root: Path, settings: dict[str, object], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        app_with(root, **settings)
    assert message in error.value.message
    assert hint in error.value.hint
