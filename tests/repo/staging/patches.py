"""The oracle: keep some lines of a patch as its text, and let `git apply` do it."""

from pathlib import Path

from hypothesis import strategies as st

from assistant.repo.diff import FileDiff
from assistant.repo.staging import Choice, everything
from tests.repo.repository import git

_LINES = st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"d\r\n", b"\xff\n"])
TEXTS = st.builds(
    lambda lines, end: b"".join(lines) + end,
    st.lists(_LINES, max_size=20),
    st.sampled_from([b"", b"a", b"b"]),
)

_NO_NEWLINE = b"\n\\ No newline at end of file\n"


def some_lines(file: FileDiff, data: st.DataObject) -> Choice:
    """Any of the lines that the file's change consists of."""
    return Choice(frozenset(data.draw(st.sets(st.sampled_from(sorted(everything(file).lines))))))


def apply_chosen(root: Path, path: str, file: FileDiff, choice: Choice, *options: str) -> None:
    """Apply the chosen lines of a change to `path`, backwards with the option `--reverse`."""
    patch = _patch(path, file, choice, backward="--reverse" in options)
    if patch:
        git(root, "apply", "--whitespace=nowarn", *options, "-", stdin=patch)


def _patch(path: str, file: FileDiff, choice: Choice, *, backward: bool) -> bytes:
    """As `git add -p` edits one: a removal that is not wanted becomes context, an addition goes; backwards
    the other way round."""
    stays, goes = ("added", "removed") if backward else ("removed", "added")
    out = [f"--- a/{path}\n+++ b/{path}\n".encode()]
    shift = 0
    for number, hunk in enumerate(file.hunks):
        body: list[tuple[bytes, bytes]] = []
        for at, line in enumerate(hunk.lines):
            kind = line.kind
            if kind != "context" and (number, at) not in choice.lines:
                if kind == goes:
                    continue
                assert kind == stays
                kind = "context"
            body.append(({"context": b" ", "added": b"+", "removed": b"-"}[kind], line.content))
        body = _with_newlines(body, backward)
        old, new = (sum(sign != absent for sign, _ in body) for absent in (b"+", b"-"))
        base = hunk.new_start if backward else hunk.old_start
        starts = (base + shift, base) if backward else (base, base + shift)
        shift += old - new if backward else new - old
        ranges = [f"{start + bool(count)},{count}" for start, count in zip(starts, (old, new), strict=True)]
        if any(sign != b" " for sign, _ in body):
            out.append(f"@@ -{ranges[0]} +{ranges[1]} @@\n".encode())
            out += [sign + (c if c.endswith(b"\n") else c + _NO_NEWLINE) for sign, c in body]
    return b"".join(out) if len(out) > 1 else b""


def _with_newlines(body: list[tuple[bytes, bytes]], backward: bool) -> list[tuple[bytes, bytes]]:
    """A line without newline that others follow now gets one, which is a change of its own."""
    comes, goes = (b"-", b"+") if backward else (b"+", b"-")
    out: list[tuple[bytes, bytes]] = []
    for i, (sign, content) in enumerate(body):
        followed = any(later != goes for later, _ in body[i + 1 :])
        if content.endswith(b"\n") or sign == goes or not followed:
            out.append((sign, content))
        elif sign == comes:
            out.append((comes, content + b"\n"))
        else:
            out += [(goes, content), (comes, content + b"\n")]
    return out
