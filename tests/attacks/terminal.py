"""Escapes, and tricks of Unicode, in all that others write and coder shows."""

import io
import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from assistant.agent import events
from assistant.agent.command import CommandResult
from assistant.agent.session import Sessions
from assistant.bench.history import History
from assistant.catalog import reference
from assistant.catalog.hub import Repository, RepositoryFile
from assistant.catalog.locations import data_folder, manifests_folder
from assistant.cli.main import app, report
from assistant.cli.narration import Narrator
from assistant.errors import CoderError
from assistant.repo.checkpoints import FileState, open_checkpoints
from assistant.visible import visible
from tests.attacks.attack import Attack, Kind, Scene
from tests.bench.history.made import generation

ESCAPES = {
    "the clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "the title": "\x1b]0;evil\x07",
    "a link": "\x1b]8;;http://evil.example/\x1b\\here\x1b]8;;\x1b\\",
    "the screen": "\x1b[2J\x1b[H",
    "hidden text": "\x1b[8mhidden\x1b[0m",
    "a question to the terminal": "\x1b[6n\x1b[c",
    "a device string": "\x1bPq#0\x1b\\",
    "a private message": "\x1b_evil\x1b\\",
    "one byte for two": "\x9b2J\x9d52;c;ZXZpbA==\x9c",
    "backspaces": "safe\b\b\b\bevil",
    "a line that is written over": "evil\rsafe",
    "a bell": "\x07",
    "what deletes": "\x7f",
    "a shift of the alphabet": "\x0e\x0f",
    "a null byte": "\0",
    "half of a pair": "\udc9b",
}
TRICKS = {
    "right to left": "access = \u202e'nimda'\u202c",
    "isolated": "if role: \u2066# admin\u2069",
    "embedded": "\u202bevil\u202a",
    "a mark": "a\u200fb\u200ec\u061cd",
    "no width": "pass\u200bword",
    "a joiner of words": "pass\u2060word",
    "tags that carry a text": "".join(chr(0xE0000 + ord(each)) for each in "evil"),
    "selectors that carry a text": "".join(chr(0xE0100 + ord(each)) for each in "evil"),
    "a soft hyphen": "pass\u00adword",
    "a letter that is empty": "a\u3164 = 1",
    "lines that nobody counts": "# comment\u2028evil()\u2029",
    "notes between lines": "\ufff9a\ufffab\ufffb",
    "a byte order mark within": "a\ufeffb",
    "an invisible operator": "a\u2062b",
}
ALL = " ".join([*ESCAPES.values(), *TRICKS.values()])
_UNSEEN = re.compile(
    "[\\u00ad\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\ufff0-\\ufffb]"
)


def tame(shown: str) -> str:
    """`shown` as it would go to the terminal. Colours alone, which coder adds itself, may be in it."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown.replace("\r\n", "\n"))
    wild = {each for each in plain if unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\t"}
    wild |= set(_UNSEEN.findall(plain)) | {each for each in plain if 0xE0000 <= ord(each) < 0xE1000}
    assert not wild, sorted(map(ascii, wild))
    return plain


ONE = Kind(
    "what is shown of escapes and tricks",
    lambda scene, text: f"{len(tame(visible(text)))} characters: {visible(text)!a}",
    tuple(
        Attack(name, text, "ufffd" if name in TRICKS and "lines" not in name[:6] else "characters")
        for name, text in (ESCAPES | TRICKS).items()
    ),
)


def _cli(*arguments: str, answer: str = "n\n") -> str:
    """What a command writes, colours and escapes as on a terminal."""
    ran = CliRunner().invoke(app, arguments, input=answer, color=True)
    return f"{ran.stdout}{ran.stderr}"


def _toml(text: str) -> str:
    escaped = (each if each.isalnum() and each.isascii() else f"\\U{ord(each):08x}" for each in text)
    return f'"{"".join(escaped)}"'.replace("\\U0000dc9b", "")


def sessions_list(scene: Scene) -> str:
    with Sessions(scene.root).new() as session:
        session.append(events.Started(ALL, ALL, "ask"))
        session.append(events.Observed(ALL, ALL, False, False, False, False))
    return _cli("sessions", "list") + _cli("sessions", "show", "last")


def undo_list(scene: Scene) -> str:
    name = "src/\x1b]0;evil\x07\u202e.py"
    with open_checkpoints(scene.root).turn(ALL.replace("\udc9b", "")) as turn:
        turn.record({name: FileState("file", b"new\n", 0o644)})
        (scene.root / name).write_text("new\n")
    return _cli("undo", "--list") + _cli("undo", "--dry-run")


def stats(scene: Scene) -> str:
    data_folder().mkdir(parents=True, exist_ok=True)
    from assistant.bench.history import history_file

    with_evil = replace(generation(), model=f"evil {ALL}".replace("\udc9b", ""))
    history = History(history_file())
    history.add([with_evil])
    history.close()
    return _cli("stats")


def models(scene: Scene) -> str:
    words = _toml(ALL)
    manifests_folder().mkdir(parents=True)
    (manifests_folder() / "evil.toml").write_text(
        f'name = "evil"\ntitle = {words}\nabout = {words}\nlicense = {words}\nadvice = {words}\n'
        'target = { repo = "evil/evil", file = "evil.gguf", size_gb = 1.0 }\n'
    )
    return _cli("models", "list") + _cli("models", "show", "evil") + _cli("pull")


def hub(scene: Scene) -> str:
    files = (RepositoryFile("a.Q4_0.gguf", 10, None), RepositoryFile("\x1b]0;evil\x07.gguf", 10, None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "list_repository", lambda repo: Repository(repo, "main", ALL, files))
        manifest = reference.manifest_for(reference.Reference("evil/evil"))
    return str([manifest.title, manifest.about]) + manifest.license


def settings(scene: Scene) -> str:
    words = _toml(ALL)
    (scene.root / ".coder.toml").write_text(f"test = {words}\nmodel = {words}\n")
    return _cli("config", "show") + _cli("config", "trust")


def settings_broken(scene: Scene) -> str:
    key = _toml(ALL)
    (scene.root / ".coder.toml").write_text(f"{key} = 1\n")
    return _cli("config", "show")


def narrated(scene: Scene) -> str:
    narrator = Narrator(quiet=False)
    stream = io.StringIO()
    narrator.err = narrator._diffs = Console(file=stream, force_terminal=True, width=200)
    happened: tuple[Any, ...] = (
        events.Called(ALL, {"path": ALL}),
        events.Observed(ALL, ALL, False, False, False, False),
        events.Checked(CommandResult(ALL, 1, ALL, 1.0)),
        events.Changed((ALL,), f"--- {ALL}\n+++ b\n@@ -1 +1 @@\n-{ALL}\n+{ALL}\n", (ALL,)),
        events.Unusable(ALL),
        events.NotNeeded(f"+{ALL}"),
        events.Consented(events.Request("check", ALL), "no"),
    )
    for event in happened:
        narrator.show(event)
    narrator.tell(ALL)
    return stream.getvalue()


def failure(scene: Scene) -> str:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer, "echo", lambda text="", **_: out.write(f"{text}\n"))
        patch.setattr(typer, "secho", lambda text="", **_: out.write(f"{text}\n"))
        report(CoderError(ALL, hint=ALL))
    return out.getvalue()


def file_name(scene: Scene) -> str:
    return _cli("fix", "\x1b]0;evil\x07\u202e.py", "-m", "x", "--dry-run")


WHERE = {
    "a session's task": sessions_list,
    "a change's title and a file's name": undo_list,
    "a model's name in the history": stats,
    "a manifest": models,
    "what the hub says": hub,
    "a repository's settings": settings,
    "a key of a repository's settings": settings_broken,
    "what happens in a run": narrated,
    "an error": failure,
    "a file's name on the command line": file_name,
}
SHOWN = Kind(
    "escapes where others' words are shown",
    lambda scene, where: f"shown: {tame(WHERE[where](scene))}",
    tuple(Attack(name, name, "evil") for name in WHERE),
)
KINDS = (ONE, SHOWN)
