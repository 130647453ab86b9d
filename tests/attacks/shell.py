"""Commands beyond what the user agreed to, and what a command is not told."""

import shlex
import sys
from collections.abc import Mapping

from assistant.agent.command import run_command
from assistant.agent.confine import UNCONFINED, confinement
from assistant.agent.permissions import Permissions
from assistant.agent.tools import Action, Result
from tests.attacks.attack import SECRET, Attack, Kind, Scene


def beyond(scene: Scene, tried: tuple[str, str]) -> str:
    """The user said "always" to the first; may the second be run without asking?"""
    agreed, command = tried
    permissions = Permissions(scene.root, "ask")
    first = Action(lambda: Result(""), command=agreed)
    if permissions.always("run", "run", first):
        permissions.remember("run", "run", first)
    scene.arranged()
    return permissions.verdict("run", "run", Action(lambda: Result(""), command=command))


BEYOND = Kind(
    "commands beyond what was allowed for good",
    beyond,
    (
        Attack("a second command", ("ls", "ls; touch pwned"), "ask"),
        Attack("a second command in the background", ("ls", "ls & touch pwned"), "ask"),
        Attack("a pipe", ("ls", "ls | sh"), "ask"),
        Attack("a condition", ("ls", "ls || touch pwned"), "ask"),
        Attack("a substitution", ("ls", "ls $(touch pwned)"), "ask"),
        Attack("an old substitution", ("ls", "ls `touch pwned`"), "ask"),
        Attack("a process substitution", ("ls", "ls <(touch pwned)"), "ask"),
        Attack("a redirection", ("ls", "ls > calc.py"), "ask"),
        Attack("a line break", ("ls", "ls\ntouch pwned"), "ask"),
        Attack("a variable", ("ls", "ls $HOME"), "ask"),
        Attack("a brace", ("ls", "ls {a,b}"), "ask"),
        Attack("a comment", ("ls", "ls # harmless"), "ask"),
        Attack("a continued line", ("ls", "l\\\ns"), "ask"),
        Attack("a function", ("ls", "ls() { touch pwned; }"), "ask"),
        Attack("a variable before it", ("ls", "PATH=. ls"), "ask"),
        Attack("a program of the same name", ("ls", "./ls"), "ask"),
        Attack("a name that begins alike", ("ls", "lsof"), "ask"),
        Attack("other code for an interpreter", ("python -c 1", "python -c 'import os'"), "ask"),
        Attack("other code for a shell", ("sh build.sh", "sh -c 'touch pwned'"), "ask"),
        Attack("another program after env", ("env ls", "env sh"), "ask"),
        Attack("another program after busybox", ("busybox ls", "busybox sh"), "ask"),
        Attack("another program of uv", ("uv run pytest", "uv run python -c 1"), "ask"),
        Attack("another program of npm", ("npm exec tsc", "npm exec evil"), "ask"),
        Attack("another script of npm", ("npm run test", "npm run postinstall"), "ask"),
        Attack("another program of bundle", ("bundle exec rake", "bundle exec sh"), "ask"),
        Attack("another subcommand", ("cargo test", "cargo install evil"), "ask"),
        Attack("a program that tar runs", ("tar xf a.tar", "tar xf a.tar --to-command=sh"), "ask"),
        Attack("another alias of git", ("git status", "git -c core.pager=sh log"), "ask"),
        Attack("with its path", ("/bin/sh a", "/bin/sh b"), "ask"),
        Attack("a version of an interpreter", ("python3.11 a", "python3.11 b"), "ask"),
        Attack("an unfinished quotation", ("ls", "ls 'a"), "ask"),
        Attack("nothing at all", ("ls", ""), "ask"),
    ),
)


def told(scene: Scene, tried: Mapping[str, str]) -> str:
    """What a command that a model proposed sees of coder's environment."""
    import os

    os.environ |= tried
    try:
        code = "import os; print(dict(os.environ))"
        command = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"
        ran = [run_command(command, scene.root, confinement=each) for each in (confinement(), UNCONFINED)]
        return "\n".join(each.output for each in ran)
    finally:
        for name in tried:
            del os.environ[name]


TOLD = Kind(
    "leaks by the environment",
    told,
    tuple(
        Attack(name, {name: value}, "PATH")
        for name, value in {
            "OPENAI_API_KEY": SECRET,
            "CODER_API_KEY": SECRET,
            "GITHUB_TOKEN": SECRET,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "PGPASSWORD": SECRET,
            "SESSION_COOKIE": SECRET,
            "SENTRY_DSN": SECRET,
            "HTTPS_PROXY": f"http://me:{SECRET}@proxy.example",
            "UV_INDEX": f"https://{SECRET}@index.example/simple",
            "MY_SIGNATURE": f"https://store.example/a?sig={SECRET}",
        }.items()
    ),
)


def obeyed(scene: Scene, path: str) -> str:
    """A file that other programs obey is written where edits are allowed without asking."""
    for mode in ("ask", "auto-edit"):
        said = scene.call("write", {"path": path, "text": "evil\n"}, mode)
        assert not said.startswith("done"), mode
    return said


OBEYED = Kind(
    "files that other programs obey",
    obeyed,
    tuple(
        Attack(path, path, "ask")
        for path in (
            ".vscode/tasks.json",
            "web/.vscode/settings.json",
            ".github/workflows/ci.yml",
            ".envrc",
            ".husky/pre-commit",
            ".coder.toml",
            "AGENTS.md",
            ".mcp.json",
            ".gitattributes",
            ".pre-commit-config.yaml",
            ".devcontainer/devcontainer.json",
        )
    ),
)
KINDS = (BEYOND, TOLD, OBEYED)
