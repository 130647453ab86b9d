from pathlib import Path

import pytest

from assistant.agent.changes import ProposedChange, proposed_changes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    for name in ("src/a.py", "b.py", "run.sh", "my file.py"):
        (tmp_path / name).write_text("old\n")
    return tmp_path


@pytest.mark.parametrize(
    "info",
    [
        "python src/a.py",
        "src/a.py",
        "python:src/a.py",
        'python title="src/a.py"',
        "python {src/a.py}",
        "py ./src/a.py",
    ],
)
def test_the_info_string_names_the_file(root: Path, info: str) -> None:
    answer = f"Here:\n\n```{info}\nx = 1\n\ny = 2\n```\nDone."
    assert proposed_changes(answer, root) == [ProposedChange(root / "src/a.py", "x = 1\n\ny = 2\n")]


@pytest.mark.parametrize(
    "line", ["`src/a.py`:", "**src/a.py**", "### src/a.py", "Here is src/a.py.", "# File: src/a.py\n"]
)
def test_the_line_above_names_the_file(root: Path, line: str) -> None:
    assert proposed_changes(f"{line}\n```python\nx\n```", root) == [ProposedChange(root / "src/a.py", "x\n")]


def test_a_path_with_a_space(root: Path) -> None:
    assert proposed_changes("```python my file.py\nx\n```", root) == [
        ProposedChange(root / "my file.py", "x\n")
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "no code at all",
        "```python\nx\n```",
        "```python src/new.py\nx\n```",
        "```python src/a.py\ncut off",
        "```python ../outside.py\nx\n```",
        "Run `src/a.py`:\n```bash\npython src/a.py\n```",
        "src/a.py and b.py:\n```python\nx\n```",
        "use ```src/a.py``` inline",
        "src/a.py\n\nAnother line.\n```python\nx\n```",
        "```src\nx\n```",
        "```\x00\nx\n```",
        f"```python {'n' * 300}.py\nx\n```",
        "```python loop.py\nx\n```",
    ],
)
def test_what_proposes_nothing(root: Path, answer: str) -> None:
    (root.parent / "outside.py").write_text("secret\n")
    (root / "loop.py").symlink_to("loop.py")
    assert proposed_changes(answer, root) == []


def test_a_link_out_of_the_root_proposes_nothing(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.py"
    outside.write_text("secret\n")
    (root / "link.py").symlink_to(outside)
    assert proposed_changes("```python link.py\nx\n```", root) == []


def test_a_shell_script_may_be_named_above_its_block(root: Path) -> None:
    assert proposed_changes("run.sh\n```sh\necho\n```", root) == [ProposedChange(root / "run.sh", "echo\n")]


def test_the_last_block_of_a_file_counts_and_files_keep_their_order(root: Path) -> None:
    answer = "```py b.py\n1\n```\n```py src/a.py\n2\n```\n```py b.py\n3\n```"
    assert proposed_changes(answer, root) == [
        ProposedChange(root / "b.py", "3\n"),
        ProposedChange(root / "src/a.py", "2\n"),
    ]


def test_a_longer_fence_holds_shorter_ones(root: Path) -> None:
    inner = "x\n```\ny\n```\n"
    assert proposed_changes(f"````py b.py\n{inner}````", root) == [ProposedChange(root / "b.py", inner)]
    assert proposed_changes("~~~py b.py\n```\n~~~", root) == [ProposedChange(root / "b.py", "```\n")]


TWO = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"


def test_a_block_without_a_name_is_about_the_one_file_that_is_meant(root: Path) -> None:
    path = root / "b.py"
    path.write_text(TWO)
    answer = "```python\ndef g():\n    return 3\n```"
    assert proposed_changes(answer, root) == []
    assert proposed_changes(answer, root, path) == [ProposedChange(path, TWO.replace("2", "3"))]
    whole = TWO.replace("1", "4")
    assert proposed_changes(f"```\n{whole}```", root, path) == [ProposedChange(path, whole)]


@pytest.mark.parametrize(
    "answer", ["```bash\nls\n```", "```python\nx\n```\n```python\ny\n```", "```python\ncut"]
)
def test_what_is_not_about_the_file_that_is_meant(root: Path, answer: str) -> None:
    assert proposed_changes(answer, root, root / "b.py") == []
