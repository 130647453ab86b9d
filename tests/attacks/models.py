"""What a model on the hub brings: references, manifests, names of files."""

from typing import Any

import pytest
from pydantic import ValidationError

from assistant.catalog import reference
from assistant.catalog.hub import Repository, RepositoryFile
from assistant.catalog.locations import manifests_folder, models_folder
from assistant.catalog.manifest import Manifest, load_manifests
from assistant.catalog.source import Source
from assistant.errors import CoderError
from tests.attacks.attack import Attack, Kind, Scene


def referred(scene: Scene, name: str) -> str:
    try:
        found = reference.parse_reference(name)
    except CoderError as error:
        return f"refused: {error.message}"
    return str(found)


REFERENCES = Kind(
    "references to models",
    referred,
    tuple(
        Attack(name, name, "refused")
        for name in (
            "hf:../..",
            "hf:..",
            "hf:owner/..",
            "hf:owner/repo/../../x",
            "hf:/etc/passwd",
            "hf:owner/repo:../evil.gguf",
            "hf:owner/repo:a/../../evil.gguf",
            "hf:owner/repo:/etc/evil.gguf",
            "hf:owner/repo:.ssh/evil.gguf",
            "hf:owner/repo:a\\..\\evil.gguf",
            "hf:owner/repo:evil.gguf/../x.gguf",
            "hf:owner/repo\n/x",
            "hf:owner@evil.example/repo",
            "hf:-option/repo",
            "hf:owner/repo:a\0.gguf",
        )
    ),
)


def sourced(scene: Scene, fields: dict[str, Any]) -> str:
    """Wherever a manifest that is accepted would put its files, it is below the folder of models."""
    written = {"repo": "o/r", "file": "a.gguf", "size_gb": 1.0} | fields
    try:
        Source.model_validate(written)
        manifest = Manifest.model_validate(
            {"name": "evil", "title": "t", "about": "a", "license": "l", "target": written}
        )
    except (ValidationError, ValueError) as error:
        return f"refused: {type(error).__name__}"
    places = [place.resolve() for _, place in manifest.select().places]
    assert all(place.is_relative_to(models_folder().resolve()) for place in places)
    assert all(len(place.relative_to(models_folder().resolve()).parts) >= 2 for place in places)
    return "below the folder of models"


BELOW = "below the folder of models"
MANIFESTS = Kind(
    "paths in manifests",
    sourced,
    (
        Attack("a file above", {"file": "../evil.gguf"}, "refused"),
        Attack("a file far above", {"file": "a/../../../evil.gguf"}, "refused"),
        Attack("an absolute file", {"file": "/tmp/evil.gguf"}, "refused"),
        Attack("a hidden folder", {"file": ".pulling/evil.gguf"}, "refused"),
        Attack("a file of another kind", {"file": "evil.sh"}, "refused"),
        Attack("a line break behind it", {"file": "evil.gguf\n"}, "refused"),
        Attack("a repository above", {"repo": "../.."}, BELOW),
        Attack("a repository that is a path", {"repo": "a/../../b"}, "refused"),
        Attack("a revision above", {"revision": "../../../evil"}, BELOW),
        Attack("a revision of dots", {"revision": ".."}, BELOW),
        Attack("a quantization above", {"file": "{quantization}.gguf", "size_gb": None,
               "quantizations": [{"name": "../evil", "size_gb": 1.0}]}, "refused"),
        Attack("a million parts", {"file": "a-00001-of-99999.gguf"}, "refused"),
        Attack("a key that nobody knows", {"command": "touch pwned"}, "refused"),
    ),
)  # fmt: skip


def listed(scene: Scene, names: tuple[str, ...]) -> str:
    """A hub that lists such files; none of them may be written outside of the folder of models."""
    files = tuple(RepositoryFile(name, 10, None) for name in names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "list_repository", lambda repo: Repository(repo, "main", "MIT", files))
        try:
            manifest = reference.manifest_for(reference.Reference("o/r"))
        except CoderError as error:
            return f"refused: {error.message}"
    path = reference.keep(manifest)
    assert path.parent == manifests_folder()
    assert load_manifests()[manifest.name] == manifest
    assert manifest.target is not None
    return f"kept: {[each.files[0].file for each in manifest.target.variants]}"


LISTED = Kind(
    "files that a hub lists",
    listed,
    (
        Attack("above", ("../evil.gguf",), "refused"),
        Attack("hidden", (".bashrc.gguf", ".ssh/a.gguf"), "refused"),
        Attack("absolute", ("/etc/a.gguf",), "refused"),
        Attack("with other systems' separators", ("a\\..\\..\\b.gguf",), "refused"),
        Attack("dots among a good one", ("a..b/../c.gguf", "good.Q4_0.gguf"), "['good.Q4_0.gguf']"),
        Attack("a table of TOML in a name", ('a"]\n[evil]\nx="y.gguf',), "refused"),
        Attack("no model at all", ("evil.sh", "evil.py", "pickle.bin"), "refused"),
    ),
)
KINDS = (REFERENCES, MANIFESTS, LISTED)
