from stats.window import Window, moving_average

assert list(moving_average([2, 4, 6, 8], 2)) == [2, 3, 5, 7], list(moving_average([2, 4, 6, 8], 2))
window = Window(3)
for value in (9, 1, 2, 3):
    window.add(value)
assert window.spread() == 2, window.spread()
