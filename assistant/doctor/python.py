"""The interpreter, and the optional packages that are installed in it."""

import importlib.util
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from assistant.doctor.check import Check

_OLDEST = (3, 11)


def interpreter() -> Check:
    found = f"{platform.python_version()} {platform.python_implementation()}, {sys.executable}"
    if sys.version_info < _OLDEST:  # an editable install may be run by any
        return Check("interpreter", "failed", found, "Install Python 3.11 or newer, and coder with it.")
    return Check("interpreter", "ok", found)


def training_extra() -> Check:
    """The extra that only `coder train-draft` needs."""
    name = "training extra"
    missing = [package for package in ("torch", "gguf") if importlib.util.find_spec(package) is None]
    if missing:
        found = f"without {' and '.join(missing)}, which only coder train-draft needs"
        return Check(name, "ok", found, "pip install 'coder-assistant[train]'")
    return Check(name, "ok", ", ".join(f"{package} {_version(package)}" for package in ("torch", "gguf")))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # found on the path, and not installed as a package
        return "of unknown version"
