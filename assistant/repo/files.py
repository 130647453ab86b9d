"""Read and write a person's files: nothing lost, nothing changed that was not asked for.

A file keeps its encoding, byte order mark, line endings and mode. Writing is atomic, and refused
when the file on disk is no longer the one that was read. The new text goes to the file's own name
alone: another hard link to the old one, which may well lie outside of the repository, keeps the old.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assistant.errors import CoderError, RefusedError, UsageError
from assistant.repo.anchor import anchored
from assistant.repo.atomic import replace_file, stage, sync_folder
from assistant.repo.git_folder import belongs_to_git
from assistant.repo.hunks import diff_hunks

MAX_BYTES = 1_000_000
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_BINARY = {chr(code) for code in range(32)} - set("\t\n\r\f\v\b\x1b")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A text file as it was read. `path` is absolute and resolved, `shown` is relative to the root.

    `text` has LF line endings and no byte order mark; `raw` is what lay on disk."""

    path: Path
    shown: str
    text: str
    raw: bytes
    encoding: str
    bom: bytes
    newline: str
    mode: int

    @property
    def root(self) -> Path:
        """What `shown` is relative to."""
        return self.path.parents[self.shown.count("/")]


Keep = Callable[[Sequence[tuple[SourceFile, bytes]]], None]


def read_source(path: Path, root: Path, *, max_bytes: int = MAX_BYTES) -> SourceFile:
    """Read the text file at `path` (relative paths count from the working directory).

    Raises UsageError where it cannot be worked on, RefusedError where it must not be."""
    real, shown = inside(path, root)
    try:
        if not real.exists():
            raise UsageError(f"There is no file {path}.")
        if not real.is_file():
            raise UsageError(f"{path} is not a file.", hint="Name the files to change, not their folder.")
        with open_file(real) as file:
            status = os.fstat(file.fileno())
            raw = file.read(max_bytes + 1)
        size, mode = max(status.st_size, len(raw)), stat.S_IMODE(status.st_mode)
        if size > max_bytes:
            raise UsageError(
                f"{path} is too large: {size:,} bytes, at most {max_bytes:,} can be worked on.",
                hint="Split the file, or work on a smaller part of it.",
            )
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
    encoding, bom = _encoding(raw)
    if encoding is None:
        raise UsageError(f"{path} is no text file.", hint="Binary files cannot be worked on.")
    text = raw[len(bom) :].decode(encoding)
    return SourceFile(real, shown, _unix(text), raw, encoding, bom, _newline(text), mode)


def open_file(path: Path) -> BinaryIO:
    """The plain file at `path`, which is resolved, open to be read. Raises OSError, and RefusedError where a
    link has taken the place of a folder since."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with anchored(path.parent) as folder:
        file = os.fdopen(os.open(folder / path.name, flags | getattr(os, "O_BINARY", 0)), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is no plain file")
    return file


def require_writable(source: SourceFile) -> None:
    """Raise RefusedError for a file that its owner protected, before any work is done on it."""
    if not source.path.exists():
        raise RefusedError(f"{source.shown} is gone from disk since it was read.")
    if not source.mode & 0o222 or not os.access(source.path, os.W_OK):
        raise RefusedError(f"{source.shown} is read-only.", hint=f"If you mean it: chmod u+w {source.shown}")
    if not os.access(source.path.parent, os.W_OK):
        raise RefusedError(
            f"The folder of {source.shown} is read-only.",
            hint="Files are replaced whole, so it must be writable.",
        )


def encode(source: SourceFile, text: str) -> bytes:
    """The bytes of `text` in the file's own encoding and line endings. Raises UsageError for a
    character that the encoding lacks."""
    native = _native(source, text)
    try:
        return source.bom + native.encode(source.encoding)
    except UnicodeEncodeError as error:
        character = native[error.start]
        raise UsageError(
            f"{source.shown} is in {source.encoding}, which has no {character!r}.",
            hint="Convert the file to UTF-8 first.",
        ) from error


def write_source(source: SourceFile, text: str, keep: Keep | None = None) -> SourceFile:
    """Replace the file's text, atomically, and return it as it is now."""
    return write_all([(source, text)], keep)[0]


def put_back(now: SourceFile, former: SourceFile) -> SourceFile:
    """Give the file the very bytes that it had as `former`. Raises RefusedError where it is not as `now`."""
    check_unchanged(now)
    try:
        with anchored(former.path.parent) as folder:
            replace_file(folder / former.path.name, former.raw, former.mode)
    except OSError as error:
        raise CoderError(f"{former.shown} could not be put back: {error.strerror or error}.") from error
    return former


def write_all(changes: Sequence[tuple[SourceFile, str]], keep: Keep | None = None) -> list[SourceFile]:
    """Replace the text of several files, all or none. `keep` is told the files and their new bytes first,
    so that it can record what they were; what it raises stops the writing. Raises RefusedError and changes
    nothing where one is protected or is not as it was read."""
    contents = [encode(source, text) for source, text in changes]
    if len({source.path for source, _ in changes}) < len(changes):
        raise UsageError("The same file was to be written twice.", hint="Name every file once.")
    with ExitStack() as held:
        _replace_all(changes, contents, keep, held)
    for folder in {source.path.parent for source, _ in changes}:
        sync_folder(folder)
    return [
        SourceFile(s.path, s.shown, _unix(text), content, s.encoding, s.bom, s.newline, s.mode)
        for (s, text), content in zip(changes, contents, strict=True)
    ]


def _replace_all(
    changes: Sequence[tuple[SourceFile, str]], contents: Sequence[bytes], keep: Keep | None, held: ExitStack
) -> None:
    staged: list[tuple[Path, Path]] = []
    replaced: list[SourceFile] = []
    try:
        for source, _ in changes:
            require_writable(source)
            check_unchanged(source)
        if keep:
            keep([(source, content) for (source, _), content in zip(changes, contents, strict=True)])
        for (source, _), content in zip(changes, contents, strict=True):
            place = held.enter_context(anchored(source.path.parent)) / source.path.name
            staged.append((stage(place, content, source.mode), place))
        for source, _ in changes:
            check_unchanged(source)
        for (source, _), (temporary, place) in zip(changes, staged, strict=True):
            replaced.append(source)
            temporary.replace(place)
    except BaseException as error:
        lost = [source.shown for source in replaced if not _restore(source)]
        if lost:
            raise CoderError(
                f"Writing failed half-way ({error}), and so did taking it back in {', '.join(lost)}.",
                hint="These have the new text. The old one lies beside them, in files ending in .coder.",
            ) from error
        if isinstance(error, OSError):
            raise CoderError(f"Nothing was written: {error.strerror or error}.") from error
        raise
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def inside(path: Path, root: Path) -> tuple[Path, str]:
    """The real path and how it is shown. Links inside the root are followed, links out of it refused."""
    root = root.resolve()
    try:
        real, is_link = path.resolve(), path.is_symlink()
        real.exists()  # raises for a name that no file can have
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{path} cannot be followed: {error}.") from error
    if not real.is_relative_to(root):
        raise RefusedError(
            f"{path} lies outside of {root}" + (" (it is a link)." if is_link else "."),
            hint="Only files inside the repository are read or written.",
        )
    relative = real.relative_to(root)
    if belongs_to_git(relative, root):
        raise RefusedError(f"{path} belongs to git itself.", hint="Use git to change its files.")
    return real, relative.as_posix()


def is_there(path: Path) -> bool:
    """Whether anything is at `path`; nothing is where no file can be called so."""
    try:
        return path.exists()
    except OSError:
        return False


def _encoding(raw: bytes) -> tuple[str | None, bytes]:
    """How the bytes are to be read, and their mark; None for what is no text."""
    marked = [(encoding, bom) for bom, encoding in _BOMS if raw.startswith(bom)]
    for encoding, bom in (*marked, ("utf-8", b""), ("latin-1", b"")):
        with contextlib.suppress(UnicodeDecodeError):
            text = raw[len(bom) :].decode(encoding)
            return (None, b"") if _BINARY & set(text) else (encoding, bom)
    return None, b""


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _newline(text: str) -> str:
    """The line ending that most lines have."""
    windows = text.count("\r\n")
    counts = {"\n": text.count("\n") - windows, "\r\n": windows, "\r": text.count("\r") - windows}
    return max(counts, key=lambda ending: counts[ending])


def _native(source: SourceFile, text: str) -> str:
    """`text` with the file's line endings; in a file that mixes them every kept line keeps its own."""
    lines = _unix(text).split("\n")
    old = source.raw[len(source.bom) :].decode(source.encoding)
    endings = re.findall(r"\r\n|\r|\n", old)
    if len(set(endings)) <= 1:
        return source.newline.join(lines)
    chosen: list[str] = []
    at = 0
    for hunk in diff_hunks(_unix(old), "\n".join(lines)):
        chosen += endings[at : hunk.old_start] + [source.newline] * len(hunk.new_lines)
        at = hunk.old_end
    chosen += endings[at:]
    chosen[len(lines) - 1 :] = [""]
    for i in range(len(lines) - 1):
        if chosen[i : i + 2] == ["\r", "\n"] and not lines[i + 1]:
            chosen[i] = "\r\n"  # the two would be read as one
    return "".join(line + ending for line, ending in zip(lines, chosen, strict=True))


def _restore(source: SourceFile) -> bool:
    """Put the old bytes back; False where that fails too."""
    try:
        with anchored(source.path.parent) as folder:
            place = folder / source.path.name
            if place.read_bytes() != source.raw:
                stage(place, source.raw, source.mode).replace(place)
    except (OSError, RefusedError):
        return False
    return True


def check_unchanged(source: SourceFile) -> None:
    """Raise RefusedError where the file on disk is no longer the one that was read."""
    try:
        with open_file(source.path) as file:
            now = file.read()
    except OSError as error:
        raise RefusedError(f"{source.shown} is gone from disk since it was read.") from error
    if now != source.raw:
        raise RefusedError(
            f"{source.shown} was changed on disk since it was read; nothing was written.",
            hint="Your change is kept. Ask again to work on the file as it is now.",
        )
