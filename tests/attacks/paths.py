"""Paths of a model's calls that lead out of the repository, into git's folder, or are no paths at all."""

from typing import Any

from tests.attacks.attack import Attack, Kind, Scene


def call(scene: Scene, tried: tuple[str, dict[str, Any]]) -> str:
    name, arguments = tried
    filled = {
        key: value.replace("HOME", str(scene.home)) if isinstance(value, str) else value
        for key, value in arguments.items()
    }
    return scene.call(name, filled)


def read(path: str) -> tuple[str, dict[str, Any]]:
    return "read", {"path": path}


def write(path: str) -> tuple[str, dict[str, Any]]:
    return "write", {"path": path, "text": "evil\n"}


def patch(text: str) -> tuple[str, dict[str, Any]]:
    return "patch", {"text": text}


OUT = "lies outside"
GITS = "belongs to git"
HOOK = "#!/bin/sh\ntouch pwned\n"

TRAVERSAL = Kind(
    "path traversal",
    call,
    (
        Attack("read one up", read("../outside"), OUT),
        Attack("read through a folder", read("src/../../outside"), OUT),
        Attack("read through a folder that is not there", read("no/../../outside"), OUT),
        Attack("read an absolute path", read("HOME/outside"), OUT),
        Attack("read a key", read("HOME/.ssh/id_rsa"), OUT),
        Attack("read the home folder by its sign", read("~/.ssh/id_rsa"), "no file"),
        Attack("read the system's users", read("/etc/passwd"), OUT),
        Attack("read a process", read("/proc/self/environ"), OUT),
        Attack("read a device", read("/dev/zero"), OUT),
        Attack("read a descriptor", read("/dev/stdin"), OUT),
        Attack("read as a URL", read("file:///etc/passwd"), "no file"),
        Attack("read with a null byte", read("calc.py\0.txt"), "cannot be called"),
        Attack("read with a line break", read("calc.py\n../outside"), "cannot be called"),
        Attack("read with backslashes", read("..\\outside"), "no file"),
        Attack("read with per cents", read("%2e%2e/outside"), "no file"),
        Attack("read the folder itself", read("."), "not a file"),
        Attack("read a path of ten thousand characters", read("a/" * 5000), "cannot be called"),
        Attack("write one up", write("../evil"), OUT),
        Attack("write an absolute path", write("HOME/evil"), OUT),
        Attack("write the shell's start", write("HOME/.bashrc"), OUT),
        Attack("write over a file outside", write("HOME/outside"), OUT),
        Attack("write through new folders", write("new/../../evil"), OUT),
        Attack("edit outside", ("edit", {"path": "../outside", "old": "outside", "new": "x"}), OUT),
        Attack("search outside", ("grep", {"pattern": ".", "path": ".."}), OUT),
        Attack("search the system", ("grep", {"pattern": "root", "path": "/etc"}), OUT),
        Attack("list outside", ("list", {"path": "../.ssh"}), OUT),
        Attack("find outside", ("find", {"pattern": "../*"}), "No file"),
        Attack("git's view of a file outside", ("git", {"what": "blame", "path": "../outside"}), OUT),
        Attack(
            "move a file out by a patch",
            patch("*** Begin Patch\n*** Update File: calc.py\n*** Move to: ../evil.py\n@@\n-def add(a, b):\n"
                  "+def add(b, a):\n*** End Patch\n"),
            OUT,
        ),
        Attack(
            "add a file outside by a patch",
            patch("*** Begin Patch\n*** Add File: ../evil\n+evil\n*** End Patch\n"),
            OUT,
        ),
        Attack(
            "delete a file outside by a patch",
            patch("*** Begin Patch\n*** Delete File: ../outside\n*** End Patch\n"),
            OUT,
        ),
        Attack(
            "a diff whose names lead out",
            patch("--- a/../../outside\n+++ b/../../outside\n@@ -1 +1 @@\n-outside\n+evil\n"),
            "refused",
        ),
        Attack(
            "a block that names a file outside",
            patch("../outside\n<<<<<<< SEARCH\noutside\n=======\nevil\n>>>>>>> REPLACE\n"),
            "refused",
        ),
    ),
)  # fmt: skip

GIT_FOLDER = Kind(
    "writes into git's folder",
    call,
    (
        Attack("a hook", write(".git/hooks/pre-commit"), GITS),
        Attack("the configuration", write(".git/config"), GITS),
        Attack("in capitals", write(".GIT/hooks/pre-commit"), GITS),
        Attack("through a folder", write("src/../.git/hooks/post-checkout"), GITS),
        Attack("of a repository within", write("vendor/lib/.git/hooks/pre-commit"), GITS),
        Attack("a file of that name", write("vendor/.git"), GITS),
        Attack("the short name of other systems", write("git~1/hooks/pre-commit"), GITS),
        Attack("with a dot behind, which other systems drop", write(".git./hooks/pre-commit"), GITS),
        Attack("with a blank behind", write(".git /hooks/pre-commit"), GITS),
        Attack("with a stream of NTFS", write(".git::$INDEX_ALLOCATION/hooks/x"), GITS),
        Attack("with a letter that HFS+ ignores", write(".g\u200cit/hooks/pre-commit"), GITS),
        Attack("read its configuration", read(".git/config"), GITS),
        Attack("search it", ("grep", {"pattern": "bare", "path": ".git"}), GITS),
        Attack(
            "a hook by a patch",
            patch("*** Begin Patch\n*** Add File: .git/hooks/pre-push\n+evil\n*** End Patch\n"),
            GITS,
        ),
    ),
)


def separate(scene: Scene, path: str) -> str:
    """`.git` is a file that names a folder of the repository as git's."""
    (scene.root / ".git").rename(scene.root / "meta")
    (scene.root / ".git").write_text("gitdir: meta\n")
    scene.arranged()
    told = scene.call("write", {"path": path, "text": HOOK})
    assert not (scene.root / path).exists() or path == "meta/config"
    return told


SEPARATE = Kind(
    "writes into git's folder under another name",
    separate,
    (
        Attack("a hook", "meta/hooks/pre-commit", GITS),
        Attack("the configuration", "meta/config", GITS),
    ),
)
KINDS = (TRAVERSAL, GIT_FOLDER, SEPARATE)
