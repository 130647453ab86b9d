"""What may follow the `@` of a mention, as it is typed."""

from collections.abc import Iterable, Sequence
from itertools import islice

from rapidfuzz import fuzz, process

_SIMILAR = 60.0  # of 100, as rapidfuzz counts


class MentionCompleter:
    """Offers the files, their folders, and names that are declared."""

    def __init__(self, files: Sequence[str], names: Iterable[str] = ()) -> None:
        candidates = {*files, *_folders(files), *names}
        self._candidates = sorted(candidates, key=lambda one: (len(one), one))
        self._lower = [one.lower() for one in self._candidates]
        self._all = "\n".join(self._lower)
        self._last = [one.rstrip("/").rpartition("/")[2] for one in self._lower]

    def complete(self, prefix: str, limit: int = 20) -> list[str]:
        """At most `limit` candidates, the best first: those whose last part begins with `prefix`, that begin
        with it, that hold it; where there is none, those that are like it. Case does not count, and the
        shorter go first."""
        wanted = prefix.lower()
        if wanted not in self._all:
            return [self._candidates[i] for i in self._similar(wanted, limit)]
        chosen: dict[int, None] = {}
        for matching in (
            (i for i, last in enumerate(self._last) if last.startswith(wanted)),
            (i for i, whole in enumerate(self._lower) if whole.startswith(wanted)),
            (i for i, whole in enumerate(self._lower) if wanted in whole),
        ):
            chosen |= dict.fromkeys(islice(matching, limit))
            if len(chosen) >= limit:
                break
        return [self._candidates[i] for i in islice(chosen, limit)]

    def _similar(self, wanted: str, limit: int) -> list[int]:
        among = self._lower if "/" in wanted else self._last
        found = process.extract(wanted, among, scorer=fuzz.ratio, limit=limit, score_cutoff=_SIMILAR)
        return [number for _, _, number in found]


def _folders(files: Iterable[str]) -> set[str]:
    folders: set[str] = set()
    for file in files:
        folder = file.rpartition("/")[0]
        while folder and f"{folder}/" not in folders:
            folders.add(f"{folder}/")
            folder = folder.rpartition("/")[0]
    return folders
