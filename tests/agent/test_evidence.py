"""Which places a failing command's output names: files of the repository that are there, and nothing else."""

from pathlib import Path

from assistant.agent.command import CommandResult
from assistant.agent.evidence import gather
from assistant.repo.files import read_source

TEST = "import calc\n\n\ndef test_add():\n    assert calc.add(1, 1) == 2\n"


def failed(output: str) -> CommandResult:
    return CommandResult("pytest", 1, output, 0.1)


def test_places_in_the_repository_are_found_in_the_order_of_the_output(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside.py"
    root.mkdir()
    outside.write_text("x\n")
    (root / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    (root / "test_calc.py").write_text(TEST)
    (root / "loop.py").symlink_to("loop.py")
    (root / ".git").mkdir()
    (root / ".git" / "hook.py").write_text("x\n")
    (root / "big.py").write_text("x = 1\n" * 50_000)
    output = (
        f'File "{root}/test_calc.py", line 5, in test_add\n  File "calc.py", line 2\n'
        f'File "{outside}", line 1\n../outside.py:1: in x\nnowhere.py:3: E\nbig.py:7: E\n'
        f"{'n' * 300}.py:1: E\nloop.py:1: E\n.git/hook.py:1: E\n"
        f"calc.py:{'9' * 5000}: E\n1:2\nE       assert 0 == 2\n"
    )
    evidence = gather([read_source(root / "calc.py", root)], root, " fix it ", failed(output))
    found = [(path.name, line) for path, line in evidence.locations]
    assert found == [("test_calc.py", 5), ("calc.py", 2), ("big.py", 7)]
    assert evidence.test_code == "def test_add():\n    assert calc.add(1, 1) == 2\n"
    assert evidence.asserting_lines == ["assert calc.add(1, 1) == 2"]
    assert evidence.message == "fix it" and not evidence.empty


def test_without_anything_known_there_is_no_evidence(tmp_path: Path) -> None:
    assert gather([], tmp_path, " ", None).empty
    silent = gather([], tmp_path, "", failed(""))
    assert len(silent.failure) == 1 and silent.failure[0].startswith("The test ")
