"""A bundle to attach to a bug report: what the doctor found, versions, settings and the end of the log, with
secrets removed. Nothing of a repository is in it, and nothing is sent."""

import json
import platform
import sys
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from assistant.config import load_config
from assistant.doctor.redact import GONE, redactor
from assistant.errors import CoderError
from assistant.repo.workspace import find_workspace

_PACKAGE = "coder-assistant"
_LOG_BYTES = 200_000
_ABOUT = """What `coder doctor --report` wrote, to be attached to a bug report. Look through it first.

doctor.json    what works on the machine and what does not
versions.json  of Python, of the system, and of the packages that coder needs
settings.json  your settings that are not the defaults; what servers are given in their environment is removed
coder.log      the end of the log: which commands ran, and how they ended

Keys, tokens and passwords were removed, and your home folder is shown as ~. Your code, prompts and answers
are not in it: they are not in the log either.
"""


def write_bundle(file: Path, examined: Mapping[str, Any], logs: Iterable[Path]) -> tuple[str, ...]:
    """Write the bundle to `file`, a zip that must not be there yet, and return the names of what is in it.
    `examined` is what the doctor found, `logs` are the log's files, the oldest first. Raises CoderError."""
    redact = redactor()
    contents = {
        "README.txt": _ABOUT,
        "doctor.json": redact(_json(examined)),
        "versions.json": redact(_json(_versions())),
        "settings.json": redact(_json(_settings())),
        "coder.log": redact(_tail(logs)),
    }
    try:
        with file.open("xb") as opened, zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in contents.items():
                bundle.writestr(name, text)
    except FileExistsError as error:
        raise CoderError(f"{file} exists already; it was left alone.", hint="Name another file.") from error
    except OSError as error:
        with suppress(OSError):
            file.unlink(missing_ok=True)
        raise CoderError(f"{file} cannot be written: {error.strerror or error}.") from error
    return tuple(contents)


def _versions() -> dict[str, Any]:
    needed = (requirement.split(";")[0] for requirement in metadata.requires(_PACKAGE) or ())
    names = {name for each in needed if (name := _name(each))}
    packages = {}
    for name in sorted(names):
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            packages[name] = "not installed"
    return {"python": sys.version, "system": platform.platform(), "packages": packages}


def _name(requirement: str) -> str:
    end = next((at for at, each in enumerate(requirement) if not (each.isalnum() or each in "-_.")), None)
    return requirement[:end]


def _settings() -> dict[str, Any]:
    try:
        config = load_config(find_workspace(Path()).root)
    except CoderError as error:
        return {"error": error.message}
    document: dict[str, Any] = config.settings.model_dump(mode="json", exclude_defaults=True)
    for server in document.get("mcp", {}).values():
        server["env"] = dict.fromkeys(server.get("env", ()), GONE)
    return {"settings": document, "from": {key: origin.source for key, origin in config.origins.items()}}


def _tail(logs: Iterable[Path]) -> str:
    whole = b""
    for log in logs:
        try:
            whole += log.read_bytes()
        except OSError:
            continue
    return whole[-_LOG_BYTES:].decode("utf-8", "replace") or "(there is no log)\n"


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"
