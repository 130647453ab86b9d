"""Each attack of the tables is tried, and none succeeds. `python -m tests.attacks` prints them."""

from pathlib import Path

import pytest

from tests.attacks.attack import Attack, Kind, Scene
from tests.attacks.tables import KINDS

CASES = [(kind, attack) for kind in KINDS for attack in kind.attacks]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    scene = Scene(home)
    monkeypatch.chdir(scene.root)
    return scene


@pytest.mark.parametrize(
    ("kind", "attack"), CASES, ids=[f"{kind.title}: {attack.name}" for kind, attack in CASES]
)
def test_it_does_not_succeed(scene: Scene, kind: Kind, attack: Attack) -> None:
    came_of_it = kind.attempt(scene, attack.tried)
    assert attack.expected in came_of_it
    scene.check_unharmed(came_of_it)


def test_the_tables_are_as_large_as_is_promised() -> None:
    assert len(CASES) >= 150
    assert len({(kind.title, attack.name) for kind, attack in CASES}) == len(CASES)
