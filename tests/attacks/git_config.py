"""Programs that a repository's git configuration, attributes and hooks name: none runs while coder works in
it, and each that a commit would run is named before the user lets it."""

import contextlib
import shutil
from collections.abc import Callable, Mapping
from typing import Any

from assistant.errors import CoderError
from assistant.repo import git
from assistant.repo.diff import read_diff
from assistant.repo.listing import list_files
from assistant.repo.staging import commit, discard, programs, stage, unstage
from assistant.repo.workspace import find_workspace
from tests.attacks.attack import CODE, Attack, Kind, Scene

Settings = Mapping[str, str]


def configured(scene: Scene, tried: Settings) -> str:
    """All that coder asks of git, in a repository that was unpacked with these settings. RUN stands for a
    program that leaves a mark, HOOKS for a folder with every hook."""
    run = scene.marker()
    hooks = scene.home / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "commit-msg", "post-index-change", "reference-transaction", "post-commit"):
        shutil.copy(run, hooks / name)
    included = scene.root / "evil.inc"
    included.write_text(f"[core]\n\tfsmonitor = {run}\n[diff]\n\texternal = {run}\n")
    filtered = any(name.startswith("filter") for name in tried)
    (scene.root / ".gitattributes").write_text(f"* diff=evil merge=evil {'filter=evil' * filtered}\n")
    with (scene.root / ".git" / "config").open("a") as file:
        for name, value in tried.items():
            section, _, key = name.rpartition(".")
            head, _, inner = section.partition(".")
            filled = value.replace("RUN", str(run)).replace("HOOKS", str(hooks))
            filled = filled.replace("INCLUDED", str(included)).replace("ROOT", str(scene.root))
            subsection = f' "{inner}"' if inner else ""
            file.write(f"[{head}{subsection}]\n\t{key} = {filled}\n")
    scene.arranged()
    return _use(scene)


def _use(scene: Scene) -> str:
    root = scene.root
    (root / "calc.py").write_text(CODE.replace("-", "+"))
    questions: tuple[Callable[[], str], ...] = (
        lambda: git.status(root).text,
        lambda: git.diff(root, against="HEAD").text,
        lambda: git.log(root, ["calc.py"]).text,
        lambda: git.show(root, "HEAD").text,
        lambda: git.blame(root, "calc.py").text,
        lambda: git.grep(root, "def").text,
        lambda: str(list_files(find_workspace(root)).files),
        lambda: str(len(read_diff(root).files)),
        lambda: str(programs(root)),
        lambda: _review(scene),
    )
    told = []
    for ask in questions:
        with contextlib.suppress(CoderError):
            told.append(ask())
    assert len(told) > 5
    return "\n".join(told)


def _review(scene: Scene) -> str:
    """Stage a file, unstage it, stage it again, commit, and discard another: git's folder changes then."""
    root = scene.root
    done = []
    for step in (stage, unstage, stage):
        with contextlib.suppress(CoderError):
            for file in read_diff(root, staged=step is unstage).files[-1:]:
                step(root, file)
                done.append(file.path)
    with contextlib.suppress(CoderError):
        done.append(commit(root, "A commit").title)
    (root / "calc.py").write_text("left\n")
    with contextlib.suppress(CoderError):
        for file in read_diff(root, paths=["calc.py"]).files:
            discard(root, file)
    assert not scene.mark.exists()
    scene.arranged()
    return " ".join(done)


DIFFED = "calc.py"
CONFIGURED = Kind(
    "programs in git's configuration",
    configured,
    tuple(
        Attack(name, settings, DIFFED)
        for name, settings in {
            "a monitor of files": {"core.fsmonitor": "RUN"},
            "hooks elsewhere": {"core.hooksPath": "HOOKS"},
            "an external diff": {"diff.external": "RUN"},
            "a diff driver": {"diff.evil.command": "RUN"},
            "a text converter": {"diff.evil.textconv": "RUN"},
            "a converter that is cached": {"diff.evil.textconv": "RUN", "diff.evil.cachetextconv": "true"},
            "a filter in": {"filter.evil.clean": "RUN"},
            "a filter out": {"filter.evil.smudge": "RUN", "filter.evil.required": "true"},
            "a filter process": {"filter.evil.process": "RUN", "filter.evil.required": "true"},
            "a merge driver": {"merge.evil.driver": "RUN"},
            "a pager": {"core.pager": "RUN", "pager.diff": "RUN", "pager.log": "RUN"},
            "an editor": {"core.editor": "RUN", "sequence.editor": "RUN"},
            "a command for SSH": {"core.sshCommand": "RUN"},
            "a proxy": {"core.gitProxy": "RUN"},
            "an asker for passwords": {"core.askPass": "RUN"},
            "a helper for passwords": {"credential.helper": "!RUN"},
            "a signer": {"gpg.program": "RUN", "commit.gpgSign": "true", "log.showSignature": "true"},
            "a signer with SSH": {"gpg.ssh.program": "RUN", "gpg.format": "ssh", "commit.gpgSign": "true"},
            "a default key": {"gpg.ssh.defaultKeyCommand": "RUN", "gpg.format": "ssh"},
            "aliases": {"alias.status": "!RUN", "alias.diff": "!RUN", "alias.log": "!RUN"},
            "an included file": {"include.path": "INCLUDED"},
            "a file included on a condition": {"includeIf.gitdir:ROOT/.path": "INCLUDED"},
            "a filter for hunks": {"interactive.diffFilter": "RUN"},
            "trailers": {"trailer.evil.command": "RUN", "trailer.evil.cmd": "RUN"},
            "configured hooks": {"hook.evil.command": "RUN", "hook.evil.event": "pre-commit"},
            "a lazy fetch": {"remote.origin.promisor": "true", "remote.origin.url": "ext::RUN",
                             "extensions.partialClone": "origin", "protocol.ext.allow": "always"},
            "a server for a fetch": {"remote.origin.uploadpack": "RUN", "remote.origin.url": "ROOT"},
            "refs of others": {"core.alternateRefsCommand": "RUN"},
            "a template for commits": {"commit.template": "RUN"},
            "a tool": {"diff.tool": "evil", "difftool.evil.cmd": "RUN", "diff.guitool": "evil"},
            "a browser": {"web.browser": "evil", "browser.evil.cmd": "RUN"},
            "upkeep": {"gc.auto": "1", "maintenance.auto": "true", "gc.recentObjectsHook": "RUN"},
        }.items()
    ),
)  # fmt: skip


def brought(scene: Scene, tried: str) -> str:
    """What a clone itself brings: attributes, submodules and files that git reads."""
    run = scene.marker()
    match tried:
        case "submodule url":
            (scene.root / ".gitmodules").write_text(
                f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c {run}\n\tupdate = !{run}\n'
            )
        case "submodule option":
            (scene.root / ".gitmodules").write_text(
                f'[submodule "-c"]\n\tpath = -c\n\turl = --upload-pack={run}\n'
            )
        case "bare repository":
            scene.git("init", "--bare", "--quiet", "inner")
            scene.git("--git-dir", "inner", "config", "core.fsmonitor", str(run))
        case "repository within":
            scene.git("init", "--quiet", "inner")
            scene.git("config", "core.fsmonitor", str(run), folder=scene.root / "inner")
            scene.git("add", "inner")
        case "hooks folder":
            (scene.root / "hooks").mkdir()
            shutil.copy(run, scene.root / "hooks" / "pre-commit")
        case "attributes":
            (scene.root / ".gitattributes").write_text("* filter=lfs diff=astextplain\n")
    scene.arranged()
    return _use(scene)


BROUGHT = Kind(
    "programs that a clone brings",
    brought,
    tuple(
        Attack(name, name, DIFFED)
        for name in (
            "submodule url",
            "submodule option",
            "bare repository",
            "repository within",
            "hooks folder",
            "attributes",
        )
    ),
)


def options(scene: Scene, tried: tuple[str, dict[str, Any]]) -> str:
    """MARK stands for where a file would be written."""
    name, arguments = tried
    return scene.call(name, {key: value.replace("MARK", str(scene.mark)) for key, value in arguments.items()})


NO_REVISION = "no revision"
OPTIONS = Kind(
    "options in place of arguments",
    options,
    (
        Attack("diff into a file", ("git", {"what": "diff", "revision": "--output=MARK"}), NO_REVISION),
        Attack("log into a file", ("git", {"what": "log", "revision": "--output=MARK"}), NO_REVISION),
        Attack("show into a file", ("git", {"what": "show", "revision": "--output=MARK"}), NO_REVISION),
        Attack("an external diff", ("git", {"what": "diff", "revision": "--ext-diff"}), NO_REVISION),
        Attack("a short option", ("git", {"what": "log", "revision": "-p"}), NO_REVISION),
        Attack("without an index", ("git", {"what": "diff", "revision": "--no-index"}), NO_REVISION),
        Attack("contents of another file", ("git", {"what": "blame", "path": "calc.py",
               "revision": "--contents=/etc/passwd"}), NO_REVISION),
        Attack("an option as a path", ("git", {"what": "diff", "path": "--output=MARK"}), "done"),
        Attack("pathspec magic", ("git", {"what": "diff", "path": ":(top,glob)**"}), "done"),
        Attack("an order of files", ("git", {"what": "diff", "revision": "-O/etc/passwd"}), NO_REVISION),
        Attack("a pager of matches", ("grep", {"pattern": "--open-files-in-pager=MARK"}), "Nothing"),
        Attack("a short pager", ("grep", {"pattern": "-Otouch MARK"}), "Nothing"),
        Attack("patterns from a file", ("grep", {"pattern": "-f/etc/passwd"}), "Nothing"),
        Attack("search an option", ("grep", {"pattern": "def", "path": "--no-index"}), "Nothing"),
        Attack("settings", ("grep", {"pattern": "-c", "path": "core.pager=touch MARK"}), "Nothing"),
        Attack("an upload pack", ("git", {"what": "log", "revision": "--upload-pack=MARK"}), NO_REVISION),
        Attack("a command of another name", ("git", {"what": "push"}), "cannot be called"),
        Attack("reflogs of the machine", ("git", {"what": "show", "revision": "@{-1}"}), "refused"),
    ),
)  # fmt: skip


def named(scene: Scene, tried: Settings) -> str:
    """What a commit would run is told before the user lets it."""
    run = scene.marker()
    for name, value in tried.items():
        scene.git("config", name, value.replace("RUN", str(run)))
    hook = scene.root / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir()
    shutil.copy(run, hook)
    scene.arranged()
    return ", ".join(programs(scene.root))


NAMED = Kind(
    "programs of a commit that are not named",
    named,
    (
        Attack("a hook of git's own", {}, "hooks/post-index-change"),
        Attack("a monitor", {"core.fsmonitor": "RUN --all"}, "--all (core.fsmonitor)"),
        Attack("a configured hook", {"hook.lint.command": "RUN --lint"}, "--lint (hook.lint.command)"),
        Attack("a signer", {"commit.gpgSign": "true", "gpg.program": "RUN"}, "(commit.gpgSign)"),
    ),
)
KINDS = (CONFIGURED, BROUGHT, OPTIONS, NAMED)
