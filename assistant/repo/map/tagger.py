"""Read the tags of many contents, in processes where they are many: the interpreter stays free for the
screen, and a parser that crashes takes nobody with it."""

import os
import pickle
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue

from assistant.repo.map.packed import PackedTags, pack
from assistant.repo.map.tags import read_tags

_FEW = 40
_BATCH = 24
_MOST_WORKERS = 8
_PACKAGE_PARENT = str(Path(__file__).parents[3])


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes, and the key under which its tags are kept."""

    digest: bytes
    language: str
    data: bytes


Tagged = tuple[bytes, PackedTags | None]


def tag_all(contents: Iterable[Content]) -> Generator[Tagged, None, None]:
    """The digest and tags of each content, in any order; None for what made a parser crash.

    Few are read here, more in processes. Closing the iterator ends them."""
    remaining = iter(contents)
    few = list(islice(remaining, _FEW + 1))
    everything = chain(few, remaining)
    workers = _start_workers() if len(few) > _FEW else []
    if not workers:
        yield from ((one.digest, pack(read_tags(one.data, one.language))) for one in everything)
        return
    pool = _Pool(workers)
    try:
        yield from pool.tag_all(everything)
    finally:
        pool.close()


class _Worker:
    """One child process."""

    def __init__(self) -> None:
        paths = [_PACKAGE_PARENT, *filter(os.path.isabs, sys.path)]
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "assistant.repo.map.worker",
            ],  # -P: the working directory is not ours
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop it
        )

    def tag(self, batch: Sequence[Content]) -> list[PackedTags] | None:
        """The tags of each; None where the process has ended. Blocks."""
        assert self._process.stdin and self._process.stdout
        try:
            pickle.dump([(one.language, one.data) for one in batch], self._process.stdin)
            self._process.stdin.flush()
            answer: list[PackedTags] = pickle.load(self._process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            return None
        return answer

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.kill()
        self._process.communicate()


class _Pool:
    """Workers, and the threads that wait for them."""

    def __init__(self, workers: list[_Worker]) -> None:
        self._workers = workers
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(len(workers))
        self._most_running = 2 * len(workers)
        self._closing = False

    def tag_all(self, contents: Iterator[Content]) -> Iterator[Tagged]:
        batches = iter(lambda: list(islice(contents, _BATCH)), [])
        running: set[Future[list[Tagged]]] = set()
        while True:
            wanted = self._most_running - len(running)
            running |= {self._threads.submit(self._tag, batch) for batch in islice(batches, wanted)}
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()

    def close(self) -> None:
        self._closing = True
        for worker in list(self._workers):
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def _tag(self, batch: list[Content]) -> list[Tagged]:
        worker = self._idle.get()
        answers = worker.tag(batch)
        if answers is None and not self._closing:
            self._workers.remove(worker)
            worker.close()
            worker = _Worker()
            self._workers.append(worker)
        self._idle.put(worker)
        if answers is not None:
            return [(one.digest, tags) for one, tags in zip(batch, answers, strict=True)]
        if self._closing or len(batch) == 1:
            return [(one.digest, None) for one in batch]
        return [tagged for one in batch for tagged in self._tag([one])]


def _start_workers() -> list[_Worker]:
    """As many as there are cores; none where Python cannot be started."""
    workers: list[_Worker] = []
    try:
        workers += [_Worker() for _ in range(min(os.cpu_count() or 1, _MOST_WORKERS))]
        if workers[0].tag([]) == []:
            return workers
    except OSError:
        pass
    for worker in workers:
        worker.close()
    return []
