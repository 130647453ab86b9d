"""The licence of each package in requirements.lock, as its own metadata states it.

`python -m tests.licences > LICENSES.md` writes the list anew, where all of them are installed."""

import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==(\S+)( ; [^\\]*)?", re.MULTILINE)
_CLASSIFIER = "License :: "
_LONGEST = 60


def locked() -> Iterator[tuple[str, str, str]]:
    """Name, version and marker of each pin."""
    for name, version, marker in _PIN.findall(LOCK.read_text("utf-8")):
        yield name, version, marker.removeprefix(" ; ").strip()


def licence_of(name: str) -> str | None:
    """What the installed package says, None where it is not installed."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classifiers = (each for each in said.get_all("Classifier") or () if each.startswith(_CLASSIFIER))
    classified = [each.rpartition(" :: ")[2] for each in classifiers]
    stated = " ".join((said.get("License-Expression") or said.get("License") or "").split())
    if not stated or len(stated) > _LONGEST:  # some put the whole text there
        stated = ", ".join(classified)
    return stated or _from_file(name)


def _from_file(name: str) -> str:
    """The first line of the licence's file, for those that state nothing else."""
    for file in metadata.files(name) or ():
        if re.search(r"licen[cs]e|copying", file.name, re.IGNORECASE):
            lines = (line.strip() for line in file.read_text().splitlines())
            return next(filter(None, lines), "")[:_LONGEST]
    return "not stated"


def main() -> None:
    print("# Licences\n\nOf the packages in `requirements.lock`, made by `python -m tests.licences`.\n")
    print("| package | version | licence |\n|---|---|---|")
    for name, version, marker in locked():
        licence = licence_of(name) or f"not installed here ({marker})".replace(" ()", "")
        print(f"| {name} | {version} | {licence.replace('|', '/')} |")


if __name__ == "__main__":
    sys.exit(main())
