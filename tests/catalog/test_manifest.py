"""Which models there are, and from a name to files."""

from pathlib import Path

import pytest

from assistant.catalog import embedded
from assistant.catalog.manifest import Manifest, find_manifest, load_manifests
from assistant.catalog.resolve import RECOMMENDED, resolve_model
from assistant.errors import ModelError, UsageError
from tests.catalog.conftest import MANIFEST


@pytest.fixture
def not_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "available", lambda: None)


def put_in_place(manifest: Manifest) -> None:
    for _, place in manifest.select().places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


def test_the_manifests_that_ship_are_whole() -> None:
    manifests = load_manifests()
    recommended = manifests[RECOMMENDED]
    assert recommended.target is not None
    assert recommended.drafts[0].kind == "model"
    assert manifests[embedded.NAME].target is None


def test_a_manifest_of_the_user_overrides_one_that_ships(coder_home: Path) -> None:
    folder = coder_home / "config" / "models"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(MANIFEST.replace("tiny-pair", RECOMMENDED))
    assert find_manifest(RECOMMENDED).title == "A tiny pair"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('license = "MIT"', ""), "wrong at license"),
        (("memory_gb = 0.1", "memory_gb = -1"), "wrong at memory_gb"),
        (('file = "tiny-draft.F32.gguf"', 'file = "../../outside.gguf"'), "wrong at draft.file"),
        (('name = "tiny-pair"', 'name = "../tiny"'), "wrong at name"),
        (('file = "tiny-draft.F32.gguf"', ""), "needs a file, or quantizations"),
        (
            ("[draft]", 'size_gb = 1\nquantizations = [{name = "Q4_0"}]\n[draft]'),
            "belong to each of the quantizations",
        ),
        (("[draft]", 'quantizations = [{name = "Q4_0"}, {name = "Q4_0"}]\n[draft]'), "have the same name"),
        (('about = "For tests."', 'about = "For tests.'), "cannot be read"),
        (('about = "For tests."', f"about = {'1' * 5000}"), "cannot be read"),
        (('about = "For tests."', f"about = {'[' * 5000}"), "cannot be read"),
    ],
)
def test_a_broken_manifest_is_named_with_what_is_wrong(
    change: tuple[str, str], complaint: str, coder_home: Path
) -> None:
    folder = coder_home / "config" / "models"
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text(MANIFEST.replace(*change))
    with pytest.raises(UsageError, match=complaint) as raised:
        load_manifests()
    assert "broken.toml" in raised.value.message


def test_an_unknown_name_offers_the_near_one() -> None:
    with pytest.raises(UsageError, match=r"no model called 'deepseek-6\.7b'") as raised:
        find_manifest("deepseek-6.7b")
    assert raised.value.hint == "Did you mean deepseek-coder-6.7b?"
    with pytest.raises(UsageError) as raised:
        find_manifest("xyz")
    assert RECOMMENDED in raised.value.hint


def test_target_and_draft_with_the_same_file_name_do_not_meet(coder_home: Path) -> None:
    folder = coder_home / "config" / "models"
    folder.mkdir(parents=True)
    (folder / "pair.toml").write_text(MANIFEST.replace("tiny-draft.F32", "tiny-target.F32"))
    manifest = find_manifest("tiny-pair")
    target, draft = manifest.select().places
    assert target[1] != draft[1]


def test_a_path_is_taken_as_it_is() -> None:
    assert resolve_model("some/where.gguf").target == Path("some/where.gguf")
    assert resolve_model("where.gguf").name == "where"


def test_without_a_name_a_pulled_model_goes_before_the_embedded_one(manifest: Manifest) -> None:
    assert resolve_model(None).tiny
    put_in_place(manifest)
    assert resolve_model(None).name == "tiny-pair"
    put_in_place(find_manifest(RECOMMENDED))
    files = resolve_model(None)
    assert (files.name, files.family) == (RECOMMENDED, "deepseek-coder")
    assert files.draft is not None


def test_half_a_pair_is_no_pulled_model(manifest: Manifest) -> None:
    put_in_place(manifest)
    manifest.select().places[1][1].unlink()
    with pytest.raises(ModelError, match="not on this machine") as raised:
        resolve_model("tiny-pair")
    assert "coder pull tiny-pair" in raised.value.hint


@pytest.mark.usefixtures("not_embedded")
def test_no_model_at_all_says_how_to_get_one() -> None:
    with pytest.raises(ModelError, match="no model on this machine") as raised:
        resolve_model(None)
    assert "coder pull" in raised.value.hint
    with pytest.raises(ModelError, match="not installed"):
        resolve_model(embedded.NAME)
