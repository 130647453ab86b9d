"""A settings file is changed one value at a time, and otherwise stays as its owner wrote it."""

import tomllib
from pathlib import Path

import pytest

from assistant.config.change import install, set_value, unset_value
from assistant.config.load import user_file
from assistant.errors import CoderError, UsageError
from tests.config.conftest import Write

WRITTEN = """# My settings.
context = 4096   # enough for me

# Servers.
[mcp.files]
command = [
    "npx",  # it is there
    "files",
]
"""


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("context", "8192", 8192),
        ("model", "8192", "8192"),
        ("test", "pytest -q", "pytest -q"),
        ("draft", "off", False),
        ("history", "true", True),
        ("budget", "1.5", 1.5),
        ("budget", "60", 60),
        ("mcp.files.tools", '["read"]', ["read"]),
        ("mcp.web.url", "http://localhost:1/mcp", "http://localhost:1/mcp"),
        ("engine.big.url", "http://localhost:2/v1", "http://localhost:2/v1"),
        ("app.theme", "coder-light", "coder-light"),
    ],
)
def test_a_value_is_set_and_the_rest_stays(key: str, text: str, value: object, user: Write) -> None:
    path = user(WRITTEN)
    before = tomllib.loads(WRITTEN)
    assert set_value(path, key, text) == value
    written = path.read_text()
    for kept in ("# My settings.", "# enough for me", "# Servers.", '    "npx",  # it is there'):
        assert kept in written
    assert written.index("context") < written.index("[mcp.files]")
    unset_value(path, key)
    if key != "context":
        assert {k: v for k, v in tomllib.loads(path.read_text()).items() if v} == before


@pytest.mark.parametrize(
    ("key", "text", "complaint"),
    [
        ("contxt", "1", "no setting 'contxt'"),
        ("mcp.x.commnd", "[]", "'mcp.x.commnd'"),
        ("app.them", "x", "no setting 'app.them'"),
        ("context", "12", "^context is wrong"),
        ("context", "many", "not 'many'"),
        ("mode", "fast", "not 'fast'"),
        ("mcp.files.url", "http://localhost/", "either a command or a url"),
        ("mcp", "{}", None),
        ("", "x", "no setting"),
    ],
)
def test_a_value_that_is_wrong_changes_nothing(
    key: str, text: str, complaint: str | None, user: Write
) -> None:
    path = user(WRITTEN)
    if complaint is None:
        assert set_value(path, key, text) == {}
        return
    with pytest.raises(UsageError, match=complaint):
        set_value(path, key, text)
    assert path.read_text() == WRITTEN


def test_the_first_value_makes_the_file_which_others_cannot_read() -> None:
    set_value(user_file(), "engine.big.url", "http://localhost:2/v1")
    assert user_file().read_text() == '[engine.big]\nurl = "http://localhost:2/v1"\n'
    assert user_file().stat().st_mode & 0o077 == 0


def test_a_link_stays_one(tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.toml"
    kept.write_text("context = 1024\n")
    user_file().parent.mkdir(parents=True)
    user_file().symlink_to(kept)
    set_value(user_file(), "context", "2048")
    assert user_file().is_symlink()
    assert kept.read_text() == "context = 2048\n"


def test_a_broken_file_is_neither_set_nor_installed(user: Write) -> None:
    path = user("context = ")
    with pytest.raises(UsageError, match="is no TOML"):
        set_value(path, "context", "1024")
    with pytest.raises(UsageError, match=":1: context is wrong"):
        install(path, b"context = 1")
    assert path.read_text() == "context = "
    with pytest.raises(UsageError, match="context is not set"):
        unset_value(user("draft = true"), "context")


def test_a_folder_that_cannot_be_written(coder_home: Path) -> None:
    (coder_home / "config").write_text("no folder")
    with pytest.raises(CoderError, match="cannot be written") as raised:
        set_value(user_file(), "context", "1024")
    assert "CODER_HOME" in raised.value.hint
