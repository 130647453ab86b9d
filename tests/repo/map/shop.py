"""A small repository, and how it is read."""

from pathlib import Path

from assistant.repo.map.cache import TagCache
from assistant.repo.map.index import RepositoryIndex, index_repository
from assistant.repo.workspace import Workspace

SHOP = {
    "shop/cart.py": "class Cart:\n    def add_item(self, item: str) -> None:\n        self.items = [item]\n",
    "shop/money.py": "def format_money(cents: int) -> str: ...\n\ndef unused_here() -> None: ...\n",
    "shop/page.py": "from shop.money import format_money\ndef page(): return format_money(1)\n",
    "shop/admin.py": "from shop.cart import Cart\ndef admin(): Cart().add_item('a')\n",
    "README.md": "# Shop\n",
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def indexed(root: Path, cache: TagCache, **options: object) -> RepositoryIndex:
    return index_repository(Workspace(root, is_git=False), cache, **options)  # type: ignore[arg-type]


def words(text: str) -> int:
    return len(text.split())
