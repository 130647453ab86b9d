from booking.intervals import Interval, free, merged

found = merged([Interval(0, 60), Interval(10, 20), Interval(60, 70)])
assert found == [Interval(0, 70)], found
gaps = free(Interval(0, 100), [Interval(20, 50), Interval(30, 40)])
assert gaps == [Interval(0, 20), Interval(50, 100)], gaps
