"""What tree-sitter says of a file: its syntax errors, and the functions and classes in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_LANGUAGES = {
    "py": "python", "pyi": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript",
    "jsx": "javascript", "ts": "typescript", "mts": "typescript", "tsx": "tsx", "go": "go", "rs": "rust",
    "java": "java", "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp", "cxx": "cpp", "hpp": "cpp", "hh": "cpp",
    "cs": "csharp", "rb": "ruby", "php": "php", "sh": "bash", "bash": "bash", "kt": "kotlin",
    "swift": "swift",
    "scala": "scala", "lua": "lua", "json": "json", "toml": "toml",
}  # fmt: skip
_DEFINITIONS = {
    "function_definition": "function", "function_declaration": "function", "function_item": "function",
    "generator_function_declaration": "function", "method_definition": "method",
    "method_declaration": "method",
    "constructor_declaration": "method", "method": "method", "singleton_method": "method",
    "class_definition": "class", "class_declaration": "class", "class_specifier": "class", "class": "class",
    "struct_item": "class", "struct_specifier": "class", "impl_item": "class", "trait_item": "class",
    "interface_declaration": "class", "enum_declaration": "class", "enum_item": "class", "module": "module",
    "type_declaration": "class", "object_declaration": "class", "abstract_class_declaration": "class",
}  # fmt: skip
_WRAPPERS = {"decorated_definition", "export_statement", "template_declaration"}
_ARROWS = {"arrow_function", "function_expression", "function"}
_MOST_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """`line` and `column` count from 1."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, method or class. Lines count from 1, inclusive, with decorators and the comment above."""

    name: str
    qualified_name: str
    kind: str
    first_line: int
    last_line: int


def language_of(path: Path) -> str | None:
    """The grammar's name for this file, None where there is none."""
    return _LANGUAGES.get(path.suffix.lstrip(".").lower())


def syntax_problems(text: str, language: str | None) -> list[SyntaxProblem]:
    """At most ten syntax errors in order; none where the language is not known."""
    if language is None:
        return []
    root = _parser(language).parse(text.encode()).root_node
    problems = [_problem(node) for node in _broken(root)]
    return problems[:_MOST_PROBLEMS]


def definitions(text: str, language: str | None) -> list[Definition]:
    """All functions, methods and classes in order of their beginning, outer before inner."""
    if language is None:
        return []
    return list(_definitions(_parser(language).parse(text.encode()).root_node, ""))


@cache
def _parser(language: str) -> "Parser":
    from tree_sitter_language_pack import get_parser

    return get_parser(language)  # type: ignore[arg-type]


def _broken(node: "Node") -> Iterator["Node"]:
    if node.is_missing:
        yield node
        return
    if not node.has_error:
        return
    inner = [found for child in node.children for found in _broken(child)]
    if node.is_error and not inner:
        yield node
    yield from inner


def _problem(node: "Node") -> SyntaxProblem:
    row, column = node.start_point
    if node.is_missing:
        message = f"missing {node.type!r}"
    else:
        near = (node.text or b"").decode("utf-8", "replace").strip().split("\n")[0][:40]
        message = f"syntax error near {near!r}" if near else "syntax error"
    return SyntaxProblem(row + 1, column + 1, message)


def _definitions(node: "Node", owner: str, owner_is_class: bool = False) -> Iterator[Definition]:
    for child in node.named_children:
        inner = child
        while inner.type in _WRAPPERS and (wrapped := _definition_inside(inner)):
            inner = wrapped
        found = _named(inner)
        if found is None:
            yield from _definitions(child, owner, owner_is_class)
            continue
        name, kind = found
        qualified = f"{owner}.{name}" if owner else name
        yield Definition(
            name, qualified, "method" if owner_is_class and kind == "function" else kind,
            _first_line(child), _last_line(child),
        )  # fmt: skip
        yield from _definitions(inner, qualified, kind == "class")


def _definition_inside(node: "Node") -> "Node | None":
    for child in node.named_children:
        if child.type in _WRAPPERS or _named(child):
            return child
    return None


def _named(node: "Node") -> tuple[str, str] | None:
    """Name and kind of a definition, None for any other node."""
    if node.type in ("lexical_declaration", "variable_declaration"):
        for declarator in node.named_children:
            value, name = declarator.child_by_field_name("value"), declarator.child_by_field_name("name")
            if value and name and value.type in _ARROWS:
                return _text(name), "function"
        return None
    kind = _DEFINITIONS.get(node.type)
    if kind is None or node.parent is None:
        return None
    name_node = node.child_by_field_name("name") or _declared(node)
    return (_text(name_node), kind) if name_node else None


def _declared(node: "Node") -> "Node | None":
    """C and C++ put the name inside nested declarators, Go's types inside a spec, Rust's impl has a type."""
    if node.type == "impl_item":
        return node.child_by_field_name("type")
    at: Node | None = node.child_by_field_name("declarator")
    while at is not None and (inner := at.child_by_field_name("declarator")):
        at = inner
    if at is None and node.type == "type_declaration" and node.named_children:
        return node.named_children[0].child_by_field_name("name")
    return at


def _text(node: "Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _first_line(node: "Node") -> int:
    """Comments directly above belong to a definition."""
    first = node.start_point.row
    above = node.prev_sibling
    while above is not None and "comment" in above.type and _last_line(above) == first:
        if above.prev_sibling and above.prev_sibling.end_point.row == above.start_point.row:
            break
        first, above = above.start_point.row, above.prev_sibling
    return first + 1


def _last_line(node: "Node") -> int:
    row, column = node.end_point
    return row + 1 if column or row == node.start_point.row else row
