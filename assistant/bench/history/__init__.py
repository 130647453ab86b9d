"""What every generation on this machine did, kept in one SQLite file: counters and durations, no text."""

from assistant.bench.history.database import DamagedError, HistoryError
from assistant.bench.history.generation import Generation
from assistant.bench.history.store import Filter, Group, History, Total, history_file

__all__ = [
    "DamagedError",
    "Filter",
    "Generation",
    "Group",
    "History",
    "HistoryError",
    "Total",
    "history_file",
]
