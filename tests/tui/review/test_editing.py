"""A hunk goes into a text field only where it comes out of it byte for byte; else it is for an editor."""

from pathlib import Path

import pytest

from assistant.errors import CoderError
from assistant.repo.diff import Hunk, Line
from assistant.tui.review.editing import edited, new_side, open_editor


def hunk(*lines: bytes) -> Hunk:
    return Hunk(0, 0, (Line("removed", b"\xff\r\n"), *(Line("added", line) for line in lines)))


@pytest.mark.parametrize("lines", [[b"a\n", b"b"], [b"\xc3\xa9\r\n", b"\tb\r\n"], []])
def test_what_was_not_edited_is_as_it_was(lines: list[bytes]) -> None:
    assert edited(hunk(*lines), new_side(hunk(*lines))) == b"".join(lines)


@pytest.mark.parametrize("lines", [[b"\xff\n"], [b"\x1b[31m\n"], [b"a\r\n", b"b\n"], ["\u202ea".encode()]])
def test_what_a_field_would_change_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(CoderError, match="plain text"):
        new_side(hunk(*lines))


def test_the_editor_goes_to_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    with pytest.raises(CoderError, match="No editor"):
        open_editor(tmp_path / "a", 1)
    for name, arguments in (("nano", "+7 "), ("code", "")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nprintf %s \"$*\" > '{tmp_path}/got'\n")
        program.chmod(0o755)
        monkeypatch.setenv("EDITOR", f"'{program}' -x")
        open_editor(tmp_path / "a b", 7)
        assert (tmp_path / "got").read_text() == f"-x {arguments}{tmp_path}/a b"
