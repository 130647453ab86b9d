"""All checks: `python -m tests`. Lint, types and layers beside the tests; the tests' result comes last."""

import subprocess
import sys

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("importlinter.cli", "lint-imports"),
)


def main() -> int:
    """0 when everything passed."""
    running = [
        (check, subprocess.Popen(command(check), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        for check in CHECKS
    ]
    failed = False
    for check, process in running:
        output, _ = process.communicate()
        print(f"{'ok    ' if process.returncode == 0 else 'FAILED'} {' '.join(check)}", flush=True)
        if process.returncode:
            failed = True
            print(output, flush=True)
    tests = subprocess.run([sys.executable, "-m", "pytest", "-n", "2", *sys.argv[1:]], check=False)
    return tests.returncode or int(failed)


def command(check: tuple[str, ...]) -> list[str]:
    if check[0] == "importlinter.cli":
        return [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    return [sys.executable, "-m", *check]


if __name__ == "__main__":
    sys.exit(main())
