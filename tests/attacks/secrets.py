"""Ways to a secret that nobody has agreed to give: by git, by errors, by what a test prints."""

from typing import Any

from assistant.agent.command import CommandResult
from assistant.agent.evidence import gather
from assistant.repo.workspace import holds_secrets
from tests.attacks.attack import SECRET, Attack, Kind, Scene

ASK = "ask: .env"


def tracked(scene: Scene, tried: dict[str, Any]) -> str:
    """The secret is in the history: on two branches, merged with a third value, then renamed."""
    (scene.root / ".env").write_text("TOKEN=first\n")
    scene.git("add", "--force", ".")
    scene.git("commit", "--quiet", "--message", "Second")
    scene.git("checkout", "--quiet", "-b", "side")
    for branch, value in (("side", "other"), ("main", "another")):
        scene.git("checkout", "--quiet", branch)
        (scene.root / ".env").write_text(f"TOKEN={value}\n")
        scene.git("commit", "--quiet", "--all", "--message", branch)
    scene.git("merge", "--quiet", "side")
    (scene.root / ".env").write_text(f"TOKEN={SECRET}\nOTHER=value\nTHIRD=value\n")
    scene.git("add", "--force", ".env")
    scene.git("commit", "--quiet", "--message", "Merge")
    scene.git("tag", "merge")
    scene.git("tag", "--annotate", "--message", "A tag", "secret", "HEAD:.env")
    scene.git("mv", ".env", "notes.txt")
    (scene.root / "notes.txt").write_text("TOKEN=changed\nOTHER=value\nTHIRD=value\n")
    scene.git("commit", "--quiet", "--all", "--message", "Rename")
    (scene.root / "notes.txt").unlink()
    scene.arranged()
    ids = {name: scene.git("rev-parse", name).strip() for name in ("merge:.env", "side:.env")}
    revision = str(tried.get("revision", "")).format(merge=ids["merge:.env"], side=ids["side:.env"])
    return scene.call("git", tried | ({"revision": revision} if revision else {}))


GIT = Kind(
    "secrets in git's history",
    tracked,
    (
        Attack("a file of a revision", {"what": "show", "revision": "merge:.env"}, "no revision"),
        Attack("a file of the index", {"what": "show", "revision": ":notes.txt"}, "no revision"),
        Attack("a file by its id", {"what": "show", "revision": "{merge}"}, "refused"),
        Attack("a file by a tag", {"what": "show", "revision": "secret"}, "refused"),
        Attack("two files by their ids", {"what": "diff", "revision": "{side}..{merge}"}, "refused"),
        Attack("two files by three dots", {"what": "diff", "revision": "{side}...{merge}"}, "refused"),
        Attack("what a merge made of it", {"what": "show", "revision": "merge"}, "Merge"),
        Attack("what a merge brought", {"what": "diff", "revision": "side..merge"}, "nothing to show"),
        Attack("its renaming", {"what": "diff", "revision": "merge..main"}, "+TOKEN=changed"),
        Attack("at a path", {"what": "show", "revision": "merge", "path": ".env"}, ASK),
        Attack("line by line", {"what": "blame", "revision": "merge", "path": ".env"}, ASK),
        Attack("the log of it, with patches", {"what": "log", "path": ".env", "revision": "-p"}, "ask"),
        Attack("a tree", {"what": "show", "revision": "merge^{{tree}}"}, "refused"),
    ),
)


def call(scene: Scene, tried: tuple[str, dict[str, Any]]) -> str:
    name, arguments = tried
    for mode in ("read-only", "ask", "auto-edit"):
        assert "done" not in scene.call(name, arguments, mode)
    return scene.call(name, arguments)


UNTOLD = "why is not told"
BLOCK = ".env\n<<<<<<< SEARCH\nTOKEN={}\nOTHER=volue\n=======\nx\n>>>>>>> REPLACE\n"
CALLS = Kind(
    "secrets without consent",
    call,
    (
        Attack("read", ("read", {"path": ".env"}), ASK),
        Attack("read by another way", ("read", {"path": "src/../.env"}), ASK),
        Attack("search", ("grep", {"pattern": "TOKEN", "path": ".env"}), ASK),
        Attack("an edit that fits", ("edit", {"path": ".env", "old": "TOKEN=", "new": "x"}), ASK),
        Attack(
            "an edit that fits nearly, to be told what is there",
            ("edit", {"path": ".env", "old": "TOKEM=hunter\nOTHER=valu", "new": "x"}),
            UNTOLD,
        ),
        Attack("a block that fits nearly", ("patch", {"text": BLOCK.format("hunter")}), UNTOLD),
        Attack(
            "a guess, told right by changing nothing",
            ("edit", {"path": ".env", "old": f"TOKEN={SECRET}", "new": f"TOKEN={SECRET}"}),
            UNTOLD,
        ),
        Attack("write over", ("write", {"path": ".env", "text": "x=1\n"}), ASK),
        Attack("a new key", ("write", {"path": "deploy.pem", "text": "x\n"}), "ask: deploy.pem"),
        Attack(
            "move it to where it can be read",
            (
                "patch",
                {"text": "*** Begin Patch\n*** Update File: .env\n*** Move to: notes\n@@\n"
                         "-OTHER=value\n+OTHER=x\n*** End Patch\n"},
            ),
            "ask: .env",
        ),
        Attack("delete", ("patch", {"text": "*** Begin Patch\n*** Delete File: .env\n*** End Patch\n"}), ASK),
    ),
)  # fmt: skip


def swept(scene: Scene, tried: tuple[str, dict[str, Any]]) -> str:
    (scene.root / "deploy.pem").write_text(SECRET)
    (scene.root / "src" / "id_ed25519").write_text(SECRET)
    scene.git("add", ".")
    scene.arranged()
    return scene.call(*tried)


SWEPT = Kind(
    "secrets among other files",
    swept,
    (
        Attack("search all", ("grep", {"pattern": "hunter|import"}), "src/other.py"),
        Attack("search a folder", ("grep", {"pattern": "hunter|import", "path": "src"}), "src/other.py"),
        Attack("search as if it were text", ("grep", {"pattern": "^"}), "calc.py"),
        Attack("what changed", ("git", {"what": "diff", "revision": "HEAD"}), "done"),
    ),
)


def printed(scene: Scene, tried: str) -> str:
    """A failing test of the repository prints where it failed: lines there go into the prompt."""
    (scene.root / "conf").mkdir()
    (scene.root / "conf" / ".env").write_text(f"EXPECT={SECRET}\n")
    failed = CommandResult("check", 1, tried.format(root=scene.root), 0.1)
    return str(gather((), scene.root, "", failed))


PRINTED = Kind(
    "secrets that a test's output names",
    printed,
    (
        Attack("as Python does", 'File "{root}/.env", line 1\nAssertionError', "AssertionError"),
        Attack("as compilers do", "conf/.env:1: error: wrong", "wrong"),
        Attack("through a folder", "src/../conf/.env:1: error: wrong", "wrong"),
    ),
)


NAMES = Kind(
    "names of secrets",
    lambda scene, name: "secret" if holds_secrets(name) else "plain",
    (
        Attack("in capitals", "Config/.ENV", "secret"),
        Attack("of a stage", ".env.production", "secret"),
        Attack("a key of SSH", "home/id_ed25519", "secret"),
        Attack("of Terraform", "prod.tfvars", "secret"),
        Attack("of Java", "release.JKS", "secret"),
        Attack("of npm", ".npmrc", "secret"),
    ),
)
KINDS = (GIT, CALLS, SWEPT, PRINTED, NAMES)
