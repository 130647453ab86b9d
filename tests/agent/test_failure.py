"""What the reports of real test runners become."""

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.agent.failure import in_words

SOURCE = "def add(a, b):\n    return a - b\n\n\ndef even(n):\n    return n % 2 == 1\n"


def run(folder: Path, test: str, *command: str) -> str:
    (folder / "calc.py").write_text(SOURCE)
    (folder / "test_calc.py").write_text(test)
    result = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)
    assert result.returncode != 0
    return result.stdout + result.stderr


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("add(2, 3) == 5", "add(2, 3) gives -1 instead of 5"),
        ("even(4)", "even(4) gives False instead of True"),
        ("not even(3)", "even(3) gives True"),
        ("add('a', 'b') == 'ab'", "TypeError: unsupported operand type(s) for -: 'str' and 'str'"),
    ],
)
def test_pytest(tmp_path: Path, check: str, said: str) -> None:
    test = f"from calc import add, even\n\n\ndef test_it():\n    assert {check}\n"
    assert in_words(run(tmp_path, test, "-m", "pytest", "-q", "test_calc.py")) == [said]


def test_pytest_with_the_check_on_the_line_of_its_function(tmp_path: Path) -> None:
    test = "from calc import add\ndef test_it(): assert add(2, 3) == 5\n"
    said = in_words(run(tmp_path, test, "-m", "pytest", "-q", "test_calc.py"))
    assert said == ["add(2, 3) gives -1 instead of 5"]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("self.assertEqual(add(2, 3), 5)", "add(2, 3) gives -1 instead of 5"),
        ("self.assertTrue(even(4))", "even(4) gives False instead of true"),
        ("add(None, 1)", "TypeError: unsupported operand type(s) for -: 'NoneType' and 'int'"),
    ],
)
def test_unittest(tmp_path: Path, check: str, said: str) -> None:
    test = (
        "import unittest\nfrom calc import add, even\n\n\n"
        f"class T(unittest.TestCase):\n    def test_it(self):\n        {check}\n"
    )
    assert in_words(run(tmp_path, test, "-m", "unittest", "test_calc.py")) == [said]


def test_an_error_at_import(tmp_path: Path) -> None:
    assert in_words(run(tmp_path, "if True\n    pass\n", "test_calc.py")) == ["SyntaxError: expected ':'"]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("", []),
        (
            "--- FAIL: TestAdd (0.00s)\n    calc_test.go:9: Add(2, 3) = -1, want 5\nFAIL\n",
            ["calc_test.go:9: Add(2, 3) = -1, want 5"],
        ),
        ("thread 'main' panicked\n  left: -1\n right: 5", ["thread 'main' panicked", "left: -1", "right: 5"]),
        ("just\nsome\noutput", ["just", "some", "output"]),
    ],
)
def test_other_reports_are_cut_down_to_what_tells_something(output: str, said: list[str]) -> None:
    assert in_words(output) == said


def test_a_flood_stays_small() -> None:
    said = in_words("error: x\n" + "\n".join(f"error {i} " + "y" * 5000 for i in range(500)))
    assert len(said) <= 4
    assert sum(map(len, said)) <= 1600
