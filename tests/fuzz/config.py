"""Settings of whatever TOML, variables and options are laid over each other, or an error says what is wrong;
a repository never gets more than its share."""

from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import load_config
from assistant.config.load import VARIABLES, user_file
from assistant.config.trust import FREE
from assistant.errors import CoderError
from tests.fuzz import Property

_WORDS = st.sampled_from(
    ["on", "off", "full", "ask", "F16", "many", "http://localhost:1/", "file:///etc", "", "é", "\0", "a b"]
)
_VALUES = st.recursive(
    _WORDS | st.booleans() | st.integers(-1, 5000) | st.floats() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["url", "command", "env", "x", "theme", "keys", "tools", "read"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)
_KEYS = (*VARIABLES, "engine", "mcp", "app", "modle")
_SINGLE = {
    "model": st.just("m.gguf"), "context": st.integers(256, 9000), "kv_type": st.just("F16"),
    "mode": st.just("full"), "test": st.just("make"), "test_timeout": st.floats(1, 9),
    "draft": st.booleans(), "history": st.booleans(),
    "mcp": st.just({"x": {"command": ["evil"]}}), "engine": st.just({"x": {"url": "http://localhost:1/"}}),
    "app": st.just({"theme": "dark"}), "budget": st.integers(1, 9),
}  # fmt: skip
_RIGHT = st.fixed_dictionaries({}, optional=_SINGLE)
_ANY = st.dictionaries(st.sampled_from([each for each in _KEYS if "." not in each]), _VALUES, max_size=4)
_ODD = st.sampled_from([
    "context = " + "1" * 5000, "a = " + "[" * 5000, "a." * 3000 + "b = 1", "[a]\n" * 500,
    "x = '''" + "\n" * 900, "\ufeffcontext = 512", "context = [\n" + "'a',\n" * 900 + "]",
    "\n".join(f"[mcp.s{i}]\nurl = 'http://x/'" for i in range(400)), "a = 2020-99-99",
])  # fmt: skip
_CONTENTS = ((_RIGHT | _ANY).map(tomlkit.dumps) | _ODD | st.text(max_size=20)).map(str.encode) | st.binary(
    max_size=20
)
_TEXTS = (
    _WORDS | st.sampled_from(["1" * 5000, "[" * 5000, "512", "1\nx = 2", "true", "{"]) | st.text(max_size=8)
)


def target(folder: Path) -> Property:
    root = folder / "repo"
    root.mkdir()

    @given(
        user=_CONTENTS,
        repository=_CONTENTS,
        variables=st.dictionaries(st.sampled_from(sorted(VARIABLES.values())), _TEXTS, max_size=2),
        flags=st.dictionaries(st.sampled_from(sorted(VARIABLES)), _VALUES, max_size=1),
    )
    def config(user: bytes, repository: bytes, variables: dict[str, str], flags: dict[str, Any]) -> None:
        user_file().parent.mkdir(parents=True, exist_ok=True)
        user_file().write_bytes(user)
        (root / ".coder.toml").write_bytes(repository)
        for given_flags in ({}, flags):
            try:
                found = load_config(root, environ=variables, flags=given_flags)
            except CoderError as error:
                assert error.message
                continue
            theirs = {key for key, origin in found.origins.items() if origin.source == "repository"}
            assert theirs <= FREE
            assert not found.held_back.keys() & FREE

    return config
