"""Faults put into the code, one at a time, to see whether its tests notice:
`python -m tests.mutation [MODULE...] --count N --seed S`.

A sample of all mutants is made in a copy of the checkout. Each meets the tests of its module until the first
fails; one that takes too long counts as noticed. Prints those that survive, and the share killed."""

import argparse
import ast
import compileall
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The quick ones first.
_EDITS = tuple(
    f"tests/agent/edits/test_{name}.py"
    for name in ("placing", "other_matchers", "refusals", "corruptions", "edits")
)
# What decides over files, consent and tokens, with the tests that are to hold it.
TESTS: dict[str, tuple[str, ...]] = {
    **{path.as_posix(): _EDITS for path in sorted(Path("assistant/agent/edits").glob("[!_]*.py"))},
    "assistant/agent/permissions.py": ("tests/agent/test_permissions.py",),
    "assistant/engine/verify.py": ("tests/engine/test_verify.py",),
    "assistant/catalog/checksum.py": ("tests/catalog/test_checksum.py",),
}
LEAST_PERCENT = 80.0
_LONGEST_S = 240.0
_COPIED = ("assistant", "tests", "models", "prompts")
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Mod: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A module with its `way`-th fault in its `number`-th node."""

    module: str
    number: int
    way: int
    line: int
    told: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.told}"

    @property
    def text(self) -> str:
        tree = ast.parse(Path(self.module).read_text("utf-8"))
        node = next(each for i, each in enumerate(ast.walk(tree)) if i == self.number)
        new = _fault(node, self.way)
        assert new
        _put(tree, node, new)
        return ast.unparse(ast.fix_missing_locations(tree))


def mutants(module: str) -> Iterator[Mutant]:
    """Every fault of the kinds below that the module can have."""
    tree = ast.parse(Path(module).read_text("utf-8"))
    annotations = {id(node) for part in _annotations(tree) for node in ast.walk(part)}
    for number, node in enumerate(ast.walk(tree)):
        for way in range(2):
            if id(node) not in annotations and (new := _fault(node, way)):
                told = f"{_shown(node)}  ->  {_shown(new)}"
                yield Mutant(module, number, way, getattr(node, "lineno", 0), told)


def _annotations(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.arg(annotation=ast.expr() as part) | ast.AnnAssign(annotation=part):
                yield part
            case ast.FunctionDef(returns=ast.expr() as part):
                yield part


def _fault(node: ast.AST, way: int) -> ast.AST | None:
    """The `way`-th fault that can be put in the place of `node`."""
    if isinstance(node, ast.stmt):
        return _fault_of_statement(node) if way == 0 else None
    match node, way:
        case ast.Compare(left=left, ops=[op, *more], comparators=others), 0:
            return ast.Compare(left, [_OPPOSITE[type(op)](), *more], others)
        case ast.BoolOp(op=op, values=values), 0:
            return ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values)
        case ast.BoolOp(values=[_, *rest]), 1:
            return rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand), 0:
            return operand
        case ast.BinOp(left=left, op=op, right=right), 0 if type(op) in _ARITHMETIC and not _is_text(node):
            return ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.Constant(value=bool(value)), 0:
            return ast.Constant(not value)
        case ast.Constant(value=int(value)), 0:
            return ast.Constant(value + 1)
        case ast.IfExp(test=test, body=body, orelse=orelse), 0:
            return ast.IfExp(test, orelse, body)
    return None


def _fault_of_statement(node: ast.stmt) -> ast.stmt | None:
    match node:
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            return ast.Return(ast.Constant(None))
        case ast.If(test=test, body=body, orelse=orelse):
            return ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            return ast.Pass()
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            return ast.Pass()
    return None


def _is_text(node: ast.BinOp) -> bool:
    """Joined texts, most of them of messages."""
    sides = (node.left, node.right)
    return any(isinstance(each, ast.JoinedStr | ast.List) or _is_string(each) for each in sides)


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                value[:] = [new if each is old else each for each in value]


def _shown(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0][:90]


def killed(mutant: Mutant, copy: Path) -> bool:
    """Whether a test of the module fails, or none ends."""
    file = copy / mutant.module
    whole = file.read_text("utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # most of the time would be theirs
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *TESTS[mutant.module]]
    try:
        file.write_text(mutant.text, "utf-8")
        ran = subprocess.run(
            command, cwd=copy, env=environment, timeout=_LONGEST_S, capture_output=True, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        file.write_text(whole, "utf-8")
    return ran.returncode in (1, 2)  # a test failed, or cannot even be imported


def copied(to: Path) -> Path:
    """The checkout's code, with no compiled form of what is mutated."""
    for name in _COPIED:
        shutil.copytree(name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy("pyproject.toml", to)
    compileall.compile_dir(to / "assistant", quiet=1)
    compileall.compile_dir(to / "tests", quiet=1)
    for module in TESTS:
        for compiled in (to / module).parent.glob(f"__pycache__/{Path(module).stem}.*.pyc"):
            compiled.unlink()
    return to


def main() -> int:
    """0 when at least `LEAST_PERCENT` of the sample are killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("module", nargs="*", help="paths, or parts of them; all without")
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    modules = [
        each for each in TESTS if not arguments.module or any(part in each for part in arguments.module)
    ]
    every = [mutant for module in modules for mutant in mutants(module)]
    sample = random.Random(arguments.seed).sample(every, min(arguments.count, len(every)))
    survivors: list[Mutant] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coder-mutation-") as name:
        copy = copied(Path(name) / "copy")
        for mutant in sorted(sample, key=lambda each: (each.module, each.line)):
            if not killed(mutant, copy):
                survivors.append(mutant)
                print(f"survived {mutant}", flush=True)
    percent = 100 * (1 - len(survivors) / max(len(sample), 1))
    seconds = time.monotonic() - started
    print(
        f"{len(sample)} of {len(every)} mutants, seed {arguments.seed}, in {seconds:.0f} s:"
        f" {len(sample) - len(survivors)} killed, {percent:.0f} %"
    )
    return int(percent < LEAST_PERCENT)


if __name__ == "__main__":
    sys.exit(main())
