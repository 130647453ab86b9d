"""A manifest of whatever TOML is a model with files in their place, or an error that names the file."""

from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from assistant.catalog.locations import manifests_folder, models_folder
from assistant.catalog.manifest import load_manifests
from assistant.errors import UsageError
from tests.fuzz import Property

_FILES = (
    "a.gguf", "../a.gguf", "/a.gguf", "a-00001-of-00003.gguf", "a-00001-of-99999.gguf",
    "{quantization}.gguf", "b/{quantization}/a.gguf", "b/../../a.gguf", "a.txt", "",
)  # fmt: skip
_TEXTS = st.sampled_from(
    [*_FILES, "tiny", "Q4_0", "../x", "o/r", "main", "f" * 64, "model", "dspark", "\0", "é"]
)
_NUMBERS = st.sampled_from([0, 1, -1, 0.5, 2**62, float("inf"), float("nan"), True])
_ANY = (
    _TEXTS
    | _NUMBERS
    | st.lists(_TEXTS | _NUMBERS, max_size=2)
    | st.dictionaries(st.sampled_from(["a", "file"]), _TEXTS)
)


def _table(**usual: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Mostly what belongs there, now and then anything, and a key that does not."""
    return st.fixed_dictionaries(
        {}, optional={**{key: value | value | value | _ANY for key, value in usual.items()}, "unknwon": _ANY}
    )


_SHAPES = _table(layers=st.just(2), kv_heads=st.just(2), key_length=st.just(8), heads=st.just(2))
_QUANTIZATIONS = _table(
    name=st.just("Q4_0"), size_gb=st.just(0.5), file=st.sampled_from(_FILES), sha256=st.just("f" * 64)
)
_SOURCES = {
    "repo": st.just("o/r"),
    "file": st.sampled_from(_FILES),
    "size_gb": st.just(0.5),
    "sha256": st.just("f" * 64),
    "quantizations": st.lists(_QUANTIZATIONS, max_size=3),
}
_DRAFTS = _table(**_SOURCES, kind=st.sampled_from(["model", "dspark"]), shape=_SHAPES)
_MANIFESTS = st.builds(
    lambda base, more: {**base, **more},
    st.just({"name": "tiny", "title": "A", "about": "B", "license": "MIT", "size_gb": 0.5}),
    _table(
        target=_table(**_SOURCES) | st.just({"repo": "o/r", "file": "a.gguf", "size_gb": 0.5}),
        draft=_DRAFTS | st.lists(_DRAFTS, max_size=2),
        name=st.sampled_from(["tiny", "../tiny", ""]),
        shape=_SHAPES,
        context=st.just(512),
        edit_format=st.just("patch"),
    ),
)
_ODD = st.sampled_from(
    ["a = " + "1" * 5000, "a = " + "[" * 5000, "a = 2020-99-99", "[a]\n[a]", '"', "a.b.c = 1", "\0", "\x1b"]
)
_CONTENTS = (_MANIFESTS.map(tomlkit.dumps) | _ODD | st.text(max_size=20)).map(str.encode) | st.binary(
    max_size=20
)


def target(folder: Path) -> Property:
    def at(content: bytes) -> Path:
        path = manifests_folder() / "made.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    @given(content=_CONTENTS)
    def manifests(content: bytes) -> None:
        path = at(content)
        try:
            found = load_manifests()
        except UsageError as error:
            assert str(path) in error.message
            return
        finally:
            path.unlink()
        for manifest in found.values():
            for selection in manifest.selections():
                for _, place in selection.places:
                    assert place.resolve().is_relative_to(models_folder().resolve())

    return manifests
