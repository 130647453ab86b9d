"""What coder may be at with what it keeps of its own: models, the history of answers, the theme."""

from pathlib import Path
from random import Random

from assistant.bench.history import Filter, History, HistoryError
from assistant.bench.history.recording import Recorded, Recorder
from assistant.catalog.manifest import find_manifest
from assistant.catalog.pull import pull
from assistant.chat.generator import Reply, ReplyOptions
from assistant.chat.messages import Message
from assistant.errors import CoderError
from assistant.tui.theme import LIGHT, keep_theme
from tests.bench.history.made import generation
from tests.catalog.conftest import (
    DRAFT_FILE,
    DRAFT_REPO,
    MANIFEST,
    TARGET_FILE,
    TARGET_REPO,
    pointed_at,
)
from tests.catalog.loopback import loopback_hub
from tests.faults.scene import Scene, Tree, read_tree
from tests.faults.works import Work
from tests.scripted import ScriptedGenerator

_TARGET, _DRAFT = Random(1).randbytes(150_000), Random(2).randbytes(70_000)


def _with_manifest(scene: Scene) -> None:
    folder = scene.home / "config" / "models"
    folder.mkdir(parents=True)
    (folder / "tiny-pair.toml").write_text(MANIFEST)


def _pull(scene: Scene) -> None:
    with loopback_hub() as hub, pointed_at(hub, scene.home):
        hub.add(TARGET_REPO, TARGET_FILE, _TARGET)
        hub.add(DRAFT_REPO, DRAFT_FILE, _DRAFT)
        pull(find_manifest("tiny-pair"), lambda _: None)


def _models(scene: Scene) -> Tree:
    found = read_tree(scene.home / "data" / "models")
    return {name: content for name, content in found.items() if name.endswith(".gguf")}


def _with_history(scene: Scene) -> None:
    with History(_history_of(scene)) as history:
        history.add(generation(f"2026-11-{day:02}", model=f"model {day}") for day in range(1, 25))


def _answer(scene: Scene) -> None:
    """Raises CoderError for what the user is told, which must not keep the answer from coming."""
    told: list[str] = []
    generator = Recorded(ScriptedGenerator("It adds."), "ask", Recorder(_history_of(scene), told.append))
    try:
        *_, last = generator.reply([Message("user", "Why?")], ReplyOptions())
        generator.close()
    except CoderError as error:
        raise AssertionError("the history ended an answer") from error
    assert isinstance(last, Reply)
    if told:
        raise CoderError(told[0])


def _models_in_history(scene: Scene) -> Tree:
    """Whose answers are recorded, how often does not count; or what is wrong with it."""
    if not _history_of(scene).exists():
        return {}
    try:
        with History(_history_of(scene)) as history:
            rows = [row["model"] for row in history.rows(Filter())]
            totals = {total.key: total.generations for total in history.totals("model", Filter())}
    except HistoryError as error:
        return {f"history: {error.message}": (0, b"")}
    wrong = {model: count for model, count in totals.items() if rows.count(model) != count}
    return {f"history: {model}": (0, b"") for model in {*rows, *map(str, wrong.items())}}


def _history_of(scene: Scene) -> Path:
    return scene.home / "data" / "history.sqlite3"


KEEPING = {
    work.name: work
    for work in (
        Work("pull", prepare=_with_manifest, again=_pull, kept=_models, lasts=True),
        Work("history", prepare=_with_history, again=_answer, kept=_models_in_history, lasts=True),
        Work("first history", again=_answer, kept=_models_in_history, lasts=True),
        Work("theme", again=lambda scene: keep_theme(LIGHT.name), lasts=True),
    )
}
