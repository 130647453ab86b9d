"""Half-open intervals of minutes, such as rooms are booked for."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Interval:
    start: int
    end: int

    def overlaps(self, other: "Interval") -> bool:
        return self.start < other.end and other.start < self.end

    def length(self) -> int:
        return self.end - self.start


def merged(intervals: list[Interval]) -> list[Interval]:
    """The same minutes in as few intervals as possible, in order."""
    result: list[Interval] = []
    for interval in sorted(intervals):
        if result and interval.start <= result[-1].end:
            last = result.pop()
            result.append(Interval(last.start, interval.end))
        else:
            result.append(interval)
    return result


def free(day: Interval, booked: list[Interval]) -> list[Interval]:
    """What is left of the day."""
    gaps: list[Interval] = []
    at = day.start
    for interval in merged(booked):
        if interval.start > at:
            gaps.append(Interval(at, interval.start))
        at = max(at, interval.end)
    if at < day.end:
        gaps.append(Interval(at, day.end))
    return gaps
