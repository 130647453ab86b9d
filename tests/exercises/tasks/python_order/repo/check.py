from make.order import CycleError, build_order, layers

needs = {"app": ["net", "log"], "net": ["log"], "log": []}
assert build_order(needs) == ["log", "net", "app"], build_order(needs)
assert layers(needs) == [["log"], ["net"], ["app"]], layers(needs)
try:
    build_order({"a": ["b"], "b": ["c"], "c": ["b"]})
except CycleError as error:
    assert error.circle == ["b", "c", "b"], error.circle
else:
    raise AssertionError("no circle was seen")
