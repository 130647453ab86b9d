"""Where the work happens: a git repository, or a folder without one, and which of its files hold secrets."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from assistant.errors import RefusedError

_SECRETS = (
    ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "id_*",
    ".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".git-credentials", "credentials", "credentials.*",
    "secrets.*", "*.tfvars",
)  # fmt: skip
_HARMLESS = ("*.pub", "*.example", "*.sample", "*.template", "*.py", "*.js", "*.ts", "*.go", "*.c", "*.rs")

# Editors, shells, git, package managers and assistants do what these say once the repository is opened,
# entered, installed or pushed.
_OBEYED_FOLDERS = {
    ".vscode", ".idea", ".fleet", ".zed", ".devcontainer", ".github", ".gitlab", ".circleci", ".husky",
    ".githooks", ".cargo", ".claude", ".cursor", ".gemini", ".continue", ".direnv", ".config",
}  # fmt: skip
_OBEYED = (
    ".envrc", ".coder.toml", ".mcp.json", "agents.md", "claude.md", "gemini.md", ".cursorrules",
    ".gitattributes", ".gitmodules", ".gitconfig", ".pre-commit-config.yaml", ".gitlab-ci.yml",
    ".travis.yml", "jenkinsfile", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", ".bashrc",
    ".profile", ".zshrc", ".vimrc", ".nvim.lua", ".exrc", ".gdbinit", ".tool-versions", "mise.toml",
    ".mise.toml", "*.code-workspace", "sitecustomize.py", "*.pth",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Workspace:
    """`root` bounds what may be read and written."""

    root: Path
    is_git: bool


def find_workspace(path: Path) -> Workspace:
    """The git work tree that `path` (a file or folder) lies in, else its folder. Raises RefusedError for
    git's own files, as in a bare repository."""
    start = path.absolute()
    start = (start if start.is_dir() else start.parent).resolve()
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return Workspace(folder, is_git=True)
        if folder.name != ".git" and _is_bare(folder):
            raise RefusedError(
                f"{folder} is a bare git repository: what lies there is git's own.",
                hint="Work in a clone of it, or in a work tree: git worktree add PATH",
            )
    return Workspace(start, is_git=False)


def _is_bare(folder: Path) -> bool:
    """By the same signs as git takes."""
    return (folder / "HEAD").is_file() and all((folder / part).is_dir() for part in ("objects", "refs"))


def holds_secrets(path: str) -> bool:
    """Whether the name of a file says that keys or passwords are in it: `.env`, `*.pem`, `id_*` and such."""
    name = path.rpartition("/")[2].lower()
    return any(fnmatchcase(name, each) for each in _SECRETS) and not any(
        fnmatchcase(name, each) for each in _HARMLESS
    )


def obeyed_by_programs(path: str) -> bool:
    """Whether other programs do by themselves what the file at `path`, relative to the root, says: editors,
    shells, git, package managers, assistants."""
    *folders, name = path.lower().split("/")
    return bool(_OBEYED_FOLDERS.intersection(folders)) or any(fnmatchcase(name, each) for each in _OBEYED)
