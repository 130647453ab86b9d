"""`coder demo`: watch a repair from beginning to end, in a repository that is thrown away after."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import ModelOption

FILE, TEST_FILE = "statistics_tools.py", "test_statistics_tools.py"
BUGGY = '''"""Small statistics."""


def average(values):
    """Return the mean of a list of numbers, 0 for an empty list."""
    if not values:
        return 0
    total = 0
    for value in values:
        total += value
    return total / (len(values) - 1)


def spread(values):
    """Return the distance between the smallest and the largest number."""
    return max(values) - min(values)
'''
TEST = """import unittest

from statistics_tools import average, spread


class StatisticsTest(unittest.TestCase):
    def test_average(self):
        self.assertEqual(average([2, 4, 6]), 4)

    def test_spread(self):
        self.assertEqual(spread([3, 9, 5]), 6)


if __name__ == "__main__":
    unittest.main()
"""


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the repository, to look around in it.")] = False,
    model: ModelOption = None,
) -> None:
    """Repair a small buggy file with `coder fix --test`, in a throw-away repository."""
    from assistant.agent.check import Check
    from assistant.agent.fix import FixOptions
    from assistant.cli.fix_command import FixRun, read_files
    from assistant.cli.settings import settings_for

    folder = Path(tempfile.mkdtemp(prefix="coder-demo-"))
    try:
        make_repository(folder)
        test = f'"{sys.executable}" {TEST_FILE}'
        typer.secho(f"A repository with a bug, in {folder}:", err=True, bold=True)
        typer.echo(f"$ cd {folder} && coder fix {FILE} --test '{test}' --yes\n", err=True)
        workspace, sources = read_files([folder / FILE])
        outcome = FixRun(workspace, sources, FixOptions(check=Check(test)), yes=True).run(
            settings_for(folder, model=model)
        )
    finally:
        if keep:
            typer.echo(f"Kept: {folder}", err=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    typer.echo(
        "\nIn a repository of your own: `coder fix FILE --test CMD`, or `coder` for the app.", err=True
    )
    raise typer.Exit(outcome.exit_code)


def make_repository(folder: Path) -> None:
    """A git repository with one commit, the buggy file and its test; without git, a folder with both."""
    (folder / FILE).write_text(BUGGY, "utf-8")
    (folder / TEST_FILE).write_text(TEST, "utf-8")
    if shutil.which("git") is None:
        typer.echo("git is not installed: the demo runs in a plain folder.", err=True)
        return
    identity = ["-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "A buggy file"]):
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)
