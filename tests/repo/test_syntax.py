"""What tree-sitter says of small files in the languages that matter most."""

from pathlib import Path

import pytest

from assistant.repo.syntax import SyntaxProblem, definitions, language_of, syntax_problems

PYTHON = """\
import os

# Adds two numbers,
# whatever they are.
@cache
def add(a, b):
    return a + b


class Stack:
    @property
    def top(self):
        def inner():
            pass
        return self.items[-1]

    async def push(self, x): ...
"""
JAVASCRIPT = """\
// Adds.
export function add(a, b) { return a + b }
const mul = (a, b) => a * b;
export const div = async (a, b) => a / b;
class Stack extends Base {
  #items = [];
  constructor() { super(); }
  get top() { return 1 }
  handler = () => { this.run() }
  static of(...a) { return new Stack() }
}
const Named = class { go() {} }
const object = { run() {} };
function* generate() {}
"""
TYPESCRIPT = """\
interface Shape { area: number }
enum Kind { A }
export abstract class Figure<T> implements Shape {
  constructor(private x: number) {}
  abstract go(): void;
  @Input()
  run(): void {}
}
export default function main(): void {}
export const first = <T,>(x: T): T => x;
namespace Inner { export function help() {} }
"""
GO = """\
package main

// Stack is one.
type Stack[T any] struct {
	items []T
}

type (
	Count int
	Runner interface{ Run() }
)

// Push adds.
func (s *Stack[T]) Push(x T) {
	s.items = append(s.items, x)
}

func main() {
	f := func() {}
	f()
}
"""
C = """\
#include <stdio.h>
/* Adds. */
static int add(int a, int b) { return a + b; }
int *find(struct node *n) { return 0; }
struct node { int x; };
typedef struct { int y; } point;
enum color { RED };
void (*chosen(void))(int) { return 0; }
int declared_only(int);
"""
CPP = """\
namespace outer {
template <typename T>
class Stack : public Base {
 public:
  Stack();
  ~Stack() {}
  void push(const T& x) { items.push_back(x); }
  T& top() { return items.back(); }
  bool operator<=>(const Stack& o) const { return true; }
};
template <typename T>
Stack<T>::Stack() {}
void Other::run() {}
const int& limit() { return n; }
enum class Kind { A };
}
"""
RUST = """\
/// A stack.
#[derive(Debug)]
pub struct Stack<T> { items: Vec<T> }

impl<T> Stack<T> {
    /// Adds.
    #[inline]
    pub fn push(&mut self, x: T) { self.items.push(x) }
}
impl<T> Iterator for Stack<T> { fn next(&mut self) {} }
trait Run { fn run(&self); fn twice(&self) {} }
mod inner { pub fn help() {} }
#[test]
fn it_works() {}
"""
JAVA = """\
package a;
/** A stack. */
@Deprecated
public class Stack<T> extends Base {
    public Stack() {}
    // Adds.
    @Override
    public void push(T x) { }
    interface Inner { void go(); }
    enum Kind { A, B; void help() {} }
    record Pair(int x, int y) { int sum() { return x + y; } }
}
"""
SAMPLES: dict[str, tuple[str, list[str]]] = {
    "a.py": (
        PYTHON,
        [
            "function add 3-7",
            "class Stack 10-17",
            "method Stack.top 11-15",
            "function Stack.top.inner 13-14",
            "method Stack.push 17-17",
        ],
    ),
    "a.js": (
        JAVASCRIPT,
        [
            "function add 1-2",
            "function mul 3-3",
            "function div 4-4",
            "class Stack 5-11",
            "method Stack.constructor 7-7",
            "method Stack.top 8-8",
            "method Stack.handler 9-9",
            "method Stack.of 10-10",
            "class Named 12-12",
            "method Named.go 12-12",
            "method run 13-13",
            "function generate 14-14",
        ],
    ),
    "a.ts": (
        TYPESCRIPT,
        [
            "class Shape 1-1",
            "class Kind 2-2",
            "class Figure 3-8",
            "method Figure.constructor 4-4",
            "method Figure.run 6-7",
            "function main 9-9",
            "function first 10-10",
            "function help 11-11",
        ],
    ),
    "a.go": (
        GO,
        [
            "class Stack 3-6",
            "class Count 9-9",
            "class Runner 10-10",
            "method Stack.Push 13-16",
            "function main 18-21",
        ],
    ),
    "a.c": (
        C,
        [
            "function add 2-3",
            "function find 4-4",
            "class node 5-5",
            "class point 6-6",
            "class color 7-7",
            "function chosen 8-8",
        ],
    ),
    "a.cpp": (
        CPP,
        [
            "class Stack 2-10",
            "method Stack.~Stack 6-6",
            "method Stack.push 7-7",
            "method Stack.top 8-8",
            "method Stack.operator<=> 9-9",
            "method Stack.Stack 11-12",
            "method Other.run 13-13",
            "function limit 14-14",
            "class Kind 15-15",
        ],
    ),
    "a.rs": (
        RUST,
        [
            "class Stack 1-3",
            "class Stack 5-9",
            "method Stack.push 6-8",
            "class Stack 10-10",
            "method Stack.next 10-10",
            "class Run 11-11",
            "method Run.twice 11-11",
            "function help 12-12",
            "function it_works 13-14",
        ],
    ),
    "a.java": (
        JAVA,
        [
            "class Stack 2-12",
            "method Stack.Stack 5-5",
            "method Stack.push 6-8",
            "class Stack.Inner 9-9",
            "method Stack.Inner.go 9-9",
            "class Stack.Kind 10-10",
            "method Stack.Kind.help 10-10",
            "class Stack.Pair 11-11",
            "method Stack.Pair.sum 11-11",
        ],
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_definitions_with_what_belongs_to_them(name: str) -> None:
    text, expected = SAMPLES[name]
    language = language_of(Path(name))
    assert syntax_problems(text, language) == []
    found = definitions(text, language)
    assert [f"{d.kind} {d.qualified_name} {d.first_line}-{d.last_line}" for d in found] == expected
    assert all(d.qualified_name.endswith(d.name) for d in found)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.py", "x = 1\ndef f(:\n    pass\n", 2),
        ("a.js", "f();\nfunction g() {\n  return 1\n", 3),
        ("a.ts", "const x = 1;\nconst y: number = ;\n", 2),
        ("a.go", "package main\nfunc main() {\n\tx := \n}\n", 3),
        ("a.c", "int main(void) {\n  return 0\n}\n", 2),
        ("a.cpp", "class A {\n  int x\n};\n", 2),
        ("a.rs", "fn main() {\n    let x = ;\n}\n", 2),
        ("a.java", "class A {\n  void f() { g() }\n}\n", 2),
    ],
)
def test_a_syntax_error_is_located(name: str, text: str, line: int) -> None:
    (problem,) = syntax_problems(text, language_of(Path(name)))
    assert problem.line == line
    assert problem.message.startswith(("missing '", "syntax error near '"))


def test_a_missing_token_is_named_where_it_belongs() -> None:
    assert syntax_problems("int x = 1\nint y;\n", "c") == [SyntaxProblem(1, 10, "missing ';'")]


def test_at_most_ten_problems_are_named() -> None:
    assert len(syntax_problems("int f() { return 0 }\n" * 50, "c")) == 10


def test_a_language_without_a_grammar_has_nothing_to_say() -> None:
    assert language_of(Path("notes.txt")) is None
    assert syntax_problems("def f(:", None) == []
    assert definitions("def f(): pass", None) == []


@pytest.mark.parametrize(
    "ending",
    ["py", "jsx", "tsx", "go", "rs", "java", "h", "hpp", "cs", "rb", "php", "sh", "kt", "swift", "json"],
)
def test_every_known_ending_has_a_grammar(ending: str) -> None:
    language = language_of(Path(f"Some.{ending.upper()}"))
    assert language is not None
    assert syntax_problems("", language) == []


def test_a_deep_tree_is_no_recursion_error() -> None:
    terms = " + ".join(["a"] * 3000)
    text = f"def f(a):\n    return {terms}\n"
    assert [d.name for d in definitions(text, "python")] == ["f"]
    assert syntax_problems(text, "python") == []
    assert syntax_problems(text + "(" * 3000, "python")


def test_lines_are_right_after_characters_of_several_bytes() -> None:
    text = "# ü日本\ndef größe():\n    return 'é'\n\ndef after(:\n    pass\n"
    first = definitions(text, "python")[0]
    assert (first.name, first.first_line, first.last_line) == ("größe", 1, 3)
    assert syntax_problems(text, "python")[0].line == 5
    assert syntax_problems("int größe = 1\nint y;\n", "c") == [SyntaxProblem(1, 14, "missing ';'")]


def test_half_of_a_surrogate_pair_is_no_fault() -> None:
    text = "def f():\n    '\ud83d'\n\ndef g(:\n    pass\n"
    assert [each.name for each in definitions(text, "python")][:1] == ["f"]
    assert syntax_problems(text, "python")[0].line == 4
