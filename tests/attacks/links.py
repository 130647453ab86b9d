"""Links that lead out of the repository, and folders that become such links between check and use."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from assistant.agent.mentions import resolve_mentions
from assistant.agent.named_check import named_checks
from assistant.config import load_config
from assistant.errors import CoderError
from assistant.repo.checkpoints import FileState, open_checkpoints
from assistant.repo.checkpoints.undo import apply_undo, plan_undo
from assistant.repo.files import read_source
from assistant.repo.instructions import repository_instructions
from assistant.repo.workspace import find_workspace
from tests.attacks.attack import KEY, TOOLS, Attack, Kind, Scene

OUT = "lies outside"
Call = tuple[str, str, dict[str, Any]]


def through(scene: Scene, tried: Call) -> str:
    """Where `link` leads, and a call that uses it."""
    to, tool, arguments = tried
    (scene.root / "link").symlink_to(to)
    return scene.call(tool, arguments)


THROUGH = Kind(
    "links",
    through,
    (
        Attack("read a file outside", ("../outside", "read", {"path": "link"}), OUT),
        Attack("read a key by its folder", ("../.ssh", "read", {"path": "link/id_rsa"}), OUT),
        Attack("read a process", ("/proc/self/environ", "read", {"path": "link"}), OUT),
        Attack("read what never ends", ("/dev/zero", "read", {"path": "link"}), OUT),
        Attack("read itself for ever", ("link", "read", {"path": "link"}), "refused"),
        Attack("read a secret under a harmless name", (".env", "read", {"path": "link"}), "ask: .env"),
        Attack("search a secret", (".env", "grep", {"pattern": "T", "path": "link"}), "ask: .env"),
        Attack("search all, with a link to a key", ("../.ssh", "grep", {"pattern": "PRIVATE"}), "Nothing"),
        Attack("search outside", ("..", "grep", {"pattern": "outside", "path": "link"}), OUT),
        Attack("list outside", ("..", "list", {"path": "link"}), OUT),
        Attack("write over a file outside", ("../outside", "write", {"path": "link", "text": "x"}), OUT),
        Attack("write where nothing is yet", ("../evil", "write", {"path": "link", "text": "x"}), OUT),
        Attack("write in a folder outside", ("..", "write", {"path": "link/evil", "text": "x"}), OUT),
        Attack("write in git's folder", (".git", "write", {"path": "link/hooks/x", "text": "x"}), "git"),
        Attack("edit outside", ("../outside", "edit", {"path": "link", "old": "outside", "new": "x"}), OUT),
        Attack("git's view of a secret", (".env", "git", {"what": "diff", "path": "link"}), "ask: .env"),
    ),
)


def lead(scene: Scene, tried: tuple[str, str]) -> str:
    """A file that coder reads unasked is a link."""
    name, to = tried
    (scene.root / name).parent.mkdir(exist_ok=True)
    (scene.root / name).symlink_to(scene.home / to)
    workspace = find_workspace(scene.root)

    def index() -> Any:
        raise AssertionError("it is a path")

    try:
        match name:
            case "AGENTS.md":
                return repository_instructions(scene.root) + str(named_checks(scene.root))
            case ".coder.toml":
                return str(load_config(scene.root))
            case "docs/notes":
                mentioned = resolve_mentions("Look at @docs", workspace, index)
            case _:
                mentioned = resolve_mentions(f"Look at @{name}", workspace, index)
        return "".join([each.text for each in mentioned.files] + [each.text for each in mentioned.excerpts])
    except CoderError as error:
        return f"refused: {error.message}"


UNASKED = Kind(
    "links in place of what is read unasked",
    lead,
    (
        Attack("instructions outside", ("AGENTS.md", "outside"), OUT),
        Attack("instructions that are the secrets", ("AGENTS.md", "repo/.env"), "left out"),
        Attack("settings that are a key", (".coder.toml", ".ssh/id_rsa"), "refused"),
        Attack("settings that never end", (".coder.toml", "../../../../../../../dev/zero"), "refused"),
        Attack("a mentioned file that is the secrets", ("notes", "repo/.env"), "refused"),
        Attack("a mentioned file outside", ("notes", "outside"), OUT),
        Attack("a file in a mentioned folder that is the secrets", ("docs/notes", "repo/.env"), "docs/notes"),
    ),
)


@contextmanager
def elsewhere(scene: Scene) -> Iterator[Path]:
    """A folder outside that is as `src` is."""
    folder = scene.home / "elsewhere"
    shutil.copytree(scene.root / "src", folder)
    scene.arranged()
    yield folder


def swap(scene: Scene, folder: Path) -> None:
    (scene.root / "src").rename(scene.root / "was-src")
    (scene.root / "src").symlink_to(folder)


def swapped(scene: Scene, tried: tuple[str, dict[str, Any]]) -> str:
    """Between what the user agrees to and its making, `src` becomes a link to a folder just like it."""
    name, arguments = tried
    tool = TOOLS[name]
    with elsewhere(scene) as folder:
        action = tool.prepare(tool.checked(arguments), scene.environment())
        swap(scene, folder)
        try:
            return f"done: {action.perform().text}"
        except CoderError as error:
            return f"refused: {error.message}"


PLACE = "taken the place"
SWAPPED = Kind(
    "folders swapped for links",
    swapped,
    (
        Attack("edit", ("edit", {"path": "src/other.py", "old": "import calc", "new": "evil"}), PLACE),
        Attack("write over", ("write", {"path": "src/other.py", "text": "import os\n"}), PLACE),
        Attack("make a file", ("write", {"path": "src/new.py", "text": "x = 1\n"}), PLACE),
        Attack("make a file in a new folder", ("write", {"path": "src/a/b.py", "text": "x = 1\n"}), PLACE),
        Attack(
            "delete",
            ("patch", {"text": "*** Begin Patch\n*** Delete File: src/other.py\n*** End Patch\n"}),
            PLACE,
        ),
        Attack(
            "move in",
            (
                "patch",
                {
                    "text": "*** Begin Patch\n*** Update File: calc.py\n*** Move to: src/calc.py\n@@\n"
                    "-def add(a, b):\n+def add(b, a):\n*** End Patch\n"
                },
            ),
            PLACE,
        ),
    ),
)


def undone(scene: Scene, tried: str) -> str:
    """The folder is swapped between a change and its undo, or between the undo's plan and its making."""
    checkpoints = open_checkpoints(scene.root)
    file = scene.root / "src" / "other.py"
    with checkpoints.turn("A change") as turn:
        turn.record({"src/other.py": FileState("file", b"new\n", 0o644)})
        file.write_text("new\n")
        file.chmod(0o644)
    with elsewhere(scene) as folder:
        try:
            if tried == "planned later":
                swap(scene, folder)
            plan = plan_undo(checkpoints)
            if tried == "planned before":
                swap(scene, folder)
            apply_undo(checkpoints, plan, force=True)
        except CoderError as error:
            return f"refused: {error.message}"
    return "done"


UNDONE = Kind(
    "folders swapped before an undo",
    undone,
    (
        Attack("before its plan", "planned later", "behind a link"),
        Attack("after its plan", "planned before", "behind a link"),
    ),
)


def raced(scene: Scene, tried: str) -> str:
    """Another program swaps the folder to and fro while it is used: nothing of the outside is read or
    written, whatever moment it hits. What is refused and what done depends on the moments."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no paths by descriptors here: a race of microseconds stays open")
    outside = scene.home / "elsewhere"
    outside.mkdir()
    (outside / "other.py").write_text(KEY)
    scene.arranged()
    real, link, at = scene.root / "real", scene.root / "link", scene.root / "src"
    at.rename(real)
    link.symlink_to(outside)
    stop = Event()

    def flip() -> None:
        while not stop.is_set():
            for each in (real, link):
                try:
                    each.rename(at)
                    at.rename(each)
                except OSError:  # a folder was made where there was none at that moment
                    shutil.rmtree(at, ignore_errors=True)

    thread = Thread(target=flip)
    thread.start()
    told = []
    try:
        for number in range(200 if tried == "read" else 40):
            try:
                if tried == "read":
                    told.append(read_source(at / "other.py", scene.root).text)
                else:
                    arguments = {"path": f"src/new{number}.py", "text": "x = 1\n"}
                    told.append(scene.call("write", arguments))
            except CoderError as error:
                told.append(f"refused: {error.message}")
    finally:
        stop.set()
        thread.join()
    return "\n".join(told)


RACED = Kind(
    "races for a link",
    raced,
    (Attack("read", "read", ""), Attack("make files", "write", "")),
)
KINDS = (THROUGH, UNASKED, SWAPPED, UNDONE, RACED)
