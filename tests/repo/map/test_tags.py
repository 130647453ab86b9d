"""What is found in a file of each language."""

import pytest

from assistant.repo.map.tags import Declaration, Tags, read_tags

CASES = {
    "python": (
        "from a import Base\nLIMIT = 3\nclass Cart(Base, m.Mixin):\n"
        "    @cached\n    def add(self, item: Item | None = None,\n            n=1) -> list[Line]:\n"
        "        def local(): pass\n        return build(item).save()\n",
        ["LIMIT = 3", "class Cart(Base, m.Mixin)",
         "  def add(self, item: Item | None = None, n=1) -> list[Line]"],
        {"Base", "Mixin", "cached", "Item", "Line", "build", "save"},
    ),
    "javascript": (
        "import {Base} from './a';\nexport class Cart extends Base { add(item) { return build(item) } }\n"
        "const total = (lines) => lines.reduce(sum);\nexports.run = function () { new Cart() };\n",
        ["class Cart extends Base", "  add(item)", "total = (lines)", "exports.run = function ()"],
        {"Base", "build", "reduce", "Cart"},
    ),
    "typescript": (
        "export interface Line { price(): Money }\ntype Lines = Line[];\n"
        "abstract class Cart<T> implements Store { add(item: Item): void { this.check(item); } }\n",
        ["interface Line", "  price(): Money", "type Lines = Line[]",
         "abstract class Cart<T> implements Store", "  add(item: Item): void"],
        {"Money", "Line", "Store", "Item", "check"},
    ),
    "tsx": ("const App = (p: Props) => <Menu items={p.items} />;\n", ["App = (p: Props)"], {"Props", "Menu"}),
    "go": (
        "package p\ntype Cart struct { Lines []Line }\n"
        "func (c *Cart) Add(item store.Item) error { return check(item) }\n",
        ["Cart struct", "func (c *Cart) Add(item store.Item) error"],
        {"Line", "Item", "check"},
    ),
    "rust": (
        "use a::Base;\nstruct Cart<T> { x: T }\nimpl<T> Base for Cart<T> { fn add(&self, i: Item) -> u8 "
        "{ store::check(i); show!(i); self.total() } }\n",
        ["struct Cart<T>", "impl<T> Base for Cart<T>", "  fn add(&self, i: Item) -> u8"],
        {"Base", "Item", "check", "show", "total"},
    ),
    "c": (
        "#define LIMIT 3\ntypedef struct { int x; } point;\nstruct node *next;\n"
        "static point *add(struct node *n) { return check(n->x, LIMIT); }\n",
        ["#define LIMIT 3", "typedef struct { int x; } point", "static point *add(struct node *n)"],
        {"point", "node", "check", "LIMIT"},
    ),
    "cpp": (
        "namespace shop { class Cart : public Base { int add(Item i) { return i.price(); } }; }\n"
        "void shop::Cart::clear() { std::fill(); }\n",
        ["namespace shop", "  class Cart : public Base", "    int add(Item i)", "void shop::Cart::clear()"],
        {"Base", "Item", "price", "fill"},
    ),
    "java": (
        "import a.Base;\n"
        "class Cart extends Base { @Test int add(Item i) { new Line(); return i.price(); } }\n",
        ["class Cart extends Base", "  @Test int add(Item i)"],
        {"Base", "Test", "Item", "Line", "price"},
    ),
    "ruby": (
        "module Shop\n class Cart < Base\n  LIMIT = 3\n  def add(item)\n   check(item)\n   Line.new\n  end\n"
        " end\nend\n",
        ["module Shop", "  class Cart < Base", "    LIMIT = 3", "    def add(item)"],
        {"Base", "check", "Line"},
    ),
    "lua": ("function Cart.add(item)\n  return check(item)\nend\n", ["function Cart.add(item)"], {"check"}),
}  # fmt: skip


@pytest.mark.parametrize("language", CASES)
def test_signatures_and_references(language: str) -> None:
    source, signatures, references = CASES[language]
    tags = read_tags(source.encode(), language)
    assert ["  " * one.depth + one.text for one in tags.declarations] == signatures
    assert references <= set(tags.references)


def test_a_method_outside_of_its_class_has_its_own_name() -> None:
    (one,) = read_tags(b"\nint ns::Cart::add(int i) { }\n", "cpp").declarations
    assert one == Declaration("add", "function", 0, 2, "int ns::Cart::add(int i)")


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"def f(", b"x=" + b"(" * 200_000])
def test_a_file_that_is_no_code_has_few_tags_and_takes_little_time(text: bytes) -> None:
    assert read_tags(text, "python") == Tags()


def test_a_long_file_is_bounded() -> None:
    source = "".join(f"def f{n}(a={'x' * 500!r}): g{n}()\n" for n in range(3000))
    tags = read_tags(source.encode(), "python")
    assert len(tags.declarations) <= 500
    assert len(tags.references) <= 1000
    assert max(len(one.text) for one in tags.declarations) <= 160
