"""What tree-sitter says of a file: its syntax errors, and the functions and classes in it."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
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
    "method_declaration": "method", "constructor_declaration": "method", "method": "method",
    "singleton_method": "method",
    "class_definition": "class", "class_declaration": "class", "class_specifier": "class", "class": "class",
    "abstract_class_declaration": "class", "interface_declaration": "class", "enum_declaration": "class",
    "record_declaration": "class", "object_declaration": "class", "struct_specifier": "class",
    "union_specifier": "class", "enum_specifier": "class", "type_definition": "class", "type_spec": "class",
    "type_alias": "class", "struct_item": "class", "enum_item": "class", "union_item": "class",
    "impl_item": "class", "trait_item": "class", "module": "module",
}  # fmt: skip
_WRAPPERS = {"decorated_definition", "export_statement", "template_declaration"}
_VARIABLES = {"lexical_declaration", "variable_declaration"}
_FIELDS = {"field_definition", "public_field_definition"}
_VALUES = {"arrow_function": "function", "function_expression": "function", "class": "class"}
_BELONGS_TO_NEXT = {"decorator", "attribute_item"}
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


def language_of(path: PurePath) -> str | None:
    """The grammar's name for this file, None where there is none."""
    return _LANGUAGES.get(path.suffix.lstrip(".").lower())


def syntax_problems(text: str, language: str | None) -> list[SyntaxProblem]:
    """At most ten syntax errors in order; none where the language is not known."""
    if language is None:
        return []
    data = _bytes(text)
    broken = _broken(_parser(language).parse(data).root_node)[:_MOST_PROBLEMS]
    lines = data.split(b"\n")
    return [_problem(node, lines[node.start_point.row]) for node in broken]


def definitions(text: str, language: str | None) -> list[Definition]:
    """All functions, methods and classes in order of their beginning, outer before inner."""
    if language is None:
        return []
    found: list[Definition] = []
    root = _parser(language).parse(_bytes(text)).root_node
    # A stack and no recursion: a sum of a thousand terms is a tree a thousand nodes deep.
    pending = [(child, "", False) for child in reversed(root.named_children)]
    while pending:
        node, owner, in_class = pending.pop()
        inner = _unwrapped(node)
        if named := _named(inner):
            name, kind = named
            receiver = _receiver(inner)
            owner = ".".join(part for part in (owner, receiver, name) if part)
            kind = "method" if kind == "function" and (in_class or receiver) else kind
            found.append(Definition(name, owner, kind, _first_line(node), _last_line(node)))
            in_class = kind == "class"
        pending += [(child, owner, in_class) for child in reversed(inner.named_children)]
    return found


def _bytes(text: str) -> bytes:
    """A model may write half of a surrogate pair, which no encoding has."""
    return text.encode("utf-8", "replace")


@cache
def _parser(language: str) -> "Parser":
    from tree_sitter_language_pack import get_parser

    return get_parser(language)  # type: ignore[arg-type]


def _broken(root: "Node") -> list["Node"]:
    """Missing tokens and the innermost errors, in order."""
    found: list[Node] = []
    holds_another: set[int] = set()
    pending = [(root, -1)]
    while pending:
        node, around = pending.pop()
        if not (node.has_error or node.is_missing):
            continue
        if node.is_missing or node.is_error:
            holds_another.add(around)
            around = len(found)
            found.append(node)
        pending += [(child, around) for child in reversed(node.children)]
    return [node for i, node in enumerate(found) if i not in holds_another]


def _problem(node: "Node", line: bytes) -> SyntaxProblem:
    row, column = node.start_point.row, len(line[: node.start_point.column].decode("utf-8", "replace"))
    if node.is_missing:
        message = f"missing {node.type!r}"
    else:
        near = (node.text or b"").decode("utf-8", "replace").strip().split("\n")[0][:40]
        message = f"syntax error near {near!r}" if near else "syntax error"
    return SyntaxProblem(row + 1, column + 1, message)


def _unwrapped(node: "Node") -> "Node":
    """The definition inside of decorators, an export, a template or a Go type declaration."""
    while node.type in _WRAPPERS or (node.type == "type_declaration" and node.named_child_count == 1):
        inside = (child for child in node.named_children if child.type in _WRAPPERS or _named(child))
        if (inner := next(inside, None)) is None:
            break
        node = inner
    return node


def _named(node: "Node") -> tuple[str, str] | None:
    """Name and kind of a definition, None for any other node."""
    if node.type in _VARIABLES:
        return next(filter(None, map(_assigned, node.named_children)), None)
    if node.type in _FIELDS:
        return _assigned(node)
    kind = _DEFINITIONS.get(node.type)
    if kind is None or node.parent is None or _is_mere_mention(node):
        return None
    name = node.child_by_field_name("name") or _declared(node)
    return (_plain(name), kind) if name else None


def _assigned(node: "Node") -> tuple[str, str] | None:
    """A function or class that is the value of a variable or field."""
    name = node.child_by_field_name("name") or node.child_by_field_name("property")
    value = node.child_by_field_name("value")
    kind = _VALUES.get(value.type) if value else None
    return (_text(name), kind) if name and kind else None


def _is_mere_mention(node: "Node") -> bool:
    """`struct node *n` in C names a type and `typedef` may name one that is defined elsewhere."""
    if node.type == "type_definition":
        node = node.child_by_field_name("type") or node
        return node.child_by_field_name("body") is None or node.child_by_field_name("name") is not None
    return node.type.endswith("_specifier") and node.child_by_field_name("body") is None


def _declared(node: "Node") -> "Node | None":
    """C and C++ put the name inside nested declarators; Rust's impl has a type."""
    if node.type == "impl_item":
        return node.child_by_field_name("type")
    at = node.child_by_field_name("declarator")
    while at is not None:
        inner = at.child_by_field_name("declarator")
        if inner is None and at.type.endswith("_declarator") and at.named_children:
            inner = at.named_children[-1]
        if inner is None and at.type == "qualified_identifier":
            inner = at.child_by_field_name("name")
        if inner is None:
            break
        at = inner
    return at


def _receiver(node: "Node") -> str:
    """The type that a method written outside of it belongs to: in Go before the name, in C++ in it."""
    if receiver := node.child_by_field_name("receiver"):
        types = [child.child_by_field_name("type") for child in receiver.named_children]
        return _plain(types[0]).lstrip("*") if types and types[0] else ""
    at = node.child_by_field_name("declarator")
    while at is not None and at.type != "qualified_identifier":
        at = at.child_by_field_name("declarator") or (
            at.named_children[-1] if at.type == "reference_declarator" else None
        )
    scope = at.child_by_field_name("scope") if at else None
    return _plain(scope) if scope else ""


def _plain(name: "Node") -> str:
    """A name without its type parameters."""
    if name.type == "operator_name":
        return _text(name)
    text = _text(name)
    return re.split(r"[<\[]", text, maxsplit=1)[0].rstrip() if text.endswith((">", "]")) else text


def _text(node: "Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _first_line(node: "Node") -> int:
    """Comments, decorators and attributes directly above belong to a definition."""
    first = node.start_point.row
    above = node.prev_sibling
    while above is not None and _belongs_to_next(above) and _last_line(above) == first:
        if above.prev_sibling and _last_line(above.prev_sibling) == above.start_point.row + 1:
            break  # it ends a line of other code
        first, above = above.start_point.row, above.prev_sibling
    return first + 1


def _belongs_to_next(node: "Node") -> bool:
    return "comment" in node.type or node.type in _BELONGS_TO_NEXT


def _last_line(node: "Node") -> int:
    row, column = node.end_point
    return row + 1 if column or row == node.start_point.row else row
