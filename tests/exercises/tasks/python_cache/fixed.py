"""A cache that forgets what has not been used for longest."""

from collections import OrderedDict


class Cache:
    def __init__(self, capacity, load):
        """`load` gives the value of a key that is not here."""
        self.capacity = capacity
        self.load = load
        self.hits = 0
        self.misses = 0
        self.entries = OrderedDict()

    def get(self, key):
        if key in self.entries:
            self.hits += 1
            self.entries.move_to_end(key)
            return self.entries[key]
        self.misses += 1
        value = self.load(key)
        self.put(key, value)
        return value

    def put(self, key, value):
        self.entries[key] = value
        self.entries.move_to_end(key)
        while len(self.entries) > self.capacity:
            self.entries.popitem(last=False)

    def drop(self, key):
        self.entries.pop(key, None)

    def hit_rate(self):
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0
