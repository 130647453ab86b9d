"""Figures over a sliding window of measurements."""

from collections.abc import Iterable, Iterator


class Window:
    """The last `size` values, oldest first."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"a window needs room for one value, not {size}")
        self.size = size
        self.values: list[float] = []

    def add(self, value: float) -> None:
        self.values.append(value)
        if len(self.values) > self.size:
            self.values.pop()

    def mean(self) -> float:
        if not self.values:
            return 0.0
        return sum(self.values) / len(self.values)

    def spread(self) -> float:
        if not self.values:
            return 0.0
        return max(self.values) - min(self.values)


def moving_average(values: Iterable[float], size: int) -> Iterator[float]:
    """The mean of each value and those before it in the window."""
    window = Window(size)
    for value in values:
        window.add(value)
        yield window.mean()
