"""A process that reads tags: batches of contents come in on stdin, packed tags go out on stdout.

A child of its own and not one of `multiprocessing`, whose start fails under Textual, where stderr has no
file descriptor, and imports the main module again.
"""

import pickle
import sys

from assistant.repo.map.packed import pack
from assistant.repo.map.tags import read_tags


def main() -> None:
    while True:
        try:
            batch: list[tuple[str, bytes]] = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump([pack(read_tags(data, language)) for language, data in batch], sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
