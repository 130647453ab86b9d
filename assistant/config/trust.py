"""What a repository's own file may set, and which of these files the user has agreed to.

A repository is somebody else's until the user says otherwise. What only bounds the work is taken from its
file at once. What runs a command, loads a file, speaks to a server, keeps or loosens anything waits for
consent, which holds for the file as it was shown, and for the files of the repository that its commands
name: another content is asked for again. Where code is sent
to, and how the app looks and is driven, is the user's own in any case.
"""

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.catalog.locations import data_folder
from assistant.errors import CoderError
from assistant.repo.atomic import replace_file

FREE = frozenset({"context", "kv_type", "flash_attention", "test_timeout", "budget"})
ON_CONSENT: Mapping[str, str] = {
    "model": "loads this model",
    "draft": "loads this draft, or none",
    "mode": "sets what is done without asking",
    "test": "runs this command",
    "history": "sets whether answers are kept",
    "mcp": "starts this program, or speaks to this server",
}


_LARGEST_HASHED = 2**20


def fingerprint(root: Path, digest: str, asked_for: Mapping[str, Any]) -> str:
    """What consent is given to: the settings file with this `digest`, and what its commands name in the
    repository `root`. It is `digest` itself where they name nothing there."""
    named = {word: _digest(root / word) for value in asked_for.values() for word in _words(value)}
    files = {word: found for word, found in named.items() if found}
    return (
        hashlib.sha256(json.dumps([digest, files], sort_keys=True).encode()).hexdigest() if files else digest
    )


def _words(value: object) -> Sequence[str]:
    """Those of a command, or of a server's."""
    if isinstance(value, Mapping):
        return [each for each in value.get("command") or () if isinstance(each, str)]
    try:
        return shlex.split(value) if isinstance(value, str) else []
    except ValueError:
        return []


def _digest(path: Path) -> str:
    """Empty for what is no file of a bearable size."""
    try:
        if path.is_file() and path.stat().st_size <= _LARGEST_HASHED:
            return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError):
        pass
    return ""


class TrustStore:
    """Verdicts on contents, by repository, in one small file each."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or data_folder() / "trust"

    def verdict(self, root: Path, digest: str) -> bool | None:
        """Whether the user agreed to the content with this SHA-256; None where they were not asked yet.
        What cannot be read is no consent."""
        said = self._load(root).get(digest)
        return said if isinstance(said, bool) else None

    def trusted(self, root: Path, digest: str) -> bool:
        return self.verdict(root, digest) is True

    def remember(self, root: Path, digest: str, *, trusted: bool) -> None:
        """Raises CoderError where it cannot be written down."""
        from filelock import FileLock

        file = self._file(root)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(file.with_suffix(".lock")):
                verdicts = {**self._load(root), digest: trusted}
                document = {"root": str(root.resolve()), "verdicts": verdicts}
                content = json.dumps(document, indent=2, ensure_ascii=True).encode()
                replace_file(file, content, 0o600)
        except OSError as error:
            raise CoderError(f"Your answer could not be kept: {error.strerror or error}.") from error

    def _load(self, root: Path) -> dict[str, object]:
        try:
            verdicts = json.loads(self._file(root).read_text("utf-8"))["verdicts"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}
        return verdicts if isinstance(verdicts, dict) else {}

    def _file(self, root: Path) -> Path:
        path = str(root.resolve()).encode("utf-8", "surrogateescape")
        return self._folder / f"{hashlib.sha256(path).hexdigest()[:16]}.json"
