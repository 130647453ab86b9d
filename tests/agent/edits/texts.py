"""Files and answers about them, in short."""

from collections.abc import Sequence
from pathlib import Path

from assistant.agent.edits import FileEdit, apply, parse, plan
from assistant.repo.workspace import Workspace

TWINS = "def a():\n    x = 1\n    return x\n\n\ndef b():\n    x = 1\n    return x\n"
CLASSES = (
    "class A:\n    def run(self):\n        return 1\n\n\nclass B:\n    def run(self):\n        return 1\n"
)
LONG = """\
def load(path):
    data = read(path)
    check(data)
    log(path)
    store(data)
    return data
"""
PHRASES = "title = “Hello”\nprint(title)\nprint(title)\nend = True\n"
README = "# Use\n\n```sh\nrun me\n```\n\nThat is all.\n"


def block(old: str, new: str, path: str = "a.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def patch(body: str, path: str = "a.py") -> str:
    return f"*** Begin Patch\n*** Update File: {path}\n{body}*** End Patch\n"


def diff(body: str, path: str = "a.py") -> str:
    return f"```diff\n--- a/{path}\n+++ b/{path}\n{body}```\n"


def made(root: Path, files: dict[str, str], answer: str | Sequence[FileEdit]) -> dict[str, str]:
    """The files after the edit."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    edits = parse(answer, known_paths=list(files)) if isinstance(answer, str) else list(answer)
    apply(plan(edits, Workspace(root, is_git=False)))
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in found}
