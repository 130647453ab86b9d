"""Give a text that was written out whole the whitespace of the file that it is to replace."""

from collections.abc import Iterator, Sequence

from assistant.agent.edits.edit import EditError
from assistant.agent.edits.indentation import Translation, indentation
from assistant.repo.hunks import diff_hunks


def laid_out(path: str, old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The new lines with the file's trailing whitespace, and with its indentation where kept lines have
    other characters for it, or most of them another depth. Raises EditError where that is not clear."""
    kept = list(_kept(old, new))
    pairs = [(indentation(new[j]), indentation(old[i])) for i, j in kept if old[i].strip()]
    deep = [(theirs, ours) for theirs, ours in pairs if theirs or ours]
    other_mark = any(theirs and ours and set(theirs) != set(ours) for theirs, ours in deep)
    shifted = other_mark or 2 * sum(theirs != ours for theirs, ours in deep) > len(deep)
    translate = Translation.learn(pairs, old) if shifted else str
    trailing = any(line != line.rstrip() for line in old)
    of_file = {j: old[i] for i, j in kept}
    lines: list[str] = []
    for j, line in enumerate(new):
        depth = translate(indentation(line))
        same = of_file.get(j)
        if same is not None and (shifted or same.rstrip() == line.rstrip()):
            lines.append(same)
        elif depth is None and line.strip():
            raise EditError(
                f"{path}: the new text is indented in another way than the file, and line {j + 1} in neither"
                f" clearly: {line.strip()[:80]}",
                hint="Indent as the file does, or send only the lines that change as a search/replace block.",
            )
        else:
            line = (depth or "") + line.lstrip(" \t") if line.strip() else line
            lines.append(line if trailing else line.rstrip())
    return lines


def _kept(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Numbers of the lines that both have, whitespace around them not counted."""
    one, other = ("".join(f"{line.strip()}\n" for line in lines) for lines in (old, new))
    i = j = 0
    for hunk in diff_hunks(one, other):
        yield from zip(range(i, hunk.old_start), range(j, hunk.new_start), strict=True)
        i, j = hunk.old_end, hunk.new_start + len(hunk.new_lines)
    yield from zip(range(i, len(old)), range(j, len(new)), strict=True)
