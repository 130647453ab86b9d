"""Whatever a file is made of, reading it and writing it back loses nothing."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import CoderError, RefusedError, UsageError
from assistant.repo.files import SourceFile, encode, read_source, require_writable, write_all, write_source

ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])
# Other separators of Unicode, and a form feed, are part of a line.
LINES = st.text(st.sampled_from("ab \tü\x0c\x85\u2028日"), max_size=4)
PER_EXAMPLE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def mixed_texts(draw: st.DrawFn) -> str:
    lines = draw(st.lists(st.tuples(LINES, ENDINGS), max_size=12))
    return "".join(line + ending for line, ending in lines) + draw(LINES)


@st.composite
def raw_files(draw: st.DrawFn) -> bytes:
    text = draw(mixed_texts())
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1"]))
    if encoding == "utf-16-be":
        return b"\xfe\xff" + text.encode(encoding)
    return text.encode(encoding, "replace")


def source_of(folder: Path, raw: bytes, name: str = "file.txt") -> SourceFile:
    path = folder / name
    path.write_bytes(raw)
    return read_source(path, folder)


@PER_EXAMPLE
@given(raw_files())
def test_reading_and_writing_back_keeps_every_byte(tmp_path: Path, raw: bytes) -> None:
    source = source_of(tmp_path, raw)
    assert "\r" not in source.text
    assert write_source(source, source.text).raw == raw
    assert source.path.read_bytes() == raw


@PER_EXAMPLE
@given(raw_files(), st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["", "new"]))))
def test_what_is_written_is_what_is_read_next(
    tmp_path: Path, raw: bytes, inserted: list[tuple[int, str]]
) -> None:
    source = source_of(tmp_path, raw)
    lines = source.text.split("\n")
    for at, line in inserted:
        lines.insert(at, line)
    written = write_source(source, "\n".join(lines))
    again = read_source(source.path, tmp_path)
    assert (again.text, again.raw) == ("\n".join(lines), written.raw)


@PER_EXAMPLE
@given(st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n"])), min_size=1), st.integers(0))
def test_a_new_line_changes_no_other_byte(tmp_path: Path, old: list[tuple[str, str]], at: int) -> None:
    source = source_of(tmp_path, "".join(map("".join, old)).encode())
    at %= len(old)
    new = [*old[:at], ("new line", source.newline), *old[at:]]
    text = "".join(f"{line}\n" for line, _ in new)
    assert write_source(source, text).raw == "".join(map("".join, new)).encode()


def test_a_mixed_file_keeps_its_mixture_around_a_change(tmp_path: Path) -> None:
    source = source_of(tmp_path, b"one\r\ntwo\nthree\nfour\r\nfive\n")
    assert source.newline == "\n"
    assert encode(source, source.text.replace("three", "3")) == b"one\r\ntwo\n3\nfour\r\nfive\n"
    assert encode(source, "zero\n" + source.text) == b"zero\none\r\ntwo\nthree\nfour\r\nfive\n"


def test_a_file_without_a_newline_at_its_end_stays_so_until_it_is_given_one(tmp_path: Path) -> None:
    source = source_of(tmp_path, b"a\r\nb")
    assert encode(source, "a\nb") == b"a\r\nb"
    assert encode(source, "a\nb\n") == b"a\r\nb\r\n"


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o664])
def test_the_mode_is_kept(mode: int, tmp_path: Path) -> None:
    source_of(tmp_path, b"old\n").path.chmod(mode)
    write_source(read_source(tmp_path / "file.txt", tmp_path), "new\n")
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == mode
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    utf16 = b"\xff\xfe" + "ab\0".encode("utf-16-le")
    for raw in (b"\x7fELF\x02\x01\x00", b"text with \x00 in it", utf16):
        with pytest.raises(UsageError, match="no text file"):
            source_of(tmp_path, raw)


def test_what_cannot_be_worked_on_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        read_source(tmp_path / "missing.py", tmp_path)
    with pytest.raises(UsageError, match="is not a file"):
        read_source(tmp_path, tmp_path)
    (tmp_path / "large.py").write_bytes(b"x" * 1001)
    with pytest.raises(UsageError, match="too large: 1,001 bytes"):
        read_source(tmp_path / "large.py", tmp_path, max_bytes=1000)
    for name in ("x" * 300, f"../{'x' * 300}", "x/../" * 1000):
        with pytest.raises(UsageError, match="cannot be followed"):
            read_source(tmp_path / name, tmp_path)
    with pytest.raises(UsageError, match="cannot be followed"):
        read_source(tmp_path / "nul\0.py", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is not a file"):
        read_source(tmp_path / "pipe", tmp_path)


def test_a_character_that_the_encoding_lacks_is_refused(tmp_path: Path) -> None:
    source = source_of(tmp_path, b"caf\xe9\n")
    assert source.encoding == "latin-1"
    with pytest.raises(UsageError, match="has no '日'"):
        write_source(source, "日\n")
    assert source.path.read_bytes() == b"caf\xe9\n"


def test_a_read_only_file_is_refused(tmp_path: Path) -> None:
    source_of(tmp_path, b"old\n").path.chmod(0o444)
    source = read_source(tmp_path / "file.txt", tmp_path)
    with pytest.raises(RefusedError, match="read-only") as raised:
        require_writable(source)
    assert "chmod" in raised.value.hint
    with pytest.raises(RefusedError):
        write_source(source, "new\n")
    assert source.path.read_bytes() == b"old\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    source = source_of(folder, b"old\n")
    folder.chmod(0o555)
    try:
        with pytest.raises(RefusedError, match=r"folder of file\.txt is read-only"):
            require_writable(source)
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("through", ["link.txt", "folder/inside.txt", "../outside/secret.txt"])
def test_nothing_outside_of_the_root_is_touched(through: str, tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (outside / "inside.txt").write_text("secret")
    (root / "link.txt").symlink_to(outside / "secret.txt")
    (root / "folder").symlink_to(outside)
    with pytest.raises(RefusedError, match="lies outside"):
        read_source(root / through, root)


def test_a_loop_of_links_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UsageError):
        read_source(tmp_path / "a", tmp_path)


@pytest.mark.parametrize("path", [".git/config", ".git", "sub/.git/hooks/pre-commit", ".GIT/config"])
def test_the_files_of_git_are_refused(path: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("git's own")
    with pytest.raises(RefusedError, match="belongs to git"):
        read_source(tmp_path / path, tmp_path)
    (tmp_path / ".gitignore").write_text("build\n")
    assert read_source(tmp_path / ".gitignore", tmp_path).text == "build\n"


def test_a_link_inside_stays_a_link_and_its_file_is_written(tmp_path: Path) -> None:
    real = source_of(tmp_path, b"old\n").path
    (tmp_path / "link.txt").symlink_to("file.txt")
    source = read_source(tmp_path / "link.txt", tmp_path)
    assert source.shown == "file.txt"
    write_source(source, "new\n")
    assert (tmp_path / "link.txt").is_symlink()
    assert real.read_text() == "new\n"


def test_another_hard_link_keeps_the_old_text(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    source = source_of(root, b"old\n")
    other = tmp_path / "store.txt"
    other.hardlink_to(source.path)
    write_source(source, "new\n")
    assert other.read_text() == "old\n"
    assert source.path.read_text() == "new\n"


@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_a_file_that_changed_since_is_not_overwritten(change: str, tmp_path: Path) -> None:
    first, second = (source_of(tmp_path, b"old\n", name) for name in ("first", "second"))
    if change == "edited":
        second.path.write_bytes(b"somebody else's\n")
    else:
        second.path.unlink()
    with pytest.raises(RefusedError, match="since it was read"):
        write_all([(first, "new\n"), (second, "new\n")])
    assert first.path.read_bytes() == b"old\n"
    assert second.path.exists() == (change == "edited")
    assert {path.name for path in tmp_path.iterdir()} <= {"first", "second"}


class Renames:
    """Counts renames and lets the n-th fail, as a full disk or a lock of another program would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failing: dict[int, BaseException]) -> None:
        self.count = 0
        real = Path.replace

        def replace(path: Path, target: Path) -> Path:
            self.count += 1
            if self.count in failing:
                raise failing[self.count]
            return real(path, target)

        monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.parametrize("failing", [1, 2, 3])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device", "x"), KeyboardInterrupt()])
def test_of_several_files_all_are_written_or_none(
    failing: int, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [source_of(tmp_path, f"{name}\n".encode(), name) for name in "abc"]
    Renames(monkeypatch, {failing: error})
    expected = CoderError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as raised:
        write_all([(source, "new\n") for source in sources])
    if isinstance(raised.value, CoderError):
        assert "Nothing was written: No space left" in raised.value.message
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        name: f"{name}\n" for name in "abc"
    }


def test_where_even_taking_back_fails_the_files_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [source_of(tmp_path, f"{name}\n".encode(), name) for name in "abc"]
    Renames(monkeypatch, {3: OSError(5, "Input/output error"), 4: OSError(5, "Input/output error")})
    with pytest.raises(CoderError, match="half-way") as raised:
        write_all([(source, "new\n") for source in sources])
    assert raised.value.message.endswith(" in a.")
    (old,) = tmp_path.glob(".a.*.coder")
    assert old.read_text() == "a\n"
    old.unlink()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a": "new\n",
        "b": "b\n",
        "c": "c\n",
    }


def test_one_file_under_two_names_is_not_written_twice(tmp_path: Path) -> None:
    source = source_of(tmp_path, b"old\n")
    (tmp_path / "link").symlink_to("file.txt")
    again = read_source(tmp_path / "link", tmp_path)
    with pytest.raises(UsageError, match="twice"):
        write_all([(source, "one\n"), (again, "two\n")])
    assert source.path.read_bytes() == b"old\n"
