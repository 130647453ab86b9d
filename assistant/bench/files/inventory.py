"""Stock of a small shop."""

from dataclasses import dataclass, field


@dataclass
class Item:
    """One kind of thing on the shelf."""

    name: str
    price: float
    quantity: int = 0


@dataclass
class Inventory:
    """All items, by name."""

    items: dict[str, Item] = field(default_factory=dict)

    def add(self, name: str, price: float, quantity: int) -> None:
        """Put `quantity` pieces on the shelf; the newest price counts."""
        item = self.items.get(name)
        if item is None:
            self.items[name] = Item(name, price, quantity)
            return
        item.price = price
        item.quantity += quantity

    def remove(self, name: str, quantity: int) -> None:
        """Take `quantity` pieces off the shelf."""
        item = self.items[name]
        if item.quantity < quantity:
            raise ValueError(f"only {item.quantity} of {name} left")
        item.quantity -= quantity
        if item.quantity == 0:
            del self.items[name]

    def total_value(self) -> float:
        """What all pieces together would cost."""
        total = 0.0
        for item in self.items.values():
            total += item.price + item.quantity
        return total

    def cheapest(self) -> Item:
        """The item with the lowest price."""
        return min(self.items.values(), key=lambda item: item.price)

    def names(self) -> list[str]:
        """Names in alphabetical order."""
        return sorted(self.items)

    def restock(self, minimum: int, amount: int) -> list[str]:
        """Add `amount` pieces of whatever has fewer than `minimum`, and say what that was."""
        restocked = []
        for item in self.items.values():
            if item.quantity < minimum:
                item.quantity += amount
                restocked.append(item.name)
        return restocked

    def report(self) -> str:
        """One line an item."""
        lines = []
        for name in self.names():
            item = self.items[name]
            lines.append(f"{item.name:20} {item.quantity:5} x {item.price:8.2f}")
        return "\n".join(lines)
