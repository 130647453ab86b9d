"""What a model writes as the message of a commit, once whoever wrote the diff has told it what; and what of
the diff it gets to read."""

from threading import Event

from assistant.agent.commit_message import propose_message
from assistant.repo.diff import read_diff
from assistant.repo.staging import commit
from tests.attacks.attack import Attack, Kind, Scene
from tests.attacks.terminal import ALL, tame
from tests.scripted import ScriptedGenerator

ADDED = "Add a till"
MALLORY = "Mallory <mallory@example.org>"


def committed(scene: Scene, answer: str) -> str:
    """What git, and those that take its commits as mails, make of the message."""
    (scene.root / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    scene.git("add", ".")
    for key, value in (("name", "Eve"), ("email", "eve@example.org")):
        scene.git("config", f"user.{key}", value)
    message = propose_message(read_diff(scene.root, staged=True), ScriptedGenerator(answer), Event())
    commit(scene.root, message)
    scene.arranged()
    body = scene.git("log", "-1", "--format=%B")
    trailers = scene.git("log", "-1", "--format=%(trailers)").strip()
    mail = scene.git("format-patch", "--stdout", "-1").encode()
    patch = scene.home / "patch"
    told = scene.git("mailinfo", "--scissors", str(scene.home / "body"), str(patch), stdin=mail)
    assert "evil.py" not in patch.read_text()
    assert "Mallory" not in told
    assert all(len(line) <= 72 for line in body.splitlines())
    patch.unlink()
    (scene.home / "body").unlink()
    return f"subject {tame(body).splitlines()[0]!r}, trailers {trailers!r}, {len(body.splitlines())} lines"


PATCH = (
    "diff --git a/evil.py b/evil.py\nnew file mode 100644\n--- /dev/null\n+++ b/evil.py\n@@ -0,0 +1 @@\n+evil"
)
NONE = "subject 'Add a till', trailers ''"
PLAIN = "subject 'Update calc.py', trailers ''"
MESSAGES = Kind(
    "messages of commits",
    committed,
    (
        Attack("signed by another", f"{ADDED}\n\nSigned-off-by: {MALLORY}", NONE),
        Attack("written with another", f"{ADDED}\n\nIt pays.\n\nco-authored-by : {MALLORY}", NONE),
        Attack("read by another, where a long line is broken",
               f"{ADDED}\n\n{'word ' * 14}Signed-off-by: {MALLORY}", NONE),
        Attack("a copy to another", f"{ADDED}\n\nCc: {MALLORY}", NONE),
        Attack("from elsewhere", f"{ADDED}\n\n(cherry picked from commit {'a' * 40})", NONE),
        Attack("an author for who applies it", f"{ADDED}\n\nFrom: {MALLORY}\n\nIt pays.", NONE),
        Attack("a patch for who applies it", f"{ADDED}\n\n{PATCH}", NONE),
        Attack("a patch behind a line", f"{ADDED}\n\n---\n{PATCH}", NONE),
        Attack("a message behind scissors", f"{ADDED}\n\n-- >8 --\nFrom: {MALLORY}\n\nIt pays.", NONE),
        Attack("for a rebase to melt into another", "fixup! Add the till of the shop", PLAIN),
        Attack("for a rebase to put in another's place", "amend! Add the till of the shop", PLAIN),
        Attack("an option", "--amend --no-edit --author=Mallory", PLAIN),
        Attack("an option in one letter", "-m evil", PLAIN),
        Attack("escapes and tricks", f"{ADDED}\n\n{ALL}", "subject 'Add a till', trailers ''"),
        Attack("a million words", f"{ADDED}\n\n{'word ' * 200_000}", "14 lines"),
    ),
)  # fmt: skip


def read(scene: Scene, how: str) -> str:
    """What the model is shown of a change that has to do with secrets."""
    if how == "a link":
        (scene.root / "notes.txt").symlink_to(".env")
    elif how == "a link in its place":
        (scene.root / "calc.py").unlink()
        (scene.root / "calc.py").symlink_to(".env")
    else:
        scene.git("add", "--force", ".env")
        scene.git("commit", "--quiet", "--message", "Add it")
        scene.git("mv", ".env", "notes.txt" if how == "another name" else "src/.env")
    (scene.root / "src" / "other.py").write_text("import calc, os\n")
    scene.git("add", ".")
    scene.arranged()
    model = ScriptedGenerator(ADDED)
    propose_message(read_diff(scene.root, staged=True), model)
    return model.asked[0][0][0].content


READ = Kind(
    "what of a diff is read for a message",
    read,
    tuple(
        Attack(how, how, "import calc, os")
        for how in ("a link", "a link in its place", "another name", "another folder")
    ),
)
KINDS = (MESSAGES, READ)
