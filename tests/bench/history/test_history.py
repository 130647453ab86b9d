"""The history: what is kept of a reply, and what happens to the file when it is damaged, newer or full."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.bench.history import DamagedError, Filter, History, HistoryError
from assistant.bench.history.recording import Recorded, Recorder
from assistant.bench.history.task_type import task_of
from assistant.chat.generator import ReplyOptions, TextPiece
from assistant.chat.messages import Message
from tests.bench.history.made import generation
from tests.scripted import ScriptedGenerator

SECRET = "the launch code is 0000"
CODE = "```python\n" + "x = 1\n" * 9 + "```\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.sqlite3"


def ask(file: Path, *answers: str, told: Callable[[str], None] = print) -> Recorded:
    """A generator that has answered all of it."""
    generator = Recorded(ScriptedGenerator(*answers), "app", Recorder(file, told))
    for _ in answers:
        assert list(generator.reply([Message("user", SECRET)], ReplyOptions()))
    return generator


def test_counters_are_kept_and_no_text(file: Path) -> None:
    ask(file, SECRET).close()
    with History(file) as history:
        (row,) = history.rows(Filter())
    assert (row["model"], row["command"], row["task"], row["finish"]) == (
        "scripted-1b",
        "app",
        "explanation",
        "stop",
    )
    passes = -(-len(SECRET) // 12)
    assert (row["emitted"], row["forward_passes"], row["drafted"]) == (4 * passes, passes, 4 * passes)
    assert row["by_drafter"] == {"lookup": [4 * passes, row["accepted"]]}
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_a_reply_that_nobody_waits_for_counts_as_far_as_it_came(file: Path) -> None:
    generator = Recorded(ScriptedGenerator("word " * 99), "app", Recorder(file, print))
    for event in generator.reply([Message("user", "x")], ReplyOptions()):
        if isinstance(event, TextPiece):
            break
    with History(file) as history:
        assert [(row["finish"], row["emitted"]) for row in history.rows(Filter())] == [("cancelled", 4)]


def test_sums_are_those_of_the_rows_and_metrics_follow_their_definitions(file: Path) -> None:
    with History(file) as history:
        history.add([generation(), generation(task="read"), generation("2026-11-24", model="n")])
        history.add([generation(command="bench", speculate=False)])
        days = history.totals("day", Filter())
        assert [(day.key, day.generations, day.stats.emitted) for day in days] == [
            ("2026-11-24", 1, 30),
            ("2026-11-25", 2, 60),
        ]
        stats = days[1].stats
        assert (stats.decode_tps, stats.mean_accepted_length, stats.acceptance_rate) == (15.0, 3.0, 0.75)
        assert (stats.ttft_s, stats.prefill_tps) == (0.6, 120.0)
        assert [total.key for total in history.totals("model", Filter(since="2026-11-25"))] == ["m"]
        (drafter,) = history.by_drafter(Filter())
        assert (drafter.key, drafter.generations, drafter.stats.accepted) == ("lookup", 3, 45)
        plain = Filter(command="bench", speculate=False)
        assert [total.generations for total in history.totals("model", plain)] == [1]
        assert history.lengths(Filter(model="n")) == [30]


def test_deleted_is_gone_from_the_file(file: Path) -> None:
    with History(file) as history:
        history.add([generation(model="unmistakable")])
        history.delete()
        assert history.count()[0] == 0
    assert b"unmistakable" not in b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_a_damaged_history_is_set_aside_and_told(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"this is no database, " * 99)
    with pytest.raises(DamagedError):
        History(file)
    notes: list[str] = []
    ask(file, "one", "two", told=notes.append).close()
    (aside,) = file.parent.glob("*.damaged-*")
    assert aside.read_bytes().startswith(b"this is no database")
    assert len(notes) == 1 and aside.name in notes[0]
    with History(file) as history:
        assert history.count()[0] == 2


def test_damage_deep_inside_is_found_when_it_is_met(file: Path) -> None:
    with History(file) as history:
        history.add(generation(f"2026-{1 + i % 12:02}-{1 + i % 28:02}") for i in range(500))
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    notes: list[str] = []
    ask(file, "one", told=notes.append).close()
    assert len(notes) == 1 and len(list(file.parent.glob("*.damaged-*"))) == 1


def test_a_newer_history_is_left_alone(file: Path) -> None:
    History(file).close()
    database = sqlite3.connect(file)
    database.execute("PRAGMA user_version = 99")
    database.close()
    before = file.read_bytes()
    notes: list[str] = []
    ask(file, "one", "two", told=notes.append).close()
    assert len(notes) == 1 and "newer coder" in notes[0]
    assert file.read_bytes() == before
    with pytest.raises(HistoryError, match="newer"):
        History(file)


@pytest.mark.parametrize("obstacle", ["full", "folder", "locked"])
def test_no_obstacle_breaks_an_answer(file: Path, obstacle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = None
    if obstacle == "folder":
        file.mkdir(parents=True)
    else:
        History(file).close()
        other = sqlite3.connect(file, isolation_level=None)
    if obstacle == "locked":
        assert other
        other.execute("BEGIN IMMEDIATE")
    if obstacle == "full":
        connect = sqlite3.connect

        def small(*args: object, **options: object) -> sqlite3.Connection:
            database = connect(*args, **options)  # type: ignore[call-overload]
            database.execute("PRAGMA max_page_count = 1")
            return database  # type: ignore[no-any-return]

        monkeypatch.setattr("assistant.bench.history.database.sqlite3.connect", small)
    notes: list[str] = []
    generator = ask(file, *["word"] * (40 if obstacle == "full" else 3), told=notes.append)
    generator.close()
    assert len(notes) == 1 and "not in your history" in notes[0]
    if other:
        other.close()


def test_processes_record_side_by_side(file: Path, tmp_path: Path) -> None:
    """Also where they make the file, at the same moment."""
    start = tmp_path / "start"
    program = (
        "import sys, time; from pathlib import Path; from assistant.bench.history import History\n"
        "from tests.bench.history.made import generation\n"
        "print(flush=True)\n"
        "while not Path(sys.argv[2]).exists(): time.sleep(0)\n"
        "with History(Path(sys.argv[1])) as history:\n"
        "    for _ in range(25): history.add([generation()])"
    )
    command = [sys.executable, "-c", program, str(file), str(start)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        assert process.stdout and process.stdout.readline()
    start.touch()
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0, 0]
    with History(file) as history:
        assert history.count()[0] == 100
        assert history.totals("day", Filter())[0].generations == 100


@pytest.mark.parametrize(
    ("text", "sources", "task"),
    [
        ('{"name": "edit", "arguments": {}}', (), "edit"),
        ('I look. {"name": "grep", "arguments": {"pattern": "x"}}', (), "read"),
        ('{"name": "run", "arguments": {"command": "ls"}}', (), "command"),
        ('{"name": "weather", "arguments": {}}', (), "tool"),
        ('{"name": "edit", "arguments": {', (), "tool"),
        (f"Here:\n{CODE}", ("x = 0\n",), "rewrite"),
        (f"Here:\n{CODE}", (), "code"),
        (CODE.removesuffix("```\n"), (), "code"),
        (f"{'It is a loop. ' * 20}\n{CODE}", (), "explanation"),
        ("It is a loop.", ("x = 0\n",), "explanation"),
        ("", (), "explanation"),
    ],
)
def test_task_types(text: str, sources: tuple[str, ...], task: str) -> None:
    assert task_of(ReplyOptions(sources=sources), text) == task
