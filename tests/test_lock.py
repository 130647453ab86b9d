"""requirements.lock has a version, with hashes, of all that pyproject.toml asks for, and LICENSES.md its
licence."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.licences import LOCK, locked

ROOT = Path(__file__).parents[1]
# What is installed beside it where it is wanted: torch alone has a build for each kind of GPU.
_NOT_LOCKED = {"train", "energy", "peer"}


def _wanted() -> Iterator[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    chosen = [each for name, group in extras.items() if name not in _NOT_LOCKED for each in group]
    for each in (*project["dependencies"], *chosen):
        requirement = Requirement(each)
        if requirement.name != project["name"]:
            yield requirement


def test_it_satisfies_what_the_project_asks_for() -> None:
    pins: dict[str, list[str]] = {}
    for name, version, _ in locked():
        pins.setdefault(canonicalize_name(name), []).append(version)
    wanted = list(_wanted())
    assert len(wanted) > 20
    for requirement in wanted:
        versions = pins.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is not locked: renew requirements.lock"
        assert all(requirement.specifier.contains(Version(version), prereleases=True) for version in versions)


def test_each_pin_has_hashes_and_no_place_to_take_it_from_is_named() -> None:
    text = LOCK.read_text("utf-8")
    pins = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pins) == len(list(locked()))
    assert all("--hash=sha256:" in pin for pin in pins)
    assert not re.search(r"://|^-|--(?!hash)", text, re.MULTILINE)


def test_the_licences_are_those_of_the_lock() -> None:
    rows = re.findall(r"^\| (\S+) \| (\S+) \| (.+) \|$", (ROOT / "LICENSES.md").read_text("utf-8"), re.M)
    listed = {(name, version): licence for name, version, licence in rows if name != "package"}
    assert listed.keys() == {(name, version) for name, version, _ in locked()}
    assert "not stated" not in listed.values()
    assert not any("AGPL" in licence or "Affero" in licence for licence in listed.values())
