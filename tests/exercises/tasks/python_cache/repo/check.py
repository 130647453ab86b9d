from cache import Cache

loaded = []


def load(key):
    loaded.append(key)
    return key * 10


cache = Cache(2, load)
assert [cache.get(key) for key in (1, 2, 1, 3, 1, 2)] == [10, 20, 10, 30, 10, 20]
assert loaded == [1, 2, 3, 2], loaded
assert cache.hit_rate() == 2 / 6, cache.hit_rate()
